//! Where credentials come from: a file that is read again whenever it changes, a database whose changes are
//! followed, or both.

mod combined;
mod database;
mod dummy_hashes;
pub(crate) mod file;

pub use self::combined::CombinedDirectory;
pub use self::file::diff::Difference;
pub use self::file::file_set::FileSet;
pub use self::file::loader::{Loaded, Loader, throttle_rules};
pub use self::file::reloader::{Apply, ReloadHandle, ReloadOutcome, Reloader};
pub use database::{CatalogMismatch, Database, DatabaseDirectory, DatabaseStart};
