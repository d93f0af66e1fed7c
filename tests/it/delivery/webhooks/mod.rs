//! Webhooks: receivers of every kind, signatures, settings, and addresses that are never connected to.

mod attempts;
mod name_server;
mod namespace;
mod processes;
mod proxied;
pub mod receiver;
mod settings;
mod signatures;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use claviger::config::Webhooks;
use claviger::delivery::webhooks::{DestinationRules, NameLookup, WebhookClient, WebhookRequest, WebhookResponse};
use tempfile::TempDir;

use self::receiver::Receiver;
use crate::support::Authority;

pub const HOST: &str = "hooks.example";
pub const BODY: &str = r#"{"id":"evt_1","type":"contact.created","data":{"name":"Ännchen"}}"#;

/// Settings that permit receivers on these ports of loopback.
pub fn webhooks(ca: &Path, ports: &[u16]) -> Webhooks {
    Webhooks {
        entities: BTreeMap::new(),
        keep: Duration::from_secs(30 * 24 * 3600),
        allow_http: false,
        ports: ports.into(),
        allow: ["127.0.0.0/8".parse().unwrap()].into(),
        proxy: None,
        ca: Some(ca.to_owned()),
        examples: BTreeMap::new(),
    }
}

/// [`HOST`] leads to loopback, and no other name anywhere.
pub fn rules(webhooks: &Webhooks) -> DestinationRules {
    let names = [(HOST.to_owned(), vec![IpAddr::V4(Ipv4Addr::LOCALHOST)])];
    DestinationRules::new(webhooks, []).with_names(NameLookup::Fixed(Arc::new(names.into())))
}

pub fn request() -> WebhookRequest {
    WebhookRequest {
        id: "msg_1".into(),
        timestamp: 1_700_000_000,
        signature: "v1,c2lnbmF0dXJl".into(),
        body: Bytes::from_static(BODY.as_bytes()),
    }
}

/// A receiver with TLS on loopback, and a client that may reach it.
pub struct Bed {
    pub receiver: Receiver,
    pub authority: Authority,
    pub settings: Webhooks,
    pub client: WebhookClient,
    _folder: TempDir,
}

impl Bed {
    pub async fn new() -> Self {
        let (authority, folder) = (Authority::new(), TempDir::new().unwrap());
        let ca = folder.path().join("ca.pem");
        authority.write(&ca);
        let tls = authority.server(&authority.issue(HOST), false);
        let receiver = Receiver::start("127.0.0.1:0", Some(tls)).await;
        let settings = webhooks(&ca, &[receiver.address.port()]);
        let client = WebhookClient::new(&settings).unwrap();
        Self { receiver, authority, settings, client, _folder: folder }
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://{HOST}:{}{path}", self.receiver.address.port())
    }

    pub async fn send(&self, path: &str) -> WebhookResponse {
        self.client.send(&self.url(path), &rules(&self.settings), &request()).await
    }
}
