//! `claviger operator …`

use std::process::ExitCode;

use serde_json::json;

use super::client::{
    ClientArgs, Column, Confirmation, Request, ago, cell, list, parse_time, path, query, show, show_secret, time,
};
use super::output::sanitize;
use crate::credential::Label;

const COLUMNS: [Column; 7] = [
    ("ID", |token| cell(token, "id")),
    ("ACCOUNT", |token| cell(token, "account")),
    ("ROLE", |token| cell(token, "role")),
    ("ENABLED", |token| cell(token, "enabled")),
    ("EXPIRES", |token| time(token, "expires_at")),
    ("LAST USED", |token| time(token, "last_used_at")),
    ("NAME", |token| cell(token, "name")),
];

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// List operator tokens
    #[command(after_help = "Examples:\n  claviger operator list --account acme")]
    List {
        /// Only tokens of this account
        #[arg(long, value_name = "ID")]
        account: Option<Label>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Show one operator token, without its secret
    #[command(after_help = "Examples:\n  claviger operator show opt_0a1b2c3d4e5f6g7h8i9j")]
    Show(TokenArgs),
    /// Create a token for a script that uses the management API
    #[command(
        after_help = "Examples:\n  claviger operator create --name nightly --role staff --expires 2027-06-30\n\nSet it as CLAVIGER_TOKEN, or send it as Authorization: Bearer."
    )]
    Create {
        /// Display name
        #[arg(long)]
        name: String,
        /// Role
        #[arg(long, value_parser = ["staff", "owner", "implementer"])]
        role: String,
        /// Account; staff tokens belong to none
        #[arg(long, value_name = "ID")]
        account: Option<Label>,
        /// Expires at this date or time, such as 2027-06-30 [default: never]
        #[arg(long, value_name = "WHEN", value_parser = parse_time)]
        expires: Option<String>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Disable a token
    #[command(after_help = "Examples:\n  claviger operator disable opt_0a1b2c3d4e5f6g7h8i9j")]
    Disable(ConfirmedToken),
    /// Enable a disabled token
    #[command(after_help = "Examples:\n  claviger operator enable opt_0a1b2c3d4e5f6g7h8i9j")]
    Enable(TokenArgs),
    /// Delete a token permanently
    #[command(after_help = "Examples:\n  claviger operator delete opt_0a1b2c3d4e5f6g7h8i9j")]
    Delete(ConfirmedToken),
}

#[derive(clap::Args)]
pub(super) struct TokenArgs {
    /// Id of the token (opt_…), not the token itself
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(clap::Args)]
pub(super) struct ConfirmedToken {
    #[command(flatten)]
    one: TokenArgs,
    #[command(flatten)]
    confirmation: Confirmation,
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
                    let answer = there.send(Request::post(&path(&["operator-tokens"]), body).idempotent()?).await?;
                    show_secret(&client, there, &answer.body)
                })
            }
            Self::Disable(confirmed) => {
                confirmed.run(|path| Request::post(&format!("{path}/disable"), json!({})), "is disabled")
            }
            Self::Enable(one) => {
                let request = Request::post(&format!("{}/enable", one.path()?), json!({}));
                let TokenArgs { id, client } = one;
                client.run(async |there| {
                    show(&client, &there.send(request).await?.body)?;
                    client.hint(|| format!("{id} is enabled."));
                    Ok(ExitCode::SUCCESS)
                })
            }
            Self::Delete(confirmed) => confirmed.run(Request::delete, "is deleted"),
        }
    }
}

impl TokenArgs {
    /// Other users can read the command line, and a server may log the path.
    fn path(&self) -> anyhow::Result<String> {
        let is_token = self.id.starts_with("clvop_");
        anyhow::ensure!(
            !is_token,
            "this is a token, not an id: give its id (opt_…), and replace the token, since others may have read it"
        );
        Ok(path(&["operator-tokens", &self.id]))
    }
}

impl ConfirmedToken {
    /// Asks with the last use, and fails if the token changes meanwhile.
    fn run(self, request: impl FnOnce(&str) -> Request, done: &str) -> anyhow::Result<ExitCode> {
        let (path, TokenArgs { id, client }, confirmation) = (self.one.path()?, self.one, self.confirmation);
        client.run(async |there| {
            let seen = there.send(Request::get(&path)).await?;
            let name = sanitize(&cell(&seen.body, "name"));
            let used = seen.body["last_used_at"].as_str().and_then(|at| at.parse().ok());
            let used = used.map_or("was never used".to_owned(), |at| format!("was last used {}", ago(at)));
            let effect = format!("{name} ({}) {used}.\nScripts that use it are refused from now on.", sanitize(&id));
            if !confirmation.ask(there, &effect)? {
                return Ok(ExitCode::FAILURE);
            }
            show(&client, &there.send(request(&path).if_match(seen.revision)).await?.body)?;
            client.hint(|| format!("{id} {done}."));
            Ok(ExitCode::SUCCESS)
        })
    }
}
