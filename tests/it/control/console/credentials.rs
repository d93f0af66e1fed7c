//! The pages of API accounts: who may, what is found, what bad input does.

use claviger::credential::{StoredSecret, TokenDigest};
use claviger::store::{CredentialRecord, Role};
use jiff::ToSpan as _;

use super::site::Site;
use crate::store::test_database::{label, noon};

/// Below a credential; each has a form.
const PAGES: [&str; 9] = ["", "/edit", "/reset", "/duplicate", "/upgrade", "/disable", "/enable", "/clear", "/delete"];
const POSTS: [&str; 10] = [
    "/edit",
    "/reset",
    "/duplicate",
    "/upgrade",
    "/disable",
    "/enable",
    "/clear",
    "/delete",
    "/active",
    "/end-overlap",
];

#[tokio::test]
async fn each_role_gets_what_the_table_says() {
    let site = Site::start().await;
    site.token("acme-x").await;
    for (role, status) in [(Role::Staff, 200), (Role::Owner, 200), (Role::Implementer, 200), (Role::Member, 403)] {
        let person = site.person(role).await;
        for target in ["/credentials", "/credentials/new"] {
            assert_eq!(person.get(target).await.status, status, "{role} {target}");
        }
        for page in PAGES {
            let answer = person.get(&format!("/credentials/acme-x{page}")).await;
            assert_eq!(answer.status, status, "{role} {page}: {}", answer.text);
        }
        let has_menu = person.get("/").await.has("href=\"/keys/credentials\"");
        assert_eq!(has_menu, status == 200, "{role}");
        // Only those who read the audit see what was done.
        if status == 200 {
            let has_history = person.get("/credentials/acme-x").await.has("<h2>History</h2>");
            assert_eq!(has_history, role != Role::Implementer, "{role}");
        }
    }
    let member = site.person(Role::Member).await;
    for post in POSTS {
        assert_eq!(member.post(&format!("/credentials/acme-x{post}"), "confirm=acme-x").await.status, 403, "{post}");
    }
    assert_eq!(member.post("/credentials/new", "kind=token").await.status, 403);
    assert!(member.get("/credentials").await.has("Staff, Owner, Implementer"), "the roles are named");
    let answer = site.stranger().get("/credentials?state=enabled").await;
    assert_eq!(answer.header("location"), "/keys/sign-in?next=%2Fcredentials%3Fstate%3Denabled");
    assert_eq!(site.stored("acme-x").await.unwrap().revision, 1, "nothing was done");
}

#[tokio::test]
async fn before_the_grant_the_pages_are_not_there() {
    let site = Site::start().await;
    site.token("acme-x").await;
    site.bed.execute("UPDATE accounts SET granted = FALSE WHERE id = 'acme'").await;
    let owner = site.owner().await;
    let missing = owner.get("/nowhere").await;
    for target in ["/credentials", "/credentials/new", "/credentials/acme-x", "/credentials/acme-x/edit"] {
        let answer = owner.get(target).await;
        assert_eq!((answer.status, answer.steady()), (missing.status, missing.steady()), "{target}");
    }
    site.bed.execute("UPDATE accounts SET granted = TRUE WHERE id = 'acme'").await;
    assert_eq!(owner.get("/credentials").await.status, 200);
    site.bed.execute("UPDATE accounts SET switched_on = FALSE WHERE id = 'acme'").await;
    let page = owner.get("/credentials/acme-x").await;
    assert!(page.has("API access is switched off for the account.") && page.has("/keys/access"), "{}", page.text);
    assert!(owner.get("/credentials").await.has("Every API account is refused."));
}

#[tokio::test]
async fn a_foreign_credential_is_found_as_little_as_a_missing_one() {
    let site = Site::start().await;
    site.token("acme-x").await;
    let other = site.owner_of_hooli().await;
    let long = "x".repeat(129);
    for id in ["acme-x", "missing", "file-acme", "a%20b", "%00", "%ff", "%3Cb%3E", &long[..]] {
        for page in PAGES {
            let (answer, missing) = (
                other.get(&format!("/credentials/{id}{page}")).await,
                other.get(&format!("/credentials/missing{page}")).await,
            );
            assert_eq!(answer.status, 404, "{id}{page}");
            assert_eq!(answer.steady(), missing.steady(), "{id}{page}");
        }
        for post in POSTS {
            let form = match post {
                // The id alone is not what is tried here.
                "/delete" if id == "%ff" => "confirm=x".to_owned(),
                "/delete" => format!("confirm={id}"),
                "/reset" => "overlap_seconds=0".to_owned(),
                "/upgrade" => "version=3".to_owned(),
                "/edit" => "expires=keep&rights=all".to_owned(),
                _ => String::new(),
            };
            let answer = other.post(&format!("/credentials/{id}{post}"), &form).await;
            assert_eq!(answer.status, 404, "{id}{post}: {}", answer.text);
        }
    }
    assert_eq!(other.get("/credentials?account=acme").await.status, 404);
    assert_eq!(site.stored("acme-x").await.unwrap().revision, 1);
}

