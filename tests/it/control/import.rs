//! Credentials out of a file and into one.

use claviger::clock::Clock;
use claviger::control::operations::{Imported, NewCredential, OperationError, Reset, export, import, reset};
use claviger::formats::{Format, Import, LeftOut, Users};
use claviger::store::{CredentialRecord, RecordSecret};
use jiff::ToSpan as _;

use super::{Fixture, made, pair_for, token_for, verbs};
use crate::store::test_database::{TestDatabase, label, noon, on_each, token};
use crate::support::digest;

on_each!(
    new_credentials_are_added_and_existing_ones_replaced,
    a_dry_run_reports_the_same_and_writes_nothing,
    a_name_of_another_credential_is_a_fault_with_its_line,
    an_import_of_an_export_changes_nothing,
    an_export_into_an_empty_database_gives_the_same_credentials,
    an_htpasswd_file_changes_passwords_and_nothing_else,
    fields_without_a_csv_column_stay,
    two_htpasswd_lines_for_one_credential_are_a_fault,
    an_import_of_many_changes_each_once,
);

pub(super) const HASH: &str = "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=";
pub(super) const OTHER_HASH: &str = "{SHA}JNIxpH9fPHVaL3Ek97l81PtpLZY=";

pub(super) fn yaml(text: &str) -> Import {
    Import::yaml(text, Fixture::new().catalogs()).unwrap()
}

pub(super) async fn imported(bed: &TestDatabase, what: &Import) -> Imported {
    import(&Fixture::new().call(bed, noon() + 1.hours()), what, false).await.unwrap()
}

pub(super) async fn refused(bed: &TestDatabase, what: &Import) -> String {
    match import(&Fixture::new().call(bed, noon()), what, false).await {
        Err(OperationError::Other(faults)) => faults.to_string(),
        other => panic!("{other:?}"),
    }
}

pub(super) async fn exported(bed: &TestDatabase, format: Format) -> (String, LeftOut) {
    let mut out = Vec::new();
    let exported = export(&Fixture::new().call(bed, Clock::System.now()), format, None, &mut out).await.unwrap();
    (String::from_utf8(out).unwrap(), exported.left_out)
}

pub(super) async fn record(bed: &TestDatabase, id: &str) -> CredentialRecord {
    bed.store.credential(id).await.unwrap().unwrap()
}

pub(super) fn file() -> String {
    format!(
        "credentials:
  - {{id: acme-billing, account: acme, name: Billing, token: '{}', version: '2', scopes: [pay], expires_at: 2027-01-01T00:00:00Z, addresses: [10.0.0.0/8], rate_limit: {{requests: 5, per: 1m}}}}
  - {{id: acme-nightly, account: acme, username: acme, password: '{HASH}', version: '1', enabled: false, scopes: [pay]}}
  - {{id: globex, account: globex, token: '{}', version: '1'}}
accounts:
  - {{id: globex, access: false}}
",
        digest("one"),
        digest("two")
    )
}

async fn new_credentials_are_added_and_existing_ones_replaced(bed: TestDatabase) {
    let first = imported(&bed, &yaml(&file())).await;
    assert_eq!(first.new_accounts, [(label("acme"), true), (label("globex"), false)]);
    assert_eq!((first.credentials.len(), first.unchanged), (3, 0));
    assert!(bed.store.account("acme").await.unwrap().unwrap().has_access());
    assert!(!bed.store.account("globex").await.unwrap().unwrap().switched_on);

    // What no file holds stays, unless the secret is another one.
    let mut billing = record(&bed, "acme-billing").await;
    billing.description = Some("of the billing team".into());
    billing.hint = Some("beef".into());
    bed.put(&billing).await;
    let text = file()
        .replace("name: Billing", "name: Invoices")
        .replace(HASH, OTHER_HASH)
        .replace("enabled: false", "enabled: true");
    let text = text.replace("  - {id: globex, access: false}", "  - {id: globex, access: true}");
    let second = imported(&bed, &yaml(&text)).await;
    let changed: Vec<_> =
        second.credentials.iter().map(|one| (one.id.as_str(), one.changed.clone().unwrap())).collect();
    assert_eq!(changed, [("acme-billing", vec!["name"]), ("acme-nightly", vec!["password", "enabled"])]);
    assert_eq!((second.unchanged, second.switched_accounts), (1, vec![(label("globex"), true)]));
    let after = record(&bed, "acme-billing").await;
    assert_eq!((after.description, after.hint, after.revision), (billing.description, billing.hint, 3));
    assert_eq!(record(&bed, "acme-nightly").await.secret_made_at, noon() + 1.hours());
    assert_eq!(verbs(&bed, "acme-nightly").await, ["import", "import"]);
    assert_eq!(verbs(&bed, "globex").await, ["import"]);

    // Nothing is deleted.
    let less = format!("credentials: [{{id: x, account: acme, token: '{}', version: '1'}}]", digest("x"));
    imported(&bed, &yaml(&less)).await;
    assert_eq!(bed.store.count().await.unwrap(), (4, 2));
}

