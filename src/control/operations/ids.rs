use super::NoSecret;
use crate::credential::Label;

const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
/// Random characters, of 5.17 bits each.
const LENGTH: usize = 20;

/// A random id behind a prefix that names the kind of entity.
pub(super) fn new_id(prefix: &str) -> Result<Label, NoSecret> {
    let mut text = String::from(prefix);
    let mut pool = [0_u8; 32];
    while text.len() < prefix.len() + LENGTH {
        getrandom::fill(&mut pool).map_err(|_| NoSecret::Machine)?;
        let missing = prefix.len() + LENGTH - text.len();
        // 252 = 7 × 36: from there on the remainder would favour the first characters.
        let fair = pool.iter().filter(|byte| **byte < 252).take(missing);
        text.extend(fair.map(|byte| char::from(ALPHABET[usize::from(byte % 36)])));
    }
    text.parse().map_err(|_| NoSecret::Machine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_its_prefix_and_is_unique() {
        let (one, other) = (new_id("req_").unwrap(), new_id("req_").unwrap());
        assert_ne!(one, other);
        let random = one.as_str().strip_prefix("req_").unwrap();
        assert_eq!(random.len(), LENGTH);
        assert!(random.bytes().all(|byte| ALPHABET.contains(&byte)), "{one}");
    }
}
