//! `claviger credential edit|upgrade`

use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::credential_args::CredentialArgs;
use super::destructive::LastUse;
use super::flags::Details;
use crate::cli::client::{Answer, ClientArgs, Confirmation, Refusal, Request, cell, path, show};
use crate::cli::output::{note, sanitize};

/// Without scopes a credential may call everything, without addresses from anywhere.
const REMOVABLE_FIELDS: [&str; 9] = [
    "name",
    "description",
    "contact_email",
    "contact_mobile",
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

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  claviger credential upgrade acme-billing\n  claviger credential upgrade acme-billing --to 3\n  claviger credential upgrade acme-billing --to 1 --yes\n  claviger credential upgrade --unversioned --to 1    after versions were added to the settings\n\nAsks for confirmation before it pins the credential to an older version."
)]
pub(in crate::cli) struct Upgrade {
    /// Credential id
    #[arg(value_name = "CREDENTIAL", required_unless_present = "unversioned")]
    id: Option<String>,
    /// API version to pin it to [default: the newest in service]
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    /// Pin every credential that has no version
    #[arg(long, conflicts_with = "id", requires = "to")]
    unversioned: bool,
    #[command(flatten)]
    client: ClientArgs,
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
                let (id, fields) = (sanitize(&id), narrowed.join(", "));
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

impl Upgrade {
    /// The server refuses an older version without `allow_older`, which is sent after a confirmation only.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Self { id, to, client, confirmation, .. } = self;
        let Some(id) = id else {
            return client.show(Request::post(&path(&["unversioned-credentials", "upgrade"]), json!({"version": to})));
        };
        client.run(async |there| {
            let path = path(&["credentials", &id]);
            let seen = there.send(Request::get(&path)).await?;
            if let Some(version) = to.as_deref().filter(|version| seen.body["version"] == **version) {
                show(&client, &seen.body)?;
                note(format!("{} is pinned to version {} already", sanitize(&id), sanitize(version)));
                return Ok(ExitCode::SUCCESS);
            }
            let upgrade = Request::post(&format!("{path}/upgrade"), json!({"version": to}));
            let upgraded = there.send(upgrade.if_match(seen.revision.clone())).await;
            let answer = match (upgraded, &to) {
                (Err(error), Some(version)) if is_about_version(&error) => {
                    if !confirmation.ask(there, &older(&id, version, &seen)?)? {
                        return Ok(ExitCode::FAILURE);
                    }
                    let body = json!({"version": version, "allow_older": true});
                    there.send(Request::post(&format!("{path}/upgrade"), body).if_match(seen.revision)).await?
                }
                (upgraded, _) => upgraded?,
            };
            show(&client, &answer.body)?;
            client.hint(|| format!("{id} is pinned to version {}.", cell(&answer.body, "version")));
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn older(id: &str, version: &str, seen: &Answer) -> anyhow::Result<String> {
    let last_use: LastUse = serde_json::from_value(seen.body.clone())?;
    let (id, version, pinned) = (sanitize(id), sanitize(version), sanitize(&cell(&seen.body, "version")));
    Ok(format!(
        "{id} {}\nVersion {version} is not newer than {pinned}, which it is pinned to: requests for {pinned} are refused \
         from now on.",
        last_use.describe()
    ))
}

fn is_about_version(error: &anyhow::Error) -> bool {
    let refusal = error.downcast_ref::<Refusal>();
    refusal.is_some_and(|refusal| refusal.body["fields"][0]["field"] == "version")
}

/// The fields after whose change requests can be refused that were admitted before.
fn narrowed_fields(before: &Value, change: &Map<String, Value>) -> Vec<&'static str> {
    let narrows = |field: &str| {
        let (old, new) = (&before[field], change.get(field).unwrap_or(&Value::Null));
        match (field, new) {
            (_, Value::Null) => false,
            ("scopes" | "addresses", Value::Array(new)) => {
                let old = old.as_array().map(Vec::as_slice).unwrap_or_default();
                old.is_empty() || old.iter().any(|item| !new.contains(item))
            }
            ("expires_at", Value::String(new)) => match (old.as_str().map(str::parse), new.parse()) {
                (Some(Ok(old)), Ok(new)) => jiff::Timestamp::cmp(&new, &old).is_lt(),
                _ => true,
            },
            ("rate_limit", new) => !allows_at_least(new, old),
            (_, new) => new != old,
        }
    };
    ["version", "scopes", "addresses", "expires_at", "rate_limit"].into_iter().filter(|field| narrows(field)).collect()
}

/// Compares limits by rate and burst. Without a limit of its own, the default of the settings counted, which is unknown
/// here.
fn allows_at_least(new: &Value, old: &Value) -> bool {
    let number = |limit: &Value, field: &str| limit[field].as_u64();
    let burst = |limit: &Value| number(limit, "burst").or_else(|| number(limit, "requests"));
    let rate = |limit: &Value| Some((number(limit, "requests")?, number(limit, "seconds")?));
    match (rate(new), rate(old), burst(new), burst(old)) {
        (Some((requests, seconds)), Some((old_requests, old_seconds)), Some(new_burst), Some(old_burst)) => {
            u128::from(requests) * u128::from(old_seconds) >= u128::from(old_requests) * u128::from(seconds)
                && new_burst >= old_burst
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn narrowed(before: &Value, change: &Value) -> Vec<&'static str> {
        narrowed_fields(before, change.as_object().unwrap())
    }

    #[test]
    fn changes_that_can_refuse_requests_are_narrowing() {
        let open = json!({"scopes": null, "addresses": [], "expires_at": null, "rate_limit": null, "version": "2"});
        let all = json!({
            "scopes": ["a"], "addresses": ["10.0.0.0/8"], "expires_at": "2027-01-01T00:00:00Z",
            "rate_limit": {"requests": 1, "seconds": 1}, "version": "1",
        });
        assert_eq!(narrowed(&open, &all), ["version", "scopes", "addresses", "expires_at", "rate_limit"]);
        assert!(narrowed(&all, &all).is_empty());
        let less = json!({
            "scopes": ["b"], "addresses": ["10.0.0.0/9"], "expires_at": "2026-12-31T23:59:59Z",
            "rate_limit": {"requests": 59, "seconds": 60},
        });
        assert_eq!(narrowed(&all, &less), ["scopes", "addresses", "expires_at", "rate_limit"]);
        let burst = json!({"rate_limit": {"requests": 10, "seconds": 10, "burst": 1}});
        assert_eq!(
            narrowed(&json!({"rate_limit": {"requests": 10, "seconds": 10, "burst": 10}}), &burst),
            ["rate_limit"]
        );
    }

    #[test]
    fn changes_that_admit_at_least_as_much_are_not_narrowing() {
        let before = json!({
            "scopes": ["a"], "addresses": ["10.0.0.0/8"], "expires_at": "2027-01-01T00:00:00Z",
            "rate_limit": {"requests": 1, "seconds": 1}, "version": "1",
        });
        let more = json!({
            "name": "Billing", "scopes": ["b", "a"], "addresses": ["192.0.2.7", "10.0.0.0/8"],
            "expires_at": "2027-01-01T00:00:01Z", "rate_limit": {"requests": 120, "seconds": 60}, "version": "1",
        });
        assert!(narrowed(&before, &more).is_empty());
        let without =
            json!({"scopes": null, "addresses": null, "expires_at": null, "rate_limit": null, "version": null});
        assert!(narrowed(&before, &without).is_empty());
    }
}
