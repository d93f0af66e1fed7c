//! Pages of refusals: who is signed in keeps the menu, and each says what to do.

use axum::body::Body;
use axum::http::Request;
use claviger::store::Role;

use super::stage::Stage;
use super::visitors;
use super::{Answer, FORM, PASSWORD, Pages};

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// Menu, name and sign-out of the owner.
fn is_surrounded(page: &Answer) -> bool {
    let parts =
        ["<nav class=\"menu\"", "action=\"/keys/sign-out\"", "owner@acme.example, Owner", "href=\"/keys/users\""];
    let found = parts.iter().filter(|part| page.text.contains(**part)).count();
    assert!(found == 0 || found == parts.len(), "{}", page.text);
    found > 0
}

async fn refusals(pages: &Pages) -> Vec<(u16, Answer)> {
    pages.post("/profile/sessions/end-others", "once=a").await;
    let method = Request::builder().method("PUT").uri("/profile").header("host", "example.org");
    let kind = Request::post("/profile/password").header("host", "example.org").header("content-type", "text/plain");
    let long = format!("name={}", "x".repeat(100_000));
    vec![
        (404, pages.get("/nowhere").await),
        (404, pages.get("/users/usr_none").await),
        (404, pages.get("/errors/nothing").await),
        (403, pages.get("/requests").await),
        (400, pages.get("/users?nothing=x").await),
        (400, pages.post("/profile/name", "other=x").await),
        (409, pages.post("/access/ask", "start_on=2027-01-31&use_cases=reporting").await),
        (405, pages.send(method.header("origin", "https://example.org"), Body::empty()).await),
        (415, pages.send(kind.header("origin", "https://example.org"), "x").await),
        (413, pages.post("/profile/name", &long).await),
        (422, pages.post("/profile/name", "once=a&name=x").await),
        (200, pages.post("/profile/sessions/end-others", "once=a").await),
    ]
}

#[tokio::test]
async fn a_refusal_keeps_the_menu_the_name_and_the_way_to_sign_out() {
    let pages = Pages::start().await;
    for (status, page) in refusals(&pages).await {
        assert_eq!(page.status.as_u16(), status, "{}", page.text);
        assert!(is_surrounded(&page), "{status}: {}", page.text);
    }
    // Where the link of each leads.
    for target in ["/errors", "/errors/not_found"] {
        assert!(is_surrounded(&pages.get(target).await), "{target}");
    }
}

#[tokio::test]
async fn a_refusal_of_no_one_in_particular_is_bare() {
    let mut pages = Pages::start().await;
    for cookie in ["", "__Host-claviger=ended"] {
        cookie.clone_into(&mut pages.cookie);
        for page in [pages.get("/nowhere").await, pages.post("/profile/name", "name=x").await] {
            assert!(page.status.is_client_error() && !is_surrounded(&page), "{}", page.text);
        }
    }
}

#[tokio::test]
async fn a_forbidden_page_names_the_roles_that_may() {
    let stage = Stage::set().await;
    stage.waiting("req_1", "globex").await;
    let (owner, implementer) = (stage.owner("acme").await, stage.guest(Role::Implementer, "acme").await);
    let (member, none) = (stage.guest(Role::Member, "acme").await, stage.guest(Role::Implementer, "globex").await);
    let ask = "start_on=2027-01-31&use_cases=reporting";
    for (page, roles) in [
        (none.get("/requests/req_1").await, "Staff, Owner"),
        (none.post("/access/ask", ask).await, "Owner"),
        (none.post("/access/requests/req_1/withdraw", "").await, "Owner"),
        (member.post("/access/on", "").await, "Owner, Implementer"),
        (member.post("/access/off", "").await, "Owner, Implementer"),
        (member.post("/access/members", "allowed=allowed").await, "Owner, Implementer"),
        (implementer.post("/users/new", "email=a%40b.example&role=member").await, "Staff, Owner"),
        (implementer.get("/users/usr_owner_acme").await, "Staff, Owner"),
        (implementer.post("/audit/export", "").await, "Staff, Owner"),
        (owner.post("/users/new", "email=a%40b.example&role=staff").await, "Staff"),
        (owner.get("/accounts").await, "Staff"),
    ] {
        assert_eq!(page.status, 403, "{}", page.text);
        assert!(page.has(&format!("It is for: {roles}.")), "{roles}: {}", page.text);
        assert!(!page.has("your role does not allow this"), "{}", page.text);
    }
}

