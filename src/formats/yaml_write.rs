//! Writes a credentials file.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::ExportRow;
use crate::credential::{Label, StoredSecret};

/// Writes one entry. Texts are JSON strings: an unquoted version may look like a number.
pub(super) fn credential(out: &mut impl Write, record: &ExportRow, secret: &StoredSecret) -> io::Result<()> {
    writeln!(out, "  - id: {}", text(record.id.as_str()))?;
    let mut key = |name: &str, value: String| writeln!(out, "    {name}: {value}");
    key("account", text(record.account.as_str()))?;
    if let Some(name) = record.name {
        key("name", text(name))?;
    }
    match secret {
        StoredSecret::Token(digest) => key("token", digest.to_string())?,
        StoredSecret::Password { username, hash } => {
            key("username", text(username))?;
            key("password", text(hash.as_str()))?;
        }
    }
    if !record.enabled {
        key("enabled", "false".into())?;
    }
    if let Some(version) = record.version {
        key("version", text(version.as_str()))?;
    }
    if let Some(scopes) = record.scopes {
        key("scopes", list(scopes.iter().map(Label::as_str)))?;
    }
    if let Some(end) = record.expires_at {
        key("expires_at", end.to_string())?;
    }
    if !record.addresses.is_empty() {
        key("addresses", list(record.addresses.iter().map(ToString::to_string)))?;
    }
    if let Some(rate) = record.rate_limit {
        key("rate_limit", format!("{{requests: {}, per: {}s, burst: {}}}", rate.requests, rate.seconds, rate.burst))?;
    }
    Ok(())
}

/// Lists the accounts without access.
pub(super) fn accounts(out: &mut impl Write, off: &[Label]) -> io::Result<()> {
    if off.is_empty() {
        return Ok(());
    }
    writeln!(out, "accounts:")?;
    off.iter().try_for_each(|id| writeln!(out, "  - {{id: {}, access: false}}", text(id.as_str())))
}

fn text(text: &str) -> String {
    Value::from(text).to_string()
}

fn list<T: Into<Value>>(items: impl Iterator<Item = T>) -> String {
    json!(items.map(Into::into).collect::<Vec<Value>>()).to_string()
}
