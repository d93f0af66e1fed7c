//! `claviger operator …`

use std::process::ExitCode;

use serde_json::json;

use super::client::{
    ClientArgs, Column, Consent, Request, ago, cell, list, moment, path, query, show, show_secret, written,
};
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
    #[command(after_help = "Examples:\n  claviger operator list --account acme")]
    List {
        /// Only those of this account
        #[arg(long, value_name = "ID")]
        account: Option<Label>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Print everything that is known of one; never the token
    #[command(after_help = "Examples:\n  claviger operator show opt_0a1b2c3d4e5f6g7h8i9j")]
    Show(One),
    /// Make a token for a script that uses the desk
    #[command(
        after_help = "Examples:\n  claviger operator create --name nightly --role staff --expires 2027-06-30\n\nThe script puts it into CLAVIGER_TOKEN, or sends it as Authorization: Bearer."
    )]
    Create {
        /// What it is for
        #[arg(long)]
        name: String,
        /// What it may do
        #[arg(long, value_parser = ["staff", "owner", "implementer"])]
        role: String,
        /// Whose; staff belong to none
        #[arg(long, value_name = "ID")]
        account: Option<Label>,
        /// Refused from this day or moment on, such as 2027-06-30 [default: never]
        #[arg(long, value_name = "WHEN", value_parser = written)]
        expires: Option<String>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Refuse it
    #[command(after_help = "Examples:\n  claviger operator disable opt_0a1b2c3d4e5f6g7h8i9j")]
    Disable(Breaking),
    /// Let it in again
    #[command(after_help = "Examples:\n  claviger operator enable opt_0a1b2c3d4e5f6g7h8i9j")]
    Enable(One),
    /// Delete it for good
    #[command(after_help = "Examples:\n  claviger operator delete opt_0a1b2c3d4e5f6g7h8i9j")]
    Delete(Breaking),
}

/// One token.
#[derive(clap::Args)]
pub(super) struct One {
    /// Id of the token, not the token itself
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    client: ClientArgs,
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
            Self::List { account, client } => client.run(async |there| {
                let path = query(&path(&["operator-tokens"]), &[("account", account.as_ref().map(Label::to_string))]);
                list(&client, there, &path, &COLUMNS, "no operator tokens").await
            }),
            Self::Show(one) => one.client.show(Request::get(&one.path()?)),
            Self::Create { name, role, account, expires, client } => {
                let account = account.as_ref().map(Label::as_str);
                let body = json!({"name": name, "role": role, "account": account, "expires_at": expires});
                client.run(async |there| {
                    let answer = there.send(Request::post(&path(&["operator-tokens"]), body).once()?).await?;
                    show_secret(&client, &answer.body)
                })
            }
            Self::Disable(breaking) => breaking.run(|path| Request::post(&format!("{path}/disable"), json!({}))),
            Self::Enable(one) => one.client.show(Request::post(&format!("{}/enable", one.path()?), json!({}))),
            Self::Delete(breaking) => breaking.run(Request::delete),
        }
    }
}

impl One {
    /// Others can see the command line, and a desk may write down what it is asked for.
    fn path(&self) -> anyhow::Result<String> {
        let is_token = self.id.starts_with("clvop_");
        anyhow::ensure!(
            !is_token,
            "that is a token: give its id (opt_…), and make another token, as others may have seen it"
        );
        Ok(path(&["operator-tokens", &self.id]))
    }
}

impl Breaking {
    /// Says who will notice, asks, and does it if nothing has changed meanwhile.
    fn run(self, request: impl FnOnce(&str) -> Request) -> anyhow::Result<ExitCode> {
        let (path, One { id, client }, consent) = (self.one.path()?, self.one, self.consent);
        client.run(async |there| {
            let seen = there.send(Request::get(&path)).await?;
            let name = harmless(&cell(&seen.body, "name"));
            let used = seen.body["last_used_at"].as_str().and_then(|at| at.parse().ok());
            let used =
                used.map_or("was never used, as far as is known".to_owned(), |at| format!("was last used {}", ago(at)));
            let what = format!("{name} ({}) {used}.\nScripts that use it are refused from then on.", harmless(&id));
            if !consent.to(there, &what)? {
                return Ok(ExitCode::FAILURE);
            }
            show(&client, &there.send(request(&path).at(seen.revision)).await?.body)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
