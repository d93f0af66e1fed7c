//! The packages, made of the program that the tests have built. `deploy::package_booted` installs them in a fresh Debian.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;
use tempfile::TempDir;

use super::{read, repository, succeeds, validates};
use crate::support::{Run, claviger};

pub const VERSION: &str = "1.2.3";
/// Of a commit, in seconds; 2026-11-30.
const TIME: &str = "1796000000";
/// The platform of the tests, as in the name of the tarball, and as Debian calls it.
const MACHINE: &str = std::env::consts::ARCH;
const ARCHITECTURE: &str = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
/// Documentation above all.
const MAX_OTHER_FILES_BYTES: u64 = 4_000_000;

/// Packs a program in a folder, without the usual limit of time: a large program on a busy machine takes longer.
pub fn pack(program: &Path, version: &str, folder: &Path) {
    let mut command = Command::new(repository("deploy/package/build"));
    command.arg(program).arg(folder).env("VERSION", version).env("SOURCE_DATE_EPOCH", TIME).env("CARGO", env!("CARGO"));
    // As `make package PROGRAM=x` calls it.
    command.env("MAKEFLAGS", "-- PROGRAM=x");
    // The least time, not the least size.
    command.env("DPKG_DEB_OPTIONS", "-Zgzip -z1").env("GZIP_LEVEL", "1");
    let ended = command.output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

/// Folders of this process, of which the build removes the previous ones.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The packages, once for all tests, of the program without its line tables, which take long to compress.
static PACKED: LazyLock<PathBuf> = LazyLock::new(|| {
    let program = folder("program").join("claviger");
    let mut command = Command::new("objcopy");
    command.arg("--strip-debug").arg(claviger().get_program()).arg(&program);
    succeeds(command);
    let packed = folder("packed");
    pack(&program, VERSION, &packed);
    packed
});

fn package() -> PathBuf {
    PACKED.join(format!("claviger_{VERSION}-1_{ARCHITECTURE}.deb"))
}

fn dpkg_deb(arguments: &[&str], package: &Path) -> String {
    let mut command = Command::new("dpkg-deb");
    command.args(arguments).arg(package);
    succeeds(command).stdout
}

/// Mode, size and path of each file of the package.
fn files() -> Vec<(String, u64, String)> {
    let row = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[1], "root/root", "{line}");
        (words[0].to_owned(), words[2].parse().unwrap_or_default(), words[5].to_owned())
    };
    dpkg_deb(&["--contents"], &package()).lines().map(row).collect()
}

#[test]
fn the_package_has_the_service_its_settings_and_its_manual() {
    let files = files();
    for (path, mode) in [
        ("./usr/bin/claviger", "-rwxr-xr-x"),
        ("./usr/libexec/claviger/hand-over", "-rwxr-xr-x"),
        ("/lib/systemd/system/claviger.service", "-rw-r--r--"),
        ("/lib/systemd/system/claviger.socket", "-rw-r--r--"),
        ("./usr/lib/sysusers.d/claviger.conf", "-rw-r--r--"),
        ("./etc/claviger/claviger.yaml", "-rw-r--r--"),
        ("./usr/share/claviger/credentials.yaml", "-rw-r--r--"),
        ("./usr/share/man/man1/claviger-serve.1.gz", "-rw-r--r--"),
        ("./usr/share/bash-completion/completions/claviger", "-rw-r--r--"),
        ("./usr/share/zsh/vendor-completions/_claviger", "-rw-r--r--"),
        ("./usr/share/fish/vendor_completions.d/claviger.fish", "-rw-r--r--"),
        ("./usr/share/doc/claviger/copyright", "-rw-r--r--"),
        ("./usr/share/doc/claviger/changelog.gz", "-rw-r--r--"),
        ("./usr/share/doc/claviger/changelog.Debian.gz", "-rw-r--r--"),
        ("./usr/share/doc/claviger/THIRD-PARTY.md", "-rw-r--r--"),
        ("./usr/share/doc/claviger/NOTICE", "-rw-r--r--"),
        ("./usr/share/doc/claviger/claviger.cdx.json", "-rw-r--r--"),
        ("./usr/share/doc/claviger/claviger.buildinfo", "-rw-r--r--"),
        ("./usr/share/doc/claviger/config/claviger.yaml", "-rw-r--r--"),
        ("./usr/share/doc/claviger/docs/introduction.md", "-rw-r--r--"),
    ] {
        // Units are below ./lib or ./usr/lib, as the debhelper of this system wants them.
        let is_wanted =
            |found: &str| found == path || [".", "./usr"].iter().any(|root| format!("{root}{path}") == found);
        let (found, size, _) =
            files.iter().find(|file| is_wanted(&file.2)).unwrap_or_else(|| panic!("{path}: {files:?}"));
        assert!(found == mode && *size > 0, "{path}: {found}, {size} bytes");
    }
    assert!(files.iter().all(|file| !file.2.contains(".debug")), "{files:?}");
    let others: u64 = files.iter().filter(|file| file.2 != "./usr/bin/claviger").map(|file| file.1).sum();
    assert!(others < MAX_OTHER_FILES_BYTES, "{others}");

    let mut command = Command::new("dpkg-deb");
    command.arg("--info").arg(package()).arg("conffiles");
    let conffiles = succeeds(command).stdout;
    assert_eq!(conffiles, "/etc/claviger/claviger.yaml\n");
    let depends = dpkg_deb(&["--field"], &package());
    for part in [&format!("Architecture: {ARCHITECTURE}"), "Version: 1.2.3-1", "systemd-sysusers", "libc6 (>= 2."] {
        assert!(depends.contains(part), "{part}: {depends}");
    }
}

