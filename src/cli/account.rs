//! `claviger account …`

use std::process::ExitCode;

use serde_json::json;

use super::client::{ClientArgs, Column, Consent, Request, cell, list, moment, path, query, show};
use crate::credential::Label;

const COLUMNS: [Column; 6] = [
    ("ID", |account| cell(account, "id")),
    ("GRANTED", |account| cell(account, "granted")),
    ("SWITCHED ON", |account| cell(account, "switched_on")),
    ("MEMBERS", |account| cell(account, "members_allowed")),
    ("CREATED", |account| moment(account, "created_at")),
    ("NAME", |account| cell(account, "name")),
];

/// What to do with accounts.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Print all of them
    #[command(after_help = "Examples:\n  claviger account list --name acme")]
    List {
        /// Only those with this in their name or id
        #[arg(long, value_name = "PART")]
        name: Option<String>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Print everything that is known of one
    #[command(after_help = "Examples:\n  claviger account show acme")]
    Show(One),
    /// Add a customer; API access is granted to it on its own
    #[command(
        after_help = "Examples:\n  claviger account create --id acme --name 'Acme Ltd' && claviger account grant acme"
    )]
    Create {
        /// Its id for good [default: one is made]
        #[arg(long, value_name = "ID")]
        id: Option<Label>,
        /// What people call it
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Change what people call it
    #[command(after_help = "Examples:\n  claviger account rename acme 'Acme Limited'")]
    Rename {
        #[command(flatten)]
        one: One,
        /// The new name
        name: String,
    },
    /// Let it use the API
    #[command(after_help = "Examples:\n  claviger account grant acme")]
    Grant(One),
    /// Take that back: all its credentials are refused
    #[command(after_help = "Examples:\n  claviger account withdraw acme")]
    Withdraw(Breaking),
    /// Switch its API access on
    #[command(after_help = "Examples:\n  claviger account switch-on acme")]
    SwitchOn(One),
    /// Switch its API access off: all its credentials are refused
    #[command(after_help = "Examples:\n  claviger account switch-off acme")]
    SwitchOff(Breaking),
    /// Say whether its members may have keys of their own
    #[command(after_help = "Examples:\n  claviger account members acme on")]
    Members {
        #[command(flatten)]
        one: One,
        /// Off, the keys that they have are refused
        #[arg(value_name = "on|off")]
        allowed: Switch,
        #[command(flatten)]
        consent: Consent,
    },
}

/// Whether they may.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum Switch {
    On,
    Off,
}

/// One account.
#[derive(clap::Args)]
pub(super) struct One {
    /// Id of the account
    #[arg(value_name = "ACCOUNT")]
    id: Label,
    #[command(flatten)]
    client: ClientArgs,
}

/// One account that something is taken from.
#[derive(clap::Args)]
pub(super) struct Breaking {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    consent: Consent,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List { name, client } => client.run(async |there| {
                let path = query(&path(&["accounts"]), &[("part", name)]);
                list(&client, there, &path, &COLUMNS, "no accounts").await
            }),
            Self::Show(One { id, client }) => client.show(Request::get(&path(&["accounts", id.as_str()]))),
            Self::Create { id, name, client } => {
                let body = json!({"id": id.as_ref().map(Label::as_str), "name": name});
                client.run(async |there| {
                    let made = there.send(Request::post(&path(&["accounts"]), body).once()?).await?.body;
                    show(&client, &made)?;
                    client.hint(|| format!("Next, it may use the API: claviger account grant {}", cell(&made, "id")));
                    Ok(ExitCode::SUCCESS)
                })
            }
            Self::Rename { one: One { id, client }, name } => client.run(async |there| {
                let path = path(&["accounts", id.as_str()]);
                let seen = there.send(Request::get(&path)).await?;
                let answer = there.send(Request::patch(&path, json!({"name": name})).at(seen.revision)).await?;
                show(&client, &answer.body)?;
                Ok(ExitCode::SUCCESS)
            }),
            Self::Grant(one) => one.post("grant"),
            Self::Withdraw(breaking) => breaking.post("withdraw"),
            Self::SwitchOn(one) => one.post("switch-on"),
            Self::SwitchOff(breaking) => breaking.post("switch-off"),
            Self::Members { one: One { id, client }, allowed, consent } => client.run(async |there| {
                let what = format!("The keys that members of {id} have made for themselves are refused from then on.");
                let allowed = matches!(allowed, Switch::On);
                if !allowed && !consent.to(there, &what)? {
                    return Ok(ExitCode::FAILURE);
                }
                let path = path(&["accounts", id.as_str(), "member-policy"]);
                let answer = there.send(Request::put(&path, json!({"allowed": allowed}))).await?;
                show(&client, &answer.body)?;
                Ok(ExitCode::SUCCESS)
            }),
        }
    }
}

impl One {
    fn post(self, verb: &str) -> anyhow::Result<ExitCode> {
        self.client.show(Request::post(&path(&["accounts", self.id.as_str(), verb]), json!({})))
    }
}

impl Breaking {
    /// Says how much will stop working, asks, and does it.
    fn post(self, verb: &str) -> anyhow::Result<ExitCode> {
        let (One { id, client }, consent) = (self.one, self.consent);
        client.run(async |there| {
            let counts = query(&path(&["credential-counts"]), &[("account", Some(id.to_string()))]);
            let working = there.send(Request::get(&counts)).await?.body["enabled"].as_i64().unwrap_or_default();
            let what = format!(
                "{id} has {working} credential{} switched on: all are refused from then on.",
                if working == 1 { "" } else { "s" }
            );
            if !consent.to(there, &what)? {
                return Ok(ExitCode::FAILURE);
            }
            let answer = there.send(Request::post(&path(&["accounts", id.as_str(), verb]), json!({}))).await?;
            show(&client, &answer.body)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