#[tokio::test]
async fn cards_are_filtered_counted_and_paged() {
    let site = Site::start().await;
    let owner = site.owner().await;
    let empty = owner.get("/credentials?part=nothing").await;
    assert!(empty.has("Nothing matches.") && empty.has("Clear all"), "{}", empty.text);
    assert!(owner.get("/credentials").await.has("No API accounts yet"));

    for number in 0..30 {
        let secret = StoredSecret::Token(TokenDigest::of(format!("t{number}").as_bytes()));
        let made = noon() - (number * 24).hours();
        let record = CredentialRecord {
            name: Some(format!("Program {number:02}")),
            enabled: number % 10 != 0,
            disabled_reason: (number % 10 == 0).then(|| "seen in public".into()),
            version: Some(label(if number == 1 { "1" } else { "3" })),
            ..CredentialRecord::new(label(&format!("acme-{number:02}")), label("acme"), secret, made, "root")
        };
        site.bed.put(&record).await;
    }
    let first = owner.get("/credentials").await;
    assert!(first.has("27 enabled") && first.has("3 disabled"), "{}", first.text);
    assert!(first.has("Program 00") && first.has("Program 24") && !first.has("Program 25"), "newest first");
    assert!(first.has("1, ends on 1 Mar 2027") && first.has("seen in public"), "{}", first.text);
    assert!(
        first.has("file-acme") && !first.has("file-hooli") && first.has("In the credentials file"),
        "{}",
        first.text
    );
    let next = first.text.split("href=\"").find(|rest| rest.contains("cursor=")).unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let second = owner.get(&next).await;
    assert!(second.has("Program 25") && second.has("Program 29") && !second.has("Program 24"), "{}", second.text);
    assert!(second.has("First page") && !second.has("Next page") && !second.has("file-acme"), "{}", second.text);

    for (query, count) in [
        ("state=disabled", 3),
        ("created=within_7_days", 8),
        ("created=before_30_days", 0),
        ("part=PROGRAM+1", 10),
        ("part=program+1&state=disabled", 1),
        ("kind=password", 0),
        ("owner=usr_owner", 0),
        ("account=a+b", 0),
        ("part=%00", 0),
    ] {
        let page = owner.get(&format!("/credentials?{query}")).await;
        assert_eq!(page.status, 200, "{query}: {}", page.text);
        assert_eq!(page.text.matches("popovertarget=\"more-").count(), count, "{query}");
        assert!(page.has("Clear all"), "{query}");
    }
    let chips = owner.get("/credentials?part=a%26b&state=disabled").await;
    assert!(chips.has("Name: a&#38;b") || chips.has("Name: a&amp;b"), "{}", chips.text);
    assert!(chips.has("href=\"/keys/credentials?state=disabled\""), "{}", chips.text);
    for query in ["state=x", "x=y", "part=a&part=b", "part=%ff"] {
        assert_eq!(owner.get(&format!("/credentials?{query}")).await.status, 400, "{query}");
    }
    assert_eq!(owner.get("/credentials?cursor=junk").await.status, 422);
    let staff = site.person(Role::Staff).await;
    let all = staff.get("/credentials?account=hooli").await;
    assert!(all.has("file-hooli") && !all.has("file-acme") && !all.has("Program"), "{}", all.text);
}

