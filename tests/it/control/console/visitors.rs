//! The accounts `acme` and `hooli`, and people of every role at their browsers.

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use claviger::clock::Clock;
use claviger::config::{ConfigSource, Webhooks};
use claviger::control::operations::{Caller, WebhookTerms};
use claviger::control::{ControlState, LiveSettings, Look, Throttles, console_listener};
use claviger::credential::{InstallationKey, InstallationKeys, Version, VersionCatalog};
use claviger::delivery::webhooks::{DestinationRules, NameLookup};
use claviger::store::Role;
use tower::ServiceExt as _;

use super::{Answer, FORM};
use crate::control::caller_rows::put_caller;
use crate::control::user;
use crate::store::test_database::{TestDatabase, label, noon};
use crate::support::assert_is_strict_html;

pub const ROLES: [Role; 4] = [Role::Staff, Role::Owner, Role::Implementer, Role::Member];
pub const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'\u{202e}&amp;";

pub struct Pages {
    pub bed: TestDatabase,
    router: Router,
}

/// A person who is signed in.
pub struct Person<'p> {
    pages: &'p Pages,
    pub caller: Caller,
}

/// What accounts may have events about: `contact` of the API behind, at hosts below `example.org` and `internal.example`.
fn webhooks() -> Arc<WebhookTerms> {
    let settings = Webhooks {
        entities: [("contact".to_owned(), vec!["created".to_owned(), "merged".to_owned()])].into(),
        keep: std::time::Duration::from_secs(30 * 24 * 3600),
        allow_http: false,
        ports: [443, 8443].into(),
        allow: Box::default(),
        proxy: None,
        ca: None,
        examples: std::collections::BTreeMap::new(),
    };
    let names = [("hooks.example.org", "93.184.216.34"), ("internal.example", "10.1.2.3")];
    let names = names.map(|(name, address)| (name.to_owned(), vec![address.parse().unwrap()]));
    let destinations = DestinationRules::new(&settings, ["https://example.org/keys"]);
    let destinations = destinations.with_names(NameLookup::Fixed(Arc::new(names.into())));
    Arc::new(WebhookTerms { settings, destinations })
}

impl Pages {
    pub async fn start() -> Self {
        Self::with(LiveSettings::default()).await
    }

    pub async fn with_webhooks() -> Self {
        Self::with(LiveSettings { webhooks: Some(webhooks()), ..LiveSettings::default() }).await
    }

    /// With webhooks and the texts of `config/examples/german`.
    pub async fn in_german() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("claviger.yaml");
        let texts = concat!(env!("CARGO_MANIFEST_DIR"), "/config/examples/german/texts");
        let settings = format!(
            "credentials: {{database: 'sqlite:claviger.db'}}\nconsole: {{texts: '{texts}', languages: [de, en]}}\n"
        );
        std::fs::write(&file, settings).unwrap();
        let settings = ConfigSource { file: Some(file), overrides: Vec::new() }.load().unwrap();
        let live = LiveSettings { webhooks: Some(webhooks()), ..LiveSettings::default() };
        Self::with(live.with_look(Look::load(&settings).unwrap())).await
    }

    async fn with(settings: LiveSettings) -> Self {
        let bed = TestDatabase::sqlite().await;
        for account in ["acme", "hooli"] {
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
            public_url: Some("https://example.org/keys".into()),
            console: serde_json::from_str(r#"{"docs_url": "https://docs.example/a"}"#).unwrap(),
            versions: VersionCatalog { known: ["1", "2"].map(version).into(), ..VersionCatalog::default() },
            ..settings
        };
        let live = Arc::new(ArcSwap::from_pointee(live));
        let state = ControlState::new(bed.store.clone(), Clock::manual(noon()), live, Throttles::default()).unwrap();
        let keys = InstallationKeys::new(InstallationKey::mint().unwrap(), Vec::new());
        let state = state.with_installation_keys(Some(Arc::new(keys)));
        Self { router: console_listener(state), bed }
    }

    /// Of acme, or of the staff.
    pub async fn person(&self, role: Role) -> Person<'_> {
        let account = (role != Role::Staff).then_some("acme");
        self.named(role, account, &format!("usr_{role}")).await
    }

    pub async fn owner(&self) -> Person<'_> {
        self.person(Role::Owner).await
    }

    pub async fn named(&self, role: Role, account: Option<&str>, id: &str) -> Person<'_> {
        let caller = user(role, account, id);
        put_caller(&self.bed, &caller).await;
        Person { pages: self, caller }
    }
}

impl Person<'_> {
    pub async fn get(&self, target: &str) -> Answer {
        self.send(Request::get(target), Body::empty()).await
    }

    pub async fn post(&self, target: &str, form: &str) -> Answer {
        self.send(Self::request(target, FORM), form.to_owned().into()).await
    }

    /// A form with a file.
    pub async fn upload(&self, target: &str, fields: &[(&str, &str)], file: &[u8]) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend(part.into_bytes());
        }
        let head = "--limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n";
        body.extend(head.bytes().chain(file.iter().copied()).chain(*b"\r\n--limit--\r\n"));
        self.send(Self::request(target, "multipart/form-data; boundary=limit"), body.into()).await
    }

    fn request(target: &str, content_type: &str) -> axum::http::request::Builder {
        let request = Request::post(target).header("host", "example.org").header("content-type", content_type);
        request.header("origin", "https://example.org").header("sec-fetch-site", "same-origin")
    }

    pub async fn send(&self, request: axum::http::request::Builder, body: Body) -> Answer {
        let mut request = request.body(body).unwrap();
        request.extensions_mut().insert(self.caller.clone());
        let response = self.pages.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        assert_is_strict_html(&parts.headers, &text);
        Answer { status: parts.status, headers: parts.headers, text }
    }
}

impl Answer {
    /// The secret of the page.
    pub fn shown(&self) -> &str {
        let rest = self.text.split_once("id=\"shown-secret\">").unwrap_or_else(|| panic!("{}", self.text)).1;
        rest.split('<').next().unwrap()
    }

    /// The status, and where it leads.
    pub fn leads(&self) -> (u16, &str) {
        (self.status.as_u16(), self.header("location"))
    }

    pub fn assert_escaped(&self, what: &str) {
        assert!(!self.text.contains("<img"), "{what}: {}", self.text);
        assert!(self.text.contains("&#60;img src=x onerror=alert(1)&#62;&#34;&#39;"), "{what}: {}", self.text);
    }
}

/// What each role gets for a path: staff, owner, implementer, member.
pub async fn assert_roles(pages: &Pages, path: &str, statuses: [u16; 4]) {
    for (role, status) in ROLES.into_iter().zip(statuses) {
        let page = pages.person(role).await.get(path).await;
        assert_eq!(page.status.as_u16(), status, "{role} at {path}: {}", page.text);
        if status == 403 {
            assert!(page.text.contains("It is for:"), "{}", page.text);
        }
    }
}
