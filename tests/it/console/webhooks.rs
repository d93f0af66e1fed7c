//! Webhooks in a browser, with and without scripts: created, tested, paused, replayed and deleted.

use super::people::TestConsole;
use crate::support::{Browser, ScriptedApi, Scripts};

/// As a forward proxy sees requests without TLS. What goes to `/broken` is answered 500.
fn receiver() -> ScriptedApi {
    ScriptedApi::start(|exchange| {
        let head = exchange.head();
        let Some(line) = head.first() else { return };
        let length = head.iter().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        exchange.take(length.unwrap_or_default());
        let (status, body) =
            if line.contains("/broken") { ("500 Broken", "out of order") } else { ("200 OK", "thanks") };
        let length = body.len();
        exchange.write(format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"));
    })
}

/// Reloads until the page says this.
async fn reload_until(browser: &Browser, text: &str) {
    for _ in 0..100 {
        if browser.text("main").await.contains(text) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        browser.reload().await;
    }
    panic!("{text} does not appear:\n{}", browser.text("main").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_has_a_webhook_with_scripts() {
    follow(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_has_a_webhook_without_scripts() {
    follow(Scripts::Off).await;
}

async fn follow(scripts: Scripts) {
    let receiver = receiver();
    let console = TestConsole::with_webhooks(receiver.url()).await;
    let browser = Browser::start(scripts).await;
    console.sign_in(&browser, "owner@acme.example").await;
    browser.press("Webhooks").await;
    browser.inspect_everywhere("webhooks-empty").await;
    browser.press("New webhook").await;
    browser.inspect_everywhere("webhooks-new-without").await;
    browser.press("New API account").await;
    browser.fill("name", "Billing").await;
    browser.press("Create API account").await;
    browser.press("I have saved it").await;
    browser.press("New webhook").await;
    browser.fill("url", "http://127.0.0.1/in").await;
    browser.choose("event", "contact.created").await;
    browser.press("Create webhook").await;
    assert!(browser.text("#url-fault").await.contains("must name a host"));
    browser.inspect_everywhere("webhooks-new-wrong").await;
    browser.fill("url", "http://hooks.example.net/in/broken?key=0123456789").await;
    browser.press("Create webhook").await;
    let secret = browser.text("#shown-secret").await;
    assert!(secret.starts_with("whsec_"), "{secret}");
    browser.inspect_everywhere("webhooks-secret").await;
    browser.press("I have saved it").await;
    let page = browser.location().await;
    browser.back().await;
    assert!(!browser.source().await.contains(&secret), "Back shows it again");
    browser.reload().await;
    assert!(!browser.source().await.contains(&secret), "a reload shows it again");

    browser.open(&console.url(&page)).await;
    browser.inspect_everywhere("webhook").await;
    browser.press("Send a test event").await;
    assert_eq!(browser.text("[role=status]").await, "A test event is on its way.");
    reload_until(&browser, "It answered 500.").await;
    browser.inspect_everywhere("webhook-tested").await;
    // What comes through a proxy is not kept.
    console.bed.execute("UPDATE attempts SET excerpt = 'out of <order>, ' || hex(zeroblob(400))").await;
    browser.press("Show this delivery").await;
    assert!(browser.text("main").await.contains("out of <order>"));
    browser.inspect_everywhere("webhook-delivery").await;
    browser.open(&console.url(&page)).await;
    browser.press("Edit").await;
    browser.fill("url", "http://hooks.example.net/in?key=0123456789").await;
    browser.inspect_everywhere("webhook-edit").await;
    browser.press("Save").await;
    browser.press("Send a test event").await;
    reload_until(&browser, "answered 200").await;

    browser.press("New secret").await;
    browser.inspect_everywhere("webhook-renew").await;
    browser.press("Create new secret").await;
    assert_ne!(browser.text("#shown-secret").await, secret);
    browser.press("I have saved it").await;
    browser.inspect_everywhere("webhook-overlap").await;
    browser.press("End it now").await;
    assert!(browser.text("[role=status]").await.starts_with("The previous secret of"));

    browser.press("Pause").await;
    assert!(browser.text("[role=status]").await.ends_with("is paused."));
    console.bed.execute("UPDATE deliveries SET is_test = FALSE, state = 'skipped', why = 'paused'").await;
    browser.open(&console.url("/webhooks")).await;
    browser.inspect_everywhere("webhooks-paused").await;
    browser.choose("state", "paused").await;
    browser.press("Show").await;
    browser.press("Play").await;
    assert!(browser.text("[role=status]").await.ends_with("is on."));
    assert!(browser.location().await.contains("state=paused"));
    browser.press("Clear all").await;
    browser.open(&console.url(&page)).await;
    browser.press("Replay missed events").await;
    browser.inspect_everywhere("webhook-replay").await;
    browser.press("Send again").await;
    assert!(browser.text("[role=status]").await.contains(": 2"));
    reload_until(&browser, "Delivered").await;

    let failing = claviger::clock::Clock::System.now().as_millisecond() - 30 * 3_600_000;
    console.bed.execute(&format!("UPDATE webhooks SET failing_since = {failing}")).await;
    browser.press("Overview").await;
    assert!(browser.text("main").await.contains("unless one delivery succeeds"));
    browser.inspect_everywhere("overview-webhooks").await;
    browser.press("Webhooks").await;
    browser.inspect_everywhere("webhooks-failing").await;
    browser.press("API accounts").await;
    browser.click("h2 a").await;
    browser.open(&console.url(browser.location().await.trim_end_matches("/edit"))).await;
    browser.inspect_everywhere("credential-webhooks").await;
    browser.press("Delete").await;
    assert!(browser.text("main").await.contains("1 webhook goes with it."));
    browser.inspect_everywhere("credential-delete-webhooks").await;

    browser.open(&console.url(&page)).await;
    browser.press("Delete").await;
    browser.inspect_everywhere("webhook-delete").await;
    browser.press("Delete webhook").await;
    assert!(browser.text("[role=status]").await.ends_with("is deleted."));
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_makes_a_publisher() {
    let receiver = receiver();
    let console = TestConsole::with_webhooks(receiver.url()).await;
    for (scripts, name) in [(Scripts::On, "order service"), (Scripts::Off, "contact service")] {
        let browser = Browser::start(scripts).await;
        console.sign_in(&browser, "staff@example.org").await;
        browser.press("Publishers").await;
        browser.press("New publisher").await;
        browser.inspect_everywhere("publishers-new").await;
        browser.fill("name", name).await;
        browser.fill("account", "unknown").await;
        browser.press("Create publisher").await;
        assert!(browser.has("#account-fault").await);
        browser.fill("account", "acme").await;
        browser.press("Create publisher").await;
        let token = browser.text("#shown-secret").await;
        assert!(token.starts_with("clvpub_"), "{token}");
        browser.inspect_everywhere("publishers-secret").await;
        browser.press("I have saved it").await;
        browser.back().await;
        assert!(!browser.source().await.contains(&token), "Back shows it again");
        browser.open(&console.url("/publishers")).await;
        browser.inspect_everywhere("publishers").await;
        browser.press("Disable").await;
        browser.inspect_everywhere("publishers-disable").await;
        browser.press("Disable publisher").await;
        assert_eq!(browser.text("[role=status]").await, format!("{name} is disabled."));
        browser.press("Delete").await;
        browser.inspect_everywhere("publishers-delete").await;
        browser.press("Delete publisher").await;
        assert_eq!(browser.text("[role=status]").await, format!("{name} is deleted."));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_say_that_webhooks_stop() {
    let receiver = receiver();
    let console = TestConsole::with_webhooks(receiver.url()).await;
    console.bed.execute("UPDATE accounts SET members_allowed = TRUE").await;
    let browser = Browser::start(Scripts::Off).await;
    console.sign_in(&browser, "member@acme.example").await;
    browser.press("My API key").await;
    browser.press("Switch on").await;
    browser.press("I have saved it").await;
    browser.press("Webhooks").await;
    browser.press("New webhook").await;
    browser.inspect_everywhere("webhooks-new-member").await;
    browser.fill("url", "http://hooks.example.net/in").await;
    browser.press("Create webhook").await;
    for scripts in [Scripts::On, Scripts::Off] {
        let browser = Browser::start(scripts).await;
        console.sign_in(&browser, "owner@acme.example").await;
        browser.press("API access").await;
        browser.press("Disable API access").await;
        assert!(browser.text("main").await.contains("1 webhook stops."));
        browser.inspect_everywhere("access-off-webhooks").await;
        browser.press("Cancel").await;
        browser.click("input[value=not_allowed]").await;
        browser.press("Save").await;
        let asked = browser.text("div.note").await;
        assert!(asked.contains("1 key of a member is refused") && asked.contains("1 webhook stops."), "{asked}");
        browser.inspect_everywhere("access-members-webhooks").await;
        browser.press("Cancel").await;
        browser.press("Users").await;
        browser.press("member@acme.example").await;
        browser.press("Disable").await;
        assert!(browser.text("main").await.contains("1 webhook stops."));
        browser.inspect_everywhere("user-disable-webhooks").await;
    }
}
