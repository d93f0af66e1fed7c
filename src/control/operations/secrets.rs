//! Secrets: made here, shown once, kept as digest or hash.

use std::collections::HashSet;
use std::sync::LazyLock;

use zeroize::Zeroizing;

use super::Invalid;
use super::hashing::hashed;
use super::sessions::Busy;
use super::text_rules::is_disguise;
use crate::credential::{PlainPassword, PlainToken, StoredSecret, TokenFormat, is_username, normalized};

const SHORTEST: usize = 8;
/// User name, colon and password: what is longer is refused before it is hashed.
const LONGEST: usize = 1024;
const HINT: usize = 4;

/// The 3,000 commonest of those that are not too short anyway (ASVS 5.0, 6.2.4), in small letters, the commonest first.
/// From the list of Royce Williams, as Django 5.2 has it (`common-passwords.txt.gz`, BSD-3-Clause).
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// What kind of secret a new credential has.
#[derive(Debug)]
pub enum NewSecret {
    /// A token, as the settings say.
    Token,
    /// A Basic pair.
    Password {
        /// What stands before the colon.
        username: String,
        /// Chosen, or made.
        chosen: Option<PlainPassword>,
    },
}

/// One that can be made.
pub(super) struct FitSecret(NewSecret);

/// The one time it can be seen.
#[derive(Debug)]
pub enum PlainSecret {
    /// A new token.
    Token(PlainToken),
    /// A password that was made.
    Password(PlainPassword),
    /// Whoever chose it has it.
    Chosen,
}

/// What a chosen password must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordUnfit {
    /// Of too few characters.
    #[error("is shorter than {SHORTEST} characters")]
    TooShort,
    /// Longer than what is looked at.
    #[error("is longer than {LONGEST} bytes, with its user name")]
    TooLong,
    /// Nobody can present it (RFC 7617).
    #[error("holds control characters")]
    Control,
    /// What everybody guesses first.
    #[error("is one of the most common ones")]
    Common,
    /// What everybody guesses next.
    #[error("holds nothing but the user name")]
    Username,
}

/// Why there is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoSecret {
    /// The machine's fault.
    #[error("the system gave no randomness or no memory")]
    Machine,
    /// Too many want a password hashed.
    #[error(transparent)]
    Busy(#[from] Busy),
}

/// A secret that has just been made, and what is kept of it.
pub(super) struct Made {
    pub(super) plain: PlainSecret,
    pub(super) stored: StoredSecret,
    pub(super) hint: Option<String>,
}

impl NewSecret {
    /// Itself, if it can be made.
    pub(super) fn fit(self) -> Result<FitSecret, Invalid> {
        self.faults().into_result().map(|()| FitSecret(self))
    }

    /// Everything that is wrong with it.
    pub(super) fn faults(&self) -> Invalid {
        let mut faults = Invalid::default();
        if let Self::Password { username, chosen } = self {
            if !is_username(username) || username.chars().any(is_disguise) {
                faults.add("username", "must be 1 to 256 bytes without colon or control characters (RFC 7617)");
            }
            if let Some(unfit) = chosen.as_ref().and_then(|password| check(username, password).err()) {
                faults.add("password", unfit.to_string());
            }
        }
        faults
    }
}

/// Makes a secret. Hashing takes its time, and may have to wait for its turn: nothing may be locked meanwhile.
pub(super) async fn make(FitSecret(new): FitSecret, format: &TokenFormat) -> Result<Made, NoSecret> {
    match new {
        NewSecret::Token => {
            let token = format.mint().map_err(|_| NoSecret::Machine)?;
            let text = token.reveal();
            let hint = text.get(text.len().saturating_sub(HINT)..).map(str::to_owned);
            Ok(Made { stored: StoredSecret::Token(token.digest()), hint, plain: PlainSecret::Token(token) })
        }
        NewSecret::Password { username, chosen } => {
            let is_chosen = chosen.is_some();
            let password = match chosen {
                Some(password) => password,
                None => PlainPassword::generate().map_err(|_| NoSecret::Machine)?,
            };
            let (hash, password) = hashed(password).await?;
            let plain = if is_chosen { PlainSecret::Chosen } else { PlainSecret::Password(password) };
            Ok(Made {
                plain,
                stored: StoredSecret::Password { username: normalized(&username).into(), hash },
                hint: None,
            })
        }
    }
}

/// Whether a password is one that somebody with this name may choose.
pub(super) fn check(name: &str, password: &PlainPassword) -> Result<(), PasswordUnfit> {
    let bytes = password.reveal();
    if name.len() + 1 + bytes.len() > LONGEST {
        return Err(PasswordUnfit::TooLong);
    }
    let characters = Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
    if characters.chars().count() < SHORTEST {
        return Err(PasswordUnfit::TooShort);
    }
    if characters.chars().any(char::is_control) {
        return Err(PasswordUnfit::Control);
    }
    let folded = Zeroizing::new(characters.to_lowercase());
    if COMMON.contains(folded.as_str()) {
        return Err(PasswordUnfit::Common);
    }
    if is_only(&folded, &name.to_lowercase()) { Err(PasswordUnfit::Username) } else { Ok(()) }
}

/// True for a name, once or again and again, with nothing but marks and spaces around it.
fn is_only(password: &str, name: &str) -> bool {
    if name.is_empty() || !password.contains(name) {
        return false;
    }
    let rest = Zeroizing::new(password.replace(name, ""));
    !rest.chars().any(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(name: &str, password: &str) -> Result<(), PasswordUnfit> {
        check(name, &PlainPassword::new(password.as_bytes()))
    }

    #[test]
    fn eight_characters_to_a_thousand_bytes_are_taken_whole() {
        assert_eq!(fit("acme", "öäüßéèê"), Err(PasswordUnfit::TooShort), "characters, not bytes");
        assert_eq!(fit("acme", "öäüßéèêç"), Ok(()));
        assert_eq!(fit("acme", &"kontrapunkt ".repeat(6)), Ok(()), "72 characters");
        assert_eq!(fit("acme", &"x1".repeat(509)), Ok(()));
        assert_eq!(fit("acme", &"x1".repeat(510)), Err(PasswordUnfit::TooLong));
        assert_eq!(fit("acme", "with\u{7}bells"), Err(PasswordUnfit::Control));
    }

    #[test]
    fn the_commonest_are_refused_in_letters_of_any_size() {
        assert_eq!(COMMON.len(), 3000);
        assert!(
            COMMON
                .iter()
                .all(|password| password.chars().count() >= SHORTEST && !password.contains(char::is_uppercase))
        );
        for common in ["12345678", "password1", "PassWord1", "QWERTYUIOP", "webster1"] {
            assert_eq!(fit("acme", common), Err(PasswordUnfit::Common), "{common}");
        }
        assert_eq!(fit("acme", "password1 of acme"), Ok(()));
    }

    #[test]
    fn a_password_is_more_than_its_user_name() {
        for only in ["church-of-acme", "Church-Of-ACME", "church-of-acmechurch-of-acme", " church-of-acme!!"] {
            assert_eq!(fit("Church-of-Acme", only), Err(PasswordUnfit::Username), "{only}");
        }
        assert_eq!(fit("a", "AaAaAaAaA a"), Err(PasswordUnfit::Username));
        assert_eq!(fit("acme", "acme and nine geese"), Ok(()));
        assert_eq!(fit("", "!!!!!!!!"), Ok(()));
        assert_eq!(fit("ÄRZTE-bund", "ärzte-BUND"), Err(PasswordUnfit::Username));
    }
}
