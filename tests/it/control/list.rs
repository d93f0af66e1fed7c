//! Looking for credentials.

use claviger::control::operations::{
    Caller, CreatedWhen, CredentialSearch, NewCredential, OperationError, OperationRefusal, clear, count_credentials,
    disable, edit, enable_own_key, list_credentials, show_credential,
};
use claviger::store::{CredentialFilter, CredentialKind, CredentialRecord, CredentialState, Role, StateCounts};
use jiff::{Timestamp, ToSpan as _};

use super::{Fixture, made, pair_for, shell, token_for, user};
use crate::store::test_database::{TestDatabase, label, noon, on_each, token};

on_each!(
    each_filter_finds_its_credentials_newest_first,
    part_of_a_name_is_found_in_any_case,
    each_credential_is_on_one_page,
    counts_cover_every_state_for_the_same_filters,
    counts_follow_the_writes_of_other_processes_and_the_time,
    each_caller_sees_what_is_theirs,
    an_unreadable_row_hides_no_other,
    credentials_from_before_the_migration_are_found,
);

fn days_ago(days: i64) -> Timestamp {
    noon() - (24 * days).hours()
}

async fn listed(bed: &TestDatabase, caller: &Caller, wanted: &CredentialSearch) -> Vec<String> {
    let fixture = Fixture::new();
    let call = fixture.by(caller, bed, noon());
    let page = list_credentials(&call, wanted, None, 200).await.unwrap();
    let ids: Vec<String> = page.records.iter().map(|record| record.id.to_string()).collect();
    let counts = count_credentials(&call, wanted).await.unwrap();
    if wanted.state.is_none() {
        assert_eq!(counts.total(), i64::try_from(ids.len()).unwrap(), "{wanted:?}");
    }
    for (state, count) in [
        (CredentialState::Waiting, counts.waiting),
        (CredentialState::Cleared, counts.cleared),
        (CredentialState::Disabled, counts.disabled),
        (CredentialState::Expired, counts.expired),
        (CredentialState::Enabled, counts.enabled),
    ] {
        let of_state = page.records.iter().filter(|record| CredentialState::of(record, noon()) == state).count();
        if wanted.state.is_none_or(|wanted| wanted == state) {
            assert_eq!(i64::try_from(of_state).unwrap(), count, "{state:?} of {wanted:?}");
        }
    }
    ids
}

/// Of acme: one of each state and kind, made on different days; and one of another account.
async fn filled(bed: &TestDatabase) {
    for account in ["acme", "globex"] {
        bed.account(account).await;
    }
    bed.put_user("anna", Some("acme"), Role::Owner).await;
    let fixture = Fixture::new();
    let token = |id: &str| NewCredential { id: Some(label(id)), ..token_for("acme") };
    made(bed, days_ago(90), NewCredential { id: Some(label("pair")), ..pair_for("acme", "Nightly") }).await;
    let expires_at = Some(days_ago(30));
    made(bed, days_ago(60), NewCredential { expires_at, ..token("expired") }).await;
    made(bed, days_ago(29), token("cleared")).await;
    made(bed, days_ago(8), token("disabled")).await;
    made(bed, days_ago(6), NewCredential { expires_at: Some(noon() + 1.hours()), ..token("fresh") }).await;
    made(bed, days_ago(1), NewCredential { id: Some(label("other")), ..token_for("globex") }).await;
    let anna = user(Role::Owner, Some("acme"), "anna");
    enable_own_key(&fixture.by(&anna, bed, noon())).await.unwrap();
    clear(&fixture.call(bed, noon()), "cleared").await.unwrap();
    for id in ["cleared", "disabled"] {
        disable(&fixture.call(bed, noon()), id, None).await.unwrap();
    }
}

