//! Parses YAML; nothing else does. No fault repeats text of the file: it may be a secret.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_yaml::Error;

use super::decode::{Document as _, empty};
use super::raw::CredentialsFile;
use super::suggest::unknown_key_in;
use super::{Diagnostic, Diagnostics, Key, Node, Origin, Value};

/// # Errors
/// The fault that stopped the parser, or an empty document.
pub fn parse(text: &str) -> Result<Node, Diagnostic> {
    if text.trim().is_empty() {
        return Err(Diagnostic::new(Origin::WHOLE_FILE, "", "is empty"));
    }
    let root: Node = serde_yaml::from_str_with_options(text, options()).map_err(|error| fault(&error))?;
    if root.value == Value::Null { Err(Diagnostic::new(Origin::WHOLE_FILE, "", "is empty")) } else { Ok(root) }
}

/// A list at the root of a document.
#[derive(Debug)]
pub struct Section {
    pub name: &'static str,
    /// False where an empty list permits more than a missing element.
    pub may_be_empty: bool,
}

/// Parses a document with long lists, one element at a time. `sections` are the keys of the root that hold lists;
/// `each` gets section, index and element.
///
/// # Errors
/// The fault that stopped the parser; unknown and duplicate keys of the root.
pub fn each_item(
    text: &str,
    sections: &'static [Section],
    each: impl FnMut(&'static str, usize, Node),
) -> Result<(), Diagnostics> {
    if text.trim().is_empty() {
        return Err(Diagnostic::new(Origin::WHOLE_FILE, "", "is empty").into());
    }
    let mut root = Root { sections, seen: Vec::new(), faults: Diagnostics::default(), each };
    let outcome = serde_yaml::with_deserializer_from_str_with_options(text, options(), |deserializer| {
        deserializer.deserialize_any(&mut root)
    });
    let mut faults = root.faults;
    if let Err(error) = outcome {
        faults.push(fault(&error));
    }
    faults.into_result(|| ())
}

fn options() -> serde_yaml::Options {
    serde_yaml::options! {
        // For a million credentials with few aliases.
        budget: serde_yaml::budget! {
            max_events: 200_000_000,
            max_nodes: 100_000_000,
            max_total_scalar_bytes: 4 << 30,
            max_aliases: 10_000,
            max_depth: 32,
        },
        alias_limits: serde_yaml::alias_limits! { max_total_replayed_events: 100_000, max_replay_stack_depth: 16 },
        // `decode` reports duplicates, all of them.
        duplicate_keys: serde_yaml::DuplicateKeyPolicy::PassThrough,
        merge_keys: serde_yaml::MergeKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
    }
}

fn fault(error: &Error) -> Diagnostic {
    let origin = error.location().map_or(Origin::WHOLE_FILE, Origin::from);
    let mut error = error.without_snippet();
    while let Error::AliasError { error: inner, .. } = error {
        error = inner.without_snippet();
    }
    let problem = match error {
        Error::ExternalMessage { msg, .. } => format!("is not valid YAML: {msg}"),
        Error::SerdeInvalidType { .. } => "must be a mapping".into(),
        Error::Eof { .. } => "ends too early".into(),
        Error::MultipleDocuments { .. } => "holds more than one YAML document".into(),
        Error::MergeKeyNotAllowed { .. } => "merge keys (<<) are not supported".into(),
        Error::UnknownAnchor { .. } => "an alias (*) refers to an anchor that does not exist".into(),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => "exceeds the limit of aliases or nesting".into(),
        _ => "is not valid YAML here".into(),
    };
    let fault = Diagnostic::new(origin, "", problem);
    match error {
        Error::UnknownAnchor { .. } => fault.hint("put a value that begins with * or & in quotes"),
        _ => fault,
    }
}

struct Root<F> {
    sections: &'static [Section],
    seen: Vec<&'static str>,
    faults: Diagnostics,
    each: F,
}

impl<'de, F: FnMut(&'static str, usize, Node)> Visitor<'de> for &mut Root<F> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let names: Vec<_> = self.sections.iter().map(|section| section.name).collect();
        write!(f, "a mapping with {}", names.join(", "))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(key) = entries.next_key::<Key>()? {
            let Some(section) = self.sections.iter().find(|section| section.name == key.name) else {
                let names: Vec<_> = self.sections.iter().map(|section| section.name).collect();
                self.faults.push(unknown_key_in("", &key, &names, CredentialsFile::key_paths));
                entries.next_value::<IgnoredAny>()?;
                continue;
            };
            if self.seen.contains(&section.name) {
                self.faults.push(Diagnostic::new(key.origin, section.name, "is a duplicate key"));
                entries.next_value::<IgnoredAny>()?;
                continue;
            }
            self.seen.push(section.name);
            let fault = match entries.next_value_seed(Items { section: section.name, each: &mut self.each })? {
                Found::Items => continue,
                Found::Nothing if section.may_be_empty => continue,
                Found::Null if section.may_be_empty => {
                    let fault = Diagnostic::new(key.origin, section.name, "must be a list");
                    fault.hint("write [] for an empty one")
                }
                Found::Nothing | Found::Null => empty(key.origin, section.name, section.name),
                Found::Other => Diagnostic::new(key.origin, section.name, "must be a list"),
            };
            self.faults.push(fault);
        }
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.faults.push(Diagnostic::new(Origin::WHOLE_FILE, "", "is empty"));
        Ok(())
    }
}

