//! E-mail addresses and mobile numbers.

use crate::control::{Argument, Sentence};

/// RFC 5321, 4.5.3.1.
pub const MAX_EMAIL_LENGTH: usize = 254;
const MAX_LOCAL_LENGTH: usize = 64;
const MAX_DOMAIN_LABEL_LENGTH: usize = 63;

/// Countries that write numbers with a leading 0: name, country code, prefixes of mobile numbers, and numbers of digits.
const MOBILES: [(Sentence, &str, &[&str], &[usize]); 12] = [
    (Sentence::UnitedKingdom, "44", &["071", "072", "073", "074", "075", "077", "078", "079"], &[11]),
    (Sentence::Germany, "49", &["015", "016", "017"], &[11, 12]),
    (Sentence::France, "33", &["06", "07"], &[10]),
    (Sentence::Netherlands, "31", &["06"], &[10]),
    (Sentence::Belgium, "32", &["04"], &[10]),
    (Sentence::Switzerland, "41", &["075", "076", "077", "078", "079"], &[10]),
    (Sentence::Austria, "43", &["065", "066", "067", "068", "069"], &[11, 12]),
    (Sentence::Ireland, "353", &["083", "085", "086", "087", "089"], &[10]),
    (Sentence::Sweden, "46", &["070", "072", "073", "076", "079"], &[10]),
    (Sentence::Australia, "61", &["04"], &[10]),
    (Sentence::NewZealand, "64", &["021", "022", "027"], &[9, 10, 11]),
    (Sentence::SouthAfrica, "27", &["06", "07", "08"], &[10]),
];

/// What is wrong with an e-mail address. Of RFC 5321 it accepts dot-atoms at domain names: no quoted local part and no
/// address literal.
pub(super) fn email_fault(text: &str) -> Option<Sentence> {
    if text.len() > MAX_EMAIL_LENGTH {
        return Some(Sentence::TooLong { max: MAX_EMAIL_LENGTH.into() });
    }
    let Some((local, domain)) = text.rsplit_once('@') else { return Some(Sentence::Email) };
    if !domain.is_ascii() {
        return Some(Sentence::EmailDomain);
    }
    (!is_local(local) || !is_domain(domain)).then_some(Sentence::Email)
}

fn is_local(local: &str) -> bool {
    let is_atom = |letter: u8| letter.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&letter);
    local.len() <= MAX_LOCAL_LENGTH && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom))
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=MAX_DOMAIN_LABEL_LENGTH).contains(&label.len())
            && label.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_number = |label: &str| label.bytes().all(|letter| letter.is_ascii_digit());
    let last = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.') && domain.split('.').all(is_label) && !is_number(last)
}

/// The numbers that a text may stand for, with their countries where the text does not say it; none for a fit number.
pub(in crate::control) fn mobile_suggestions(text: &str) -> Vec<(String, Option<Sentence>)> {
    if is_e164(text) && !has_trunk_zero(text) { Vec::new() } else { suggestions(text) }
}

/// What is wrong with a mobile number, with suggestions.
pub(super) fn mobile_fault(text: &str) -> Option<Sentence> {
    if is_e164(text) && !has_trunk_zero(text) {
        return None;
    }
    let suggestions = suggestions(text);
    if suggestions.is_empty() {
        return Some(Sentence::Mobile);
    }
    let are_several = suggestions.len() > 1;
    let named = |(number, country): (String, Option<Sentence>)| match country.filter(|_| are_several) {
        Some(country) => Sentence::MobileOfCountry { number: number.into(), country: country.into() }.into(),
        None => Argument::Text(number),
    };
    Some(Sentence::MobileMeant { numbers: Sentence::any_of(suggestions.into_iter().map(named)) })
}

fn is_e164(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()) && !digits.starts_with('0')
}

/// A mobile number of a country in the table, written with its code.
fn is_mobile(number: &str) -> bool {
    MOBILES.iter().any(|(_, code, beginnings, lengths)| {
        let national = number.strip_prefix('+').and_then(|digits| digits.strip_prefix(code));
        national.is_some_and(|rest| {
            let trunk = format!("0{rest}");
            lengths.contains(&trunk.len()) && beginnings.iter().any(|beginning| trunk.starts_with(beginning))
        })
    })
}

