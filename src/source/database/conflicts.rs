//! What stands in the file and in the database.

use std::sync::Arc;

use super::DatabaseDirectory;
use crate::credential::StoredSecret;
use crate::source::FileSet;
use crate::store::{StoreError, TakenNames};

/// Asked for at once.
const BATCH: usize = 500;
/// More are not reported one by one.
const REPORTED: usize = 20;

impl DatabaseDirectory {
    /// Logs what of this file is in the database too. Behind the back of whoever puts the file in force: the file
    /// wins in any case.
    pub fn complain_of_clashes(self: &Arc<Self>, file: &Arc<FileSet>) {
        if file.is_empty() {
            return;
        }
        let (directory, file) = (self.clone(), file.clone());
        self.runtime.spawn(async move {
            match directory.clashes(&file).await {
                Ok(clashes) => complain(&clashes),
                Err(error) => tracing::warn!("whether file and database name the same credentials is unknown: {error}"),
            }
        });
    }

    async fn clashes(&self, file: &FileSet) -> Result<Vec<String>, StoreError> {
        let all: Vec<_> = file.iter().collect();
        let mut clashes = Vec::new();
        for batch in all.chunks(BATCH) {
            let mut names = TakenNames::default();
            for credential in batch {
                names.ids.push(credential.id.as_str());
                match &credential.secret {
                    StoredSecret::Token(digest) => names.digests.push(*digest),
                    StoredSecret::Password { username, .. } => names.usernames.push(username),
                }
            }
            clashes.extend(self.store.ids_with_names(&names).await?);
        }
        clashes.sort_unstable();
        clashes.dedup();
        Ok(clashes)
    }
}

fn complain(clashes: &[String]) {
    for id in clashes.iter().take(REPORTED) {
        tracing::error!(credential = %id, "stands in the credentials file and in the database; the file's counts");
    }
    if clashes.len() > REPORTED {
        tracing::error!("{} more stand in both", clashes.len() - REPORTED);
    }
}
