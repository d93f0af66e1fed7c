//! Result of an import, as the API returns it.

use serde::Deserialize;

use crate::config::Diagnostics;
use crate::control::operations::Imported;
use crate::credential::Label;

/// For a dry run, the changes that would be made. Lists may have fewer than the counts say.
#[derive(Deserialize)]
pub(super) struct Outcome {
    pub(super) new_accounts: Vec<AccountAccess>,
    pub(super) accounts_added: usize,
    pub(super) switched_accounts: Vec<AccountAccess>,
    pub(super) accounts_switched: usize,
    pub(super) credentials: Vec<ImportedOne>,
    pub(super) added: usize,
    pub(super) changed: usize,
    pub(super) unchanged: usize,
    /// The faults of entries that were left out.
    #[serde(skip)]
    pub(super) skipped: Diagnostics,
}

#[derive(Deserialize)]
pub(super) struct AccountAccess {
    pub(super) id: String,
    pub(super) access: bool,
}

#[derive(Deserialize)]
pub(super) struct ImportedOne {
    pub(super) id: String,
    pub(super) account: String,
    /// Names of the changed fields; `None` for a new credential.
    pub(super) changed: Option<Vec<String>>,
}

impl From<Imported> for Outcome {
    fn from(imported: Imported) -> Self {
        let accounts = |all: Vec<(Label, bool)>| {
            all.into_iter().map(|(id, access)| AccountAccess { id: id.to_string(), access }).collect()
        };
        let credentials = imported.credentials.into_iter().map(|one| ImportedOne {
            id: one.id.to_string(),
            account: one.account.to_string(),
            changed: one.changed.map(|changed| changed.into_iter().map(str::to_owned).collect()),
        });
        Self {
            new_accounts: accounts(imported.new_accounts),
            accounts_added: imported.accounts_added,
            switched_accounts: accounts(imported.switched_accounts),
            accounts_switched: imported.accounts_switched,
            credentials: credentials.collect(),
            added: imported.added,
            changed: imported.changed,
            unchanged: imported.unchanged,
            skipped: imported.skipped,
        }
    }
}
