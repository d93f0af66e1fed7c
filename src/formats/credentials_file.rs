//! Reads the credentials file, one entry at a time.

use super::entry_sink::SetSink;
use super::entry_validator::EntryValidator;
use super::{Notes, Unusable};
use crate::config::raw;
use crate::config::{Diagnostics, Section, each_item};
use crate::credential::{CredentialSet, ScopeCatalog, VersionCatalog};

const SECTIONS: [Section; 2] = [
    Section { name: "credentials", may_be_empty: true },
    // Accounts without access: without them, all have access.
    Section { name: "accounts", may_be_empty: false },
];

/// The validated entries of a file.
pub struct Reading {
    pub set: CredentialSet,
}

/// Checks entries against the configured versions and scopes.
///
/// # Errors
/// Every fault, without values.
pub fn read(text: &str, versions: &VersionCatalog, scopes: &ScopeCatalog) -> Result<Reading, Diagnostics> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut sink = SetSink::default();
    let mut entries = EntryValidator::new(versions, scopes, Unusable::Refuse, &mut sink);
    read_entries(text, &mut entries);
    entries.finish()?;
    Ok(Reading { set: sink.into_set() })
}

pub(super) fn read_entries(text: &str, entries: &mut EntryValidator) {
    let outcome = each_item(text, &SECTIONS, |section, index, mut node| {
        if !entries.are_over() {
            let path = format!("{section}[{index}]");
            match section {
                // Never skipped: an account without access must not get it by a fault.
                "accounts" => entries.account(&path, &mut node),
                _ => {
                    entries.begin();
                    entries.credential::<raw::Credential>(&path, &mut node, Notes::default());
                    entries.end();
                }
            }
        }
    });
    if let Err(faults) = outcome {
        entries.faults.0.extend(faults.0);
    }
}

#[cfg(test)]
#[path = "credentials_file_tests.rs"]
mod tests;
