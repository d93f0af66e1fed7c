//! The package in a fresh Debian that is booted for it: installed, upgraded under load, removed and purged.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::package::pack;
use super::{repository, succeeds};
use crate::support::claviger;

const REPORT: &str = "installed: active, enabled, socket disabled
permissions: 2750 root claviger, 640 root claviger, 640 root claviger
nothing is admitted: 401
with a credential: 200
upgraded: 200 active, 0 restarts, 1 process, another one, of the new file
settings of the operator: kept, 600 claviger claviger
asked about: /etc/claviger/claviger.yaml
upgraded with settings that the new version refuses: 200 active, the same process
reported by dpkg: the new version does not start
repaired and reinstalled: 200 active, 0 restarts, 1 process, another one, of the new file
upgraded while stopped by the operator: 200 active
upgraded with socket activation: 200 active, 0 restarts, 1 process, another one, of the new file
removed: socket inactive, callers get 000, 0 processes, no program, settings kept
purged while another claviger.service exists: credentials kept
installed again: 200 active
purged where /var/lib/claviger is a mount point: no settings, no data, no unit, no handover socket, user kept
";

/// A file that `make package-test` was called with.
fn named(variable: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "the choice is for the person who runs the test")]
    let value = std::env::var(variable).ok().filter(|value| !value.is_empty());
    value.map(PathBuf::from)
}

fn only(folder: &Path, beginning: &str) -> PathBuf {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_wanted = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(beginning);
    let found: Vec<PathBuf> = entries.filter(is_wanted).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

/// Packs a package again, with other defaults for both files that operators change.
fn change_defaults(package: &Path) {
    let folder = TempDir::new().unwrap();
    let mut unpack = Command::new("dpkg-deb");
    unpack.arg("--raw-extract").arg(package).arg(folder.path());
    succeeds(unpack);
    for file in ["etc/claviger/claviger.yaml", "usr/share/claviger/credentials.yaml"] {
        let file = folder.path().join(file);
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("{text}# A new default.\n")).unwrap();
    }
    let mut pack = Command::new("dpkg-deb");
    pack.args(["-Zgzip", "-z1", "--root-owner-group", "--build"]).arg(folder.path()).arg(package);
    succeeds(pack);
}

/// A copy of the fresh Debian with the packages, and the script as a service of its own.
fn system() -> TempDir {
    let fresh = repository("target/debian/system");
    assert!(fresh.exists(), "make package-test installs a Debian in target/debian");
    let folder = TempDir::new().unwrap();
    let at = |path: &str| folder.path().join(path);
    let mut copy = Command::new("cp");
    copy.arg("--archive").arg(fresh.join(".")).arg(folder.path());
    succeeds(copy);

    let program = named("CLAVIGER_PROGRAM").unwrap_or_else(|| claviger().get_program().into());
    let packed = TempDir::new().unwrap();
    for (version, name) in [("0.0.1", "previous"), ("9.0.0", "next"), ("9.0.1", "last")] {
        let package = match named("CLAVIGER_PREVIOUS_PACKAGE").filter(|_| name == "previous") {
            Some(package) => package,
            None => {
                pack(&program, version, packed.path());
                let package = only(packed.path(), "claviger_");
                if name != "previous" {
                    change_defaults(&package);
                }
                package
            }
        };
        std::fs::copy(package, at(&format!("root/{name}.deb"))).unwrap();
    }
    let symbols = only(packed.path(), "claviger-dbgsym_");
    std::fs::copy(symbols, at("root/last-dbgsym.deb")).unwrap();
    std::fs::copy(repository("tests/it/deploy/package_booted.sh"), at("root/steps")).unwrap();
    let steps = "[Service]\nType=oneshot\nExecStart=/bin/sh -c '/root/steps > /root/report 2> /root/errors'\n";
    std::fs::write(at("etc/systemd/system/steps.service"), steps).unwrap();
    symlink("../steps.service", at("etc/systemd/system/multi-user.target.wants/steps.service")).unwrap();
    folder
}

#[test]
#[ignore = "boots a Debian, which only root can; make package-test does"]
fn the_package_is_installed_upgraded_and_removed_in_a_fresh_debian() {
    let system = system();
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", "300", "systemd-nspawn", "--boot", "--private-network"]);
    command.args(["--register=no", "--keep-unit", "--console=pipe"]).arg("--directory").arg(system.path());
    let booted = command.stdin(std::process::Stdio::null()).output().unwrap();
    let read = |path: &str| std::fs::read_to_string(system.path().join(path)).unwrap_or_default();
    let console = String::from_utf8_lossy(&booted.stdout);
    // What an earlier package installs, and leaves at a purge, is its own.
    let of_upgrades = |report: &str| -> Vec<String> {
        let is_of_all = named("CLAVIGER_PREVIOUS_PACKAGE").is_none();
        report.lines().filter(|line| is_of_all || line.starts_with("upgraded")).map(str::to_owned).collect()
    };
    assert_eq!(of_upgrades(&read("root/report")), of_upgrades(REPORT), "{}\n{console}", read("root/errors"));
    // Line tables where the program looks for them.
    let id = read("root/build-id");
    let (first, rest) = id.trim().split_at(2);
    let tables = system.path().join(format!("root/debug/.build-id/{first}/{rest}.debug"));
    assert!(std::fs::metadata(&tables).is_ok_and(|file| file.len() > 1_000_000), "{}", tables.display());
}
