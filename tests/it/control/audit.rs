//! Looking at what has been done, in lists and in tables.

use claviger::control::operations::{
    AuditTable, NewAccount, OperationError, OperationRefusal, Paging, create_account, export_audit, list_audit,
    rename_account, set_access,
};
use claviger::store::{ActorKind, AuditEntry, AuditFilter, AuditRecord, Role};
use jiff::ToSpan as _;

use super::Fixture;
use super::callers::{owner, staff, who_can};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    audit_entries_are_newest_first_and_filtered,
    an_owner_reads_the_audit_of_their_account_only,
    an_audit_export_of_many_pages_is_complete_and_audited,
    no_cell_of_a_table_is_a_formula,
);

async fn list(bed: &TestDatabase, filter: AuditFilter) -> Vec<AuditRecord> {
    let (fixture, sam) = (Fixture::new(), staff());
    list_audit(&fixture.by(&sam, bed, noon()), filter, Paging::default()).await.unwrap().records
}

fn verbs_and_targets(records: &[AuditRecord]) -> Vec<(&str, &str)> {
    records.iter().map(|line| (line.verb.as_str(), line.target.as_str())).collect()
}

async fn whole(mut table: AuditTable) -> Vec<Vec<String>> {
    let mut text = Vec::new();
    while let Some(part) = table.next_part().await.unwrap() {
        text.extend(part);
        assert!(table.unreadable().is_empty());
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&text[..]);
    reader.records().map(|line| line.unwrap().iter().map(str::to_owned).collect()).collect()
}

async fn audit_entries_are_newest_first_and_filtered(bed: TestDatabase) {
    let (fixture, sam, owner) = (Fixture::new(), staff(), owner("acme"));
    let by_staff = |minutes: i64| fixture.by(&sam, &bed, noon() + minutes.minutes());
    for (minutes, id) in [(0, "acme"), (1, "globex")] {
        create_account(&by_staff(minutes), NewAccount { id: Some(label(id)), name: None }).await.unwrap();
    }
    let by_owner = fixture.by(&owner, &bed, noon() + 2.minutes());
    set_access(&by_owner, &label("acme"), false).await.unwrap();
    rename_account(&by_staff(3), &label("acme"), Some("Acme".into())).await.unwrap();

    let (create, switch, rename) = ("create_account", "switch_account_off", "rename_account");
    let everything = list(&bed, AuditFilter::default()).await;
    assert_eq!(
        verbs_and_targets(&everything),
        [(rename, "acme"), (switch, "acme"), (create, "globex"), (create, "acme")]
    );
    let line = &everything[1];
    assert_eq!((line.actor_kind.as_str(), line.actor.as_str(), line.at), ("user", "owner", noon() + 2.minutes()));
    assert_eq!((line.target_kind.as_str(), line.request_id.as_deref()), ("account", Some("r-1")));
    assert_eq!(line.address.as_deref(), Some("192.0.2.1"));

    let find = async |filter| verbs_and_targets(&list(&bed, filter).await).len();
    let none = AuditFilter::default;
    assert_eq!(find(AuditFilter { account: Some(label("globex")), ..none() }).await, 1);
    assert_eq!(find(AuditFilter { actor_kind: Some(ActorKind::User), ..none() }).await, 4);
    assert_eq!(find(AuditFilter { actor_kind: Some(ActorKind::Token), ..none() }).await, 0);
    assert_eq!(find(AuditFilter { actor: Some("owner".into()), ..none() }).await, 1);
    assert_eq!(find(AuditFilter { verb: Some(create.into()), ..none() }).await, 2);
    assert_eq!(find(AuditFilter { target_kind: Some("credential".into()), ..none() }).await, 0);
    assert_eq!(find(AuditFilter { target: Some("acme".into()), verb: Some(create.into()), ..none() }).await, 1);
    let between = AuditFilter { since: Some(noon() + 1.minutes()), until: Some(noon() + 3.minutes()), ..none() };
    assert_eq!(
        verbs_and_targets(&list(&bed, between).await),
        [(switch, "acme"), (create, "globex")],
        "the end is not in it"
    );
    let unfit = AuditFilter { actor: Some("a\0".into()), verb: Some(String::new()), ..none() };
    let refused = list_audit(&by_staff(4), unfit, Paging::default()).await;
    assert!(matches!(&refused, Err(OperationError::Invalid(invalid)) if invalid.0.len() == 2), "{refused:?}");

    let first = list_audit(&by_staff(4), none(), Paging { after: None, limit: 3 }).await.unwrap();
    assert_eq!((first.records.len(), first.end.as_deref()), (3, Some(everything[2].id.as_str())));
    let all = list_audit(&by_staff(4), none(), Paging { after: None, limit: 4 }).await.unwrap();
    assert_eq!((all.records.len(), all.end), (4, None), "behind the last line there is no page");
    let after = label(&first.end.unwrap());
    let second = list_audit(&by_staff(4), none(), Paging { after: Some(after.as_str()), limit: 3 }).await.unwrap();
    assert_eq!((verbs_and_targets(&second.records), second.end), (vec![(create, "acme")], None));
}

