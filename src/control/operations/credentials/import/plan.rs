//! Compares a file with the database.

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::records::{Records, differences, rate_limit};
use super::{Imported, ImportedCredential};
use crate::config::{Diagnostic, Diagnostics, Origin};
use crate::control::operations::OperationError;
use crate::credential::{Credential, Label, StoredSecret, TokenDigest};
use crate::formats::{Extent, Import, Place, Unusable};
use crate::store::{AccountRecord, Actor, CredentialRecord, Holders, Transaction, whole_millis};

/// Faults in one report.
const MAX_FAULTS: usize = 100;
const ID_BESIDE_HINT: &str = "write this user into a YAML or CSV file, where the id stands beside the user name";

/// The records to write; of changed ones also the previous state.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) new_accounts: Vec<AccountRecord>,
    pub(super) changed_accounts: Vec<(AccountRecord, AccountRecord)>,
    pub(super) new: Vec<CredentialRecord>,
    pub(super) changed: Vec<(CredentialRecord, CredentialRecord)>,
    unchanged: usize,
    /// The faults of entries that are left out.
    skipped: Diagnostics,
}

impl Plan {
    /// Locks everything that it compares.
    pub(super) async fn make(
        transaction: &mut Transaction,
        actor: &Actor,
        now: Timestamp,
        import: &Import,
    ) -> Result<Self, OperationError<Diagnostics>> {
        let mut plan = Self::default();
        plan.accounts(transaction, now, import).await?;

        let (mut digests, mut usernames) = (Vec::new(), Vec::new());
        for credential in import.reading.set.iter() {
            match &credential.secret {
                StoredSecret::Token(digest) => digests.push(*digest),
                StoredSecret::Password { username, .. } => usernames.push(&**username),
            }
        }
        let taken = Taken::new(transaction.holders(&digests, &usernames).await?);
        let mut faults = Diagnostics::default();
        let mut entries: BTreeMap<&str, Entry> = BTreeMap::new();
        for entry in import.reading.set.iter().zip(&import.reading.places) {
            match entries.entry(taken.id(import, entry.0)) {
                Slot::Vacant(slot) => {
                    slot.insert(entry);
                }
                // By user names only: an id occurs once in a file.
                Slot::Occupied(slot) => {
                    let problem = format!("is the same credential {} as at {}", slot.key(), slot.get().1.origin);
                    faults.push(entry.1.fault("username", problem).hint(ID_BESIDE_HINT));
                }
            }
        }
        let ids: Vec<&str> = entries.keys().copied().collect();
        let known = transaction.credentials(&ids).await?;
        let known: HashMap<&str, &CredentialRecord> = known.iter().map(|record| (record.id.as_str(), record)).collect();

        let records = Records { actor, now: whole_millis(now) };
        for (id, (credential, place)) in entries {
            let before = known.get(id).copied();
            if let Some(fault) = taken.fault(&import.extent, (credential, place), id, before) {
                faults.push(fault);
                if import.unusable == Unusable::Skip {
                    continue;
                }
            }
            let after = match (before, &import.extent) {
                (Some(before), Extent::Password { .. }) => records.with_secret(before, credential),
                (_, extent) => records.whole(before, credential, import.notes.get(&credential.id), extent),
            };
            match before {
                None => plan.new.push(after),
                Some(before) if *before == after => plan.unchanged += 1,
                Some(before) => plan.changed.push((before.clone(), after)),
            }
        }
        if import.unusable == Unusable::Skip {
            plan.skipped = std::mem::take(&mut faults);
            plan.skipped.0.extend(import.reading.skipped.0.iter().cloned());
            plan.skipped.0.sort_by(|a, b| a.origin.cmp(&b.origin));
            plan.drop_empty_accounts(import);
        }
        faults.0.sort_by(|a, b| a.origin.cmp(&b.origin));
        if faults.0.len() > MAX_FAULTS {
            faults.0.truncate(MAX_FAULTS);
            faults.push(Diagnostic::new(Origin::WHOLE_FILE, "", "has more faults than are listed here"));
        }
        Ok(faults.into_result(|| plan)?)
    }

    /// A new account has access unless the file says otherwise: its credentials are already in use.
    async fn accounts(
        &mut self,
        transaction: &mut Transaction,
        now: Timestamp,
        import: &Import,
    ) -> Result<(), OperationError<Diagnostics>> {
        let stated: HashMap<&Label, bool> = import.reading.accounts.iter().map(|(id, access)| (id, *access)).collect();
        let of_credentials = import.reading.set.iter().map(|credential| &credential.account.id);
        let all: BTreeSet<&Label> = of_credentials.chain(stated.keys().copied()).collect();
        let ids: Vec<&str> = all.iter().map(|id| id.as_str()).collect();
        let known = transaction.accounts(&ids).await?;
        let known: HashMap<&Label, &AccountRecord> = known.iter().map(|record| (&record.id, record)).collect();
        for id in all {
            let stated = stated.get(id).copied();
            match (known.get(id), stated) {
                (None, _) => {
                    // Without access it is not granted either, so that only the provider can give access again.
                    let access = stated.unwrap_or(true);
                    self.new_accounts.push(AccountRecord {
                        id: id.clone(),
                        name: None,
                        granted: access,
                        switched_on: access,
                        members_allowed: false,
                        created_at: whole_millis(now),
                        revision: 1,
                    });
                }
                (Some(record), Some(access)) if record.has_access() != access => {
                    let before = (*record).clone();
                    let after = AccountRecord {
                        granted: before.granted || access,
                        switched_on: access,
                        revision: before.revision + 1,
                        ..before.clone()
                    };
                    self.changed_accounts.push((before, after));
                }
                (Some(_), _) => {}
            }
        }
        Ok(())
    }