async fn a_dry_run_reports_the_same_and_writes_nothing(bed: TestDatabase) {
    let dry = import(&Fixture::new().call(&bed, noon()), &yaml(&file()), true).await.unwrap();
    assert_eq!(bed.store.count().await.unwrap(), (0, 0));
    assert_eq!(bed.store.last_change().await.unwrap(), 0);
    assert_eq!(imported(&bed, &yaml(&file())).await, dry);
}

async fn a_name_of_another_credential_is_a_fault_with_its_line(bed: TestDatabase) {
    imported(&bed, &yaml(&file())).await;
    let before = bed.store.last_change().await.unwrap();
    let text = format!(
        "credentials:\n  - {{id: fine, account: new, token: '{}', version: '1'}}\n  - {{id: a, account: new, token: '{}', version: '1'}}\n  - {{id: b, account: new, username: acme, password: '{HASH}', version: '1'}}\n",
        digest("fine"),
        digest("one")
    );
    let faults = refused(&bed, &yaml(&text)).await;
    let expected = "3:5  credentials[1].token  is the token digest of another credential in the database: acme-billing; remove it here, or delete or change that one first
4:5  credentials[2].username  is the user name of another credential in the database: acme-nightly; remove it here, or delete or change that one first";
    assert_eq!(faults, expected);
    assert_eq!(bed.store.last_change().await.unwrap(), before);
    assert_eq!(bed.store.count().await.unwrap(), (3, 2));
}

/// As many kinds of credentials as there are.
async fn fill(bed: &TestDatabase) {
    imported(bed, &yaml(&file())).await;
    let new = NewCredential {
        name: Some("=HYPERLINK(\"x\"),\nno: 'yes' # \u{1f9fe}".replace('\n', " ")),
        description: Some("two\nlines, and \"quotes\"".into()),
        contact_email: Some("ada@example.org".into()),
        contact_mobile: Some("+441632960961".into()),
        ..token_for("acme")
    };
    made(bed, noon(), new).await;
    // Older versions stored an empty scope list, which allows nothing.
    bed.put(&CredentialRecord {
        scopes: Some(Vec::new()),
        version: Some(label("1")),
        ..token("no-scopes", "acme", "no-scopes")
    })
    .await;
    made(bed, noon(), NewCredential { id: Some(label("-1")), ..pair_for("acme", "true #1") }).await;
    made(bed, noon(), NewCredential { id: Some(label("1e3")), ..pair_for("acme", "'=name") }).await;
}

