//! Pages for a German reader: refusals and conditions are in German, and what has no translation is marked.

use axum::body::Body;
use axum::http::Request;
use claviger::store::Role;
use serde_json::{Value, json};

use super::Answer;
use super::visitors::Pages;

/// The text of a page without its marks, and without what is marked as English.
fn german_text(page: &Answer) -> String {
    assert!(page.text.contains("<html lang=\"de\""), "{}", page.text);
    let mut rest = page.text.as_str();
    let mut text = String::new();
    while let Some((before, after)) = rest.split_once(" lang=\"en\"") {
        let (start, tag) = before.rsplit_once('<').unwrap();
        let tag = tag.split(' ').next().unwrap();
        text.push_str(start);
        rest = after.split_once(&format!("</{tag}>")).unwrap_or_else(|| panic!("{tag} has no end: {after}")).1;
    }
    text.push_str(rest);
    text
}

fn assert_german(page: &Answer, status: u16, german: &str, english: &str) {
    let text = german_text(page);
    assert_eq!(page.status.as_u16(), status, "{text}");
    assert!(text.contains(german), "not {german:?}: {text}");
    assert!(!text.contains(english), "{english:?}: {text}");
}

#[tokio::test]
async fn a_german_page_of_a_refusal_has_no_english_sentence() {
    let pages = Pages::in_german().await;
    let (owner, staff) = (pages.owner().await, pages.person(Role::Staff).await);
    let new = "/credentials/new";
    let form = "kind=token&rights=all&expires=never&name=x";
    let url = "credential=billing&event=contact.created&url=";
    for (page, status, german, english) in [
        (
            owner.post("/users/new", "role=member&email=anna").await,
            422,
            "muss eine E-Mail-Adresse",
            "must be an e-mail",
        ),
        (owner.post("/users/new", "role=x&email=a%40b.example").await, 422, "muss gewählt werden", "must be chosen"),
        (
            owner.post(new, &format!("{form}&id=own-x")).await,
            422,
            "darf nicht mit own- beginnen",
            "must not begin with",
        ),
        (
            owner.post(new, &format!("{form}&contact_mobile=06+12+34+56+78")).await,
            422,
            "+33612345678 (Frankreich) oder +31612345678 (Niederlande)",
            "the Netherlands",
        ),
        (
            owner.post("/profile/name", &format!("name={}", "x".repeat(201))).await,
            422,
            "länger als 200 Zeichen",
            "longer",
        ),
        (owner.post("/profile/name", "other=x").await, 400, "Das Formular hat ein Feld, das", "the form has"),
        (owner.post("/access/ask", "start_on=2027-01-31&use_cases=reporting").await, 409, "schon gewährt", "already"),
        (staff.post("/accounts/new", "id=a%21&name=x").await, 422, "darf nur Buchstaben, Ziffern", "may contain only"),
        (owner.get("/audit?since=yesterday").await, 422, "muss ein Datum wie", "must be a date"),
        (
            owner.post("/webhooks/new", &format!("{url}https%3A%2F%2Fhooks.example.org%3A8080")).await,
            422,
            "muss Port 443 oder 8443 haben, nicht 8080",
            " or ",
        ),
        (
            owner.post("/webhooks/new", &format!("{url}http%3A%2F%2Fhooks.example.org")).await,
            422,
            "https://… beginnen; ein",
            "an operator",
        ),
    ] {
        assert_german(&page, status, german, english);
    }
}

/// The English parts are those of the OpenAPI description.
#[tokio::test]
async fn the_documentation_of_the_api_has_german_headings_around_english_descriptions() {
    let pages = Pages::in_german().await;
    let owner = pages.owner().await;
    for (path, german, english) in [
        ("/api-docs", ["Erste Anfrage", "Schemas", "Skripte senden"], "Creates a credential"),
        ("/api-docs/credentials", ["Antwort", "Body", "Alle Operationen"], "Creates a credential"),
        ("/api-docs/schemas", ["Schemas", "optional", "Alle Operationen"], "must begin with +"),
    ] {
        let page = owner.get(path).await;
        let text = german_text(&page);
        for words in german {
            assert!(text.contains(words), "{path}: not {words}: {text}");
        }
        assert!(page.text.contains(english) && !text.contains(english), "{path}: {english}: {text}");
    }
}

/// Programs compare and log these words, so the languages of the console do not change them.
#[tokio::test]
async fn the_management_api_refuses_in_english_where_the_console_is_german() {
    let pages = Pages::in_german().await;
    let owner = pages.owner().await;
    let token = |more: Value| {
        let mut body = json!({"account": "acme", "kind": "token", "name": "x"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let request = json!({"account": "acme", "start_on": "2027-01-31", "use_cases": ["reporting"]});
    let webhook = json!({"credential": "x", "url": "http://hooks.example.org", "entity": "contact", "operation": "*"});
    for (path, body, status, detail) in [
        (
            "users",
            json!({"role": "member", "account": "acme", "email": "anna"}),
            422,
            "email must be an e-mail address, such as anna@example.org",
        ),
        (
            "credentials",
            token(json!({"id": "own-x"})),
            422,
            "id must not begin with own-, which is for users' own keys",
        ),
        (
            "credentials",
            token(json!({"contact_mobile": "06 12 34 56 78"})),
            422,
            "contact_mobile must be written with its country code (E.164): did you mean +33612345678 (France) or \
             +31612345678 (the Netherlands) or +27612345678 (South Africa)?",
        ),
        ("access-requests", request, 409, "API access has already been granted to this account"),
        ("webhooks", webhook, 422, "url must be https://…; an operator can allow http:// (webhooks.allow_http)"),
    ] {
        let call = Request::post(format!("/api/v1/{path}")).header("host", "example.org");
        let call = call.header("content-type", "application/json").header("accept-language", "de");
        let answer = owner.send(call, Body::from(body.to_string())).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text);
        let problem: Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(problem["detail"], detail, "{path}");
    }
}

#[tokio::test]
async fn a_german_page_has_german_dates() {
    let pages = Pages::in_german().await;
    let form = pages.owner().await.get("/credentials/new").await;
    assert_german(&form, 200, "(19. Feb. 2027)", "19 Feb");
}