async fn an_owner_reads_the_audit_of_their_account_only(bed: TestDatabase) {
    let (fixture, sam) = (Fixture::new(), staff());
    for id in ["acme", "globex"] {
        let new = NewAccount { id: Some(label(id)), name: None };
        create_account(&fixture.by(&sam, &bed, noon()), new).await.unwrap();
    }
    drop(export_audit(&fixture.by(&sam, &bed, noon()), AuditFilter::default()).await.unwrap());
    let owner = owner("acme");
    let call = fixture.by(&owner, &bed, noon());
    let own = list_audit(&call, AuditFilter::default(), Paging::default()).await.unwrap();
    assert_eq!(verbs_and_targets(&own.records), [("create_account", "acme")], "what is of no account is not theirs");
    let table = whole(export_audit(&call, AuditFilter::default()).await.unwrap()).await;
    assert!(table[1..].iter().all(|line| line[5] == "acme") && table.len() == 3, "{table:?}");
    let elsewhere = AuditFilter { account: Some(label("globex")), ..AuditFilter::default() };
    let hidden = [
        list_audit(&call, elsewhere.clone(), Paging::default()).await.map(drop),
        export_audit(&call, elsewhere).await.map(drop),
    ];
    for outcome in hidden {
        assert!(matches!(outcome, Err(OperationError::Refused(OperationRefusal::NotFound(_)))), "{outcome:?}");
    }
    let reads = who_can(&bed, async |call| list_audit(&call, AuditFilter::default(), Paging::default()).await.is_ok());
    assert_eq!(reads.await, [Role::Staff, Role::Owner]);
    let takes = who_can(&bed, async |call| export_audit(&call, AuditFilter::default()).await.is_ok());
    assert_eq!(takes.await, [Role::Staff, Role::Owner]);
}

async fn put_down(bed: &TestDatabase, targets: impl Iterator<Item = String>) {
    let entry = |target| AuditEntry {
        verb: "create",
        account: None,
        target_kind: "credential",
        target,
        before: None,
        after: Some("{\"name\":\"a \\\"quote\\\", a comma\"}".into()),
    };
    let entries: Vec<AuditEntry> = targets.map(entry).collect();
    let mut transaction = bed.store.begin(noon()).await.unwrap();
    transaction.audit_all(&staff().actor, &entries).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn an_audit_export_of_many_pages_is_complete_and_audited(bed: TestDatabase) {
    put_down(&bed, (0..1234).map(|at| format!("c{at:04}"))).await;
    let (fixture, sam) = (Fixture::new(), staff());
    let call = fixture.by(&sam, &bed, noon() + 1.minutes());
    let filter = AuditFilter { verb: Some("create".into()), ..AuditFilter::default() };
    let table = whole(export_audit(&call, filter).await.unwrap()).await;
    assert_eq!(
        table[0].join(","),
        "id,at,actor_kind,actor,verb,account,target_kind,target,before,after,request_id,address"
    );
    let targets: Vec<&str> = table[1..].iter().map(|line| line[7].as_str()).collect();
    let wanted: Vec<String> = (0..1234).rev().map(|at| format!("c{at:04}")).collect();
    assert_eq!(targets, wanted);
    assert_eq!(table[1][9], "{\"name\":\"a \\\"quote\\\", a comma\"}");
    let taken = list(&bed, AuditFilter { target_kind: Some("audit".into()), ..AuditFilter::default() }).await;
    assert_eq!(verbs_and_targets(&taken), [("export_audit", "*")]);
    assert_eq!(taken[0].after.as_deref(), Some("{\"verb\":\"create\"}"));
    // Of nothing there is a table, too.
    let filter = AuditFilter { verb: Some("nothing".into()), ..AuditFilter::default() };
    assert_eq!(whole(export_audit(&call, filter).await.unwrap()).await.len(), 1);
}

async fn no_cell_of_a_table_is_a_formula(bed: TestDatabase) {
    let hostile = ["=1+1", "+1", "-1", "@sum(a1)", "\tx", "\rx", "'=1", "\n=1", "a\"b", "a,b", "=cmd|' /C calc'!A0"];
    put_down(&bed, hostile.iter().map(ToString::to_string)).await;
    let (fixture, sam) = (Fixture::new(), staff());
    let table = whole(export_audit(&fixture.by(&sam, &bed, noon()), AuditFilter::default()).await.unwrap()).await;
    let is_formula = |cell: &str| cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    assert!(!table.iter().flatten().any(|cell| is_formula(cell)), "{table:?}");
    let mut targets: Vec<&str> = table[1..].iter().filter(|line| line[4] == "create").map(|line| &*line[7]).collect();
    targets.reverse();
    assert_eq!(
        targets,
        ["'=1+1", "'+1", "'-1", "'@sum(a1)", "'\tx", "'\rx", "''=1", "'\n=1", "a\"b", "a,b", "'=cmd|' /C calc'!A0"]
    );
}
