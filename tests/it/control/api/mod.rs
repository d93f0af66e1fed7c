//! The management API through its router, without a socket.

mod credential_files;
mod credentials;
mod csrf;
mod documents;
mod every_operation;
mod guesses;
mod idempotency;
mod if_match;
mod odd_texts;
mod other_accounts;
mod parallel_changes;
mod people;
mod refusals;
mod roles;
mod samples;
mod sessions;
mod setup;

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use claviger::auth::{Accept, Rules, ThrottleRules};
use claviger::clock::Clock;
use claviger::config::Webhooks;
use claviger::control::api::openapi;
use claviger::control::operations::{Caller, WebhookTerms};
use claviger::control::{ControlState, LiveSettings, Peer, Throttles, console_listener};
use claviger::credential::{InstallationKey, InstallationKeys, ScopeCatalog, TokenFormat, Version, VersionCatalog};
use claviger::delivery::webhooks::{DestinationRules, NameLookup};
use claviger::store::{Actor, ActorKind, Role};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::control::caller_rows::put_caller;
use crate::store::test_database::{TestDatabase, label, noon};

/// A management API on its own database, with a default caller.
pub struct TestApi {
    pub bed: TestDatabase,
    pub clock: Clock,
    router: axum::Router,
    caller: Option<Caller>,
}

#[derive(Debug)]
pub struct ApiReply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl ApiReply {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Without the request id, to compare responses.
    pub fn without_id(mut self) -> (StatusCode, HeaderMap, Value) {
        let id = self.headers.remove("x-request-id").unwrap();
        if let Some(body) = self.body.as_object_mut() {
            assert_eq!(body.remove("request_id").unwrap(), id.to_str().unwrap());
        }
        (self.status, self.headers, self.body)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A request builder.
pub struct ApiRequest<'t> {
    api: &'t TestApi,
    caller: Option<Caller>,
    request: axum::http::request::Builder,
    body: Body,
}

impl TestApi {
    /// Versions 1 and 2, the scope `pay`, the accounts `acme` and `globex`; the caller is the shell.
    pub async fn new(bed: TestDatabase) -> Self {
        Self::with_free_guesses(bed, 100).await
    }

    /// The same, with another number of wrong passwords that an address may guess without a delay.
    pub async fn with_free_guesses(bed: TestDatabase, free_per_address: u32) -> Self {
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
        let live = LiveSettings {
            versions: VersionCatalog { known: vec![version("1"), version("2")], ..Default::default() },
            scopes: ScopeCatalog::new(vec![(label("pay"), Box::default())]),
            public_url: Some("https://keys.example.org".into()),
            webhooks: Some(webhook_terms()),
            rules: Some(Arc::new(gate_rules())),
            guessing: Some(ThrottleRules {
                free_per_pair: 3,
                free_per_address,
                first_delay: Duration::from_secs(60),
                longest_delay: Duration::from_secs(60),
                window: Duration::from_secs(900),
            }),
            ..LiveSettings::default()
        };
        let clock = Clock::manual(noon());
        let state = ControlState::new(
            bed.store.clone(),
            clock.clone(),
            Arc::new(ArcSwap::from_pointee(live)),
            Throttles::default(),
        )
        .unwrap()
        .with_installation_keys(Some(Arc::new(installation_keys())));
        Self { bed, clock, router: console_listener(state), caller: Some(Caller::shell("root".into())) }
    }

    pub async fn sqlite() -> Self {
        Self::new(TestDatabase::sqlite().await).await
    }

    /// Without a caller: requests have to authenticate.
    pub fn outside(self) -> Self {
        Self { caller: None, ..self }
    }

    /// With a user of this role and account as the caller.
    pub fn by(self, role: Role, account: Option<&str>) -> Self {
        Self { caller: Some(user_caller(role, account)), ..self }
    }

    pub fn request(&self, method: &str, target: &str) -> ApiRequest<'_> {
        let request = Request::builder().method(method).uri(format!("/api/v1{target}"));
        ApiRequest { api: self, caller: self.caller.clone(), request, body: Body::empty() }
    }

    /// Outside the API.
    pub async fn page(&self, path: &str) -> ApiReply {
        let request = Request::builder().uri(path);
        ApiRequest { api: self, caller: None, request, body: Body::empty() }.send().await
    }

    pub async fn get(&self, target: &str) -> ApiReply {
        self.request("GET", target).send().await
    }

    pub async fn post(&self, target: &str, body: Value) -> ApiReply {
        self.request("POST", target).json(&body).send().await
    }

    /// Creates a token credential, and returns its id.
    pub async fn create_token(&self, account: &str) -> String {
        let reply = self.post("/credentials", json!({"account": account, "kind": "token"})).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.body["credential"]["id"].as_str().unwrap().to_owned()
    }
}

