//! Which events a webhook asks for, in words and as choices.

use crate::config::Webhooks;
use crate::control::Sentence;
use crate::control::console::form_field::Choice;
use crate::control::console::page_callers::Visit;
use crate::control::console::view::View;
use crate::control::operations::{ANY, Invalid, offered_events};
use crate::control::web::problem::Problem;

/// The field of the forms: one choice of entity and operation, so that no two of them can contradict each other.
pub(super) const FIELD: &str = "event";

/// Entities of this program, and the messages for them.
const ENTITIES: [(&str, &str); 4] = [
    ("credential", "webhooks-entity-credential"),
    ("access_request", "webhooks-entity-access-request"),
    ("account", "webhooks-entity-account"),
    ("webhook", "webhooks-entity-webhook"),
];
/// Operations, and the messages for them. The API behind may have others.
const OPERATIONS: [(&str, &str); 20] = [
    ("created", "webhooks-operation-created"),
    ("updated", "webhooks-operation-updated"),
    ("edited", "webhooks-operation-edited"),
    ("upgraded", "webhooks-operation-upgraded"),
    ("reset", "webhooks-operation-reset"),
    ("revealed", "webhooks-operation-revealed"),
    ("cleared", "webhooks-operation-cleared"),
    ("disabled", "webhooks-operation-disabled"),
    ("enabled", "webhooks-operation-enabled"),
    ("deleted", "webhooks-operation-deleted"),
    ("expiring", "webhooks-operation-expiring"),
    ("expired", "webhooks-operation-expired"),
    ("asked", "webhooks-operation-asked"),
    ("approved", "webhooks-operation-approved"),
    ("declined", "webhooks-operation-declined"),
    ("granted", "webhooks-operation-granted"),
    ("withdrawn", "webhooks-operation-withdrawn"),
    ("switched_on", "webhooks-operation-switched-on"),
    ("switched_off", "webhooks-operation-switched-off"),
    ("test", "webhooks-operation-test"),
];

/// An entity in words; that of the API behind as it is.
pub(super) fn entity(v: &View, entity: &str) -> String {
    if entity == ANY { v.t("webhooks-anything") } else { in_words(v, &ENTITIES, entity) }
}

/// An operation in words; an unknown one as it is.
pub(super) fn operation(v: &View, entity: &str, operation: &str) -> String {
    match (entity, operation) {
        (_, ANY) => v.t("webhooks-anything"),
        // The provider withdraws access, the account its request.
        ("account", "withdrawn") => v.t("webhooks-operation-access-withdrawn"),
        _ => in_words(v, &OPERATIONS, operation),
    }
}

fn in_words(v: &View, words: &[(&str, &str)], name: &str) -> String {
    words.iter().find(|(word, _)| *word == name).map_or_else(|| name.to_owned(), |(_, message)| v.t(message))
}

/// All events that a webhook of this person can receive, those of the API behind first. `present` is there, too, whatever
/// it is.
pub(super) fn choices(visit: &Visit, settings: &Webhooks, present: Option<(&str, &str)>) -> Vec<Choice> {
    let (own, of_api): (Vec<_>, Vec<_>) = offered_events(&visit.context(), settings)
        .into_iter()
        .partition(|(entity, _)| !settings.entities.contains_key(*entity));
    let named = of_api.into_iter().chain(own).flat_map(|(entity, operations)| {
        std::iter::once((entity, ANY)).chain(operations.into_iter().map(move |operation| (entity, operation)))
    });
    let mut pairs: Vec<(&str, &str)> = std::iter::once((ANY, ANY)).chain(named).collect();
    pairs.extend(present.filter(|present| !pairs.contains(present)));
    pairs
        .into_iter()
        .map(|(entity, operation)| Choice::new(value(entity, operation), label(visit, entity, operation)))
        .collect()
}

/// As the forms write it.
pub(super) fn value(entity: &str, operation: &str) -> String {
    format!("{entity}.{operation}")
}

/// Entity and operation of what was posted; whether they are known, the operation says.
///
/// # Errors
/// For text without both.
pub(super) fn parse<'t>(visit: &Visit, text: &'t str) -> Result<(&'t str, &'t str), Problem> {
    text.split_once('.').ok_or_else(|| Invalid::one(FIELD, Sentence::Localized(visit.t("webhooks-fault-event"))).into())
}

fn label(v: &View, of: &str, what: &str) -> String {
    match (of, what) {
        (ANY, ANY) => v.t("webhooks-every-event"),
        _ => v.t2("webhooks-event", ("entity", &entity(v, of)), ("operation", &operation(v, of, what))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::operations::OWN_ENTITIES;

    #[test]
    fn every_event_of_this_program_has_words() {
        for (entity, operations) in OWN_ENTITIES {
            assert!(ENTITIES.iter().any(|(word, _)| *word == entity), "{entity}");
            for operation in operations {
                assert!(OPERATIONS.iter().any(|(word, _)| word == operation), "{operation}");
            }
        }
    }
}
