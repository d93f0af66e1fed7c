//! An import follows the rules of every other write, and disturbs none.

use claviger::control::operations::{disable, import};
use claviger::formats::{Format, Import, ImportFormat, Unusable, Users};
use claviger::store::{Change, Changes, CredentialRecord, ThrottleTarget};

use super::import::{HASH, OTHER_HASH, exported, file, imported, record, refused, yaml};
use super::{Fixture, made, token_for};
use crate::store::test_database::{TestDatabase, label, noon, on_each, token};
use crate::support::digest;

on_each!(
    an_imported_password_clears_the_throttle_of_its_user_name,
    a_dry_run_waits_for_no_writer,
    texts_and_lists_have_the_limits_of_other_writes,
    a_new_credential_takes_no_id_of_an_own_key,
    fields_that_an_import_does_not_change_are_not_validated_again,
    a_reason_with_several_lines_is_exported_and_imported,
);

async fn an_imported_password_clears_the_throttle_of_its_user_name(bed: TestDatabase) {
    imported(&bed, &yaml(&file())).await;
    let before = bed.store.last_change().await.unwrap();
    imported(&bed, &yaml(&file().replace(HASH, OTHER_HASH))).await;
    let Changes::Some(changes) = bed.changes_since(before).await else { panic!("pruned") };
    let cleared: Vec<ThrottleTarget> = changes.iter().filter_map(Change::throttle_target).collect();
    assert_eq!(cleared, [ThrottleTarget::Username("acme".into())]);
    let before = bed.store.last_change().await.unwrap();
    imported(&bed, &yaml(&file().replace(HASH, OTHER_HASH).replace("name: Billing", "name: Other"))).await;
    let Changes::Some(changes) = bed.changes_since(before).await else { panic!("pruned") };
    assert!(changes.iter().all(|change| change.throttle_target().is_none()), "another name: {changes:?}");
}

/// Nor does a writer wait for it.
async fn a_dry_run_waits_for_no_writer(bed: TestDatabase) {
    imported(&bed, &yaml(&file())).await;
    let mut writer = bed.store.begin(noon()).await.unwrap();
    let locked = writer.credential("acme-billing").await.unwrap().unwrap();
    let changed = yaml(&file().replace("name: Billing", "name: Invoices"));
    let fixture = Fixture::new();
    let call = fixture.call(&bed, noon());
    let dry = tokio::time::timeout(std::time::Duration::from_secs(10), import(&call, &changed, true)).await;
    let dry = dry.expect("the dry run waits for a lock").unwrap();
    assert_eq!((dry.changed, dry.unchanged), (1, 2));
    writer.put_credential(&CredentialRecord { name: Some("Written".into()), ..locked }).await.unwrap();
    writer.commit().await.unwrap();
    assert_eq!(record(&bed, "acme-billing").await.name.as_deref(), Some("Written"));
}

