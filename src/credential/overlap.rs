//! Two valid passwords of one user name, during the overlap after a reset.

use super::{HashMemory, PasswordHash};

/// The current and the previous password. It acts as one hash with a text and a cost of its own, so that a cached
/// verdict does not outlive the overlap.
#[derive(Clone, PartialEq, Eq)]
pub struct Overlap {
    current: PasswordHash,
    previous: PasswordHash,
    text: Box<str>,
    cost: Box<str>,
}

impl Overlap {
    pub fn new(current: PasswordHash, previous: PasswordHash) -> Self {
        let text = format!("{}\n{}", current.as_str(), previous.as_str()).into();
        let cost = format!("{}\n{}", current.cost(), previous.cost()).into();
        Self { current, previous, text, cost }
    }

    pub fn current(&self) -> &PasswordHash {
        &self.current
    }

    pub fn previous(&self) -> &PasswordHash {
        &self.previous
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn cost(&self) -> &str {
        &self.cost
    }

    /// Compares a wrong password with both.
    pub(super) fn verify(&self, password: &[u8], memory: &mut HashMemory) -> bool {
        self.current.verify(password, memory) || self.previous.verify(password, memory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sha(text: &str) -> PasswordHash {
        text.parse().unwrap()
    }

    /// The hashes of "password" and "secret".
    fn overlap() -> PasswordHash {
        let (current, previous) = (sha("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="), sha("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="));
        PasswordHash::Overlap(Box::new(Overlap::new(current, previous)))
    }

    #[test]
    fn both_passwords_match_and_no_other() {
        let verifies = |password: &[u8]| overlap().verify(password, &mut HashMemory::default());
        assert!(verifies(b"password") && verifies(b"secret"));
        assert!(!verifies(b"") && !verifies(b"passwordsecret"));
    }

    #[test]
    fn an_overlap_differs_from_either_hash_and_costs_both() {
        let overlap = overlap();
        assert_ne!(overlap, sha("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="));
        assert_eq!(overlap.cost(), "{SHA}\n{SHA}");
        assert!(overlap.as_str().parse::<PasswordHash>().is_err(), "an overlap is never in a file");
    }
}
