//! `claviger credential list`

use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::Value;

use super::state_text::state;
use crate::cli::client::{ClientArgs, Column, Request, cell, list_matching, path, query, time};
use crate::cli::output::print;

const COLUMNS: [Column; 7] = [
    ("ID", |credential| cell(credential, "id")),
    ("ACCOUNT", |credential| cell(credential, "account")),
    ("KIND", |credential| cell(credential, "kind")),
    ("STATE", state),
    ("VERSION", |credential| cell(credential, "version")),
    ("LAST USED", |credential| time(credential, "last_used_at")),
    ("NAME", |credential| cell(credential, "name")),
];

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger credential list\n  claviger credential list --account acme --state disabled\n  claviger credential list --json | jq -r '.[] | select(.last_used_at == null) | .id'"
)]
pub(in crate::cli) struct Args {
    /// Only credentials of this account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Only the own keys of this user
    #[arg(long, value_name = "ID")]
    owner: Option<String>,
    /// Only credentials whose name, id or user name contains this
    #[arg(long, value_name = "PART")]
    name: Option<String>,
    /// Only credentials with this contact e-mail address
    #[arg(long, value_name = "ADDRESS", conflicts_with = "count")]
    contact_email: Option<String>,
    /// Only credentials created in this period
    #[arg(long)]
    created: Option<Window>,
    /// Only credentials in this state
    #[arg(long)]
    state: Option<State>,
    /// Only credentials of this kind
    #[arg(long)]
    kind: Option<Kind>,
    /// Print the number of credentials in each state instead
    #[arg(long)]
    count: bool,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Window {
    /// Within the last 7 days
    #[value(name = "7d")]
    Week,
    /// Within the last 30 days
    #[value(name = "30d")]
    Month,
    /// More than 30 days ago
    Older,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    /// Admitted
    Enabled,
    /// Switched off
    Disabled,
    /// Past its expiry date
    Expired,
    /// Without a secret, until the link that was sent shows one
    Waiting,
    /// Without a secret
    Cleared,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// Tokens
    Token,
    /// Basic credentials
    Password,
    /// Keys that users created for themselves
    Own,
}

impl Window {
    /// Value of the API's `created` parameter.
    fn as_parameter(self) -> &'static str {
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
            ("created", self.created.map(|window| window.as_parameter().to_owned())),
            ("state", word(self.state.and_then(|state| state.to_possible_value()))),
            ("kind", word(self.kind.and_then(|kind| kind.to_possible_value()))),
        ];
        self.client.run(async |client| {
            if self.count {
                let answer = client.send(Request::get(&query(&path(&["credential-counts"]), &filters))).await?;
                return self.counts(&answer.body);
            }
            let target = query(&path(&["credentials"]), &filters);
            let has_contact = |credential: &Value| match (&self.contact_email, credential["contact_email"].as_str()) {
                (None, _) => true,
                (Some(wanted), email) => email.is_some_and(|email| email.eq_ignore_ascii_case(wanted)),
            };
            list_matching(&self.client, client, &target, &COLUMNS, "no credentials", has_contact).await
        })
    }

    fn counts(&self, counts: &Value) -> anyhow::Result<ExitCode> {
        if self.client.is_json() {
            print(counts.to_string())?;
        } else {
            let entries = counts.as_object().into_iter().flatten();
            entries.into_iter().try_for_each(|(state, count)| print(format!("{state:<10} {count:>10}")))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
