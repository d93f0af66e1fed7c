//! "API key management": API Access is allowed for users, one of them gets a key and webhooks, and an admin clears the key.

use serde_json::{Value, json};

use super::{MEMBER, OWNER, assert_status, assert_text, browser_of, expect, inspect};
use crate::console::people::TestConsole;
use crate::support::{Browser, Connection, RecordingApi, Request, Scripts};

/// Of an integration platform, and of a program of the user.
const HOOKS: [&str; 2] = ["http://hooks.example.org/zap", "http://hooks.example.org/talent"];

#[tokio::test(flavor = "multi_thread")]
async fn a_recruiter_has_a_key_until_an_admin_clears_it_with_scripts() {
    follow(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recruiter_has_a_key_until_an_admin_clears_it_without_scripts() {
    follow(Scripts::Off).await;
}

async fn follow(scripts: Scripts) {
    // The API behind, and the forward proxy of webhooks.
    let api = RecordingApi::start();
    let environment = [("CLAVIGER__WEBHOOKS__PROXY", api.url()), ("CLAVIGER__WEBHOOKS__ALLOW_HTTP", "true")];
    let named = |account: &mut claviger::store::AccountRecord| account.name = Some("Talent Partners".to_owned());
    let console = TestConsole::of_example_in("recruiting", api.url(), ("", &environment), named).await;
    let user = browser_of(&console, MEMBER, scripts).await;
    user.press_in_menu("Security", "User Roles").await;
    assert_text(&user, "API Access is not allowed for users who are not admins.").await;
    assert!(!user.texts("nav#menu a").await.contains(&"My Settings & Preferences".to_owned()));

    let admin = browser_of(&console, OWNER, scripts).await;
    admin.press_in_menu("Security", "User Roles").await;
    assert_eq!(admin.texts("#switches h2").await, ["Misc"]);
    assert_eq!(admin.texts("#switches legend").await, ["API Access"]);
    admin.click("#switches [name='allowed'][value='allowed']").await;
    admin.press("Save").await;
    assert_status(&admin, "API Access: Allowed. Users who are not admins can have API keys now.").await;
    inspect(&admin, "recruiting-roles").await;

    user.press("member@acme.example, User").await;
    assert_eq!(user.text("h1").await, "Your Profile & Preferences");
    assert!(user.texts("main h2").await.contains(&"API Access".to_owned()));
    inspect(&user, "recruiting-profile").await;
    user.click("main a[href$='/my-key']").await;
    user.arrives_at("/my-key").await;
    assert_eq!(user.text("h1").await, "My Settings & Preferences");
    inspect(&user, "recruiting-key-off").await;
    user.press("Switch API Access on").await;
    let candidates = |key: &str| Request::get("/v3/candidates").header("x-api-key", key);
    let first = user.text("#shown-secret").await;
    inspect(&user, "recruiting-key").await;
    expect(&console, &candidates(&first), 200);
    expect(&console, &Request::get(&format!("/v3/candidates?api_key={first}")), 200);
    user.press("I have saved it").await;

    user.press("Regenerate New Key").await;
    assert_text(&user, "any existing links with the old API key will fail").await;
    user.press("Regenerate New Key").await;
    let second = user.text("#shown-secret").await;
    expect(&console, &candidates(&first), 401);
    expect(&console, &candidates(&second), 200);
    user.press("I have saved it").await;
    assert!(user.has("main a[href='https://docs.example.com/api']").await);

    subscribe(&console, &second);
    add_webhook(&user).await;
    let sent = || api.seen().iter().filter(|seen| seen.line().contains(HOOKS[1])).count();
    user.press("Send a test event").await;
    crate::support::eventually("the test event arrives", || sent() == 1);

    admin.press_in_menu("Security", "API Management").await;
    assert!(admin.has("main a[href='https://docs.example.com/api']").await);
    assert_text(&admin, "2 webhooks").await;
    inspect(&admin, "recruiting-management").await;
    admin.press("member@acme.example").await;
    for text in ["User's Webhooks", HOOKS[0], HOOKS[1], "Entity\ncandidate", "Operation Type\ncreated", "Status\n✓\nOn"]
    {
        assert_text(&admin, text).await;
    }
    inspect(&admin, "recruiting-user").await;
    admin.press("Pause").await;
    assert_status(&admin, &format!("{} is paused.", HOOKS[1])).await;
    user.reload().await;
    assert_text(&user, "Paused").await;
    admin.press("Play").await;
    assert_status(&admin, &format!("{} is on.", HOOKS[1])).await;
    admin.press("Clear API Key").await;
    assert_text(&admin, "Any references to this API key will fail").await;
    assert_text(&admin, "These webhooks stop:").await;
    admin.press("Clear API Key").await;
    assert_status(&admin, "The API key of member@acme.example is cleared. Any references to it fail.").await;
    expect(&console, &candidates(&second), 401);

    user.press_in_menu("Security", "My Settings & Preferences").await;
    assert_text(&user, "API Access is off, and you have no API key.").await;
    user.press_in_menu("Security", "Webhooks").await;
    assert_text(&user, "Stopped: its API key was cleared").await;
    inspect(&user, "recruiting-webhooks-stopped").await;
    user.press_in_menu("Security", "My Settings & Preferences").await;
    user.press("Switch API Access on").await;
    let third = user.text("#shown-secret").await;
    expect(&console, &candidates(&third), 200);
    user.press("I have saved it").await;
    user.press_in_menu("Security", "Webhooks").await;
    assert!(!user.text("main").await.contains("Stopped: its"), "it goes on with the new key");

    admin.press_in_menu("Security", "User Roles").await;
    admin.click("[name='allowed'][value='not_allowed']").await;
    admin.press("Save").await;
    inspect(&admin, "recruiting-members-not-allowed").await;
    admin.press("Save all the same").await;
    expect(&console, &candidates(&third), 403);
}

/// As an integration platform does, with the key of the user.
fn subscribe(console: &TestConsole, key: &str) {
    let body = json!({"target_url": HOOKS[0], "event": "candidate.created"}).to_string();
    let request = Request::new("POST", "/api/v1/hooks").header("x-api-key", key);
    let request = request.header("content-type", "application/json").body(body.as_bytes());
    let reply = Connection::open(console.gate.console).send(&request);
    assert_eq!(reply.status, 201, "{}", reply.text());
    let hook: Value = serde_json::from_str(&reply.text()).unwrap();
    assert_eq!(hook["target_url"], HOOKS[0]);
}

async fn add_webhook(user: &Browser) {
    user.press_in_menu("Security", "Webhooks").await;
    user.press("New webhook").await;
    inspect(user, "recruiting-webhook-new").await;
    user.fill("url", HOOKS[1]).await;
    user.choose("event", "candidate.created").await;
    user.press("Create webhook").await;
    assert!(user.text("#shown-secret").await.starts_with("whsec_"));
    inspect(user, "recruiting-webhook-secret").await;
    user.press("I have saved it").await;
}
