//! Reads the credentials file, one entry at a time.

use super::entries::Entries;
use super::positions::Reading;
use crate::config::{Diagnostics, each_item};
use crate::credential::{ScopeCatalog, VersionCatalog};

/// Checks entries against the configured versions and scopes.
///
/// # Errors
/// Every fault, without values.
pub fn read(text: &str, versions: &VersionCatalog, scopes: &ScopeCatalog) -> Result<Reading, Diagnostics> {
    let mut entries = Entries::new(versions, scopes);
    let outcome = each_item(text, &["credentials", "accounts"], |section, index, mut node| {
        if !entries.are_too_faulty() {
            let path = format!("{section}[{index}]");
            match section {
                "accounts" => entries.account(&path, &mut node),
                _ => entries.credential(&path, &mut node),
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
