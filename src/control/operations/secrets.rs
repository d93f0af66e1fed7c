//! Secrets are created here, revealed once, and stored as a digest or hash.

use std::collections::HashSet;
use std::sync::LazyLock;

use zeroize::Zeroizing;

use super::text_rules::is_bidi_control;
use super::{Invalid, NoSecret, OperationContext};
use crate::control::Sentence;
use crate::credential::{PlainPassword, PlainToken, is_username, normalized};
use crate::store::RecordSecret;

/// In characters.
const MIN_PASSWORD_LENGTH: usize = 8;
/// User name, colon and password.
const MAX_BASIC_BYTES: usize = 1024;
/// Last characters of a token that are stored in the clear.
const HINT_LENGTH: usize = 4;

/// The 3,000 most common passwords of at least eight characters (ASVS 5.0, 6.2.4), in lower case, most common first.
/// From the list of Royce Williams that Django 5.2 ships (`common-passwords.txt.gz`, BSD-3-Clause).
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// The secret that a new credential is to have.
#[derive(Debug)]
pub enum NewSecret {
    Token,
    Password {
        username: String,
        /// Generated when `None`.
        chosen: Option<PlainPassword>,
    },
}

/// A [`NewSecret`] without faults.
pub(super) struct ValidSecret(NewSecret);

/// A secret in the one response that reveals it.
#[derive(Debug)]
pub enum PlainSecret {
    /// None was made: it is made when the contact opens the link that was sent.
    Sent,
    Token(PlainToken),
    /// A generated password.
    Password(PlainPassword),
    /// The caller has chosen the password.
    Chosen,
}

/// Why a chosen password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordUnfit {
    TooShort,
    TooLong,
    /// Basic authentication cannot present it (RFC 7617).
    Control,
    Common,
    Username,
}

/// A new secret, and the form in which it is stored.
pub(super) struct CreatedSecret {
    pub(super) plain: PlainSecret,
    pub(super) stored: RecordSecret,
    pub(super) hint: Option<String>,
}

impl From<PasswordUnfit> for Sentence {
    fn from(unfit: PasswordUnfit) -> Self {
        match unfit {
            PasswordUnfit::TooShort => Self::PasswordTooShort { min: MIN_PASSWORD_LENGTH.into() },
            PasswordUnfit::TooLong => Self::PasswordTooLong { max: MAX_BASIC_BYTES.into() },
            PasswordUnfit::Control => Self::ControlCharacters,
            PasswordUnfit::Common => Self::PasswordCommon,
            PasswordUnfit::Username => Self::PasswordIsUsername,
        }
    }
}

impl NewSecret {
    pub(super) fn validated(self) -> Result<ValidSecret, Invalid> {
        self.faults().into_result().map(|()| ValidSecret(self))
    }

    pub(super) fn faults(&self) -> Invalid {
        let mut faults = Invalid::default();
        if let Self::Password { username, chosen } = self {
            if let Some(fault) = username_fault(username) {
                faults.add("username", fault);
            }
            if let Some(unfit) = chosen.as_ref().and_then(|password| check_password(username, password).err()) {
                faults.add("password", unfit.into());
            }
        }
        faults
    }
}

impl ValidSecret {
    /// For a secret that is sent: it is made when it is shown.
    pub(super) fn without_secret(self) -> CreatedSecret {
        let stored = match self.0 {
            NewSecret::Token => RecordSecret::Token(None),
            NewSecret::Password { username, .. } => {
                RecordSecret::Password { username: normalized(&username).into(), hash: None }
            }
        };
        CreatedSecret { plain: PlainSecret::Sent, stored, hint: None }
    }
}

/// What is wrong with the user name of a Basic pair.
pub(super) fn username_fault(username: &str) -> Option<Sentence> {
    let is_fit = is_username(username) && !username.chars().any(is_bidi_control);
    (!is_fit).then_some(Sentence::Username)
}

/// Creates a secret. Hashing is slow and may wait in the queue, so callers hold no lock meanwhile.
pub(super) async fn create_secret(
    call: &OperationContext<'_>,
    ValidSecret(new): ValidSecret,
) -> Result<CreatedSecret, NoSecret> {
    match new {
        NewSecret::Token => {
            let token = call.terms.format.mint().map_err(|_| NoSecret::Machine)?;
            let text = token.reveal();
            let hint = text.get(text.len().saturating_sub(HINT_LENGTH)..).map(str::to_owned);
            let stored = RecordSecret::Token(Some(token.digest()));
            Ok(CreatedSecret { stored, hint, plain: PlainSecret::Token(token) })
        }
        NewSecret::Password { username, chosen } => {
            let is_chosen = chosen.is_some();
            let password = match chosen {
                Some(password) => password,
                None => PlainPassword::generate().map_err(|_| NoSecret::Machine)?,
            };
            let hashes = call.hashes.ok_or(NoSecret::Machine)?;
            let (hash, password) = hashes.hash(password).await?;
            let plain = if is_chosen { PlainSecret::Chosen } else { PlainSecret::Password(password) };
            let username = normalized(&username).into();
            Ok(CreatedSecret { plain, stored: RecordSecret::Password { username, hash: Some(hash) }, hint: None })
        }
    }
}

/// Whether a user with this name may choose this password.
pub(super) fn check_password(name: &str, password: &PlainPassword) -> Result<(), PasswordUnfit> {
    let bytes = password.reveal();
    if name.len() + 1 + bytes.len() > MAX_BASIC_BYTES {
        return Err(PasswordUnfit::TooLong);
    }
    let characters = Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
    if characters.chars().count() < MIN_PASSWORD_LENGTH {
        return Err(PasswordUnfit::TooShort);
    }
    if characters.chars().any(char::is_control) {
        return Err(PasswordUnfit::Control);
    }
    let folded = Zeroizing::new(characters.to_lowercase());
    if COMMON.contains(folded.as_str()) {
        return Err(PasswordUnfit::Common);
    }
    if repeats_name(&folded, &name.to_lowercase()) { Err(PasswordUnfit::Username) } else { Ok(()) }
}

/// True when the password is the name, once or repeated, and punctuation and spaces.
fn repeats_name(password: &str, name: &str) -> bool {
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
        check_password(name, &PlainPassword::new(password.as_bytes()))
    }

    #[test]
    fn a_password_has_eight_characters_to_a_thousand_bytes() {
        assert_eq!(fit("acme", "öäüßéèê"), Err(PasswordUnfit::TooShort), "characters, not bytes");
        assert_eq!(fit("acme", "öäüßéèêç"), Ok(()));
        assert_eq!(fit("acme", &"kontrapunkt ".repeat(6)), Ok(()), "72 characters");
        assert_eq!(fit("acme", &"x1".repeat(509)), Ok(()));
        assert_eq!(fit("acme", &"x1".repeat(510)), Err(PasswordUnfit::TooLong));
        assert_eq!(fit("acme", "with\u{7}bells"), Err(PasswordUnfit::Control));
    }

    #[test]
    fn common_passwords_are_refused_in_any_case() {
        assert_eq!(COMMON.len(), 3000);
        assert!(
            COMMON
                .iter()
                .all(|password| password.chars().count() >= MIN_PASSWORD_LENGTH
                    && !password.contains(char::is_uppercase))
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
