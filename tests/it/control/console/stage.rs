//! A console with three accounts and people of every role. `acme` and `hooli` have access, `globex` has none.

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use claviger::clock::Clock;
use claviger::control::operations::Caller;
use claviger::control::{ControlState, LiveSettings, Throttles, console_listener};
use claviger::credential::{ScopeCatalog, Version, VersionCatalog};
use claviger::store::{AccessRequestRecord, AccountRecord, ActorKind, RequestState, Role, UseCase};
use jiff::Timestamp;

use crate::control::caller_rows::put_caller;
use crate::control::user;
use crate::store::test_database::{TestDatabase, label, noon};
use crate::support::assert_is_strict_html;

/// What a page must escape: markup, quotes, another direction.
pub const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'&\u{202e}\u{645}";

pub struct Stage {
    pub bed: TestDatabase,
    router: Router,
}

/// Someone who is signed in.
pub struct Guest<'s> {
    stage: &'s Stage,
    caller: Caller,
}

#[derive(Debug)]
pub struct Shown {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Stage {
    pub async fn set() -> Self {
        Self::beside(Throttles::default()).await
    }

    /// Pages of a process that counts wrong passwords in these.
    pub async fn beside(throttles: Throttles) -> Self {
        let bed = TestDatabase::sqlite().await;
        for account in ["acme", "hooli"] {
            bed.account(account).await;
        }
        let none = AccountRecord { id: label("globex"), granted: false, ..bed.account("globex").await };
        bed.put_account(&none).await;
        let version = |name: &str, retired: Option<&str>| Version {
            name: label(name),
            deprecated_on: None,
            sunset_on: None,
            retired_on: retired.map(|date| date.parse().unwrap()),
            link: None,
        };
        let live = LiveSettings {
            public_url: Some("https://example.org/keys".into()),
            versions: VersionCatalog {
                known: vec![version("1", Some("2026-01-01")), version("2", None)],
                ..VersionCatalog::default()
            },
            scopes: ScopeCatalog::new(vec![(label("pay"), Box::default())]),
            ..LiveSettings::default()
        };
        let live = Arc::new(ArcSwap::from_pointee(live));
        let state = ControlState::new(bed.store.clone(), Clock::manual(noon()), live, throttles).unwrap();
        Self { router: console_listener(state), bed }
    }

    pub async fn guest(&self, role: Role, account: &str) -> Guest<'_> {
        let account = (role != Role::Staff).then_some(account);
        let caller = user(role, account, &format!("usr_{role}_{}", account.unwrap_or("provider")));
        put_caller(&self.bed, &caller).await;
        Guest { stage: self, caller }
    }

    pub async fn staff(&self) -> Guest<'_> {
        self.guest(Role::Staff, "").await
    }

    pub async fn owner(&self, account: &str) -> Guest<'_> {
        self.guest(Role::Owner, account).await
    }

    pub async fn account(&self, id: &str) -> AccountRecord {
        self.bed.store.account(id).await.unwrap().unwrap()
    }

    pub async fn request(&self, id: &str) -> AccessRequestRecord {
        self.bed.store.access_request(id).await.unwrap().unwrap()
    }

    /// A request that waits, of an account without access.
    pub async fn waiting(&self, id: &str, account: &str) -> AccessRequestRecord {
        if self.bed.store.account(account).await.unwrap().is_none() {
            let none = AccountRecord { id: label(account), granted: false, ..self.bed.account(account).await };
            self.bed.put_account(&none).await;
        }
        let asker = self.owner(account).await;
        let record = AccessRequestRecord {
            id: label(id),
            account: label(account),
            asked_by_kind: ActorKind::User,
            asked_by: asker.caller.actor.id,
            start_on: "2027-01-31".parse().unwrap(),
            use_cases: vec![UseCase::Reporting, UseCase::Other("a plug-in".into())],
            privacy_policy: Some("https://example.org/privacy?a=b&c".into()),
            state: RequestState::Pending,
            reason: None,
            decided_by: None,
            decided_at: None,
            created_at: noon(),
            revision: 1,
        };
        self.put_request(&record).await;
        record
    }

    pub async fn put_request(&self, record: &AccessRequestRecord) {
        let mut transaction = self.bed.store.begin(noon()).await.unwrap();
        transaction.add_access_request(record).await.unwrap();
        transaction.commit().await.unwrap();
    }

    pub async fn count(&self, sql: &str) -> i64 {
        self.bed.ask(sql).await
    }
}

impl Guest<'_> {
    pub async fn get(&self, target: &str) -> Shown {
        self.send(Request::get(target), Body::empty()).await
    }

    pub async fn post(&self, target: &str, form: &str) -> Shown {
        let request = Request::post(target).header("host", "example.org");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("origin", "https://example.org").header("sec-fetch-site", "same-origin");
        self.send(request, form.to_owned().into()).await
    }

    async fn send(&self, request: axum::http::request::Builder, body: Body) -> Shown {
        let request = request.extension(self.caller.clone()).body(body).unwrap();
        let response = tower::ServiceExt::oneshot(self.stage.router.clone(), request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        assert_is_strict_html(&parts.headers, &text);
        Shown { status: parts.status.as_u16(), headers: parts.headers, text }
    }
}

impl Shown {
    pub fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// Where a redirect leads, without the base path.
    pub fn leads_to(&self) -> &str {
        let location = self.headers.get("location").map_or("", |value| value.to_str().unwrap());
        location.strip_prefix("/keys").unwrap_or(location)
    }

    /// The message of the notice that the next page shows.
    pub fn says(&self) -> String {
        let lines = self.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
        let notice = lines.filter_map(|line| line.strip_prefix("__Host-claviger-notice=")).next().unwrap_or_default();
        notice.split('.').next().unwrap_or_default().to_owned()
    }

    /// The value of a hidden field of the form with this action.
    pub fn hidden(&self, action: &str, name: &str) -> &str {
        let form = self.text.split_once(&format!("action=\"/keys{action}\""));
        let (_, form) = form.unwrap_or_else(|| panic!("no form leads to {action}: {}", self.text));
        let begin = format!("type=\"hidden\" name=\"{name}\" value=\"");
        let rest = form.split_once(&begin).unwrap_or_else(|| panic!("no {name} in {form}")).1;
        rest.split('"').next().unwrap()
    }

    /// Without what differs from request to request.
    pub fn steady(&self) -> (u16, String) {
        let id = self.headers["x-request-id"].to_str().unwrap();
        (self.status, self.text.replace(id, "ID"))
    }

    /// Fails where the hostile text stands as it is.
    pub fn assert_escaped(&self, what: &str) {
        assert!(self.has("onerror=alert(1)"), "{what} does not show the text: {}", self.text);
        assert!(!self.has("<img src=x"), "{what}: {}", self.text);
    }
}

pub const ROLES: [Role; 4] = [Role::Staff, Role::Owner, Role::Implementer, Role::Member];

pub fn soon() -> Timestamp {
    "2026-11-25T12:00:00Z".parse().unwrap()
}
