//! A whole copy of an SQLite file, while everybody goes on.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, absolute};

use crate::store::{Pools, Store, StoreError};

impl Store {
    /// Copies the database, as it is at one moment, into a file that is not there yet. This has no limit in time.
    ///
    /// # Errors
    /// When that file is there, cannot be written, is not named in UTF-8, or the database is on a server.
    pub async fn copy_into(&self, file: &Path) -> Result<(), StoreError> {
        let Pools::Sqlite { write, .. } = &self.pools else {
            return Err(StoreError::Unusable {
                problem: "it is on a server, which only its own programs can copy as a whole".into(),
                remedy: "use pg_dump",
            });
        };
        // SQLite takes `:memory:` and `file:` for something else than a file of that name, unless there is a folder.
        let file = absolute(file).map_err(|error| unwritable(&error))?;
        let Some(path) = file.to_str() else {
            return Err(StoreError::Unusable {
                problem: "the name of the copy is not UTF-8, as SQLite needs it".into(),
                remedy: "name another file",
            });
        };
        // Only an empty file is written to, and this one nobody else can read.
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
        let kept = copied.and_then(|()| keep(&file).map_err(|error| unwritable(&error)));
        if kept.is_err() {
            // A part of a copy would be taken for one.
            let _not_even_that = std::fs::remove_file(&file);
        }
        kept
    }
}

/// Puts the copy where a crash does not reach it, if there is one.
fn keep(file: &Path) -> std::io::Result<()> {
    let copy = File::open(file)?;
    if copy.metadata()?.len() == 0 {
        return Err(std::io::Error::other("nothing has arrived in the file"));
    }
    copy.sync_all()
}

fn unwritable(error: &std::io::Error) -> StoreError {
    StoreError::Unusable {
        problem: format!("the copy cannot be written: {error}"),
        remedy: "name a file that is not there yet, in a folder that this user may write to",
    }
}
