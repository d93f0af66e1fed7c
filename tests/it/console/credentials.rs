//! API accounts from the first to the last, with each verdict checked at the gate.

use thirtyfour::Key;

use super::people::TestConsole;
use crate::control::people::PASSWORD;
use crate::support::{Browser, Request, Scripts, eventually};

const SETTINGS: &str = "
versions: {read_from: {header: x-version}, known: [{name: '1', deprecated_on: 2026-01-01}, {name: '2'}]}
scopes: {'payments:read': [{methods: [GET], path: /payments}]}";

/// What the gate says to this token, once it says so.
fn expect(console: &TestConsole, token: &str, status: u16) {
    let request = Request::new("GET", "/payments").host("localhost").header("Authorization", format!("Bearer {token}"));
    eventually(&format!("the gate answers {status}"), || console.gate.send(&request).status == status);
}

/// The upstream does not exist: what the gate lets through ends there.
const PASSED: u16 = 502;
const REFUSED: u16 = 401;

#[tokio::test(flavor = "multi_thread")]
async fn an_api_account_is_created_used_changed_and_deleted() {
    let console = TestConsole::configured(SETTINGS).await;
    for scripts in [Scripts::On, Scripts::Off] {
        let browser = Browser::start(scripts).await;
        console.sign_in(&browser, "owner@acme.example").await;
        browser.press("API accounts").await;
        assert!(browser.source().await.contains("No API accounts yet"));
        browser.inspect_everywhere("credentials-empty").await;

        browser.press("New API account").await;
        browser.inspect_everywhere("credentials-new").await;
        browser.fill("name", "Pixel Studio").await;
        browser.fill("contact_mobile", "07894 123 456").await;
        browser.click("input[name=rights][value=all]").await;
        browser.press("Create API account").await;
        browser.has_focus("div.errors").await;
        browser.inspect_everywhere("credentials-new-wrong").await;
        browser.press("Use +447894123456 (United Kingdom)").await;
        assert_eq!(browser.value("contact_mobile").await, "+447894123456");
        assert_eq!(browser.value("name").await, "Pixel Studio");
        browser.press("Create API account").await;
        let token = browser.text("#shown-secret").await;
        browser.inspect_everywhere("credentials-secret").await;
        assert_eq!(browser.has("button[data-copy]:not([hidden])").await, scripts == Scripts::On);
        expect(&console, &token, PASSED);

        browser.press("I have saved it").await;
        let path = browser.location().await;
        browser.back().await;
        assert!(!browser.source().await.contains(&token), "Back does not show it again");
        browser.open(&console.url(&path)).await;
        browser.inspect_everywhere("credential").await;

        browser.press("Edit").await;
        browser.inspect_everywhere("credential-edit").await;
        browser.fill("description", "Statistics").await;
        browser.press("Save").await;
        assert_eq!(browser.text("[role=status]").await, "Pixel Studio is saved.");

        browser.press("Edit").await;
        browser.fill("addresses", "127.0.0.1").await;
        for _ in 0..2 {
            browser.fill("name", "Pixel Studio").await;
            browser.type_keys(Key::Enter + "").await;
            browser.has_focus("div.note").await;
        }
        browser.inspect_everywhere("credential-edit-narrow").await;
        browser.press("Save all the same").await;
        assert_eq!(browser.text("[role=status]").await, "Pixel Studio is saved.");

        browser.click("#active").await;
        browser.fill("reason", "seen in public").await;
        browser.press("Save").await;
        assert_eq!(browser.text("[role=status]").await, "Pixel Studio is disabled. The API refuses it.");
        expect(&console, &token, REFUSED);
        browser.inspect_everywhere("credential-disabled").await;
        browser.click("#active").await;
        browser.press("Save").await;
        expect(&console, &token, PASSED);

        browser.press("Reset API key").await;
        browser.inspect_everywhere("credential-reset").await;
        browser.click("input[name=overlap_seconds][value='3600']").await;
        browser.press("Reset API key").await;
        let second = browser.text("#shown-secret").await;
        expect(&console, &second, PASSED);
        expect(&console, &token, PASSED);
        browser.press("I have saved it").await;
        browser.inspect_everywhere("credential-overlap").await;
        browser.press("End overlap now").await;
        expect(&console, &token, REFUSED);
        expect(&console, &second, PASSED);

        browser.press("Duplicate").await;
        browser.inspect_everywhere("credential-duplicate").await;
        browser.press("Duplicate").await;
        browser.press("I have saved it").await;
        browser.press("API accounts").await;
        browser.click(".card .more button").await;
        browser.inspect_everywhere("credentials").await;
        browser.type_keys(Key::Escape + "").await;
        assert!(browser.focus().await.unwrap().starts_with("button"), "closing the menu gives the focus back");
        browser.fill("part", "copy").await;
        browser.press("Apply").await;
        assert_eq!(browser.text(".cards h2").await, "Pixel Studio (copy)");
        browser.inspect_everywhere("credentials-filtered").await;

        browser.click(".cards h2 a").await;
        browser.press("Cancel").await;
        for page in ["Upgrade version", "Clear API key", "Delete"] {
            browser.press(page).await;
            browser.inspect_everywhere(&format!("credential-{}", page.to_lowercase().replace(' ', "-"))).await;
            browser.back().await;
        }
        browser.press("Delete").await;
        browser.fill("confirm", "acme").await;
        browser.press("Delete").await;
        assert!(browser.has("#confirm-fault").await);
        let id = browser.text(".lead code").await;
        browser.fill("confirm", &id).await;
        browser.press("Delete").await;
        assert_eq!(browser.text("[role=status]").await, "Pixel Studio (copy) is deleted.");
        browser.open(&console.url(&path)).await;
        browser.press("Delete").await;
        let id = browser.text(".lead code").await;
        browser.fill("confirm", &id).await;
        browser.press("Delete").await;
        expect(&console, &second, REFUSED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_creates_and_disables() {
    let console = TestConsole::configured(SETTINGS).await;
    for scripts in [Scripts::On, Scripts::Off] {
        let browser = Browser::start(scripts).await;
        console.sign_in(&browser, "implementer@acme.example").await;
        browser.tab_to("API accounts").await;
        browser.type_keys(Key::Enter + "").await;
        browser.tab_to("New API account").await;
        browser.type_keys(Key::Enter + "").await;
        browser.tab_to("name").await;
        browser.type_keys("By keyboard").await;
        // The first of the radio buttons, as none is chosen.
        browser.tab_to("version").await;
        browser.type_keys(Key::Tab + "").await;
        browser.type_keys(Key::Space + "").await;
        browser.tab_to("Create API account").await;
        browser.type_keys(Key::Enter + "").await;
        let token = browser.text("#shown-secret").await;
        expect(&console, &token, PASSED);
        browser.tab_to("I have saved it").await;
        browser.type_keys(Key::Enter + "").await;
        browser.tab_to("active").await;
        browser.type_keys(Key::Space + "").await;
        browser.tab_to("Save").await;
        browser.type_keys(Key::Enter + "").await;
        browser.has_focus("p.status").await;
        expect(&console, &token, REFUSED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn enter_creates_also_where_a_number_is_suggested() {
    let console = TestConsole::configured(SETTINGS).await;
    let owner = Browser::start(Scripts::On).await;
    console.sign_in(&owner, "owner@acme.example").await;
    owner.open(&console.url("/credentials/new")).await;
    owner.fill("name", "Door bell").await;
    owner.click("input[name=rights][value=all]").await;
    owner.fill("contact_mobile", "07894 123 456").await;
    owner.press("Create API account").await;
    owner.has_focus("div.errors").await;
    owner.fill("contact_mobile", "+447894123457").await;
    owner.type_keys(Key::Enter + "").await;
    assert!(!owner.text("#shown-secret").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_goes_on_after_its_session_has_ended_and_its_secret_is_shown_once() {
    for scripts in [Scripts::On, Scripts::Off] {
        let console = TestConsole::configured(SETTINGS).await;
        let browser = Browser::start(scripts).await;
        console.sign_in(&browser, "owner@acme.example").await;
        browser.open(&console.url("/credentials/new")).await;
        browser.fill("name", "Pixel Studio").await;
        browser.click("input[name=rights][value=all]").await;
        console.bed.execute("DELETE FROM sessions").await;
        browser.press("Create API account").await;
        assert_eq!(browser.text("h1").await, "You are signed out");
        browser.inspect_everywhere("signed-out").await;
        browser.press("Sign in (new tab)").await;
        browser.enter_new_tab().await;
        browser.fill("email", "owner@acme.example").await;
        browser.fill("password", PASSWORD).await;
        browser.press("Sign in").await;
        browser.arrives_at("/").await;
        browser.leave_tab().await;
        browser.press("Send it again").await;
        let token = browser.text("#shown-secret").await;
        expect(&console, &token, PASSED);

        // Sends the form again.
        browser.reload().await;
        assert_eq!(browser.text("h1").await, "This was done already");
        assert!(!browser.source().await.contains(&token));
        browser.press("Continue").await;
        assert_eq!(browser.text("h1").await, "Pixel Studio");
        browser.back().await;
        assert!(!browser.source().await.contains(&token));
        assert_eq!(console.bed.ask("SELECT COUNT(*) FROM credentials").await, 1);
        browser.assert_quiet("a form that went on").await;
    }
}