/// +44 07700 900961: the 0 is dialled within the country only.
fn has_trunk_zero(number: &str) -> bool {
    without_trunk_zero(number).is_some()
}

fn without_trunk_zero(number: &str) -> Option<String> {
    let digits = number.strip_prefix('+')?;
    let without = MOBILES
        .iter()
        .filter_map(|(_, code, ..)| Some(format!("+{code}{}", digits.strip_prefix(code)?.strip_prefix('0')?)));
    without.into_iter().find(|number| is_mobile(number))
}

/// Numbers that the text may stand for, with their countries.
fn suggestions(text: &str) -> Vec<(String, Option<Sentence>)> {
    // National notation: +44 (0)7700 900961.
    let bare = text.replace("(0)", "");
    let bare: String = bare.chars().filter(|letter| !" -./()\u{a0}".contains(*letter)).collect();
    let international = bare.strip_prefix("00").map(|rest| format!("+{rest}")).unwrap_or_else(|| bare.clone());
    if let Some(rest) = without_trunk_zero(&international) {
        return vec![(rest, None)];
    }
    if is_e164(&international) {
        return vec![(international, None)];
    }
    // 447700900961: the code without its +.
    let with_plus = format!("+{bare}");
    if is_e164(&with_plus) && is_mobile(&with_plus) {
        return vec![(with_plus, None)];
    }
    if !bare.starts_with('0') || !bare.bytes().all(|digit| digit.is_ascii_digit()) {
        return Vec::new();
    }
    let fits = |beginnings: &[&str], lengths: &[usize]| {
        lengths.contains(&bare.len()) && beginnings.iter().any(|beginning| bare.starts_with(beginning))
    };
    MOBILES
        .iter()
        .filter(|(.., beginnings, lengths)| fits(beginnings, lengths))
        .map(|(place, code, ..)| (format!("+{code}{}", &bare[1..]), Some(place.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_names_on_both_sides_of_one_at() {
        let longest = format!("{}@{}.{}.{}.org", "a".repeat(64), "b".repeat(63), "c".repeat(63), "d".repeat(57));
        assert_eq!(longest.len(), 254);
        for fit in ["anna@example.org", "o'brien+keys@mail.example.co.uk", "a_b=c@xn--bcher-kva.example", &longest] {
            assert_eq!(email_fault(fit), None, "{fit}");
        }
        let too_long = format!("{longest}x");
        for odd in [
            "",
            "anna",
            "@example.org",
            "anna@",
            "a@b@example.org",
            "anna@localhost",
            "a..b@example.org",
            ".a@example.org",
            "anna@-x.org",
            "anna@example..org",
            "anna@10.0.0.1",
            "anna@[10.0.0.1]",
            "\"a b\"@example.org",
            "a b@example.org",
            "anna@example.org\r\nBcc: all@example.org",
            "Anna <anna@example.org>",
            "änna@example.org",
            "anna@bücher.example",
            &too_long,
        ] {
            assert!(email_fault(odd).is_some(), "{odd}");
        }
    }

    #[test]
    fn a_national_number_is_answered_with_what_may_be_meant() {
        assert_eq!(mobile_fault("+441632960961"), None);
        let fault = |text: &str| mobile_fault(text).unwrap().to_string();
        assert!(fault("07700 900961").ends_with("did you mean +447700900961?"), "{}", fault("07700 900961"));
        assert!(fault("+44 (0)7700 900-961").ends_with("did you mean +447700900961?"));
        assert!(fault("0044 7700 900961").ends_with("did you mean +447700900961?"));
        for text in ["+44 7700 900961", "447700900961", "44 7700 900961", "+44 07700 900961", "+4407700900961"] {
            assert!(fault(text).ends_with("did you mean +447700900961?"), "{text}");
        }
        assert!(fault("0151 23456789").ends_with("did you mean +4915123456789?"));
        assert!(fault("06 12 34 56 78").contains("+33612345678 (France) or +31612345678 (the Netherlands)"));
        for odd in ["", "+", "+0441632960961", "anna", "٠٧٧٠٠٩٠٠٩٦١", "0123", "+4416329609611234", "+44\r\n7700900961"]
        {
            assert_eq!(fault(odd), Sentence::Mobile.to_string(), "{odd}");
        }
    }
}