#[test]
fn a_pre_release_sorts_before_its_release() {
    for (version, debian) in
        [("1.2.3", "1.2.3"), ("1.2.3-rc.1", "1.2.3~rc.1"), ("1.2.3-rc-1", "1.2.3~rc-1"), ("1.2.3~git1", "1.2.3~git1")]
    {
        let mut command = Command::new(repository("deploy/package/version"));
        command.args(["--debian", version]);
        assert_eq!(succeeds(command).stdout.trim(), debian);
        let mut command = Command::new("dpkg");
        command.args(["--compare-versions", &format!("{debian}-1"), "le", "1.2.3-1"]);
        succeeds(command);
    }
}

#[test]
fn lintian_accepts_the_package() {
    let mut command = Command::new("lintian");
    command.args(["--allow-root", "--fail-on", "error,warning"]).arg(package());
    let ended = Run::of(command).end();
    // Tolerated here, not by `make package`: units in /lib, which the debhelper of some releases demands. A lintian that
    // does not know the tag refuses to suppress it.
    let others: Vec<&str> = ended.stdout.lines().filter(|line| !line.contains("aliased-location")).collect();
    assert!(others.is_empty() && [0, 2].contains(&ended.code), "{}{}", ended.stdout, ended.stderr);
}

#[test]
fn the_checksums_are_those_of_all_files() {
    let mut command = Command::new("sha256sum");
    command.current_dir(&*PACKED).args(["--check", "--strict", "--quiet", "SHA256SUMS"]);
    succeeds(command);
    let listed: Vec<String> = std::fs::read_to_string(PACKED.join("SHA256SUMS"))
        .unwrap()
        .lines()
        .map(|line| line.split_once("  ").unwrap().1.to_owned())
        .collect();
    assert_eq!(
        listed,
        [
            format!("claviger-1.2.3-{MACHINE}-linux-gnu-debug.tar.gz"),
            format!("claviger-1.2.3-{MACHINE}-linux-gnu.tar.gz"),
            "claviger-1.2.3.cdx.json".to_owned(),
            format!("claviger-dbgsym_1.2.3-1_{ARCHITECTURE}.deb"),
            format!("claviger_1.2.3-1_{ARCHITECTURE}.deb"),
        ]
    );
}

#[test]
fn the_same_program_packed_again_gives_the_same_bytes() {
    let again = folder("again");
    LazyLock::force(&PACKED);
    pack(&folder("program").join("claviger"), VERSION, &again);
    let sums = |folder: &Path| std::fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
    assert_eq!(sums(&PACKED), sums(&again));
}

