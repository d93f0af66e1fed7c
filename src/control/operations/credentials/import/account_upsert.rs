//! Adds the accounts that an import names, and switches the access of existing ones.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};

use jiff::Timestamp;

use super::bounded_list::BoundedList;
use crate::control::operations::OperationContext;
use crate::control::views::{AccountView, AuditState};
use crate::credential::Label;
use crate::store::{AccountRecord, AuditEntry, StoreError, Transaction, whole_millis};

/// Adds accounts that are missing, and switches the access of those for which the file states another one.
pub(super) struct AccountUpsert<'a> {
    call: &'a OperationContext<'a>,
    now: Timestamp,
    /// By the hash of the id: a file may have a million.
    seen: HashSet<u64>,
    hasher: RandomState,
    pub(super) new: BoundedList<(Label, bool)>,
    pub(super) switched: BoundedList<(Label, bool)>,
    /// Accounts with webhooks that lost their access.
    pub(super) halted: Vec<Label>,
}

impl<'a> AccountUpsert<'a> {
    pub(super) fn new(call: &'a OperationContext<'a>) -> Self {
        Self {
            call,
            now: whole_millis(call.now),
            seen: HashSet::new(),
            hasher: RandomState::new(),
            new: BoundedList::default(),
            switched: BoundedList::default(),
            halted: Vec::new(),
        }
    }

    /// Each account with the access that the file states for it, if any. Locks them, and leaves those alone that were
    /// wanted before.
    pub(super) async fn ensure(
        &mut self,
        transaction: &mut Transaction,
        wanted: impl Iterator<Item = (&Label, Option<bool>)>,
        is_dry_run: bool,
    ) -> Result<(), StoreError> {
        let wanted: BTreeMap<&Label, Option<bool>> =
            wanted.filter(|(id, _)| !self.seen.contains(&self.hasher.hash_one(id))).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        self.seen.extend(wanted.keys().map(|id| self.hasher.hash_one(id)));
        let ids: Vec<&str> = wanted.keys().map(|id| id.as_str()).collect();
        let known = transaction.accounts(&ids).await?;
        let known: HashMap<&Label, &AccountRecord> = known.iter().map(|record| (&record.id, record)).collect();
        let (mut new, mut switched, mut entries) = (Vec::new(), Vec::new(), Vec::new());
        for (id, stated) in wanted {
            match (known.get(id), stated) {
                (None, _) => {
                    let after = self.first(id, stated);
                    entries.push(entry(None, &after));
                    new.push(after);
                }
                (Some(before), Some(access)) if before.has_access() != access => {
                    let after = AccountRecord {
                        granted: before.granted || access,
                        switched_on: access,
                        revision: before.revision + 1,
                        ..(*before).clone()
                    };
                    entries.push(entry(Some(before), &after));
                    switched.push(after);
                }
                (Some(_), _) => {}
            }
        }
        if !is_dry_run {
            transaction.add_accounts(&new).await?;
            transaction.put_accounts(&switched).await?;
            let stopped: Vec<&str> =
                switched.iter().filter(|one| !one.has_access()).map(|one| one.id.as_str()).collect();
            self.halted.extend(transaction.accounts_with_webhooks(&stopped).await?);
            self.call.record_all(transaction, self.call.actor(), &entries).await?;
        }
        for (records, listed) in [(new, &mut self.new), (switched, &mut self.switched)] {
            for record in records {
                let access = record.has_access();
                listed.push((record.id, access), |(id, _)| id.clone());
            }
        }
        Ok(())
    }

    /// A new account has access unless the file says otherwise: its credentials are already in use.
    fn first(&self, id: &Label, stated: Option<bool>) -> AccountRecord {
        // Without access it is not granted either, so that only the provider can give access again.
        let access = stated.unwrap_or(true);
        AccountRecord {
            id: id.clone(),
            name: None,
            granted: access,
            switched_on: access,
            members_allowed: false,
            created_at: self.now,
            revision: 1,
        }
    }
}

fn entry(before: Option<&AccountRecord>, after: &AccountRecord) -> AuditEntry {
    AuditEntry {
        verb: "import",
        account: Some(after.id.to_string()),
        target_kind: "account",
        target: after.id.to_string(),
        before: before.map(|record| AccountView::from(record).audit_state()),
        after: Some(AccountView::from(after).audit_state()),
    }
}