    /// Leaves out new accounts whose credentials are all skipped, unless the file states them.
    fn drop_empty_accounts(&mut self, import: &Import) {
        let of_credentials = self.new.iter().chain(self.changed.iter().map(|(_, after)| after));
        let used: BTreeSet<Label> = of_credentials.map(|record| record.account.clone()).collect();
        let is_stated = |id: &Label| import.reading.accounts.iter().any(|(stated, _)| stated == id);
        self.new_accounts.retain(|account| used.contains(&account.id) || is_stated(&account.id));
    }

    pub(super) fn summary(&self) -> Imported {
        let access = |record: &AccountRecord| (record.id.clone(), record.has_access());
        let new = self.new.iter().map(|record| ImportedCredential {
            id: record.id.clone(),
            account: record.account.clone(),
            changed: None,
        });
        let changed = self.changed.iter().map(|(before, after)| ImportedCredential {
            id: after.id.clone(),
            account: after.account.clone(),
            changed: Some(differences(before, after)),
        });
        let mut credentials: Vec<ImportedCredential> = new.chain(changed).collect();
        credentials.sort_by(|a, b| a.id.cmp(&b.id));
        Imported {
            new_accounts: self.new_accounts.iter().map(access).collect(),
            switched_accounts: self.changed_accounts.iter().map(|(_, after)| access(after)).collect(),
            credentials,
            unchanged: self.unchanged,
            skipped: self.skipped.clone(),
        }
    }
}

type Entry<'e> = (&'e Credential, &'e Place);

/// Credentials in the database that have a digest or user name of the file.
struct Taken {
    digests: HashMap<TokenDigest, String>,
    usernames: HashMap<String, String>,
}

impl Taken {
    fn new(holders: Holders) -> Self {
        Self {
            digests: holders.of_digests.into_iter().collect(),
            usernames: holders.of_usernames.into_iter().collect(),
        }
    }

    /// In a file of passwords only, an existing user name keeps its id.
    fn id<'e>(&'e self, import: &Import, credential: &'e Credential) -> &'e str {
        let holder = match import.extent {
            Extent::Whole | Extent::Columns { .. } => None,
            Extent::Password { .. } => credential.username().and_then(|name| self.usernames.get(name)),
        };
        holder.map_or(credential.id.as_str(), String::as_str)
    }

    fn fault(
        &self,
        extent: &Extent,
        (credential, place): Entry,
        id: &str,
        before: Option<&CredentialRecord>,
    ) -> Option<Diagnostic> {
        let (key, meaning, holder) = match &credential.secret {
            StoredSecret::Token(digest) => ("token", "token digest", self.digests.get(digest)),
            StoredSecret::Password { username, .. } => ("username", "user name", self.usernames.get(&**username)),
        };
        if let Some(holder) = holder.filter(|holder| *holder != id) {
            let problem = format!("is the {meaning} of another credential in the database: {holder}");
            return Some(place.fault(key, problem).hint("remove it here, or delete or change that one first"));
        }
        let has_version = match extent {
            Extent::Password { has_version } => has_version,
            Extent::Columns { has_version: false, .. } if before.is_none() => {
                let hint = "add this column: only existing credentials keep their version";
                return Some(place.fault("version", "is missing").hint(hint));
            }
            Extent::Columns { .. } => {
                let is_countable = rate_limit(before, credential, extent).is_none_or(|rate| rate.is_countable());
                let problem = "of the database would take more than a hundred years to refill with these requests";
                return (!is_countable).then(|| place.fault("rate_limit.burst", problem).hint("add this column"));
            }
            Extent::Whole => return None,
        };
        match before {
            Some(_) if holder.is_none() => {
                let problem = format!("cannot be its id too: {id} is another credential in the database");
                Some(place.fault(key, problem).hint(ID_BESIDE_HINT))
            }
            Some(before) if before.account != credential.account.id => {
                let problem = format!("is the user name of {id}, which belongs to another account: {}", before.account);
                Some(place.fault(key, problem))
            }
            None if !*has_version => {
                let hint = "name the version of new users with --api-version";
                Some(place.fault(key, "is new and has no version").hint(hint))
            }
            _ => None,
        }
    }
}
