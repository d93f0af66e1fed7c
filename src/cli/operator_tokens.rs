//! `claviger operator …`

use std::process::ExitCode;

use serde_json::json;

use super::client::{
    ClientArgs, Column, Confirmation, MachineToken, Request, cell, list, parse_time, path, query, show_secret, time,
};
use crate::credential::Label;

const TOKEN: MachineToken = MachineToken {
    collection: "operator-tokens",
    token_prefix: "clvop_",
    id_prefix: "opt_",
    effect: "Scripts that use it are refused from now on.",
};
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
            Self::Show(TokenArgs { id, client }) => client.show(Request::get(&TOKEN.path(&id)?)),
            Self::Create { name, role, account, expires, client } => {
                let account = account.as_ref().map(Label::as_str);
                let body = json!({"name": name, "role": role, "account": account, "expires_at": expires});
                client.run(async |there| {
                    let answer = there.send(Request::post(&path(&["operator-tokens"]), body).idempotent()?).await?;
                    show_secret(&client, there, &answer.body)
                })
            }
            Self::Disable(ConfirmedToken { one: TokenArgs { id, client }, confirmation }) => {
                TOKEN.disable(&id, &client, &confirmation)
            }
            Self::Enable(TokenArgs { id, client }) => TOKEN.enable(&id, &client),
            Self::Delete(ConfirmedToken { one: TokenArgs { id, client }, confirmation }) => {
                TOKEN.delete(&id, &client, &confirmation)
            }
        }
    }
}