async fn an_import_of_an_export_changes_nothing(bed: TestDatabase) {
    fill(&bed).await;
    for format in [Format::Yaml, Format::Csv] {
        let (text, left_out) = exported(&bed, format).await;
        let read = match format {
            Format::Csv => Import::csv(&text, Fixture::new().catalogs()).unwrap(),
            Format::Yaml | Format::Htpasswd => yaml(&text),
        };
        let outcome = imported(&bed, &read).await;
        let is_yaml = format == Format::Yaml;
        let count = if is_yaml { 6 } else { 7 };
        assert_eq!((outcome.credentials, outcome.unchanged), (Vec::new(), count), "{text}");
        assert_eq!((outcome.new_accounts, outcome.switched_accounts), (Vec::new(), Vec::new()));
        let (notes, without_scopes) = (usize::from(is_yaml), usize::from(is_yaml));
        assert_eq!(left_out, LeftOut { notes, without_scopes, ..LeftOut::default() });
    }
    // Of what a file cannot hold, the number is told.
    let how = Reset { overlap: std::time::Duration::from_secs(3600), ..Reset::default() };
    reset(&Fixture::new().call(&bed, noon()), "globex", how).await.unwrap();
    assert_eq!(exported(&bed, Format::Csv).await.1.previous, 1);
    let (text, left_out) = exported(&bed, Format::Htpasswd).await;
    assert_eq!((text.lines().count(), left_out.tokens, left_out.limits), (3, 4, 1), "{text}");
    let taken = bed.store.audit_of("credentials", "*", 10).await.unwrap();
    assert_eq!(
        (taken.len(), taken[0].verb.as_str(), taken[0].after.as_deref()),
        (4, "export", Some("{\"format\":\"htpasswd\"}"))
    );
}

async fn an_export_into_an_empty_database_gives_the_same_credentials(bed: TestDatabase) {
    fill(&bed).await;
    let (table, _) = exported(&bed, Format::Csv).await;
    let (text, _) = exported(&bed, Format::Yaml).await;
    for read in [Import::csv(&table, Fixture::new().catalogs()).unwrap(), yaml(&text)] {
        let other = TestDatabase::sqlite().await;
        imported(&other, &read).await;
        assert_eq!(exported(&other, Format::Yaml).await.0, in_order_of_bytes(&text));
        assert!(!other.store.account("globex").await.unwrap().unwrap().has_access());
    }
}

/// PostgreSQL may sort ids by the rules of a language.
fn in_order_of_bytes(text: &str) -> String {
    let (credentials, accounts) = text.split_once("accounts:").unwrap();
    let mut entries: Vec<&str> = credentials.split("  - id: ").skip(1).collect();
    entries.sort_unstable();
    let entries: String = entries.iter().map(|entry| format!("  - id: {entry}")).collect();
    format!("credentials:\n{entries}accounts:{accounts}")
}

async fn an_htpasswd_file_changes_passwords_and_nothing_else(bed: TestDatabase) {
    imported(&bed, &yaml(&file())).await;
    let fixture = Fixture::new();
    let users = |account: &str, version: Option<&str>| Users { account: label(account), version: version.map(label) };
    let text = format!("# of the old server\nacme:{OTHER_HASH}\n\nada:{HASH}\n");
    let read = |users: &Users| Import::htpasswd(&text, users, fixture.catalogs()).unwrap();

    let faults = refused(&bed, &read(&users("acme", None))).await;
    assert_eq!(faults, "4:1  username  is new and has no version; name the version of new users with --api-version");
    let faults = refused(&bed, &read(&users("globex", Some("2")))).await;
    assert_eq!(faults, "2:1  username  is the user name of acme-nightly, which belongs to another account: acme");

    let before = record(&bed, "acme-nightly").await;
    let outcome = imported(&bed, &read(&users("acme", Some("2")))).await;
    let ids: Vec<_> = outcome.credentials.iter().map(|one| (one.id.as_str(), one.changed.is_none())).collect();
    assert_eq!(ids, [("acme-nightly", false), ("ada", true)]);
    let after = record(&bed, "acme-nightly").await;
    assert_eq!((after.enabled, &after.version, &after.scopes), (before.enabled, &before.version, &before.scopes));
    assert!(matches!(&after.secret, RecordSecret::Password { hash: Some(hash), .. } if hash.as_str() == OTHER_HASH));
    assert_eq!(record(&bed, "ada").await.version, Some(label("2")));

    let text = format!("globex:{HASH}\n");
    let read = Import::htpasswd(&text, &users("acme", Some("2")), fixture.catalogs()).unwrap();
    let faults = refused(&bed, &read).await;
    assert!(faults.starts_with("1:1  username  cannot be its id too: globex is another credential"), "{faults}");
    for (text, fault) in [
        ("nothing", "1:1  must be USER:HASH"),
        ("a:secret", "1:3  password  is not a password hash; write the hash here, never the password itself"),
        ("a:$5$x$y", "1:3  password  is a malformed sha256-crypt hash"),
        ("a:{SSHA}x", "1:3  password  uses an unsupported hash scheme"),
    ] {
        let faults = Import::htpasswd(text, &users("acme", None), fixture.catalogs()).err().unwrap().to_string();
        assert!(faults.starts_with(fault) && !faults.contains("secret "), "{faults}");
    }
}

