//! The files of a demo.

use std::net::TcpListener;

use super::{PASSWORD, Secrets, USERNAME};
use crate::credential::{PasswordHash, PlainPassword};
use crate::server::DemoApi;

/// Known before the settings are written, since these name the addresses of both listeners.
pub(super) struct Ports {
    pub(super) proxy: u16,
    pub(super) console: u16,
}

impl Ports {
    /// The ports of the documentation, or free ones where those are in use or port 0 is asked for.
    ///
    /// # Errors
    /// When no port is free.
    pub(super) fn choose(proxy: Option<u16>) -> std::io::Result<Self> {
        let bind = |port| TcpListener::bind(("127.0.0.1", port));
        let preferred = |port| match proxy {
            Some(0) => bind(0),
            _ => bind(port).or_else(|_| bind(0)),
        };
        // Both are held until both are chosen, so that they differ.
        let (first, second) = (preferred(8080)?, preferred(8083)?);
        let port = |listener: &TcpListener| listener.local_addr().map(|address| address.port());
        let proxy = proxy.filter(|port| *port != 0).map_or_else(|| port(&first), Ok)?;
        Ok(Self { proxy, console: port(&second)? })
    }

    pub(super) fn console_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.console)
    }
}

pub(super) fn settings(ports: &Ports, api: &DemoApi) -> String {
    format!(
        "proxy:
  listen: 127.0.0.1:{port}
  upstream: http://{api}
admin:
  listen: 127.0.0.1:0
credentials:
  file: credentials.yaml
  database: sqlite:claviger.db
database: {{query_timeout: 10s}}
console:
  listen: 127.0.0.1:{console}
  public_url: {console_url}
  api_url: http://127.0.0.1:{port}
# A demo sends nothing: the page /demo/mailbox of the console shows what would have been sent.
delivery:
  show_to_creator: true
  mail: {{server: \"smtp://127.0.0.1:2525\", from: \"Example <keys@example.org>\"}}
  sms: {{account: demo, token: demo, from: \"+15005550006\"}}
versions:
  read_from: {{path: \"/v{{version}}/\"}}
  known:
    - {{name: \"1\", deprecated_on: 2026-09-01, sunset_on: 2027-03-01}}
    - {{name: \"2\"}}
scopes:
  \"payments:read\": [{{methods: [GET], path: /payments}}]
public: [{{methods: [GET], path: /events}}]
log: {{format: text, level: warn}}
",
        port = ports.proxy,
        console = ports.console,
        console_url = ports.console_url(),
        api = api.address
    )
}

pub(super) fn credentials(secrets: &Secrets) -> anyhow::Result<String> {
    let password = PasswordHash::of(&PlainPassword::new(PASSWORD.as_bytes()))?;
    Ok(format!(
        "credentials:
  - id: acme-billing
    account: acme
    name: Billing export
    token: {}
    version: \"2\"
    scopes: [\"payments:read\"]
  - id: acme-nightly
    account: acme
    name: Nightly job
    username: {USERNAME}
    password: {}
    version: \"1\"
  - id: acme-old
    account: acme
    name: Left the company
    token: {}
    version: \"2\"
    enabled: false
",
        secrets.token.digest(),
        password.as_str(),
        secrets.disabled.digest()
    ))
}
