//! Why a user or a credential cannot use the API.

use std::time::Duration;

use claviger::auth::{Network, Throttle, ThrottleRules};
use claviger::control::operations::{
    Caller, OperationContext, OperationError, OperationRefusal, ProcessThrottle, Reset, Right, Step, clear, diagnose,
    diagnose_credential, disable, reset,
};
use claviger::credential::PasswordHash;
use claviger::store::{CredentialRecord, RecordSecret, Role, UserRecord};
use jiff::{Timestamp, ToSpan as _};

use super::Fixture;
use super::access_requests::ungranted;
use super::callers::{of, owner, staff};
use super::people::{House, PASSWORD};
use crate::store::test_database::{TestDatabase, label, noon, on_each, token};

on_each!(
    each_failed_condition_is_named_in_order,
    a_member_needs_the_policy_and_a_key_of_their_own,
    a_cleared_key_fails_until_it_is_reset,
    a_credential_is_diagnosed_by_itself,
    one_good_credential_is_enough,
    an_own_key_depends_on_its_user,
    a_disabled_own_key_is_reported_beside_a_good_credential,
    a_throttled_address_is_named_until_it_is_cleared,
    a_throttled_sign_in_is_named_until_it_is_over,
    a_link_that_was_not_sent_is_not_called_sent,
    users_diagnose_themselves_owners_their_users_and_staff_all,
);

async fn user(bed: &TestDatabase, id: &str, account: Option<&str>, role: Role) {
    let account = account.map_or("NULL".to_owned(), |account| format!("'{account}'"));
    let sql = format!(
        "INSERT INTO users (id, account, email, role, enabled, created_at, revision)
        VALUES ('{id}', {account}, '{id}@example.org', '{role}', TRUE, 0, 1)"
    );
    bed.execute(&sql).await;
}

async fn steps(bed: &TestDatabase, caller: &Caller, id: &str, now: Timestamp) -> Vec<Step> {
    diagnose(&Fixture::new().by(caller, bed, now), id).await.unwrap()
}

/// The only condition of a user that does not hold.
async fn missing(bed: &TestDatabase, id: &str) -> Option<&'static str> {
    let failed = failed(&steps(bed, &staff(), id, noon()).await);
    assert!(failed.len() <= 1, "one cause shows as {failed:?}");
    failed.first().copied()
}

fn failed(steps: &[Step]) -> Vec<&'static str> {
    steps.iter().filter(|step| !step.ok).map(|step| step.code.as_str()).collect()
}

async fn each_failed_condition_is_named_in_order(bed: TestDatabase) {
    ungranted(&bed, "acme").await;
    user(&bed, "ida", Some("acme"), Role::Implementer).await;
    user(&bed, "mia", Some("acme"), Role::Member).await;
    bed.execute("UPDATE users SET enabled = FALSE; UPDATE accounts SET switched_on = FALSE").await;
    for id in ["ida", "mia"] {
        let both = failed(&steps(&bed, &staff(), id, noon()).await);
        assert_eq!(both, ["user_enabled", "access_granted"], "two causes");
    }
    bed.execute("UPDATE users SET enabled = TRUE").await;
    for id in ["ida", "mia"] {
        assert_eq!(missing(&bed, id).await, Some("access_granted"));
    }
    bed.execute("UPDATE accounts SET granted = TRUE, members_allowed = TRUE").await;
    assert_eq!(missing(&bed, "mia").await, Some("access_switched_on"));
    let both = failed(&steps(&bed, &staff(), "ida", noon()).await);
    assert_eq!(both, ["access_switched_on", "credential_created"], "two causes");
    bed.execute("UPDATE accounts SET switched_on = TRUE").await;
    assert_eq!(missing(&bed, "ida").await, Some("credential_created"));
    bed.put(&CredentialRecord { owner: Some(label("mia")), ..token("mias", "acme", "one") }).await;
    assert_eq!(missing(&bed, "ida").await, Some("credential_created"), "the own key of another user does not count");

    let key = CredentialRecord { enabled: false, version: Some(label("1")), ..token("key", "acme", "two") };
    bed.put(&key).await;
    assert_eq!(missing(&bed, "ida").await, Some("credential_enabled"));
    let key = CredentialRecord { enabled: true, expires_at: Some(noon()), ..key };
    bed.put(&key).await;
    assert_eq!(missing(&bed, "ida").await, Some("credential_in_date"));
    let key = CredentialRecord { expires_at: Some(noon() + 1.hours()), ..key };
    bed.put(&key).await;
    assert_eq!(missing(&bed, "ida").await, None, "shown to its creator");
    let link = format!(
        "INSERT INTO reveals (id, credential, link_digest, email, mobile, tries, sends, mail_state, message_state,
        created_at, ends_at) VALUES ('link', 'key', {}, 'a@example.org', '+441632960961', 0, 0, '', '', {}, {})",
        if bed.store.is_embedded() { "x'00'" } else { "'\\x00'" },
        noon().as_millisecond(),
        (noon() + 1.hours()).as_millisecond()
    );
    bed.execute(&link).await;
    assert_eq!(missing(&bed, "ida").await, None, "the old secret works on until the new one is shown");
    let waiting = CredentialRecord { secret: RecordSecret::Token(None), ..key.clone() };
    bed.put(&waiting).await;
    assert_eq!(missing(&bed, "ida").await, Some("credential_handed_over"));
    bed.execute("UPDATE reveals SET revealed_at = 1").await;
    bed.put(&CredentialRecord { handed_over_at: Some(noon()), ..key.clone() }).await;
    assert_eq!(missing(&bed, "ida").await, None);
    // A secret of later on was not on that link.
    bed.put(&CredentialRecord { secret_made_at: noon() + 1.minutes(), ..key }).await;
    assert_eq!(missing(&bed, "ida").await, None);
    let late = steps(&bed, &staff(), "ida", noon() + 2.hours()).await;
    assert_eq!(failed(&late), ["credential_in_date"], "one cause, one failed condition");
}

