//! The admin listener of a running process, asked from beside it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use http::{Method, StatusCode, Uri};
use reqwest::redirect::Policy;

use super::config_target::settings_file;
use super::database_target::wait;
use super::output::{cause, harmless};
use crate::config::{ConfigSource, process_environment};

/// Longer than an admin listener takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where it is.
#[derive(clap::Args)]
pub(super) struct AdminListener {
    /// The admin listener of the process [default: as the settings say, otherwise http://127.0.0.1:8081]
    #[arg(long, value_name = "URL", env = "CLAVIGER_ADMIN")]
    admin: Option<Uri>,
    /// Settings file of the process [default: claviger.yaml, config/claviger.yaml or /etc/claviger/claviger.yaml]
    #[arg(long, short, value_name = "FILE", env = "CLAVIGER_CONFIG")]
    config: Option<PathBuf>,
}

/// What it answers.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: String,
}

impl AdminListener {
    /// One request and its answer.
    ///
    /// # Errors
    /// When nobody answers.
    pub(super) fn ask(&self, method: Method, path: &str) -> anyhow::Result<Answer> {
        let url = self.admin.clone().map_or_else(|| self.as_set(), Ok)?;
        let authority = url.authority().filter(|_| matches!(url.scheme_str(), Some("http" | "https")));
        let authority = authority.context("--admin: must be http://HOST:PORT or https://HOST:PORT")?;
        ensure!(matches!(url.path(), "" | "/") && url.query().is_none(), "--admin: must not have a path");
        let target = format!("{}://{authority}{path}", url.scheme_str().unwrap_or("http"));
        wait(exchange(method, &target)).with_context(|| format!("the admin listener at {authority} does not answer"))
    }

    /// From this machine. A file that was spoilt since the process has read it is read as far as it goes.
    fn as_set(&self) -> anyhow::Result<Uri> {
        let file = self.config.clone().or_else(settings_file);
        let admin = ConfigSource { file, overrides: process_environment()? }.admin();
        let mut address = admin.listen.0.0;
        ensure!(address.port() != 0, "admin.listen has port 0: name the one that the system has picked with --admin");
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

async fn exchange(method: Method, target: &str) -> anyhow::Result<Answer> {
    // Nothing secret is said or heard here, and a certificate names the machine as others call it.
    let client = reqwest::Client::builder().tls_danger_accept_invalid_certs(true);
    let client = client.no_proxy().redirect(Policy::none()).timeout(PATIENCE).build()?;
    let answer = client.request(method, target).send().await.map_err(silence)?;
    let status = answer.status();
    let body = harmless_lines(&answer.text().await.map_err(silence)?);
    Ok(Answer { status, body })
}

fn silence(error: reqwest::Error) -> anyhow::Error {
    anyhow::anyhow!(cause(&error.without_url()))
}

fn harmless_lines(text: &str) -> String {
    text.lines().map(harmless).collect::<Vec<_>>().join("\n")
}