async fn each_filter_finds_its_credentials_newest_first(bed: TestDatabase) {
    filled(&bed).await;
    let all = CredentialSearch::default;
    let of_acme = || CredentialSearch { account: Some(label("acme")), ..all() };
    let state = |state| CredentialSearch { state: Some(state), ..of_acme() };
    let kind = |kind| CredentialSearch { kind: Some(kind), ..of_acme() };
    let created = |created| CredentialSearch { created: Some(created), ..of_acme() };
    let part = |part: &str| CredentialSearch { part: Some(part.into()), ..of_acme() };
    let own = "own-anna";
    for (wanted, expected) in [
        (all(), &[own, "other", "fresh", "disabled", "cleared", "expired", "pair"][..]),
        (of_acme(), &[own, "fresh", "disabled", "cleared", "expired", "pair"]),
        (CredentialSearch { account: Some(label("stranger")), ..all() }, &[]),
        (CredentialSearch { owner: Some(label("anna")), ..all() }, &[own]),
        (state(CredentialState::Enabled), &[own, "fresh", "pair"]),
        (state(CredentialState::Disabled), &["disabled"]),
        (state(CredentialState::Expired), &["expired"]),
        (state(CredentialState::Cleared), &["cleared"]),
        (kind(CredentialKind::Token), &["fresh", "disabled", "cleared", "expired"]),
        (kind(CredentialKind::Password), &["pair"]),
        (kind(CredentialKind::Own), &[own]),
        (created(CreatedWhen::Within7Days), &[own, "fresh"]),
        (created(CreatedWhen::Within30Days), &[own, "fresh", "disabled", "cleared"]),
        (created(CreatedWhen::Before30Days), &["expired", "pair"]),
        (part("EXP"), &["expired"]),
        (part("nightl"), &["pair"]),
        (part("  "), &[own, "fresh", "disabled", "cleared", "expired", "pair"]),
        (CredentialSearch { state: Some(CredentialState::Enabled), ..part("pa") }, &["pair"]),
        (CredentialSearch { created: Some(CreatedWhen::Within7Days), ..part("pa") }, &[]),
    ] {
        assert_eq!(listed(&bed, &shell(), &wanted).await, expected, "{wanted:?}");
    }
}

async fn part_of_a_name_is_found_in_any_case(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    let named =
        |id: &str, name: &str| NewCredential { id: Some(label(id)), name: Some(name.into()), ..token_for("acme") };
    made(&bed, days_ago(3), named("a", "ÄRZTE 100% _ohne_ Grenzen")).await;
    made(&bed, days_ago(2), named("b", "Straße \\ 'quoted' \u{1f9fe}")).await;
    made(&bed, days_ago(1), named("c", &"x".repeat(200))).await;
    let found = async |part: &str| {
        listed(&bed, &shell(), &CredentialSearch { part: Some(part.into()), ..Default::default() }).await
    };
    for part in ["ärzte", "ÄRZTE", "0%", "_OHNE_", " grenzen "] {
        assert_eq!(found(part).await, ["a"], "{part}");
    }
    for part in ["straße", "\\ '", "\u{1f9fe}"] {
        assert_eq!(found(part).await, ["b"], "{part}");
    }
    assert_eq!(found(&"X".repeat(200)).await, ["c"]);
    for part in ["%", "_"] {
        assert_eq!(found(part).await, ["a"], "{part} is a letter like others");
    }
    assert_eq!(found("\\'").await.len() + found("nothing").await.len() + found(&"y".repeat(5000)).await.len(), 0);
    let rename = claviger::control::operations::Edit {
        name: claviger::control::operations::Patch::Set("Renamed".into()),
        ..Default::default()
    };
    edit(&fixture.call(&bed, noon()), "a", rename).await.unwrap();
    assert_eq!((found("renamed").await, found("ärzte").await), (vec!["a".to_owned()], Vec::new()));
}

