//! `/credentials/{id}`: all facts, the box that switches it on and off, and what was done to it.

use askama::Template;
use jiff::Timestamp;

use super::create::refused;
use super::delivery_status::DeliveryPart;
use super::display_names::{self, people};
use super::field_texts::{self, Badge};
use super::guard::{CredentialId, Manager};
use super::paths::{clear_path, path_of};
use crate::control::Sentence;
use crate::control::console::form_field::Field;
use crate::control::console::form_state::Form;
use crate::control::console::page::{Answer, Page};
use crate::control::console::page_callers::Visit;
use crate::control::console::pages::access_conditions;
use crate::control::console::pages::page_urls::{account_page, query_value};
use crate::control::console::pages::webhooks::{WebhooksOfCredential, WebhooksPart};
use crate::control::console::posted_form::Posted;
use crate::control::console::wording::Wording;
use crate::control::operations::{
    Invalid, OperationError, Paging, Right, Step, StepCode, diagnose_credential, disable, enable, end_overlap,
    list_audit, list_used_addresses, show_credential,
};
use crate::control::web::problem::Problem;
use crate::credential::Label;
use crate::store::{ActorKind, AddressRecord, AuditFilter, AuditRecord, CredentialRecord};

const AUDIT_LINES: u32 = 10;

#[derive(Template)]
#[template(path = "credential.html")]
struct Detail<'p> {
    v: &'p Visit,
    record: &'p CredentialRecord,
    title: String,
    badge: Badge,
    /// Base of the addresses of what can be done.
    path: String,
    /// The page that asks before it clears.
    clear: String,
    account: String,
    owner: Option<String>,
    created_by: String,
    version: Option<String>,
    scopes: Option<Vec<(String, String)>>,
    networks: Vec<String>,
    rate: String,
    used_from: Vec<AddressRecord>,
    /// Why the gate refuses it.
    obstacles: Vec<Obstacle>,
    active_form: &'p Form<'p>,
    active: Field,
    reason: Field,
    delivery: Option<DeliveryPart<'p>>,
    webhooks: Option<WebhooksPart<'p>>,
    overlap_end: Option<Timestamp>,
    overlap_form: &'p Form<'p>,
    /// `None` for roles that do not read the audit.
    history: Option<Vec<HistoryLine>>,
    history_href: String,
}

struct HistoryLine {
    what: String,
    who: String,
    at: Timestamp,
}

pub(super) async fn detail(Manager(visit): Manager, CredentialId(id): CredentialId) -> Answer {
    let record = show_credential(&visit.context(), id.as_str()).await?;
    show(&visit, Form::new(&visit), Form::new(&visit), &record).await
}

/// `form` is that of the box, `overlap` the one that ends the overlap.
async fn show(visit: &Visit, form: Form<'_>, overlap: Form<'_>, record: &CredentialRecord) -> Answer {
    let (context, id) = (visit.context(), record.id.as_str());
    let (mut form, overlap) = (form.revision(record.revision), overlap.revision(record.revision));
    let is_active = if record.enabled { "on" } else { "" };
    let active = form.checkbox("active", "credentials-active").value(is_active);
    let reason = form.area("reason", "credentials-reason").value(record.disabled_reason.clone().unwrap_or_default());
    let lines = match visit.standing.may(Right::ReadAudit) {
        true => {
            let (target_kind, target) = (Some("credential".to_owned()), Some(id.to_owned()));
            let filter = AuditFilter { target_kind, target, ..AuditFilter::default() };
            Some(list_audit(&context, filter, Paging { after: None, limit: AUDIT_LINES }).await?.records)
        }
        false => None,
    };
    let names = people(visit, &people_in(record, lines.as_deref().unwrap_or_default())).await?;
    let name = |id: &str| names.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let history = lines.map(|lines| lines.into_iter().map(|line| HistoryLine::new(visit, &line, name(&line.actor))));
    let path = visit.url(&path_of(&record.id));
    let owner = record.owner.as_ref().map(|owner| name(owner.as_str()));
    let title = display_names::title_with(visit, record, owner.as_deref());
    let webhooks = WebhooksOfCredential::find(visit, record).await?;
    let body = Detail {
        v: visit,
        record,
        title: title.clone(),
        badge: Badge::of(record, visit),
        obstacles: obstacles(visit, record, &path).await?,
        clear: visit.url(&clear_path(record)),
        account: visit.url(&account_page(&record.account)),
        owner,
        created_by: name(&record.created_by),
        version: field_texts::version(visit, record.version.as_ref()),
        scopes: field_texts::scopes(visit, record.scopes.as_deref()),
        networks: field_texts::addresses(record),
        rate: field_texts::rate(visit, record),
        used_from: list_used_addresses(&context, id).await?,
        active_form: &form,
        active,
        reason,
        delivery: DeliveryPart::new(visit, record, &path),
        webhooks: webhooks.as_ref().map(|webhooks| webhooks.part(visit, record, &path_of(&record.id))),
        path,
        overlap_end: field_texts::overlap_end(record, visit.now),
        overlap_form: &overlap,
        history: history.map(Iterator::collect),
        history_href: visit.url(&format!("/audit?target_kind=credential&target={}", query_value(id))),
    };
    visit.show(Page::new(title, &body)?.form(if overlap.is_refused() { &overlap } else { &form }))
}

/// Ids that may be those of users.
fn people_in<'r>(record: &'r CredentialRecord, lines: &'r [AuditRecord]) -> Vec<&'r str> {
    let users = lines.iter().filter(|line| line.actor_kind == ActorKind::User.as_str());
    let owner = record.owner.as_ref().map(Label::as_str);
    users.map(|line| line.actor.as_str()).chain([record.created_by.as_str()]).chain(owner).collect()
}

