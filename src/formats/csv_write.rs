//! Writes credentials as CSV.

use std::io::{self, Write};

use super::ExportRow;
use super::csv_cells::escape_formula;
use super::csv_read::{COLUMNS, NO_SCOPES, UNRESTRICTED};
use crate::credential::{Label, StoredSecret};

pub(super) fn header<W: Write>(out: &mut csv::Writer<W>) -> io::Result<()> {
    Ok(out.write_record(COLUMNS)?)
}

pub(super) fn credential<W: Write>(
    out: &mut csv::Writer<W>,
    record: &ExportRow,
    secret: &StoredSecret,
    access: bool,
) -> io::Result<()> {
    let (token, username, password) = match secret {
        StoredSecret::Token(digest) => (digest.to_string(), String::new(), String::new()),
        StoredSecret::Password { username, hash } => (String::new(), username.to_string(), hash.as_str().to_owned()),
    };
    let scopes = match record.scopes {
        None => UNRESTRICTED.to_owned(),
        Some([]) => NO_SCOPES.to_owned(),
        Some(scopes) => words(scopes.iter().map(Label::as_str)),
    };
    let rate = record.rate_limit;
    let unrestricted = || UNRESTRICTED.to_owned();
    let addresses = match record.addresses {
        [] => unrestricted(),
        addresses => words(addresses.iter().map(ToString::to_string)),
    };
    let maybe = |text: Option<&str>| text.unwrap_or_default().to_owned();
    // In the order of COLUMNS.
    let cells: [String; COLUMNS.len()] = [
        record.id.to_string(),
        record.account.to_string(),
        maybe(record.name),
        token,
        username,
        password,
        record.enabled.to_string(),
        record.version.map(ToString::to_string).unwrap_or_default(),
        scopes,
        record.expires_at.map_or_else(unrestricted, |end| end.to_string()),
        addresses,
        rate.map_or_else(unrestricted, |rate| rate.requests.to_string()),
        rate.map_or_else(unrestricted, |rate| format!("{}s", rate.seconds)),
        rate.map_or_else(unrestricted, |rate| rate.burst.to_string()),
        access.to_string(),
        maybe(record.description),
        maybe(record.contact_email),
        maybe(record.contact_mobile),
        record.developer_emails.join(" "),
        maybe(record.disabled_reason),
    ];
    Ok(out.write_record(cells.iter().map(|cell| escape_formula(cell)))?)
}

fn words<T: AsRef<str>>(items: impl Iterator<Item = T>) -> String {
    items.map(|item| item.as_ref().to_owned()).collect::<Vec<_>>().join(" ")
}

/// Any table as CSV (RFC 4180), with cells that no spreadsheet takes for a formula.
///
/// # Errors
/// Never in practice: the writer is a `Vec`.
pub fn table<const COLUMNS: usize>(lines: impl Iterator<Item = [String; COLUMNS]>) -> io::Result<Vec<u8>> {
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for line in lines {
        out.write_record(line.iter().map(|cell| escape_formula(cell)))?;
    }
    out.into_inner().map_err(|error| io::Error::other(error.to_string()))
}
