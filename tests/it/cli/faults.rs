//! What `claviger config validate` says about files that are wrong: everything, at once, with its place.

use tempfile::TempDir;

use super::folder_with;
use crate::support::{Ended, Run, digest};

const BAD_SETTINGS: &str = "proxy:
  listn: 127.0.0.1:8080
  upstream: http://127.0.0.1:9000
  timeouts: {client: soon}
accept: {basic: maybe}
credentials: {file: credentials.yaml}
versions:
  known:
    - {name: 2}
log: {format: jsn}
";

fn validate(settings: &str, arguments: &[&str]) -> Ended {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("claviger.yaml"), settings).unwrap();
    Run::within(folder.path(), &[&["config", "validate", "--config", "claviger.yaml"], arguments].concat()).end()
}

#[test]
fn every_fault_of_the_settings_stands_on_a_line_with_its_place() {
    let ended = validate(BAD_SETTINGS, &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    insta::assert_snapshot!(ended.stderr, @r#"
    claviger.yaml:2:3  proxy.listn  is not a known key; did you mean listen?
    claviger.yaml:4:22  proxy.timeouts.client  must be a duration, such as 500ms, 30s or 5m
    claviger.yaml:5:17  accept.basic  must be true or false, not text
    claviger.yaml:9:14  versions.known[0].name  must be text, not a number; put it in quotes
    claviger.yaml:10:15  log.format  must be one of auto, json, text; did you mean json?
    5 faults
    "#);
}

#[test]
fn junk_in_the_settings_of_forwarded_headers_is_a_fault() {
    let text = "proxy:\n  upstream: http://127.0.0.1:9\n  header_names: lower_case\n  \
                forwarded: {for: maybe, prot: true, host: when_differnt}\n\
                credentials: {file: c.yaml}\nidentity: {headers: [acount, Account, 5, scopes, request-id]}\n";
    insta::assert_snapshot!(validate(text, &[]).stderr, @"
    claviger.yaml:3:17  proxy.header_names  must be one of as_sent, lowercase; did you mean lowercase?
    claviger.yaml:4:20  proxy.forwarded.for  must be true or false, not text
    claviger.yaml:4:27  proxy.forwarded.prot  is not a known key; did you mean proto?
    claviger.yaml:4:45  proxy.forwarded.host  must be one of always, when_different, never; did you mean when_different?
    claviger.yaml:6:22  identity.headers[0]  must be one of credential, account, version, scopes, request_id; did you mean account?
    claviger.yaml:6:30  identity.headers[1]  must be one of credential, account, version, scopes, request_id; did you mean account?
    claviger.yaml:6:39  identity.headers[2]  must be one of credential, account, version, scopes, request_id
    claviger.yaml:6:50  identity.headers[4]  must be one of credential, account, version, scopes, request_id; did you mean request_id?
    8 faults
    ");
    let text = "proxy: {upstream: http://127.0.0.1:9, forwarded: {for: }, header_names: [lowercase]}\n\
                credentials: {file: c.yaml}\nidentity: {headers: }\n";
    insta::assert_snapshot!(validate(text, &[]).stderr, @"
    claviger.yaml:1:51  proxy.forwarded.for  is empty; give it a value, or leave the key out
    claviger.yaml:1:73  proxy.header_names  must be one of as_sent, lowercase
    claviger.yaml:3:12  identity.headers  is empty; give it a value, or leave the key out
    3 faults
    ");
    let text =
        "proxy: {forwarded: {for: false}, header_names: lowercase}\ncredentials: {file: c.yaml}\nforward_auth: {}\n";
    insta::assert_snapshot!(validate(text, &[]).stderr, @"
    claviger.yaml:1:20  proxy.forwarded  has no effect without proxy.upstream; leave it out; the proxy that asks forwards requests
    claviger.yaml:1:48  proxy.header_names  has no effect without proxy.upstream; leave it out; the proxy that asks forwards requests
    2 faults
    ");
    let text = "proxy: {upstream: http://127.0.0.1:9}\ncredentials: {file: c.yaml}\n\
                identity: {headers: [account, scopes, account]}\n";
    let faults = validate(text, &[]).stderr;
    assert!(faults.contains("identity.headers.2  is listed twice"), "{faults}");
}

/// `1.5` or `true` in quotes would be refused too, and a version `true` would not.
#[test]
fn floats_and_booleans_get_advice_that_helps() {
    let settings = "proxy: {upstream: http://127.0.0.1:9, timeouts: {client: 1.5, keep_alive: true}}\n\
        credentials: {file: c.yaml}\nversions: {known: [{name: true}]}\n";
    let ended = validate(settings, &[]);
    for key in ["client", "keep_alive"] {
        let fault = format!("proxy.timeouts.{key}  must be a duration, such as 500ms, 30s or 5m\n");
        assert!(ended.stderr.contains(&fault), "{}", ended.stderr);
    }
    assert_eq!(ended.stderr.matches("put it in quotes").count(), 1, "{}", ended.stderr);
}

/// `30` in quotes would be refused too.
#[test]
fn a_number_gets_advice_that_helps() {
    let settings = "proxy: {upstream: http://127.0.0.1:9, timeouts: {client: 30}}\nadmin: {listen: 8081}\ncredentials: {file: c.yaml}\n";
    let ended = validate(settings, &[]);
    let fault = "proxy.timeouts.client  must be a duration, such as 500ms, 30s or 5m\n";
    assert!(ended.stderr.contains(fault), "{}", ended.stderr);
    assert!(ended.stderr.contains("admin.listen  must be an IP address and a port"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("quotes"), "{}", ended.stderr);
}

#[test]
fn a_misspelt_key_causes_one_fault() {
    let ended = validate("proxy: {upstraem: http://127.0.0.1:9}\ncredentials: {fiel: c.yaml}\n", &[]);
    assert_eq!(ended.code, 1);
    insta::assert_snapshot!(ended.stderr, @"
    claviger.yaml:1:9  proxy.upstraem  is not a known key; did you mean upstream?
    claviger.yaml:2:15  credentials.fiel  is not a known key; did you mean file?
    2 faults
    ");
    let ended = validate("proxy: {upstream: http://127.0.0.1:9}\ncredentials: {databse: 'sqlite:c.db'}\n", &[]);
    insta::assert_snapshot!(ended.stderr, @"
    claviger.yaml:2:15  credentials.databse  is not a known key; did you mean database?
    1 fault
    ");
}

#[test]
fn every_fault_of_the_settings_is_in_the_json() {
    let ended = validate(BAD_SETTINGS, &["--format", "json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (1, ""));
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["valid"], false);
    assert_eq!(report["faults"].as_array().unwrap().len(), 5);
    insta::assert_snapshot!(report["faults"][0].to_string(), @r#"{"file":"claviger.yaml","at":{"line":2,"column":3},"path":"proxy.listn","problem":"is not a known key","hint":"did you mean listen?"}"#);
}

/// Editors and pipelines jump to the place: the file must not be lost on the way into JSON.
#[test]
fn faults_in_json_name_their_file_or_variable_or_flag() {
    let faults = |ended: Ended| -> serde_json::Value {
        serde_json::from_str::<serde_json::Value>(&ended.stdout).unwrap()["faults"].take()
    };
    let folder = folder_with("");
    let one = format!("credentials:\n  - {{id: a, account: b, token: '{}', enabled: maybe}}\n", digest("a"));
    std::fs::write(folder.path().join("credentials.yaml"), one).unwrap();
    let run = |arguments: &[&str]| {
        Run::within(folder.path(), &[&["config", "validate", "--format", "json"], arguments].concat())
    };
    insta::assert_snapshot!(faults(run(&[]).end())[0].to_string(), @r#"{"file":"credentials.yaml","at":{"line":2,"column":116},"path":"credentials[0].enabled","problem":"must be true or false, not text","hint":null}"#);
    let missing = faults(run(&["--config", "nowhere.yaml"]).end());
    insta::assert_snapshot!(missing[0].to_string(), @r#"{"file":"nowhere.yaml","at":{"line":0,"column":0},"path":"","problem":"cannot be read: No such file or directory (os error 2)","hint":null}"#);
    let variable = faults(run(&[]).variable("CLAVIGER__LOG__LEVL", "info").end());
    insta::assert_snapshot!(variable[0].to_string(), @r#"{"file":null,"environment":"CLAVIGER__LOG__LEVL","path":"log.levl","problem":"is not a known key","hint":"did you mean level?"}"#);
    let flag = faults(run(&["--upstream", "nowhere"]).end());
    insta::assert_snapshot!(flag[0].to_string(), @r#"{"file":null,"flag":"--upstream","path":"proxy.upstream","problem":"must be http://host:port, https://host:port or unix:/path/to/socket","hint":null}"#);
}

#[test]
fn every_fault_of_the_credentials_stands_on_a_line_with_its_place() {
    let folder = folder_with("");
    let text =
        "credentials:\n  - {id: a, account: b, tokn: x}\n  - {id: b b, account: b, token: planted-in-the-clear}\n";
    std::fs::write(folder.path().join("credentials.yaml"), text).unwrap();
    let ended = Run::within(folder.path(), &["config", "validate"]).end();
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    insta::assert_snapshot!(ended.stderr, @r#"
    credentials.yaml:2:25  credentials[0].tokn  is not a known key; did you mean token?
    credentials.yaml:3:10  credentials[1].id  may contain only letters, digits and . _ : @ / + -
    credentials.yaml:3:34  credentials[1].token  is not a token digest; write the digest here, never the token itself; run claviger token digest and paste what it prints
    3 faults
    "#);
}

/// A line without its colon is one long key, and what stands in it may be a secret.
#[test]
fn unknown_keys_without_a_suggestion_are_reported_without_their_text() {
    let text = "proxy: {upstream: http://127.0.0.1:9, listen:hunter2secret}\ncredentials: {file: c.yaml}\n\
                scopes: {\"hunter2 secret\": [], a: [], a: [], \"hunter2 again\": [{path: x}]}\n\
                hunter2secret: 1\nlog: {level: info, level: warn}\nproxy: {}\npublic: [{hunter2secret, path: y}]\n";
    insta::assert_snapshot!(validate(text, &[]).stderr, @r#"
    claviger.yaml:1:39  proxy  a key here is not known; put a space after the colon
    claviger.yaml:3:10  scopes  a key here may contain only letters, digits and . _ : @ / + -
    claviger.yaml:3:39  scopes.a  is a duplicate of the key at 3:32
    claviger.yaml:3:46  scopes  a key here may contain only letters, digits and . _ : @ / + -
    claviger.yaml:4:1  a key here is not known; known here: proxy, forward_auth, admin, console, installation_key_file, old_installation_key_files, delivery, webhooks, handover, credentials, database, accept, identity, versions, scopes, public, cors, paths, tokens, passwords, limits, rate_limit, throttle, log, tracing
    claviger.yaml:5:20  log.level  is a duplicate of the key at 5:7
    claviger.yaml:6:1  proxy  is a duplicate of the key at 1:1
    claviger.yaml:7:11  public[0]  a key here is not known; known here: methods, path, credential
    claviger.yaml:7:32  public[0].path  must begin with /
    9 faults
    "#);
}

#[test]
fn a_key_of_another_section_is_reported_with_its_place() {
    let text = "timeouts: {client: 30s}\n\
                proxy: {upstream: http://127.0.0.1:9, throttle: {enabled: false}, keep_alive: 5s, body_bytes: 1}\n\
                credentials: {file: c.yaml}\nlisten: 127.0.0.1:1\n";
    insta::assert_snapshot!(validate(text, &[]).stderr, @r#"
    claviger.yaml:1:1  timeouts  is not a known key; did you mean proxy.timeouts?
    claviger.yaml:2:39  proxy.throttle  is not a known key; did you mean throttle at the top level?
    claviger.yaml:2:67  proxy.keep_alive  is not a known key; did you mean proxy.timeouts.keep_alive?
    claviger.yaml:2:83  proxy.body_bytes  is not a known key; did you mean limits.body_bytes?
    claviger.yaml:4:1  listen  is not a known key; did you mean proxy.listen, forward_auth.listen, admin.listen or console.listen?
    5 faults
    "#);
    // It is not missing beside that.
    insta::assert_snapshot!(validate("upstream: http://127.0.0.1:9\ncredentials: {file: c.yaml}\n", &[]).stderr, @r#"
    claviger.yaml:1:1  upstream  is not a known key; did you mean proxy.upstream?
    1 fault
    "#);
    let folder = folder_with("");
    let text = format!("token: x\ncredentials: [{{id: a, account: b, token: '{}', access: false}}]\n", digest("a"));
    std::fs::write(folder.path().join("credentials.yaml"), text).unwrap();
    let ended = Run::within(folder.path(), &["config", "validate"]).end();
    for fault in [
        "credentials.yaml:1:1  token  is not a known key; did you mean credentials[].token?\n",
        "  credentials[0].access  is not a known key; did you mean accounts[].access?\n",
    ] {
        assert!(ended.stderr.contains(fault), "{}", ended.stderr);
    }
}

/// A queue is allocated when the gate starts: with these it would panic, abort or hang.
#[test]
fn numbers_that_no_machine_can_bear_are_refused_before_the_start() {
    let text = |threads: &str, hashing: &str, queue: &str, remembered: &str| {
        format!(
            "proxy: {{upstream: http://127.0.0.1:9, threads: {threads}}}\ncredentials: {{file: c.yaml}}\n\
             passwords:\n  threads: {hashing}\n  queue: {queue}\n  remembered: {remembered}\n"
        )
    };
    insta::assert_snapshot!(validate(&text("1025", "60000", "9000000000000000000", "10000001"), &[]).stderr, @r#"
    claviger.yaml:1:48  proxy.threads  is more than 1024
    claviger.yaml:4:12  passwords.threads  is more than 1024
    claviger.yaml:5:10  passwords.queue  is more than 100000
    claviger.yaml:6:15  passwords.remembered  is more than 10000000
    4 faults
    "#);
    let most = validate(&text("1024", "1024", "100000", "10000000"), &[]).stderr;
    assert!(most.starts_with("./c.yaml  cannot be read") || most.starts_with("c.yaml  cannot be read"), "{most}");
}

/// A reader who finds one fault of the list to be wrong stops trusting the others.
#[test]
fn a_value_that_cannot_be_read_is_not_called_missing_too() {
    let text = "proxy: {upstream: ftp://127.0.0.1:9}\ncredentials: {file: 5}\n\
                versions: {read_from: {header: X-Version}, known: [{name: 2}]}\n";
    insta::assert_snapshot!(validate(text, &[]).stderr, @r#"
    claviger.yaml:1:19  proxy.upstream  must be http://host:port, https://host:port or unix:/path/to/socket
    claviger.yaml:2:21  credentials.file  must be text, not a number; put it in quotes
    claviger.yaml:3:59  versions.known[0].name  must be text, not a number; put it in quotes
    3 faults
    "#);
    insta::assert_snapshot!(validate("proxy: 5\ncredentials: []\n", &[]).stderr, @r"
    claviger.yaml:1:8  proxy  must be a mapping, not a number
    claviger.yaml:2:1  credentials  is empty; give it a value, or leave the key out
    2 faults
    ");
}

#[test]
fn what_is_missing_beside_other_faults_is_said_at_once() {
    insta::assert_snapshot!(validate("proxy: {listen: nowhere}\n", &[]).stderr, @r#"
    claviger.yaml:1:1  credentials.file  is missing; set the path of the credentials file, or pass --credentials; or set database
    claviger.yaml:1:8  proxy.upstream  is missing; set the address of the API, for example upstream: http://127.0.0.1:9000, or pass --upstream
    claviger.yaml:1:17  proxy.listen  must be an IP address and a port, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080
    3 faults
    "#);
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let folder = folder_with("");
    let validate = |file: &str| Run::within(folder.path(), &["config", "validate", "--config", file]).end();
    for (file, problem) in [
        ("nowhere.yaml", "nowhere.yaml  cannot be read: No such file or directory"),
        (".", ".  cannot be read: Is a directory"),
        ("credentials.yaml/x", "credentials.yaml/x  cannot be read: Not a directory"),
    ] {
        let ended = validate(file);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{file}");
        assert!(ended.stderr.starts_with(problem), "{}", ended.stderr);
    }
}

#[test]
fn a_credentials_file_that_cannot_be_read_is_named() {
    let folder = folder_with("");
    let file = folder.path().join("credentials.yaml");
    std::fs::remove_file(&file).unwrap();
    let validate = || Run::within(folder.path(), &["config", "validate"]).end();
    assert!(validate().stderr.starts_with("credentials.yaml  cannot be read: No such file"), "{}", validate().stderr);
    std::fs::create_dir(&file).unwrap();
    assert!(validate().stderr.starts_with("credentials.yaml  cannot be read: Is a directory"), "{}", validate().stderr);
    std::fs::remove_dir(&file).unwrap();
    std::os::unix::fs::symlink("credentials.yaml", &file).unwrap();
    let ended = validate();
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.starts_with("credentials.yaml  cannot be read: Too many levels"), "{}", ended.stderr);
}

#[test]
fn each_missing_tls_file_is_a_fault_of_its_own_with_its_line() {
    let folder = TempDir::new().unwrap();
    let settings = "proxy:\n  listen: 127.0.0.1:0\n  upstream: https://127.0.0.1:9\n  tls:\n    certificate: tls/cert.pem\n    \
                    key: tls/key.pem\n    client_ca: tls/ca.pem\n  upstream_tls: {ca: up/ca.pem, certificate: up/cert.pem, \
                    key: up/key.pem}\nadmin:\n  listen: 127.0.0.1:0\n  tls: {certificate: adm/cert.pem, key: adm/key.pem}\n\
                    credentials: {file: credentials.yaml, database: 'sqlite:new.db'}\n";
    std::fs::write(folder.path().join("claviger.yaml"), settings).unwrap();
    std::fs::write(folder.path().join("credentials.yaml"), "credentials: []\n").unwrap();
    let expected = [
        "5:18  proxy.tls.certificate  tls/cert.pem",
        "6:10  proxy.tls.key  tls/key.pem",
        "7:16  proxy.tls.client_ca  tls/ca.pem",
        "8:22  proxy.upstream_tls.ca  up/ca.pem",
        "8:46  proxy.upstream_tls.certificate  up/cert.pem",
        "8:64  proxy.upstream_tls.key  up/key.pem",
        "11:22  admin.tls.certificate  adm/cert.pem",
        "11:41  admin.tls.key  adm/key.pem",
    ];
    let expected: Vec<_> =
        expected.map(|at| format!("claviger.yaml:{at} cannot be read: No such file or directory (os error 2)")).into();
    for command in [&["config", "validate"][..], &["serve"]] {
        let ended = Run::within(folder.path(), &[command, &["--config", "claviger.yaml"]].concat()).end();
        let faults: Vec<_> = ended.stderr.lines().filter(|line| line.starts_with("claviger.yaml:")).collect();
        assert_eq!((ended.code, faults), (1, expected.iter().map(String::as_str).collect()), "{}", ended.stderr);
        assert!(ended.stderr.ends_with("8 faults\n"), "{}", ended.stderr);
    }
    assert!(!folder.path().join("new.db").exists(), "no database before the settings are whole");
}

/// The address is compared with `Origin`, and every link begins with it.
#[test]
fn an_address_of_the_console_with_more_than_host_and_path_is_refused() {
    let text = |url: &str| {
        format!(
            "proxy: {{upstream: http://127.0.0.1:9}}\ncredentials: {{file: c.yaml}}\nconsole: {{public_url: '{url}'}}\n"
        )
    };
    for url in ["https://a@keys.example.org", "https://keys.example.org/?x", "https://keys.example.org/x#y"] {
        let stderr = validate(&text(url), &[]).stderr;
        assert!(stderr.contains(":3:23  console.public_url  must have no user, query or fragment"), "{url}: {stderr}");
    }
    assert!(!validate(&text("https://keys.example.org/console"), &[]).stderr.contains("public_url"));
}