async fn fields_without_a_csv_column_stay(bed: TestDatabase) {
    let fixture = Fixture::new();
    let table = |text: &str| Import::csv(text, fixture.catalogs()).unwrap();
    let full = format!(
        "id,account,token,name,enabled,disabled_reason,version,scopes,addresses,expires_at,rate_limit.requests,rate_limit.per,rate_limit.burst,description\n\
         old,acme,{},Old,false,left,1,pay,10.0.0.0/8,2027-01-01T00:00:00Z,5,1m,200,theirs\n",
        digest("one")
    );
    imported(&bed, &table(&full)).await;
    let before = record(&bed, "old").await;
    assert_eq!(
        (before.enabled, before.disabled_reason.as_deref(), before.rate_limit.is_some()),
        (false, Some("left"), true)
    );

    // Only the secret is said.
    let outcome = imported(&bed, &table(&format!("id,account,token\nold,acme,{}\n", digest("one")))).await;
    assert_eq!((outcome.credentials, outcome.unchanged), (Vec::new(), 1));
    let outcome = imported(&bed, &table(&format!("id,account,token,name\nold,acme,{},New\n", digest("two")))).await;
    assert_eq!(outcome.credentials[0].changed.as_deref(), Some(&["token", "name"][..]));
    let after = record(&bed, "old").await;
    assert_eq!(after.name.as_deref(), Some("New"));
    let with = CredentialRecord { name: after.name.clone(), ..before.clone() };
    let with = CredentialRecord { secret: after.secret.clone(), revision: after.revision, ..with };
    assert_eq!(after, CredentialRecord { secret_made_at: after.secret_made_at, ..with });

    // A limit without its burst; one that would no longer be countable with the burst that is kept.
    let limit = |requests: u32, per: &str| {
        let cells = format!("old,acme,{},{requests},{per}", digest("two"));
        table(&format!("id,account,token,rate_limit.requests,rate_limit.per\n{cells}\n"))
    };
    imported(&bed, &limit(7, "2m")).await;
    let rate = record(&bed, "old").await.rate_limit.unwrap();
    assert_eq!((rate.requests.get(), rate.seconds.get(), rate.burst.get()), (7, 120, 200));
    let faults = refused(&bed, &limit(1, "8760h")).await;
    assert!(
        faults.starts_with("2:1  rate_limit.burst  of the database would take more than a hundred years"),
        "{faults}"
    );

    let columns = "id,account,token,enabled,scopes,addresses,expires_at,rate_limit.requests,rate_limit.per,name";
    let known_faults = |text: &str| Import::csv(text, fixture.catalogs()).err().unwrap().to_string();
    // An emptied cell does not lift a restriction.
    let cells = format!("old,acme,{},,,,,,,", digest("two"));
    let faults = known_faults(&format!("{columns}\n{cells}\n"));
    for (column, place) in
        [("scopes", "2:83"), ("addresses", "2:84"), ("expires_at", "2:85"), ("rate_limit.requests", "2:86")]
    {
        let fault = format!("{place}  {column}  is empty; give it a value, or write * to lift the restriction");
        assert!(faults.contains(&fault), "{faults}");
    }
    assert!(faults.contains("2:82  enabled  must be true or false"), "{faults}");

    let cells = format!("old,acme,{},true,*,*,*,*,*,", digest("two"));
    imported(&bed, &table(&format!("{columns}\n{cells}\n"))).await;
    let after = record(&bed, "old").await;
    assert_eq!((after.enabled, after.disabled_reason, after.scopes, after.expires_at), (true, None, None, None));
    assert_eq!((after.addresses, after.rate_limit, after.name), (Vec::new(), None, None));
    assert_eq!((after.version, after.description.as_deref()), (Some(label("1")), Some("theirs")));

    // One that is new has no version to keep.
    let text = format!("id,account,token\nold,acme,{}\nnew,acme,{}\n", digest("two"), digest("new"));
    let faults = refused(&bed, &table(&text)).await;
    let expected = "3:1  version  is missing; add this column: only existing credentials keep their version";
    assert_eq!(faults, expected);
}

