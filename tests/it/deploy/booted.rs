//! The service under systemd, booted in a container (`systemd-nspawn`): with its sandbox, and with systemd's own view of
//! the main process.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::{install, repository};

const PREFIX: &str = "/opt/claviger";
const SAYS: &str = "started: active, serving, 401
reloaded: active, serving; reloaded: no credential changed
taken over: 401 active, 0 restarts, 1 process
killed six times: 401
stopped: inactive, success
called before it runs: inactive, 401, active
restarted: 401 active
";

/// A system with the host's programs and the service installed.
fn system() -> TempDir {
    let folder = TempDir::new().unwrap();
    let at = |path: &str| folder.path().join(path);
    for empty in
        ["usr", "etc/claviger", "etc/systemd/system/multi-user.target.wants", "dev", "proc", "sys", "run", "tmp", "var"]
    {
        std::fs::create_dir_all(at(empty)).unwrap();
    }
    for link in ["bin", "sbin", "lib", "lib64"] {
        symlink(Path::new("usr").join(link), at(link)).unwrap();
    }
    install::install(&folder, PREFIX);
    for file in ["claviger.yaml", "credentials.yaml"] {
        std::fs::copy(repository("config").join(file), at("etc/claviger").join(file)).unwrap();
    }
    std::fs::copy(repository("tests/it/deploy/booted.sh"), at("etc/steps")).unwrap();
    let steps = "[Service]\nType=oneshot\nExecStart=/bin/sh -c '/etc/steps > /etc/said 2>&1'\n";
    for (file, text) in [
        ("etc/passwd", "root:x:0:0::/:/bin/sh\nclaviger:x:990:990::/:/bin/false\n"),
        ("etc/group", "root:x:0:\nclaviger:x:990:\n"),
        ("etc/machine-id", ""),
        ("etc/os-release", "ID=test\n"),
        ("etc/systemd/system/steps.service", steps),
    ] {
        std::fs::write(at(file), text).unwrap();
    }
    symlink("../steps.service", at("etc/systemd/system/multi-user.target.wants/steps.service")).unwrap();
    folder
}

#[test]
#[ignore = "boots a systemd, which only root can; make test does"]
fn the_service_runs_reloads_and_upgrades_under_systemd() {
    let system = system();
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", "100", "systemd-nspawn", "--boot", "--bind-ro=/usr", "--private-network"]);
    command.args(["--register=no", "--keep-unit", "--console=pipe"]).arg("--directory").arg(system.path());
    let booted = command.stdin(std::process::Stdio::null()).output().unwrap();
    let said = std::fs::read_to_string(system.path().join("etc/said")).unwrap_or_default();
    let console = String::from_utf8_lossy(&booted.stdout);
    assert_eq!(said, SAYS, "{console}\n{}", String::from_utf8_lossy(&booted.stderr));
}
