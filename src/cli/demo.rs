//! `claviger demo`: the gate in front of a small API, with files in a temporary folder.

use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;

use super::output::print;
use crate::config::ConfigSource;
use crate::credential::{PasswordHash, PlainPassword, PlainToken, TokenFormat};
use crate::server::{Addresses, DemoApi, ServeOptions};
use crate::source::Loader;

const USERNAME: &str = "acme";
const PASSWORD: &str = "open-sesame";

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  claviger demo --port 8090")]
pub(super) struct Args {
    /// Port of the gate [default: 8080, else a free one]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
}

struct Secrets {
    token: PlainToken,
    disabled: PlainToken,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let api = DemoApi::start()?;
        let folder = tempfile::Builder::new().prefix("claviger-demo-").tempdir()?;
        let secrets = Secrets { token: mint()?, disabled: mint()? };
        let config = folder.path().join("claviger.yaml");
        let port = self.port.unwrap_or_else(free_port);
        std::fs::write(&config, settings(port, &api))?;
        std::fs::write(folder.path().join("credentials.yaml"), credentials(&secrets)?)?;
        let loader = Loader::new(ConfigSource { file: Some(config), overrides: Vec::new() });
        let loaded = loader.load()?;
        let mut printed = Ok(());
        let options = ServeOptions::default();
        crate::server::serve(loader, loaded, options, |addresses| {
            printed = print_guide(addresses, folder.path(), &secrets);
        })?;
        printed.map(|()| ExitCode::SUCCESS)
    }
}

fn mint() -> anyhow::Result<PlainToken> {
    TokenFormat::default().mint().map_err(|_| anyhow::anyhow!("the system returned no random bytes"))
}

/// The port of the documentation, unless it is in use.
fn free_port() -> u16 {
    if TcpListener::bind("127.0.0.1:8080").is_ok() { 8080 } else { 0 }
}

fn settings(port: u16, api: &DemoApi) -> String {
    format!(
        "proxy:
  listen: 127.0.0.1:{port}
  upstream: http://{api}
admin:
  listen: 127.0.0.1:0
credentials:
  file: credentials.yaml
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
        api = api.address
    )
}

fn credentials(secrets: &Secrets) -> anyhow::Result<String> {
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

fn print_guide(addresses: &Addresses, folder: &Path, secrets: &Secrets) -> anyhow::Result<()> {
    let Some(gate) = addresses.proxy.first() else { return Ok(()) };
    let (token, disabled) = (secrets.token.reveal(), secrets.disabled.reveal());
    print(format!(
        "
Claviger listens at http://{gate} in front of a small API. Try it from another terminal:

  admitted: a token on version 2, and the identity headers that the API receives
    curl -i -H 'Authorization: Bearer {token}' http://{gate}/v2/payments

  admitted: the same token as an API key, and Basic credentials on version 1
    curl -i -H 'X-API-Key: {token}' http://{gate}/v2/payments
    curl -i -u {USERNAME}:{PASSWORD} http://{gate}/v1/orders

  wrong secret (401)
    curl -i -u {USERNAME}:wrong http://{gate}/v1/orders

  disabled (401)
    curl -i -H 'Authorization: Bearer {disabled}' http://{gate}/v2/payments

  wrong version (403)
    curl -i -H 'Authorization: Bearer {token}' http://{gate}/v1/payments

  out of scope (403)
    curl -i -X DELETE -H 'Authorization: Bearer {token}' http://{gate}/v2/payments

  public, no credential needed
    curl -i http://{gate}/events

The files are in {folder}; edit credentials.yaml while this runs.
Metrics: curl http://{admin}/metrics. Ctrl-C stops it. Requests appear below.
",
        folder = folder.display(),
        admin = addresses.admin
    ))
}