async fn two_htpasswd_lines_for_one_credential_are_a_fault(bed: TestDatabase) {
    imported(&bed, &yaml(&file())).await;
    let fixture = Fixture::new();
    let users = Users { account: label("acme"), version: Some(label("2")) };
    let read = |text: &str| Import::htpasswd(text, &users, fixture.catalogs()).unwrap();
    let (by_name, by_id) = (format!("acme:{OTHER_HASH}\n"), format!("acme-nightly:{HASH}\n"));
    let last = bed.store.last_change().await.unwrap();
    let faults = refused(&bed, &read(&format!("{by_name}{by_id}"))).await;
    assert!(faults.starts_with("2:1  username  is the same credential acme-nightly as at 1:1; "), "{faults}");
    let faults = refused(&bed, &read(&format!("{by_id}{by_name}"))).await;
    assert!(faults.contains("2:1  username  is the same credential acme-nightly as at 1:1; "), "{faults}");
    assert_eq!(bed.store.last_change().await.unwrap(), last);
}

async fn an_import_of_many_changes_each_once(bed: TestDatabase) {
    let mut text = String::from("id,account,token,version,name\n");
    for number in 0..2500 {
        text.push_str(&format!(
            "c-{number},a-{},{},1,\"of, {number}\"\r\n",
            number % 1200,
            digest(&number.to_string())
        ));
    }
    let read = Import::csv(&text, Fixture::new().catalogs()).unwrap();
    let outcome = imported(&bed, &read).await;
    assert_eq!((outcome.credentials.len(), outcome.new_accounts.len()), (2500, 1200));
    assert_eq!(bed.store.count().await.unwrap(), (2500, 1200));
    assert_eq!(bed.store.last_change().await.unwrap(), 3700);
    assert_eq!(verbs(&bed, "c-2499").await, ["import"]);
    let again = Import::csv(&text.replace(",1,\"of", ",2,\"of"), Fixture::new().catalogs()).unwrap();
    assert_eq!(imported(&bed, &again).await.credentials.len(), 2500);
    assert_eq!(imported(&bed, &again).await.unchanged, 2500);
    assert_eq!(bed.store.last_change().await.unwrap(), 6200);
}

/// `cargo test --test it hundred_thousand -- --ignored --nocapture`
mod measured {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    #[ignore = "takes long; prints how long"]
    async fn a_hundred_thousand_rows_on_sqlite() {
        measure("SQLite", TestDatabase::sqlite().await).await;
    }

    #[tokio::test]
    #[ignore = "takes long; prints how long"]
    async fn a_hundred_thousand_rows_on_postgres() {
        measure("PostgreSQL", TestDatabase::postgres().await).await;
    }

    #[expect(clippy::print_stdout, reason = "what it measures is what it is for")]
    async fn measure(name: &str, bed: TestDatabase) {
        let mut text = String::from("id,account,token,version,name\n");
        for number in 0..100_000 {
            let digest = digest(&number.to_string());
            text.push_str(&format!("c-{number},a-{},{digest},1,Customer {number}\n", number % 5000));
        }
        let fixture = Fixture::new();
        let start = Instant::now();
        let read = Import::csv(&text, fixture.catalogs()).unwrap();
        let reading = start.elapsed();
        let times = [
            ("new", read),
            ("changed", Import::csv(&text.replace(",1,Customer", ",2,Customer"), fixture.catalogs()).unwrap()),
            ("unchanged", Import::csv(&text.replace(",1,Customer", ",2,Customer"), fixture.catalogs()).unwrap()),
        ];
        println!("{name}: 100,000 rows read in {reading:.1?}");
        for (what, import) in times {
            let start = Instant::now();
            imported(&bed, &import).await;
            println!("{name}: 100,000 {what} in {:.1?}", start.elapsed());
        }
        let start = Instant::now();
        exported(&bed, Format::Csv).await;
        println!("{name}: 100,000 exported in {:.1?}", start.elapsed());
    }
}
