//! Files that credentials are kept in or moved by: the credentials file (YAML), htpasswd and CSV. What one of them
//! writes, it reads.

pub mod credentials_file;
mod csv_read;
mod csv_write;
mod entries;
mod escape;
mod htpasswd;
mod positions;
mod table;
mod writer;
mod yaml_write;

use std::collections::HashMap;

pub use self::positions::{Place, Reading};
pub use table::table;
pub use writer::{LeftOut, Writer};

use crate::config::Diagnostics;
use crate::credential::{Label, ScopeCatalog, VersionCatalog};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As the credentials file.
    Yaml,
    /// `user:hash`, a line each: Basic pairs only.
    Htpasswd,
    /// With a line of column names (RFC 4180).
    Csv,
}

/// What the settings know, for checking against it.
#[derive(Debug, Clone, Copy)]
pub struct Catalogs<'c> {
    /// Versions of the API.
    pub versions: &'c VersionCatalog,
    /// Scopes.
    pub scopes: &'c ScopeCatalog,
}

/// What a file is to change.
#[derive(Default)]
pub struct Import {
    /// What it says.
    pub reading: Reading,
    /// What a credentials file does not hold, of those of which it is said.
    pub notes: HashMap<Label, Notes>,
    /// How much of a credential that is known already it speaks of.
    pub extent: Extent,
}

/// Of a known credential, what an entry replaces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    #[default]
    Whole,
    /// What the table has columns for.
    Columns {
        /// Their names.
        named: Vec<&'static str>,
        /// There is one for the version, or no version to be said.
        has_version: bool,
    },
    /// The password of whoever has the user name.
    Password {
        /// The version of new ones was said, not just taken.
        has_version: bool,
    },
}

impl Extent {
    /// True when it speaks of what this column of a table holds.
    pub fn has(&self, column: &str) -> bool {
        match self {
            Self::Whole => true,
            Self::Columns { named, .. } => named.contains(&column),
            Self::Password { .. } => false,
        }
    }
}

/// For people. `None` where nothing is said, which is not the same as nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Of the credential.
    pub description: Option<Option<String>>,
    /// Of the person at the integrator.
    pub contact_email: Option<Option<String>>,
    /// Theirs, as E.164.
    pub contact_mobile: Option<Option<String>>,
    /// Why it is switched off.
    pub disabled_reason: Option<Option<String>>,
}

/// What an htpasswd file does not say of its users.
#[derive(Debug, Clone)]
pub struct Users {
    /// Whose they are.
    pub account: Label,
    /// The version of new ones.
    pub version: Option<Label>,
}

impl Import {
    /// Reads a credentials file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn yaml(text: &str, catalogs: Catalogs) -> Result<Self, Diagnostics> {
        let reading = credentials_file::read(text, catalogs.versions, catalogs.scopes)?;
        Ok(Self { reading, ..Self::default() })
    }

    /// Reads a table.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn csv(text: &str, catalogs: Catalogs) -> Result<Self, Diagnostics> {
        csv_read::read(text, catalogs)
    }

    /// Reads an htpasswd file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn htpasswd(text: &str, users: &Users, catalogs: Catalogs) -> Result<Self, Diagnostics> {
        htpasswd::read(text, users, catalogs)
    }
}
