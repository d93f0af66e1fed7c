//! One attempt at receivers of every kind.

use std::time::Duration;

use claviger::config::Webhooks;
use claviger::delivery::webhooks::{AttemptError, WebhookClient, WebhookOutcome, WebhookRequest};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::receiver::Receiver;
use super::{BODY, Bed, HOST, request, rules};
use crate::support::Authority;

#[tokio::test]
async fn an_event_arrives_as_it_was_written() {
    let bed = Bed::new().await;
    let response = bed.send("/hooks?a=b").await;
    assert_eq!((response.status, response.outcome, response.error), (Some(200), WebhookOutcome::Delivered, None));
    assert!(response.duration_millis < 60_000, "{response:?}");
    let [received] = &bed.receiver.received()[..] else { panic!("{:?}", bed.receiver.received()) };
    assert_eq!(received.head.lines().next(), Some("POST /hooks?a=b HTTP/1.1"));
    assert_eq!(received.body, BODY.as_bytes());
    let host = format!("{HOST}:{}", bed.receiver.address.port());
    for (name, value) in [
        ("host", host.as_str()),
        ("content-type", "application/json"),
        ("user-agent", concat!("Claviger/", env!("CARGO_PKG_VERSION"), " webhooks")),
        ("webhook-id", "msg_1"),
        ("webhook-timestamp", "1700000000"),
        ("webhook-signature", "v1,c2lnbmF0dXJl"),
        ("content-length", &BODY.len().to_string()),
    ] {
        assert_eq!(received.header(name), Some(value), "{name}");
    }
    for name in ["accept-encoding", "authorization", "cookie", "referer", "transfer-encoding"] {
        assert_eq!(received.header(name), None, "{name}");
    }
    // The address is not public: an operator opened it.
    assert_eq!(response.excerpt, None);
}

#[tokio::test]
async fn each_answer_has_its_outcome() {
    use AttemptError::{ConnectionFailed, RedirectNotFollowed, ResponseStatus};
    use WebhookOutcome::{Delivered, Failed, Gone};
    let bed = Bed::new().await;
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    for (path, status, outcome, error, retry_after) in [
        ("/status/204", Some(204), Delivered, None, None),
        ("/status/202/retry-after=120", Some(202), Delivered, None, None),
        ("/status/400", Some(400), Failed, Some(ResponseStatus), None),
        ("/status/500", Some(500), Failed, Some(ResponseStatus), None),
        ("/status/500/retry-after=120", Some(500), Failed, Some(ResponseStatus), None),
        ("/status/429/retry-after=120", Some(429), Failed, Some(ResponseStatus), seconds(120)),
        ("/status/429", Some(429), Failed, Some(ResponseStatus), None),
        ("/status/429/retry-after=soon", Some(429), Failed, Some(ResponseStatus), None),
        ("/status/503/retry-after=999999999", Some(503), Failed, Some(ResponseStatus), seconds(86_400)),
        (
            "/status/503/retry-after=Tue,%2014%20Nov%202023%2022:14:00%20GMT",
            Some(503),
            Failed,
            Some(ResponseStatus),
            seconds(40),
        ),
        ("/status/410", Some(410), Gone, Some(ResponseStatus), None),
        ("/redirect/169.254.169.254", Some(302), Failed, Some(RedirectNotFollowed), None),
        ("/redirect/hooks.example", Some(302), Failed, Some(RedirectNotFollowed), None),
        ("/close", None, Failed, Some(ConnectionFailed), None),
        ("/nonsense", None, Failed, Some(ConnectionFailed), None),
    ] {
        let response = bed.send(path).await;
        let found = (response.status, response.outcome, response.error, response.retry_after);
        assert_eq!(found, (status, outcome, error, retry_after), "{path}");
    }
    // One request each: none is sent again, none follows a redirect.
    assert_eq!(bed.receiver.received().len(), 15);
}

#[tokio::test]
async fn no_receiver_holds_an_attempt_for_more_than_fifteen_seconds() {
    let bed = Bed::new().await;
    let (hanging, head, body) = tokio::join!(bed.send("/hang"), bed.send("/slow-head"), bed.send("/slow-body"));
    for response in [&hanging, &head, &body] {
        assert!((14_900..60_000).contains(&response.duration_millis), "{response:?}");
    }
    assert_eq!((hanging.status, hanging.error), (None, Some(AttemptError::TimedOut)));
    assert_eq!((head.status, head.error), (None, Some(AttemptError::TimedOut)));
    // Its head has said that the event arrived.
    assert_eq!((body.status, body.outcome), (Some(200), WebhookOutcome::Delivered));
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let bed = Bed::new().await;
    let response = bed.send("/endless").await;
    assert_eq!((response.outcome, response.status), (WebhookOutcome::Delivered, Some(200)));
    assert!(response.duration_millis < 60_000, "{response:?}");
    // What fits into the buffers of the system; of 1 GiB.
    assert!(bed.receiver.written() < 32 * 1024 * 1024, "{}", bed.receiver.written());
}

