//! First what an import would change, then the import. The page between carries the file on: nothing of it is kept here.

use askama::Template;
use axum::extract::Multipart;
use axum::extract::multipart::MultipartRejection;

use super::upload::Upload;
use super::{FORMATS, Fault, PAGE, require, show};
use crate::control::Sentence;
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::url_params::{label, word};
use crate::control::console::posted_form::Posted;
use crate::control::operations::{Imported, Invalid, Right, import, may_import};
use crate::control::web::problem::{Code, FieldProblem, Problem};
use crate::formats::{Catalogs, Format, Import, ImportFormat, Unusable, Users};

/// Entries of each list on the page.
const MAX_SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "files_plan.html")]
struct Plan<'p> {
    v: &'p Visit,
    form: &'p Form<'p>,
    content: &'p str,
    /// Fields of the form that go on as they are.
    carried: Vec<(&'static str, String)>,
    imported: &'p Imported,
    /// New or changed.
    credentials: Vec<Entry>,
    accounts: Vec<(String, bool)>,
    skipped: Vec<Fault>,
    /// Entries that are not shown.
    more: usize,
    is_empty: bool,
}

struct Entry {
    id: String,
    account: String,
    /// Names of fields; `None` for a new credential.
    changed: Option<String>,
}

/// How the file is to be read.
struct Wanted {
    format: Format,
    users: Option<Users>,
    unusable: Unusable,
}

/// Why there is no plan.
enum Refused {
    /// Fields of the form, or the operation.
    Form(Problem),
    File(Vec<FieldProblem>),
}

pub(super) async fn check(visit: Visit, parts: Result<Multipart, MultipartRejection>) -> Answer {
    require_import(&visit)?;
    let Upload { posted, file } = Upload::read(parts).await?;
    let (plan, content) = match file {
        Ok(content) => (run(&visit, &posted, &content, true).await, content),
        Err(problem) => (Err(Refused::Form(problem)), String::new()),
    };
    match plan {
        Ok(imported) => show_plan(&visit, &posted, &content, &imported),
        Err(refused) => show_again(&visit, &posted, refused),
    }
}

pub(super) async fn import_file(visit: Visit, posted: Posted) -> Answer {
    require_import(&visit)?;
    let content = posted.fields.get("content").unwrap_or_default().to_owned();
    match run(&visit, &posted, &content, false).await {
        Ok(imported) => {
            let total = imported.added + imported.changed;
            visit.done(PAGE, "done-file-imported", &total.to_string())
        }
        Err(refused) => show_again(&visit, &posted, refused),
    }
}

/// Imports the file, or finds out what that would change.
async fn run(visit: &Visit, posted: &Posted, content: &str, is_dry_run: bool) -> Result<Imported, Refused> {
    let wanted = read(posted).map_err(Refused::Form)?;
    let Catalogs { versions, scopes } = visit.settings.terms().catalogs;
    let (versions, scopes, content) = (versions.clone(), scopes.clone(), content.to_owned());
    let check = move || {
        let format = match (wanted.format, &wanted.users) {
            (Format::Htpasswd, Some(users)) => ImportFormat::Htpasswd(users),
            (Format::Csv, _) => ImportFormat::Csv,
            (Format::Yaml | Format::Htpasswd, _) => ImportFormat::Yaml,
        };
        Import::read(content.as_str(), format, Catalogs { versions: &versions, scopes: &scopes }, wanted.unusable)
    };
    let read = tokio::task::spawn_blocking(check).await;
    let read = read.map_err(|error| Refused::Form(std::io::Error::other(error).into()))?;
    let file = read.map_err(|faults| Refused::of(faults.into()))?;
    let imported = import(&visit.write(posted), &file, is_dry_run).await;
    imported.map_err(|error| Refused::of(error.into()))
}

fn read(posted: &Posted) -> Result<Wanted, Problem> {
    let mut reader = posted.reader();
    let format = reader.text("import_format");
    let (account, version) = (reader.text("import_account"), reader.text("import_version"));
    let skips = reader.is_checked("skip_unusable");
    // Read by the caller.
    reader.text("content");
    reader.finish()?;
    let mut invalid = Invalid::default();
    let format = word(&mut invalid, "import_format", format, &FORMATS).unwrap_or(Format::Yaml);
    let is_of_users = format == Format::Htpasswd;
    if is_of_users && account.is_empty() {
        invalid.add("import_account", Sentence::HtpasswdAccount);
    }
    for (field, text) in [("import_account", account), ("import_version", version)] {
        if !is_of_users && !text.is_empty() {
            invalid.add(field, Sentence::HtpasswdOnly);
        }
    }
    let account = label(&mut invalid, "import_account", account);
    let version = label(&mut invalid, "import_version", version);
    invalid.into_result()?;
    let unusable = if skips { Unusable::Skip } else { Unusable::Refuse };
    Ok(Wanted { format, users: account.map(|account| Users { account, version }), unusable })
}

fn show_plan(visit: &Visit, posted: &Posted, content: &str, imported: &Imported) -> Answer {
    let names = ["import_format", "import_account", "import_version", "skip_unusable"];
    let carried = names.into_iter().filter_map(|name| Some((name, posted.fields.get(name)?.to_owned())));
    let shown = |changed: &Vec<&'static str>| changed.join(", ");
    let credentials = imported.credentials.iter().take(MAX_SHOWN).map(|one| Entry {
        id: one.id.to_string(),
        account: one.account.to_string(),
        changed: one.changed.as_ref().map(shown),
    });
    let accounts = imported.new_accounts.iter().chain(&imported.switched_accounts).take(MAX_SHOWN);
    let skipped: Problem = imported.skipped.clone().into();
    let total = imported.added + imported.changed;
    let form = Form::new(visit);
    let body = Plan {
        v: visit,
        form: &form,
        content,
        carried: carried.collect(),
        imported,
        credentials: credentials.collect(),
        accounts: accounts.map(|(id, access)| (id.to_string(), *access)).collect(),
        skipped: skipped.fields.iter().take(MAX_SHOWN).map(|fault| Fault::new(visit, fault)).collect(),
        more: total.saturating_sub(MAX_SHOWN),
        is_empty: total + imported.accounts_added + imported.accounts_switched == 0,
    };
    visit.show(Page::new(visit.t("files-plan"), &body)?)
}

fn show_again(visit: &Visit, posted: &Posted, refused: Refused) -> Answer {
    let (problem, faults) = match refused {
        Refused::Form(problem) => (problem, Vec::new()),
        Refused::File(faults) => {
            let detail = visit.tn("files-faults", &faults.len());
            let faults = faults.iter().map(|fault| Fault::new(visit, fault)).collect();
            (Problem::new(Code::Invalid, Sentence::Localized(detail)), faults)
        }
    };
    show(visit, Form::new(visit), Form::refused(visit, posted, problem)?, faults)
}

fn require_import(visit: &Visit) -> Result<(), Problem> {
    require(visit)?;
    visit.require(Right::GrantAccess)?;
    Ok(may_import(&visit.context())?)
}

impl Refused {
    fn of(problem: Problem) -> Self {
        if problem.code == Code::Invalid && !problem.fields.is_empty() {
            return Self::File(problem.fields);
        }
        Self::Form(problem)
    }
}
