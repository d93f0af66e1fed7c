//! Where the bytes of an import are, so that they can be read twice.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

/// A text in memory, or an open file that is read from its beginning.
#[derive(Clone)]
pub struct Source(Bytes);

#[derive(Clone)]
enum Bytes {
    Text(Arc<str>),
    File(Arc<File>),
}

/// Reads a file without moving its own position.
struct FileReader {
    file: Arc<File>,
    position: u64,
}

impl Source {
    /// # Errors
    /// When the file cannot be opened, or is no regular file and cannot be copied into one.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if file.metadata()?.is_file() { Ok(file.into()) } else { Self::copy(file) }
    }

    /// Copies what can be read only once into a temporary file, which has no name.
    ///
    /// # Errors
    /// When it cannot be read, or the temporary file cannot be written.
    pub fn copy(mut input: impl Read) -> io::Result<Self> {
        let mut file = tempfile::tempfile()?;
        io::copy(&mut input, &mut file)?;
        Ok(file.into())
    }

    /// The size in bytes.
    ///
    /// # Errors
    /// When the file cannot be examined.
    pub fn size(&self) -> io::Result<u64> {
        match &self.0 {
            Bytes::Text(text) => Ok(text.len() as u64),
            Bytes::File(file) => Ok(file.metadata()?.len()),
        }
    }

    /// The file, rewound.
    ///
    /// # Errors
    /// When it cannot be duplicated or rewound, or a text cannot be written into a temporary file.
    pub fn into_file(self) -> io::Result<File> {
        let mut file = match &self.0 {
            Bytes::Text(text) => return Self::copy(text.as_bytes())?.into_file(),
            Bytes::File(file) => file.try_clone()?,
        };
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }

    pub(super) fn reader(&self) -> Box<dyn Read + '_> {
        match &self.0 {
            Bytes::Text(text) => Box::new(text.as_bytes()),
            Bytes::File(file) => Box::new(FileReader { file: file.clone(), position: 0 }),
        }
    }
}

impl From<&str> for Source {
    fn from(text: &str) -> Self {
        Self(Bytes::Text(text.into()))
    }
}

impl From<File> for Source {
    fn from(file: File) -> Self {
        Self(Bytes::File(Arc::new(file)))
    }
}

impl Read for FileReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(out, self.position)?;
        self.position += count as u64;
        Ok(count)
    }
}