/// A condition of using it that does not hold.
struct Obstacle {
    text: String,
    /// From where and until when, or which.
    detail: Option<Wording>,
    /// The page on which it can be changed.
    href: Option<String>,
}

async fn obstacles(visit: &Visit, record: &CredentialRecord, path: &str) -> Result<Vec<Obstacle>, Problem> {
    let steps = diagnose_credential(&visit.context(), record.id.as_str()).await?;
    let access = match &visit.standing.account {
        Some(_) => visit.url("/access"),
        None => visit.url(&account_page(&record.account)),
    };
    let of_step = |code: StepCode| match code {
        StepCode::AccessGranted => Some(("credentials-refused-granted", Some(access.clone()))),
        StepCode::AccessSwitchedOn => Some(("credentials-refused-off", Some(access.clone()))),
        StepCode::RoleAllows => Some(("credentials-refused-members", Some(access.clone()))),
        StepCode::UserEnabled => Some(("credentials-refused-user", None)),
        StepCode::CredentialHasSecret if record.owner.is_some() => Some(("credentials-refused-own-cleared", None)),
        StepCode::CredentialHasSecret => Some(("credentials-refused-cleared", Some(format!("{path}/reset")))),
        StepCode::CredentialEnabled => Some(("credentials-refused-disabled", Some("#active".to_owned()))),
        StepCode::CredentialInDate => Some(("credentials-refused-expired", Some(format!("{path}/edit")))),
        StepCode::CredentialVersionServed => Some(("credentials-refused-version", Some(format!("{path}/upgrade")))),
        StepCode::CredentialScopesKnown => Some(("credentials-refused-scopes", Some(format!("{path}/edit")))),
        StepCode::CredentialNotThrottled => Some(("credentials-refused-throttled", None)),
        // Not about the gate.
        StepCode::SignInNotThrottled | StepCode::CredentialCreated => None,
        // Without another secret, it is why the gate refuses.
        StepCode::CredentialHandedOver => Some(("credentials-refused-waiting", Some("#delivery".to_owned()))),
    };
    let obstacle = |step: Step| {
        let (message, href) = of_step(step.code)?;
        Some(Obstacle { text: visit.t(message), detail: access_conditions::detail(visit, &step), href })
    };
    Ok(steps.into_iter().filter(|step| !step.ok).filter_map(obstacle).collect())
}

pub(super) async fn set_active(Manager(visit): Manager, CredentialId(id): CredentialId, posted: Posted) -> Answer {
    let mut reader = posted.reader();
    let (is_active, reason) = (reader.is_checked("active"), reader.optional("reason"));
    reader.finish()?;
    let (call, id) = (visit.write(&posted), id.as_str());
    let is_stored = |stored: &CredentialRecord| {
        // As a browser sends it back.
        stored.disabled_reason.as_ref().map(|stored| stored.replace("\r\n", "\n")) == reason
    };
    let done = if !is_active {
        disable(&call, id, reason).await
    } else if reason.is_some() && !is_stored(&show_credential(&call, id).await?) {
        Err(Invalid::one("reason", Sentence::Localized(visit.t("credentials-fault-reason"))).into())
    } else {
        enable(&call, id).await
    };
    match done {
        Ok(record) => {
            let message = if is_active { "done-credential-enabled" } else { "done-credential-disabled" };
            visit.done(&path_of(&record.id), message, &display_names::title(&visit, &record).await?)
        }
        Err(error) => {
            let form = refused(&visit, &posted, OperationError::from(error))?;
            let form = form.changed(visit.last_change("credential", id).await);
            let record = show_credential(&visit.context(), id).await?;
            show(&visit, form, Form::new(&visit), &record).await
        }
    }
}

pub(super) async fn end_overlap_now(Manager(visit): Manager, CredentialId(id): CredentialId, posted: Posted) -> Answer {
    posted.reader().finish()?;
    match end_overlap(&visit.write(&posted), id.as_str()).await {
        Ok(record) => visit.done(&path_of(&id), "done-credential-overlap", field_texts::title(&record)),
        Err(error) => {
            let form = refused(&visit, &posted, OperationError::from(error))?;
            let form = form.changed(visit.last_change("credential", id.as_str()).await);
            let record = show_credential(&visit.context(), id.as_str()).await?;
            show(&visit, Form::new(&visit), form, &record).await
        }
    }
}

impl HistoryLine {
    fn new(visit: &Visit, line: &AuditRecord, who: String) -> Self {
        let message = match line.verb.as_str() {
            "create" => "credentials-verb-create",
            "duplicate" => "credentials-verb-duplicate",
            "edit" => "credentials-verb-edit",
            "reset" => "credentials-verb-reset",
            "end_overlap" => "credentials-verb-end-overlap",
            "clear" => "credentials-verb-clear",
            "deliver" => "credentials-verb-deliver",
            "deliver_code" => "credentials-verb-deliver-code",
            "void_delivery" => "credentials-verb-void",
            "lock_delivery" => "credentials-verb-lock",
            "reveal" => "credentials-verb-reveal",
            "disable" => "credentials-verb-disable",
            "enable" => "credentials-verb-enable",
            "upgrade_version" => "credentials-verb-upgrade",
            "import" => "credentials-verb-import",
            "switch_on_own_key" => "credentials-verb-own-on",
            "regenerate_own_key" => "credentials-verb-own-regenerate",
            "switch_off_own_key" => "credentials-verb-own-off",
            _ => "",
        };
        let what = if message.is_empty() { line.verb.clone() } else { visit.t(message) };
        Self { what, who, at: line.at }
    }
}
