//! `claviger credential create|duplicate`

use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::deliver::Way;
use super::detail_flags::Details;
use crate::cli::client::{ClientArgs, Request, path, show_secret};
use crate::cli::secret;
use crate::credential::Label;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger credential create --account acme --name 'Billing export' --scope payments:write\n  claviger credential create --account acme --username acme-nightly\n  printf %s \"$PASSWORD\" | claviger credential create --account acme --username acme-nightly --choose\n\nThe secret is printed once and cannot be recovered."
)]
pub(in crate::cli) struct Args {
    /// Account that it belongs to
    #[arg(long, value_name = "ID")]
    account: Label,
    /// Permanent id [default: generated]
    #[arg(long, value_name = "ID")]
    id: Option<Label>,
    /// Create Basic credentials with this user name, instead of a token
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Read the password from a prompt or standard input [default: generated]
    #[arg(long, requires = "username")]
    choose: bool,
    /// API version to pin it to [default: the newest]
    #[arg(long, value_name = "NAME")]
    api_version: Option<String>,
    /// Send the secret to the contact, or show it here [default: as delivery.show_to_creator has it]
    #[arg(long, value_name = "WAY")]
    deliver: Option<Way>,
    #[command(flatten)]
    details: Details,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger credential duplicate acme-billing --name 'Billing export, second site'\n  claviger credential duplicate acme-nightly --username acme-nightly-2\n\nThe secret is printed once and cannot be recovered."
)]
pub(in crate::cli) struct Duplicate {
    /// Id of the credential to copy
    #[arg(value_name = "CREDENTIAL")]
    id: String,
    /// User name of the copy, for Basic credentials
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// Display name of the copy
    #[arg(long)]
    name: Option<String>,
    /// Send the secret to the contact, or show it here [default: as delivery.show_to_creator has it]
    #[arg(long, value_name = "WAY")]
    deliver: Option<Way>,
    #[command(flatten)]
    client: ClientArgs,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut body = self.details.fields();
        let mut put = |field: &str, value: Option<Value>| {
            if let Some(value) = value {
                body.insert(field.to_owned(), value);
            }
        };
        put("account", Some(self.account.as_str().into()));
        put("id", self.id.as_ref().map(|id| id.as_str().into()));
        put("kind", Some(if self.username.is_some() { "password" } else { "token" }.into()));
        put("version", self.api_version.map(Value::from));
        put("username", self.username.map(Value::from));
        put("deliver", self.deliver.map(|way| way.word().into()));
        if self.choose {
            put("password", Some(secret::read("Password", true)?.as_str().into()));
        }
        self.client.run(async |client| {
            let answer = client.send(Request::post(&path(&["credentials"]), body).idempotent()?).await?;
            show_secret(&self.client, client, &answer.body)
        })
    }
}

impl Duplicate {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let deliver = self.deliver.map(|way| way.word().to_owned());
        let given = [("username", self.username), ("name", self.name), ("deliver", deliver)];
        let body: Map<String, Value> =
            given.into_iter().filter_map(|(field, value)| Some((field.to_owned(), json!(value?)))).collect();
        self.client.run(async |client| {
            let request = Request::post(&path(&["credentials", &self.id, "duplicate"]), body);
            show_secret(&self.client, client, &client.send(request.idempotent()?).await?.body)
        })
    }
}