async fn a_member_needs_the_policy_and_a_key_of_their_own(bed: TestDatabase) {
    bed.account("acme").await;
    user(&bed, "mia", Some("acme"), Role::Member).await;
    bed.put(&token("key", "acme", "one")).await;
    assert_eq!(missing(&bed, "mia").await, Some("role_allows"));
    bed.execute("UPDATE accounts SET members_allowed = TRUE").await;
    assert_eq!(missing(&bed, "mia").await, Some("credential_created"), "the account's is not hers");
    bed.put(&CredentialRecord { owner: Some(label("mia")), version: Some(label("1")), ..token("mias", "acme", "two") })
        .await;
    assert_eq!(missing(&bed, "mia").await, None);
}

async fn a_cleared_key_fails_until_it_is_reset(bed: TestDatabase) {
    bed.account("acme").await;
    user(&bed, "ida", Some("acme"), Role::Implementer).await;
    bed.put(&CredentialRecord { version: Some(label("1")), ..token("key", "acme", "one") }).await;
    assert_eq!(missing(&bed, "ida").await, None);
    let fixture = Fixture::new();
    clear(&fixture.call(&bed, noon()), "key").await.unwrap();
    assert_eq!(missing(&bed, "ida").await, Some("credential_has_secret"));
    // While it is disabled, it gets no secret that would be refused.
    bed.execute("UPDATE credentials SET enabled = FALSE").await;
    assert_eq!(missing(&bed, "ida").await, Some("credential_enabled"));
    bed.execute("UPDATE credentials SET enabled = TRUE").await;
    reset(&fixture.call(&bed, noon()), "key", Reset::default()).await.unwrap();
    assert_eq!(missing(&bed, "ida").await, None);
}

