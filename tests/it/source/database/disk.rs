//! A full or read-only disk: reads continue, and the log has a remedy.

use std::path::Path;
use std::process::Command;

use claviger::config::DatabaseUrl;
use tempfile::TempDir;

use super::{answer, bearer, gate, hits};
use crate::store::test_database::{TestDatabase, token};
use crate::support::{Gate, RecordingApi, Run, eventually, eventually_async};

async fn bed_on(disk: &SmallDisk) -> TestDatabase {
    TestDatabase::at(DatabaseUrl::Sqlite(disk.path().join("claviger.db"))).await
}

/// A file system of four megabytes, unmounted on drop.
struct SmallDisk(TempDir);

impl SmallDisk {
    #[expect(clippy::print_stdout, reason = "a skipped test must be visible")]
    /// `None` where this user may not mount one, with a note on standard output.
    fn mount() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let mounted = run("mount", &["-t", "tmpfs", "-o", "size=4m", "none", text(folder.path())]);
        if let Err(why) = mounted {
            println!("SKIPPED: a small disk cannot be mounted here (root may): {why}");
            return None;
        }
        Some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn fill(&self) {
        let full = std::fs::write(self.path().join("ballast"), vec![0; 8 << 20]);
        assert_eq!(full.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    }

    fn empty(&self) {
        std::fs::remove_file(self.path().join("ballast")).unwrap();
    }

    fn make_read_only(&self) {
        run("mount", &["-o", "remount,ro", text(self.path())]).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazy: files may still be open.
        let _left = run("umount", &["-l", text(self.path())]);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[tokio::test]
async fn a_gate_on_a_full_disk_serves_and_logs_it() {
    let Some(disk) = SmallDisk::mount() else { return };
    let bed = bed_on(&disk).await;
    bed.account("acme").await;
    for id in ["known", "unused"] {
        bed.put(&token(id, "acme", id)).await;
    }
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).settings("database: {last_used_every: 100ms}").start();
    eventually("it is cached", || {
        let before = hits(&gate);
        assert_eq!(answer(&gate, &bearer("known")).0, 200);
        hits(&gate) > before
    });
    disk.fill();
    eventually("it is logged", || {
        assert_eq!(answer(&gate, &bearer("known")).0, 200);
        gate.stderr().contains("cannot write last uses yet: the database has no space left; free some on its disk")
    });
    assert_eq!(answer(&gate, &bearer("unused")).0, 200, "what can be read is read");
    assert_eq!(answer(&gate, &bearer("unknown")).0, 401);

    disk.empty();
    for id in ["known", "unused"] {
        let is_written = async || bed.store.credential(id).await.unwrap().unwrap().last_used_at.is_some();
        eventually_async(&format!("the use of {id} is written"), is_written).await;
    }
    let mut off = bed.account("acme").await;
    off.granted = false;
    bed.put_account(&off).await;
    eventually("the change is in force", || answer(&gate, &bearer("known")).1 == "access_off");
}

#[tokio::test]
async fn a_disk_that_is_full_or_read_only_at_the_start_is_reported() {
    let Some(disk) = SmallDisk::mount() else { return };
    disk.fill();
    let url = format!("sqlite:{}/claviger.db", disk.path().display());
    let refusal = || {
        let builder = Gate::before("http://127.0.0.1:1").database(&url);
        let ended = Run::of(builder.command()).end();
        assert_eq!(ended.code, 1, "{}", ended.stderr);
        ended.stderr
    };
    let full = refusal();
    assert!(full.contains("the database has no space left; free some on its disk"), "{full}");
    disk.empty();
    bed_on(&disk).await.store.close().await;
    disk.make_read_only();
    let read_only = refusal();
    assert!(read_only.contains("writable for this user"), "{read_only}");
}

#[tokio::test]
async fn a_gate_on_a_server_that_became_read_only_serves_what_it_has_cached() {
    let bed = TestDatabase::postgres().await;
    bed.account("acme").await;
    for id in ["known", "unused"] {
        bed.put(&token(id, "acme", id)).await;
    }
    let api = RecordingApi::start();
    let switch = |to: &str| {
        format!(
            "SET TRANSACTION READ WRITE;
            DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = {to}', current_database());
            END $$;
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )
    };
    let gate = gate(&api, &bed).settings("database: {last_used_every: 100ms}").start();
    assert_eq!(answer(&gate, &bearer("known")).0, 200);
    bed.execute(&switch("on")).await;
    eventually("it is logged", || {
        assert_eq!(answer(&gate, &bearer("known")).0, 200);
        gate.stderr().contains("is read-only")
    });
    bed.execute(&switch("off")).await;
    let mut off = bed.account("acme").await;
    off.granted = false;
    bed.put_account(&off).await;
    eventually("the change is in force", || answer(&gate, &bearer("known")).1 == "access_off");
}

/// A gate that keeps the deleted file open would miss every change of a restored backup.
#[tokio::test]
async fn a_gate_whose_database_file_was_replaced_stops_using_the_old_one() {
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let file = |folder: &TempDir| folder.path().join("claviger.db");
    let bed = TestDatabase::at(DatabaseUrl::Sqlite(file(&folder))).await;
    bed.account("acme").await;
    bed.put(&token("known", "acme", "known")).await;
    let replacement = TestDatabase::at(DatabaseUrl::Sqlite(file(&other))).await;
    replacement.store.close().await;
    let api = RecordingApi::start();
    let gate = gate(&api, &bed).settings("database: {max_stale: 1s}").start();
    eventually("it is cached", || {
        let before = hits(&gate);
        assert_eq!(answer(&gate, &bearer("known")).0, 200);
        hits(&gate) > before
    });
    std::fs::rename(file(&folder), folder.path().join("old.db")).unwrap();
    std::fs::rename(file(&other), file(&folder)).unwrap();
    eventually("it is logged", || {
        gate.stderr().contains("restart this process, so that it reads the one that is there")
    });
    eventually("the cache expires", || answer(&gate, &bearer("known")).0 != 200);
    drop(gate);
    bed.store.close().await;
    for beside in ["claviger.db-wal", "claviger.db-shm"] {
        // The WAL of the old file; SQLite may have removed it.
        let _gone = std::fs::remove_file(folder.path().join(beside));
    }
    let gate = super::gate(&api, &bed).start();
    assert_eq!(answer(&gate, &bearer("known")).0, 401, "it is not in the other one");
}
