//! The installation key: made where that loses nothing, otherwise a fault that says what to do.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use claviger::config::{ConfigSource, Settings};
use claviger::control::operations::{Caller, OperationContext, PlainSecret, Revealed, reveal_secret};
use claviger::control::{LiveSettings, open_installation_keys};
use claviger::credential::{InstallationKey, InstallationKeys, RevealCode};
use claviger::store::Purpose;
use tempfile::TempDir;

use super::bed::{Bed, MOBILE};
use crate::store::test_database::{TestDatabase, noon};

/// Settings in a folder.
fn settings(folder: &TempDir, more: &str) -> Settings {
    let file = folder.path().join("claviger.yaml");
    std::fs::write(&file, format!("credentials: {{database: 'sqlite:claviger.db'}}\n{more}")).unwrap();
    ConfigSource { file: Some(file), overrides: Vec::new() }.load().unwrap()
}

async fn open(bed: &TestDatabase, settings: &Settings) -> Result<String, String> {
    let keys = open_installation_keys(settings, &bed.store, noon()).await;
    keys.map(|keys| keys.current().id().to_owned()).map_err(|fault| fault.to_string())
}

#[tokio::test]
async fn on_sqlite_a_missing_key_is_made_once_and_for_its_owner_alone() {
    let (bed, folder) = (TestDatabase::sqlite().await, TempDir::new().unwrap());
    let settings = settings(&folder, "");
    let made = futures_util::future::join_all((0..8).map(|_| open(&bed, &settings))).await;
    let first = made[0].clone().unwrap();
    assert!(made.iter().all(|id| id.as_ref() == Ok(&first)), "{made:?}");
    let file = std::fs::metadata(folder.path().join("installation.key")).unwrap();
    assert_eq!((file.len(), file.permissions().mode() & 0o777), (32, 0o600));
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[tokio::test]
async fn on_a_server_and_where_rows_name_a_key_a_missing_key_is_a_fault() {
    let folder = TempDir::new().unwrap();
    let fleet = TestDatabase::postgres().await;
    let fault = open(&fleet, &settings(&folder, "")).await.unwrap_err();
    assert!(fault.contains("installation_key_file") && fault.contains("head -c 32 /dev/urandom"), "{fault}");

    let bed = Bed::new(TestDatabase::sqlite().await).await;
    bed.reveal("rev_1").await;
    bed.database.execute("UPDATE reveals SET code_key = 'feed'").await;
    let fault = open(&bed.database, &settings(&folder, "")).await.unwrap_err();
    assert!(fault.contains("is missing, and the database was used with a key; restore the file"), "{fault}");
    assert!(!folder.path().join("installation.key").exists());
}

#[tokio::test]
async fn a_code_of_the_previous_key_is_right_while_that_key_is_listed_and_wrong_without_it() {
    let (mut bed, folder) = (Bed::new(TestDatabase::sqlite().await).await, TempDir::new().unwrap());
    let file = |name: &str| folder.path().join(name);
    let opened = async |bed: &Bed, more: &str| {
        open_installation_keys(&settings(&folder, more), &bed.database.store, noon()).await.unwrap()
    };
    bed.keys = Arc::new(opened(&bed, "").await);
    let old = bed.keys.current().id().to_owned();
    bed.reveal("rev_1").await;
    // Its credential has a secret, which no reset has ended.
    bed.database.execute("UPDATE reveals SET old_stops = 'when_shown', overlap = 0").await;
    bed.enqueue(Purpose::RevealLink, "rev_1", "ok@dev.example").await;
    bed.enqueue(Purpose::RevealCode, "rev_1", MOBILE).await;
    bed.worker().run_due().await;
    let ticket = bed.mail.mails()[0].link().rsplit('/').next().unwrap().to_owned();
    let code = RevealCode::presented(bed.twilio.sent()[0]["Body"].rsplit_once('#').unwrap().1).unwrap();

    std::fs::rename(file("installation.key"), file("old.key")).unwrap();
    std::fs::write(file("installation.key"), InstallationKey::mint().unwrap().reveal()).unwrap();
    let fault = open(&bed.database, &settings(&folder, "")).await.unwrap_err();
    assert!(
        fault.contains(&format!("is not the key {old}")) && fault.contains("old_installation_key_files"),
        "{fault}"
    );

    let (live, holder) = (LiveSettings::default(), Caller::link_holder(None, None));
    let enter = async |keys: &InstallationKeys| {
        let call = OperationContext::new(&bed.database.store, &holder, noon(), live.terms());
        let call = OperationContext { installation_keys: Some(keys), ..call };
        reveal_secret(&call, &ticket, &code).await.unwrap().expect("the link leads somewhere")
    };
    let rotated = opened(&bed, "old_installation_key_files: [old.key]\n").await;
    assert!(rotated.current().id() != old && rotated.with_id(&old).is_some());
    let new_key = InstallationKey::parse(&std::fs::read(file("installation.key")).unwrap()).unwrap();
    let without_old = InstallationKeys::new(new_key, Vec::new());
    assert!(matches!(enter(&without_old).await, Revealed::Wrong { tries_left: 4 }));
    assert_eq!(bed.database.ask("SELECT COUNT(*) FROM reveals WHERE revealed_at IS NULL").await, 1);
    let Revealed::Shown(shown) = enter(&rotated).await else { panic!("the code of the previous key is right") };
    assert!(matches!(shown.secret, PlainSecret::Token(_)));

    // The next code derives from the new key; nothing derives from the previous one any more.
    bed.reveal("rev_2").await;
    bed.enqueue(Purpose::RevealCode, "rev_2", MOBILE).await;
    bed.keys = Arc::new(rotated);
    bed.worker().run_due().await;
    let in_use = bed.database.store.installation_keys_in_use(noon()).await.unwrap();
    assert_eq!(in_use, [bed.keys.current().id()]);
    assert!(open(&bed.database, &settings(&folder, "")).await.is_ok());
}

/// A process that dies between the two leaves a draft, and in a container the next one may have its id.
#[tokio::test]
async fn the_draft_of_a_dead_process_stops_no_start_and_is_removed() {
    let (bed, folder) = (TestDatabase::sqlite().await, TempDir::new().unwrap());
    let file = |name: String| folder.path().join(name);
    let (stale, young) = (file("installation.key.aa.new".into()), file("installation.key.bb.new".into()));
    let former = file(format!("installation.{}.new", std::process::id()));
    for draft in [&stale, &young, &former] {
        std::fs::write(draft, "draft").unwrap();
    }
    let hour_ago = stale.metadata().unwrap().modified().unwrap() - std::time::Duration::from_secs(3600);
    std::fs::File::options().write(true).open(&stale).unwrap().set_modified(hour_ago).unwrap();
    open(&bed, &settings(&folder, "")).await.unwrap();
    assert!(!stale.exists() && young.exists() && former.exists());
}

#[tokio::test]
async fn junk_is_no_key() {
    let (bed, folder) = (TestDatabase::sqlite().await, TempDir::new().unwrap());
    let file = folder.path().join("installation.key");
    for (junk, problem) in [
        (Vec::new(), "holds 0 bytes"),
        (b"change me".to_vec(), "holds 9 bytes"),
        (vec![7; 33], "holds 33 bytes"),
        (vec![0; 100_000], "holds 33 bytes"),
        (vec![0; 32], "one byte 32 times"),
    ] {
        std::fs::write(&file, junk).unwrap();
        let fault = open(&bed, &settings(&folder, "")).await.unwrap_err();
        assert!(fault.contains(problem) && fault.contains("installation_key_file"), "{fault}");
    }
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    assert!(open(&bed, &settings(&folder, "")).await.unwrap_err().contains("cannot be read"));
    let missing = settings(&folder, "installation_key_file: other.key\nold_installation_key_files: [gone.key]\n");
    let fault = open(&bed, &missing).await.unwrap_err();
    assert!(fault.contains("old_installation_key_files[0]") && fault.contains("is missing"), "{fault}");
}
