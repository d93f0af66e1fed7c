//! The page behind a link to a secret, as strangers, scanners and the contact meet it; and what the console says of it.

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request};
use claviger::clock::Clock;
use claviger::control::operations::{NewCredential, NewSecret, OperationContext, create};
use claviger::control::{ControlState, LiveSettings, Throttles, console_listener, reveal_listener};
use claviger::credential::{InstallationKey, InstallationKeys, RevealCode, TokenDigest};
use claviger::store::{Minting, Role};

use crate::control::caller_rows::put_caller;
use crate::control::reveal::delivery;
use crate::control::{Fixture, hashes, user};
use crate::store::test_database::{TestDatabase, label, noon};
use crate::support::assert_is_strict_html;

pub(super) const OWNER: &str = "usr_owner";

/// A credential that waits, and the listeners around it.
pub(super) struct Links {
    pub(super) bed: TestDatabase,
    keys: Arc<InstallationKeys>,
    pub(super) clock: Clock,
    pub(super) console: Router,
    /// With a listener of its own for links.
    reveal: Router,
    console_beside: Router,
    id: String,
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Links {
    pub(super) async fn new(secret: NewSecret) -> Self {
        Self::on(TestDatabase::sqlite().await, secret).await
    }

    pub(super) async fn on(bed: TestDatabase, secret: NewSecret) -> Self {
        bed.account("acme").await;
        let owner = user(Role::Owner, Some("acme"), OWNER);
        put_caller(&bed, &owner).await;
        let mut fixture = Fixture::new();
        fixture.delivery = delivery();
        let new = NewCredential {
            name: Some("Pixel".into()),
            contact_email: Some("dev@pixel.example".into()),
            contact_mobile: Some("+447894123456".into()),
            ..NewCredential::new(label("acme"), secret)
        };
        let call = OperationContext {
            hashes: Some(hashes()),
            ..OperationContext::new(&bed.store, &owner, noon(), fixture.terms())
        };
        let id = create(&call, new).await.unwrap().fresh().unwrap().record.id.to_string();
        let keys = Arc::new(InstallationKeys::new(InstallationKey::mint().unwrap(), Vec::new()));
        let clock = Clock::manual(noon());
        let state = |change: fn(&mut LiveSettings)| {
            let mut live = LiveSettings {
                public_url: Some("https://example.org/keys".into()),
                delivery: delivery(),
                ..LiveSettings::default()
            };
            change(&mut live);
            let live = Arc::new(ArcSwap::from_pointee(live));
            let state = ControlState::new(bed.store.clone(), clock.clone(), live, Throttles::default()).unwrap();
            state.with_installation_keys(Some(keys.clone()))
        };
        let apart = |live: &mut LiveSettings| {
            live.delivery.reveal_listen = Some("127.0.0.1:1".parse().unwrap());
            live.delivery.reveal_url = Some("https://reveal.example/r".into());
        };
        let (console, reveal, console_beside) =
            (console_listener(state(|_| {})), reveal_listener(state(apart)), console_listener(state(apart)));
        Self { bed, keys, clock, console, reveal, console_beside, id }
    }

    /// The link and the code that a worker sends now.
    pub(super) async fn sent(&self) -> (String, RevealCode) {
        let reveal = self.bed.store.newest_reveal(&self.id).await.unwrap().unwrap().id;
        let mut transaction = self.bed.store.begin(self.clock.now()).await.unwrap();
        let Minting::Minted(link) = transaction.mint_reveal_link(&reveal).await.unwrap() else { panic!("no link") };
        let minted = transaction.mint_reveal_code(&reveal, self.keys.current()).await.unwrap();
        let Minting::Minted(code) = minted else { panic!("no code") };
        transaction.commit().await.unwrap();
        let now = self.clock.now().as_millisecond();
        let accepted = "UPDATE outbox SET state = 'accepted', next_at = NULL, error_code = NULL, sent_at";
        self.bed.execute(&format!("{accepted} = {now} WHERE state = 'waiting'")).await;
        (link.ticket.reveal().to_owned(), code.code)
    }

    async fn send(&self, router: &Router, method: Method, target: &str, form: &str) -> Answer {
        let is_post = method == Method::POST;
        let mut request = Request::builder().method(method).uri(target).header("host", "evil.example");
        // Of this browser's console, and of an earlier page: neither matters here.
        request = request.header("cookie", "__Host-claviger=junk; __Host-claviger-notice=done-x.y");
        if is_post {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        let response = tower::ServiceExt::oneshot(router.clone(), request.body(Body::from(form.to_owned())).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        if !text.is_empty() {
            assert_is_strict_html(&parts.headers, &text);
        }
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    pub(super) async fn get(&self, target: &str) -> Answer {
        self.send(&self.console, Method::GET, target, "").await
    }

    pub(super) async fn post(&self, target: &str, form: &str) -> Answer {
        self.send(&self.console, Method::POST, target, form).await
    }

    /// A page of the console as its owner sees it.
    pub(super) async fn owner_sees(&self, target: &str) -> String {
        let caller = user(Role::Owner, Some("acme"), OWNER);
        let request = Request::get(target).extension(caller).body(Body::empty()).unwrap();
        let response = tower::ServiceExt::oneshot(self.console.clone(), request).await.unwrap();
        String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap()
    }

    /// The row without what asking for texts counts.
    pub(super) async fn untouched(&self) -> i64 {
        self.bed
            .ask(
                "SELECT COUNT(*) FROM reveals WHERE tries = 0 AND revealed_at IS NULL AND superseded_at IS NULL
                AND code_digest IS NOT NULL",
            )
            .await
    }
}

impl Answer {
    pub(super) fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// Status, headers and body, without the id of the request.
    pub(super) fn steady(&self) -> (u16, Vec<(String, Vec<u8>)>, String) {
        let id = self.headers["x-request-id"].to_str().unwrap();
        let others = self.headers.iter().filter(|(name, _)| *name != "x-request-id");
        let headers = others.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
        (self.status, headers, self.text.replace(id, "ID"))
    }

    fn secret(&self) -> &str {
        let rest = self.text.split_once("id=\"shown-secret\">").expect("a secret").1;
        rest.split('<').next().unwrap()
    }

    pub(super) fn assert_is_a_strangers_page(&self) {
        assert!(!self.headers.contains_key("set-cookie"), "{:?}", self.headers);
        assert_eq!(self.headers["x-robots-tag"], "noindex");
        assert_eq!(self.headers["cache-control"], "no-store");
        assert_eq!(self.headers["referrer-policy"], "same-origin");
        assert!(!self.has("<nav") && !self.has("sign-out") && !self.has("evil.example"), "{}", self.text);
        assert!(!self.has("class=\"logo\" href"), "{}", self.text);
    }
}

#[tokio::test]
async fn the_holder_of_link_and_code_sees_the_secret_once() {
    let links = Links::new(NewSecret::Token).await;
    let (ticket, code) = links.sent().await;
    let path = format!("/reveal/{ticket}");
    let page = links.get(&path).await;
    page.assert_is_a_strangers_page();
    assert_eq!(page.status, 200);
    assert!(page.has("the number ending in 456 on 21 Nov 2026, 12:00 UTC"), "{}", page.text);
    assert!(page.has("autocomplete=\"one-time-code\"") && page.has("inputmode=\"numeric\""), "{}", page.text);
    assert!(page.has(&format!("action=\"/keys/reveal/{ticket}\"")), "{}", page.text);
    assert!(!page.has(code.reveal()) && !page.has("dev@pixel.example") && !page.has("7894123"), "{}", page.text);
    let spaced = format!("code={}+{}", &code.reveal()[..4], &code.reveal()[4..]);
    let shown = links.post(&path, &spaced).await;
    shown.assert_is_a_strangers_page();
    assert_eq!(shown.status, 200);
    let secret = shown.secret().to_owned();
    assert!(shown.has("Save it now") && shown.has(&format!("curl -H &#39;Authorization: Bearer {secret}&#39;")));
    let found = links.bed.store.find_token(&TokenDigest::of(secret.as_bytes())).await.unwrap().found;
    assert_eq!(found.map(|found| found.credential.id.to_string()), Some(links.id.clone()));
    // Reload sends the code again; Back and other tabs read the page.
    for again in [links.post(&path, &spaced).await, links.get(&path).await, links.post(&path, "").await] {
        again.assert_is_a_strangers_page();
        assert_eq!(again.status, 410);
        assert!(again.has("were shown on 21 Nov 2026, 12:00 UTC") && again.has("tell acme at once"), "{}", again.text);
        assert!(!again.has(&secret), "{}", again.text);
    }
    let detail = links.owner_sees(&format!("/credentials/{}", links.id)).await;
    assert!(detail.contains("The secret was shown on") && detail.contains("It has not been used since."), "{detail}");
    assert!(!detail.contains(&secret) && !detail.contains(&ticket));
}

#[tokio::test]
async fn the_page_says_for_how_long_a_code_works_and_when_another_is_sent() {
    let links = Links::new(NewSecret::Token).await;
    let (ticket, _) = links.sent().await;
    let path = format!("/reveal/{ticket}");
    let pause = "A new code is sent two minutes after the last one at the earliest.";
    for (seconds, left) in [(0, "for 10 more minutes"), (61, "for 9 more minutes"), (480, "for 1 more minute.")] {
        links.clock.advance(std::time::Duration::from_secs(seconds));
        let page = links.get(&path).await;
        assert!(page.has(left) && page.has("Send a new code") && page.has(pause), "{left}: {}", page.text);
    }
    links.clock.advance(std::time::Duration::from_secs(60));
    let page = links.get(&path).await;
    assert!(page.has("Send me a code") && !page.has("more minute") && !page.has(pause), "{}", page.text);
}

#[tokio::test]
async fn a_scanner_consumes_nothing() {
    let links = Links::new(NewSecret::Password { username: "Pixel".into(), chosen: None }).await;
    let (ticket, code) = links.sent().await;
    let path = format!("/reveal/{ticket}");
    for method in [Method::HEAD, Method::GET, Method::OPTIONS, Method::PUT, Method::DELETE] {
        links.send(&links.console, method, &path, "").await;
    }
    let forms = [
        "",
        "code=",
        "code=+",
        "code=1234567",
        "code=123456789",
        "code=abcdefgh",
        "code=%00",
        "other=1",
        "code=1&code=2",
        "code=%ff",
        "code=4821.9037",
    ];
    for form in forms {
        let answer = links.post(&path, form).await;
        assert!([400, 422].contains(&answer.status), "{form}: {}", answer.status);
        let sent = links.post(&format!("{path}/code"), form).await;
        assert!([303, 400].contains(&sent.status), "{form}: {}", sent.status);
    }
    assert_eq!(links.untouched().await, 1, "row of the reveal");
    assert_eq!(links.bed.ask("SELECT COUNT(*) FROM outbox WHERE channel = 'sms'").await, 1, "within two minutes");
    let shown = links.post(&path, &format!("code={}", code.reveal())).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    assert!(shown.has("id=\"shown-username\">Pixel<") && shown.secret().len() >= 16);
}

#[tokio::test]
async fn wrong_codes_say_what_is_left_and_then_lock() {
    let links = Links::new(NewSecret::Token).await;
    let (ticket, code) = links.sent().await;
    let wrong = if code.reveal() == "00000000" { "00000001" } else { "00000000" };
    let path = format!("/reveal/{ticket}");
    for left in ["4 tries are left", "3 tries are left", "2 tries are left", "1 try is left"] {
        let page = links.post(&path, &format!("code={wrong}")).await;
        assert_eq!(page.status, 422);
        assert!(page.has("That code is not right.") && page.has(left), "{left}: {}", page.text);
        assert!(!page.has(wrong), "what was typed is not written back");
    }
    for _ in 0..2 {
        let page = links.post(&path, &format!("code={wrong}")).await;
        assert_eq!(page.status, 410);
        assert!(page.has("There were five wrong codes. Ask acme for a new link."), "{}", page.text);
    }
    assert_eq!(links.post(&path, &format!("code={}", code.reveal())).await.status, 410);
    let detail = links.owner_sees(&format!("/credentials/{}", links.id)).await;
    assert!(detail.contains("locked after five wrong codes") && detail.contains("5 of 5"), "{detail}");
    assert!(detail.contains("/send-again") && !detail.contains("/text-again"), "{detail}");
}

#[tokio::test]
async fn each_end_of_a_link_has_its_sentence() {
    let sentences = [
        ("UPDATE credentials SET enabled = FALSE", 200, "This API account is disabled."),
        ("UPDATE credentials SET expires_at = 1", 200, "This API account has expired."),
        ("UPDATE accounts SET switched_on = FALSE", 200, "API access is switched off for acme."),
        ("UPDATE reveals SET ends_at = 1", 410, "It worked until 1 Jan 1970, 00:00 UTC."),
        ("UPDATE reveals SET tries = 5", 410, "There were five wrong codes."),
        ("UPDATE reveals SET superseded_at = 1, superseded_by = 'resent'", 410, "replaced by a newer link"),
        ("UPDATE reveals SET superseded_at = 1, superseded_by = 'reset'", 410, "Your credentials were replaced since."),
        (
            "UPDATE reveals SET superseded_at = 1, superseded_by = 'cleared'",
            410,
            "Your credentials were removed by acme.",
        ),
        ("UPDATE reveals SET superseded_at = 1, superseded_by = 'contact'", 410, "is the contact now."),
        ("UPDATE reveals SET superseded_at = 1, superseded_by = 'voided'", 410, "It was stopped by acme."),
    ];
    for (change, status, sentence) in sentences {
        let links = Links::new(NewSecret::Token).await;
        let (ticket, code) = links.sent().await;
        links.bed.execute(change).await;
        let path = format!("/reveal/{ticket}");
        let page = links.get(&path).await;
        page.assert_is_a_strangers_page();
        assert_eq!(page.status, status, "{change}");
        assert!(page.has(sentence), "{change}: {}", page.text);
        assert!(!page.has("<form"), "{change}: {}", page.text);
        assert_eq!(links.post(&path, &format!("code={}", code.reveal())).await.status, status, "{change}");
        assert_eq!(links.bed.ask("SELECT COUNT(*) FROM tokens").await, 0, "{change}");
        assert!(links.owner_sees("/credentials").await.contains("Delivery"), "{change}");
    }
}

#[tokio::test]
async fn a_listener_of_its_own_serves_links_alone() {
    let links = Links::new(NewSecret::Token).await;
    let (ticket, code) = links.sent().await;
    let path = format!("/r/reveal/{ticket}");
    let page = links.send(&links.reveal, Method::GET, &path, "").await;
    page.assert_is_a_strangers_page();
    assert!(page.has(&format!("action=\"/r/reveal/{ticket}\"")) && page.has("\"/r/assets/"), "{}", page.text);
    let style = page.text.split("href=\"").find(|link| link.contains(".css")).unwrap().split('"').next().unwrap();
    let request = Request::get(style).body(Body::empty()).unwrap();
    assert_eq!(tower::ServiceExt::oneshot(links.reveal.clone(), request).await.unwrap().status(), 200, "{style}");
    for elsewhere in ["/", "/sign-in", "/credentials", "/api/v1/me", "/setup/x", "/r/"] {
        let answer = links.send(&links.reveal, Method::GET, elsewhere, "").await;
        assert_eq!(answer.status, 404, "{elsewhere}");
        answer.assert_is_a_strangers_page();
    }
    assert_eq!(links.send(&links.console_beside, Method::GET, &format!("/reveal/{ticket}"), "").await.status, 404);
    let form = format!("code={}", code.reveal());
    assert_eq!(links.send(&links.reveal, Method::POST, &path, &form).await.status, 200);
}

#[tokio::test]
async fn a_page_of_another_site_cannot_send_a_code() {
    let links = Links::new(NewSecret::Token).await;
    let (ticket, code) = links.sent().await;
    let request = Request::post(format!("/reveal/{ticket}"))
        .header("host", "example.org")
        .header("origin", "https://evil.example")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(format!("code={}", code.reveal())))
        .unwrap();
    let answer = tower::ServiceExt::oneshot(links.console.clone(), request).await.unwrap();
    assert_eq!(answer.status(), 403);
    assert_eq!(links.untouched().await, 1);
}
