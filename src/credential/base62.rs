//! Random characters for secrets.

use zeroize::Zeroizing;

pub(super) const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Appends `length` random characters of 5.95 bits each.
///
/// # Errors
/// The system's random source fails.
pub(super) fn append_random(text: &mut Zeroizing<String>, length: usize) -> Result<(), getrandom::Error> {
    let end = text.len() + length;
    // Reallocation would leave an unwiped copy behind.
    text.reserve_exact(length);
    let mut pool = Zeroizing::new([0_u8; 64]);
    while text.len() < end {
        getrandom::fill(pool.as_mut())?;
        let missing = end - text.len();
        // 248 = 4 × 62: with larger values the remainder would favour the first characters.
        let fair = pool.iter().filter(|byte| **byte < 248).take(missing);
        text.extend(fair.map(|byte| char::from(ALPHABET[usize::from(byte % 62)])));
    }
    Ok(())
}