async fn each_credential_is_on_one_page(bed: TestDatabase) {
    bed.account("acme").await;
    let fixture = Fixture::new();
    // Many of the same moment.
    for number in 0..25 {
        let id = Some(label(&format!("c-{number:02}")));
        made(&bed, days_ago(number / 10), NewCredential { id, ..token_for("acme") }).await;
    }
    let call = fixture.call(&bed, noon());
    let wanted = CredentialSearch::default();
    let (mut seen, mut cursor, mut pages) = (Vec::new(), None::<String>, 0);
    loop {
        let page = list_credentials(&call, &wanted, cursor.as_deref(), 10).await.unwrap();
        seen.extend(page.records.iter().map(|record| (record.created_at, record.id.to_string())));
        pages += 1;
        // What is made meanwhile moves nothing.
        made(&bed, noon() + 1.hours(), token_for("acme")).await;
        cursor = page.end;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((seen.len(), pages), (25, 3));
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "{seen:?}");
    let exact = CredentialSearch { part: Some("c-0".into()), ..wanted.clone() };
    assert_eq!(list_credentials(&call, &exact, None, 10).await.unwrap().end, None, "nothing is behind the last one");
    for (cursor, limit, fields) in [
        (Some("nothing"), 50, "cursor"),
        (Some(""), 50, "cursor"),
        (None, 0, "limit"),
        (None, 201, "limit"),
        (Some("MS4"), 0, "cursor limit"),
    ] {
        let error = list_credentials(&call, &wanted, cursor, limit).await.unwrap_err();
        let OperationError::Invalid(faults) = &error else { panic!("{error:?}") };
        assert_eq!(faults.0.iter().map(|fault| fault.field.as_ref()).collect::<Vec<_>>().join(" "), fields, "{error}");
    }
}

async fn counts_cover_every_state_for_the_same_filters(bed: TestDatabase) {
    filled(&bed).await;
    let fixture = Fixture::new();
    let counts =
        async |wanted: &CredentialSearch| count_credentials(&fixture.call(&bed, noon()), wanted).await.unwrap();
    let mut wanted = CredentialSearch { account: Some(label("acme")), ..Default::default() };
    let expected = StateCounts { waiting: 0, cleared: 1, disabled: 1, expired: 1, enabled: 3 };
    assert_eq!(counts(&wanted).await, expected);
    wanted.state = Some(CredentialState::Expired);
    assert_eq!(counts(&wanted).await, expected, "whichever state is looked at");
    wanted.kind = Some(CredentialKind::Token);
    assert_eq!(counts(&wanted).await, StateCounts { enabled: 1, ..expected });
    wanted.part = Some("nothing".into());
    assert_eq!(counts(&wanted).await, StateCounts::default());
}

async fn counts_follow_the_writes_of_other_processes_and_the_time(bed: TestDatabase) {
    bed.account("acme").await;
    let other = TestDatabase::at(bed.address().parse().unwrap()).await;
    let counts = async |now: Timestamp| {
        let StateCounts { enabled, expired, .. } =
            bed.store.count_credentials(&CredentialFilter::default(), now).await.unwrap();
        (enabled, expired)
    };
    assert_eq!(counts(noon()).await, (0, 0));
    let expires_at = Some(noon() + 1.minute());
    other.put(&CredentialRecord { expires_at, ..token("one", "acme", "one") }).await;
    assert_eq!(counts(noon()).await, (1, 0));
    assert_eq!(counts(noon() + 2.minutes()).await, (0, 1));
    other.delete("one").await;
    assert_eq!(counts(noon() + 2.minutes()).await, (0, 0));
}

