//! The pages through their router, without a browser: headers, forms, and input that no browser sends.

mod access;
mod accounts;
mod audit;
mod credential_writes;
mod credentials;
mod files;
mod german;
mod management;
mod narrowing;
mod overview;
mod own_key;
mod profile;
mod publishers;
mod refusals;
mod requests;
mod reveal;
mod reveal_junk;
mod reveal_messages;
mod site;
mod stage;
mod status;
mod tokens;
mod users;
mod visitors;
mod webhook_deliveries;
mod webhook_people;
mod webhooks;

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use claviger::control::{ControlState, LiveSettings, Throttles, console_listener};
use claviger::store::Role;
use tower::ServiceExt as _;

use super::people::{House, PASSWORD};
use crate::store::test_database::TestDatabase;
use crate::support::assert_is_strict_html;

const FORM: &str = "application/x-www-form-urlencoded";

/// The console at `https://example.org/keys`, with one owner.
struct Pages {
    router: Router,
    cookie: String,
    _bed: TestDatabase,
}

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn cookie(&self, name: &str) -> Option<&str> {
        let lines = self.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
        lines.map(|line| line.split(';').next().unwrap()).find(|pair| pair.starts_with(&format!("{name}=")))
    }

    /// Without what differs from request to request.
    fn steady(&self) -> String {
        self.text.replace(self.header("x-request-id"), "ID")
    }
}

impl Pages {
    async fn start() -> Self {
        let bed = TestDatabase::sqlite().await;
        bed.account("acme").await;
        let house = House::new();
        house.person(&bed, "owner@acme.example", Role::Owner).await;
        let live = LiveSettings { public_url: Some("https://example.org/keys".into()), ..LiveSettings::default() };
        let live = Arc::new(ArcSwap::from_pointee(live));
        let state = ControlState::new(bed.store.clone(), house.clock.clone(), live, Throttles::default()).unwrap();
        let router = console_listener(state);
        let mut pages = Self { router, cookie: String::new(), _bed: bed };
        let form = format!("email=owner%40acme.example&password={}", PASSWORD.replace(' ', "+"));
        let signed_in = pages.post("/sign-in", &form).await;
        assert_eq!(signed_in.status, 303, "{signed_in:?}");
        signed_in.cookie("__Host-claviger").unwrap().clone_into(&mut pages.cookie);
        pages
    }

    async fn send(&self, request: axum::http::request::Builder, body: impl Into<Body>) -> Answer {
        let request = if self.cookie.is_empty() { request } else { request.header("cookie", &self.cookie) };
        let response = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        assert_is_strict_html(&parts.headers, &text);
        Answer { status: parts.status, headers: parts.headers, text }
    }

    async fn get(&self, target: &str) -> Answer {
        self.send(Request::get(target), Body::empty()).await
    }

    fn request(target: &str) -> axum::http::request::Builder {
        let request = Request::post(target).header("host", "example.org").header("content-type", FORM);
        request.header("origin", "https://example.org").header("sec-fetch-site", "same-origin")
    }

    async fn post(&self, target: &str, form: &str) -> Answer {
        self.send(Self::request(target), form.to_owned()).await
    }
}

