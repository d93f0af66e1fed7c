//! Files with credentials: out, and, for staff, in.

mod export;
mod import;
mod upload;

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use self::upload::{MAX_FILE_BYTES, MAX_UPLOAD_BYTES};
use crate::control::console::form_field::{Choice, Control, Field};
use crate::control::console::form_state::Form;
use crate::control::console::menu::{Entry, Section};
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::view::View;
use crate::control::console::wording::Wording;
use crate::control::operations::{Right, may_import};
use crate::control::web::problem::{FieldProblem, Position, Problem};
use crate::control::web::state::ControlState;
use crate::formats::Format;

const PAGE: &str = "/credential-files";
const FORMATS: [(&str, Format); 3] = [("yaml", Format::Yaml), ("csv", Format::Csv), ("htpasswd", Format::Htpasswd)];

pub(super) const MENU: &[Entry] = &[Entry {
    section: Section::Api,
    place: 50,
    label: "files-title",
    path: PAGE,
    is_visible: |standing| standing.may(Right::ManageCredentials) && standing.is_granted(),
    count: None,
}];

pub(super) fn routes() -> Router<ControlState> {
    let check = post(import::check).layer(DefaultBodyLimit::max(MAX_UPLOAD_BYTES));
    Router::new()
        .route(PAGE, get(page))
        .route("/credential-files/export", get(page).post(export::export_file))
        .route("/credential-files/check", get(page).merge(check))
        .route("/credential-files/import", get(page).post(import::import_file))
}

#[derive(Template)]
#[template(path = "files.html")]
struct Files<'p> {
    v: &'p Visit,
    export: Vec<Field>,
    /// `None` for people who may not import.
    import: Option<Vec<Field>>,
    /// Of the file that was sent.
    faults: Vec<Fault>,
}

/// What is wrong with an entry of a file.
struct Fault {
    at: Option<Position>,
    text: Wording,
}

impl Fault {
    fn new(v: &View, fault: &FieldProblem) -> Self {
        Self { at: fault.at, text: Wording::behind(v, &fault.field, &fault.problem) }
    }

    fn place(&self, v: &View) -> Option<String> {
        let at = self.at?;
        Some(v.t2("files-at", ("line", &at.line), ("column", &at.column)))
    }
}

async fn page(visit: Visit) -> Answer {
    require(&visit)?;
    show(&visit, Form::new(&visit), Form::new(&visit), Vec::new())
}

/// `export` and `import` have what was posted, and what is wrong with it.
fn show(visit: &Visit, mut export: Form<'_>, mut import: Form<'_>, faults: Vec<Fault>) -> Answer {
    let mut fields = vec![export.select("format", "files-format", formats(visit))];
    if visit.standing.is_staff() {
        fields.push(export.line("account", "files-account"));
    }
    let may_import = may_import(&visit.context()).is_ok();
    let kilobytes = MAX_FILE_BYTES / 1024;
    let of_import = may_import.then(|| {
        let mut file = import.field("file", "files-file", Control::Input("file")).required();
        file.hint = Some(visit.t1("files-file-limit", "kilobytes", &kilobytes));
        vec![
            import.select("import_format", "files-format", formats(visit)),
            file,
            import.line("import_account", "files-users-account"),
            import.line("import_version", "files-users-version"),
            import.checkbox("skip_unusable", "files-skip"),
        ]
    });
    let body = Files { v: visit, export: fields, import: of_import, faults };
    let refused = if export.summary().is_empty() { &import } else { &export };
    visit.show(Page::new(visit.t("files-title"), &body)?.form(refused))
}

fn formats(visit: &Visit) -> Vec<Choice> {
    let label = |format: Format| match format {
        Format::Yaml => "files-yaml",
        Format::Csv => "files-csv",
        Format::Htpasswd => "files-htpasswd",
    };
    FORMATS.iter().map(|(word, format)| Choice::new(*word, visit.t(label(*format)))).collect()
}

fn require(visit: &Visit) -> Result<(), Problem> {
    visit.require(Right::ManageCredentials)?;
    visit.require_visible(&MENU[0])
}
