//! Hashes of crypt(3): `$1$` (MD5), `$5$` (SHA-256) and `$6$` (SHA-512), as /etc/shadow and nginx user files have them.

use md5::{Digest as _, Md5};
use sha_crypt::{PasswordVerifier as _, ShaCrypt};
use subtle::ConstantTimeEq as _;

use super::PasswordHashError;

const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Rounds of SHA-crypt above this are refused: a verification would take more than a second.
const MAX_ROUNDS: u32 = 700_000;
const MIN_ROUNDS: u32 = 1000;
/// crypt(3) refuses longer passwords, and the cost of a round grows with the length.
const MAX_PASSWORD_BYTES: usize = 512;

/// A hash of crypt(3).
#[derive(Clone, PartialEq, Eq)]
pub struct CryptHash(Box<str>);

impl CryptHash {
    /// `None` for a hash of another scheme.
    pub(super) fn parse(text: &str) -> Option<Result<Self, PasswordHashError>> {
        let (scheme, rest) = (scheme(text)?, &text[3..]);
        let is_valid = match scheme {
            "md5-crypt" => rest.split_once('$').is_some_and(|(salt, digest)| are_valid(salt, 8, digest, 22)),
            _ => match sha_crypt(rest) {
                Ok((salt, digest)) => are_valid(salt, 16, digest, if scheme == "sha256-crypt" { 43 } else { 86 }),
                Err(error) => return Some(Err(error)),
            },
        };
        Some(if is_valid { Ok(Self(text.into())) } else { Err(PasswordHashError::Malformed(scheme)) })
    }

    pub(super) fn verify(&self, password: &[u8]) -> bool {
        if password.len() > MAX_PASSWORD_BYTES {
            return false;
        }
        match self.0.strip_prefix("$1$").and_then(|rest| rest.split_once('$')) {
            Some((salt, digest)) => md5_crypt(b"$1$", password, salt.as_bytes()).ct_eq(digest.as_bytes()).into(),
            None => ShaCrypt::SHA512.verify_password(password, &*self.0).is_ok(),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Scheme and rounds.
    pub(super) fn cost(&self) -> &str {
        match self.0[3..].strip_prefix("rounds=").and_then(|rest| rest.find('$')) {
            Some(end) => &self.0[..3 + "rounds=".len() + end],
            None => &self.0[..3],
        }
    }

    pub(super) fn scheme(&self) -> &'static str {
        scheme(&self.0).unwrap_or("crypt")
    }
}

/// True for the traditional DES hash: 13 characters, the first two of which are the salt.
pub(super) fn is_des(text: &str) -> bool {
    text.len() == 13 && text.bytes().all(|byte| ALPHABET.contains(&byte))
}

fn scheme(text: &str) -> Option<&'static str> {
    match text.get(..3)? {
        "$1$" => Some("md5-crypt"),
        "$5$" => Some("sha256-crypt"),
        "$6$" => Some("sha512-crypt"),
        _ => None,
    }
}

/// Salt and digest.
fn sha_crypt(rest: &str) -> Result<(&str, &str), PasswordHashError> {
    let malformed = PasswordHashError::Malformed("sha-crypt");
    let rest = match rest.strip_prefix("rounds=") {
        None => rest,
        Some(rest) => {
            let (rounds, rest) = rest.split_once('$').ok_or(malformed)?;
            let is_number =
                !rounds.is_empty() && !rounds.starts_with('0') && rounds.bytes().all(|b| b.is_ascii_digit());
            match rounds.parse::<u32>() {
                Ok(rounds) if is_number && rounds <= MAX_ROUNDS => {
                    if rounds < MIN_ROUNDS {
                        return Err(malformed);
                    }
                }
                _ if is_number => return Err(PasswordHashError::TooCostly),
                _ => return Err(malformed),
            }
            rest
        }
    };
    rest.split_once('$').ok_or(malformed)
}

fn are_valid(salt: &str, max_salt: usize, digest: &str, digest_length: usize) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"$:".contains(&byte);
    (1..=max_salt).contains(&salt.len())
        && salt.bytes().all(is_plain)
        && digest.len() == digest_length
        && digest.bytes().all(|byte| ALPHABET.contains(&byte))
}

