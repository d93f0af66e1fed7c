//! An account asks for access, staff decide, and the account switches: with and without scripts.

use super::people::TestConsole;
use crate::control::people::PASSWORD;
use crate::store::test_database::token;
use crate::support::{Browser, Scripts};

#[tokio::test(flavor = "multi_thread")]
async fn an_account_asks_and_staff_grant_without_a_second_sign_in() {
    for scripts in [Scripts::On, Scripts::Off] {
        let console = TestConsole::start().await;
        console.bed.execute("UPDATE accounts SET granted = FALSE, name = 'Acme Church'").await;
        let (owner, staff) = (Browser::start(scripts).await, Browser::start(scripts).await);
        console.sign_in(&owner, "owner@acme.example").await;
        console.sign_in(&staff, "staff@example.org").await;
        owner.inspect_everywhere("overview-not-granted").await;
        owner.press("Ask for API access").await;
        owner.inspect_everywhere("access-not-granted").await;

        owner.fill("other", &"x".repeat(201)).await;
        owner.set("start_on", "2027-01-31").await;
        owner.press("Ask for API access").await;
        owner.has_focus("div.errors").await;
        owner.inspect_everywhere("access-wrong").await;
        owner.fill("other", "A plug-in for the door bell").await;
        owner.click("[name='use_cases'][value='data_extraction']").await;
        owner.press("Ask for API access").await;
        assert_eq!(owner.text("[role=status]").await, "Your request was sent. You see the decision on this page.");
        owner.has_focus("p.status").await;
        owner.inspect_everywhere("access-asked").await;

        staff.open(&console.url("/")).await;
        staff.inspect_everywhere("overview-staff").await;
        staff.press("Show requests").await;
        staff.inspect_everywhere("requests").await;
        staff.press("Decline").await;
        staff.has_focus("div.errors").await;
        staff.inspect_everywhere("requests-wrong").await;
        staff.press("Acme Church").await;
        staff.inspect_everywhere("request").await;
        staff.press("Back").await;
        staff.click("[name='ids']").await;
        staff.press("Approve").await;
        assert_eq!(staff.text("[role=status]").await, "Approved: Acme Church. API access is granted.");
        staff.inspect_everywhere("requests-empty").await;

        owner.reload().await;
        owner.inspect_everywhere("access-granted").await;
        console.bed.put(&token("acme-1", "acme", "clv_x")).await;
        owner.press("Disable API access").await;
        owner.inspect_everywhere("access-off").await;
        owner.press("Disable API access").await;
        assert!(owner.text("[role=status]").await.starts_with("API access is disabled."));
        owner.press("Enable API access").await;
        assert_eq!(owner.text("[role=status]").await, "API access is enabled.");
        owner.click("[name='allowed'][value='allowed']").await;
        owner.press("Save").await;
        assert_eq!(owner.text("[role=status]").await, "Members may have keys of their own now.");
        owner.back().await;
        owner.assert_quiet("access, back").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_create_grant_rename_and_withdraw() {
    for scripts in [Scripts::On, Scripts::Off] {
        let console = TestConsole::start().await;
        let staff = Browser::start(scripts).await;
        console.sign_in(&staff, "staff@example.org").await;
        staff.press("Accounts").await;
        staff.inspect_everywhere("accounts").await;
        staff.press("New account").await;
        staff.fill("name", "Harbour Theatre").await;
        staff.fill("id", "acme").await;
        staff.press("Create account").await;
        assert_eq!(staff.text("#id-fault").await, "Another account has this id");
        staff.inspect_everywhere("account-new-wrong").await;
        staff.fill("id", "harbour").await;
        staff.press("Create account").await;
        assert_eq!(staff.text("[role=status]").await, "Harbour Theatre is created.");
        staff.press("Grant API access").await;
        assert_eq!(staff.text("[role=status]").await, "Harbour Theatre has API access now.");
        staff.inspect_everywhere("account").await;
        staff.press("Rename account").await;
        staff.fill("name", "Harbour Opera").await;
        staff.inspect_everywhere("account-rename").await;
        staff.press("Save").await;
        assert_eq!(staff.text("h1").await, "Harbour Opera");
        staff.press("Withdraw API access").await;
        staff.inspect_everywhere("account-withdraw").await;
        staff.press("Withdraw API access").await;
        assert_eq!(staff.text("[role=status]").await, "Harbour Opera has no API access any more.");
        staff.open(&console.url("/status")).await;
        staff.inspect_everywhere("status").await;
        assert!(staff.source().await.contains("files on disk are in force"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_guesses_show_in_the_status() {
    let console = TestConsole::start().await;
    let (staff, stranger) = (Browser::start(Scripts::On).await, Browser::start(Scripts::On).await);
    console.sign_in(&staff, "staff@example.org").await;
    for _ in 0..2 {
        stranger.open(&console.url("/sign-in")).await;
        stranger.fill("email", "owner@acme.example").await;
        stranger.fill("password", &format!("not {PASSWORD}")).await;
        stranger.press("Sign in").await;
    }
    staff.open(&console.url("/status")).await;
    assert!(staff.text("main").await.contains("At sign-in"), "{}", staff.source().await);
    staff.inspect_everywhere("status-guesses").await;
}
