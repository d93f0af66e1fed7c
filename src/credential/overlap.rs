//! Two passwords of one user name, while a reset's overlap lasts.

use super::{HashMemory, PasswordHash};

/// The password that was made last, and the one before. Looks like one hash of its own kind to whoever verifies,
/// remembers or feigns one: what is known of the one says nothing once the other has ended.
#[derive(Clone, PartialEq, Eq)]
pub struct Overlap {
    current: PasswordHash,
    previous: PasswordHash,
    text: Box<str>,
    cost: Box<str>,
}

impl Overlap {
    /// Of these two.
    pub fn new(current: PasswordHash, previous: PasswordHash) -> Self {
        let text = format!("{}\n{}", current.as_str(), previous.as_str()).into();
        let cost = format!("{}\n{}", current.cost(), previous.cost()).into();
        Self { current, previous, text, cost }
    }

    /// The one that was made last.
    pub fn current(&self) -> &PasswordHash {
        &self.current
    }

    /// The one that ends.
    pub fn previous(&self) -> &PasswordHash {
        &self.previous
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn cost(&self) -> &str {
        &self.cost
    }

    /// A wrong password is always compared with both.
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

    /// Of "password" and of "secret".
    fn overlap() -> PasswordHash {
        let (current, previous) = (sha("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="), sha("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="));
        PasswordHash::Overlap(Box::new(Overlap::new(current, previous)))
    }

    #[test]
    fn both_passwords_are_right_and_no_other() {
        let verifies = |password: &[u8]| overlap().verify(password, &mut HashMemory::default());
        assert!(verifies(b"password") && verifies(b"secret"));
        assert!(!verifies(b"") && !verifies(b"passwordsecret"));
    }

    #[test]
    fn it_is_another_hash_than_either_and_costs_what_both_cost() {
        let overlap = overlap();
        assert_ne!(overlap, sha("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="));
        assert_eq!(overlap.cost(), "{SHA}\n{SHA}");
        assert!(overlap.as_str().parse::<PasswordHash>().is_err(), "no file can say this");
    }
}
