//! Reads credentials from CSV: a header line, then one credential per line. Each line becomes an entry as in the
//! credentials file and is validated as such.

use std::collections::HashMap;
use std::io::Read;

use super::csv_cells::original;
use super::csv_records::CsvRecords;
use super::entry_validator::EntryValidator;
use super::{Extent, Notes};
use crate::config::raw;
use crate::config::{Diagnostic, Diagnostics, Key, Node, Origin, Value, unknown_key};
use crate::credential::Label;

/// In the order of export. The columns up to `rate_limit.burst` are keys of the credentials file.
pub(super) const COLUMNS: [&str; 20] = [
    "id",
    "account",
    "name",
    "token",
    "username",
    "password",
    "enabled",
    "version",
    "scopes",
    "expires_at",
    "addresses",
    "rate_limit.requests",
    "rate_limit.per",
    "rate_limit.burst",
    "access",
    "description",
    "contact_email",
    "contact_mobile",
    "developer_emails",
    "disabled_reason",
];
/// Columns that restrict a credential. A cell has a value or [`UNRESTRICTED`]: an emptied cell must not open anything.
const RESTRICTIONS: [&str; 6] =
    ["scopes", "expires_at", "addresses", "rate_limit.requests", "rate_limit.per", "rate_limit.burst"];
/// A cell that lifts the restriction of its column.
pub(super) const UNRESTRICTED: &str = "*";
const NEEDED: [&str; 2] = ["id", "account"];
/// A scope list that allows nothing.
pub(super) const NO_SCOPES: &str = "[]";

pub(super) fn read(file: impl Read, entries: &mut EntryValidator) -> Result<Extent, Diagnostics> {
    let mut records = CsvRecords::new(file);
    let mut record = csv::StringRecord::new();
    let Some(origins) = records.next(&mut record)? else {
        return Err(Diagnostic::new(Origin::WHOLE_FILE, "", "is empty").hint(NAMES_HINT).into());
    };
    let columns = header(&record, &origins)?;
    let has_version = columns.contains(&"version");
    let newest = entries.versions.known.last().map(|version| version.name.clone());
    let stand_in = if has_version { None } else { newest };
    let mut table = Table { columns, stand_in, unstated: HashMap::new(), entries };
    while !table.entries.are_over() {
        match records.next(&mut record) {
            Ok(Some(origins)) => {
                table.entries.begin();
                table.row(&record, &origins);
                table.entries.end();
            }
            Ok(None) => break,
            Err(faults) => {
                table.entries.faults.0.extend(faults.0);
                break;
            }
        }
    }
    if let Some(origin) = records.open_quote().filter(|_| !table.entries.are_over()) {
        // The cell that it begins holds the rest of the file; what is wrong with that follows from the quote.
        table.entries.faults.0.retain(|fault| fault.origin != origin);
        table.entries.faults.push(Diagnostic::new(origin, "", "a quote is not closed"));
    }
    table.refuse_unstated();
    Ok(Extent::Columns { has_version: table.stand_in.is_none(), named: table.columns })
}

const NAMES_HINT: &str = "the first line has the names of the columns: id,account,token,…";

fn header(record: &csv::StringRecord, origins: &[Origin]) -> Result<Vec<&'static str>, Diagnostics> {
    let mut faults = Diagnostics::default();
    let mut columns = Vec::new();
    let places = origins.iter().cloned().chain(std::iter::repeat(Origin::WHOLE_FILE));
    for (name, origin) in record.iter().zip(places) {
        let key = Key { name: name.trim().to_owned(), origin };
        match COLUMNS.iter().find(|column| **column == key.name) {
            Some(column) if columns.contains(column) => {
                faults.push(Diagnostic::new(key.origin, *column, "is a duplicate column"));
            }
            Some(column) => columns.push(*column),
            None if record.len() == 1 && name.contains([';', '\t']) => {
                let problem = "columns are not separated by commas";
                return Err(Diagnostic::new(key.origin, "", problem).hint("save the table with commas").into());
            }
            None => faults.push(unknown_key(&key, &COLUMNS)),
        }
    }
    // Without any known column, the fault of each unknown one would be noise.
    if columns.is_empty() {
        let origin = Origin::File { line: 1, column: 1 };
        return Err(Diagnostic::new(origin, "", "has no known column").hint(NAMES_HINT).into());
    }
    for column in NEEDED.iter().filter(|column| !columns.contains(column)) {
        faults.push(Diagnostic::new(Origin::File { line: 1, column: 1 }, *column, "is missing").hint(NAMES_HINT));
    }
    faults.into_result(|| columns)
}

struct Table<'e, 'c> {
    columns: Vec<&'static str>,
    /// Placeholder for a missing version column: existing credentials keep their version, the import refuses new ones.
    stand_in: Option<Label>,
    /// The first empty `access` cell of each account for which no line states it so far.
    unstated: HashMap<Label, Origin>,
    entries: &'e mut EntryValidator<'c>,
}

