//! Online backup of an SQLite file.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, absolute};

use crate::store::{Pools, Store, StoreError};

impl Store {
    /// Copies a snapshot of the database into a new file, without a timeout.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the file exists, cannot be written or has a name that is not UTF-8, or when the
    /// database is on a server.
    pub async fn copy_into(&self, file: &Path) -> Result<(), StoreError> {
        let Pools::Sqlite { write, .. } = &self.pools else {
            return Err(StoreError::Unusable { problem: "it is on a PostgreSQL server".into(), remedy: "use pg_dump" });
        };
        // SQLite gives `:memory:` and `file:` a meaning of their own, but not in an absolute path.
        let file = absolute(file).map_err(|error| unwritable(&error))?;
        let Some(path) = file.to_str() else {
            return Err(StoreError::Unusable {
                problem: "the name of the copy is not UTF-8, which SQLite needs".into(),
                remedy: "name another file",
            });
        };
        // VACUUM INTO accepts an empty file; this one is readable by its owner alone.
        drop(
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&file)
                .map_err(|error| unwritable(&error))?,
        );
        let copied = sqlx::query("VACUUM INTO $1").bind(path).execute(write).await;
        let copied = copied.map_err(StoreError::from).map(drop);
        let synced = copied.and_then(|()| sync(&file).map_err(|error| unwritable(&error)));
        if synced.is_err() {
            // An incomplete copy could be mistaken for a backup.
            let _not_removed = std::fs::remove_file(&file);
        }
        synced
    }
}

fn sync(file: &Path) -> std::io::Result<()> {
    let copy = File::open(file)?;
    if copy.metadata()?.len() == 0 {
        return Err(std::io::Error::other("the copy is empty"));
    }
    copy.sync_all()
}

fn unwritable(error: &std::io::Error) -> StoreError {
    StoreError::Unusable {
        problem: format!("the copy cannot be written: {error}"),
        remedy: "name a file that does not exist, in a folder that this user may write to",
    }
}