/// MD5 crypt: a thousand rounds, 22 characters. `magic` is `$1$`, or `$apr1$` for Apache's variant (apr_md5.c).
pub(super) fn md5_crypt(magic: &[u8], password: &[u8], salt: &[u8]) -> [u8; 22] {
    let inner = Md5::new().chain_update(password).chain_update(salt).chain_update(password).finalize();
    let mut outer = Md5::new().chain_update(password).chain_update(magic).chain_update(salt);
    for start in (0..password.len()).step_by(16) {
        outer.update(&inner[..16.min(password.len() - start)]);
    }
    let mut length = password.len();
    while length > 0 {
        outer.update(if length & 1 == 1 { &[0_u8] } else { &password[..1] });
        length >>= 1;
    }
    let mut digest = outer.finalize();
    for round in 0..1000 {
        let mut next = Md5::new();
        next.update(if round % 2 == 1 { password } else { &digest[..] });
        if round % 3 != 0 {
            next.update(salt);
        }
        if round % 7 != 0 {
            next.update(password);
        }
        next.update(if round % 2 == 1 { &digest[..] } else { password });
        digest = next.finalize();
    }
    let triples = [(0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5)];
    let mut text = [0_u8; 22];
    let mut places = text.iter_mut();
    let mut put = |mut value: u32, characters: usize| {
        for place in places.by_ref().take(characters) {
            *place = ALPHABET[(value & 63) as usize];
            value >>= 6;
        }
    };
    for (a, b, c) in triples {
        put(u32::from(digest[a]) << 16 | u32::from(digest[b]) << 8 | u32::from(digest[c]), 4);
    }
    put(u32::from(digest[11]), 2);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<CryptHash, PasswordHashError> {
        CryptHash::parse(text).unwrap()
    }

    /// By `openssl passwd`, and from the specification of SHA-crypt.
    const HELLO: [&str; 5] = [
        "$1$abcdefgh$fzmjzFdo5nMtBG8gtud5e0",
        "$5$abcdefgh$QohcF7QwIaa385DT5GzqHwNlO583.hkCNgp9Vkr/uNC",
        "$6$abcdefgh$4UPJf3qf71iDb8DDBG5r.Jxy3OKpyf7on.yGTrfW2z7BZBicRPXkes.VuTPq3aS6gF63ohT6G9SJv9LejkZLu/",
        "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
        "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
    ];

    #[test]
    fn hashes_of_crypt_verify_their_password_only() {
        for text in HELLO {
            let hash = parse(text).unwrap();
            assert!(hash.verify(b"Hello world!"), "{text}");
            assert!(!hash.verify(b"Hello world"), "{text}");
            assert_eq!(hash.as_str(), text);
        }
        assert_eq!(
            HELLO.map(|text| parse(text).unwrap().cost().to_owned()),
            ["$1$", "$5$", "$6$", "$5$", "$6$rounds=10000"]
        );
    }

    #[test]
    fn a_hash_that_is_broken_or_costs_too_much_is_refused() {
        let digest = "A".repeat(43);
        for (text, error) in [
            ("$1$abcdefghi$fzmjzFdo5nMtBG8gtud5e0".to_owned(), PasswordHashError::Malformed("md5-crypt")),
            ("$1$$fzmjzFdo5nMtBG8gtud5e0".to_owned(), PasswordHashError::Malformed("md5-crypt")),
            (format!("$5$salt${digest}A"), PasswordHashError::Malformed("sha256-crypt")),
            (format!("$5$salt$x${digest}"), PasswordHashError::Malformed("sha256-crypt")),
            (format!("$5$rounds=999$salt${digest}"), PasswordHashError::Malformed("sha-crypt")),
            (format!("$5$rounds=x$salt${digest}"), PasswordHashError::Malformed("sha-crypt")),
            (format!("$5$rounds=700001$salt${digest}"), PasswordHashError::TooCostly),
            (format!("$5$rounds=99999999999999999999$salt${digest}"), PasswordHashError::TooCostly),
        ] {
            assert_eq!(parse(&text).err(), Some(error), "{text}");
        }
    }
}
