//! E-mail addresses of people who sign in.

use crate::control::operations::Invalid;

/// RFC 5321, 4.5.3.1.
const LONGEST: usize = 254;
const LONGEST_LOCAL: usize = 64;
/// What would have to be quoted, or could be taken for more than one address.
const SPECIAL: &str = "\"(),:;<>[\\]";

/// True for something@somewhere that is one address and needs no quoting.
pub(in crate::control::operations) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_plain = |letter: char| !letter.is_control() && !letter.is_whitespace() && !SPECIAL.contains(letter);
    text.len() <= LONGEST
        && (1..=LONGEST_LOCAL).contains(&local.len())
        && text.chars().all(is_plain)
        && !local.contains('@')
        && domain.split('.').all(|part| !part.is_empty() && !part.starts_with('-') && !part.ends_with('-'))
}

/// Says what is wrong with it, if anything.
pub(super) fn check_email(email: &str, invalid: &mut Invalid) {
    if !is_email(email) {
        invalid.add("email", "must be one e-mail address, such as ann@example.org");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_told_from_everything_else() {
        for fine in ["ann@example.org", "a@b", "Ann.O'Neill+x@mail.example.org", "änn@exämple.org"] {
            assert!(is_email(fine), "{fine}");
        }
        let long = format!("{}@example.org", "a".repeat(65));
        let longer = format!("a@{}.org", "a".repeat(250));
        let others = [
            "",
            "@",
            "ann",
            "ann@",
            "@example.org",
            "a@b@c",
            "a b@c",
            "a@b,c@d",
            "a@b\r\nBcc: c@d",
            "a@b\0",
            "<a@b>",
            "a@b..c",
            "a@.b",
            "a@b.",
            "a@-b",
            "a@b-",
            "\"a\"@b",
            "a@[127.0.0.1]",
            "a\u{a0}b@c",
            &long,
            &longer,
        ];
        for odd in others {
            assert!(!is_email(odd), "{odd:?}");
        }
    }
}
