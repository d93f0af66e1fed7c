//! The filter of the list, as the address has it.

use super::paths::LIST;
use crate::control::Sentence;
use crate::control::console::form_field::Choice;
use crate::control::console::pages::page_urls::query_value;
use crate::control::console::posted_form::Fields;
use crate::control::console::view::View;
use crate::control::operations::{CreatedWhen, CredentialSearch, MAX_NAME_LENGTH};
use crate::control::web::problem::{Code, Problem};
use crate::store::{CredentialKind, CredentialState};

/// Word, meaning, message.
type Words<T> = [(&'static str, T, &'static str)];

const CREATED: [(&str, CreatedWhen, &str); 3] = [
    ("within_7_days", CreatedWhen::Within7Days, "credentials-created-7"),
    ("within_30_days", CreatedWhen::Within30Days, "credentials-created-30"),
    ("before_30_days", CreatedWhen::Before30Days, "credentials-created-before"),
];
const STATES: [(&str, CredentialState, &str); 5] = [
    ("enabled", CredentialState::Enabled, "credentials-state-enabled"),
    ("disabled", CredentialState::Disabled, "credentials-state-disabled"),
    ("expired", CredentialState::Expired, "credentials-state-expired"),
    ("waiting", CredentialState::Waiting, "credentials-state-waiting"),
    ("cleared", CredentialState::Cleared, "credentials-state-cleared"),
];
const KINDS: [(&str, CredentialKind, &str); 3] = [
    ("token", CredentialKind::Token, "credentials-kind-token"),
    ("password", CredentialKind::Password, "credentials-kind-password"),
    ("own", CredentialKind::Own, "credentials-kind-own"),
];

/// Empty texts do not filter.
#[derive(Default)]
pub(super) struct Filter {
    pub(super) part: String,
    pub(super) account: String,
    pub(super) owner: String,
    created: String,
    pub(super) state: String,
    pub(super) kind: String,
    pub(super) cursor: Option<String>,
}

/// A filter that is set: how it reads, and the address of the list without it.
pub(super) struct Chip {
    pub(super) text: String,
    pub(super) href: String,
}

impl Filter {
    /// # Errors
    /// For a field or a word that the page does not have.
    pub(super) fn read(target: &str) -> Result<Self, Problem> {
        let fields = Fields::parse(target.split_once('?').map_or("", |(_, query)| query))?;
        let mut reader = fields.reader();
        let filter = Self {
            part: reader.text("part").to_owned(),
            account: reader.text("account").to_owned(),
            owner: reader.text("owner").to_owned(),
            created: reader.text("created").to_owned(),
            state: reader.text("state").to_owned(),
            kind: reader.text("kind").to_owned(),
            cursor: reader.optional("cursor"),
        };
        reader.finish()?;
        let is_word = is_word(&CREATED, &filter.created)
            && self::is_word(&STATES, &filter.state)
            && self::is_word(&KINDS, &filter.kind);
        if is_word { Ok(filter) } else { Err(Problem::new(Code::Malformed, Sentence::FilterValue)) }
    }

    /// `None` where no credential can match.
    pub(super) fn search(&self) -> Option<CredentialSearch> {
        let label = |text: &str| match text {
            "" => Some(None),
            text => text.parse().ok().map(Some),
        };
        let is_searchable = self.part.chars().count() <= MAX_NAME_LENGTH && !self.part.contains(char::is_control);
        is_searchable.then_some(CredentialSearch {
            account: label(&self.account)?,
            owner: label(&self.owner)?,
            owner_part: None,
            part: Some(self.part.clone()).filter(|part| !part.is_empty()),
            created: meaning(&CREATED, &self.created),
            state: meaning(&STATES, &self.state),
            kind: meaning(&KINDS, &self.kind),
        })
    }

    pub(super) fn created_choices(&self, v: &View) -> Vec<Choice> {
        choices(v, "credentials-created-any", &CREATED, &self.created)
    }

    pub(super) fn state_choices(&self, v: &View) -> Vec<Choice> {
        choices(v, "credentials-state-any", &STATES, &self.state)
    }

    pub(super) fn kind_choices(&self, v: &View) -> Vec<Choice> {
        choices(v, "credentials-kind-any", &KINDS, &self.kind)
    }

    pub(super) fn has_age(&self) -> bool {
        !self.created.is_empty()
    }

