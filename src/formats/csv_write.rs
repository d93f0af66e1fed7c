//! Writes a table of credentials.

use std::io::{self, Write};

use super::csv_read::{COLUMNS, NO_SCOPES};
use super::escape::neutral;
use crate::credential::{Label, StoredSecret};
use crate::store::CredentialRecord;

/// The line of column names.
pub(super) fn header<W: Write>(out: &mut csv::Writer<W>) -> io::Result<()> {
    Ok(out.write_record(COLUMNS)?)
}

/// One line.
pub(super) fn credential<W: Write>(
    out: &mut csv::Writer<W>,
    record: &CredentialRecord,
    secret: &StoredSecret,
    access: bool,
) -> io::Result<()> {
    let (token, username, password) = match secret {
        StoredSecret::Token(digest) => (digest.to_string(), String::new(), String::new()),
        StoredSecret::Password { username, hash } => (String::new(), username.to_string(), hash.as_str().to_owned()),
    };
    let scopes = match record.scopes.as_deref() {
        None => String::new(),
        Some([]) => NO_SCOPES.to_owned(),
        Some(scopes) => words(scopes.iter().map(Label::as_str)),
    };
    let rate = record.rate_limit;
    let maybe = |text: &Option<String>| text.clone().unwrap_or_default();
    // In the order of COLUMNS.
    let cells: [String; COLUMNS.len()] = [
        record.id.to_string(),
        record.account.to_string(),
        maybe(&record.name),
        token,
        username,
        password,
        record.enabled.to_string(),
        record.version.as_ref().map(ToString::to_string).unwrap_or_default(),
        scopes,
        record.expires_at.map(|end| end.to_string()).unwrap_or_default(),
        words(record.addresses.iter().map(ToString::to_string)),
        rate.map(|rate| rate.requests.to_string()).unwrap_or_default(),
        rate.map(|rate| format!("{}s", rate.seconds)).unwrap_or_default(),
        rate.map(|rate| rate.burst.to_string()).unwrap_or_default(),
        access.to_string(),
        maybe(&record.description),
        maybe(&record.contact_email),
        maybe(&record.contact_mobile),
        maybe(&record.disabled_reason),
    ];
    Ok(out.write_record(cells.iter().map(|cell| neutral(cell)))?)
}

fn words<T: AsRef<str>>(items: impl Iterator<Item = T>) -> String {
    items.map(|item| item.as_ref().to_owned()).collect::<Vec<_>>().join(" ")
}
