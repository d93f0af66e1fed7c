//! The commands of the pages for operators. Programs that are not here, or that would change the machine, have a
//! stand-in that checks that the files in their arguments exist.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use reqwest::Url;
use tempfile::TempDir;

use super::{documents, read, repository};
use crate::cli::database::folder_on;
use crate::support::book::{page, steps};
use crate::support::postgres::fresh_database;
use crate::support::{Ended, Gate, Run, Step, claviger};

const STAND_INS: [&str; 5] = ["docker", "helm", "kubectl", "make", "sudo"];

/// Runs a line as bash does.
fn typed(line: &str, folder: &Path, stand_ins: Option<&Path>) -> Run {
    let program = claviger();
    let programs = Path::new(program.get_program()).parent().unwrap().display();
    let first = stand_ins.map(|folder| format!("{}:", folder.display())).unwrap_or_default();
    let mut command = Command::new("bash");
    command.current_dir(folder).args(["-c", &format!("PATH={first}{programs}:$PATH\n{line}")]);
    Run::of(command)
}

/// A last line `…` stands for any number of lines.
fn printed_as_said(step: &Step, ended: &Ended) {
    assert_eq!(ended.code, 0, "{}\n{}{}", step.line, ended.stdout, ended.stderr);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    match step.printed.split_last() {
        Some((last, first)) if last == "…" => assert!(lines.len() > first.len(), "{}\n{}", step.line, ended.stdout),
        _ => assert_eq!(lines, step.printed, "{}", step.line),
    }
}

/// A folder with what people have after a checkout, and the stand-ins.
fn checkout() -> (TempDir, TempDir) {
    let (folder, stand_ins) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    for part in ["config", "Makefile"] {
        symlink(repository(part), folder.path().join(part)).unwrap();
    }
    // Its script makes files beside itself.
    std::fs::create_dir_all(folder.path().join("deploy/compose")).unwrap();
    for part in ["compose.yaml", "docker", "helm", "kubernetes", "kustomize", "systemd"] {
        symlink(repository("deploy").join(part), folder.path().join("deploy").join(part)).unwrap();
    }
    std::fs::copy(repository("deploy/compose/make-secrets"), folder.path().join("deploy/compose/make-secrets"))
        .unwrap();
    for name in STAND_INS {
        symlink(repository("tests/it/deploy/stand-in"), stand_ins.path().join(name)).unwrap();
    }
    (folder, stand_ins)
}

#[test]
fn the_commands_that_install_and_tune_are_there_and_so_is_what_they_read() {
    let gate = Gate::before("http://127.0.0.1:9").start();
    let (folder, stand_ins) = checkout();
    // The gate of compose.yaml has a database.
    let database = folder_on("sqlite:claviger.db");
    assert_eq!(Run::within(database.path(), &["database", "migrate"]).end().code, 0);
    let [install, tune, upgrade] =
        ["docs/guide/install.md", "docs/operate/tune.md", "docs/operate/upgrade.md"].map(|path| steps(&page(path)));
    assert!(install.len() > 15 && !tune.is_empty() && !upgrade.is_empty(), "{}", install.len());
    for step in install.iter().chain(&tune).chain(&upgrade) {
        let run = typed(&step.line, folder.path(), Some(stand_ins.path()));
        printed_as_said(step, &run.variable("CLAVIGER_ADMIN", format!("http://{}", gate.admin)).end());
        if let Some((_, within)) = step.line.split_once(" exec gate ") {
            let ended = typed(within, database.path(), None).end();
            assert_eq!(ended.code, 0, "{within}\n{}", ended.stderr);
        }
    }
    assert!(folder.path().join("deploy/compose/secrets/database").exists());
}

/// What `helm` is told to set is what the chart has.
#[test]
fn values_that_are_set_stand_in_the_chart() {
    let values = documents(&read("deploy/helm/claviger/values.yaml")).remove(0);
    let lines: Vec<String> = steps(&page("docs/guide/install.md")).into_iter().map(|step| step.line).collect();
    let set = lines.iter().filter(|line| line.starts_with("helm ")).flat_map(|line| line.split(" --set").skip(1));
    let keys: Vec<String> = set.map(|rest| rest.rsplit(' ').next().unwrap().trim_matches('\'').to_owned()).collect();
    assert_eq!(keys.len(), 3);
    for key in keys {
        let first = key.split(['=', '.']).next().unwrap();
        assert!(values.get(first).is_some(), "{key}");
    }
}

