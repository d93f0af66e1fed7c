//! `claviger throttle list|clear`, over the admin listener of a running gate.

use std::net::IpAddr;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use http::{Method, StatusCode};
use serde_json::Value;

use super::admin_client::{AdminClient, AdminResponse};
use super::output::{note, print};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// List failed attempts, and until when further ones are refused
    #[command(
        after_help = "Examples:\n  claviger throttle list --address 192.0.2.7\n\nEach gate counts its own: run this beside each of them."
    )]
    List {
        #[command(flatten)]
        admin: AdminArgs,
    },
    /// Clear failed attempts, so that the next one is checked
    #[command(
        after_help = "Examples:\n  claviger throttle clear --address 192.0.2.7\n\nWith a database, the other processes on it clear theirs too."
    )]
    Clear {
        #[command(flatten)]
        admin: AdminArgs,
    },
}

#[derive(clap::Args)]
pub(super) struct AdminArgs {
    /// Only attempts from this address; for IPv6, from its /64
    #[arg(long, value_name = "ADDRESS")]
    address: Option<IpAddr>,
    #[command(flatten)]
    admin: AdminClient,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List { admin } => list(&admin),
            Self::Clear { admin } => clear(&admin),
        }
    }
}

fn list(args: &AdminArgs) -> anyhow::Result<ExitCode> {
    let answer = args.send(Method::GET, "/-/throttle")?;
    let entries = answer.as_array().context("the admin listener sent no list")?;
    if entries.is_empty() {
        note("no failed attempts");
        return Ok(ExitCode::SUCCESS);
    }
    print(format!("{:<7}  {:<9}  {:<39}  {:<24}  {:>5}  UNTIL", "AT", "KIND", "ADDRESS", "NAME", "WRONG"))?;
    for entry in entries {
        let text = |field: &str| entry[field].as_str().unwrap_or("-");
        let (at, kind, address) = (text("at"), text("kind"), text("address"));
        let (name, wrong, until) = (text("name"), &entry["wrong_guesses"], text("until"));
        print(format!("{at:<7}  {kind:<9}  {address:<39}  {name:<24}  {wrong:>5}  {until}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn clear(args: &AdminArgs) -> anyhow::Result<ExitCode> {
    let answer = args.send(Method::POST, "/-/throttle/clear")?;
    let cleared = answer["cleared"].as_u64().context("the admin listener did not send a count")?;
    print(format!("{cleared} cleared"))?;
    if answer["others"] == true {
        note("other processes on the same database clear theirs within seconds");
    }
    Ok(ExitCode::SUCCESS)
}

impl AdminArgs {
    fn send(&self, method: Method, path: &str) -> anyhow::Result<Value> {
        let query = self.address.map(|address| format!("?address={address}")).unwrap_or_default();
        let AdminResponse { status, body } = self.admin.send(method, &format!("{path}{query}"))?;
        ensure!(status == StatusCode::OK, "the admin listener refuses: {status} {body}");
        serde_json::from_str(&body).context("the admin listener did not send JSON")
    }
}
