//! `claviger operator …`

use std::process::ExitCode;

use serde_json::json;

use super::desk::{Column, Consent, DeskArgs, Request, cell, list, moment, path, query, show_secret};
use super::output::harmless;
use crate::credential::Label;

const COLUMNS: [Column; 7] = [
    ("ID", |token| cell(token, "id")),
    ("ACCOUNT", |token| cell(token, "account")),
    ("ROLE", |token| cell(token, "role")),
    ("ENABLED", |token| cell(token, "enabled")),
    ("EXPIRES", |token| moment(token, "expires_at")),
    ("LAST USED", |token| moment(token, "last_used_at")),
    ("NAME", |token| cell(token, "name")),
];

/// What to do with the tokens of scripts.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Print all of them, or those of an account
    List {
        /// Only those of this account
        #[arg(long, value_name = "ID")]
        account: Option<Label>,
        #[command(flatten)]
        desk: DeskArgs,
    },
    /// Print everything that is known of one; never the token
    Show(One),
    /// Make a token for a script that uses the desk
    #[command(
        after_help = "Example:\n  claviger operator create --name nightly --role staff --expires 2027-06-30T00:00:00Z\n\nThe script puts it into CLAVIGER_TOKEN, or sends it as Authorization: Bearer."
    )]
    Create {
        /// What it is for
        #[arg(long)]
        name: String,
        /// staff, owner or implementer
        #[arg(long)]
        role: String,
        /// Whose; staff belong to none
        #[arg(long, value_name = "ID")]
        account: Option<Label>,
        /// Refused from this moment on (RFC 3339)
        #[arg(long, value_name = "MOMENT")]
        expires: Option<String>,
        #[command(flatten)]
        desk: DeskArgs,
    },
    /// Refuse it
    Disable(Breaking),
    /// Let it in again
    Enable(One),
    /// Delete it for good
    Delete(Breaking),
}

/// One token.
#[derive(clap::Args)]
pub(super) struct One {
    /// Id of the token, not the token itself
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    desk: DeskArgs,
}

/// One token that stops working.
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
            Self::List { account, desk } => desk.run(async |there| {
                let path = query(&path(&["operator-tokens"]), &[("account", account.as_ref().map(Label::to_string))]);
                list(&desk, there, &path, &COLUMNS, "no operator tokens").await?;
                Ok(ExitCode::SUCCESS)
            }),
            Self::Show(One { id, desk }) => desk.show(Request::get(&path(&["operator-tokens", &id]))),
            Self::Create { name, role, account, expires, desk } => {
                let account = account.as_ref().map(Label::as_str);
                let body = json!({"name": name, "role": role, "account": account, "expires_at": expires});
                desk.run(async |there| {
                    let answer = there.send(Request::post(&path(&["operator-tokens"]), body)).await?;
                    show_secret(&desk, &answer.body)?;
                    Ok(ExitCode::SUCCESS)
                })
            }
            Self::Disable(breaking) => {
                if !breaking.is_meant()? {
                    return Ok(ExitCode::FAILURE);
                }
                let One { id, desk } = breaking.one;
                desk.show(Request::post(&path(&["operator-tokens", &id, "disable"]), json!({})))
            }
            Self::Enable(One { id, desk }) => {
                desk.show(Request::post(&path(&["operator-tokens", &id, "enable"]), json!({})))
            }
            Self::Delete(breaking) => {
                if !breaking.is_meant()? {
                    return Ok(ExitCode::FAILURE);
                }
                let One { id, desk } = breaking.one;
                desk.show(Request::delete(&path(&["operator-tokens", &id])))
            }
        }
    }
}

impl Breaking {
    fn is_meant(&self) -> anyhow::Result<bool> {
        self.consent.to(&format!("Scripts that use {} are refused from then on.", harmless(&self.one.id)))
    }
}