async fn users_diagnose_themselves_owners_their_users_and_staff_all(bed: TestDatabase) {
    bed.account("acme").await;
    bed.account("globex").await;
    for (id, account, role) in [
        ("sam", None, Role::Staff),
        ("member", Some("acme"), Role::Member),
        ("owner", Some("acme"), Role::Owner),
        ("gil", Some("globex"), Role::Member),
    ] {
        user(&bed, id, account, role).await;
    }
    let fixture = Fixture::new();
    let ask = async |caller: &Caller, id: &str| diagnose(&fixture.by(caller, &bed, noon()), id).await;
    let refused = async |caller: &Caller, id: &str| match ask(caller, id).await {
        Err(OperationError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    let (member, owner) = (of("acme", Role::Member), owner("acme"));
    assert!(ask(&member, "member").await.is_ok() && ask(&owner, "owner").await.is_ok());
    assert!(ask(&owner, "member").await.is_ok() && ask(&staff(), "gil").await.is_ok());
    assert_eq!(refused(&member, "owner").await, OperationRefusal::forbidden(&[Right::ManageUsers]));
    assert_eq!(
        refused(&of("acme", Role::Implementer), "owner").await,
        OperationRefusal::forbidden(&[Right::ManageUsers])
    );
    for id in ["gil", "sam", "stranger", "a\0"] {
        assert!(matches!(refused(&owner, id).await, OperationRefusal::NotFound(_)), "{id}");
    }
    let own = ask(&staff(), "sam").await.unwrap();
    let steps: Vec<_> = own.iter().map(|step| (step.code.as_str(), step.ok)).collect();
    assert_eq!(steps, [("user_enabled", true), ("role_allows", false)]);
}

/// Failed conditions of a credential, with the detail of the first.
async fn causes(bed: &TestDatabase, fixture: &Fixture, id: &str) -> (Vec<&'static str>, String) {
    let steps = diagnose_credential(&fixture.call(bed, noon()), id).await.unwrap();
    let detail = steps.iter().find(|step| !step.ok).map(|step| step.detail.to_string()).unwrap_or_default();
    (failed(&steps), detail)
}

async fn a_credential_is_diagnosed_by_itself(bed: TestDatabase) {
    bed.account("acme").await;
    let mut fixture = Fixture::new();
    let key = CredentialRecord { version: Some(label("1")), ..token("key", "acme", "one") };
    bed.put(&key).await;
    assert_eq!(causes(&bed, &fixture, "key").await.0, Vec::<&str>::new());
    let steps = diagnose_credential(&fixture.call(&bed, noon()), "key").await.unwrap();
    assert!(!steps.iter().any(|step| step.code.as_str() == "credential_handed_over"), "no link was sent");

    fixture.versions.known[0].retired_on = Some("2026-11-21".parse().unwrap());
    let (codes, detail) = causes(&bed, &fixture, "key").await;
    assert_eq!(codes, ["credential_version_served"]);
    assert!(detail.contains("version 1, which is retired"), "{detail}");
    fixture.versions.known[0].name = label("0");
    let (_, detail) = causes(&bed, &fixture, "key").await;
    assert!(detail.contains("version 1, which is not configured"), "{detail}");
    bed.put(&CredentialRecord { version: None, ..key.clone() }).await;
    let (_, detail) = causes(&bed, &fixture, "key").await;
    assert!(detail.contains("has no version"), "{detail}");

    let scoped = |scopes: &[&str]| CredentialRecord {
        version: Some(label("2")),
        scopes: Some(scopes.iter().map(|scope| label(scope)).collect()),
        ..key.clone()
    };
    bed.put(&scoped(&["pay", "gone"])).await;
    let (codes, detail) = causes(&bed, &fixture, "key").await;
    assert_eq!(codes, ["credential_scopes_known"]);
    assert!(detail.contains("not configured: gone."), "{detail}");
    bed.put(&scoped(&["pay"])).await;
    assert_eq!(causes(&bed, &fixture, "key").await.0, Vec::<&str>::new());

    disable(&fixture.call(&bed, noon()), "key", Some("leaked".into())).await.unwrap();
    let (codes, detail) = causes(&bed, &fixture, "key").await;
    assert_eq!(codes, ["credential_enabled"]);
    assert!(detail.contains("disabled (leaked)"), "{detail}");
    bed.execute("UPDATE accounts SET granted = FALSE").await;
    assert_eq!(causes(&bed, &fixture, "key").await.0, ["access_granted", "credential_enabled"], "two causes");
    let other = diagnose_credential(&fixture.by(&owner("globex"), &bed, noon()), "key").await;
    assert!(matches!(other, Err(OperationError::Refused(_))), "{other:?}");
}

async fn one_good_credential_is_enough(bed: TestDatabase) {
    bed.account("acme").await;
    user(&bed, "ida", Some("acme"), Role::Implementer).await;
    let versioned = |id: &str| CredentialRecord { version: Some(label("1")), ..token(id, "acme", id) };
    bed.put(&CredentialRecord { enabled: false, ..versioned("off") }).await;
    bed.put(&CredentialRecord { expires_at: Some(noon()), ..versioned("past") }).await;
    assert_eq!(missing(&bed, "ida").await, Some("credential_in_date"), "the one that meets most conditions");
    bed.put(&versioned("good")).await;
    assert_eq!(missing(&bed, "ida").await, None);
}

async fn a_disabled_own_key_is_reported_beside_a_good_credential(bed: TestDatabase) {
    bed.account("acme").await;
    user(&bed, "ida", Some("acme"), Role::Implementer).await;
    let versioned = |id: &str| CredentialRecord { version: Some(label("1")), ..token(id, "acme", id) };
    bed.put(&versioned("good")).await;
    let own = CredentialRecord { owner: Some(label("ida")), ..versioned("own-ida") };
    bed.put(&own).await;
    assert_eq!(missing(&bed, "ida").await, None);
    let reason = Some("left".into());
    bed.put(&CredentialRecord { enabled: false, disabled_reason: reason, ..own }).await;
    let steps = steps(&bed, &staff(), "ida", noon()).await;
    assert_eq!(failed(&steps), ["credential_enabled"]);
    assert!(steps.iter().any(|step| step.detail.to_string().starts_with("own-ida is disabled (left).")), "{steps:?}");
}

async fn an_own_key_depends_on_its_user(bed: TestDatabase) {
    bed.account("acme").await;
    user(&bed, "mia", Some("acme"), Role::Member).await;
    let key =
        CredentialRecord { owner: Some(label("mia")), version: Some(label("1")), ..token("own-mia", "acme", "one") };
    bed.put(&key).await;
    let fixture = Fixture::new();
    assert_eq!(causes(&bed, &fixture, "own-mia").await.0, ["role_allows"]);
    bed.execute("UPDATE accounts SET members_allowed = TRUE; UPDATE users SET enabled = FALSE").await;
    assert_eq!(causes(&bed, &fixture, "own-mia").await.0, ["user_enabled"]);
}

async fn a_link_that_was_not_sent_is_not_called_sent(bed: TestDatabase) {
    bed.account("acme").await;
    let secret = RecordSecret::Token(None);
    bed.put(&CredentialRecord { version: Some(label("1")), secret, ..token("key", "acme", "one") }).await;
    let digest = if bed.store.is_embedded() { "x'00'" } else { "'\\x00'" };
    let (made, end) = (noon().as_millisecond(), (noon() + 1.hours()).as_millisecond());
    bed.execute(&format!(
        "INSERT INTO reveals (id, credential, link_digest, email, mobile, tries, sends, mail_state, message_state,
        created_at, ends_at) VALUES ('link', 'key', {digest}, 'a@example.org', '+441632960961', 0, 0, '', '', {made},
        {end});
        INSERT INTO outbox (id, channel, purpose, target, recipient, created_by, state, attempts, created_at, ends_at)
        VALUES ('mail', 'mail', 'reveal_link', 'link', 'a@example.org', 'user:ida', 'waiting', 0, {made}, {end})"
    ))
    .await;
    let fixture = Fixture::new();
    let (codes, detail) = causes(&bed, &fixture, "key").await;
    assert_eq!(codes, ["credential_handed_over"]);
    assert_eq!(detail, "The link to the secret of key has not been sent yet.");
    bed.execute("UPDATE outbox SET sent_at = 1, state = 'accepted'").await;
    let (_, detail) = causes(&bed, &fixture, "key").await;
    assert!(detail.contains("was sent and has not been opened"), "{detail}");
    bed.execute("UPDATE reveals SET tries = 5").await;
    let (codes, detail) = causes(&bed, &fixture, "key").await;
    assert_eq!(codes, ["credential_handed_over"]);
    assert!(detail.contains("locked after wrong codes"), "{detail}");
    bed.execute("UPDATE reveals SET superseded_at = 1, superseded_by = 'cleared'").await;
    assert_eq!(causes(&bed, &fixture, "key").await.0, ["credential_has_secret"]);
}

async fn a_throttled_address_is_named_until_it_is_cleared(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let secret = RecordSecret::Password { username: "acme".into(), hash: Some(PasswordHash::dummy()) };
    let pair = CredentialRecord { version: Some(label("1")), secret, ..token("nightly", "acme", "unused") };
    bed.put(&pair).await;
    let (throttle, at) = (Throttle::default(), Duration::from_secs(1000));
    let rules = ThrottleRules {
        free_per_pair: 2,
        free_per_address: 100,
        first_delay: Duration::from_secs(300),
        longest_delay: Duration::from_secs(3600),
        window: Duration::from_secs(3600),
    };
    let gate = ProcessThrottle { throttle: &throttle, now: at };
    let call = OperationContext { gate_throttle: Some(gate), ..fixture.call(&bed, noon()) };
    let causes = async |id: &str| {
        let steps = diagnose_credential(&call, id).await.unwrap();
        let failed: Vec<_> = steps.into_iter().filter(|step| !step.ok).collect();
        failed.into_iter().map(|step| (step.code.as_str(), step.detail.to_string())).collect::<Vec<_>>()
    };
    assert_eq!(causes("nightly").await, []);
    let RecordSecret::Password { hash, .. } = &pair.secret else { panic!("no password") };
    for _ in 0..2 {
        let network = Network::of("192.0.2.7".parse().unwrap());
        let attempt = throttle.begin(&rules, network, "acme", true, hash.as_ref(), at).unwrap();
        throttle.wrong(attempt, at);
    }
    let detail = "The right password of nightly is refused from 192.0.2.7 until 2026-11-21T12:05:00Z because of 2 \
        wrong ones before. The provider can clear that: claviger throttle clear --address 192.0.2.7";
    assert_eq!(causes("nightly").await, [("credential_not_throttled", detail.to_owned())]);
    user(&bed, "ida", Some("acme"), Role::Implementer).await;
    let of_user = diagnose(&call, "ida").await.unwrap();
    assert_eq!(failed(&of_user), ["credential_not_throttled"], "of the user as well");
    let elsewhere = diagnose_credential(&fixture.call(&bed, noon()), "nightly").await.unwrap();
    assert_eq!(failed(&elsewhere), Vec::<&str>::new(), "another process does not know");

    reset(&fixture.call(&bed, noon()), "nightly", Reset::default()).await.unwrap();
    assert_eq!(causes("nightly").await, [], "what was guessed at is gone");
    bed.execute("UPDATE credentials SET enabled = FALSE").await;
    assert_eq!(causes("nightly").await.len(), 1, "one cause");
}

async fn a_throttled_sign_in_is_named_until_it_is_over(bed: TestDatabase) {
    bed.account("acme").await;
    let house = House::throttled();
    let ann = house.person(&bed, "Ann@X.org", Role::Owner).await;
    let bob = house.person(&bed, "bob@x.org", Role::Owner).await;
    let sam = house.person(&bed, "sam@x.org", Role::Staff).await;
    let sign_in = async |user: &UserRecord| {
        let throttle = Some(house.throttle_now());
        let call = OperationContext { sign_in_throttle: throttle, ..house.fixture.call(&bed, house.clock.now()) };
        let steps = diagnose(&call, user.id.as_str()).await.unwrap();
        let step = steps.into_iter().find(|step| step.code.as_str() == "sign_in_not_throttled").unwrap();
        (step.ok, step.detail.to_string())
    };
    let refused = |from: &str, until: &str, wrong: u32| {
        let detail = format!(
            "Sign-in with the user's right password is refused from {from} until 2026-11-21T12:00:{until}Z because of \
             {wrong} wrong ones before. The provider can clear that: claviger throttle clear --address {from}"
        );
        (false, detail)
    };
    let free = (true, "Sign-in refuses the user's password from no address because of wrong ones.".to_owned());
    house.sign_in(&bed, "bob@x.org", PASSWORD).await.unwrap();
    for user in [&ann, &bob, &sam] {
        assert_eq!(sign_in(user).await, free);
    }
    for guess in ["one guess", "another", "a third"] {
        house.sign_in(&bed, "ann@X.org", guess).await.unwrap_err();
    }
    assert_eq!(sign_in(&ann).await, refused("192.0.2.1", "10", 3));
    assert_eq!([sign_in(&bob).await, sign_in(&sam).await], [free.clone(), free.clone()]);
    house.clock.advance(Duration::from_secs(10));
    assert_eq!(sign_in(&ann).await, free);

    // The whole address, from which Bob has signed in.
    for name in ["one@x.org", "two@x.org", "three@x.org"] {
        house.sign_in(&bed, name, "a guess").await.unwrap_err();
    }
    assert_eq!(sign_in(&bob).await, refused("192.0.2.1", "20", 6));
    assert_eq!(sign_in(&sam).await, free, "who has no session from there");
    let unseen = diagnose(&house.fixture.call(&bed, noon()), bob.id.as_str()).await.unwrap();
    assert!(unseen.iter().all(|step| step.code.as_str() != "sign_in_not_throttled"), "another process does not know");
}
