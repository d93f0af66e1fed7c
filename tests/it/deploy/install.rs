//! `make install` into a temporary folder.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use tempfile::TempDir;

use super::{repository, succeeds};
use crate::support::claviger;

/// Installs the debug binary: the release build takes minutes.
pub fn install(into: &TempDir, prefix: &str) {
    let program = claviger().get_program().to_str().unwrap().to_owned();
    let mut command = Command::new("make");
    command.current_dir(repository("")).args(["install", &format!("PREFIX={prefix}"), &format!("BINARY={program}")]);
    command.arg(format!("DESTDIR={}", into.path().display()));
    succeeds(command);
}

#[test]
fn program_manual_completions_and_units_are_installed() {
    let folder = TempDir::new().unwrap();
    install(&folder, "/usr/local");
    let at = |path: &str| folder.path().join("usr/local").join(path);
    let mut program = Command::new(at("bin/claviger"));
    program.arg("--version");
    assert!(succeeds(program).stdout.starts_with("claviger "));
    // The line tables are beside it.
    let bytes = std::fs::read(at("bin/claviger")).unwrap();
    let whole = std::fs::metadata(claviger().get_program()).unwrap().len();
    assert!(bytes.windows(14).any(|window| window == b".gnu_debuglink") && (bytes.len() as u64) < whole);
    for file in [
        "bin/.debug/claviger.debug",
        "share/man/man1/claviger-serve.1",
        "share/bash-completion/completions/claviger",
        "share/zsh/site-functions/_claviger",
        "share/fish/vendor_completions.d/claviger.fish",
        "share/doc/claviger/README.md",
        "share/doc/claviger/docs/introduction.md",
        "share/doc/claviger/docs/operate/refused.md",
        "share/doc/claviger/CHANGELOG.md",
        "share/doc/claviger/LICENSE",
        "share/doc/claviger/NOTICE",
        "lib/systemd/system/claviger.service",
        "lib/systemd/system/claviger.socket",
    ] {
        let found = std::fs::metadata(at(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(found.len() > 0 && found.permissions().mode() & 0o777 == 0o644, "{file}");
    }
    // Again, over the installed files.
    install(&folder, "/usr/local");
}

#[test]
fn units_name_the_program_where_it_was_installed() {
    let folder = TempDir::new().unwrap();
    install(&folder, "/opt/claviger");
    let unit = std::fs::read_to_string(folder.path().join("opt/claviger/lib/systemd/system/claviger.service")).unwrap();
    assert!(unit.contains("ExecStart=/opt/claviger/bin/claviger serve") && !unit.contains("/usr/local"), "{unit}");
}
