//! `claviger throttle list|clear`: asks a running gate over its admin listener.

use std::net::IpAddr;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use http::{Method, StatusCode};
use serde_json::Value;

use super::admin_listener::{AdminListener, Answer};
use super::output::{remark, say};

/// What to do about wrong guesses.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Print where wrong guesses have come from, and how long further ones are refused
    #[command(after_help = "Examples:\n  claviger throttle list --address 192.0.2.7")]
    List {
        #[command(flatten)]
        admin: AdminArgs,
    },
    /// Forget wrong guesses, so that the next one is looked at
    #[command(after_help = "Examples:\n  claviger throttle clear --address 192.0.2.7")]
    Clear {
        #[command(flatten)]
        admin: AdminArgs,
    },
}

/// Which gate, and which of its places.
#[derive(clap::Args)]
pub(super) struct AdminArgs {
    /// Only guesses from this address; of IPv6 from its /64
    #[arg(long, value_name = "ADDRESS")]
    address: Option<IpAddr>,
    #[command(flatten)]
    admin: AdminListener,
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
    let answer = args.ask(Method::GET, "/-/throttle")?;
    let entries = answer.as_array().context("the admin listener does not answer with a list")?;
    if entries.is_empty() {
        remark("no wrong guesses");
        return Ok(ExitCode::SUCCESS);
    }
    say(format!("{:<7}  {:<9}  {:<39}  {:<24}  {:>5}  UNTIL", "AT", "KIND", "ADDRESS", "NAME", "WRONG"))?;
    for entry in entries {
        let text = |field: &str| entry[field].as_str().unwrap_or("-");
        let (at, kind, address) = (text("at"), text("kind"), text("address"));
        let (name, wrong, until) = (text("name"), &entry["wrong_guesses"], text("until"));
        say(format!("{at:<7}  {kind:<9}  {address:<39}  {name:<24}  {wrong:>5}  {until}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn clear(args: &AdminArgs) -> anyhow::Result<ExitCode> {
    let answer = args.ask(Method::POST, "/-/throttle/clear")?;
    let cleared = answer["cleared"].as_u64().context("the admin listener does not say what it cleared")?;
    say(format!("{cleared} cleared"))?;
    Ok(ExitCode::SUCCESS)
}

impl AdminArgs {
    /// One request and its answer.
    fn ask(&self, method: Method, path: &str) -> anyhow::Result<Value> {
        let query = self.address.map(|address| format!("?address={address}")).unwrap_or_default();
        let Answer { status, body } = self.admin.ask(method, &format!("{path}{query}"))?;
        ensure!(status == StatusCode::OK, "the admin listener refuses: {status} {body}");
        serde_json::from_str(&body).context("the admin listener answers with something else")
    }
}
