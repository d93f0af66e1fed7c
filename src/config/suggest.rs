//! Unknown keys. An unknown key may be a value that lost its colon or its space, and so a secret: a fault repeats it
//! only where it is a misspelt known key.

use super::{Diagnostic, Key};

/// Edit distance up to which a key counts as misspelt.
const MAX_EDITS: usize = 2;
const SUGGESTION: &str = "did you mean ";
const AT_TOP: &str = " at the top level";
const MAX_NAME_BYTES: usize = 32;
/// Places of a key that one suggestion names.
const MAX_PLACES: usize = 4;

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

/// The same for a key of `section`, which may belong to another one: `paths` are those of all keys of the document.
pub(super) fn unknown_key_in(
    section: &str,
    key: &Key,
    known: &[&str],
    paths: impl FnOnce() -> Vec<String>,
) -> Diagnostic {
    let fault = unknown_key(key, known);
    let is_misspelt = !fault.path.is_empty() && fault.hint.as_ref().is_some_and(|hint| hint.starts_with(SUGGESTION));
    if is_misspelt {
        return fault;
    }
    match elsewhere(&key.name, section, &paths()) {
        Some(hint) => Diagnostic::new(key.origin.clone(), key.name.as_str(), "is not a known key").hint(hint),
        None => fault,
    }
}

/// Where the document has a key of this name: below `section` first, then at the top.
fn elsewhere(name: &str, section: &str, paths: &[String]) -> Option<String> {
    let mut places: Vec<&str> = paths.iter().map(String::as_str).filter(|path| last_key(path) == name).collect();
    places.sort_by_key(|path| (!is_below(path, section), path.matches('.').count()));
    let text = |path: &str| if path == name { format!("{name}{AT_TOP}") } else { path.to_owned() };
    let mut named: Vec<String> = places.iter().take(MAX_PLACES).map(|path| text(path)).collect();
    let last = named.pop()?;
    Some(match &named[..] {
        [] => format!("{SUGGESTION}{last}?"),
        others => format!("{SUGGESTION}{} or {last}?", others.join(", ")),
    })
}

fn last_key(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path).trim_end_matches("[]")
}

fn is_below(path: &str, section: &str) -> bool {
    let path = path.replace("[]", "");
    !section.is_empty() && path.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'))
}

/// The path of the key that a misspelt or misplaced one at `path` stands for, by the hint of its fault.
pub(super) fn suggested_path(path: &str, hint: Option<&str>) -> Option<String> {
    let name = hint?.strip_prefix(SUGGESTION)?.strip_suffix('?')?;
    let (name, is_path) = match name.strip_suffix(AT_TOP) {
        Some(name) => (name, true),
        None => (name, name.contains('.')),
    };
    // It may be one of several keys.
    if name.contains(' ') {
        return None;
    }
    if is_path {
        return Some(name.to_owned());
    }
    let parent = path.rsplit_once('.').map(|(parent, _)| format!("{parent}.")).unwrap_or_default();
    Some(parent + name)
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
        Some(known) => format!("{SUGGESTION}{known}?"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Document as _, Origin, raw};

    fn hint(section: &str, name: &str, known: &[&str], paths: &[String]) -> Option<String> {
        let key = Key { name: name.to_owned(), origin: Origin::WHOLE_FILE };
        unknown_key_in(section, &key, known, || paths.to_vec()).hint
    }

    #[test]
    fn every_key_of_the_settings_is_found_from_another_section() {
        let paths = raw::File::key_paths();
        for path in ["proxy.timeouts.client", "versions.known[].name", "scopes.*[].path", "rate_limit.burst"] {
            assert!(paths.iter().any(|other| other == path), "{path} is missing: {paths:?}");
        }
        let top: Vec<&str> = paths.iter().map(String::as_str).filter(|path| !path.contains(['.', '['])).collect();
        for name in paths.iter().map(|path| last_key(path)).filter(|name| !top.contains(name)) {
            let hint = hint("", name, &top, &paths).unwrap();
            assert!(hint.starts_with(SUGGESTION), "{name}: {hint}");
        }
    }

    #[test]
    fn a_key_of_the_same_section_is_suggested_first_and_at_most_four_are() {
        let paths = ["a.x", "b.c.x", "x", "d[].x", "e.x", "f.x", "b.y"].map(str::to_owned);
        assert_eq!(
            hint("b", "x", &["other"], &paths).unwrap(),
            "did you mean b.c.x, x at the top level, a.x or d[].x?"
        );
        assert_eq!(hint("b", "y", &["z"], &paths).unwrap(), "did you mean b.y?");
        assert_eq!(hint("b", "secret", &["other"], &paths).unwrap(), "known here: other");
    }

    #[test]
    fn a_suggestion_names_one_path_or_none() {
        let path = |hint: &str| suggested_path("log.levl", Some(hint));
        assert_eq!(path("did you mean level?").as_deref(), Some("log.level"));
        assert_eq!(path("did you mean proxy.timeouts?").as_deref(), Some("proxy.timeouts"));
        assert_eq!(path("did you mean limits at the top level?").as_deref(), Some("limits"));
        assert_eq!(path("did you mean a.x or b.x?"), None);
        assert_eq!(path("known here: a"), None);
    }
}
