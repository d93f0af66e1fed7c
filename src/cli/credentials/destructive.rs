//! `claviger credential reset|disable|clear|delete`: commands that stop a credential from working.

use std::process::ExitCode;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::credential_args::CredentialArgs;
use super::deliver::Way;
use crate::cli::client::{Confirmation, Request, address_count, ago, path, show, show_secret};
use crate::cli::output::sanitize;
use crate::cli::secret;

#[derive(clap::Args)]
pub(in crate::cli) struct ConfirmedCredential {
    #[command(flatten)]
    one: CredentialArgs,
    #[command(flatten)]
    confirmation: Confirmation,
}

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger credential reset acme-billing\n  claviger credential reset acme-billing --overlap 24h    the previous secret works for another day\n  claviger credential reset own-usr_0a1b2c3d4e5f6g7h8i9j --enable\n\nThe new secret is printed once and cannot be recovered."
)]
pub(in crate::cli) struct Reset {
    #[command(flatten)]
    confirmed: ConfirmedCredential,
    /// How long the previous secret keeps working, such as 24h; never past the credential's expiry
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    overlap: Option<u64>,
    /// Begin the overlap when the contact has been shown the new secret; the previous one works until then
    #[arg(long)]
    until_shown: bool,
    /// Send the secret to the contact, or show it here [default: as delivery.show_to_creator has it]
    #[arg(long, value_name = "WAY")]
    deliver: Option<Way>,
    /// Read the password of Basic credentials from a prompt or standard input [default: generated]
    #[arg(long)]
    choose: bool,
    /// Enable a disabled credential in the same step; needed for a user's own key, whose user has to get the secret
    #[arg(long)]
    enable: bool,
}

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  claviger credential disable acme-billing --reason 'Seen in a public repository'")]
pub(in crate::cli) struct Disable {
    #[command(flatten)]
    confirmed: ConfirmedCredential,
    /// Reason, kept on record
    #[arg(long)]
    reason: Option<String>,
}

/// The fields of a credential that tell who may still use it.
#[derive(Deserialize)]
pub(super) struct LastUse {
    last_used_at: Option<Timestamp>,
    last_used_from: Option<String>,
    recent_addresses: Option<u64>,
}

impl ConfirmedCredential {
    /// Asks with the last use, and fails if the credential changes meanwhile. Without `done`, the response has a secret.
    fn run(
        self,
        effect: &str,
        request: impl FnOnce(&str) -> anyhow::Result<Request>,
        done: Option<&str>,
    ) -> anyhow::Result<ExitCode> {
        let (CredentialArgs { id, client }, confirmation) = (self.one, self.confirmation);
        client.run(async |there| {
            let path = path(&["credentials", &id]);
            let seen = there.send(Request::get(&path)).await?;
            let last_use: LastUse = serde_json::from_value(seen.body)?;
            let effect = format!("{} {}\n{effect}", sanitize(&id), last_use.describe());
            if !confirmation.ask(there, &effect)? {
                return Ok(ExitCode::FAILURE);
            }
            let answer = there.send(request(&path)?.if_match(seen.revision)).await?.body;
            let Some(done) = done else { return show_secret(&client, there, &answer) };
            show(&client, &answer)?;
            client.hint(|| format!("{id} {done}."));
            Ok(ExitCode::SUCCESS)
        })
    }

    pub(super) fn clear(self) -> anyhow::Result<ExitCode> {
        let effect = "Its secret stops working at once; it has none until it is reset.";
        self.run(
            effect,
            |path| Ok(Request::post(&format!("{path}/clear"), Value::Object(Map::new()))),
            Some("has no secret"),
        )
    }

    pub(super) fn delete(self) -> anyhow::Result<ExitCode> {
        self.run(
            "It stops working at once and is deleted permanently.",
            |path| Ok(Request::delete(path)),
            Some("is deleted"),
        )
    }
}

impl Reset {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut body = Map::new();
        if self.choose {
            body.insert("password".into(), secret::read("New password", true)?.as_str().into());
        }
        if self.enable {
            body.insert("enable".into(), true.into());
        }
        if let Some(way) = self.deliver {
            body.insert("deliver".into(), way.word().into());
        }
        if self.until_shown {
            body.insert("overlap_from".into(), "showing".into());
            body.insert("overlap_seconds".into(), self.overlap.unwrap_or_default().into());
        }
        let span = |overlap: u64| SignedDuration::from_secs(i64::try_from(overlap).unwrap_or(i64::MAX));
        let effect = match (self.overlap.unwrap_or_default(), self.until_shown) {
            (0, true) => "Its current secret stops working once the new one was shown.".to_owned(),
            (overlap, true) => {
                format!("Its current secret stops working {:#} after the new one was shown.", span(overlap))
            }
            (0, false) => "Its current secret stops working at once.".to_owned(),
            (overlap, false) => {
                body.insert("overlap_seconds".into(), overlap.into());
                format!("Its current secret stops working in {:#}.", span(overlap))
            }
        };
        let effect = if self.enable { format!("{effect} It is enabled again.") } else { effect };
        self.confirmed.run(&effect, |path| Request::post(&format!("{path}/reset"), body).idempotent(), None)
    }
}

impl Disable {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut body = Map::new();
        if let Some(reason) = self.reason {
            body.insert("reason".into(), reason.into());
        }
        let effect = "It is refused from now on, until it is enabled again.";
        self.confirmed.run(effect, |path| Ok(Request::post(&format!("{path}/disable"), body)), Some("is disabled"))
    }
}

impl LastUse {
    pub(super) fn describe(&self) -> String {
        let Some(at) = self.last_used_at else { return "was never used.".to_owned() };
        let from = match (self.recent_addresses.and_then(address_count), &self.last_used_from) {
            (Some(count), _) if count != "1" => format!(" from {count} addresses"),
            (_, Some(address)) => format!(" from {}", sanitize(address)),
            (_, None) => String::new(),
        };
        format!("was last used {}{from}.", ago(at))
    }
}

fn seconds(text: &str) -> Result<u64, String> {
    let span: jiff::SignedDuration = text.parse().map_err(|_| "must be a time such as 90m or 24h")?;
    u64::try_from(span.as_secs()).map_err(|_| "must not be negative".to_owned())
}
