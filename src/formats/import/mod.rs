//! A file to import: checked as a whole first, then read again, entry by entry. Tables and user lists are never in memory
//! as a whole, so they have no limit here; YAML is, and has one.

mod batches;
mod duplicates;
mod source;

use std::io::{BufReader, Read};
use std::sync::Arc;

use self::batches::SendSink;
pub use self::batches::{Batch, Batches, ImportEntry};
use self::duplicates::{CheckSink, StatedAccess};
pub use self::source::Source;
use super::entry_sink::Sink;
use super::entry_validator::EntryValidator;
use super::text_reader::{TextReader, faults_of};
use super::{Catalogs, Extent, ImportFormat, Unusable, Users, credentials_file, csv_read, htpasswd};
use crate::config::{Diagnostic, Diagnostics, Origin};
use crate::credential::{ScopeCatalog, VersionCatalog};

/// Of a YAML file: about a hundred thousand credentials.
pub const MAX_YAML_BYTES: usize = 16 * 1024 * 1024;

/// A file whose entries are valid and distinct.
pub struct Import {
    file: Arc<ImportFile>,
    access: Arc<StatedAccess>,
    pub extent: Extent,
}

struct ImportFile {
    source: Source,
    /// Set for an htpasswd file.
    users: Option<Users>,
    is_csv: bool,
    versions: VersionCatalog,
    scopes: ScopeCatalog,
    unusable: Unusable,
}

impl Import {
    /// Reads the file once.
    ///
    /// # Errors
    /// Every fault of the file; if unusable entries are skipped, those that concern more than an entry.
    pub fn read(
        source: impl Into<Source>,
        format: ImportFormat,
        catalogs: Catalogs,
        unusable: Unusable,
    ) -> Result<Self, Diagnostics> {
        let file = ImportFile {
            source: source.into(),
            users: match format {
                ImportFormat::Htpasswd(users) => Some(users.clone()),
                ImportFormat::Yaml | ImportFormat::Csv => None,
            },
            is_csv: matches!(format, ImportFormat::Csv),
            versions: catalogs.versions.clone(),
            scopes: catalogs.scopes.clone(),
            unusable,
        };
        let mut sink = CheckSink::default();
        let (extent, _skipped) = file.read_into(&mut sink)?;
        Ok(Self { file: Arc::new(file), access: Arc::new(sink.access), extent })
    }

    /// # Errors
    /// Every fault of the file.
    pub fn yaml(text: &str, catalogs: Catalogs) -> Result<Self, Diagnostics> {
        Self::read(text, ImportFormat::Yaml, catalogs, Unusable::Refuse)
    }

    /// # Errors
    /// Every fault of the file.
    pub fn csv(text: &str, catalogs: Catalogs) -> Result<Self, Diagnostics> {
        Self::read(text, ImportFormat::Csv, catalogs, Unusable::Refuse)
    }

    /// # Errors
    /// Every fault of the file.
    pub fn htpasswd(text: &str, users: &Users, catalogs: Catalogs) -> Result<Self, Diagnostics> {
        Self::read(text, ImportFormat::Htpasswd(users), catalogs, Unusable::Refuse)
    }

    pub fn unusable(&self) -> Unusable {
        self.file.unusable
    }

    /// Reads the file again, on a thread of its own.
    ///
    /// # Errors
    /// When the thread cannot be spawned.
    pub fn batches(&self) -> std::io::Result<Batches> {
        let (file, access) = (self.file.clone(), self.access.clone());
        Batches::spawn(move |sender| {
            // Otherwise the first reading has found the entries distinct.
            let check = (file.unusable == Unusable::Skip).then(CheckSink::default);
            let mut sink = SendSink::new(access, check, sender);
            let (_, skipped) = file.read_into(&mut sink)?;
            sink.flush();
            Ok(skipped)
        })
    }
}

impl ImportFile {
    /// What entries replace, and the faults of those that are skipped.
    fn read_into(&self, sink: &mut dyn Sink) -> Result<(Extent, Diagnostics), Diagnostics> {
        let reader = self.source.reader();
        let mut entries = EntryValidator::new(&self.versions, &self.scopes, self.unusable, sink);
        let extent = if let Some(users) = &self.users {
            htpasswd::read(BufReader::new(TextReader::new(reader)), users, &mut entries)?
        } else if self.is_csv {
            csv_read::read(reader, &mut entries)?
        } else {
            credentials_file::read_entries(&yaml_text(reader)?, &mut entries);
            Extent::Whole
        };
        Ok((extent, entries.finish()?))
    }
}

fn yaml_text(reader: impl Read) -> Result<String, Diagnostics> {
    let mut text = Vec::new();
    // Bytes: the limit may be within a character.
    TextReader::new(reader).take(MAX_YAML_BYTES as u64 + 1).read_to_end(&mut text).map_err(faults_of)?;
    if text.len() > MAX_YAML_BYTES {
        let problem = format!("has more than {} MiB", MAX_YAML_BYTES >> 20);
        let hint = "import it in several files, or as CSV, which has no such limit";
        return Err(Diagnostic::new(Origin::WHOLE_FILE, "", problem).hint(hint).into());
    }
    String::from_utf8(text).map_err(|_| Diagnostic::new(Origin::WHOLE_FILE, "", "is not valid UTF-8").into())
}