#[tokio::test]
async fn an_event_goes_to_no_stranger() {
    let bed = Bed::new().await;
    for (authority, name) in [(&Authority::new(), HOST), (&bed.authority, "other.example")] {
        let tls = authority.server(&authority.issue(name), false);
        let stranger = Receiver::start("127.0.0.1:0", Some(tls)).await;
        let settings = Webhooks { ports: [stranger.address.port()].into(), ..bed.settings.clone() };
        let url = format!("https://{HOST}:{}/", stranger.address.port());
        let response = bed.client.send(&url, &rules(&settings), &request()).await;
        assert_eq!((response.status, response.error), (None, Some(AttemptError::TlsFailed)), "{name}");
        assert!(stranger.received().is_empty());
    }
    // Without a file the system's authorities decide.
    let client = WebhookClient::new(&Webhooks { ca: None, ..bed.settings.clone() }).unwrap();
    let response = client.send(&bed.url("/"), &rules(&bed.settings), &request()).await;
    assert_eq!(response.error, Some(AttemptError::TlsFailed));
    assert!(bed.receiver.received().is_empty());
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_a_failure_with_its_cause() {
    let bed = Bed::new().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let plain = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ports = [free, plain.local_addr().unwrap().port()];
    tokio::spawn(async move {
        let (mut stream, _) = plain.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        stream.read_to_end(&mut Vec::new()).await
    });
    let settings = Webhooks { ports: ports.into(), ..bed.settings.clone() };
    for (url, error) in [
        (format!("https://{HOST}:{free}/"), AttemptError::ConnectionFailed),
        (format!("https://{HOST}:{}/", ports[1]), AttemptError::TlsFailed),
        (format!("https://unknown.example:{free}/"), AttemptError::NameNotFound),
        (format!("https://{HOST}:1/"), AttemptError::DestinationNotAllowed),
        (format!("http://{HOST}:{free}/"), AttemptError::DestinationNotAllowed),
        (format!("https://127.0.0.1:{free}/"), AttemptError::DestinationNotAllowed),
        ("junk".into(), AttemptError::DestinationNotAllowed),
    ] {
        let response = bed.client.send(&url, &rules(&settings), &request()).await;
        assert_eq!((response.status, response.error), (None, Some(error)), "{url}");
    }
    let closed = Webhooks { allow: Box::default(), ..settings };
    let response = bed.client.send(&format!("https://{HOST}:{free}/"), &rules(&closed), &request()).await;
    assert_eq!(response.error, Some(AttemptError::AddressNotPublic));
}

#[tokio::test]
async fn plain_text_needs_a_setting_at_both_ends() {
    let (bed, plain) = (Bed::new().await, Receiver::start("127.0.0.1:0", None).await);
    let open = Webhooks { allow_http: true, ports: [plain.address.port()].into(), ..bed.settings.clone() };
    let url = format!("http://{HOST}:{}/x", plain.address.port());
    let response = WebhookClient::new(&open).unwrap().send(&url, &rules(&open), &request()).await;
    assert_eq!(response.outcome, WebhookOutcome::Delivered);
    // A client of the settings from before.
    let response = bed.client.send(&url, &rules(&open), &request()).await;
    assert_eq!(response.error, Some(AttemptError::DestinationNotAllowed));
    assert_eq!(plain.received().len(), 1);
}

#[tokio::test]
async fn a_line_break_does_not_begin_another_header() {
    let bed = Bed::new().await;
    for (id, signature) in [("msg_1\r\nx-evil: 1", "v1,x"), ("msg_1", "v1,x\r\n\r\nGET / HTTP/1.1")] {
        let request = WebhookRequest { id: id.into(), signature: signature.into(), ..request() };
        let response = bed.client.send(&bed.url("/"), &rules(&bed.settings), &request).await;
        assert_eq!(response.outcome, WebhookOutcome::Failed);
    }
    assert!(bed.receiver.received().is_empty());
}
