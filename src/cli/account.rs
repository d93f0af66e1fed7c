//! `claviger account …`

use std::process::ExitCode;

use serde_json::json;

use super::client::{ClientArgs, Column, Confirmation, Request, cell, list, path, query, show, time};
use crate::credential::Label;

const COLUMNS: [Column; 6] = [
    ("ID", |account| cell(account, "id")),
    ("GRANTED", |account| cell(account, "granted")),
    ("SWITCHED ON", |account| cell(account, "switched_on")),
    ("MEMBERS", |account| cell(account, "members_allowed")),
    ("CREATED", |account| time(account, "created_at")),
    ("NAME", |account| cell(account, "name")),
];

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// List accounts
    #[command(after_help = "Examples:\n  claviger account list --name acme")]
    List {
        /// Only accounts whose name or id contains this
        #[arg(long, value_name = "PART")]
        name: Option<String>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Show one account
    #[command(after_help = "Examples:\n  claviger account show acme")]
    Show(AccountArgs),
    /// Create an account; API access is granted separately
    #[command(
        after_help = "Examples:\n  claviger account create --id acme --name 'Acme Ltd' && claviger account grant acme"
    )]
    Create {
        /// Permanent id [default: generated]
        #[arg(long, value_name = "ID")]
        id: Option<Label>,
        /// Display name
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Change the display name
    #[command(
        after_help = "Examples:\n  claviger account rename acme 'Acme Limited'\n  claviger account rename acme --no name"
    )]
    Rename {
        #[command(flatten)]
        one: AccountArgs,
        /// The new display name
        #[arg(required_unless_present = "without")]
        name: Option<String>,
        /// Remove this field
        #[arg(long = "no", value_name = "FIELD", value_parser = ["name"], conflicts_with = "name")]
        without: Option<String>,
    },
    /// Grant API access
    #[command(after_help = "Examples:\n  claviger account grant acme")]
    Grant(AccountArgs),
    /// Withdraw API access: all its credentials are refused
    #[command(after_help = "Examples:\n  claviger account withdraw acme")]
    Withdraw(ConfirmedAccount),
    /// Switch API access on, as the account's owner can
    #[command(after_help = "Examples:\n  claviger account switch-on acme")]
    SwitchOn(AccountArgs),
    /// Switch API access off: all its credentials are refused
    #[command(after_help = "Examples:\n  claviger account switch-off acme")]
    SwitchOff(ConfirmedAccount),
    /// Allow or forbid that members have keys of their own
    #[command(after_help = "Examples:\n  claviger account members acme on")]
    Members {
        #[command(flatten)]
        one: AccountArgs,
        /// With off, keys that members have are refused
        #[arg(value_name = "on|off")]
        allowed: Switch,
        #[command(flatten)]
        confirmation: Confirmation,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum Switch {
    On,
    Off,
}

#[derive(clap::Args)]
pub(super) struct AccountArgs {
    /// Account id
    #[arg(value_name = "ACCOUNT")]
    id: Label,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(clap::Args)]
pub(super) struct ConfirmedAccount {
    #[command(flatten)]
    one: AccountArgs,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List { name, client } => client.run(async |there| {
                let path = query(&path(&["accounts"]), &[("part", name)]);
                list(&client, there, &path, &COLUMNS, "no accounts").await
            }),
            Self::Show(AccountArgs { id, client }) => client.show(Request::get(&path(&["accounts", id.as_str()]))),
            Self::Create { id, name, client } => {
                let body = json!({"id": id.as_ref().map(Label::as_str), "name": name});
                client.run(async |there| {
                    let created = there.send(Request::post(&path(&["accounts"]), body).idempotent()?).await?.body;
                    show(&client, &created)?;
                    client.hint(|| format!("Next, grant API access: claviger account grant {}", cell(&created, "id")));
                    Ok(ExitCode::SUCCESS)
                })
            }
            Self::Rename { one: AccountArgs { id, client }, name, .. } => client.run(async |there| {
                let path = path(&["accounts", id.as_str()]);
                let seen = there.send(Request::get(&path)).await?;
                let answer = there.send(Request::patch(&path, json!({"name": name})).if_match(seen.revision)).await?;
                show(&client, &answer.body)?;
                Ok(ExitCode::SUCCESS)
            }),
            Self::Grant(one) => one.post("grant", "is granted"),
            Self::Withdraw(confirmed) => confirmed.post("withdraw", "is withdrawn"),
            Self::SwitchOn(one) => one.post("switch-on", "is switched on"),
            Self::SwitchOff(confirmed) => confirmed.post("switch-off", "is switched off"),
            Self::Members { one: AccountArgs { id, client }, allowed, confirmation } => client.run(async |there| {
                let effect = format!("Keys that members of {id} created for themselves are refused from now on.");
                let allowed = matches!(allowed, Switch::On);
                if !allowed && !confirmation.ask(there, &effect)? {
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

impl AccountArgs {
    fn post(self, verb: &str, done: &str) -> anyhow::Result<ExitCode> {
        let Self { id, client } = self;
        client.run(async |there| {
            let answer = there.send(Request::post(&path(&["accounts", id.as_str(), verb]), json!({}))).await?;
            show(&client, &answer.body)?;
            client.hint(|| format!("API access of {id} {done}."));
            Ok(ExitCode::SUCCESS)
        })
    }
}

impl ConfirmedAccount {
    /// Asks with the number of credentials that stop working.
    fn post(self, verb: &str, done: &str) -> anyhow::Result<ExitCode> {
        let (AccountArgs { id, client }, confirmation) = (self.one, self.confirmation);
        client.run(async |there| {
            let counts = query(&path(&["credential-counts"]), &[("account", Some(id.to_string()))]);
            let working = there.send(Request::get(&counts)).await?.body["enabled"].as_i64().unwrap_or_default();
            let effect = format!(
                "{id} has {working} enabled credential{}: all are refused from now on.",
                if working == 1 { "" } else { "s" }
            );
            if !confirmation.ask(there, &effect)? {
                return Ok(ExitCode::FAILURE);
            }
            let answer = there.send(Request::post(&path(&["accounts", id.as_str(), verb]), json!({}))).await?;
            show(&client, &answer.body)?;
            client.hint(|| format!("API access of {id} {done}."));
            Ok(ExitCode::SUCCESS)
        })
    }
}