#[tokio::test]
async fn odd_ids_have_pages() {
    let site = Site::start().await;
    let owner = site.owner().await;
    for id in ["new", "a/b", "a@b:c+d", "a//b/"] {
        site.token(id).await;
    }
    let list = owner.get("/credentials").await;
    for (id, path) in [("new", "%6eew"), ("a/b", "a%2Fb"), ("a@b:c+d", "a%40b%3Ac%2Bd"), ("a//b/", "a%2F%2Fb%2F")] {
        let path = format!("/keys/credentials/{path}");
        assert!(list.has(&format!("href=\"{path}\"")), "{path}: {}", list.text);
        let page = owner.get(&path).await;
        assert!(page.status == 200 && page.has(&format!("<code>{id}</code>")), "{}", page.text);
        let done = owner.post(&format!("{path}/disable"), "").await;
        assert_eq!((done.status.as_u16(), done.header("location")), (303, path.as_str()));
        assert!(!site.stored(id).await.unwrap().enabled, "{id}");
    }
}

#[tokio::test]
async fn hostile_texts_stay_texts() {
    const HOSTILE: &str = "\"><img src=x onerror=alert(1)>'</textarea><script>{{7*7}}\u{5d0}\u{5d1}&amp;";
    let site = Site::start().await;
    let owner = site.owner().await;
    let token = site.token("acme-x").await;
    let long = format!("{HOSTILE}{}", "w".repeat(200 - HOSTILE.chars().count()));
    let hostile = CredentialRecord {
        name: Some(long.clone()),
        description: Some(HOSTILE.repeat(20)),
        contact_email: Some(HOSTILE.into()),
        contact_mobile: Some(HOSTILE.into()),
        enabled: false,
        disabled_reason: Some(HOSTILE.into()),
        created_by: HOSTILE.into(),
        last_used_at: Some(noon()),
        last_used_from: Some(HOSTILE.into()),
        hint: Some("<b>x".into()),
        version: Some(label("gone")),
        scopes: Some(vec![label("gone"), label("payments:read")]),
        revision: 2,
        ..token
    };
    site.bed.put(&hostile).await;
    let pair = CredentialRecord {
        id: label("acme-pair"),
        secret: StoredSecret::Password {
            username: HOSTILE.replace(':', "").into(),
            hash: claviger::credential::PasswordHash::dummy(),
        }
        .into(),
        revision: 1,
        ..hostile.clone()
    };
    site.bed.put(&pair).await;
    let mut pages = vec![owner.get("/credentials").await, owner.get("/credentials?part=%3Cimg").await];
    for id in ["acme-x", "acme-pair"] {
        for page in PAGES {
            pages.push(owner.get(&format!("/credentials/{id}{page}")).await);
        }
    }
    let typed = "name=%22%3E%3Cimg+src%3Dx%3E&contact_mobile=%3Cimg%3E&id=%3Cimg%3E&username=%3Cimg%3E&kind=%3Cimg%3E\
                 &version=%3Cimg%3E&rights=some&scopes=%3Cimg%3E&expires=date&expires_on=%3Cimg%3E&addresses=%3Cimg%3E\
                 &rate_requests=%3Cimg%3E&reason=%3Cimg%3E";
    for path in ["/credentials/new", "/credentials/acme-x/edit"] {
        let known = if path.ends_with("new") {
            typed.replace("&reason=%3Cimg%3E", "")
        } else {
            "rights=some&scopes=%3Cimg%3E&expires=date&expires_on=%3Cimg%3E&addresses=%3Cimg%3E&name=%3Cimg%3E".into()
        };
        let page = owner.post(path, &known).await;
        assert_eq!(page.status, 422, "{path}: {}", page.text);
        pages.push(page);
    }
    for page in &pages {
        assert!(page.status == 200 || page.status == 422, "{}", page.text);
        assert!(!page.has("<img") && !page.has("<script>") && !page.has("onerror=alert(1)>"), "{}", page.text);
        assert!(!page.has("{{") || page.has("{{7*7}}"), "{}", page.text);
    }
}

#[tokio::test]
async fn a_card_leads_to_edit_and_shows_where_it_was_used_from() {
    let site = Site::start().await;
    let owner = site.owner().await;
    site.token("acme-x").await;
    site.bed.execute("UPDATE credentials SET contact_email = 'dev@partner.example'").await;
    site.bed.execute("INSERT INTO uses (credential, at, used_from) VALUES ('acme-x', 1000, '192.0.2.7')").await;
    let page = owner.get("/credentials").await;
    for text in [
        "<h2><a href=\"/keys/credentials/acme-x/edit\">",
        "<a href=\"/keys/credentials/acme-x\">Details</a>",
        "<a href=\"/keys/credentials/acme-x\">dev@partner.example</a>",
        "192.0.2.7",
    ] {
        assert!(page.has(text), "{text}: {}", page.text);
    }
}