fn make_a_credential(folder: &Path) {
    for arguments in [
        &["account", "create", "--id", "acme"][..],
        &["account", "grant", "acme"],
        &["credential", "create", "--account", "acme", "--id", "first"],
    ] {
        let ended = Run::within(folder, arguments).end();
        assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.stderr);
    }
}

fn ids(folder: &Path) -> Vec<String> {
    let listed = Run::within(folder, &["credential", "list", "--json"]).end();
    let listed: Vec<serde_json::Value> = serde_json::from_str(&listed.stdout).unwrap();
    listed.iter().map(|credential| credential["id"].as_str().unwrap().to_owned()).collect()
}

fn delete_the_credential(folder: &Path) {
    assert_eq!(Run::within(folder, &["credential", "delete", "first", "--yes"]).end().code, 0);
    assert!(ids(folder).is_empty());
}

/// The steps of this kind of database, in their order.
fn backup_steps(is_of_postgres: bool) -> (Vec<Step>, Vec<Step>) {
    let is_kind = |step: &Step| (step.line.contains("pg_") || step.line.contains("KEYS")) == is_of_postgres;
    let mut steps: Vec<Step> = steps(&page("docs/operate/backup.md")).into_iter().filter(is_kind).collect();
    let end = 1 + steps
        .iter()
        .position(|step| step.line.contains("backup backup.db") || step.line.contains("pg_dump"))
        .unwrap();
    let restoring = steps.split_off(end);
    (steps, restoring)
}

#[test]
fn a_copy_of_sqlite_is_made_while_a_gate_goes_on_and_put_back() {
    let mut gate = Gate::before("http://127.0.0.1:9").database("sqlite:claviger.db").start();
    make_a_credential(gate.folder());
    let (making, restoring) = backup_steps(false);
    for step in &making {
        printed_as_said(step, &typed(&step.line, gate.folder(), None).end());
    }
    delete_the_credential(gate.folder());
    gate.signal(nix::sys::signal::Signal::SIGTERM);
    gate.wait();
    let (of_the_service, restoring): (Vec<_>, Vec<_>) =
        restoring.into_iter().partition(|step| step.line.starts_with("sudo "));
    for step in &restoring {
        printed_as_said(step, &typed(&step.line, gate.folder(), None).end());
    }
    assert_eq!(ids(gate.folder()), ["first"]);
    let (folder, stand_ins) = checkout();
    for step in &of_the_service {
        printed_as_said(step, &typed(&step.line, folder.path(), Some(stand_ins.path())).end());
    }
    let put_back = of_the_service.iter().find(|step| step.line.starts_with("sudo install ")).unwrap();
    let unit = read("deploy/systemd/claviger.service");
    for (option, setting) in [("-o", "User"), ("-g", "Group")] {
        let (_, rest) = put_back.line.split_once(&format!(" {option} ")).unwrap();
        let name = rest.split(' ').next().unwrap();
        assert!(unit.contains(&format!("\n{setting}={name}\n")), "{}", put_back.line);
    }
}

/// An address without its password, and a file of passwords that has it.
fn apart(url: &str, folder: &Path) -> (String, String) {
    let (whole, file) = (Url::parse(url).unwrap(), folder.join("pgpass"));
    let password = whole.password().unwrap_or_default();
    std::fs::write(&file, format!("*:*:*:*:{password}\n")).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    (url.replacen(&format!(":{password}@"), "@", 1), file.to_str().unwrap().to_owned())
}

#[test]
fn a_copy_of_postgres_is_made_and_put_back() {
    let database = fresh_database();
    let folder = folder_on(database.url());
    assert_eq!(Run::within(folder.path(), &["database", "migrate"]).end().code, 0);
    make_a_credential(folder.path());
    let (making, restoring) = backup_steps(true);
    let (address, making) = making.split_first().unwrap();
    let named = address.line.strip_prefix("export KEYS=").unwrap();
    assert_eq!(Url::parse(named).unwrap().password(), None, "ps and the history of the shell show it");
    let (address, passwords) = apart(database.url(), folder.path());
    let typed = |step: &Step| {
        let line = format!("umask 022; {}", step.line);
        typed(&line, folder.path(), None).variable("KEYS", &address).variable("PGPASSFILE", &passwords).end()
    };
    for step in making {
        printed_as_said(step, &typed(step));
    }
    let mode = std::fs::metadata(folder.path().join("keys.dump")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    delete_the_credential(folder.path());
    for step in &restoring {
        printed_as_said(step, &typed(step));
    }
    assert_eq!(ids(folder.path()), ["first"]);
}
