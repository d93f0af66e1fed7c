//! Inside of a tunnel nothing is checked: who may open one, and where.

use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};

use super::bed::{CALLER, Outcome, ProxyBed, gate};
use super::proxies::Proxy;
use crate::support::{Connection, Exchange, Request, ScriptedApi, TOKEN};

/// A tunnel needs a credential.
pub(super) fn a_websocket_opens_behind_a_credential(proxy: Proxy) {
    let api = ScriptedApi::start(|exchange: &mut Exchange| {
        let Ok(mut socket) = tungstenite::accept(exchange.socket()) else { return };
        while let Ok(message) = socket.read() {
            if message.is_text() && socket.send(message).is_err() {
                return;
            }
        }
    });
    let gate = gate();
    let running = proxy.start(api.url().trim_start_matches("http://"), gate.forward_auth_addr);
    let open = |token: &str| {
        let mut request = format!("ws://{}/socket", running.address).into_client_request().unwrap();
        request.headers_mut().insert("Authorization", format!("Bearer {token}").parse().unwrap());
        tungstenite::connect(request)
    };
    let (mut socket, _) = open(TOKEN).unwrap();
    for message in ["hello", &"long ".repeat(10_000)] {
        socket.send(Message::text(message)).unwrap();
        assert_eq!(socket.read().unwrap(), Message::text(message), "{proxy:?}");
    }
    match open("wrong") {
        Err(tungstenite::Error::Http(reply)) => assert_eq!(reply.status(), 401, "{proxy:?}"),
        other => panic!("{proxy:?}: {other:?}"),
    }
}

/// Not of another kind, not elsewhere, and not where everybody may call.
pub(super) fn no_other_tunnel_opens(proxy: Proxy) {
    let bed = ProxyBed::start(proxy);
    let socket = Request::get("/socket").bearer(TOKEN);
    let elsewhere = [
        Request::get("/events"),
        Request::get("/events").body("x"),
        Request::get("/visits").bearer(TOKEN),
        Request::get("/sockets").bearer(TOKEN),
        Request::get("/socket/x").bearer(TOKEN),
        Request::new("POST", "/payments").bearer("payer").body("{}"),
        Request::new("POST", "/socket").bearer(TOKEN).body("{}"),
    ];
    let requests = elsewhere.iter().flat_map(|request| {
        let kinds = ["websocket", "WebSocket", "h2c", "foo", "foo, websocket"];
        kinds.map(|kind| request.clone().header("Upgrade", kind))
    });
    let others = ["h2c", "foo", "foo, websocket", "websocket2"].map(|kind| socket.clone().header("Upgrade", kind));
    for request in requests.chain(others) {
        let Outcome { reply, reached } = bed.upgrade(&request);
        let context = format!("{proxy:?}: {request:?}: {}: {reached:?}", reply.status);
        match reached {
            None => assert!((400..500).contains(&reply.status), "{context}"),
            Some(seen) => {
                assert_eq!(seen.header("Upgrade").unwrap_or_default(), "", "{context}");
                let connection = seen.all("Connection").join(", ").to_ascii_lowercase();
                assert!(!connection.contains("upgrade"), "{context}");
            }
        }
    }
    // Of two kinds, the one that is allowed or none.
    let both = socket.header("Upgrade", "foo").header("Upgrade", "websocket");
    let seen = bed.upgrade(&both).reached;
    let kinds = seen.as_ref().map(|seen| seen.all("Upgrade")).unwrap_or_default();
    assert!(matches!(kinds[..], [] | ["" | "websocket"]), "{proxy:?}: {seen:?}");
}

impl ProxyBed {
    fn upgrade(&self, request: &Request) -> Outcome {
        let request = request.clone().header("Connection", "Upgrade");
        self.exchange(Connection::from(CALLER, self.running.address), &request)
    }
}
