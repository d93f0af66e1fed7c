//! Signing in and out, with a mouse and by keyboard, with and without scripts.

use thirtyfour::Key;

use super::people::TestConsole;
use crate::control::people::PASSWORD;
use crate::support::{Browser, Scripts};

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_and_out() {
    let console = TestConsole::start().await;
    for scripts in [Scripts::On, Scripts::Off] {
        let browser = Browser::start(scripts).await;
        browser.open(&console.url("/profile")).await;
        browser.arrives_at("/sign-in?next=%2Fprofile").await;
        browser.inspect_everywhere("sign-in").await;

        browser.fill("email", "owner@acme.example").await;
        browser.fill("password", "wrong").await;
        browser.press("Sign in").await;
        assert_eq!(browser.text(".errors li").await, "E-mail address or password is wrong.");
        browser.has_focus("div.errors").await;
        assert!(browser.title().await.starts_with("Error: Sign in"), "{}", browser.title().await);
        assert_eq!(browser.value("email").await, "owner@acme.example");
        assert_eq!(browser.value("password").await, "");
        browser.inspect_everywhere("sign-in-wrong").await;

        browser.fill("password", PASSWORD).await;
        browser.press("Sign in").await;
        browser.arrives_at("/profile").await;
        browser.inspect_everywhere("profile").await;
        browser.press("Overview").await;
        browser.inspect_everywhere("overview").await;
        assert_eq!(browser.text("nav [aria-current]").await, "Overview");

        browser.press("Sign out").await;
        assert_eq!(browser.text("[role=status]").await, "You are signed out.");
        browser.has_focus("p.status").await;
        browser.reload().await;
        assert!(!browser.has("[role=status]").await, "it is said once");
        browser.open(&console.url("/")).await;
        browser.arrives_at("/sign-in").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_is_enough() {
    let console = TestConsole::start().await;
    for scripts in [Scripts::On, Scripts::Off] {
        let browser = Browser::start(scripts).await;
        browser.open(&console.url("/sign-in")).await;
        browser.type_keys(Key::Tab + "").await;
        browser.has_focus("a.skip").await;
        browser.tab_to("email").await;
        browser.type_keys("owner@acme.example").await;
        browser.tab_to("password").await;
        browser.type_keys("wrong").await;
        browser.type_keys(Key::Enter + "").await;
        browser.has_focus("div.errors").await;
        browser.tab_to("password").await;
        browser.type_keys(PASSWORD).await;
        browser.tab_to("Sign in").await;
        browser.type_keys(Key::Space + "").await;
        browser.arrives_at("/").await;
        browser.tab_to("Sign out").await;
        browser.type_keys(Key::Enter + "").await;
        browser.has_focus("p.status").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_and_sessions_end() {
    let console = TestConsole::start().await;
    for (scripts, email) in [(Scripts::On, "owner@acme.example"), (Scripts::Off, "member@acme.example")] {
        let (browser, other) = (Browser::start(scripts).await, Browser::start(scripts).await);
        console.sign_in(&browser, email).await;
        console.sign_in(&other, email).await;
        browser.open(&console.url("/profile")).await;
        browser.press("End").await;
        assert_eq!(browser.text("[role=status]").await, "The session has ended.");
        other.open(&console.url("/profile")).await;
        other.arrives_at("/sign-in?next=%2Fprofile").await;

        browser.fill("password_current", PASSWORD).await;
        browser.fill("password", "a quite new passphrase").await;
        browser.fill("password_again", "another passphrase").await;
        browser.press("Change password").await;
        assert_eq!(browser.text("#password_again-fault").await, "The two passwords differ");
        browser.inspect_everywhere("profile-wrong").await;
        browser.fill("password_current", PASSWORD).await;
        browser.fill("password", "a quite new passphrase").await;
        browser.fill("password_again", "a quite new passphrase").await;
        browser.press("Change password").await;
        assert_eq!(browser.text("[role=status]").await, "Your password is changed. All other sessions have ended.");
        browser.inspect_everywhere("profile-changed").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documentation_of_the_management_api_needs_no_session() {
    for scripts in [Scripts::On, Scripts::Off] {
        let console = TestConsole::start().await;
        let visitor = Browser::start(scripts).await;
        visitor.open(&console.url("/errors")).await;
        visitor.press("Management API").await;
        visitor.inspect_everywhere("api-docs").await;
        visitor.press("Credentials").await;
        visitor.inspect_everywhere("api-docs-credentials").await;
        visitor.click("#create_credential summary").await;
        visitor.press("username_taken").await;
        assert_eq!(visitor.text("h1").await, "The user name is taken");
        visitor.open(&console.url("/api-docs/schemas#Credential")).await;
        visitor.inspect_everywhere("api-docs-schemas").await;
        console.sign_in(&visitor, "owner@acme.example").await;
        visitor.press("Script tokens").await;
        visitor.press("What they can do").await;
        assert_eq!(visitor.text("h1").await, "Management API");
        assert!(visitor.has("nav.menu").await, "the menu stays");
    }
}
