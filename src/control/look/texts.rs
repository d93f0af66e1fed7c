//! The words of the console, as Fluent messages. Ours are English and complete; a folder of the operator replaces single
//! ones and adds languages.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::{CharacterDirection, LanguageIdentifier};

use crate::config::{Diagnostic, Diagnostics, Origin, raw};
use crate::control::{Argument, Sentence};

/// One file a group of pages.
macro_rules! english {
    ($($group:literal)*) => {
        const ENGLISH: &[(&str, &str)] =
            &[$(($group, include_str!(concat!("../console/texts/en/", $group, ".ftl")))),*];
    };
}

english! {
    "layout" "errors" "refusals" "sign_in" "demo" "setup" "profile" "overview"
    "access" "requests" "accounts" "credentials" "reveal" "files" "own_key" "management" "webhooks" "users" "tokens"
    "publishers" "audit" "status" "api_docs" "mail"
}

/// All languages; never empty.
pub(super) struct Texts(Vec<Arc<Language>>);

/// The texts of one language.
pub(in crate::control) struct Language {
    /// BCP 47, for the attribute `lang`.
    pub(in crate::control) tag: String,
    /// For the attribute `dir`.
    pub(in crate::control) direction: &'static str,
    /// The operator's, then ours in English.
    bundles: Vec<FluentBundle<FluentResource>>,
}

/// Values for the variables of a message.
#[derive(Default)]
pub(in crate::control) struct Arguments<'a>(FluentArgs<'a>);

/// Names of a message's variables, by the name of the message; those of attributes by `name.attribute`.
type Variables = HashMap<String, Vec<String>>;

impl Texts {
    /// # Errors
    /// For a file that cannot be read or parsed, a message that ours do not have, a variable that ours does not have,
    /// and a language other than English without texts.
    pub(super) fn load(console: &raw::Console, files: &[PathBuf]) -> Result<Self, Diagnostics> {
        let ours = variables(ENGLISH.iter().map(|(_, text)| *text));
        let (mut faults, mut languages) = (Diagnostics::default(), Vec::new());
        for tag in console.languages.iter().map(|tag| tag.0.0.as_str()) {
            let folder = console.texts.as_ref().map(|texts| texts.join(tag));
            let own = files.iter().filter(|file| file.parent() == folder.as_deref());
            let mut sources = Vec::new();
            for file in own {
                match read(file, &ours) {
                    Ok(text) => sources.push(text),
                    Err(problems) => problems.into_iter().for_each(|problem| faults.push(fault(file, &problem))),
                }
            }
            if sources.is_empty() && !tag.starts_with("en") && faults.is_empty() {
                let problem = format!("has {tag}, but no file console.texts/{tag}/*.ftl is there");
                faults.push(Diagnostic::new(Origin::WHOLE_FILE, "console.languages", problem));
            }
            languages.push(Arc::new(Language::new(tag, sources)));
        }
        if languages.is_empty() {
            return Ok(Self::default());
        }
        faults.into_result(|| Self(languages))
    }

    pub(super) fn language(&self, accepted: &str) -> Arc<Language> {
        let found = preferences(accepted).into_iter().find_map(|wanted| {
            let base = wanted.split('-').next().unwrap_or_default();
            let is_same = |language: &&Arc<Language>| language.tag.eq_ignore_ascii_case(wanted);
            let is_related = |language: &&Arc<Language>| {
                language.tag.split('-').next().is_some_and(|own| own.eq_ignore_ascii_case(base))
            };
            self.0.iter().find(is_same).or_else(|| self.0.iter().find(is_related))
        });
        found.unwrap_or(&self.0[0]).clone()
    }
}

impl Default for Texts {
    fn default() -> Self {
        Self(vec![Arc::new(Language::new("en", Vec::new()))])
    }
}

impl Language {
    fn new(tag: &str, own: Vec<String>) -> Self {
        let identifier: LanguageIdentifier = tag.parse().unwrap_or_default();
        let direction = match identifier.character_direction() {
            CharacterDirection::RTL => "rtl",
            CharacterDirection::LTR | CharacterDirection::TTB => "ltr",
        };
        let english = ENGLISH.iter().map(|(_, text)| (*text).to_owned()).collect();
        let bundles = [(identifier, own), ("en".parse().unwrap_or_default(), english)];
        let bundles = bundles.into_iter().map(|(identifier, sources)| bundle(identifier, sources)).collect();
        Self { tag: tag.to_owned(), direction, bundles }
    }

    /// The message `id`, or its attribute `id.attribute`.
    pub(in crate::control) fn text(&self, id: &str, arguments: &Arguments<'_>) -> String {
        self.find(id, arguments).unwrap_or_else(|| id.to_owned())
    }

