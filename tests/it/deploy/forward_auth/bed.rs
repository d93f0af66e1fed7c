//! One proxy, the gate that it asks, and the API that both stand before.

use std::net::Ipv4Addr;

use super::proxies::{Proxy, RunningProxy};
use crate::deploy::shipped;
use crate::support::{
    Connection, DISABLED_TOKEN, Gate, PASSWORD_HASH, RecordingApi, Reply, Request, Seen, TOKEN, digest, eventually,
};

/// Callers come from here: an address that is no proxy's.
pub(super) const CALLER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 7);
pub(super) const OFFICE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);

/// One proxy in front of one API, and the gate that it asks.
pub(super) struct ProxyBed {
    pub(super) proxy: Proxy,
    pub(super) gate: Gate,
    api: RecordingApi,
    pub(super) running: RunningProxy,
}

/// What came of a request.
pub(super) struct Outcome {
    pub(super) reply: Reply,
    pub(super) reached: Option<Seen>,
}

fn credentials() -> String {
    let token = |id: &str, token: &str, rest: &str| {
        format!("  - {{id: {id}, account: acme, version: '2', token: '{}'{rest}}}\n", digest(token))
    };
    [
        "credentials:\n".to_owned(),
        token("acme-billing", TOKEN, ""),
        token("acme-disabled", DISABLED_TOKEN, ", enabled: false"),
        token("acme-payer", "payer", ", scopes: ['payments:write']"),
        token("acme-office", "office", &format!(", addresses: [{OFFICE}/32]")),
        token("acme-slow", "slow", ", rate_limit: {requests: 1, per: 1h}"),
        format!("  - {{id: acme-nightly, account: acme, version: '2', username: acme, password: '{PASSWORD_HASH}'}}\n"),
    ]
    .concat()
}

/// The gate as the shipped settings have it, but for its ports, and with an end to version 2.
pub(super) fn gate() -> Gate {
    gate_with("")
}

/// With more settings.
fn gate_with(settings_too: &str) -> Gate {
    let settings = std::fs::read_to_string(shipped("forward-auth/claviger.yaml")).unwrap();
    let moved = [
        ("credentials:\n  file: credentials.yaml\n", ""),
        ("listen: 127.0.0.1:8082", "listen: 127.0.0.1:0"),
        ("{name: \"2\"}", "{name: \"2\", sunset_on: 2099-01-01, link: 'https://api.example.org/2'}"),
    ];
    let settings = moved.iter().fold(settings, |settings, (part, new)| {
        assert!(settings.contains(part), "{part} is not in the shipped settings");
        settings.replace(part, new)
    });
    let more = "\ncors: {origins: ['https://app.example.org']}\n\
                paths: [{path: /queues, allow: [encoded_slash, empty_segment, encoded_percent, encoded_unreserved]}]\n";
    Gate::from_settings(&(settings + more + settings_too)).credentials(&credentials()).start()
}

impl ProxyBed {
    pub(super) fn start(proxy: Proxy) -> Self {
        Self::start_with(proxy, "")
    }

    /// With more settings of the gate.
    pub(super) fn start_with(proxy: Proxy, settings: &str) -> Self {
        let (api, gate) = (RecordingApi::start(), gate_with(settings));
        let running = proxy.start(api.url().trim_start_matches("http://"), gate.forward_auth_addr);
        Self { proxy, gate, api, running }
    }

    pub(super) fn send_from(&self, from: Ipv4Addr, request: &Request) -> Outcome {
        self.exchange(Connection::from(from, self.running.address), &request.clone().header("Connection", "close"))
    }

    /// As it is, over a connection that nothing else goes over.
    pub(super) fn exchange(&self, mut connection: Connection, request: &Request) -> Outcome {
        let before = self.api.seen().len();
        let reply = connection.send(request);
        let mut seen = self.api.seen();
        assert!(seen.len() <= before + 1, "{:?}: {request:?} reached the API twice", self.proxy);
        Outcome { reply, reached: (seen.len() > before).then(|| seen.pop().unwrap()) }
    }

    pub(super) fn send(&self, request: &Request) -> Outcome {
        self.send_from(CALLER, request)
    }

    /// Waits until the gate says that this path is what it has decided about last.
    pub(super) fn assert_decided(&self, path: &str) {
        eventually(path, || self.gate.access_log(1).pop().unwrap()["path"] == path);
    }

    /// Refused with this status and code, and nothing has reached the API. nginx knows two statuses only.
    pub(super) fn assert_refused(&self, request: &Request, status: u16, code: &str) {
        let Outcome { reply, reached } = self.send(request);
        let expected = match self.proxy {
            Proxy::Nginx if status != 401 => 403,
            _ => status,
        };
        let context = format!("{:?}: {request:?}: {}", self.proxy, reply.text());
        assert_eq!((reply.status, reply.code().as_str()), (expected, code), "{context}");
        assert!(reached.is_none(), "{context}");
        if status == 401 {
            assert!(reply.header("WWW-Authenticate").is_some(), "{context}");
        }
    }

    /// Let through as this credential; the API sees who that is, and nothing that the caller says about it.
    pub(super) fn assert_served(&self, request: &Request, credential: &str) -> Seen {
        let Outcome { reply, reached } = self.send(request);
        let context = format!("{:?}: {request:?}: {}", self.proxy, reply.text());
        assert_eq!(reply.status, 200, "{context}");
        let seen = reached.unwrap_or_else(|| panic!("{context}"));
        assert_eq!(identity(&seen, "Credential"), credential, "{context}: {seen:?}");
        assert_eq!(identity(&seen, "Account"), if credential.is_empty() { "" } else { "acme" }, "{context}");
        assert_ne!(identity(&seen, "Request-Id"), "", "{context}");
        for secret in ["Authorization", "X-API-Key"] {
            assert_eq!(seen.header(secret).unwrap_or_default(), "", "{context}");
        }
        seen
    }
}

/// What the API receives; an absent and an empty header are the same to it.
pub(super) fn identity<'s>(seen: &'s Seen, name: &str) -> &'s str {
    seen.header(&format!("X-Claviger-{name}")).unwrap_or_default()
}
