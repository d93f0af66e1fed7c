//! Who did what, to which entity, when and from where.

use std::collections::BTreeSet;

use askama::Template;
use axum::Router;
use axum::routing::get;
use serde_json::{Map, Value};

use super::addresses::{day, label, query, with_query, word};
use crate::control::console::field::{Choice, Field};
use crate::control::console::form::Form;
use crate::control::console::menu::{Entry, Section};
use crate::control::console::page::{Answer, Page};
use crate::control::console::posted::{Posted, Reader};
use crate::control::console::visit::Visit;
use crate::control::operations::{Invalid, Paging, Right, list_audit};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::store::{ActorKind, AuditFilter, AuditRecord, Listing};

const PAGE: &str = "/audit";
const PAGE_SIZE: u32 = 50;

pub(super) const MENU: &[Entry] = &[Entry {
    section: Section::Account,
    place: 60,
    label: "audit-title",
    path: PAGE,
    is_visible: |standing| standing.may(Right::ReadAudit),
    count: None,
}];

pub(super) fn routes() -> Router<ControlState> {
    Router::new().route(PAGE, get(list))
}

/// The values of the filter, as they stand in the address.
pub(super) struct Wanted<'p> {
    account: &'p str,
    actor_kind: &'p str,
    actor: &'p str,
    verb: &'p str,
    target_kind: &'p str,
    target: &'p str,
    since: &'p str,
    /// The last day.
    until: &'p str,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Audit<'p> {
    v: &'p Visit,
    fields: Vec<Field>,
    /// The filter, for the form that exports.
    values: Vec<(&'static str, &'p str)>,
    lines: Vec<Line>,
    /// Rows that cannot be read.
    unreadable: usize,
    is_first: bool,
    first: String,
    next: Option<String>,
}

struct Line {
    record: AuditRecord,
    /// The list of all that this actor did.
    actor: String,
    /// The list of all that was done to this target.
    target: String,
    changes: Vec<Change>,
}

/// A field that an operation has set, changed or removed.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    field: String,
    before: Option<String>,
    after: Option<String>,
}

async fn list(visit: Visit) -> Answer {
    visit.require(Right::ReadAudit)?;
    show(&visit, &query(&visit.target)?).await
}

/// The entries that a query asks for, or what is wrong with it.
pub(super) async fn show(visit: &Visit, posted: &Posted) -> Answer {
    let mut reader = posted.reader();
    let wanted = Wanted::read(&mut reader);
    let cursor = reader.optional("cursor");
    reader.finish()?;
    let (listing, mut form) = match find(visit, &wanted, cursor.as_deref()).await {
        Ok(listing) => (listing, Form::new(visit)),
        Err(problem) => {
            let nothing = Listing { records: Vec::new(), unreadable: Vec::new(), end: None };
            (nothing, Form::refused(visit, posted, problem)?)
        }
    };
    let own_path = |cursor: &str| visit.url(&with_query(PAGE, &wanted.with_cursor(cursor)));
    let (first, next) = (own_path(""), listing.end.as_deref().map(own_path));
    let body = Audit {
        v: visit,
        fields: fields(visit, &mut form, &wanted),
        values: wanted.with_cursor("").into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        unreadable: listing.unreadable.len(),
        lines: listing.records.into_iter().map(|record| Line::new(visit, record)).collect(),
        is_first: cursor.is_none(),
        first,
        next,
    };
    visit.show(Page::new(visit.t("audit-title"), &body)?.form(&form))
}

async fn find(visit: &Visit, wanted: &Wanted<'_>, cursor: Option<&str>) -> Result<Listing<AuditRecord>, Problem> {
    let filter = wanted.filter()?;
    if cursor.is_some_and(|cursor| cursor.contains(char::is_control)) {
        return Err(Problem::of_field("cursor", "is not a cursor of this list"));
    }
    Ok(list_audit(&visit.context(), filter, Paging { after: cursor, limit: PAGE_SIZE }).await?)
}

fn fields(visit: &Visit, form: &mut Form<'_>, wanted: &Wanted<'_>) -> Vec<Field> {
    let kind = |kind: ActorKind| match kind {
        ActorKind::System => "audit-kind-system",
        ActorKind::Shell => "audit-kind-shell",
        ActorKind::User => "audit-kind-user",
        ActorKind::Token => "audit-kind-token",
        ActorKind::Link => "audit-kind-link",
    };
    let kinds = ActorKind::ALL.iter().map(|one| Choice::new(one.as_str(), visit.t(kind(*one))));
    let kinds = std::iter::once(Choice::new("", visit.t("audit-any"))).chain(kinds).collect();
    let mut fields = vec![
        form.date("since", "audit-since").value(wanted.since),
        form.date("until", "audit-until").value(wanted.until),
        form.line("verb", "audit-verb").value(wanted.verb),
        form.line("target_kind", "audit-target-kind").value(wanted.target_kind),
        form.line("target", "audit-target").value(wanted.target),
        form.select("actor_kind", "audit-actor-kind", kinds).value(wanted.actor_kind),
        form.line("actor", "audit-actor").value(wanted.actor),
    ];
    if visit.standing.is_staff() {
        fields.push(form.line("account", "audit-account").value(wanted.account));
    }
    fields
}

