//! "API key management": API Access is allowed for users, one of them gets a key, and an admin clears it.

use super::{Access, MEMBER, OWNER, assert_status, assert_text, browser_of, expect, inspect, product};
use crate::support::{Request, Scripts};

#[tokio::test(flavor = "multi_thread")]
async fn a_recruiter_has_a_key_until_an_admin_clears_it_with_scripts() {
    follow(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recruiter_has_a_key_until_an_admin_clears_it_without_scripts() {
    follow(Scripts::Off).await;
}

async fn follow(scripts: Scripts) {
    let console = product("recruiting", "Talent Partners", Access { granted: true, switched_on: true }).await;
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

    admin.press_in_menu("Security", "API Management").await;
    assert!(admin.has("main a[href='https://docs.example.com/api']").await);
    inspect(&admin, "recruiting-management").await;
    admin.press("member@acme.example").await;
    inspect(&admin, "recruiting-user").await;
    admin.press("Clear API Key").await;
    assert_text(&admin, "Any references to this API key will fail").await;
    admin.press("Clear API Key").await;
    assert_status(&admin, "The API key of member@acme.example is cleared. Any references to it fail.").await;
    expect(&console, &candidates(&second), 401);

    user.press_in_menu("Security", "My Settings & Preferences").await;
    assert_text(&user, "API Access is off, and you have no API key.").await;
    user.press("Switch API Access on").await;
    let third = user.text("#shown-secret").await;
    expect(&console, &candidates(&third), 200);
    user.press("I have saved it").await;

    admin.press_in_menu("Security", "User Roles").await;
    admin.click("[name='allowed'][value='not_allowed']").await;
    admin.press("Save").await;
    inspect(&admin, "recruiting-members-not-allowed").await;
    admin.press("Save all the same").await;
    expect(&console, &candidates(&third), 403);
}
