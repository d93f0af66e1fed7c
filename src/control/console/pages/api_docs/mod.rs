//! The documentation of the management API, for anyone: a page for each group of operations, and one for all schemas.

mod curl;
mod reference;
mod schema;

use std::sync::LazyLock;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;

use self::reference::{Callers, Group, Reference, Schema};
use self::schema::Part;
use crate::control::api::{PREFIX, openapi};
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Anyone;
use crate::control::console::view::View;
use crate::control::web::problem::{Code, Problem};
use crate::control::web::state::ControlState;

/// Where `console.public_url` is not set.
const EXAMPLE_BASE: &str = "https://keys.example.org";

/// Built once: the description does not change.
static REFERENCE: LazyLock<Reference> =
    LazyLock::new(|| Reference::of(&serde_json::from_str(openapi()).unwrap_or_default()));

pub(super) fn routes() -> Router<ControlState> {
    Router::new()
        .route("/api-docs", get(index))
        .route("/api-docs/schemas", get(schemas))
        .route("/api-docs/{group}", get(group))
}

#[derive(Template)]
#[template(path = "api_docs.html")]
struct Index<'p> {
    v: &'p View,
    reference: &'static Reference,
    base: &'p str,
    prefix: &'static str,
}

#[derive(Template)]
#[template(path = "api_docs_group.html")]
struct GroupPage<'p> {
    v: &'p View,
    group: &'static Group,
    base: &'p str,
}

#[derive(Template)]
#[template(path = "api_docs_schemas.html")]
struct Schemas<'p> {
    v: &'p View,
    schemas: &'static [Schema],
}

async fn index(visitor: Anyone) -> Answer {
    let body = Index { v: &visitor, reference: &REFERENCE, base: base(&visitor), prefix: PREFIX };
    visitor.show(Page::new(visitor.t("api-docs-title"), &body)?)
}

async fn group(visitor: Anyone, Path(slug): Path<String>) -> Answer {
    let group = REFERENCE.groups.iter().find(|group| group.slug == slug);
    let group = group.ok_or_else(|| Problem::english(Code::NotFound, "no group of operations has this name"))?;
    visitor.show(Page::new(&*group.title, &GroupPage { v: &visitor, group, base: base(&visitor) })?)
}

async fn schemas(visitor: Anyone) -> Answer {
    let body = Schemas { v: &visitor, schemas: &REFERENCE.schemas };
    visitor.show(Page::new(visitor.t("api-docs-schemas"), &body)?)
}

fn base(view: &View) -> &str {
    view.settings.public_url.as_deref().unwrap_or(EXAMPLE_BASE)
}
