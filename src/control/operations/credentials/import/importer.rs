//! Compares the entries of a file with the database and writes them, batch by batch.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use super::account_upsert::AccountUpsert;
use super::bounded_list::BoundedList;
use super::database_conflicts::{ID_BESIDE_HINT, Released, Taken};
use super::entry_validation::faults_of;
use super::record_builder::{RecordBuilder, differences};
use super::{Imported, ImportedCredential};
use crate::config::{Diagnostic, Diagnostics, Origin};
use crate::control::operations::credentials::change::{clear_guesses, entry as audit_entry, superseded_by};
use crate::control::operations::{OperationContext, OperationError, notice_mails};
use crate::credential::StoredSecret;
use crate::formats::{Batch, Extent, Import, ImportEntry, Unusable};
use crate::store::{AuditEntry, CredentialRecord, StoreError, SupersededBy, Transaction, whole_millis};

/// Faults in one report.
const MAX_FAULTS: usize = 100;
/// Of entries that are left out on request.
const MAX_SKIPPED_FAULTS: usize = 10_000;

pub(super) struct Importer<'i> {
    call: &'i OperationContext<'i>,
    extent: &'i Extent,
    unusable: Unusable,
    is_dry_run: bool,
    records: RecordBuilder<'i>,
    accounts: AccountUpsert<'i>,
    released: Released,
    /// In a file of passwords only: the line of each credential so far, by the hash of its id.
    lines: HashMap<u64, u32>,
    hasher: RandomState,
    faults: Diagnostics,
    credentials: BoundedList<ImportedCredential>,
    added: usize,
    unchanged: usize,
}

/// The records of a batch to write; of changed ones also the previous state.
#[derive(Default)]
struct Writes {
    new: Vec<CredentialRecord>,
    changed: Vec<(CredentialRecord, CredentialRecord)>,
}

impl<'i> Importer<'i> {
    pub(super) fn new(call: &'i OperationContext<'i>, import: &'i Import, is_dry_run: bool) -> Self {
        let (actor, now) = (call.actor(), call.now);
        Self {
            call,
            extent: &import.extent,
            unusable: import.unusable(),
            is_dry_run,
            records: RecordBuilder { actor, now: whole_millis(now) },
            accounts: AccountUpsert::new(call),
            released: Released::default(),
            lines: HashMap::new(),
            hasher: RandomState::new(),
            faults: Diagnostics::default(),
            credentials: BoundedList::default(),
            added: 0,
            unchanged: 0,
        }
    }

    /// Locks everything that it compares, but in a dry run. Writes nothing more once there are faults, for which the
    /// import is refused.
    pub(super) async fn take(&mut self, transaction: &mut Transaction, batch: &Batch) -> Result<(), StoreError> {
        let taken = taken(transaction, &batch.entries).await?;
        let ids: Vec<&str> = batch.entries.iter().map(|entry| taken.id(self.extent, &entry.credential)).collect();
        let known = transaction.credentials(&ids).await?;
        let known: HashMap<&str, &CredentialRecord> = known.iter().map(|record| (record.id.as_str(), record)).collect();
        let mut writes = Writes::default();
        let mut left_out = vec![false; ids.len()];
        for (index, (entry, id)) in batch.entries.iter().zip(&ids).enumerate() {
            let before = known.get(id).copied();
            let fault = self.repeated(entry, id);
            let fault = fault.or_else(|| taken.fault(&self.released, self.extent, entry, id, before));
            match fault {
                Some(fault) => {
                    left_out[index] = true;
                    self.fault(fault);
                }
                None => left_out[index] = !self.compare(entry, before, &mut writes),
            }
        }
        for (before, after) in &writes.changed {
            self.released.add(before, after);
        }
        // New accounts whose credentials are all left out are left out, too, unless the file states them.
        let of_entries = batch.entries.iter().zip(&left_out).filter_map(|(entry, is_left_out)| {
            let is_wanted = !is_left_out || entry.access.is_some();
            is_wanted.then_some((&entry.credential.account.id, entry.access))
        });
        let stated = batch.accounts.iter().map(|(id, access)| (id, Some(*access)));
        let writes_nothing = self.is_dry_run || self.is_refused();
        self.accounts.ensure(transaction, of_entries.chain(stated), writes_nothing).await?;
        if writes_nothing { Ok(()) } else { self.write(transaction, writes).await }
    }

    /// True when the report is full.
    pub(super) fn is_too_faulty(&self) -> bool {
        self.is_refused() && self.faults.0.len() >= MAX_FAULTS
    }

    fn is_refused(&self) -> bool {
        self.unusable == Unusable::Refuse && !self.faults.is_empty()
    }

    fn fault(&mut self, fault: Diagnostic) {
        if self.unusable == Unusable::Refuse || self.faults.0.len() < MAX_SKIPPED_FAULTS {
            self.faults.push(fault);
        }
    }