#[tokio::test]
async fn every_page_has_the_headers_that_protect_it() {
    let pages = Pages::start().await;
    for target in ["/", "/profile", "/sign-in", "/nowhere", "/errors", "/setup/x"] {
        let page = pages.get(target).await;
        let policy = page.header("content-security-policy");
        for part in ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{target}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("referrer-policy"), "same-origin");
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin");
        assert!(page.header("x-request-id").len() > 20);
        assert!(!page.text.contains("style=") && !page.text.contains("<style"), "{}", page.text);
        assert!(!page.text.contains(" onclick") && !page.text.contains("<script>"), "{}", page.text);
    }
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_links_begin_with_the_base_path() {
    let pages = Pages::start().await;
    let page = pages.get("/keys/profile").await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(pages.get("/profile").await.status, 200, "a proxy may have taken the base path away");
    let links = |attribute: &str| -> Vec<String> {
        let start = format!("{attribute}=\"");
        let parts = page.text.split(&start).skip(1);
        parts.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    let all: Vec<_> = ["href", "src", "action"].into_iter().flat_map(links).filter(|link| link != "#main").collect();
    assert!(all.len() > 6, "{all:?}");
    for link in &all {
        assert!(link.starts_with("/keys/"), "{link}");
    }
    for asset in all.iter().filter(|link| link.contains("/assets/")) {
        let found = pages.get(asset).await;
        assert_eq!(found.status, 200, "{asset}");
        assert!(found.header("cache-control").contains("immutable"), "{asset}");
        assert_eq!(found.header("x-content-type-options"), "nosniff");
    }
    assert_eq!(pages.get("/assets/0000000000000000/console.css").await.status, 404);
}

#[tokio::test]
async fn what_does_not_exist_and_what_belongs_to_others_is_one_page() {
    let pages = Pages::start().await;
    let missing = pages.get("/nowhere").await;
    assert_eq!(missing.status, 404);
    for target in ["/assets", "/errors/nothing", "/errors/%3Cscript%3E", "/Profile", "/profile/"] {
        let page = pages.get(target).await;
        assert_eq!((page.status, page.steady()), (missing.status, missing.steady()), "{target}");
    }
    let session = pages.post("/profile/sessions/0123456789/end", "").await;
    assert_eq!((session.status, session.steady()), (missing.status, missing.steady()));
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_and_nothing_of_it_is_echoed() {
    let pages = Pages::start().await;
    for (origin, site) in [
        ("https://evil.example", "cross-site"),
        ("null", "cross-site"),
        ("https://example.org", "same-site"),
        ("http://example.org", "same-origin"),
    ] {
        let request = Request::post("/profile/password").header("host", "example.org").header("content-type", FORM);
        let request = request.header("origin", origin).header("sec-fetch-site", site);
        let refused = pages.send(request, "password=planted&other=planted").await;
        assert_eq!(refused.status, 403, "{origin}");
        assert!(!refused.text.contains("planted") && !refused.text.contains('<'), "{}", refused.text);
    }
    // A cookie without a proof of the origin.
    let request = Request::post("/profile/password").header("host", "example.org").header("content-type", FORM);
    assert_eq!(pages.send(request, "password=planted").await.status, 403);
}

/// Every form but those of signing in and out, and before it.
const FORMS: [&str; 61] = [
    "/credentials/new",
    "/credentials/x/active",
    "/credentials/x/end-overlap",
    "/credentials/x/send-again",
    "/credentials/x/text-again",
    "/credentials/x/void",
    "/credentials/x/edit",
    "/credentials/x/reset",
    "/credentials/x/duplicate",
    "/credentials/x/upgrade",
    "/credentials/x/disable",
    "/credentials/x/clear",
    "/credentials/x/delete",
    "/my-key",
    "/my-key/regenerate",
    "/my-key/off",
    "/profile/name",
    "/profile/password",
    "/profile/sessions/end-others",
    "/profile/sessions/x/end",
    "/users/new",
    "/users/x",
    "/users/x/disable",
    "/users/x/end-sessions",
    "/users/x/enable",
    "/users/x/setup-link",
    "/api-management/x/clear",
    "/access/ask",
    "/audit/export",
    "/access/requests/x/withdraw",
    "/access/on",
    "/access/off",
    "/access/members",
    "/credential-files/export",
    "/credential-files/import",
    "/operator-tokens/new",
    "/operator-tokens/x/disable",
    "/operator-tokens/x/enable",
    "/operator-tokens/x/delete",
    "/requests/decide",
    "/requests/x/approve",
    "/requests/x/decline",
    "/accounts/new",
    "/accounts/x/rename",
    "/accounts/x/grant",
    "/accounts/x/withdraw",
    "/webhooks/new",
    "/webhooks/x/pause",
    "/webhooks/x/play",
    "/webhooks/x/test",
    "/webhooks/x/edit",
    "/webhooks/x/secret",
    "/webhooks/x/end-overlap",
    "/webhooks/x/replay",
    "/webhooks/x/stop-replay",
    "/webhooks/x/delete",
    "/webhooks/x/deliveries/y/replay",
    "/publishers/new",
    "/publishers/x/disable",
    "/publishers/x/enable",
    "/publishers/x/delete",
];

/// With the real cookie of a session, as a browser sends it.
#[tokio::test]
async fn no_form_is_accepted_without_proof_of_its_origin_or_in_a_session_that_has_ended() {
    let pages = Pages::start().await;
    let before = pages._bed.store.last_change().await.unwrap();
    let bare = |path: &str| Request::post(path).header("host", "example.org").header("content-type", FORM);
    for path in FORMS {
        let answer = pages.send(bare(path), "once=a").await;
        assert_eq!(answer.status, 403, "{path} without an origin");
    }
    // An address may not try many sessions.
    for paths in FORMS.chunks(20) {
        let mut pages = Pages::start().await;
        "__Host-claviger=ended".clone_into(&mut pages.cookie);
        for path in paths {
            let answer = pages.post(path, "once=a").await;
            assert_eq!(answer.status, 401, "{path} in a session that has ended");
            assert!(answer.text.contains("You are signed out"), "{}", answer.text);
        }
    }
    for path in FORMS {
        let answer = pages.post(path, "once=a&planted=x").await;
        assert!(answer.status.is_client_error() || answer.status == 303, "{path} with a field that it does not have");
    }
    assert_eq!(pages._bed.store.last_change().await.unwrap(), before, "nothing has happened");
}

/// A form that is added is in the list.
#[test]
fn every_form_is_tried() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/control/console/pages");
    let (mut folders, mut routes) = (vec![root], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            let source = std::fs::read_to_string(&entry).unwrap();
            let route = |line: &&str| line.contains(".route(\"") && line.contains("post(");
            let path = |line: &str| line.split('"').nth(1).unwrap().replace("{id}", "x").replace("{delivery}", "y");
            routes.extend(source.lines().filter(route).map(path));
        }
    }
    assert!(routes.len() > 35, "{routes:?}");
    for route in routes {
        let is_before_signing_in =
            ["/demo/", "/forgot", "/reveal/", "/setup", "/sign-"].iter().any(|prefix| route.starts_with(prefix));
        assert!(is_before_signing_in || FORMS.contains(&route.as_str()), "{route} is not tried");
    }
}

