//! Who did what, to which entity, when and from where.

mod changes;
mod entry_texts;
mod export;
mod filter;

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::routing::get;

use self::changes::{Change, changes};
use self::entry_texts::{ACTOR_KINDS, TARGET_KINDS, VERBS, choices, in_words};
use self::filter::Filter;
use super::credentials::people;
use super::page_urls::with_query;
use super::url_params::query;
use crate::control::Sentence;
use crate::control::console::form_field::Field;
use crate::control::console::form_state::Form;
use crate::control::console::menu::{Entry, Section};
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::posted_form::Posted;
use crate::control::operations::{Paging, Right, list_audit};
use crate::control::web::problem::Problem;
use crate::control::web::state::ControlState;
use crate::store::{ActorKind, AuditRecord, Listing};

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
    Router::new().route(PAGE, get(list)).merge(export::routes())
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
    verb: String,
    actor_kind: String,
    actor: String,
    /// The list of all that this actor did.
    actor_href: String,
    target_kind: String,
    target: String,
    /// The list of all that was done to this target.
    target_href: String,
    changes: Vec<Change>,
}

async fn list(visit: Visit) -> Answer {
    visit.require(Right::ReadAudit)?;
    show(&visit, &query(&visit.target)?).await
}

/// The entries that a query asks for, or what is wrong with it.
pub(super) async fn show(visit: &Visit, posted: &Posted) -> Answer {
    let mut reader = posted.reader();
    let filter = Filter::read(&mut reader);
    let cursor = reader.optional("cursor");
    reader.finish()?;
    let (listing, mut form) = match find(visit, &filter, cursor.as_deref()).await {
        Ok(listing) => (listing, Form::new(visit)),
        Err(problem) => {
            let nothing = Listing { records: Vec::new(), unreadable: Vec::new(), end: None };
            (nothing, Form::refused(visit, posted, problem)?)
        }
    };
    let own_path = |cursor: &str| visit.url(&with_query(PAGE, &filter.with_cursor(cursor)));
    let names = names(visit, &listing.records).await?;
    let (first, next) = (own_path(""), listing.end.as_deref().map(own_path));
    let body = Audit {
        v: visit,
        fields: fields(visit, &mut form, &filter),
        values: filter.with_cursor("").into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        unreadable: listing.unreadable.len(),
        lines: listing.records.into_iter().map(|record| Line::new(visit, &names, record)).collect(),
        is_first: cursor.is_none(),
        first,
        next,
    };
    visit.show(Page::new(visit.t("audit-title"), &body)?.form(&form))
}

async fn find(visit: &Visit, filter: &Filter<'_>, cursor: Option<&str>) -> Result<Listing<AuditRecord>, Problem> {
    let filter = filter.filter()?;
    if cursor.is_some_and(|cursor| cursor.contains(char::is_control)) {
        return Err(Problem::of_field("cursor", Sentence::Cursor));
    }
    Ok(list_audit(&visit.context(), filter, Paging { after: cursor, limit: PAGE_SIZE }).await?)
}

fn fields(visit: &Visit, form: &mut Form<'_>, filter: &Filter<'_>) -> Vec<Field> {
    let mut fields = vec![
        form.date("since", "audit-since").value(filter.since),
        form.date("until", "audit-until").value(filter.until),
        form.select("verb", "audit-verb", choices(visit, &VERBS, filter.verb)).value(filter.verb),
        form.select("target_kind", "audit-target-kind", choices(visit, &TARGET_KINDS, filter.target_kind))
            .value(filter.target_kind),
        form.line("target", "audit-target").value(filter.target),
        form.select("actor_kind", "audit-actor-kind", choices(visit, &ACTOR_KINDS, filter.actor_kind))
            .value(filter.actor_kind),
        form.line("actor", "audit-actor").value(filter.actor),
    ];
    if visit.standing.is_staff() {
        fields.push(form.line("account", "audit-account").value(filter.account));
    }
    fields
}

/// Names of the users among callers and targets, by id.
async fn names(visit: &Visit, records: &[AuditRecord]) -> Result<BTreeMap<String, String>, Problem> {
    let callers = records.iter().filter(|record| record.actor_kind == ActorKind::User.as_str());
    let targets = records.iter().filter(|record| record.target_kind == "user");
    let ids: Vec<_> = callers.map(|record| &*record.actor).chain(targets.map(|record| &*record.target)).collect();
    people(visit, &ids).await
}

impl Line {
    fn new(visit: &Visit, names: &BTreeMap<String, String>, record: AuditRecord) -> Self {
        let of_actor = [("actor_kind", record.actor_kind.as_str()), ("actor", &record.actor)];
        let named = |id: &str| names.get(id).map_or_else(|| id.to_owned(), Clone::clone);
        let of_target = [("target_kind", record.target_kind.as_str()), ("target", &record.target)];
        Self {
            verb: in_words(visit, &VERBS, &record.verb),
            actor_kind: in_words(visit, &ACTOR_KINDS, &record.actor_kind),
            actor: named(&record.actor),
            actor_href: visit.url(&with_query(PAGE, &of_actor)),
            target_kind: in_words(visit, &TARGET_KINDS, &record.target_kind),
            target: named(&record.target),
            target_href: visit.url(&with_query(PAGE, &of_target)),
            changes: changes(record.before.as_deref(), record.after.as_deref()),
            record,
        }
    }
}
