use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::control::views::RateLimitView;
use crate::credential::{Label, Restriction, Restrictions};

/// The fields after whose change requests can be refused that were admitted before.
pub(super) fn narrowed_fields(before: &Value, change: &Map<String, Value>) -> Vec<Restriction> {
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
