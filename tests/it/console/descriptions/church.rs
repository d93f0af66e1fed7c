//! "How to access integrations and enable API access": the feature is requested, API access enabled, and an API username
//! and password set up for an integrator.

use super::{Access, MEMBER, OWNER, STAFF, assert_status, assert_text, browser_of, expect, inspect, product};
use crate::support::{Request, Scripts};

const PASSWORD: &str = "seven small boats";

#[tokio::test(flavor = "multi_thread")]
async fn a_church_sets_up_an_integrator_with_scripts() {
    follow(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_church_sets_up_an_integrator_without_scripts() {
    follow(Scripts::Off).await;
}

async fn follow(scripts: Scripts) {
    let console = product("church", "St Mary Parish", Access { granted: false, switched_on: false }).await;
    let owner = browser_of(&console, OWNER, scripts).await;
    assert_eq!(owner.texts("header .me a").await, ["owner@acme.example, Master Admin"]);
    owner.press_in_menu("Account Details", "Integrations").await;
    assert_eq!(owner.texts("nav#menu ul:first-of-type a").await, ["Overview", "Integrations", "API documentation"]);
    assert_text(&owner, "The Integrations/API feature is not granted to your account yet.").await;
    inspect(&owner, "church-not-granted").await;

    owner.set("start_on", "2027-01-31").await;
    owner.click("[name='use_cases'][value='third_party_tool']").await;
    owner.fill("privacy_policy", "https://parish.example/privacy").await;
    owner.press("Send request").await;
    assert_status(&owner, "Your request was sent to our support team. You see the decision on this page.").await;

    let other = browser_of(&console, STAFF, scripts).await;
    other.press_in_menu("Support team", "Access requests").await;
    assert!(other.has("a[href='https://parish.example/privacy']").await);
    other.click("[name='ids']").await;
    other.press("Approve").await;
    assert_status(&other, "Approved: St Mary Parish. The Integrations/API feature is granted.").await;

    // Without signing in again.
    owner.reload().await;
    assert!(owner.texts("nav#menu a").await.contains(&"API credentials".to_owned()));
    assert_text(&owner, "The Integrations/API feature is granted. Enable API access").await;
    owner.press("Enable API access").await;
    assert_status(&owner, "API access is enabled.").await;
    assert_text(&owner, "No API username and password were created.").await;
    inspect(&owner, "church-enabled").await;

    owner.press("Set up username and password").await;
    owner.fill("name", "Church Calendar").await;
    owner.fill("username", "church-calendar").await;
    owner.fill("password", PASSWORD).await;
    owner.click("[name='rights'][value='all']").await;
    owner.press("Create API credentials").await;
    assert_text(&owner, "A password can only be viewed once and cannot be recovered").await;
    assert_eq!(owner.text("#shown-username").await, "church-calendar");
    assert!(!owner.source().await.contains(PASSWORD));
    inspect(&owner, "church-created").await;
    let people = Request::get("/v2/people");
    let first = people.clone().basic("church-calendar", PASSWORD);
    expect(&console, &first, 200);

    owner.press("I have saved it").await;
    owner.press("Set a new password").await;
    assert_text(&owner, "Any previous integrations will break when the old password stops").await;
    inspect(&owner, "church-reset").await;
    owner.press("Set a new password").await;
    assert_text(&owner, "it can only be viewed once and cannot be recovered").await;
    let password = owner.text("#shown-secret").await;
    expect(&console, &first, 401);
    let second = people.clone().basic("church-calendar", &password);
    expect(&console, &second, 200);
    owner.press("I have saved it").await;
    owner.back().await;
    assert!(!owner.source().await.contains(&password), "Back shows it again");

    owner.open(&console.url("/")).await;
    owner.press_in_menu("Account Details", "Integrations").await;
    assert_text(&owner, "Nothing is missing: the API can be used.").await;
    owner.press("Disable API access").await;
    assert_text(&owner, "1 API username and password will be refused at once.").await;
    owner.press("Disable API access").await;
    expect(&console, &second, 403);
    owner.press("Enable API access").await;
    expect(&console, &second, 200);

    // "Confirm that your role is a Master Admin."
    other.press("Sign out").await;
    console.sign_in(&other, MEMBER).await;
    other.press_in_menu("Account Details", "Integrations").await;
    assert_text(&other, "Users without an admin role may not have keys of their own.").await;
    assert_text(&other, "Master Admin or Admin").await;
    inspect(&other, "church-user").await;
}