impl Table<'_, '_> {
    fn row(&mut self, record: &csv::StringRecord, origins: &[Origin]) {
        let start = origins.first().cloned().unwrap_or(Origin::WHOLE_FILE);
        if record.len() != self.columns.len() {
            let problem = format!("has {} cells, the first line has {}", record.len(), self.columns.len());
            let hint = "put double quotes around a cell that holds a comma";
            self.entries.faults.push(Diagnostic::new(start, "", problem).hint(hint));
            return;
        }
        let mut node = Node::new(Value::Map(Vec::new()), start.clone());
        let mut notes = Notes::default();
        let mut access = None;
        let origins = origins.iter().chain(std::iter::repeat(&start));
        for ((column, cell), origin) in self.columns.iter().zip(record).zip(origins) {
            let cell = original(cell);
            let text = (!cell.is_empty()).then(|| cell.to_owned());
            match *column {
                "description" => notes.description = Some(text),
                "contact_email" => notes.contact_email = Some(text),
                "contact_mobile" => notes.contact_mobile = Some(text),
                "developer_emails" => notes.developer_emails = Some(text),
                "disabled_reason" => notes.disabled_reason = Some(text),
                "access" => access = Some((text, origin.clone())),
                column if RESTRICTIONS.contains(&column) && cell.trim() == UNRESTRICTED => {}
                column if cell.trim().is_empty() && RESTRICTIONS.contains(&column) => {
                    let hint = "give it a value, or write * to lift the restriction";
                    self.entries.faults.push(Diagnostic::new(origin.clone(), column, "is empty").hint(hint));
                }
                "enabled" if text.is_none() => {
                    self.entries.faults.push(Diagnostic::new(origin.clone(), "enabled", "must be true or false"));
                }
                _ if text.is_none() => {}
                column => {
                    let keys: Vec<&str> = column.split('.').collect();
                    node.set(&keys, value(column, cell.trim(), cell, origin));
                }
            }
        }
        if let Some(version) = &self.stand_in {
            node.set(&["version"], Node::new(Value::Text(version.to_string()), start.clone()));
        }
        let account = node.entry("account").and_then(|(_, account)| label(account));
        for (key, note) in notes.texts() {
            if note.is_some_and(|text| text.chars().any(|letter| letter.is_control() && !is_space_of(key, letter))) {
                self.entries.faults.push(Diagnostic::new(start.clone(), key, "holds control characters"));
            }
        }
        let access = access.and_then(|(text, origin)| self.access(account.as_ref()?, text.as_deref(), &origin));
        let mut stated = account.zip(access);
        // Before the row may be skipped: an account without access must not get it by a fault.
        if let Some((account, _)) = stated.take_if(|(_, access)| !*access) {
            self.entries.state_access(account, false);
        }
        if !self.entries.credential::<raw::CredentialRow>("", &mut node, notes) {
            return;
        }
        if let Some((account, access)) = stated
            && self.entries.stated_access(&account).is_none()
        {
            self.entries.state_access(account, access);
        }
    }

    /// Every line of an account must state the same access, or leave that to another line. Faults refuse the file.
    fn access(&mut self, account: &Label, text: Option<&str>, origin: &Origin) -> Option<bool> {
        let stated = self.entries.stated_access(account);
        let Some(text) = text else {
            if stated.is_none() {
                self.unstated.entry(account.clone()).or_insert_with(|| origin.clone());
            }
            return None;
        };
        let mut fault = |problem| self.entries.refuse(Diagnostic::new(origin.clone(), "access", problem));
        let Value::Bool(access) = parse_bool(text) else {
            fault("must be true or false");
            return None;
        };
        if stated.is_some_and(|stated| stated != access) {
            fault("differs from another line of this account");
            return None;
        }
        Some(access)
    }

    /// A new account has access unless the file says otherwise, so cells that are all empty must not mean that.
    fn refuse_unstated(&mut self) {
        let unstated = std::mem::take(&mut self.unstated);
        let mut empty: Vec<_> =
            unstated.into_iter().filter(|(account, _)| self.entries.stated_access(account).is_none()).collect();
        empty.sort_by(|(_, one), (_, other)| one.cmp(other));
        for (account, origin) in empty {
            if self.entries.are_over() {
                break;
            }
            let problem = format!("is empty in every line of the account {account}");
            let hint = "write true or false in one of its lines";
            self.entries.refuse(Diagnostic::new(origin, "access", problem).hint(hint));
        }
    }
}

impl Notes {
    fn texts(&self) -> [(&'static str, Option<&str>); 5] {
        [
            ("description", self.description.as_ref().and_then(Option::as_deref)),
            ("contact_email", self.contact_email.as_ref().and_then(Option::as_deref)),
            ("contact_mobile", self.contact_mobile.as_ref().and_then(Option::as_deref)),
            ("developer_emails", self.developer_emails.as_ref().and_then(Option::as_deref)),
            ("disabled_reason", self.disabled_reason.as_ref().and_then(Option::as_deref)),
        ]
    }
}

/// A description or a reason may have several lines.
fn is_space_of(key: &str, letter: char) -> bool {
    matches!(key, "description" | "disabled_reason") && matches!(letter, '\n' | '\r' | '\t')
}

fn label(node: &Node) -> Option<Label> {
    match &node.value {
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

/// The value of a cell as in the credentials file.
fn value(column: &str, trimmed: &str, cell: &str, origin: &Origin) -> Node {
    let node = |value| Node::new(value, origin.clone());
    let words = || trimmed.split_whitespace().map(|word| node(Value::Text(word.to_owned()))).collect();
    node(match column {
        "enabled" => parse_bool(trimmed),
        "scopes" if trimmed == NO_SCOPES => Value::List(Vec::new()),
        "scopes" | "addresses" => Value::List(words()),
        "rate_limit.requests" | "rate_limit.burst" => {
            trimmed.parse().map_or_else(|_| Value::Text(trimmed.to_owned()), Value::Integer)
        }
        // Spaces are part of these.
        "name" | "username" => Value::Text(cell.to_owned()),
        _ => Value::Text(trimmed.to_owned()),
    })
}

/// Case-insensitive: spreadsheets write TRUE.
fn parse_bool(text: &str) -> Value {
    match text.to_ascii_lowercase().as_str() {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => Value::Text(text.to_owned()),
    }
}
