//! Reads the credentials file, one entry at a time.

use super::Unusable;
use super::entries::Entries;
use super::positions::Reading;
use crate::config::raw;
use crate::config::{Diagnostics, Section, each_item};
use crate::credential::{ScopeCatalog, VersionCatalog};

const SECTIONS: [Section; 2] = [
    Section { name: "credentials", may_be_empty: true },
    // Accounts without access: without them, all have access.
    Section { name: "accounts", may_be_empty: false },
];

/// Checks entries against the configured versions and scopes.
///
/// # Errors
/// Every fault, without values.
pub fn read(text: &str, versions: &VersionCatalog, scopes: &ScopeCatalog) -> Result<Reading, Diagnostics> {
    read_usable(text, versions, scopes, Unusable::Refuse)
}

pub(super) fn read_usable(
    text: &str,
    versions: &VersionCatalog,
    scopes: &ScopeCatalog,
    unusable: Unusable,
) -> Result<Reading, Diagnostics> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut entries = Entries::new(versions, scopes, unusable);
    let outcome = each_item(text, &SECTIONS, |section, index, mut node| {
        if !entries.are_too_faulty() {
            let path = format!("{section}[{index}]");
            match section {
                // Never skipped: an account without access must not get it by a fault.
                "accounts" => entries.account(&path, &mut node),
                _ => {
                    entries.begin();
                    entries.credential::<raw::Credential>(&path, &mut node);
                    entries.end();
                }
            }
        }
    });
    if let Err(faults) = outcome {
        entries.faults.0.extend(faults.0);
    }
    entries.finish()
}

#[cfg(test)]
#[path = "credentials_file_tests.rs"]
mod tests;
