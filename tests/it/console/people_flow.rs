//! People, their keys and tokens, the audit and files, with and without scripts.

use super::people::TestConsole;
use crate::control::people::PASSWORD;
use crate::support::{Browser, Scripts};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_a_key_of_their_own() {
    let console = TestConsole::start().await;
    for (scripts, email) in [(Scripts::On, "owner@acme.example"), (Scripts::Off, "implementer@acme.example")] {
        let browser = Browser::start(scripts).await;
        console.sign_in(&browser, email).await;
        browser.press("My API key").await;
        browser.inspect_everywhere("my-key-off").await;
        browser.press("Switch on").await;
        let first = browser.text("#shown-secret").await;
        assert!(first.len() > 20, "{first}");
        browser.inspect_everywhere("my-key-secret").await;
        browser.press("I have saved it").await;
        browser.arrives_at("/my-key").await;
        browser.back().await;
        assert!(!browser.source().await.contains(&first), "Back shows it again");

        browser.open(&console.url("/my-key")).await;
        browser.inspect_everywhere("my-key-on").await;
        browser.press("Regenerate new key").await;
        browser.inspect_everywhere("my-key-regenerate").await;
        browser.press("Regenerate new key").await;
        assert_ne!(browser.text("#shown-secret").await, first);
        browser.press("I have saved it").await;

        browser.press("API management").await;
        browser.inspect_everywhere("api-management").await;
        browser.press("Clear API key").await;
        browser.inspect_everywhere("api-management-clear").await;
        browser.press("Clear API key").await;
        assert!(browser.text("[role=status]").await.starts_with("The API key of"));
        browser.open(&console.url("/my-key")).await;
        assert!(browser.text("main").await.contains("You have no key"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_invites_a_user() {
    let console = TestConsole::start().await;
    for (scripts, email) in [(Scripts::On, "one@acme.example"), (Scripts::Off, "two@acme.example")] {
        let (browser, other) = (Browser::start(scripts).await, Browser::start(scripts).await);
        console.sign_in(&browser, "owner@acme.example").await;
        browser.press("Users").await;
        browser.inspect_everywhere("users").await;
        browser.press("New user").await;
        browser.inspect_everywhere("users-new").await;
        browser.fill("email", "owner@acme.example").await;
        browser.fill("name", "Zoë").await;
        browser.click("input[value=member]").await;
        browser.press("Create user").await;
        assert!(browser.text("#email-fault").await.contains("Another user has this e-mail address"));
        browser.inspect_everywhere("users-new-wrong").await;
        browser.fill("email", email).await;
        browser.press("Create user").await;
        let link = browser.text("#shown-secret").await;
        browser.inspect_everywhere("users-link").await;

        let path = &link[link.find("/setup/").unwrap()..];
        other.open(&console.url(path)).await;
        other.fill("password", PASSWORD).await;
        other.fill("password_again", PASSWORD).await;
        other.press("Set password").await;
        console.sign_in(&other, email).await;

        browser.press("I have saved it").await;
        browser.inspect_everywhere("user").await;
        browser.fill("name", "Zoë Z").await;
        browser.press("Save").await;
        assert_eq!(browser.text("[role=status]").await, format!("Saved: {email}."));
        assert_eq!(browser.text("h1").await, "Zoë Z");
        browser.choose("role", "owner").await;
        browser.press("Save").await;
        browser.choose("role", "member").await;
        browser.press("Save").await;
        browser.has_focus("div.note").await;
        browser.inspect_everywhere("user-fewer-rights").await;
        browser.press("Save all the same").await;
        assert_eq!(browser.text("[role=status]").await, format!("Saved: {email}."));
        browser.press("Disable").await;
        browser.inspect_everywhere("user-disable").await;
        browser.press("Disable").await;
        browser.inspect_everywhere("user-disabled").await;
        other.open(&console.url("/")).await;
        other.arrives_at("/sign-in").await;
        browser.press("Enable").await;
        assert_eq!(browser.text("[role=status]").await, format!("{email} is enabled."));

        browser.press("Audit log").await;
        browser.inspect_everywhere("audit").await;
        browser.choose("verb", "disable_user").await;
        browser.press("Show").await;
        assert!(browser.location().await.contains("verb=disable_user"));
        browser.click("summary").await;
        assert!(browser.text("main").await.contains("enabled"));
        browser.inspect_everywhere("audit-filtered").await;
        browser.press("Clear all").await;
        browser.arrives_at("/audit").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_makes_a_token_and_staff_import_a_file() {
    let console = TestConsole::start().await;
    for (scripts, name) in [(Scripts::On, "nightly import"), (Scripts::Off, "report")] {
        let browser = Browser::start(scripts).await;
        console.sign_in(&browser, "owner@acme.example").await;
        browser.press("Script tokens").await;
        browser.press("New script token").await;
        browser.inspect_everywhere("tokens-new").await;
        browser.fill("name", name).await;
        browser.click("input[value=implementer]").await;
        browser.press("Create token").await;
        assert!(browser.text("#shown-secret").await.len() > 20);
        browser.inspect_everywhere("tokens-secret").await;
        browser.press("I have saved it").await;
        browser.inspect_everywhere("tokens").await;
        browser.press("Disable").await;
        browser.inspect_everywhere("tokens-disable").await;
        browser.press("Disable script token").await;
        assert_eq!(browser.text("[role=status]").await, format!("{name} is disabled."));
        browser.press("Delete").await;
        browser.inspect_everywhere("tokens-delete").await;
        browser.press("Delete script token").await;
        assert_eq!(browser.text("[role=status]").await, format!("{name} is deleted."));
        browser.press("Sign out").await;

        console.sign_in(&browser, "staff@example.org").await;
        browser.press("Files").await;
        browser.inspect_everywhere("files").await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users");
        std::fs::write(&file, format!("{}:{{SHA}}L55TUjtiq8FBorTWAZ0jy6g129A=\n", name.replace(' ', "-"))).unwrap();
        for (wrong, account) in [(true, ""), (false, "acme")] {
            browser.choose("import_format", "htpasswd").await;
            browser.upload("file", &file).await;
            browser.fill("import_account", account).await;
            browser.press("Check the file").await;
            browser.inspect_everywhere(if wrong { "files-wrong" } else { "files-plan" }).await;
            assert_eq!(browser.has("#import_account-fault").await, wrong);
        }
        assert!(browser.text("main").await.contains("1 new API account"));
        browser.press("Import").await;
        assert!(browser.text("[role=status]").await.starts_with("Imported."));
    }
}
