//! `claviger credential edit`

use std::net::IpAddr;
use std::process::ExitCode;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::credential_args::CredentialArgs;
use super::destructive::LastUse;
use super::detail_flags::Details;
use crate::cli::client::{Confirmation, Request, path, show};
use crate::cli::output::sanitize;
use crate::control::views::RateLimitView;
use crate::credential::{Label, Restriction, Restrictions};

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

/// The fields after whose change requests can be refused that were admitted before.
fn narrowed_fields(before: &Value, change: &Map<String, Value>) -> Vec<Restriction> {
    let mut after = before.clone();
    if let Some(fields) = after.as_object_mut() {
        fields.extend(change.clone());
    }
    match (restrictions(before), restrictions(&after)) {
        (Some(before), Some(after)) => before.narrowed_fields(&after),
        // A value that only the server can read, if at all.
        _ => Restriction::ALL.into_iter().filter(|field| change.contains_key(field.as_str())).collect(),
    }
}

/// Restrictions in a response or request of the API.
#[derive(Deserialize)]
struct RestrictionsBody {
    version: Option<String>,
    scopes: Option<Vec<String>>,
    addresses: Option<Vec<String>>,
    expires_at: Option<Timestamp>,
    rate_limit: Option<RateLimitView>,
}

/// `None` where a value cannot be read.
fn restrictions(credential: &Value) -> Option<Restrictions> {
    let body = RestrictionsBody::deserialize(credential).ok()?;
    let label = |text: String| text.parse::<Label>().ok();
    let network = |text: String| text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    Some(Restrictions {
        version: readable(body.version, label)?,
        scopes: readable(body.scopes, |scopes| scopes.into_iter().map(label).collect())?,
        addresses: body.addresses.unwrap_or_default().into_iter().map(network).collect::<Option<_>>()?,
        expires_at: body.expires_at,
        rate_limit: readable(body.rate_limit, RateLimitView::limit)?,
    })
}

/// `None` where a value is there and cannot be read.
fn readable<T, U>(value: Option<T>, read: impl FnOnce(T) -> Option<U>) -> Option<Option<U>> {
    value.map_or(Some(None), |value| read(value).map(Some))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_edit_of_the_api_narrows_as_its_fields_do() {
        let before = json!({
            "id": "acme-1", "version": "1", "scopes": ["a"], "addresses": ["10.1.0.0/16"],
            "expires_at": "2027-01-01T00:00:00Z", "rate_limit": {"requests": 1, "seconds": 1, "burst": 1},
        });
        let narrowed = |change: Value| narrowed_fields(&before, change.as_object().unwrap());
        let less = json!({
            "name": "Billing", "version": "2", "scopes": ["b"], "addresses": ["10.1.2.3"],
            "expires_at": "2026-12-31T23:59:59Z", "rate_limit": {"requests": 59, "seconds": 60},
        });
        assert_eq!(narrowed(less), Restriction::ALL);
        let more = json!({
            "name": "Billing", "scopes": ["a", "b"], "addresses": ["10.0.0.0/8", "192.0.2.7"],
            "expires_at": "2027-01-01T00:00:01Z", "rate_limit": {"requests": 120, "seconds": 60},
        });
        assert!(narrowed(more).is_empty());
        let without =
            json!({"version": null, "scopes": null, "addresses": null, "expires_at": null, "rate_limit": null});
        assert!(narrowed(without).is_empty());
        for unreadable in [json!({"scopes": ["a b"]}), json!({"scopes": 5}), json!({"scopes": ["a"], "version": "?"})] {
            assert!(narrowed(unreadable.clone()).contains(&Restriction::Scopes), "{unreadable}");
        }
    }
}
