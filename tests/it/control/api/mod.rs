//! The API of the desk, through its router, without a socket.

mod credential_files;
mod credentials;
mod documents;
mod refusals;

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use claviger::clock::Clock;
use claviger::control::api::{Desk, InForce, router};
use claviger::control::operations::Caller;
use claviger::credential::{ScopeCatalog, Version, VersionCatalog};
use claviger::store::{Actor, ActorKind, Role};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::control::seats::seat;
use crate::store::beds::{Bed, label, noon};

/// A desk on a database of its own, and who asks at it.
pub struct Table {
    pub bed: Bed,
    pub clock: Clock,
    router: axum::Router,
    caller: Option<Caller>,
}

/// One answer.
#[derive(Debug)]
pub struct Told {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Told {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A call that is being put together.
pub struct Ask<'t> {
    table: &'t Table,
    request: axum::http::request::Builder,
    body: Body,
}

impl Table {
    /// Versions 1 and 2, the scope `pay`, the accounts `acme` and `globex`; the operator's shell asks.
    pub async fn new(bed: Bed) -> Self {
        for account in ["acme", "globex"] {
            bed.account(account).await;
        }
        let version = |name: &str| Version {
            name: label(name),
            deprecated_on: None,
            sunset_on: None,
            retired_on: None,
            link: None,
        };
        let in_force = InForce {
            versions: VersionCatalog { known: vec![version("1"), version("2")], ..Default::default() },
            scopes: ScopeCatalog::new(vec![(label("pay"), Box::default())]),
            public_url: Some("https://keys.example.org".into()),
            ..InForce::default()
        };
        let clock = Clock::manual(noon());
        let desk = Desk::new(bed.store.clone(), clock.clone(), Arc::new(ArcSwap::from_pointee(in_force))).unwrap();
        Self { bed, clock, router: router(desk), caller: Some(Caller::shell("root".into())) }
    }

    pub async fn sqlite() -> Self {
        Self::new(Bed::sqlite().await).await
    }

    /// The same desk, asked by nobody that is known already.
    pub fn outside(self) -> Self {
        Self { caller: None, ..self }
    }

    /// The same desk, asked by a user with this role of this account.
    pub fn by(self, role: Role, account: Option<&str>) -> Self {
        let actor = Actor { kind: ActorKind::User, id: "usr_1".into(), request_id: None, address: None };
        let caller = Caller { actor, role, account: account.map(label), user: Some(label("usr_1")) };
        Self { caller: Some(caller), ..self }
    }

    pub fn ask(&self, method: &str, target: &str) -> Ask<'_> {
        let request = Request::builder().method(method).uri(format!("/api/v1{target}"));
        Ask { table: self, request, body: Body::empty() }
    }

    pub async fn get(&self, target: &str) -> Told {
        self.ask("GET", target).told().await
    }

    pub async fn post(&self, target: &str, body: Value) -> Told {
        self.ask("POST", target).json(&body).told().await
    }

    /// A token of this account; its id.
    pub async fn made(&self, account: &str) -> String {
        let told = self.post("/credentials", json!({"account": account, "kind": "token"})).await;
        assert_eq!(told.status, 201, "{told:?}");
        told.body["credential"]["id"].as_str().unwrap().to_owned()
    }
}

impl Ask<'_> {
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.header(name, value), ..self }
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    pub fn body(self, body: impl Into<Body>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub async fn told(self) -> Told {
        let mut request = self.request.body(self.body).unwrap();
        if let Some(caller) = &self.table.caller {
            seat(&self.table.bed, caller).await;
            request.extensions_mut().insert(caller.clone());
        }
        let response = self.table.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = || Value::String(String::from_utf8(bytes.to_vec()).unwrap());
        let body =
            if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap_or_else(|_| text()) };
        let told = Told { status: parts.status, headers: parts.headers, body };
        assert_eq!(told.header("cache-control"), "no-store");
        assert!(!told.header("x-request-id").is_empty());
        if told.status.is_client_error() || told.status.is_server_error() {
            assert_is_problem(&told);
        }
        told
    }
}

/// RFC 9457, and our members of it.
fn assert_is_problem(told: &Told) {
    assert_eq!(told.header("content-type"), "application/problem+json", "{told:?}");
    let code = told.code();
    assert!(!code.is_empty(), "{told:?}");
    assert_eq!(told.body["type"], format!("https://claviger.invalid/README.md#{code}"));
    assert_eq!(told.body["status"], told.status.as_u16());
    assert_eq!(told.body["request_id"], told.header("x-request-id"));
    for member in ["title", "detail"] {
        assert!(told.body[member].as_str().is_some_and(|text| !text.is_empty()), "{told:?}");
    }
}