/// The value of a section.
enum Found {
    Items,
    /// An empty list.
    Nothing,
    Null,
    Other,
}

/// Passes on the elements of a list.
struct Items<'f, F> {
    section: &'static str,
    each: &'f mut F,
}

impl<'de, F: FnMut(&'static str, usize, Node)> DeserializeSeed<'de> for Items<'_, F> {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(&'static str, usize, Node)> Visitor<'de> for Items<'_, F> {
    type Value = Found;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut index = 0;
        while let Some(item) = items.next_element()? {
            (self.each)(self.section, index, item);
            index += 1;
        }
        Ok(if index == 0 { Found::Nothing } else { Found::Items })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Found::Other)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Found::Null)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Found::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Found::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Found::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Found::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Found::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_knows_its_place() {
        let root = parse("a: 1\nb:\n  - x\n  - {c: \"2\"}\n").unwrap();
        assert_eq!(root.origin_of(&["b", "1", "c"]), Origin::File { line: 4, column: 9 });
        assert_eq!(root.entry("a").unwrap().1.value, Value::Integer(1));
    }

    #[test]
    fn broken_files_are_refused_with_their_line() {
        let cases = [
            ("", "is empty"),
            ("# nothing\n", "is empty"),
            ("a: [1, 2\nb: 3", "2:2  is not valid YAML: illegal placement of ':' indicator"),
            (
                "x: 1\na: *b",
                "2:4  an alias (*) refers to an anchor that does not exist; put a value that begins with * or & in quotes",
            ),
            ("a: 1\n---\nb: 2\n", "3:1  holds more than one YAML document"),
            ("a: {<<: {b: 1}}", "1:5  merge keys (<<) are not supported"),
            ("a: \"x", "1:4  is not valid YAML: unclosed quote"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).map_err(|fault| fault.to_string()), Err(expected.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..10 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert!(parse(&bomb).unwrap_err().problem.contains("exceeds the limit of aliases"));
    }

    #[test]
    fn no_fault_repeats_text_of_the_file() {
        for text in [
            "password: *hunter2",
            "password: \"hunter2",
            "password: !!int hunter2",
            "password: {hunter2",
            "hunter2: &a *a",
        ] {
            assert!(!format!("{:?}", parse(text)).contains("hunter2\""), "{text}");
        }
    }
}
