//! `claviger credential list`

use std::process::ExitCode;

use clap::ValueEnum;
use jiff::Timestamp;
use serde_json::Value;

use crate::cli::client::{ClientArgs, Column, Request, cell, list, moment, path, query};
use crate::cli::output::say;
use crate::clock::Clock;

const COLUMNS: [Column; 7] = [
    ("ID", |credential| cell(credential, "id")),
    ("ACCOUNT", |credential| cell(credential, "account")),
    ("KIND", |credential| cell(credential, "kind")),
    ("STATE", state),
    ("VERSION", |credential| cell(credential, "version")),
    ("LAST USED", |credential| moment(credential, "last_used_at")),
    ("NAME", |credential| cell(credential, "name")),
];

/// The first that fits.
pub(super) fn state(credential: &Value) -> String {
    let is_over = |end: Timestamp| end <= Clock::System.now();
    let is_expired = credential["expires_at"].as_str().and_then(|end| end.parse().ok()).is_some_and(is_over);
    let state = match (credential["cleared"] == true, credential["enabled"] == true) {
        (true, _) => "cleared",
        (false, false) => "disabled",
        (false, true) if is_expired => "expired",
        (false, true) => "enabled",
    };
    state.to_owned()
}

/// Arguments of `list`.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger credential list\n  claviger credential list --account acme --state disabled\n  claviger credential list --json | jq -r '.[] | select(.last_used_at == null) | .id'"
)]
pub(in crate::cli) struct Args {
    /// Only those of this account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Only those of this user
    #[arg(long, value_name = "ID")]
    owner: Option<String>,
    /// Only those with this in their name, id or user name
    #[arg(long, value_name = "PART")]
    name: Option<String>,
    /// Only those made in this time
    #[arg(long)]
    created: Option<Window>,
    /// Only those in this state
    #[arg(long)]
    state: Option<State>,
    /// Only those of this kind
    #[arg(long)]
    kind: Option<Kind>,
    /// How many there are in each state, instead
    #[arg(long)]
    count: bool,
    #[command(flatten)]
    client: ClientArgs,
}

/// When they were made.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Window {
    /// Within the last 7 days
    #[value(name = "7d")]
    Week,
    /// Within the last 30 days
    #[value(name = "30d")]
    Month,
    /// Longer than 30 days ago
    Older,
}

/// How they are.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    /// Let through
    Enabled,
    /// Switched off
    Disabled,
    /// Past its date
    Expired,
    /// Without a secret
    Cleared,
}

/// What they are.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// Tokens
    Token,
    /// Basic pairs
    Password,
    /// Keys that people have made for themselves
    Own,
}

impl Window {
    /// As the API calls it.
    fn asked(self) -> &'static str {
        match self {
            Self::Week => "within_7_days",
            Self::Month => "within_30_days",
            Self::Older => "before_30_days",
        }
    }
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let word = |value: Option<clap::builder::PossibleValue>| value.map(|value| value.get_name().to_owned());
        let filters = [
            ("account", self.account.clone()),
            ("owner", self.owner.clone()),
            ("part", self.name.clone()),
            ("created", self.created.map(|window| window.asked().to_owned())),
            ("state", word(self.state.and_then(|state| state.to_possible_value()))),
            ("kind", word(self.kind.and_then(|kind| kind.to_possible_value()))),
        ];
        self.client.run(async |client| {
            if self.count {
                let answer = client.send(Request::get(&query(&path(&["credential-counts"]), &filters))).await?;
                return self.counts(&answer.body);
            }
            list(&self.client, client, &query(&path(&["credentials"]), &filters), &COLUMNS, "no credentials").await
        })
    }

    fn counts(&self, counts: &Value) -> anyhow::Result<ExitCode> {
        if self.client.is_for_programs() {
            say(counts.to_string())?;
        } else {
            let entries = counts.as_object().into_iter().flatten();
            entries.into_iter().try_for_each(|(state, count)| say(format!("{state:<10} {count:>10}")))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
