//! Credentials that are in the file and in the database.

use std::sync::Arc;

use super::DatabaseDirectory;
use crate::credential::StoredSecret;
use crate::source::FileSet;
use crate::store::{StoreError, TakenNames};

/// Credentials per query.
const BATCH: usize = 500;
/// Further ones are logged as a number.
const MAX_LOGGED: usize = 20;

impl DatabaseDirectory {
    /// Logs the credentials of the file that are in the database too. Runs in the background: the file's count in any
    /// case.
    pub fn log_conflicts(self: &Arc<Self>, file: &Arc<FileSet>) {
        if file.is_empty() {
            return;
        }
        let (directory, file) = (self.clone(), file.clone());
        self.runtime.spawn(async move {
            match directory.conflicts(&file).await {
                Ok(conflicts) => log(&conflicts),
                Err(error) => tracing::warn!("cannot check for credentials in both file and database: {error}"),
            }
        });
    }

    async fn conflicts(&self, file: &FileSet) -> Result<Vec<String>, StoreError> {
        let all: Vec<_> = file.iter().collect();
        let mut conflicts = Vec::new();
        for batch in all.chunks(BATCH) {
            let mut names = TakenNames::default();
            for credential in batch {
                names.ids.push(credential.id.as_str());
                match &credential.secret {
                    StoredSecret::Token(digest) => names.digests.push(*digest),
                    StoredSecret::Password { username, .. } => names.usernames.push(username),
                }
            }
            conflicts.extend(self.store.ids_with_names(&names).await?);
        }
        conflicts.sort_unstable();
        conflicts.dedup();
        Ok(conflicts)
    }
}

fn log(conflicts: &[String]) {
    for id in conflicts.iter().take(MAX_LOGGED) {
        tracing::error!(credential = %id, "is in the credentials file and in the database; the file's is used");
    }
    if conflicts.len() > MAX_LOGGED {
        tracing::error!("{} more are in both", conflicts.len() - MAX_LOGGED);
    }
}
