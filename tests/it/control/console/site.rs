//! A console with two accounts, one person of each role, versions, scopes and a credentials file.

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use claviger::clock::Clock;
use claviger::control::operations::Caller;
use claviger::control::{ControlState, LiveSettings, Throttles, console_listener};
use claviger::credential::{
    Account, Credential, RouteRule, ScopeCatalog, StoredSecret, TokenDigest, Version, VersionCatalog,
};
use claviger::source::FileSet;
use claviger::store::{CredentialRecord, Role};

use super::{Answer, FORM};
use crate::control::caller_rows::put_caller;
use crate::control::user;
use crate::store::test_database::{TestDatabase, label, noon};
use crate::support::assert_is_strict_html;

pub struct Site {
    pub bed: TestDatabase,
    router: Router,
}

/// Someone at a browser.
pub struct Person<'s> {
    site: &'s Site,
    /// `None` for one who is not signed in.
    caller: Option<Caller>,
}

impl Site {
    /// `acme` and `hooli`, both granted; versions 1 (deprecated), 2 and 3, and two scopes.
    pub async fn start() -> Self {
        let bed = TestDatabase::sqlite().await;
        for account in ["acme", "hooli"] {
            bed.account(account).await;
        }
        let version = |name: &str| Version {
            name: label(name),
            deprecated_on: (name == "1").then(|| "2026-06-01".parse().unwrap()),
            sunset_on: (name == "1").then(|| "2027-03-01".parse().unwrap()),
            retired_on: None,
            link: (name == "3").then(|| "https://docs.example/3?a=\"b\"".into()),
        };
        let rule = |method: &str, path: &str| RouteRule {
            methods: [method.parse().unwrap()].into(),
            path: path.parse().unwrap(),
        };
        let scopes = vec![
            (label("payments:read"), [rule("GET", "/payments")].into()),
            (label("payments:write"), [rule("POST", "/payments")].into()),
        ];
        let mut file = FileSet::default();
        for (id, account) in [("file-acme", "acme"), ("file-hooli", "hooli")] {
            let account = Arc::new(Account { id: label(account), access: true });
            let secret = StoredSecret::Token(TokenDigest::of(id.as_bytes()));
            file.insert(Credential::unrestricted(label(id), account, secret)).unwrap();
        }
        let live = LiveSettings {
            public_url: Some("https://example.org/keys".into()),
            versions: VersionCatalog { known: ["1", "2", "3"].map(version).into(), ..VersionCatalog::default() },
            scopes: ScopeCatalog::new(scopes),
            file: Arc::new(file),
            ..LiveSettings::default()
        };
        let live = Arc::new(ArcSwap::from_pointee(live));
        let state = ControlState::new(bed.store.clone(), Clock::manual(noon()), live, Throttles::default()).unwrap();
        Self { router: console_listener(state), bed }
    }

    pub async fn person(&self, role: Role) -> Person<'_> {
        let account = (role != Role::Staff).then_some("acme");
        self.caller(user(role, account, &format!("usr_{role}"))).await
    }

    pub async fn owner(&self) -> Person<'_> {
        self.person(Role::Owner).await
    }

    pub async fn owner_of_hooli(&self) -> Person<'_> {
        self.caller(user(Role::Owner, Some("hooli"), "usr_hooli")).await
    }

    async fn caller(&self, caller: Caller) -> Person<'_> {
        put_caller(&self.bed, &caller).await;
        Person { site: self, caller: Some(caller) }
    }

    pub fn stranger(&self) -> Person<'_> {
        Person { site: self, caller: None }
    }

    pub async fn stored(&self, id: &str) -> Option<CredentialRecord> {
        self.bed.store.credential(id).await.unwrap()
    }

    /// A token of `acme` with every right of version 2.
    pub async fn token(&self, id: &str) -> CredentialRecord {
        let secret = StoredSecret::Token(TokenDigest::of(id.as_bytes()));
        let record = CredentialRecord {
            version: Some(label("2")),
            hint: Some("Wk3Q".into()),
            ..CredentialRecord::new(label(id), label("acme"), secret, noon(), "root")
        };
        self.bed.put(&record).await;
        record
    }
}

impl Person<'_> {
    pub async fn get(&self, target: &str) -> Answer {
        self.send(Request::get(target), Body::empty()).await
    }

    pub async fn post(&self, target: &str, form: &str) -> Answer {
        let request = Request::post(target).header("host", "example.org").header("content-type", FORM);
        let request = request.header("origin", "https://example.org").header("sec-fetch-site", "same-origin");
        self.send(request, form.to_owned().into()).await
    }

    async fn send(&self, request: axum::http::request::Builder, body: Body) -> Answer {
        let mut request = request.body(body).unwrap();
        if let Some(caller) = &self.caller {
            request.extensions_mut().insert(caller.clone());
        }
        let response = tower::ServiceExt::oneshot(self.site.router.clone(), request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        assert_is_strict_html(&parts.headers, &text);
        Answer { status: parts.status, headers: parts.headers, text }
    }
}

impl Answer {
    /// The value of a hidden field of the first form that has it.
    pub fn hidden(&self, name: &str) -> &str {
        let begin = format!("type=\"hidden\" name=\"{name}\" value=\"");
        let rest = self.text.split_once(&begin).unwrap_or_else(|| panic!("no {name} in {}", self.text)).1;
        rest.split('"').next().unwrap()
    }

    pub fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// The text of the element with this id, which holds no other.
    pub fn element(&self, id: &str) -> &str {
        let rest =
            self.text.split_once(&format!("id=\"{id}\">")).unwrap_or_else(|| panic!("no {id} in {}", self.text)).1;
        rest.split('<').next().unwrap()
    }
}
