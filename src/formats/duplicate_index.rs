//! Which ids and secrets a file has had so far, in a few bytes each: a file may have a million.

use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;

use crate::config::Origin;

/// Tables grow one after the other, so that little memory is used twice.
const SHARDS: usize = 16;

/// Texts by their hashes, with the position of the first. A collision of two of a million, one in forty million files,
/// reports a duplicate that is none; the hash key is another one at each reading.
#[derive(Default)]
pub(super) struct DuplicateIndex {
    hasher: RandomState,
    shards: [HashTable<Slot>; SHARDS],
}

/// Hash, line and column, without padding.
#[derive(Clone, Copy)]
struct Slot([u8; 14]);

impl DuplicateIndex {
    /// The position of the first one, where the text was seen before.
    pub(super) fn insert(&mut self, text: &[u8], origin: &Origin) -> Option<Origin> {
        let hash = self.hasher.hash_one(text);
        let shard = &mut self.shards[(hash >> 32) as usize % SHARDS];
        if let Some(slot) = shard.find(hash, |slot| slot.hash() == hash) {
            return Some(slot.origin());
        }
        shard.insert_unique(hash, Slot::new(hash, origin), Slot::hash);
        None
    }
}

impl Slot {
    fn new(hash: u64, origin: &Origin) -> Self {
        let (line, column) = match origin {
            Origin::File { line, column } => (*line, u16::try_from(*column).unwrap_or(u16::MAX)),
            Origin::Environment(_) | Origin::Flag(_) => (0, 0),
        };
        let mut bytes = [0; 14];
        bytes[..8].copy_from_slice(&hash.to_ne_bytes());
        bytes[8..12].copy_from_slice(&line.to_ne_bytes());
        bytes[12..].copy_from_slice(&column.to_ne_bytes());
        Self(bytes)
    }

    fn hash(&self) -> u64 {
        self.0.first_chunk().map_or(0, |bytes| u64::from_ne_bytes(*bytes))
    }

    fn origin(&self) -> Origin {
        let [.., a, b, c, d, e, f] = self.0;
        Origin::File { line: u32::from_ne_bytes([a, b, c, d]), column: u16::from_ne_bytes([e, f]).into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_position_of_each_text_is_kept() {
        let mut seen = DuplicateIndex::default();
        let at = |line: u32| Origin::File { line, column: line % 7 };
        for line in 0..100_000_u32 {
            assert_eq!(seen.insert(&line.to_be_bytes(), &at(line)), None);
        }
        for line in 0..100_000_u32 {
            assert_eq!(seen.insert(&line.to_be_bytes(), &Origin::WHOLE_FILE), Some(at(line)));
        }
        // What a million ids and as many secrets take, at most.
        assert!(size_of::<Slot>() <= 16);
    }
}