impl<'p> Wanted<'p> {
    pub(super) fn read(reader: &mut Reader<'p>) -> Self {
        Self {
            account: reader.text("account"),
            actor_kind: reader.text("actor_kind"),
            actor: reader.text("actor"),
            verb: reader.text("verb"),
            target_kind: reader.text("target_kind"),
            target: reader.text("target"),
            since: reader.text("since"),
            until: reader.text("until"),
        }
    }

    /// # Errors
    /// For each value that the list does not have.
    pub(super) fn filter(&self) -> Result<AuditFilter, Invalid> {
        let mut invalid = Invalid::default();
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let kinds = ActorKind::ALL.map(|kind| (kind.as_str(), kind));
        let filter = AuditFilter {
            account: label(&mut invalid, "account", self.account),
            actor_kind: word(&mut invalid, "actor_kind", self.actor_kind, &kinds),
            actor: text(self.actor),
            verb: text(self.verb),
            target_kind: text(self.target_kind),
            target: text(self.target),
            since: day(&mut invalid, "since", self.since, 0),
            until: day(&mut invalid, "until", self.until, 1),
        };
        invalid.into_result().map(|()| filter)
    }

    fn with_cursor(&self, cursor: &'p str) -> [(&'static str, &'p str); 9] {
        [
            ("account", self.account),
            ("actor_kind", self.actor_kind),
            ("actor", self.actor),
            ("verb", self.verb),
            ("target_kind", self.target_kind),
            ("target", self.target),
            ("since", self.since),
            ("until", self.until),
            ("cursor", cursor),
        ]
    }
}

impl Line {
    fn new(visit: &Visit, record: AuditRecord) -> Self {
        let of_actor = [("actor_kind", record.actor_kind.as_str()), ("actor", &record.actor)];
        let of_target = [("target_kind", record.target_kind.as_str()), ("target", &record.target)];
        Self {
            actor: visit.url(&with_query(PAGE, &of_actor)),
            target: visit.url(&with_query(PAGE, &of_target)),
            changes: changes(record.before.as_deref(), record.after.as_deref()),
            record,
        }
    }
}

/// What differs between two JSON objects, by field.
fn changes(before: Option<&str>, after: Option<&str>) -> Vec<Change> {
    let (before, after) = (object(before), object(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let is_changed = |name: &&String| before.get(*name) != after.get(*name);
    let value = |object: &Map<String, Value>, name: &str| object.get(name).and_then(shown);
    let change =
        |name: &String| Change { field: name.clone(), before: value(&before, name), after: value(&after, name) };
    // What is null or empty on both sides says nothing.
    let is_empty = |change: &Change| change.before.is_none() && change.after.is_none();
    names.into_iter().filter(is_changed).map(change).filter(|change| !is_empty(change)).collect()
}

fn object(text: Option<&str>) -> Map<String, Value> {
    match text.map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))) {
        Some(Value::Object(object)) => object,
        None => Map::new(),
        // Of a newer version.
        Some(other) => Map::from_iter([(String::new(), other)]),
    }
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            Some(items.iter().filter_map(shown).collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty())
        }
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_shown() {
        let change = |field: &str, before: Option<&str>, after: Option<&str>| Change {
            field: field.into(),
            before: before.map(Into::into),
            after: after.map(Into::into),
        };
        let (before, after) = (r#"{"a":1,"b":null,"c":["x","y"],"d":true}"#, r#"{"a":1,"b":"<b>","c":[],"e":{"f":2}}"#);
        let expected = [
            change("b", None, Some("<b>")),
            change("c", Some("x, y"), None),
            change("d", Some("true"), None),
            change("e", None, Some(r#"{"f":2}"#)),
        ];
        assert_eq!(changes(Some(before), Some(after)), expected);
        assert_eq!(changes(None, Some(r#"{"a":1,"b":null}"#)), [change("a", None, Some("1"))]);
        assert_eq!(changes(None, None), []);
    }

    #[test]
    fn junk_in_a_row_is_shown_as_it_is() {
        for junk in ["", "[", "3", "\"x\"", "\u{0}"] {
            assert!(changes(Some(junk), None).len() <= 1, "{junk:?}");
        }
    }
}
