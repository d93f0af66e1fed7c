//! Keys that nobody knows. Such a key may be a value that lost its colon or its space, and so a secret:
//! it is repeated only where it is a known key with a slip in it.

use super::{Diagnostic, Key};

/// A name that differs from a known one by more than this is not a slip any more.
const MOST_SLIPS: usize = 2;
const SUGGESTION: &str = "did you mean ";
const LONGEST_NAME: usize = 32;

/// The fault of a key that does not exist. Its path is the key's name, or empty where that must not be repeated.
pub fn unknown_key(key: &Key, known: &[&str]) -> Diagnostic {
    let name = key.name.as_str();
    if is_slip(name, known) {
        let fault = Diagnostic::new(key.origin.clone(), name, "is not a known key");
        return fault.hint(meant(name, known));
    }
    let glued = known.iter().find_map(|known| Some((*known, name.strip_prefix(known)?.chars().next()?)));
    let hint = match glued {
        Some((_, ':')) => "a colon needs a space behind it".to_owned(),
        Some((known, other)) if !is_word(other) => format!("a colon and a space belong behind {known}"),
        _ => meant(name, known),
    };
    Diagnostic::new(key.origin.clone(), "", "a key here is not known").hint(hint)
}

/// The path of the key that a misspelt one at `path` stands for, by the hint of its fault.
pub(super) fn suggested_path(path: &str, hint: Option<&str>) -> Option<String> {
    let name = hint?.strip_prefix(SUGGESTION)?.strip_suffix('?')?;
    let parent = path.rsplit_once('.').map(|(parent, _)| format!("{parent}.")).unwrap_or_default();
    Some(parent + name)
}

/// The known word that is most like this one.
pub fn closest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let folded = name.to_ascii_lowercase().replace('-', "_");
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(&folded, candidate), *candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

fn meant(name: &str, known: &[&str]) -> String {
    match closest(name, known) {
        Some(known) => format!("{SUGGESTION}{known}?"),
        None => format!("known here: {}", known.join(", ")),
    }
}

fn is_slip(name: &str, known: &[&str]) -> bool {
    let is_name = name.len() <= LONGEST_NAME
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(is_word);
    let slips = |known: &str| (known.len() / 3).clamp(1, MOST_SLIPS);
    is_name && known.iter().any(|known| strsim::osa_distance(name, known) <= slips(known))
}

/// What names are made of behind their first letter.
fn is_word(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'
}
