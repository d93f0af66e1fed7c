//! What a webhook asks for: an entity and an operation, each of which may be any.

use std::fmt;

use crate::config::Webhooks;
use crate::control::Sentence;
use crate::control::operations::events::OWN_ENTITIES;
use crate::control::operations::{FieldFault, Invalid, OperationContext, Right};

/// Stands for any entity, or any operation.
pub const ANY: &str = "*";

/// A subscription that some event can match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    pub entity: String,
    pub operation: String,
}

impl Subscription {
    /// # Errors
    /// Names the field that no event can match.
    pub fn parse(entity: &str, operation: &str, settings: &Webhooks) -> Result<Self, Invalid> {
        let operations = operations(settings);
        let of_entity: Vec<&str> = match entity {
            ANY => operations.iter().flat_map(|(_, operations)| operations.iter().copied()).collect(),
            named => match operations.iter().find(|(entity, _)| *entity == named) {
                Some((_, operations)) => operations.clone(),
                None => {
                    let known: Vec<&str> = operations.iter().map(|(entity, _)| *entity).collect();
                    return Err(Invalid::one("entity", unknown(&known)));
                }
            },
        };
        if operation != ANY && !of_entity.contains(&operation) {
            return Err(Invalid::one("operation", unknown(&unique(of_entity))));
        }
        Ok(Self { entity: entity.to_owned(), operation: operation.to_owned() })
    }

    /// The name of an event, `contact.created`, as REST hooks write it.
    ///
    /// # Errors
    /// Names the field `event`.
    pub fn parse_event(event: &str, settings: &Webhooks) -> Result<Self, Invalid> {
        let of_event = |Invalid(faults)| {
            Invalid(faults.into_iter().map(|fault: FieldFault| FieldFault { field: "event".into(), ..fault }).collect())
        };
        match event.split_once('.') {
            Some((entity, operation)) => Self::parse(entity, operation, settings).map_err(of_event),
            None if event == ANY => Self::parse(ANY, ANY, settings),
            None => Err(Invalid::one("event", Sentence::EventForm)),
        }
    }

    /// Every entity and operation that it matches.
    pub(super) fn names<'n>(&self, settings: &'n Webhooks) -> Vec<(&'n str, &'n str)> {
        let matches = |wanted: &str, name: &str| wanted == ANY || wanted == name;
        operations(settings)
            .into_iter()
            .filter(|(entity, _)| matches(&self.entity, entity))
            .flat_map(|(entity, operations)| operations.into_iter().map(move |operation| (entity, operation)))
            .filter(|(_, operation)| matches(&self.operation, operation))
            .collect()
    }
}

impl fmt::Display for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.entity, self.operation)
    }
}

/// Every entity with its operations: ours first, then those of the API behind.
fn operations(settings: &Webhooks) -> Vec<(&str, Vec<&str>)> {
    let own = OWN_ENTITIES.iter().map(|(entity, operations)| (*entity, operations.to_vec()));
    let of_api = settings.entities.iter();
    own.chain(of_api.map(|(entity, operations)| (entity.as_str(), operations.iter().map(String::as_str).collect())))
        .collect()
}

/// As [`operations`], but only what a webhook of the caller can receive: that of a member's own key gets events about
/// that key, and those of the API behind.
pub(in crate::control) fn offered_events<'s>(
    call: &OperationContext<'_>,
    settings: &'s Webhooks,
) -> Vec<(&'s str, Vec<&'s str>)> {
    let has_own_key_only = !call.caller.may(Right::ManageCredentials);
    let is_offered =
        |entity: &str| !has_own_key_only || entity == "credential" || settings.entities.contains_key(entity);
    operations(settings).into_iter().filter(|(entity, _)| is_offered(entity)).collect()
}

fn unknown(known: &[&str]) -> Sentence {
    Sentence::EventUnknown { any: ANY.into(), names: known.join(", ").into() }
}

fn unique(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names.dedup();
    names
}
