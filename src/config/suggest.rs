//! Unknown keys. An unknown key may be a value that lost its colon or its space, and so a secret: a fault repeats it
//! only where it is a misspelt known key.

use super::{Diagnostic, Key};

/// Edit distance up to which a key counts as misspelt.
const MAX_EDITS: usize = 2;
const MAX_NAME_BYTES: usize = 32;

/// The fault of an unknown key. Its path is the key, or empty where the key may be a secret.
pub fn unknown_key(key: &Key, known: &[&str]) -> Diagnostic {
    let name = key.name.as_str();
    if is_misspelt(name, known) {
        let fault = Diagnostic::new(key.origin.clone(), name, "is not a known key");
        return fault.hint(suggestion(name, known));
    }
    let glued = known.iter().find_map(|known| Some((*known, name.strip_prefix(known)?.chars().next()?)));
    let hint = match glued {
        Some((_, ':')) => "put a space after the colon".to_owned(),
        Some((known, other)) if !is_word(other) => format!("put a colon and a space after {known}"),
        _ => suggestion(name, known),
    };
    Diagnostic::new(key.origin.clone(), "", "a key here is not known").hint(hint)
}

/// The most similar of the known words, if any is similar.
pub(crate) fn closest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let folded = name.to_ascii_lowercase().replace('-', "_");
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(&folded, candidate), *candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

fn suggestion(name: &str, known: &[&str]) -> String {
    match closest(name, known) {
        Some(known) => format!("did you mean {known}?"),
        None => format!("known here: {}", known.join(", ")),
    }
}

fn is_misspelt(name: &str, known: &[&str]) -> bool {
    let is_name = name.len() <= MAX_NAME_BYTES
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(is_word);
    let max_edits = |known: &str| (known.len() / 3).clamp(1, MAX_EDITS);
    is_name && known.iter().any(|known| strsim::osa_distance(name, known) <= max_edits(known))
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'
}
