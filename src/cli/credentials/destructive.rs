//! `claviger credential reset|disable|clear|delete`: what somebody will notice.

use std::process::ExitCode;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::modify::One;
use crate::cli::client::{Consent, Request, ago, cell, path, recent_addresses, show, show_secret};
use crate::cli::output::harmless;
use crate::cli::secret;

/// One credential that stops working as it did.
#[derive(clap::Args)]
pub(in crate::cli) struct Breaking {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    consent: Consent,
}

/// Arguments of `reset`.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger credential reset acme-billing\n  claviger credential reset acme-billing --overlap 24h    the secret before counts for another day\n\nThe new secret is printed this once and cannot be recovered."
)]
pub(in crate::cli) struct Reset {
    #[command(flatten)]
    breaking: Breaking,
    /// How long the secret before counts beside the new one, such as 24h; never longer than the credential itself
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    overlap: Option<u64>,
    /// Of a Basic pair: choose the password, at a prompt or on standard input [default: one is made]
    #[arg(long)]
    choose: bool,
}

/// Arguments of `disable`.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  claviger credential disable acme-billing --reason 'Seen in a public repository'")]
pub(in crate::cli) struct Disable {
    #[command(flatten)]
    breaking: Breaking,
    /// Why; stays on record
    #[arg(long)]
    reason: Option<String>,
}

impl Breaking {
    /// Shows who would notice, asks, and does it if nothing has changed meanwhile.
    fn run(
        self,
        what: &str,
        request: impl FnOnce(&str) -> anyhow::Result<Request>,
        is_secret_made: bool,
    ) -> anyhow::Result<ExitCode> {
        let (One { id, client }, consent) = (self.one, self.consent);
        client.run(async |there| {
            let path = path(&["credentials", &id]);
            let seen = there.send(Request::get(&path)).await?;
            let told = format!("{} {}\n{what}", harmless(&id), last_used(&seen.body));
            if !consent.to(there, &told)? {
                return Ok(ExitCode::FAILURE);
            }
            let answer = there.send(request(&path)?.at(seen.revision)).await?.body;
            if is_secret_made {
                return show_secret(&client, &answer);
            }
            show(&client, &answer)?;
            Ok(ExitCode::SUCCESS)
        })
    }

    pub(super) fn clear(self) -> anyhow::Result<ExitCode> {
        let what = "Its secret stops working at once; it stays without one until it is reset.";
        self.run(what, |path| Ok(Request::post(&format!("{path}/clear"), Value::Object(Map::new()))), false)
    }

    pub(super) fn delete(self) -> anyhow::Result<ExitCode> {
        self.run("It stops working at once, and is deleted for good.", |path| Ok(Request::delete(path)), false)
    }
}

impl Reset {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut body = Map::new();
        if self.choose {
            body.insert("password".into(), secret::read("New password", true)?.as_str().into());
        }
        let what = match self.overlap {
            None | Some(0) => "The secret it has stops working at once.".to_owned(),
            Some(overlap) => {
                body.insert("overlap_seconds".into(), overlap.into());
                let overlap = SignedDuration::from_secs(i64::try_from(overlap).unwrap_or(i64::MAX));
                format!("The secret it has stops working in {overlap:#}.")
            }
        };
        self.breaking.run(&what, |path| Request::post(&format!("{path}/reset"), body).once(), true)
    }
}

impl Disable {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut body = Map::new();
        if let Some(reason) = self.reason {
            body.insert("reason".into(), reason.into());
        }
        let what = "It is refused from then on, until it is enabled again.";
        self.breaking.run(what, |path| Ok(Request::post(&format!("{path}/disable"), body)), false)
    }
}

/// Who will notice.
fn last_used(credential: &Value) -> String {
    let Some(at) = credential["last_used_at"].as_str().and_then(|at| at.parse::<Timestamp>().ok()) else {
        return "was never used, as far as is known.".to_owned();
    };
    let from = match (recent_addresses(credential), cell(credential, "last_used_from")) {
        (Some(several), _) if several != "1" => format!(" from {several} addresses"),
        (_, from) if from == "-" => String::new(),
        (_, from) => format!(" from {}", harmless(&from)),
    };
    format!("was last used {}{from}.", ago(at))
}

fn seconds(text: &str) -> Result<u64, String> {
    let span: jiff::SignedDuration = text.parse().map_err(|_| "must be a time such as 90m or 24h")?;
    u64::try_from(span.as_secs()).map_err(|_| "must not be negative".to_owned())
}
