//! Ids that are made here: a prefix that says of what, and what nobody guesses.

use crate::credential::Label;

const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
/// Of 5.17 bits each.
const LENGTH: usize = 20;

/// The system has no randomness to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no randomness")]
pub struct NoRandomness;

/// An id that nothing else has.
pub(super) fn made_id(prefix: &str) -> Result<Label, NoRandomness> {
    let mut text = String::from(prefix);
    let mut pool = [0_u8; 32];
    while text.len() < prefix.len() + LENGTH {
        getrandom::fill(&mut pool).map_err(|_| NoRandomness)?;
        let missing = prefix.len() + LENGTH - text.len();
        // 252 = 7 × 36: above it a remainder would favour the first characters.
        let fair = pool.iter().filter(|byte| **byte < 252).take(missing);
        text.extend(fair.map(|byte| char::from(ALPHABET[usize::from(byte % 36)])));
    }
    text.parse().map_err(|_| NoRandomness)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_of_what_it_is_and_no_two_are_the_same() {
        let (one, other) = (made_id("req_").unwrap(), made_id("req_").unwrap());
        assert_ne!(one, other);
        let random = one.as_str().strip_prefix("req_").unwrap();
        assert_eq!(random.len(), LENGTH);
        assert!(random.bytes().all(|byte| ALPHABET.contains(&byte)), "{one}");
    }
}
