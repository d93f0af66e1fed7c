//! "Manage API access tokens": found by filters, and managed from the menu of a card, also on a phone.

use super::{Access, IMPLEMENTER, assert_status, assert_text, browser_of, expect, inspect, product};
use crate::support::{Request, Scripts};

const PAGE: (&str, &str) = ("Settings: Technical", "Platform REST Web Services");

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_manages_access_tokens_with_scripts() {
    follow(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_manages_access_tokens_without_scripts() {
    follow(Scripts::Off).await;
}

async fn follow(scripts: Scripts) {
    let console = product("partners", "Northwind Agency", Access { granted: true, switched_on: false }).await;
    let browser = browser_of(&console, IMPLEMENTER, scripts).await;
    browser.press_in_menu(PAGE.0, PAGE.1).await;
    assert_text(&browser, "API access is switched off for this account. All access tokens are refused.").await;
    browser.press("API access").await;
    browser.press("Enable API access").await;
    assert_status(&browser, "API access is enabled.").await;

    browser.press_in_menu(PAGE.0, PAGE.1).await;
    browser.press("Create Access Token").await;
    browser.fill("name", "Ad server").await;
    browser.fill("contact_email", "dev@adserver.example").await;
    assert_eq!(browser.value("version").await, "15");
    browser.choose("version", "13").await;
    browser.click("[name='rights'][value='some']").await;
    browser.click("[name='scopes'][value='campaigns:read']").await;
    inspect(&browser, "partners-create").await;
    browser.press("Create Access Token").await;
    let first = browser.text("#shown-secret").await;
    let get =
        |path: &str, version: &str, token: &str| Request::get(path).header("X-API-Version", version).bearer(token);
    expect(&console, &get("/campaigns", "13", &first), 200);
    expect(&console, &get("/campaigns", "15", &first), 403);
    expect(&console, &get("/reports", "13", &first), 403);
    browser.press("I have saved it").await;

    browser.press_in_menu(PAGE.0, PAGE.1).await;
    browser.press_in_card("Ad server", "Duplicate").await;
    assert_text(&browser, "A copy of the token with the same access rights and settings").await;
    browser.press("Duplicate").await;
    let copy = browser.text("#shown-secret").await;
    expect(&console, &get("/campaigns", "13", &copy), 200);
    expect(&console, &get("/reports", "13", &copy), 403);
    browser.press("I have saved it").await;

    browser.press_in_menu(PAGE.0, PAGE.1).await;
    assert_eq!(browser.texts(".cards h2").await, ["Ad server (copy)", "Ad server"]);
    assert_eq!(
        browser.texts("[name='created'] option").await[1..],
        ["Last 7 days", "Last 30 days", "More than 30 days"]
    );
    browser.fill("part", "copy").await;
    browser.click("[name='created'] option[value='within_7_days']").await;
    browser.click("[name='state'] option[value='enabled']").await;
    browser.press("Apply").await;
    assert_eq!(browser.texts(".cards h2").await, ["Ad server (copy)"]);
    inspect(&browser, "partners-filtered").await;
    browser.press("Clear All").await;
    browser.click("[name='created'] option[value='before_30_days']").await;
    browser.press("Apply").await;
    assert_text(&browser, "Nothing matches.").await;
    browser.press("Clear All").await;
    assert_eq!(browser.texts(".cards h2").await.len(), 2);

    browser.press_in_card("Ad server", "Reset").await;
    assert_text(&browser, "A new API token will be generated, and the auth token value will change.").await;
    assert_text(&browser, "it will no longer pass authorisation checks").await;
    browser.press("Reset").await;
    let second = browser.text("#shown-secret").await;
    expect(&console, &get("/campaigns", "13", &first), 401);
    expect(&console, &get("/campaigns", "13", &second), 200);
    browser.press("I have saved it").await;

    browser.press_in_menu(PAGE.0, PAGE.1).await;
    browser.press_in_card("Ad server", "Upgrade Version").await;
    inspect(&browser, "partners-upgrade").await;
    browser.press("Upgrade Version").await;
    assert_status(&browser, "Ad server has a new version.").await;
    expect(&console, &get("/campaigns", "13", &second), 403);
    expect(&console, &get("/campaigns", "15", &second), 200);

    browser.press_in_menu(PAGE.0, PAGE.1).await;
    browser.press_in_card("Ad server", "Disable").await;
    assert_text(&browser, "The token cannot be used for authentication until it is enabled again.").await;
    browser.press("Disable").await;
    expect(&console, &get("/campaigns", "15", &second), 401);
    browser.press_in_menu(PAGE.0, PAGE.1).await;
    browser.click("[name='state'] option[value='disabled']").await;
    browser.press("Apply").await;
    assert_eq!(browser.texts(".cards h2").await, ["Ad server"]);
    browser.press_in_card("Ad server", "Enable").await;
    browser.press("Enable").await;
    expect(&console, &get("/campaigns", "15", &second), 200);

    browser.press_in_menu(PAGE.0, PAGE.1).await;
    browser.press_in_card("Ad server (copy)", "Delete").await;
    let id = browser.text(".lead code").await;
    browser.fill("confirm", &id).await;
    browser.press("Delete").await;
    assert_status(&browser, "Ad server (copy) is removed.").await;
    expect(&console, &get("/campaigns", "13", &copy), 401);

    // "View mobile app instructions"
    browser.resize(360).await;
    browser.open(&console.url("/")).await;
    browser.press("Menu").await;
    browser.press_in_menu(PAGE.0, PAGE.1).await;
    inspect(&browser, "partners-tokens").await;
    browser.resize(360).await;
    browser.press("Ad server").await;
    browser.fill("description", "Reads campaigns").await;
    browser.press("Save").await;
    assert_status(&browser, "Ad server is saved.").await;
    expect(&console, &get("/campaigns", "15", &second), 200);
    inspect(&browser, "partners-token").await;
}