async fn texts_and_lists_have_the_limits_of_other_writes(bed: TestDatabase) {
    let fixture = Fixture::new();
    let columns =
        "id,account,token,version,name,description,contact_email,contact_mobile,enabled,disabled_reason,addresses";
    let row = |id: &str, cells: &str| format!("{columns}\n{id},acme,{},1,{cells}\n", digest(id));
    let many: Vec<String> = (0..=200).map(|last| format!("10.0.0.{last}")).collect();
    for (cells, fault) in [
        (format!("{},,,,true,,*", "x".repeat(201)), "name  is longer than 200 characters"),
        ("invoice\u{202e}fdp,,,,true,,*".into(), "name  holds characters that change the writing direction"),
        ("a\u{2028}b,,,,true,,*".into(), "name  holds control characters"),
        ("\u{200b},,,,true,,*".into(), "name  must not be empty"),
        (format!(",{},,,true,,*", "x".repeat(2001)), "description  is longer than 2000 characters"),
        (",\u{202e}x,,,true,,*".into(), "description  holds characters that change the writing direction"),
        (",,anna,,true,,*".into(), "contact_email  must be an e-mail address, such as anna@example.org"),
        (",,,07700 900961,true,,*".into(), "contact_mobile  must be written with its country code (E.164)"),
        (format!(",,,,false,{},*", "x".repeat(2001)), "disabled_reason  is longer than 2000 characters"),
        (format!(",,,,true,,{}", many.join(" ")), "addresses  are more than 200"),
    ] {
        let table = Import::csv(&row("new", &cells), fixture.catalogs()).unwrap();
        let faults = refused(&bed, &table).await;
        assert!(faults.starts_with(&format!("2:1  {fault}")), "{fault}: {faults}");
    }
    // All of one row at once; another row is imported without it, if that is asked for.
    let text =
        row("bad", "\u{202e},\u{202e},anna,1,true,,*") + &row("good", " Trimmed ,,,,true,,*")[columns.len() + 1..];
    let faults = refused(&bed, &Import::csv(&text, fixture.catalogs()).unwrap()).await;
    let fields: Vec<&str> = faults.lines().map(|fault| fault.split("  ").nth(1).unwrap()).collect();
    assert_eq!(fields, ["name", "description", "contact_email", "contact_mobile"], "{faults}");
    assert_eq!(bed.store.count().await.unwrap(), (0, 0));
    let skipping = Import::read(text.as_str(), ImportFormat::Csv, fixture.catalogs(), Unusable::Skip).unwrap();
    let outcome = imported(&bed, &skipping).await;
    assert_eq!((outcome.added, outcome.skipped.0.len()), (1, 4));
    assert_eq!(record(&bed, "good").await.name.as_deref(), Some("Trimmed"));
    let user = format!("a\u{202e}b:{HASH}\n");
    let users = Users { account: label("acme"), version: Some(label("1")) };
    let faults = refused(&bed, &Import::htpasswd(&user, &users, fixture.catalogs()).unwrap()).await;
    assert!(faults.starts_with("1:1  username  must be 1 to 256 bytes without colon"), "{faults}");
}

/// Its user could not have one then.
async fn a_new_credential_takes_no_id_of_an_own_key(bed: TestDatabase) {
    let text = format!("credentials: [{{id: own-ann, account: acme, token: '{}', version: '1'}}]", digest("x"));
    let faults = refused(&bed, &yaml(&text)).await;
    let problem = "credentials[0].id  must not begin with own-, which is for users' own keys";
    assert!(faults.starts_with(&format!("1:15  {problem}")), "{faults}");
    bed.account("acme").await;
    bed.put(&token("own-ann", "acme", "x")).await;
    let outcome = imported(&bed, &yaml(&text)).await;
    assert_eq!((outcome.changed, outcome.added), (1, 0), "an existing one");
}

async fn fields_that_an_import_does_not_change_are_not_validated_again(bed: TestDatabase) {
    bed.account("acme").await;
    // Older versions stored such texts.
    let old = CredentialRecord {
        name: Some("\u{202e}odd".into()),
        contact_email: Some("anna".into()),
        version: Some(label("1")),
        ..token("old", "acme", "old")
    };
    bed.put(&old).await;
    let (text, _) = exported(&bed, Format::Csv).await;
    let outcome = imported(&bed, &Import::csv(&text, Fixture::new().catalogs()).unwrap()).await;
    assert_eq!((outcome.unchanged, outcome.changed), (1, 0));
    let later = text.replace(",1,", ",2,");
    assert_eq!(imported(&bed, &Import::csv(&later, Fixture::new().catalogs()).unwrap()).await.changed, 1);
}

async fn a_reason_with_several_lines_is_exported_and_imported(bed: TestDatabase) {
    bed.account("acme").await;
    let created = made(&bed, noon(), token_for("acme")).await.record;
    let reason = "seen in a repository\n\tsee ticket 7";
    disable(&Fixture::new().call(&bed, noon()), created.id.as_str(), Some(reason.into())).await.unwrap();
    let (text, _) = exported(&bed, Format::Csv).await;
    let read = Import::csv(&text, Fixture::new().catalogs()).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(imported(&bed, &read).await.unchanged, 1);
}