async fn each_caller_sees_what_is_theirs(bed: TestDatabase) {
    filled(&bed).await;
    bed.put_user("mia", Some("acme"), Role::Member).await;
    let fixture = Fixture::new();
    let all = CredentialSearch::default();
    let of = |account: &str| CredentialSearch { account: Some(label(account)), ..Default::default() };
    assert_eq!(listed(&bed, &user(Role::Staff, None, "sam"), &all).await.len(), 7);
    let implementer = user(Role::Implementer, Some("globex"), "ivo");
    assert_eq!(listed(&bed, &implementer, &all).await, ["other"]);
    assert_eq!(listed(&bed, &implementer, &of("globex")).await, ["other"]);
    let owned_elsewhere = CredentialSearch { owner: Some(label("anna")), ..Default::default() };
    assert!(listed(&bed, &implementer, &owned_elsewhere).await.is_empty());
    let refused = async |caller: &Caller, wanted: &CredentialSearch| {
        let call = fixture.by(caller, &bed, noon());
        let error = list_credentials(&call, wanted, None, 50).await.unwrap_err().to_string();
        assert_eq!(error, count_credentials(&call, wanted).await.unwrap_err().to_string());
        error
    };
    assert_eq!(refused(&implementer, &of("acme")).await, "no account has this id");

    let mia = user(Role::Member, Some("acme"), "mia");
    assert_eq!(refused(&mia, &all).await, OperationRefusal::MembersNotAllowed.to_string());
    let mut account = bed.store.account("acme").await.unwrap().unwrap();
    account.members_allowed = true;
    bed.put_account(&account).await;
    assert!(listed(&bed, &mia, &all).await.is_empty());
    enable_own_key(&fixture.by(&mia, &bed, noon())).await.unwrap();
    assert_eq!(listed(&bed, &mia, &all).await, ["own-mia"]);
    assert_eq!(refused(&mia, &owned_elsewhere).await, OperationRefusal::for_no_role().to_string());
    let shown = show_credential(&fixture.by(&mia, &bed, noon()), "own-mia").await.unwrap();
    assert_eq!(shown.owner, Some(label("mia")));
    assert!(show_credential(&fixture.by(&mia, &bed, noon()), "own-anna").await.is_err());
}

async fn an_unreadable_row_hides_no_other(bed: TestDatabase) {
    filled(&bed).await;
    bed.execute("UPDATE credentials SET addresses = 'nowhere' WHERE id = 'fresh'").await;
    let fixture = Fixture::new();
    let page = list_credentials(&fixture.call(&bed, noon()), &CredentialSearch::default(), None, 50).await.unwrap();
    assert_eq!((page.records.len(), page.unreadable.len()), (6, 1));
}

/// As rows of schema 1 are brought to 2: what the migration fills in is what would have been written.
async fn credentials_from_before_the_migration_are_found(bed: TestDatabase) {
    filled(&bed).await;
    made(&bed, noon(), NewCredential { name: Some("Billing EXPORT".into()), ..token_for("acme") }).await;
    made(&bed, noon(), NewCredential { name: Some("Ärzte".into()), ..token_for("acme") }).await;
    bed.execute("UPDATE credentials SET description = kind || search, kind = NULL, search = NULL").await;
    let fixture = Fixture::new();
    let everything =
        list_credentials(&fixture.call(&bed, noon()), &CredentialSearch::default(), None, 50).await.unwrap();
    assert_eq!(everything.records.len(), 9);
    for kind in CredentialKind::ALL {
        let wanted = CredentialSearch { kind: Some(kind), ..Default::default() };
        let expected = everything.records.iter().filter(|record| CredentialKind::of(record) == kind).count();
        assert!(expected > 0);
        assert_eq!(listed(&bed, &shell(), &wanted).await.len(), expected, "not filled in yet");
    }
    let wanted = CredentialSearch { part: Some("ÄRZTE".into()), ..Default::default() };
    let unready = list_credentials(&fixture.call(&bed, noon()), &wanted, None, 50).await.unwrap_err();
    assert!(unready.to_string().contains("cannot be searched until claviger database migrate"), "{unready}");
    bed.store.migrate().await.unwrap();
    assert_eq!(bed.ask("SELECT COUNT(*) FROM credentials WHERE description = kind || search").await, 9);
    assert_eq!(listed(&bed, &shell(), &wanted).await.len(), 1);
}