/// The gate listens on this machine only, and has no public route.
#[test]
fn the_settings_of_the_package_admit_no_request() {
    let [settings, credentials] =
        ["claviger.yaml", "credentials.yaml"].map(|file| read(&format!("deploy/package/{file}")));
    validates(&[("claviger.yaml", &settings), ("credentials.yaml", &credentials)], &[]);
    let settings: Value = serde_yaml::from_str(&settings).unwrap();
    let keys: Vec<&String> = settings.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["proxy", "admin", "credentials"]);
    assert_eq!(settings["proxy"]["listen"], "127.0.0.1:8080");
    let credentials: Value = serde_yaml::from_str(&credentials).unwrap();
    assert_eq!(credentials, serde_json::json!({"credentials": []}));
}

/// The folder of the tarball.
fn unpacked() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let name = format!("claviger-{VERSION}-{MACHINE}-linux-gnu");
    let mut command = Command::new("tar");
    command.arg("--extract").arg("--file").arg(PACKED.join(format!("{name}.tar.gz"))).arg("-C").arg(folder.path());
    succeeds(command);
    let unpacked = folder.path().join(name);
    (folder, unpacked)
}

fn script(unpacked: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(unpacked.join("install.sh"));
    command.args(arguments);
    command
}

#[test]
fn the_script_of_the_tarball_installs_upgrades_and_removes() {
    let (_kept, unpacked) = unpacked();
    let system = TempDir::new().unwrap();
    let root = system.path().to_str().unwrap().to_owned();
    let at = |path: &str| system.path().join(path);
    let call =
        |arguments: &[&str]| script(&unpacked, &[&["--root", &root, "--prefix", "/opt/claviger"], arguments].concat());
    let printed = succeeds(call(&[])).stdout;
    assert!(printed.starts_with("claviger ") && printed.contains("/opt/claviger/bin"), "{printed}");
    let mut version = Command::new(at("opt/claviger/bin/claviger"));
    version.arg("--version");
    succeeds(version);
    let unit = std::fs::read_to_string(at("opt/claviger/lib/systemd/system/claviger.service")).unwrap();
    assert!(unit.contains("ExecStart=/opt/claviger/bin/claviger serve") && !unit.contains("/usr/local"), "{unit}");
    let settings = std::fs::read_to_string(at("etc/claviger/claviger.yaml")).unwrap();
    assert!(settings.contains(" /opt/claviger/share/doc/claviger/config/claviger.yaml"), "{settings}");
    assert!(at("opt/claviger/share/doc/claviger/config/claviger.yaml").exists());
    let mode = std::os::unix::fs::PermissionsExt::mode;
    for (path, wanted) in [("etc/claviger", 0o2750), ("etc/claviger/credentials.yaml", 0o640)] {
        assert_eq!(mode(&std::fs::metadata(at(path)).unwrap().permissions()) & 0o7777, wanted, "{path}");
    }

    // An upgrade keeps settings, and removes a file that the new version no longer has.
    std::fs::write(at("etc/claviger/claviger.yaml"), "mine").unwrap();
    let list = at("opt/claviger/share/claviger/installed-files");
    let listed = std::fs::read_to_string(&list).unwrap();
    std::fs::write(&list, format!("{listed}share/doc/claviger/old.md\n")).unwrap();
    std::fs::write(at("opt/claviger/share/doc/claviger/old.md"), "").unwrap();
    std::fs::create_dir(at("opt/claviger/bin/.debug")).unwrap();
    std::fs::write(at("opt/claviger/bin/.debug/claviger.debug"), "").unwrap();
    std::fs::write(at("opt/claviger/bin/claviger"), "of the previous version").unwrap();
    succeeds(call(&[]));
    assert_eq!(std::fs::read_to_string(at("etc/claviger/claviger.yaml")).unwrap(), "mine");
    assert!(!at("opt/claviger/share/doc/claviger/old.md").exists());
    assert!(!at("opt/claviger/bin/.debug/claviger.debug").exists());
    assert_eq!(std::fs::read_to_string(&list).unwrap(), listed);

    let printed = succeeds(call(&["--uninstall"])).stdout;
    assert!(printed.contains("These stay"), "{printed}");
    let mut left = Command::new("find");
    left.arg(system.path()).args(["-type", "f", "-printf", "%P\\n"]);
    let left = succeeds(left).stdout;
    let mut left: Vec<&str> = left.lines().collect();
    left.sort_unstable();
    assert_eq!(left, ["etc/claviger/claviger.yaml", "etc/claviger/credentials.yaml"]);
    assert_ne!(Run::of(call(&["--uninstall"])).end().code, 0);
}

