//! HTTP client of the admin listener.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use http::{Method, StatusCode, Uri};
use reqwest::redirect::Policy;

use super::config_args::settings_file;
use super::database_target::block_on;
use super::output::{root_cause, sanitize};
use crate::config::{ConfigSource, process_environment};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(clap::Args)]
pub(super) struct AdminClient {
    /// The admin listener of the process [default: admin.listen of the settings, else http://127.0.0.1:8081]
    #[arg(long, value_name = "URL", env = "CLAVIGER_ADMIN")]
    admin: Option<Uri>,
    /// Settings file of the process [default: claviger.yaml, config/claviger.yaml or /etc/claviger/claviger.yaml]
    #[arg(long, short, value_name = "FILE", env = "CLAVIGER_CONFIG")]
    config: Option<PathBuf>,
}

pub(super) struct AdminResponse {
    pub(super) status: StatusCode,
    pub(super) body: String,
}

impl AdminClient {
    /// # Errors
    /// When there is no response within [`REQUEST_TIMEOUT`].
    pub(super) fn send(&self, method: Method, path: &str) -> anyhow::Result<AdminResponse> {
        let url = self.admin.clone().map_or_else(|| self.configured_address(), Ok)?;
        let authority = url.authority().filter(|_| matches!(url.scheme_str(), Some("http" | "https")));
        let authority = authority.context("--admin: must be http://HOST:PORT or https://HOST:PORT")?;
        ensure!(matches!(url.path(), "" | "/") && url.query().is_none(), "--admin: must not have a path");
        let target = format!("{}://{authority}{path}", url.scheme_str().unwrap_or("http"));
        block_on(exchange(method, &target))
            .with_context(|| format!("the admin listener at {authority} does not answer"))
    }

    /// Reads the settings as far as they are valid: the file may have become invalid after the process read it.
    fn configured_address(&self) -> anyhow::Result<Uri> {
        let file = self.config.clone().or_else(settings_file);
        let admin = ConfigSource { file, overrides: process_environment()? }.admin();
        let mut address = admin.listen.0.0;
        ensure!(address.port() != 0, "admin.listen has port 0: give the port that the system picked with --admin");
        if address.ip().is_unspecified() {
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        let scheme = if admin.tls.is_some() { "https" } else { "http" };
        Ok(format!("{scheme}://{address}").parse()?)
    }
}

async fn exchange(method: Method, target: &str) -> anyhow::Result<AdminResponse> {
    // No secret is exchanged here, and the certificate names the host as other machines call it.
    let client = reqwest::Client::builder().tls_danger_accept_invalid_certs(true);
    let client = client.no_proxy().redirect(Policy::none()).timeout(REQUEST_TIMEOUT).build()?;
    let response = client.request(method, target).send().await.map_err(no_response)?;
    let status = response.status();
    let body = sanitize_lines(&response.text().await.map_err(no_response)?);
    Ok(AdminResponse { status, body })
}

fn no_response(error: reqwest::Error) -> anyhow::Error {
    anyhow::anyhow!(root_cause(&error.without_url()))
}

fn sanitize_lines(text: &str) -> String {
    text.lines().map(sanitize).collect::<Vec<_>>().join("\n")
}
