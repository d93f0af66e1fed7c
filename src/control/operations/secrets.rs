//! Secrets: made here, shown once, kept as digest or hash.

use crate::credential::{PasswordHash, PlainPassword, PlainToken, StoredSecret, TokenFormat, is_username};

const SHORTEST: usize = 8;
/// User name, colon and password: what is longer is refused before it is hashed.
const LONGEST: usize = 1024;
const HINT: usize = 4;

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
}

/// Why there is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Not a user name.
    #[error("a user name has 1 to 256 characters, without colon or control characters (RFC 7617)")]
    Username,
    /// Not a password.
    #[error("the password {0}")]
    Password(PasswordUnfit),
    /// The machine's fault.
    #[error("the system gave no randomness or no memory")]
    System,
}

/// A secret that has just been made, and what is kept of it.
pub(super) struct Made {
    pub(super) plain: PlainSecret,
    pub(super) stored: StoredSecret,
    pub(super) hint: Option<String>,
}

/// Makes a secret. Hashing takes its time, on a thread of its own.
pub(super) async fn make(new: NewSecret, format: &TokenFormat) -> Result<Made, SecretError> {
    match new {
        NewSecret::Token => {
            let token = format.mint().map_err(|_| SecretError::System)?;
            let text = token.reveal();
            let hint = text.get(text.len().saturating_sub(HINT)..).map(str::to_owned);
            Ok(Made { stored: StoredSecret::Token(token.digest()), hint, plain: PlainSecret::Token(token) })
        }
        NewSecret::Password { username, chosen } => {
            if !is_username(&username) {
                return Err(SecretError::Username);
            }
            let is_chosen = chosen.is_some();
            let password = match chosen {
                Some(password) => password,
                None => PlainPassword::generate().map_err(|_| SecretError::System)?,
            };
            check(&username, &password).map_err(SecretError::Password)?;
            let hashing = tokio::task::spawn_blocking(move || (PasswordHash::of(&password), password));
            let (hash, password) = hashing.await.map_err(|_| SecretError::System)?;
            let hash = hash.map_err(|_| SecretError::System)?;
            let plain = if is_chosen { PlainSecret::Chosen } else { PlainSecret::Password(password) };
            Ok(Made { plain, stored: StoredSecret::Password { username: username.into(), hash }, hint: None })
        }
    }
}

pub(super) fn check(username: &str, password: &PlainPassword) -> Result<(), PasswordUnfit> {
    let bytes = password.reveal();
    let characters = zeroize::Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
    if characters.chars().count() < SHORTEST {
        return Err(PasswordUnfit::TooShort);
    }
    if username.len() + 1 + bytes.len() > LONGEST {
        return Err(PasswordUnfit::TooLong);
    }
    if characters.chars().any(char::is_control) { Err(PasswordUnfit::Control) } else { Ok(()) }
}
