//! Faulty credentials files. A running gate keeps the previous file; a starting one fails.

use std::path::Path;

use tempfile::TempDir;

use crate::support::{Gate, RecordingApi, Request, Run, TOKEN, credentials, digest, eventually};

/// The token of a credential that only the faulty file has.
const SNEAKED: &str = "planted-token-that-was-sneaked-in";

/// What replaces the credentials file.
enum Contents {
    Bytes(Vec<u8>),
    Nothing,
    Folder,
}

struct BadFile {
    name: &'static str,
    contents: Contents,
    /// The faults, without the name of the file.
    faults: &'static [&'static str],
}

impl BadFile {
    fn put(&self, file: &Path) {
        remove(file);
        match &self.contents {
            Contents::Bytes(bytes) => {
                let fresh = file.with_extension("new");
                std::fs::write(&fresh, bytes).unwrap();
                std::fs::rename(&fresh, file).unwrap();
            }
            Contents::Nothing => {}
            Contents::Folder => std::fs::create_dir(file).unwrap(),
        }
    }
}

fn remove(file: &Path) {
    if file.is_dir() {
        std::fs::remove_dir(file).unwrap();
    } else if file.exists() {
        std::fs::remove_file(file).unwrap();
    }
}

/// The valid file with one more credential at the start.
fn sneaking() -> String {
    let one = format!("credentials:\n  - {{id: sneaked, account: acme, token: '{}'}}\n", digest(SNEAKED));
    credentials().replacen("credentials:\n", &one, 1)
}

/// Ten lines, each ten times the previous one.
fn alias_bomb() -> String {
    let mut text = sneaking() + "  - &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("  - &a{level} [{aliases}]\n"));
    }
    text
}

fn bad_files() -> Vec<BadFile> {
    let text = |name, text: String, faults| BadFile { name, contents: Contents::Bytes(text.into_bytes()), faults };
    let half = sneaking()[..sneaking().rfind("sha256:").unwrap() + 20].to_owned();
    let mut not_utf8 = sneaking().into_bytes();
    not_utf8.extend(b"  - {id: caf\xe9}\n");
    vec![
        text("empty", String::new(), &["  is empty"]),
        text("comments only", "# nothing yet\n".into(), &["  is empty"]),
        text("half written", half, &[":5:47  is not valid YAML: unclosed quote"]),
        text("alias bomb", alias_bomb(), &[":10:45  exceeds the limit of aliases or nesting"]),
        text(
            "a credential without keys",
            sneaking() + format!("  - [keyless, acme, ~, '{}', ~, ~, true, ~, ~, ~, []]\n", digest("keyless")).as_str(),
            &[":6:5  credentials[4]  must be a mapping, not a list"],
        ),
        text("not a mapping", "hello".into(), &["  must be a mapping"]),
        text(
            "two mistakes",
            sneaking()
                .replace("acme-disabled, account", "acme-disabled, acount")
                .replace("enabled: false", "enabled: no"),
            &[
                ":5:25  credentials[3].acount  is not a known key; did you mean account?",
                ":5:130  credentials[3].enabled  must be true or false, not text",
            ],
        ),
        text(
            "a secret in the clear",
            sneaking() + "  - {id: plain, account: acme, token: planted-in-the-clear}\n",
            &[":6:39  credentials[4].token  is not a token digest; write the digest here, never the token itself"],
        ),
        text(
            "the same token twice",
            sneaking() + format!("  - {{id: again, account: acme, token: '{}'}}\n", digest(TOKEN)).as_str(),
            &[":6:5  credentials[4].token  is also the token digest of the credential at 3:5"],
        ),
        BadFile { name: "not UTF-8", contents: Contents::Bytes(not_utf8), faults: &[":6:1  is not valid UTF-8"] },
        BadFile { name: "deleted", contents: Contents::Nothing, faults: &["  cannot be read: No such file"] },
        BadFile { name: "a folder", contents: Contents::Folder, faults: &["  cannot be read: Is a directory"] },
    ]
}

#[test]
fn a_faulty_file_changes_nothing_and_is_reported_until_a_valid_one_is_loaded() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("throttle: {enabled: false}").start();
    let file = gate.credentials_file();
    let status = |token: &str| gate.send(&Request::get("/x").bearer(token)).status;
    let is_successful = || gate.metric("claviger_config_last_reload_successful") == 1.0;
    for bad in bad_files() {
        let name = bad.name;
        let failures = gate.reloads("failure");
        let earlier = gate.stderr().len();

        bad.put(&file);

        eventually(name, || gate.reloads("failure") > failures);
        eventually(name, || !is_successful());
        assert_eq!((status(TOKEN), status(SNEAKED)), (200, 401), "{name}");
        // Logged after the metric.
        let probe = || gate.admin("GET", "/readyz?verbose").text();
        eventually(name, || probe().contains("[-] files on disk are in force"));
        assert_eq!(gate.admin("GET", "/readyz").status, 200, "{name}");
        for fault in bad.faults {
            let line = format!("{}{fault}", file.display());
            eventually(&format!("{name}: {line}"), || gate.stderr()[earlier..].contains(&line));
        }

        remove(&file);
        gate.rename_over(&file, &credentials());
        eventually(name, is_successful);
        assert_eq!((status(TOKEN), status(SNEAKED)), (200, 401), "{name}");
    }
    let log = gate.stderr();
    assert!(!log.contains("planted-in-the-clear"), "{log}");
}

#[test]
fn a_start_with_a_faulty_file_fails_with_file_and_line() {
    let folder = TempDir::new().unwrap();
    let settings = "proxy: {listen: 127.0.0.1:0, upstream: http://127.0.0.1:9}\nadmin: {listen: 127.0.0.1:0}\n\
                    credentials: {file: credentials.yaml}\n";
    std::fs::write(folder.path().join("claviger.yaml"), settings).unwrap();
    for bad in bad_files() {
        bad.put(&folder.path().join("credentials.yaml"));

        let ended = Run::within(folder.path(), &["serve", "--config", "claviger.yaml"]).end();

        assert_eq!(ended.code, 1, "{}: {ended:?}", bad.name);
        for fault in bad.faults {
            let line = format!("credentials.yaml{fault}");
            assert!(ended.stderr.contains(&line), "{}: {line}\n{}", bad.name, ended.stderr);
        }
        assert!(!ended.stderr.contains("planted-in-the-clear"));
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn a_faulty_file_is_refused_at_every_reload() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    gate.rename_over(&gate.credentials_file(), &(sneaking() + "  - {}\n"));
    for number in 1..4 {
        gate.signal(nix::sys::signal::Signal::SIGHUP);
        eventually("the reload is refused", || gate.reloads("failure") >= f64::from(number));
    }
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
    assert_eq!(gate.send(&Request::get("/x").bearer(SNEAKED)).status, 401);
}
