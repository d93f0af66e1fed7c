//! Import and export: the same over HTTP as on the database.

use std::path::Path;

use tempfile::TempDir;

use super::remote_commands::Server;
use crate::support::{Ended, Run, TOKEN, credentials, digest, eventually};

/// Runs a command over HTTP in a folder of its own.
fn remote(server: &Server, token: &str, folder: &Path, arguments: &[&str]) -> Ended {
    let run = Run::within(folder, &[arguments, &["--server", &server.server()]].concat());
    run.variable("CLAVIGER_TOKEN", token).end()
}

/// Runs a command on the database of that process.
fn local(server: &Server, arguments: &[&str]) -> Ended {
    Run::within(server.gate.folder(), arguments).end()
}

#[track_caller]
fn assert_same(remote: &Ended, local: &Ended) {
    assert_eq!((remote.code, &remote.stdout, &remote.stderr), (local.code, &local.stdout, &local.stderr));
}

#[test]
fn import_and_export_are_the_same_over_http_as_on_the_database() {
    let server = Server::new();
    let (staff, folder) = (&server.tokens[0], TempDir::new().unwrap());
    for folder in [folder.path(), server.gate.folder()] {
        std::fs::write(folder.join("in.yaml"), credentials()).unwrap();
        std::fs::write(folder.join("bad.csv"), "id,account,token\na b,acme,planted\nc,acme\n").unwrap();
        std::fs::write(folder.join("odd.csv"), "").unwrap();
    }
    let both = |arguments: &[&str]| {
        let over_http = remote(&server, staff, folder.path(), arguments);
        assert_same(&over_http, &local(&server, arguments));
        over_http
    };
    let dry = both(&["credential", "import", "in.yaml", "--dry-run"]);
    assert!(dry.code == 0 && dry.stdout.starts_with("+ acme-billing of acme\n"), "{dry:?}");
    let imported = remote(&server, staff, folder.path(), &["credential", "import", "in.yaml"]);
    assert_eq!((imported.code, imported.stdout.as_str()), (0, "3 added, 0 changed, 0 unchanged\n"));
    assert_eq!(both(&["credential", "import", "in.yaml"]).stdout, "0 added, 0 changed, 3 unchanged\n");
    for arguments in [
        &["credential", "export"][..],
        &["credential", "export", "--format", "csv", "--account", "acme"],
        &["credential", "export", "--format", "htpasswd"],
    ] {
        let file = both(arguments);
        assert!(file.code == 0 && file.stderr.contains(" exported\n"), "{file:?}");
    }
    for arguments in [
        &["credential", "import", "bad.csv"][..],
        &["credential", "import", "odd.csv"],
        &["credential", "import", "gone.csv"],
        &["credential", "import", "bad.csv", "--format", "htpasswd"],
        &["credential", "export", "--account", "acmee"],
    ] {
        let refused = both(arguments);
        assert!(refused.code == 1 && refused.stdout.is_empty() && !refused.stderr.contains("planted"), "{refused:?}");
    }
    let users = &["credential", "import", "-", "--format", "htpasswd", "--account", "globex"];
    let run = Run::within(folder.path(), &[&users[..], &["--server", &server.server()]].concat());
    let piped = run.variable("CLAVIGER_TOKEN", staff).input("ada:{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=\nbad\n").end();
    assert_eq!(piped.stderr, "standard input:2:1  must be USER:HASH\n1 fault\n");
}

#[test]
fn an_owner_exports_their_own_account_and_imports_nothing() {
    let (server, folder) = (Server::new(), TempDir::new().unwrap());
    let [staff, owner, _] = &server.tokens;
    let file = format!("credentials: [{{id: g, account: globex, token: '{}'}}]\n", digest(TOKEN));
    std::fs::write(folder.path().join("in.yaml"), file).unwrap();
    let import = ["credential", "import", "in.yaml"];
    let refused = remote(&server, owner, folder.path(), &import);
    assert_eq!((refused.code, refused.stderr.as_str()), (1, "claviger: your role does not allow this\n"));
    assert_eq!(remote(&server, staff, folder.path(), &import).code, 0);
    let own = remote(&server, owner, folder.path(), &["credential", "export"]);
    assert_eq!((own.code, own.stderr.as_str()), (0, "0 credentials exported\n"));
    assert!(!own.stdout.contains("globex"), "{}", own.stdout);
    let foreign = remote(&server, owner, folder.path(), &["credential", "export", "--account", "globex"]);
    assert_eq!((foreign.code, foreign.stderr.as_str()), (1, "claviger: no account has the id globex\n"));
}

#[test]
fn an_unreadable_credential_is_left_out_of_an_export_and_counted() {
    let (server, folder) = (Server::new(), TempDir::new().unwrap());
    std::fs::write(folder.path().join("in.yaml"), credentials()).unwrap();
    let staff = &server.tokens[0];
    assert_eq!(remote(&server, staff, folder.path(), &["credential", "import", "in.yaml"]).code, 0);
    super::account_commands::sql_in(
        server.gate.folder(),
        "UPDATE credentials SET addresses = 'nowhere' WHERE id = 'acme-billing'",
    );
    let ended = remote(&server, staff, folder.path(), &["credential", "export"]);
    let expected = format!("2 credentials exported\nleft out: 1 credential; the log of {} says why\n", server.server());
    assert_eq!((ended.code, ended.stderr), (1, expected));
    eventually("the log says why", || server.gate.stderr().contains("credentials.addresses of"));
}

/// More entries than are held in memory at once.
#[test]
fn a_long_audit_is_streamed_over_http_and_from_the_database() {
    let (server, folder) = (Server::new(), TempDir::new().unwrap());
    super::account_commands::sql_in(
        server.gate.folder(),
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
        INSERT INTO audit (id, at, actor_kind, actor, verb, target_kind, target)
        SELECT printf('00000000-%012d', i), i, 'shell', '=ann', 'test', 'thing', 'x' FROM n",
    );
    let export = ["audit", "export", "--verb", "test"];
    let over_http = remote(&server, &server.tokens[0], folder.path(), &export);
    assert_same(&over_http, &local(&server, &export));
    assert_eq!((over_http.code, over_http.stdout.lines().count()), (0, 3001));
    assert!(over_http.stdout.ends_with("\r\n") && !over_http.stdout.contains(",=ann"), "{:.200}", over_http.stdout);
}