    /// A fault where another line of a file of passwords names the same credential, by its user name or by its id.
    fn repeated(&mut self, entry: &ImportEntry, id: &str) -> Option<Diagnostic> {
        let (Extent::Password { .. }, Origin::File { line, .. }) = (self.extent, &entry.place.origin) else {
            return None;
        };
        let hash = self.hasher.hash_one(id);
        let Some(first) = self.lines.get(&hash) else {
            self.lines.insert(hash, *line);
            return None;
        };
        let problem = format!("is the same credential {id} as at {}", Origin::File { line: *first, column: 1 });
        Some(entry.place.fault("username", problem).hint(ID_BESIDE_HINT))
    }

    /// False when the entry has faults.
    fn compare(&mut self, entry: &ImportEntry, before: Option<&CredentialRecord>, writes: &mut Writes) -> bool {
        let (records, credential) = (&self.records, &entry.credential);
        let after = match (before, self.extent) {
            (Some(before), Extent::Password { .. }) => records.with_secret(before, credential),
            (_, extent) => records.whole(before, credential, &entry.notes, extent),
        };
        let faults = faults_of(before, &after, &entry.place);
        if !faults.is_empty() {
            faults.into_iter().for_each(|fault| self.fault(fault));
            return false;
        }
        let changed = match before {
            None => {
                self.added += 1;
                None
            }
            Some(before) if *before == after => {
                self.unchanged += 1;
                return true;
            }
            Some(before) => Some(differences(before, &after)),
        };
        let imported = ImportedCredential { id: after.id.clone(), account: after.account.clone(), changed };
        self.credentials.push(imported, |one| one.id.clone());
        match before {
            None => writes.new.push(after),
            Some(before) => writes.changed.push((before.clone(), after)),
        }
        true
    }

    async fn write(&self, transaction: &mut Transaction, writes: Writes) -> Result<(), StoreError> {
        let Writes { new, changed } = writes;
        let of_new = new.iter().map(|after| audit_entry("import", after, None, Some(after)));
        let of_changed = changed.iter().map(|(before, after)| audit_entry("import", after, Some(before), Some(after)));
        let entries: Vec<AuditEntry> = of_new.chain(of_changed).collect();
        for (before, after) in &changed {
            clear_guesses(transaction, before, after);
        }
        transaction.add_credentials(&new).await?;
        for by in [SupersededBy::Reset, SupersededBy::Contact] {
            let ended = changed.iter().filter(|(before, after)| superseded_by(before, after) == Some(by));
            let ended: Vec<&str> = ended.map(|(before, _)| before.id.as_str()).collect();
            transaction.supersede_reveals(&ended, by).await?;
        }
        let (before, after): (Vec<_>, Vec<_>) = changed.into_iter().unzip();
        transaction.put_credentials(&after).await?;
        for (before, after) in before.iter().zip(&after) {
            notice_mails::credential_imported(self.call, transaction, before, after).await?;
        }
        self.call.record_all(transaction, self.records.actor, &entries).await
    }

    /// Stops the webhooks of accounts and credentials that the file stops. Call it once all rows are written, since webhooks
    /// are locked after credentials.
    pub(super) async fn stop_webhooks(&self, transaction: &mut Transaction) -> Result<(), StoreError> {
        if self.call.terms.webhooks.is_none() || self.is_refused() {
            return Ok(());
        }
        transaction.halt_stopped_webhooks().await?;
        notice_mails::webhooks_of_accounts_halted(self.call, transaction, &self.accounts.halted).await
    }

    /// The faults of a file that is refused.
    pub(super) fn into_faults(self) -> Diagnostics {
        let mut faults = self.faults;
        faults.0.sort_by(|a, b| a.origin.cmp(&b.origin));
        if faults.0.len() >= MAX_FAULTS {
            faults.0.truncate(MAX_FAULTS);
            faults.push(Diagnostic::new(Origin::WHOLE_FILE, "", "has more faults than are listed here"));
        }
        faults
    }

    /// `skipped` has the faults of entries that were left out as they were read.
    ///
    /// # Errors
    /// The faults, where entries are not to be left out.
    pub(super) fn finish(mut self, skipped: Diagnostics) -> Result<Imported, OperationError<Diagnostics>> {
        if self.is_refused() {
            return Err(self.into_faults().into());
        }
        let mut all = std::mem::take(&mut self.faults);
        all.0.extend(skipped.0);
        all.0.sort_by(|a, b| a.origin.cmp(&b.origin));
        let AccountUpsert { new, switched, .. } = self.accounts;
        let (accounts_added, accounts_switched) = (new.count, switched.count);
        let changed = self.credentials.count - self.added;
        Ok(Imported {
            new_accounts: new.into_sorted(|(id, _)| id.clone()),
            accounts_added,
            switched_accounts: switched.into_sorted(|(id, _)| id.clone()),
            accounts_switched,
            credentials: self.credentials.into_sorted(|one| one.id.clone()),
            added: self.added,
            changed,
            unchanged: self.unchanged,
            skipped: all,
        })
    }
}

async fn taken(transaction: &mut Transaction, entries: &[ImportEntry]) -> Result<Taken, StoreError> {
    let (mut digests, mut usernames) = (Vec::new(), Vec::new());
    for entry in entries {
        match &entry.credential.secret {
            StoredSecret::Token(digest) => digests.push(*digest),
            StoredSecret::Password { username, .. } => usernames.push(&**username),
        }
    }
    Ok(Taken::new(transaction.holders(&digests, &usernames).await?))
}
