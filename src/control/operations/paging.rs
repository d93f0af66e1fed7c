use super::Invalid;
use crate::control::Sentence;
use crate::store::{Cursor, InvalidCursor};

/// Largest page of a list.
pub const MAX_PAGE_SIZE: u32 = 200;

/// Which page of a list.
#[derive(Debug, Clone, Copy)]
pub struct Paging<'p> {
    /// Last entry of the previous page; `None` for the first page.
    pub after: Option<&'p str>,
    /// Clamped to 1..=[`MAX_PAGE_SIZE`].
    pub limit: u32,
}

impl Default for Paging<'_> {
    fn default() -> Self {
        Self { after: None, limit: 50 }
    }
}

impl Paging<'_> {
    pub(super) fn page_size(self) -> u32 {
        self.limit.clamp(1, MAX_PAGE_SIZE)
    }

    /// For lists in order of creation, newest first.
    pub(super) fn cursor(self) -> Result<Option<Cursor>, Invalid> {
        self.after.map(str::parse).transpose().map_err(|InvalidCursor| Invalid::one("after", Sentence::CursorOfPage))
    }
}
