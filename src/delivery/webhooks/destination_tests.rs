use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::delivery::webhooks::{WebhookClient, WebhookOutcome, WebhookRequest};

fn settings() -> Webhooks {
    Webhooks {
        entities: BTreeMap::new(),
        keep: Duration::from_secs(1),
        allow_http: false,
        ports: [443, 8443].into(),
        allow: Box::default(),
        proxy: None,
        ca: None,
        examples: BTreeMap::new(),
    }
}

fn rules(webhooks: &Webhooks) -> DestinationRules {
    DestinationRules::new(webhooks, ["https://Keys.Example.org/base", "https://10.0.0.1:8083", "junk"])
}

fn parse(text: &str) -> Result<String, DestinationFault> {
    Destination::parse(text, &rules(&settings())).map(|destination| destination.to_string())
}

#[test]
fn a_public_name_over_https_is_a_destination() {
    for (text, shown) in [
        ("https://hooks.example.org/a?b=c", "https://hooks.example.org/a?b=c"),
        ("https://hooks.example.org", "https://hooks.example.org/"),
        ("HTTPS://Hooks.Example.ORG:443/A", "https://hooks.example.org/A"),
        ("https://hooks.example.org:8443/%C3%A4", "https://hooks.example.org:8443/%C3%A4"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://hooks.example.org?x=https://a@b/", "https://hooks.example.org/?x=https://a@b/"),
        ("https://hooks.example.org/a@b:c", "https://hooks.example.org/a@b:c"),
        ("https://127.0.0.1.example.org/", "https://127.0.0.1.example.org/"),
    ] {
        assert_eq!(parse(text).as_deref(), Ok(shown));
    }
    let longest = format!("https://a.example/{}", "x".repeat(MAX_URL - 18));
    assert!(parse(&longest).is_ok());
    assert_eq!(parse(&format!("{longest}x")), Err(DestinationFault::Length));
}

/// It is parsed again before each attempt.
#[test]
fn a_url_that_is_stored_longer_than_typed_is_not_refused_at_each_attempt() {
    for (start, sign) in [("https://a.example?", "x"), ("https://a.example/", "\""), ("https://a.example/?", "'")] {
        let mut text = start.to_owned();
        while let Ok(stored) = parse(&text) {
            assert_eq!(parse(&stored), Ok(stored.clone()), "{} characters of {sign}", text.len());
            text.push_str(sign);
        }
        assert!(text.len() <= MAX_URL + 1, "{}", text.len());
    }
}

#[test]
fn each_refusal_says_what_a_url_must_be() {
    use DestinationFault::{Address, Characters, Form, Fragment, Host, Https, Length, Localhost, OwnHost, User};
    for (text, fault) in [
        ("", Length),
        (&"x".repeat(3000), Length),
        ("https://hooks.example.org/ä", Characters),
        ("https://bücher.example/", Characters),
        ("https://hooks.example.org/a b", Characters),
        (" https://hooks.example.org/", Characters),
        ("https://hooks.exam\tple.org/", Characters),
        ("https://hooks.example.org/\r\nHost: x", Characters),
        ("https:\\\\hooks.example.org\\", Characters),
        ("https://hooks.example.org\\@127.0.0.1/", Characters),
        ("https://hooks.example.org/\0", Characters),
        ("https://hooks。example.org/", Characters),
        ("http://hooks.example.org/", Https),
        ("ftp://hooks.example.org/", Https),
        ("file:///etc/passwd", Https),
        ("gopher://hooks.example.org/", Https),
        ("https:hooks.example.org", Https),
        ("https:/hooks.example.org", Https),
        ("hooks.example.org", Https),
        ("//hooks.example.org", Https),
        ("javascript:alert(1)", Https),
        ("https://hooks.example.org/#a", Fragment),
        ("https://hooks.example.org#@127.0.0.1", Fragment),
        ("https://me:secret@hooks.example.org/", User),
        ("https://me@hooks.example.org/", User),
        ("https://@hooks.example.org/", User),
        ("https://hooks.example.org:443@127.0.0.1/", User),
        ("https://127.0.0.1/", Address),
        ("https://8.8.8.8/", Address),
        ("https://127.0.0.1./", Address),
        ("https://2130706433/", Address),
        ("https://0x7f000001/", Address),
        ("https://0X7F.1/", Address),
        ("https://0177.0.0.1/", Address),
        ("https://017700000001/", Address),
        ("https://127.1:443/", Address),
        ("https://[::1]/", Address),
        ("https://[::1]:443/", Address),
        ("https://[::ffff:7f00:1]/", Address),
        ("https://[fe80::1%25eth0]/", Address),
        ("https://[2606:4700::1111]/", Address),
        ("https://::1/", Address),
        ("https://localhost/", Localhost),
        ("https://LOCALHOST./", Localhost),
        ("https://a.localhost:8443/", Localhost),
        ("https:///", Host),
        ("https:///hooks.example.org/", Host),
        ("https://", Host),
        ("https://hooks/", Host),
        ("https://hooks.example.org./", Host),
        ("https://.example.org/", Host),
        ("https://hooks_a.example.org/", Host),
        ("https://%31%32%37.0.0.1/", Address),
        ("https://hooks%2eexample.org/", Host),
        ("https://*.example.org/", Host),
        ("https://hooks.example.org,127.0.0.1.x/", Host),
        ("https://hooks.example.org:/", Form),
        ("https://hooks.example.org:99999/", Form),
        ("https://hooks.example.org:+443/", Form),
        ("https://hooks.example.org:443a/", Form),
        ("https://xn--a.example/", Form),
        ("https://keys.example.org/x", OwnHost("keys.example.org".into())),
        ("https://KEYS.example.org:8443/", OwnHost("keys.example.org".into())),
    ] {
        assert_eq!(parse(text), Err(fault), "{text}");
    }
    assert_eq!(
        parse("https://hooks.example.org:22/").unwrap_err().to_string(),
        "must have port 443 or 8443, not 22; an operator can allow others (webhooks.ports)"
    );
    assert!(parse("https://hooks.example.org:0/").is_err() && parse("https://hooks.example.org:80/").is_err());
}

#[test]
fn settings_open_http_and_ports() {
    let open = rules(&Webhooks { allow_http: true, ports: [80, 9000].into(), ..settings() });
    for fine in ["http://hooks.example.org/", "http://hooks.example.org:9000/", "https://hooks.example.org:9000/"] {
        assert!(Destination::parse(fine, &open).is_ok(), "{fine}");
    }
    for refused in ["https://hooks.example.org/", "http://hooks.example.org:8080/"] {
        let fault = Destination::parse(refused, &open).unwrap_err();
        assert!(matches!(fault, DestinationFault::Port { .. }), "{refused}: {fault}");
    }
    assert_eq!(Destination::parse("ftp://hooks.example.org/", &open), Err(DestinationFault::Scheme));
}

proptest::proptest! {
    /// Whatever is accepted, the parser of the client sees the host that was checked.
    #[test]
    fn an_accepted_url_has_the_host_that_is_written(text in "https://[a-zA-Z0-9.:@/\\\\?#%\\[\\] -]{0,40}") {
        if let Ok(destination) = Destination::parse(&text, &rules(&settings())) {
            let written = text.to_ascii_lowercase();
            proptest::prop_assert!(written["https://".len()..].starts_with(destination.host()));
            proptest::prop_assert_eq!(destination.url().host_str(), Some(destination.host()));
        }
    }

    #[test]
    fn an_accepted_url_is_accepted_again_as_it_is_stored(
        text in "https://a\\.example[/?]([a-z\"<>'`{}|^%/.?]|\\.\\./){0,40}",
        rest in 0..=MAX_URL,
    ) {
        let text = format!("{text}{}", "x".repeat(rest.saturating_sub(text.len())));
        if let Ok(destination) = Destination::parse(&text, &rules(&settings())) {
            let again = Destination::parse(&destination.to_string(), &rules(&settings()));
            proptest::prop_assert_eq!(again, Ok(destination));
        }
    }
}

fn with_names(webhooks: &Webhooks, names: &[(&str, &[&str])]) -> DestinationRules {
    let parsed = names.iter().map(|(name, addresses)| {
        ((*name).to_owned(), addresses.iter().map(|address| address.parse().unwrap()).collect())
    });
    rules(webhooks).with_names(NameLookup::Fixed(Arc::new(parsed.collect())))
}

#[tokio::test]
async fn every_address_of_a_name_must_be_public_or_opened() {
    let names: [(&str, &[&str]); 5] = [
        ("public.example", &["8.8.8.8", "2606:4700::1111"]),
        ("mixed.example", &["8.8.8.8", "10.1.2.3"]),
        ("mapped.example", &["::ffff:10.1.2.3"]),
        ("empty.example", &[]),
        ("many.example", &["8.8.8.8"; 40]),
    ];
    let closed = with_names(&settings(), &names);
    let resolve = async |host: &str, rules: &DestinationRules| {
        let destination = Destination::parse(&format!("https://{host}:8443/"), rules).unwrap();
        destination.resolve(rules).await
    };
    assert_eq!(
        resolve("public.example", &closed).await,
        Ok(vec!["8.8.8.8:8443".parse().unwrap(), "[2606:4700::1111]:8443".parse().unwrap()])
    );
    for name in ["mixed.example", "mapped.example"] {
        assert_eq!(
            resolve(name, &closed).await.unwrap_err().to_string(),
            "resolves to 10.1.2.3, which is not public; an operator can allow it (webhooks.allow)"
        );
    }
    for name in ["empty.example", "unknown.example"] {
        assert_eq!(resolve(name, &closed).await, Err(ResolveFault::NotFound), "{name}");
    }
    assert_eq!(resolve("many.example", &closed).await.unwrap().len(), MAX_ADDRESSES);
    let open = with_names(&Webhooks { allow: ["10.1.0.0/16".parse().unwrap()].into(), ..settings() }, &names);
    assert_eq!(resolve("mixed.example", &open).await.unwrap().len(), 2);
    assert!(open.may_keep_answer_of(Some("8.8.8.8:443".parse().unwrap())));
    for closed in [Some("10.1.2.3:443".parse().unwrap()), Some("[::ffff:10.1.2.3]:443".parse().unwrap()), None] {
        assert!(!open.may_keep_answer_of(closed), "{closed:?}");
    }
    let proxied = with_names(&Webhooks { proxy: Some("http://proxy:4750".into()), ..settings() }, &names);
    assert_eq!(resolve("mixed.example", &proxied).await, Ok(Vec::new()));
    assert!(!proxied.may_keep_answer_of(Some("8.8.8.8:443".parse().unwrap())));
}

/// The lookups of one account may wait for a silent name server.
#[tokio::test]
async fn a_name_that_waits_for_other_lookups_is_not_reported_as_not_found() {
    let busy = NameLookup::System(Arc::new(tokio::sync::Semaphore::new(0)));
    let rules = rules(&settings()).with_names(busy);
    let url = "https://hooks.example.org/";
    let fault = Destination::parse(url, &rules).unwrap().resolve(&rules).await.unwrap_err();
    assert_eq!(
        (fault, fault.to_string().as_str()),
        (ResolveFault::Busy, "has a host that cannot be looked up now; try again")
    );
    let request = WebhookRequest { id: "msg_1".into(), timestamp: 0, signature: String::new(), body: "{}".into() };
    let response = WebhookClient::new(&settings()).unwrap().send(url, &rules, &request).await;
    assert_eq!((response.outcome, response.error), (WebhookOutcome::NotSent, None));
    // A proxy looks names up itself.
    let proxied = Webhooks { proxy: Some("http://127.0.0.1:9".into()), ..settings() };
    assert_eq!(
        Destination::parse(url, &rules).unwrap().resolve(&DestinationRules::new(&proxied, [])).await,
        Ok(Vec::new())
    );
}
