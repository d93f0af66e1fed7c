//! "Setting up an API user": an API Account is created, its API key reset, and its access revoked.

use super::{Access, OWNER, assert_status, assert_text, browser_of, expect, inspect, product};
use crate::support::{Request, Scripts};

const PAGE: (&str, &str) = ("Settings: Users", "API Accounts");

#[tokio::test(flavor = "multi_thread")]
async fn a_venue_sets_up_an_api_user_with_scripts() {
    follow(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_venue_sets_up_an_api_user_without_scripts() {
    follow(Scripts::Off).await;
}

async fn follow(scripts: Scripts) {
    let console = product("ticketing", "Harbour Theatre", Access { granted: true, switched_on: true }).await;
    // Some of the API is public.
    expect(&console, &Request::get("/v3/events"), 200);
    let customers = Request::get("/v3/customers");
    expect(&console, &customers, 401);

    let browser = browser_of(&console, OWNER, scripts).await;
    assert_eq!(browser.texts("header .me a").await, ["owner@acme.example, Settings Administrator"]);
    browser.press_in_menu(PAGE.0, PAGE.1).await;
    inspect(&browser, "ticketing-empty").await;
    browser.press("New API Account").await;
    browser.fill("username", "Pixel Studio").await;
    browser.fill("contact_email", "dev@pixel.example").await;
    browser.fill("contact_mobile", "07894 123 456").await;
    browser.click("[name='rights'][value='all']").await;
    browser.press("Create API Account").await;
    assert!(browser.has("#contact_mobile-fault").await);
    inspect(&browser, "ticketing-new-wrong").await;
    browser.press("Did you mean +447894123456 (United Kingdom)?").await;
    assert_eq!(browser.value("contact_mobile").await, "+447894123456");
    browser.press("Create API Account").await;
    assert_eq!(browser.text("h1").await, "Pixel Studio was created");
    assert_eq!(browser.text("#shown-username").await, "Pixel Studio");
    assert!(browser.texts("main .field h2").await.contains(&"API Key".to_owned()));
    let first = customers.clone().basic("Pixel Studio", &browser.text("#shown-secret").await);
    inspect(&browser, "ticketing-key").await;
    expect(&console, &first, 200);
    browser.press("I have saved it").await;

    browser.press_in_menu(PAGE.0, PAGE.1).await;
    inspect(&browser, "ticketing-accounts").await;
    browser.press_in_card("Pixel Studio", "Reset API Key").await;
    assert_eq!(browser.text("h1").await, "Reset the API key of Pixel Studio?");
    assert_text(&browser, "the old one will no longer function").await;
    inspect(&browser, "ticketing-reset").await;
    browser.press("Reset API Key").await;
    let second = customers.basic("Pixel Studio", &browser.text("#shown-secret").await);
    expect(&console, &first, 401);
    expect(&console, &second, 200);
    browser.press("I have saved it").await;

    browser.press_in_menu(PAGE.0, PAGE.1).await;
    browser.press("dev@pixel.example").await;
    assert_eq!(browser.text("[for='active']").await, "This API account is active");
    browser.click("#active").await;
    browser.press("Save").await;
    assert_status(&browser, "Pixel Studio is not active. Its access is revoked.").await;
    expect(&console, &second, 401);
    inspect(&browser, "ticketing-revoked").await;
    browser.click("#active").await;
    browser.press("Save").await;
    assert_status(&browser, "Pixel Studio is active.").await;
    expect(&console, &second, 200);
}