    /// A sentence in this language; one without a message as it is.
    pub(in crate::control) fn sentence(&self, sentence: &Sentence) -> String {
        let Some((id, arguments)) = sentence.message() else { return sentence.to_string() };
        let with = |all: Arguments<'static>, (name, value): (&'static str, &Argument)| match value {
            Argument::Text(text) => all.with(name, text),
            Argument::Number(number) => all.number(name, *number),
            Argument::Moment(moment) => all.with(name, &self.date_and_time(*moment)),
            Argument::Sentence(inner) => all.with(name, &self.sentence(inner)),
        };
        self.text(id, &arguments.into_iter().fold(Arguments::default(), with))
    }

    /// Whether a text in English stands within the language without a mark.
    pub(in crate::control) fn is_english(&self) -> bool {
        self.tag.split('-').next().is_some_and(|base| base.eq_ignore_ascii_case("en"))
    }

    /// `None` for a message that is not there.
    pub(in crate::control) fn find(&self, id: &str, Arguments(arguments): &Arguments<'_>) -> Option<String> {
        let (name, attribute) = id.split_once('.').map_or((id, None), |(name, attribute)| (name, Some(attribute)));
        self.bundles.iter().find_map(|bundle| {
            let message = bundle.get_message(name)?;
            let pattern = match attribute {
                None => message.value()?,
                Some(attribute) => message.get_attribute(attribute)?.value(),
            };
            // A variable without a value shows as its name.
            Some(bundle.format_pattern(pattern, Some(arguments), &mut Vec::new()).into_owned())
        })
    }
}

impl<'a> Arguments<'a> {
    #[must_use]
    pub(in crate::control) fn with(mut self, name: &'a str, value: &(impl ToString + ?Sized)) -> Self {
        self.0.set(name, FluentValue::from(value.to_string()));
        self
    }

    /// A number, which selects a plural form.
    #[must_use]
    pub(in crate::control) fn number(mut self, name: &'a str, value: i64) -> Self {
        self.0.set(name, FluentValue::from(value));
        self
    }
}

fn bundle(identifier: LanguageIdentifier, sources: Vec<String>) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
    // The marks around variables would be invisible characters in names.
    bundle.set_use_isolating(false);
    for source in sources {
        let (Ok(resource) | Err((resource, _))) = FluentResource::try_new(source);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

fn fault(file: &Path, problem: &str) -> Diagnostic {
    Diagnostic::new(Origin::WHOLE_FILE, "console.texts", format!("{}: {problem}", file.display()))
}

/// A file of the operator's whose messages and variables are all among ours.
fn read(file: &Path, ours: &Variables) -> Result<String, Vec<String>> {
    let text = std::fs::read_to_string(file).map_err(|error| vec![format!("cannot be read: {error}")])?;
    if let Err((_, errors)) = FluentResource::try_new(text.clone()) {
        return Err(errors.iter().map(|error| format!("cannot be parsed: {error}")).collect());
    }
    let mut problems = Vec::new();
    for (id, used) in variables([text.as_str()]) {
        match ours.get(&id) {
            None => problems.push(format!("{id} is no message of ours")),
            Some(known) => {
                let unknown = used.iter().filter(|name| !known.contains(name));
                problems.extend(unknown.map(|name| format!("{id} has no variable ${name}")));
            }
        }
    }
    if problems.is_empty() { Ok(text) } else { Err(problems) }
}

/// Line by line: a message begins at the margin and its attributes with a dot. That is all of the syntax that texts use.
fn variables<'t>(texts: impl IntoIterator<Item = &'t str>) -> Variables {
    let mut found = Variables::new();
    for text in texts {
        let (mut message, mut id) = (String::new(), String::new());
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let name = line.split_once('=').map(|(name, _)| name.trim()).unwrap_or_default();
            if line.starts_with(|first: char| first.is_ascii_alphabetic()) && !name.is_empty() {
                name.clone_into(&mut message);
                id.clone_from(&message);
            } else if let Some(attribute) = name.strip_prefix('.') {
                id = format!("{message}.{attribute}");
            }
            if id.is_empty() {
                continue;
            }
            let used = found.entry(id.clone()).or_default();
            for rest in line.split('$').skip(1) {
                let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-' && letter != '_');
                used.push(rest[..end.unwrap_or(rest.len())].to_owned());
            }
        }
    }
    found
}

/// The languages of `Accept-Language` (RFC 9110, 12.5.4), the preferred one first.
fn preferences(accepted: &str) -> Vec<&str> {
    let mut found: Vec<(f32, &str)> = accepted
        .split(',')
        .take(20)
        .filter_map(|item| {
            let mut parts = item.split(';');
            let tag = parts.next()?.trim();
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(Ok(1.0), str::parse);
            let weight = weight.ok().filter(|weight| *weight > 0.0)?;
            (!tag.is_empty() && tag != "*").then_some((weight, tag))
        })
        .collect();
    found.sort_by(|one, other| other.0.total_cmp(&one.0));
    found.into_iter().map(|(_, tag)| tag).collect()
}

#[cfg(test)]
#[path = "texts_tests.rs"]
mod tests;
