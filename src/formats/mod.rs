//! Files that hold credentials: the credentials file (YAML), htpasswd and CSV. Each format reads what it writes.

pub mod credentials_file;
mod csv_cells;
mod csv_read;
mod csv_records;
mod csv_write;
mod duplicate_index;
mod entry_sink;
mod entry_validator;
mod htpasswd;
mod import;
mod positions;
mod text_reader;
mod writer;
mod yaml_write;

use ipnet::IpNet;
use jiff::Timestamp;

pub use csv_write::table;
pub use import::{Batch, Batches, Import, ImportEntry, MAX_YAML_BYTES, Source};
pub use positions::Place;
pub use writer::{LeftOut, Writer};

use crate::config::{Diagnostic, Diagnostics, Origin};
use crate::credential::{Label, RateLimit, ScopeCatalog, StoredSecret, VersionCatalog};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The credentials file.
    Yaml,
    /// `user:hash`, one per line: Basic pairs only.
    Htpasswd,
    /// With a header line (RFC 4180).
    Csv,
}

/// The configured versions and scopes, which entries are checked against.
#[derive(Debug, Clone, Copy)]
pub struct Catalogs<'c> {
    pub versions: &'c VersionCatalog,
    pub scopes: &'c ScopeCatalog,
}

/// What becomes of an entry with a fault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unusable {
    /// The whole file is refused.
    #[default]
    Refuse,
    /// The entry is left out and reported.
    Skip,
}

/// The format of a file to import.
#[derive(Debug, Clone, Copy)]
pub enum ImportFormat<'u> {
    Yaml,
    Csv,
    Htpasswd(&'u Users),
}

impl Format {
    /// An htpasswd file does not state the account of its users; every other format states it for each entry.
    pub fn needs_users(self) -> bool {
        self == Self::Htpasswd
    }
}

impl<'u> ImportFormat<'u> {
    /// # Errors
    /// Without users for a format that needs them, and with users for one that states them itself.
    pub fn new(format: Format, users: Option<&'u Users>) -> Result<Self, Diagnostics> {
        let fault = |problem| Err(Diagnostic::new(Origin::WHOLE_FILE, "", problem).into());
        match (format, users) {
            (Format::Yaml, None) => Ok(Self::Yaml),
            (Format::Csv, None) => Ok(Self::Csv),
            (Format::Htpasswd, Some(users)) => Ok(Self::Htpasswd(users)),
            (Format::Htpasswd, None) => fault("does not state the account of its users"),
            (Format::Yaml | Format::Csv, Some(_)) => fault("states account and version itself"),
        }
    }
}

/// Which fields of an existing credential an entry replaces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Extent {
    /// All fields.
    #[default]
    Whole,
    /// The columns of the table.
    Columns {
        named: Vec<&'static str>,
        /// The table has a version column, or no versions are configured.
        has_version: bool,
    },
    /// The password of the credential with this user name.
    Password {
        /// The caller stated a version for new credentials, or no versions are configured.
        has_version: bool,
    },
}

impl Extent {
    /// True when an entry replaces the field of this column.
    pub fn has(&self, column: &str) -> bool {
        match self {
            Self::Whole => true,
            Self::Columns { named, .. } => named.contains(&column),
            Self::Password { .. } => false,
        }
    }
}

/// Fields for people. `None`: the file does not state the field; `Some(None)`: the field is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    pub description: Option<Option<String>>,
    pub contact_email: Option<Option<String>>,
    /// E.164.
    pub contact_mobile: Option<Option<String>>,
    /// Addresses, separated by spaces.
    pub developer_emails: Option<Option<String>>,
    pub disabled_reason: Option<Option<String>>,
}

/// What an htpasswd file does not state.
#[derive(Debug, Clone)]
pub struct Users {
    pub account: Label,
    /// For new credentials.
    pub version: Option<Label>,
}

/// A credential to export.
#[derive(Debug, Clone)]
pub struct ExportRow<'r> {
    pub id: &'r Label,
    pub account: &'r Label,
    pub name: Option<&'r str>,
    /// `None` for a cleared credential, which no format can hold.
    pub secret: Option<StoredSecret>,
    pub enabled: bool,
    pub version: Option<&'r Label>,
    /// `None` is unrestricted.
    pub scopes: Option<&'r [Label]>,
    /// Empty is unrestricted.
    pub addresses: &'r [IpNet],
    pub expires_at: Option<Timestamp>,
    pub rate_limit: Option<RateLimit>,
    pub description: Option<&'r str>,
    pub contact_email: Option<&'r str>,
    pub contact_mobile: Option<&'r str>,
    pub developer_emails: &'r [String],
    pub disabled_reason: Option<&'r str>,
    /// The previous secret is still valid.
    pub has_previous: bool,
    pub has_owner: bool,
}