#[tokio::test]
async fn bad_forms_get_a_page_and_do_nothing() {
    let pages = Pages::start().await;
    let right = format!(
        "password_current={}&password=another+good+one&password_again=another+good+one",
        PASSWORD.replace(' ', "+")
    );
    let long = format!("{right}&x={}", "x".repeat(1 << 20));
    for (form, status) in [
        (format!("{right}&role=staff"), 400),
        (format!("{right}&password=again"), 400),
        (format!("{right}&revision=x"), 400),
        (format!("{right}&x=%ff"), 400),
        (long, 413),
        (String::new(), 422),
        ("\u{0}".into(), 400),
    ] {
        let page = pages.post("/profile/password", &form).await;
        assert_eq!(page.status.as_u16(), status, "{} {}", form.len(), page.text);
        assert!(page.header("content-type").starts_with("text/html"), "{}", page.text);
    }
    for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x", "x", ""] {
        let request = Request::post("/profile/password").header("host", "example.org").header("content-type", kind);
        let page = pages.send(request.header("origin", "https://example.org"), right.clone()).await;
        assert_eq!(page.status, 415, "{kind}");
        assert!(page.header("content-type").starts_with("text/html"), "{}", page.text);
    }
    for method in ["PUT", "DELETE", "PATCH"] {
        let request = Request::builder().method(method).uri("/profile").header("origin", "https://example.org");
        let page = pages.send(request.header("host", "example.org"), Body::empty()).await;
        assert_eq!((page.status.as_u16(), page.header("allow")), (405, "GET,HEAD"), "{method}");
    }
    assert_eq!(pages.post("/profile/password", &right).await.status, 303, "the password is the same as before");
}

#[tokio::test]
async fn a_form_that_is_sent_twice_takes_effect_once() {
    let pages = Pages::start().await;
    let end = |once: &str| format!("once={once}");
    let first = pages.post("/profile/sessions/end-others", &end("a")).await;
    assert_eq!(first.status, 303);
    let again = pages.post("/profile/sessions/end-others", &end("a")).await;
    assert_eq!(again.status, 200);
    assert!(
        again.text.contains("This was done already") && again.text.contains("href=\"/keys/profile\""),
        "{}",
        again.text
    );
    assert_eq!(pages.post("/profile/sessions/end-others", &end("b")).await.status, 303);
    // The token of another form.
    let forged = pages.post("/profile/password", "once=a&password=x").await;
    assert_eq!(forged.status, 422);
    assert!(forged.text.contains("This form was used for something else"), "{}", forged.text);
}

