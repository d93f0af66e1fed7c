//! `/`: how things stand, for each kind of person.

use std::sync::Arc;
use std::time::Duration;

use claviger::auth::{Network, Throttle, ThrottleRules};
use claviger::control::Throttles;
use claviger::credential::PasswordHash;
use claviger::store::{AccountRecord, CredentialRecord, RecordSecret, Role};

use super::stage::{ROLES, Stage, soon};
use crate::store::test_database::{label, token};

#[tokio::test]
async fn staff_see_what_waits_and_what_expires() {
    let stage = Stage::set().await;
    let staff = stage.staff().await;
    assert!(staff.get("/").await.has("No requests are waiting."));
    stage.waiting("req_1", "globex").await;
    for (id, account) in [("acme-1", "acme"), ("hooli-1", "hooli")] {
        stage.bed.put(&CredentialRecord { expires_at: Some(soon()), ..token(id, account, id) }).await;
    }
    let page = staff.get("/").await;
    assert!(page.has("1 access request is waiting.") && page.has("2 enabled"), "{}", page.text);
    assert!(page.has("href=\"/keys/credentials/acme-1\"") && page.has("href=\"/keys/credentials/hooli-1\""));
    assert!(page.has("in 4 days"), "{}", page.text);
    let owner = stage.owner("acme").await.get("/").await;
    assert!(owner.has("acme-1") && !owner.has("hooli-1"), "{}", owner.text);
    let member = stage.guest(Role::Member, "acme").await.get("/").await;
    assert!(!member.has("acme-1"), "{}", member.text);
}

#[tokio::test]
async fn an_account_sees_its_state_and_the_next_step() {
    let stage = Stage::set().await;
    let owner = stage.owner("globex").await;
    let page = owner.get("/").await;
    assert!(page.has("Ask for API access") && page.has("href=\"/keys/access#request\""), "{}", page.text);
    assert!(!page.has("/my-key") && !page.has("/keys/credentials"), "{}", page.text);
    let member = stage.guest(Role::Member, "globex").await.get("/").await;
    assert!(member.has("Owner can ask the provider for it."), "{}", member.text);
    stage.waiting("req_1", "globex").await;
    assert!(owner.get("/").await.has("Your request is waiting"));
    stage.staff().await.post("/requests/req_1/decline", "reason=Not+this+year").await;
    assert!(owner.get("/").await.has("The last request was declined: Not this year"));

    let owner = stage.owner("acme").await;
    let page = owner.get("/").await;
    assert!(page.has("The next step") && page.has("href=\"/keys/credentials/new\""), "{}", page.text);
    assert!(page.has("href=\"/keys/my-key\"") && page.has("0 enabled"), "{}", page.text);
    let off = AccountRecord { switched_on: false, ..stage.account("acme").await };
    stage.bed.put_account(&off).await;
    let page = owner.get("/").await;
    assert!(page.has("The account has switched API access off.") && page.has("/keys/access#switches"), "{}", page.text);
    for role in ROLES {
        assert_eq!(stage.guest(role, "acme").await.get("/").await.status, 200, "{role}");
    }
}

#[tokio::test]
async fn a_right_password_that_is_refused_after_wrong_ones_is_named_on_pages() {
    let throttle = Arc::new(Throttle::default());
    let throttles = Throttles { gate: Some(throttle.clone()), ..Throttles::default() };
    let stage = Stage::beside(throttles).await;
    let secret = RecordSecret::Password { username: "acme".into(), hash: Some(PasswordHash::dummy()) };
    let pinned = CredentialRecord { version: Some(label("2")), ..token("nightly", "acme", "unused") };
    stage.bed.put(&CredentialRecord { secret: secret.clone(), ..pinned }).await;
    let RecordSecret::Password { hash, .. } = &secret else { panic!("no password") };
    let day = Duration::from_secs(24 * 3600);
    let rules =
        ThrottleRules { free_per_pair: 1, free_per_address: 100, first_delay: day, longest_delay: day, window: day };
    let network = Network::of("192.0.2.7".parse().unwrap());
    let attempt = throttle.begin(&rules, network, "acme", true, hash.as_ref(), Duration::ZERO).unwrap();
    throttle.wrong(attempt, Duration::ZERO);

    let staff = stage.staff().await;
    let page = staff.get("/credentials/nightly").await;
    assert!(page.has("refused from 192.0.2.7 until"), "{}", page.text);
    let owner = stage.owner("acme").await;
    for target in ["/", "/credentials/nightly"] {
        let page = owner.get(target).await;
        assert!(page.has("refused from 192.0.2.7 until"), "{target}: {}", page.text);
    }
    assert!(!staff.get("/users/usr_owner_acme").await.has("claviger throttle list"), "this process sees it");
    let elsewhere = Stage::set().await;
    elsewhere.owner("acme").await;
    let page = elsewhere.staff().await.get("/users/usr_owner_acme").await;
    assert!(page.has("<code>claviger throttle list</code>"), "{}", page.text);
}

#[tokio::test]
async fn an_own_key_that_is_refused_is_not_shown_as_on() {
    let stage = Stage::set().await;
    let owner = stage.owner("acme").await;
    let badge = async || {
        let page = owner.get("/").await;
        let section = page.text.split_once("<h2>My API key</h2>").unwrap().1.to_owned();
        section.split_once("</span> ").unwrap().1.split('<').next().unwrap().to_owned()
    };
    assert_eq!(badge().await, "Off");
    owner.post("/my-key", "").await;
    assert_eq!(badge().await, "On");
    stage.bed.execute("UPDATE credentials SET expires_at = 1000").await;
    assert_eq!(badge().await, "Expired");
    stage.bed.execute("UPDATE credentials SET enabled = FALSE").await;
    assert_eq!(badge().await, "Disabled");
}

#[tokio::test]
async fn people_who_cannot_ask_see_how_the_request_stands() {
    let stage = Stage::set().await;
    stage.waiting("req_1", "globex").await;
    for role in [Role::Implementer, Role::Member] {
        let guest = stage.guest(role, "globex").await;
        for target in ["/", "/access"] {
            let page = guest.get(target).await;
            assert!(page.has("The request for it waits for the provider."), "{role} {target}: {}", page.text);
            assert!(!page.has("can ask the provider for it"), "{role} {target}: {}", page.text);
            assert!(!page.has("a plug-in") && !page.has("/requests/req_1"), "not what it says: {}", page.text);
        }
        let page = guest.get("/access").await;
        assert!(page.has("API access was requested on 21 Nov 2026."), "{}", page.text);
    }
    stage.staff().await.post("/requests/req_1/decline", "reason=Not+this+year").await;
    let member = stage.guest(Role::Member, "globex").await;
    let page = member.get("/access").await;
    assert!(page.has("The provider declined the request for API access on") && page.has("Owner can ask again."));
    assert!(!page.has("Not this year") && member.get("/").await.has("Owner can ask the provider for it."));
}
