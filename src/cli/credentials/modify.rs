//! `claviger credential edit|upgrade|enable|end-overlap`

use std::process::ExitCode;

use serde_json::{Value, json};

use super::flags::Details;
use crate::cli::client::{ClientArgs, Request, path, show};
use crate::cli::user::diagnosis;

/// Without scopes a credential may call everything, without addresses from anywhere.
const REMOVABLE_FIELDS: [&str; 8] =
    ["name", "description", "contact_email", "contact_mobile", "scopes", "addresses", "expires_at", "rate_limit"];

#[derive(clap::Args)]
pub(in crate::cli) struct CredentialArgs {
    /// Credential id
    #[arg(value_name = "CREDENTIAL")]
    pub(super) id: String,
    #[command(flatten)]
    pub(super) client: ClientArgs,
}

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger credential edit acme-billing --name 'Billing export 2'\n  claviger credential edit acme-billing --scope payments:read --scope payments:write\n  claviger credential edit acme-billing --no expires_at"
)]
pub(in crate::cli) struct Edit {
    #[command(flatten)]
    one: CredentialArgs,
    #[command(flatten)]
    details: Details,
    /// Remove this field; repeatable
    #[arg(long = "no", value_name = "FIELD", value_parser = REMOVABLE_FIELDS)]
    without: Vec<String>,
}

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger credential upgrade acme-billing 3\n  claviger credential upgrade --unversioned --to 1    after versions were added to the settings"
)]
pub(in crate::cli) struct Upgrade {
    /// Credential id
    #[arg(value_name = "CREDENTIAL", required_unless_present = "unversioned")]
    id: Option<String>,
    /// API version to pin it to
    #[arg(value_name = "VERSION", required_unless_present_any = ["to", "unversioned"])]
    version: Option<String>,
    /// The same as VERSION
    #[arg(long, value_name = "VERSION", conflicts_with = "version")]
    to: Option<String>,
    /// Pin every credential that has no version
    #[arg(long, conflicts_with_all = ["id", "version"], requires = "to")]
    unversioned: bool,
    #[command(flatten)]
    client: ClientArgs,
}

impl CredentialArgs {
    pub(super) fn post(self, verb: &str, body: Value) -> anyhow::Result<ExitCode> {
        self.client.show(Request::post(&path(&["credentials", &self.id, verb]), body))
    }
}

impl CredentialArgs {
    pub(super) fn diagnose(self) -> anyhow::Result<ExitCode> {
        let Self { id, client } = self;
        client.run(async |there| {
            let answer = there.send(Request::get(&path(&["credentials", &id, "diagnosis"]))).await?;
            diagnosis(&client, &answer.body)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

impl Edit {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut body = self.details.fields();
        body.extend(self.without.into_iter().map(|field| {
            let nothing = if field == "addresses" { json!([]) } else { Value::Null };
            (field, nothing)
        }));
        anyhow::ensure!(!body.is_empty(), "nothing to change: give at least one option, such as --name");
        let CredentialArgs { id, client } = self.one;
        client.run(async |there| {
            let path = path(&["credentials", &id]);
            let seen = there.send(Request::get(&path)).await?;
            let answer = there.send(Request::patch(&path, body).if_match(seen.revision)).await?;
            show(&client, &answer.body)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

impl Upgrade {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let body = json!({"version": self.version.or(self.to)});
        let request = match self.id {
            Some(id) => Request::post(&path(&["credentials", &id, "upgrade"]), body),
            None => Request::post(&path(&["unversioned-credentials", "upgrade"]), body),
        };
        self.client.show(request)
    }
}