#[tokio::test]
async fn a_file_that_arrives_signed_out_is_not_called_unreadable() {
    let mut pages = Pages::start().await;
    pages.cookie = "__Host-claviger=ended".into();
    for kind in ["multipart/form-data; boundary=x", "application/json"] {
        let request =
            Request::post("/credential-files/check").header("host", "example.org").header("content-type", kind);
        let request = request.header("origin", "https://example.org").header("sec-fetch-site", "same-origin");
        let page = pages.send(request, "--x--").await;
        assert_eq!(page.status, 401, "{}", page.text);
        assert!(page.header("www-authenticate").starts_with("Bearer"));
        for text in ["You are signed out", "Sign in (new tab)", "with the file if there was one"] {
            assert!(page.text.contains(text), "{text}: {}", page.text);
        }
        for text in ["Send it again", "Bearer", "cannot be read"] {
            assert!(!page.text.contains(text), "{text}: {}", page.text);
        }
    }
}

#[tokio::test]
async fn too_many_attempts_say_how_long_to_wait() {
    let mut pages = Pages::start().await;
    pages.cookie.clear();
    let wrong = "email=owner%40acme.example&password=wrong";
    let mut last = pages.post("/sign-in", wrong).await;
    for _ in 0..20 {
        last = pages.post("/sign-in", wrong).await;
    }
    assert_eq!(last.status, 429, "{}", last.text);
    let seconds = last.header("retry-after").parse::<u32>().unwrap();
    assert!(seconds > 0 && last.text.contains("Too many attempts. Try again in"), "{}", last.text);
    assert!(last.text.contains("value=\"owner@acme.example\""), "what was typed stays: {}", last.text);
}

#[tokio::test]
async fn a_database_that_is_away_gives_a_page_that_says_when_to_try_again() {
    let pages = Pages::start().await;
    pages._bed.store.close().await;
    for page in [
        pages.get("/").await,
        pages.get("/credentials").await,
        pages.post("/profile/name", "name=x").await,
        pages.post("/sign-in", &format!("email=owner%40acme.example&password={}", PASSWORD.replace(' ', "+"))).await,
    ] {
        assert_eq!(page.status, 503, "{}", page.text);
        assert!(page.header("retry-after").parse::<u32>().unwrap() > 0);
        assert!(page.text.contains("Try again in 5 seconds.") && page.text.contains(page.header("x-request-id")));
        assert!(!is_surrounded(&page), "{}", page.text);
    }
    assert_eq!(pages.get("/errors").await.status, 200, "what reads no database goes on");
}

/// Of the whole policy, so that no directive is dropped or widened unnoticed.
#[tokio::test]
async fn every_answer_has_the_whole_policy() {
    let pages = Pages::start().await;
    let own_key = visitors::Pages::start().await;
    let secret = own_key.owner().await.post("/my-key", "").await;
    assert!(secret.text.contains("shown-secret"), "{}", secret.text);
    let cross_site = Request::post("/profile/name").header("host", "example.org").header("content-type", FORM);
    let cross_site = cross_site.header("origin", "https://evil.example").header("sec-fetch-site", "cross-site");
    let mut answers = vec![secret, pages.send(cross_site, "name=x").await];
    for target in ["/", "/profile", "/sign-in", "/nowhere", "/errors", "/setup/x", "/requests"] {
        answers.push(pages.get(target).await);
    }
    answers.extend(refusals(&pages).await.into_iter().map(|(_, page)| page));
    answers.push(pages.post("/profile/name", "name=Zo%C3%AB").await);
    for answer in answers {
        let status = answer.status;
        assert_eq!(answer.header("content-security-policy"), POLICY, "{status}");
        assert_eq!(answer.header("cache-control"), "no-store", "{status}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{status}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{status}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{status}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{status}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{status}");
    }
}