/// Receivers may be at `hooks.example.org`, and the API behind reports contacts.
fn webhook_terms() -> Arc<WebhookTerms> {
    let settings = Webhooks {
        entities: [("contact".to_owned(), vec!["created".to_owned()])].into(),
        keep: Duration::from_secs(30 * 24 * 3600),
        allow_http: false,
        ports: [443].into(),
        allow: Box::default(),
        proxy: None,
        ca: None,
        examples: std::collections::BTreeMap::new(),
    };
    let names = [("hooks.example.org".to_owned(), vec!["93.184.216.34".parse().unwrap()])];
    let destinations = DestinationRules::new(&settings, ["https://keys.example.org"]);
    let destinations = destinations.with_names(NameLookup::Fixed(Arc::new(names.into())));
    Arc::new(WebhookTerms { settings, destinations })
}

fn gate_rules() -> Rules {
    Rules {
        accept: Accept { bearer: true, basic: true, ..Accept::default() },
        token_format: TokenFormat::default(),
        versions: VersionCatalog::default(),
        scopes: ScopeCatalog::default(),
        public: Box::default(),
        upgrades: Box::default(),
        path_exceptions: Box::default(),
        origins: None,
    }
}

fn installation_keys() -> InstallationKeys {
    InstallationKeys::new(InstallationKey::mint().unwrap(), Vec::new())
}

pub fn user_caller(role: Role, account: Option<&str>) -> Caller {
    let actor = Actor { kind: ActorKind::User, id: "usr_1".into(), request_id: None, address: None };
    Caller { actor, role, account: account.map(label), user: Some(label("usr_1")) }
}

impl ApiRequest<'_> {
    pub fn by(self, caller: Caller) -> Self {
        Self { caller: Some(caller), ..self }
    }

    /// From a peer over a socket, without a caller.
    pub fn from(self, address: &str) -> Self {
        let peer: SocketAddr = format!("{address}:50000").parse().unwrap();
        Self { caller: None, request: self.request.extension(ConnectInfo(Peer(peer))), ..self }
    }

    pub fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.header(name, value), ..self }
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    pub fn body(self, body: impl Into<Body>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// A body that is not JSON becomes one string.
    pub async fn send(self) -> ApiReply {
        let mut request = self.request.body(self.body).unwrap();
        if let Some(caller) = self.caller {
            put_caller(&self.api.bed, &caller).await;
            request.extensions_mut().insert(caller);
        }
        let is_api = request.uri().path().starts_with("/api/");
        let (method, path) = (request.method().as_str().to_lowercase(), request.uri().path().to_owned());
        let response = self.api.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let kind = parts.headers.get("content-type").map_or("", |kind| kind.to_str().unwrap());
        let body = match bytes.is_empty() {
            true => Value::Null,
            false if kind.starts_with("text/") => String::from_utf8(bytes.to_vec()).unwrap().into(),
            false => serde_json::from_slice(&bytes).unwrap(),
        };
        let reply = ApiReply { status: parts.status, headers: parts.headers, body };
        assert_eq!(reply.header("cache-control"), "no-store");
        assert!(!reply.header("x-request-id").is_empty());
        if is_api && (reply.status.is_client_error() || reply.status.is_server_error()) {
            assert_is_problem(&reply);
            assert_is_described(&method, &path, &reply);
        }
        reply
    }
}

/// The description lists every code that an operation answers with.
fn assert_is_described(method: &str, path: &str, reply: &ApiReply) {
    static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(openapi()).unwrap());
    let Some(path) = path.strip_prefix("/api/v1") else { return };
    let is_of = |template: &str| {
        let (own, parts) = (template.split('/'), path.split('/'));
        own.clone().count() == parts.clone().count()
            && own.zip(parts).all(|(own, part)| own == part || own.starts_with('{'))
    };
    let operations = DESCRIPTION["paths"].as_object().unwrap().iter().filter(|(template, _)| is_of(template));
    let operations: Vec<_> = operations.filter_map(|(_, item)| item.get(method)).collect();
    let status = reply.status.as_str();
    let codes = |operation: &Value| operation["responses"][status]["description"].as_str().map(str::to_owned);
    let is_described =
        |operation: &&Value| codes(operation).is_some_and(|codes| codes.split(", ").any(|code| code == reply.code()));
    let Some(operation) = operations.first() else { return };
    assert!(operations.iter().any(is_described), "{} answers {status} {}", operation["operationId"], reply.code());
}

/// RFC 9457 with our extension members.
fn assert_is_problem(reply: &ApiReply) {
    assert_eq!(reply.header("content-type"), "application/problem+json", "{reply:?}");
    let code = reply.code();
    assert!(!code.is_empty(), "{reply:?}");
    assert_eq!(reply.body["type"], format!("https://keys.example.org/errors/{code}"));
    assert_eq!(reply.body["status"], reply.status.as_u16());
    assert_eq!(reply.body["request_id"], reply.header("x-request-id"));
    for member in ["title", "detail"] {
        assert!(reply.body[member].as_str().is_some_and(|text| !text.is_empty()), "{reply:?}");
    }
}