#[tokio::test]
async fn what_was_typed_is_carried_on_when_the_session_has_ended() {
    let mut pages = Pages::start().await;
    pages.cookie = "__Host-claviger=ended".into();
    let form = "name=%3Cb%3EZo%C3%AB%22&note=a%0D%0Ab&password=planted&password_again=planted&once=c";
    let page = pages.post("/keys/profile/password", form).await;
    assert_eq!(page.status, 401);
    assert!(page.text.contains("value=\"&#60;b&#62;Zoë&#34;\"") || page.text.contains("value=\"&lt;b&gt;Zoë&quot;\""));
    assert!(page.text.contains("name=\"once\" value=\"c\"") && page.text.contains("action=\"/keys/profile/password\""));
    assert!(!page.text.contains("planted"), "{}", page.text);
    // Without them, a page that generates an empty one would do so.
    for name in ["password", "password_again"] {
        assert!(
            page.text.contains(&format!("<input type=\"password\" id=\"{name}\" name=\"{name}\"")),
            "{}",
            page.text
        );
    }
    let page = pages.get("/profile?a=b").await;
    assert_eq!((page.status.as_u16(), page.header("location")), (303, "/keys/sign-in?next=%2Fprofile%3Fa%3Db"));
}

#[tokio::test]
async fn signing_in_leads_to_pages_of_the_console_only() {
    let mut pages = Pages::start().await;
    pages.cookie.clear();
    let sign_in = format!("email=owner%40acme.example&password={}", PASSWORD.replace(' ', "+"));
    for (next, location) in [
        ("%2Fprofile%3Fa%3Db", "/keys/profile?a=b"),
        ("", "/keys/"),
        ("https%3A%2F%2Fevil.example", "/keys/"),
        ("%2F%2Fevil.example", "/keys/"),
        ("%2F%5Cevil.example", "/keys/"),
        ("%2Fa%0D%0ASet-Cookie%3A+x", "/keys/"),
    ] {
        let request = Pages::request("/sign-in").header("x-forwarded-host", "evil.example");
        let answer = pages.send(request, format!("{sign_in}&next={next}")).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, location), "{next}");
        let cookie = answer.headers["set-cookie"].to_str().unwrap();
        for part in ["__Host-claviger=", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
    }
}

#[tokio::test]
async fn a_set_up_link_is_opened_and_used_in_a_browser() {
    let pages = Pages::start().await;
    let house = House::new();
    let link = house.invited(&pages._bed, "new@acme.example", Role::Member).await.link;
    let path = format!("/setup/{}", link.ticket.reveal());
    let old = pages.post("/setup", &format!("ticket=%23{}", link.ticket.reveal())).await;
    assert_eq!((old.status.as_u16(), old.header("location")), (303, format!("/keys{path}").as_str()));
    for _ in 0..2 {
        let page = pages.get(&path).await;
        assert!(page.status == 200 && page.text.contains("new@acme.example"), "{}", page.text);
    }
    let differs = pages.post(&path, "password=a+good+password&password_again=b").await;
    assert!(differs.status == 422 && differs.text.contains("The two passwords differ"), "{}", differs.text);
    let short = pages.post(&path, "password=short&password_again=short").await;
    assert_eq!(short.status, 422, "{}", short.text);
    assert!(!short.text.contains("value=\"short\""));
    let done = pages.post(&path, "password=a+good+password&password_again=a+good+password").await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, "/keys/sign-in"));
    assert!(done.cookie("__Host-claviger").is_none(), "a link signs no one in");
    let used = pages.get(&path).await;
    let junk = pages.get("/setup/junk").await;
    assert_eq!((used.status.as_u16(), used.steady()), (410, junk.steady()));
}

#[tokio::test]
async fn markup_in_names_is_text() {
    let pages = Pages::start().await;
    let hostile = "<img src=x onerror=alert(1)>\"'\u{202e}&amp;";
    for table in ["accounts", "users"] {
        pages._bed.execute(&format!("UPDATE {table} SET name = '{}'", hostile.replace('\'', "''"))).await;
    }
    for target in ["/", "/profile"] {
        let page = pages.get(target).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(!page.text.contains("<img") && !page.text.contains("onerror=alert(1)>\""), "{}", page.text);
        assert!(page.text.contains("&#60;img src=x onerror=alert(1)&#62;&#34;&#39;\u{202e}&#38;amp;"), "{}", page.text);
    }
}

/// Ten images on any site would otherwise lock the network of a visitor out.
#[tokio::test]
async fn looks_at_links_do_not_count_as_attempts_to_sign_in() {
    let pages = Pages::start().await;
    for _ in 0..25 {
        pages.get("/setup/nothing").await;
    }
    let form = format!("email=owner%40acme.example&password={}", PASSWORD.replace(' ', "+"));
    assert_eq!(pages.post("/sign-in", &form).await.status, 303);
}
