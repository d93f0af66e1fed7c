//! `/audit`

use claviger::store::Role;

use super::visitors::{HOSTILE, Pages, assert_roles};

#[tokio::test]
async fn owners_read_their_own_audit_and_staff_all() {
    let pages = Pages::start().await;
    assert_roles(&pages, "/audit", [200, 200, 403, 403]).await;
    let (owner, other) = (pages.owner().await, pages.named(Role::Owner, Some("hooli"), "usr_hooli").await);
    owner.post("/my-key", "").await;
    other.post("/my-key", "").await;
    let list = owner.get("/audit").await;
    assert!(list.text.contains("own-usr_owner") && !list.text.contains("usr_hooli"), "{}", list.text);
    assert_eq!(owner.get("/audit?account=hooli").await.status, 404);
    assert!(!owner.get("/audit?target=own-usr_hooli").await.text.contains("<code>switch_on_own_key</code>"));
    let all = pages.person(Role::Staff).await.get("/audit").await;
    assert!(all.text.contains("own-usr_owner") && all.text.contains("own-usr_hooli"), "{}", all.text);
}

#[tokio::test]
async fn the_filter_stands_in_the_address() {
    let pages = Pages::start().await;
    let owner = pages.owner().await;
    owner.post("/my-key", "").await;
    owner.post("/my-key/off", "").await;
    for (filter, on, off) in [
        ("verb=switch_on_own_key", true, false),
        ("target_kind=credential&target=own-usr_owner", true, true),
        ("target_kind=user", false, false),
        ("actor_kind=user&actor=usr_owner", true, true),
        ("actor_kind=token", false, false),
        ("since=2000-01-01&until=2099-12-31", true, true),
        ("until=2000-01-01", false, false),
        ("verb=+switch_off_own_key+", false, true),
    ] {
        let page = owner.get(&format!("/audit?{filter}")).await;
        assert_eq!(page.status, 200, "{filter}: {}", page.text);
        let has = |verb: &str| page.text.contains(&format!("<code>{verb}</code>"));
        assert_eq!((has("switch_on_own_key"), has("switch_off_own_key")), (on, off), "{filter}: {}", page.text);
        assert!(page.text.contains("Clear all"));
    }
    let off = owner.get("/audit?verb=switch_off_own_key").await;
    assert!(off.text.contains("<code>hint</code>") && off.text.contains("<del>"), "{}", off.text);
    assert!(off.text.contains("value=\"switch_off_own_key\""), "{}", off.text);
}

#[tokio::test]
async fn junk_in_the_address_is_a_fault_of_its_field() {
    let pages = Pages::start().await;
    let staff = pages.person(Role::Staff).await;
    for (query, status) in [
        ("since=yesterday", 422),
        ("until=2026-02-30", 422),
        ("actor_kind=god", 422),
        ("account=a+b", 422),
        ("verb=a%00b", 422),
        ("cursor=%00", 422),
        ("cursor=junk", 200),
        ("cursor=%f0%9f%98%80", 200),
        ("verb=a&verb=b", 400),
        ("other=x", 400),
        ("verb=%ff", 400),
    ] {
        let page = staff.get(&format!("/audit?{query}")).await;
        assert_eq!(page.status.as_u16(), status, "{query}: {}", page.text);
    }
    let long = format!("/audit?target={}", "x".repeat(400));
    assert_eq!(staff.get(&long).await.status, 422);
}

#[tokio::test]
async fn hostile_rows_are_text() {
    let pages = Pages::start().await;
    let owner = pages.owner().await;
    owner.post("/my-key", "").await;
    let text = HOSTILE.replace('\'', "''");
    let json = serde_json::json!({ HOSTILE: HOSTILE }).to_string().replace('\'', "''");
    pages
        .bed
        .execute(&format!("UPDATE audit SET actor = '{text}', target = '{text}', verb = '{text}', after_it = '{json}'"))
        .await;
    owner.get("/audit").await.assert_escaped("audit");
    pages.bed.execute(&format!("UPDATE audit SET before_it = '{text}', after_it = '[', actor_kind = 'x'")).await;
    owner.get("/audit").await.assert_escaped("audit");
}

#[tokio::test]
async fn a_long_audit_has_pages() {
    let pages = Pages::start().await;
    let owner = pages.owner().await;
    owner.post("/my-key", "").await;
    for number in 0..30 {
        for path in ["/my-key/regenerate", "/my-key/off", "/my-key"] {
            if number > 17 && path == "/my-key" {
                continue;
            }
            owner.post(path, "").await;
        }
    }
    let total = usize::try_from(pages.bed.ask("SELECT COUNT(*) FROM audit WHERE account = 'acme'").await).unwrap();
    let count = |text: &str| text.matches("<li class=\"card\">").count();
    let first = owner.get("/audit?target_kind=credential").await;
    let next = first.text.split_once("rel=\"next\"").unwrap().0.rsplit_once("href=\"").unwrap().1;
    let second = owner.get(&next.trim_end_matches("\" ").replace("&#38;", "&")).await;
    assert_eq!((count(&first.text), count(&second.text)), (50, (total - 50).min(50)), "{}", second.text);
    assert!(second.text.contains("Newest"), "{}", second.text);
}

#[tokio::test]
async fn the_audit_is_exported_as_far_as_it_is_filtered() {
    let pages = Pages::start().await;
    let (owner, other) = (pages.owner().await, pages.named(Role::Owner, Some("hooli"), "usr_hooli").await);
    owner.post("/my-key", "").await;
    owner.post("/my-key/off", "").await;
    other.post("/my-key", "").await;
    let page = owner.get("/audit?verb=switch_on_own_key").await;
    let form = page.text.split_once("action=\"/keys/audit/export\"").unwrap().1.split_once("</form>").unwrap().0;
    assert!(form.contains("name=\"verb\" value=\"switch_on_own_key\"") && !form.contains("once"), "{form}");
    let file = owner.post("/audit/export", "verb=switch_on_own_key").await;
    assert_eq!(file.status, 200, "{}", file.text);
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"audit.csv\"");
    assert!(file.header("content-type").starts_with("text/csv"), "{file:?}");
    let lines: Vec<_> = file.text.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("id,at,") && lines[1].contains("own-usr_owner"), "{}", file.text);
    let whole = owner.post("/audit/export", "").await;
    assert!(whole.text.contains("switch_off_own_key") && !whole.text.contains("usr_hooli"), "{}", whole.text);
    assert_eq!(
        pages.bed.ask("SELECT COUNT(*) FROM audit WHERE verb = 'export_audit' AND actor = 'usr_owner'").await,
        2
    );
    for (form, status) in [("account=hooli", 404), ("since=yesterday", 422), ("verb=a%00b", 422), ("other=x", 400)] {
        let refused = owner.post("/audit/export", form).await;
        assert_eq!(refused.status.as_u16(), status, "{form}: {}", refused.text);
        assert!(refused.header("content-type").starts_with("text/html"), "{form}");
    }
    for role in [Role::Implementer, Role::Member] {
        assert_eq!(pages.person(role).await.post("/audit/export", "").await.status, 403, "{role}");
    }
    assert_eq!(owner.get("/audit/export").await.status, 405, "no link starts it");
}
