//! `claviger credential edit`

use std::process::ExitCode;

use serde_json::Value;

use super::credential_args::CredentialArgs;
use super::destructive::LastUse;
use super::detail_flags::Details;
use super::narrowed_fields::narrowed_fields;
use crate::cli::client::{Confirmation, Request, path, show};
use crate::cli::output::sanitize;
use crate::credential::Restriction;

/// Without scopes a credential may call everything, without addresses from anywhere.
const REMOVABLE_FIELDS: [&str; 10] = [
    "name",
    "description",
    "contact_email",
    "contact_mobile",
    "developer_emails",
    "version",
    "scopes",
    "addresses",
    "expires_at",
    "rate_limit",
];

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger credential edit acme-billing --name 'Billing export 2'\n  claviger credential edit acme-billing --scope payments:read --scope payments:write\n  claviger credential edit acme-billing --no expires_at\n\nAsks for confirmation where the credential may do less afterwards."
)]
pub(in crate::cli) struct Edit {
    #[command(flatten)]
    one: CredentialArgs,
    #[command(flatten)]
    details: Details,
    /// API version to pin it to
    #[arg(long, value_name = "NAME")]
    api_version: Option<String>,
    /// Remove this field; repeatable
    #[arg(long = "no", value_name = "FIELD", value_parser = REMOVABLE_FIELDS)]
    without: Vec<String>,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl Edit {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut body = self.details.fields();
        if let Some(version) = self.api_version {
            body.insert("version".to_owned(), version.into());
        }
        body.extend(self.without.into_iter().map(|field| (field, Value::Null)));
        anyhow::ensure!(!body.is_empty(), "nothing to change: give at least one option, such as --name");
        let (CredentialArgs { id, client }, confirmation) = (self.one, self.confirmation);
        client.run(async |there| {
            let path = path(&["credentials", &id]);
            let seen = there.send(Request::get(&path)).await?;
            let narrowed = narrowed_fields(&seen.body, &body);
            if !narrowed.is_empty() {
                let last_use: LastUse = serde_json::from_value(seen.body)?;
                let fields: Vec<&str> = narrowed.into_iter().map(Restriction::as_str).collect();
                let (id, fields) = (sanitize(&id), fields.join(", "));
                let effect = format!(
                    "{id} {}\nIt may do less from now on: requests beyond its new {fields} are refused.",
                    last_use.describe()
                );
                if !confirmation.ask(there, &effect)? {
                    return Ok(ExitCode::FAILURE);
                }
            }
            let answer = there.send(Request::patch(&path, body).if_match(seen.revision)).await?;
            show(&client, &answer.body)?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