    /// Apart from the page.
    pub(super) fn is_set(&self) -> bool {
        self.pairs().iter().any(|(_, value)| !value.is_empty())
    }

    pub(super) fn chips(&self, v: &View, owner: Option<&str>) -> Vec<Chip> {
        let text = |name: &str, value: &str| match name {
            "part" => v.t1("credentials-chip-part", "value", value),
            "account" => v.t1("credentials-chip-account", "value", value),
            "owner" => v.t1("credentials-chip-owner", "value", owner.unwrap_or(value)),
            "created" => v.t1("credentials-chip-created", "value", &in_words(v, &CREATED, value)),
            "state" => v.t1("credentials-chip-state", "value", &in_words(v, &STATES, value)),
            _ => v.t1("credentials-chip-kind", "value", &in_words(v, &KINDS, value)),
        };
        let set = self.pairs().into_iter().filter(|(_, value)| !value.is_empty());
        set.map(|(name, value)| Chip { text: text(name, value), href: v.url(&self.path(&[(name, "")])) }).collect()
    }

    /// The address of the list with these values in place of its own, from the first page on.
    pub(super) fn path(&self, changes: &[(&str, &str)]) -> String {
        let changed = |name: &str| changes.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
        let kept = self.pairs().into_iter().map(|(name, value)| (name, changed(name).unwrap_or(value)));
        let cursor = changed("cursor").map(|cursor| ("cursor", cursor));
        let pairs = kept.chain(cursor).filter(|(_, value)| !value.is_empty());
        let query: Vec<_> = pairs.map(|(name, value)| format!("{name}={}", query_value(value))).collect();
        if query.is_empty() { LIST.to_owned() } else { format!("{LIST}?{}", query.join("&")) }
    }

    fn pairs(&self) -> [(&'static str, &str); 6] {
        [
            ("part", &self.part),
            ("account", &self.account),
            ("owner", &self.owner),
            ("created", &self.created),
            ("state", &self.state),
            ("kind", &self.kind),
        ]
    }
}

fn meaning<T: Copy>(words: &Words<T>, text: &str) -> Option<T> {
    words.iter().find(|(word, ..)| *word == text).map(|(_, meaning, _)| *meaning)
}

fn is_word<T: Copy>(words: &Words<T>, text: &str) -> bool {
    text.is_empty() || meaning(words, text).is_some()
}

fn in_words<T>(v: &View, words: &Words<T>, text: &str) -> String {
    words.iter().find(|(word, ..)| *word == text).map_or_else(String::new, |(.., message)| v.t(message))
}

fn choices<T>(v: &View, any: &str, words: &Words<T>, chosen: &str) -> Vec<Choice> {
    let all = std::iter::once(("", any)).chain(words.iter().map(|(word, _, message)| (*word, *message)));
    all.map(|(word, message)| Choice { is_chosen: word == chosen, ..Choice::new(word, v.t(message)) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_survives_its_address() {
        let target = "/credentials?part=a%26b+%22&state=disabled&created=within_7_days&kind=own&account=a%2Fb&cursor=x";
        let filter = Filter::read(target).unwrap();
        let path = filter.path(&[]);
        assert!(!path.contains("cursor"), "{path}");
        let again = Filter::read(&path).unwrap();
        assert_eq!((again.part.as_str(), again.pairs()), ("a&b \"", filter.pairs()));
        assert_eq!(filter.path(&[("cursor", "y/z")]), format!("{path}&cursor=y%2Fz"));
        let none = [("part", ""), ("state", ""), ("created", ""), ("kind", ""), ("account", "")];
        assert_eq!(filter.path(&none), LIST);
    }

    #[test]
    fn what_the_page_does_not_have_is_refused() {
        for query in ["state=on", "created=today", "kind=x", "x=", "state=enabled&state=enabled", "part=%ff"] {
            assert!(Filter::read(&format!("/credentials?{query}")).is_err(), "{query}");
        }
        for query in ["", "?", "?&&", "?part=&state=&created=&kind=&account=&owner="] {
            assert!(!Filter::read(&format!("/credentials{query}")).unwrap().is_set(), "{query}");
        }
    }

    #[test]
    fn what_no_credential_has_is_not_searched() {
        for query in ["account=a+b", "owner=%3Cb%3E", "part=%00", &format!("part={}", "x".repeat(201))] {
            assert!(Filter::read(&format!("/credentials?{query}")).unwrap().search().is_none(), "{query}");
        }
    }
}
