//! "How can I locate and manage my API key": API access is requested with a start date and use cases; after the approval
//! API/keys is in the menu.

use super::{Access, OWNER, STAFF, assert_status, assert_text, browser_of, expect, inspect, product};
use crate::support::{Request, Scripts};

#[tokio::test(flavor = "multi_thread")]
async fn a_practice_locates_its_keys_with_scripts() {
    follow(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_practice_locates_its_keys_without_scripts() {
    follow(Scripts::Off).await;
}

async fn follow(scripts: Scripts) {
    let console = product("practice", "Harbour Clinic", Access { granted: false, switched_on: true }).await;
    let owner = browser_of(&console, OWNER, scripts).await;
    // The person at the top right, and "My Account".
    owner.press("owner@acme.example, Account Owner").await;
    assert_eq!(owner.text("h1").await, "My Account");
    assert!(!owner.texts("nav#menu a").await.contains(&"API/keys".to_owned()));
    inspect(&owner, "practice-account").await;

    owner.press("Overview").await;
    owner.press("Request API access").await;
    owner.set("start_on", "2027-02-01").await;
    owner.click("[name='use_cases'][value='third_party_tool']").await;
    owner.click("[name='use_cases'][value='data_extraction']").await;
    owner.fill("other", "Reminders").await;
    inspect(&owner, "practice-request").await;
    owner.press("Send request").await;
    assert_status(&owner, "Your request was sent to the Support Team. You see the decision on this page.").await;
    assert_text(&owner, "Waiting").await;
    owner.press("Overview").await;
    assert_text(&owner, "Wait for approval before proceeding.").await;
    inspect(&owner, "practice-waiting").await;

    let staff = browser_of(&console, STAFF, scripts).await;
    staff.press_in_menu("Support Team", "Access requests").await;
    assert_text(&staff, "1 Feb 2027").await;
    assert_text(&staff, "Third-party tool, Data extraction, Reminders").await;
    inspect(&staff, "practice-requests").await;
    staff.press("Harbour Clinic").await;
    staff.press("Approve").await;
    assert_status(&staff, "Approved: Harbour Clinic. API access is granted.").await;

    owner.reload().await;
    owner.press_in_menu("My Account", "API/keys").await;
    assert_text(
        &owner,
        "does not retain a copy of your API key, so if you lose it, you will need to generate a new one",
    )
    .await;
    inspect(&owner, "practice-empty").await;

    owner.press("New API key").await;
    owner.fill("name", "Reminders").await;
    owner.click("[name='rights'][value='some']").await;
    for scope in ["appointments:retrieve", "appointments:update", "payments:add"] {
        owner.click(&format!("[name='scopes'][value='{scope}']")).await;
    }
    owner.press("Generate API key").await;
    assert_text(&owner, "it is shown once. This service does not retain a copy of your API key").await;
    let key = owner.text("#shown-secret").await;
    inspect(&owner, "practice-key").await;
    for (method, target, status) in [
        ("GET", "/v1/appointments", 200),
        ("PUT", "/v1/appointments/7", 200),
        ("POST", "/v1/payments", 200),
        ("GET", "/v1/payments", 403),
        ("DELETE", "/v1/payments/7", 403),
    ] {
        expect(&console, &Request::new(method, target).bearer(&key), status);
    }
    owner.press("I have saved it").await;
    owner.back().await;
    assert!(!owner.source().await.contains(&key), "Back shows it again");

    owner.open(&console.url("/")).await;
    owner.press_in_menu("My Account", "API/keys").await;
    assert!(owner.has("footer a[href='https://docs.example.org/api']").await);
    owner.press_in_card("Reminders", "Generate a new key").await;
    assert_text(&owner, "External systems with the old key are refused when it stops").await;
    inspect(&owner, "practice-reset").await;
    owner.press("Generate a new key").await;
    let second = owner.text("#shown-secret").await;
    let appointments = Request::get("/v1/appointments");
    expect(&console, &appointments.clone().bearer(&key), 401);
    expect(&console, &appointments.clone().bearer(&second), 200);
    owner.press("I have saved it").await;

    owner.press("Delete").await;
    let id = owner.text(".lead code").await;
    owner.fill("confirm", &id).await;
    owner.press("Delete").await;
    assert_status(&owner, "Reminders is deleted.").await;
    expect(&console, &appointments.bearer(&second), 401);
}
