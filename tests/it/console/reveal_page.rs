//! The page behind a link to a secret, as phones and desks show it, in each of its states.

use serde_json::json;

use super::people::TestConsole;
use crate::delivery::post::Post;
use crate::server::{call, staff_token};
use crate::support::{Browser, Scripts};

const MOBILE: &str = "+447894123456";

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_link_fits_phones_and_desks_in_light_and_dark_with_scripts() {
    look_at_each_state(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_link_fits_phones_and_desks_in_light_and_dark_without_scripts() {
    look_at_each_state(Scripts::Off).await;
}

async fn look_at_each_state(scripts: Scripts) {
    let post = Post::start().await;
    let brand = "console: {public_url: 'https://keys.example.org', brand: {name: Example, support: help@example.org}}";
    let console = TestConsole::configured(&format!("{brand}\n{}", post.settings(""))).await;
    let staff = staff_token(&console.bed.store).await;
    let new = json!({"account": "acme", "kind": "password", "username": "Pixel-Studio-of-the-Harbour-Theatre-and-Opera",
        "deliver": "send", "contact_email": "ok@dev.example", "contact_mobile": MOBILE});
    let created = call(&console.gate, &staff, "POST", "/api/v1/credentials", Some(&new));
    assert_eq!(created.status, 201, "{}", created.text());
    let (ticket, code) = post.received(1);
    let url = console.url(&format!("/reveal/{ticket}"));
    let name = |state: &str| format!("link-{state}-{scripts:?}").to_lowercase();

    let browser = Browser::start(scripts).await;
    browser.open(&url).await;
    for (attribute, value) in [("autocomplete", "one-time-code"), ("inputmode", "numeric")] {
        assert_eq!(browser.attribute("#code", attribute).await.as_deref(), Some(value));
    }
    browser.inspect_in_all_ways(&name("waiting")).await;
    browser.fill("code", "1234").await;
    browser.press("Show my credentials").await;
    browser.inspect_in_all_ways(&name("fault")).await;
    let wrong = if code == "12345678" { "87654321" } else { "12345678" };
    browser.fill("code", wrong).await;
    browser.press("Show my credentials").await;
    browser.inspect_in_all_ways(&name("wrong")).await;

    // Each with what undoes it.
    for (state, change, back) in [
        ("no-code", "code_ends_at = 1", "code_ends_at = 99999999999999"),
        ("used-up", "sends = 3, sends_since = created_at", "sends = 1"),
        ("locked", "tries = 5", "tries = 1"),
        ("expired", "ends_at = 1", "ends_at = 99999999999999"),
        ("replaced", "superseded_at = 1, superseded_by = 'voided'", "superseded_at = NULL, superseded_by = NULL"),
    ] {
        console.bed.execute(&format!("UPDATE reveals SET {change}")).await;
        browser.open(&url).await;
        browser.inspect_everywhere(&name(state)).await;
        console.bed.execute(&format!("UPDATE reveals SET {back}")).await;
    }
    console.bed.execute("UPDATE credentials SET enabled = FALSE").await;
    browser.open(&url).await;
    browser.inspect_everywhere(&name("off")).await;
    console.bed.execute("UPDATE credentials SET enabled = TRUE").await;
    browser.open(&console.url("/reveal/unknown")).await;
    browser.inspect_everywhere(&name("unknown")).await;

    browser.open(&url).await;
    browser.fill("code", &code).await;
    browser.press("Show my credentials").await;
    assert!(browser.has("#shown-secret").await);
    browser.inspect_in_all_ways(&name("secret")).await;
    // As a second tab shows it.
    let other = Browser::start(scripts).await;
    other.open(&url).await;
    other.inspect_in_all_ways(&name("shown")).await;
}
