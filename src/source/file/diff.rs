//! The difference between two sets, for the log.

use std::fmt;

use super::FileSet;

/// Numbers of credentials.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Difference {
    pub added: usize,
    pub removed: usize,
    pub disabled: usize,
    pub enabled: usize,
    /// With another secret.
    pub reset: usize,
    /// With any other difference.
    pub changed: usize,
}

impl Difference {
    pub fn between(before: &FileSet, after: &FileSet) -> Self {
        let mut difference = Self::default();
        for new in after.iter() {
            let Some(old) = before.find_id(new.id.as_str()) else {
                difference.added += 1;
                continue;
            };
            if old.secret != new.secret {
                difference.reset += 1;
            }
            match (old.enabled, new.enabled) {
                (true, false) => difference.disabled += 1,
                (false, true) => difference.enabled += 1,
                _ => {}
            }
            let same = old.account == new.account
                && old.name == new.name
                && old.version == new.version
                && old.scopes == new.scopes
                && old.expires_at == new.expires_at
                && old.addresses == new.addresses
                && old.rate_limit == new.rate_limit;
            if !same {
                difference.changed += 1;
            }
        }
        difference.removed = (before.len() + difference.added).saturating_sub(after.len());
        difference
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.added, "added"),
            (self.removed, "removed"),
            (self.disabled, "disabled"),
            (self.enabled, "enabled"),
            (self.reset, "reset"),
            (self.changed, "changed"),
        ];
        let mut words = counts.iter().filter(|(count, _)| *count > 0).peekable();
        if words.peek().is_none() {
            return f.write_str("no credential changed");
        }
        for (index, (count, word)) in words.enumerate() {
            write!(f, "{}{count} {word}", if index > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}
