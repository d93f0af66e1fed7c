//! Which part of a list is wanted.

const MOST: u32 = 200;

/// A page of a list.
#[derive(Debug, Clone, Copy)]
pub struct Paging<'p> {
    /// Behind the thing with this id, in the order of the list; `None` from its beginning.
    pub after: Option<&'p str>,
    /// So many at most; never more than 200.
    pub limit: u32,
}

impl Default for Paging<'_> {
    fn default() -> Self {
        Self { after: None, limit: 50 }
    }
}

impl Paging<'_> {
    /// How many are read.
    pub(super) fn most(self) -> u32 {
        self.limit.clamp(1, MOST)
    }
}