#[test]
fn the_script_of_the_tarball_refuses_a_prefix_that_the_units_cannot_hold() {
    let (_kept, unpacked) = unpacked();
    for prefix in ["relative", "/", "/a//b", "/a b", "/a|b", "/a&b", "/a%b"] {
        let ended = Run::of(script(&unpacked, &["--prefix", prefix, "--check"])).end();
        assert!(ended.code == 1 && ended.stderr.starts_with("install.sh: "), "{prefix}: {}", ended.stderr);
    }
}

#[test]
fn a_damaged_tarball_is_not_installed() {
    let (_kept, unpacked) = unpacked();
    assert_eq!(succeeds(script(&unpacked, &["--check"])).stdout.lines().count(), 1);
    std::fs::write(unpacked.join("share/doc/claviger/NOTICE"), "").unwrap();
    let system = TempDir::new().unwrap();
    let ended = Run::of(script(&unpacked, &["--root", system.path().to_str().unwrap()])).end();
    assert!(ended.code != 0 && ended.stderr.contains("nothing was changed"), "{}", ended.stderr);
    assert_eq!(std::fs::read_dir(system.path()).unwrap().count(), 0);
}

/// The smallest program in two folders, with the flags of the release.
#[test]
fn two_builds_in_two_folders_give_the_same_bytes() {
    let build = |home: &str| {
        let folder = TempDir::with_prefix(home).unwrap();
        let at = |path: &str| folder.path().join(path);
        std::fs::create_dir_all(at("deploy/package")).unwrap();
        std::fs::create_dir(at("src")).unwrap();
        std::fs::copy(repository("deploy/package/reproducibly"), at("deploy/package/reproducibly")).unwrap();
        std::fs::write(
            at("Cargo.toml"),
            "[package]\nname = \"small\"\nedition = \"2024\"\n[profile.dev]\nstrip = \"none\"\n",
        )
        .unwrap();
        let source =
            "fn main() { let all: Vec<String> = std::env::args().collect(); panic!(\"{}{}\", all[7], file!()) }";
        std::fs::write(at("src/main.rs"), source).unwrap();
        let mut command = Command::new(at("deploy/package/reproducibly"));
        command.current_dir(folder.path()).args([env!("CARGO"), "build", "--offline", "--quiet"]);
        let target = if home == "one" { at("built") } else { PathBuf::from("built") };
        command.env("CARGO_TARGET_DIR", target).env("RUSTFLAGS", " -C  debuginfo=1 ");
        succeeds(command);
        std::fs::read(at("built/debug/small")).unwrap()
    };
    let [one, other] = [build("one"), build("the-other")];
    assert!(one == other);
}

#[test]
fn release_notes_begin_with_what_asks_something_of_the_operator() {
    let folder = TempDir::new().unwrap();
    let changelog = folder.path().join("CHANGELOG.md");
    let text = "# Changelog\n\n## Unreleased\n\n- Later.\n\n## 0.2.0 - 2027-01-31\n\n### Added\n\n- New.\n\n### Changed\n\n\
                - **Breaking:** a key is gone.\n\n  Use the other one.\n- Quicker.\n\n## 0.1.0 - 2026-12-01\n\n- First.\n";
    std::fs::write(&changelog, text).unwrap();
    let notes = |version: &str, changelog: &Path| {
        let mut command = Command::new(repository("deploy/package/release-notes"));
        command.arg(version).arg(changelog);
        Run::of(command).end()
    };
    assert_eq!(
        notes("0.2.0", &changelog).stdout,
        "## Before you upgrade\n\n- **Breaking:** a key is gone.\n\n  Use the other one.\n\n## Changes\n\n### Added\n\n\
         - New.\n\n### Changed\n\n- **Breaking:** a key is gone.\n\n  Use the other one.\n- Quicker.\n"
    );
    assert!(notes("0.1.0", &changelog).stdout.starts_with("## Before you upgrade\n\nNothing to do.\n\n## Changes"));
    assert_ne!(notes("0.3.0", &changelog).code, 0);
    let ours = notes("Unreleased", &repository("CHANGELOG.md"));
    assert!(ours.stdout.matches("**Breaking:**").count() > 10 && ours.code == 0, "{}", ours.stdout);
}
