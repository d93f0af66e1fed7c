//! Users, operator tokens, the audit and the first set-up link.

use serde_json::Value;

use super::account_commands::{Shell, actor};
use crate::support::Run;

#[test]
fn a_user_is_created_with_a_set_up_link_that_is_shown_once() {
    let shell = Shell::new();
    let create = ["user", "create", "--email", "bob@acme.example", "--role", "owner", "--account", "acme"];
    let (code, made) = shell.person(&create, "");
    assert_eq!(code, 0);
    insta::assert_snapshot!(made, @r#"
    id                      usr_xxxxxxxxxxxxxxxxxxxx
    account                 acme
    email                   bob@acme.example
    role                    owner
    enabled                 yes
    has password            no
    created at              xxxx-xx-xx xx:xx:xxx (just now)
    revision                1

    This is shown once and cannot be recovered. Save it somewhere safe:
    ticket                  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    ends at                 xxxx-xx-xx xx:xx:xxx (in 3 days)
    As a link: http://127.0.0.1:8083/setup/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    "#);
    let listed = shell.json(&["user", "list", "--account", "acme"]);
    let bob = listed[0]["id"].as_str().unwrap();
    let (code, link) = shell.person(&["user", "setup-link", bob], "");
    assert_eq!(code, 0);
    insta::assert_snapshot!(link, @r#"
    This is shown once and cannot be recovered. Save it somewhere safe:
    ticket                  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    ends at                 xxxx-xx-xx xx:xx:xxx (in 3 days)
    As a link: http://127.0.0.1:8083/setup/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    "#);
    assert!(shell.json(&["user", "setup-link", bob])["ticket"].as_str().unwrap().len() > 20);
    insta::assert_snapshot!(shell.person(&["user", "list"], "").1, @"
    ID                        ACCOUNT  ROLE   ENABLED  CREATED               E-MAIL
    usr_xxxxxxxxxxxxxxxxxxxx  acme     owner  yes      xxxx-xx-xx xx:xx:xxx  bob@acme.example
    ");
    let lowered = ["user", "edit", bob, "--role", "implementer", "--name", "Bob"];
    let refused = shell.run(&lowered);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("bob@acme.example is owner and becomes implementer"), "{}", refused.stderr);
    assert_eq!(shell.json(&[&lowered[..], &["--yes"]].concat())["role"], "implementer");
    assert_eq!(shell.json(&["user", "edit", bob, "--no", "name"])["name"], Value::Null);
    assert_eq!(shell.json(&["user", "edit", bob, "--role", "owner"])["role"], "owner", "may do more");
    assert_eq!(shell.json(&["user", "edit", bob, "--role", "implementer", "-y"])["role"], "implementer");
    let (code, refused) = shell.person(&["user", "disable", bob], "no\n");
    assert_eq!(code, 1);
    insta::assert_snapshot!(refused, @"
    bob@acme.example (implementer) is signed out everywhere, and their own keys are refused from now on.
    Continue? [y/N] Nothing was done.
    ");
    assert_eq!(shell.json(&["user", "disable", bob, "--yes"])["enabled"], false);
    assert_eq!(shell.json(&["user", "enable", bob])["enabled"], true);
    let (_, enabled) = shell.person(&["user", "enable", bob], "");
    assert!(enabled.contains("enabled                 yes\n"), "{enabled}");
    assert!(enabled.ends_with("\nbob@acme.example is enabled.\n"), "{enabled}");
    insta::assert_snapshot!(shell.person(&["user", "diagnose", bob], "").1, @"
    [+] The user is enabled.
    [+] The provider has granted API access to the account.
    [+] The account has API access switched on.
    [+] The user's role may use the API.
    [-] No credential exists. Members create their own key; others create a credential for the account.

    Each gate counts wrong passwords of its own: claviger throttle list, run beside it, lists them.
    ");
    assert_eq!(
        shell.run(&["user", "edit", bob]).stderr,
        "claviger: nothing to change: give at least one option, such as --name\n"
    );
    assert_eq!(shell.json(&["user", "list", "--role", "staff"]).as_array().unwrap().len(), 0);
    let twice = shell.run(&create);
    assert_eq!((twice.code, twice.stdout.as_str()), (1, ""));
    insta::assert_snapshot!(twice.stderr, @"claviger: another user has this e-mail address");
    let stranger = shell.run(&["user", "show", "usr_stranger"]);
    assert_eq!((stranger.code, stranger.stderr.as_str()), (1, "claviger: no user has the id usr_stranger\n"));
}

#[test]
fn operator_tokens_are_created_disabled_and_deleted() {
    let shell = Shell::new();
    let (code, made) =
        shell.person(&["operator", "create", "--name", "nightly", "--role", "staff", "--expires", "2099-06-30"], "");
    assert_eq!(code, 0);
    assert!(made.contains("clvop_xxxx"), "{made}");
    let owner = shell.json(&["operator", "create", "--name", "acme's own", "--role", "owner", "--account", "acme"]);
    let (id, token) = (owner["operator_token"]["id"].as_str().unwrap(), owner["token"].as_str().unwrap());
    assert!(token.starts_with("clvop_"));
    insta::assert_snapshot!(shell.person(&["operator", "list"], "").1, @"
    ID                        ACCOUNT  ROLE   ENABLED  EXPIRES               LAST USED  NAME
    opt_xxxxxxxxxxxxxxxxxxxx  acme     owner  yes      -                     -          acme's own
    opt_xxxxxxxxxxxxxxxxxxxx  -        staff  yes      xxxx-xx-xx xx:xx:xxx  -          nightly
    ");
    let (code, asked) = shell.person(&["operator", "disable", id], "y\n");
    assert_eq!(code, 0);
    insta::assert_snapshot!(asked, @"
    acme's own (opt_xxxxxxxxxxxxxxxxxxxx) was never used.
    Scripts that use it are refused from now on.
    Continue? [y/N] id                      opt_xxxxxxxxxxxxxxxxxxxx
    account                 acme
    name                    acme's own
    role                    owner
    enabled                 no
    expires at              never
    created at              xxxx-xx-xx xx:xx:xxx (just now)
    created by              ann
    revision                2
    last used at            never

    opt_xxxxxxxxxxxxxxxxxxxx is disabled.
    ");
    let (_, enabled) = shell.person(&["operator", "enable", id], "");
    assert!(enabled.ends_with("\nopt_xxxxxxxxxxxxxxxxxxxx is enabled.\n"), "{enabled}");
    assert_eq!(shell.json(&["operator", "enable", id])["enabled"], true);
    let (_, deleted) = shell.person(&["operator", "delete", id, "--yes"], "");
    assert!(deleted.ends_with("\nopt_xxxxxxxxxxxxxxxxxxxx is deleted.\n"), "{deleted}");
    assert_eq!(shell.run(&["operator", "show", id]).stderr, format!("claviger: no operator token has the id {id}\n"));
    let pasted = shell.run(&["operator", "disable", token, "--yes"]);
    assert!(pasted.code == 1 && !pasted.stderr.contains(token), "{}", pasted.stderr);
    assert!(pasted.stderr.starts_with("claviger: this is a token, not an id: give its id"), "{}", pasted.stderr);
    let wrong = shell.run(&["operator", "create", "--name", "x", "--role", "owner", "--account", "stranger"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (1, ""));
    insta::assert_snapshot!(wrong.stderr, @r"
    claviger: Invalid fields
      account names no account
    ");
}

/// A table whose columns depend on the name of the user.
fn squeezed(table: &str) -> String {
    let cells =
        |line: &str| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join("  ");
    table.lines().map(cells).collect::<Vec<_>>().join("\n")
}

/// `USER` can be set by anyone; `SUDO_USER` is noted beside the user of the system.
#[test]
fn the_audit_names_the_user_of_the_system() {
    let shell = Shell::new();
    let run = Run::within(shell.folder.path(), &["account", "create", "--id", "globex"]);
    assert_eq!(run.variable("USER", "mallory").variable("LOGNAME", "mallory").variable("SUDO_USER", "").end().code, 0);
    shell.json(&["account", "create", "--id", "initech"]);
    let actor_of = |account: &str| {
        let audit = shell.json(&["audit", "list", "--account", account]);
        audit[0]["actor"].as_str().unwrap().to_owned()
    };
    assert_eq!(actor_of("initech"), actor());
    assert_eq!(actor_of("globex"), actor().trim_end_matches(" (sudo ann)"));
}

#[test]
fn switching_an_account_off_and_on_are_different_verbs() {
    let shell = Shell::new();
    shell.json(&["account", "switch-off", "acme", "--yes"]);
    shell.json(&["account", "switch-on", "acme"]);
    let audit = shell.json(&["audit", "list", "--account", "acme"]);
    assert_eq!([&audit[0]["verb"], &audit[1]["verb"]], ["switch_account_on", "switch_account_off"]);
}

#[test]
fn a_user_is_found_by_e_mail_address() {
    let shell = Shell::new();
    shell.json(&["user", "create", "--email", "bob@acme.example", "--role", "owner", "--account", "acme"]);
    assert_eq!(shell.json(&["user", "show", "Bob@acme.example"])["email"], "bob@acme.example");
    assert_eq!(shell.json(&["user", "edit", "bob@acme.example", "--name", "Bob"])["name"], "Bob");
    assert_eq!(shell.json(&["user", "end-sessions", "bob@acme.example", "--yes"])["enabled"], true);
    assert_eq!(shell.json(&["user", "disable", "bob@acme.example", "--yes"])["enabled"], false);
    let unknown = shell.run(&["user", "show", "eve@acme.example"]);
    assert_eq!(unknown.stderr, "claviger: no user has the e-mail address eve@acme.example\n");
}

#[test]
fn the_audit_is_listed_and_exported_without_formulas() {
    let shell = Shell::new();
    shell.token("acme-billing");
    shell.json(&["credential", "edit", "acme-billing", "--name", "=cmd()"]);
    shell.json(&["credential", "reset", "acme-billing", "--yes"]);
    insta::assert_snapshot!(squeezed(&shell.person(&["audit", "list", "--target", "acme-billing"], "").1), @"
    AT  WHO  VERB  WHAT  ACCOUNT  FROM
    xxxx-xx-xx xx:xx:xxx  shell:ann  reset  credential:acme-billing  acme  -
    xxxx-xx-xx xx:xx:xxx  shell:ann  edit  credential:acme-billing  acme  -
    xxxx-xx-xx xx:xx:xxx  shell:ann  create  credential:acme-billing  acme  -
    ");
    let lines = |arguments: &[&str]| shell.json(&[&["audit", "list"], arguments].concat()).as_array().unwrap().len();
    assert_eq!(
        [lines(&[]), lines(&["--verb", "reset"]), lines(&["--actor", &actor()]), lines(&["--actor", "eve"])],
        [5, 1, 5, 0]
    );
    assert_eq!((lines(&["--since", "2099-01-01"]), lines(&["--until", "2099-01-01"])), (0, 5));
    let exported = shell.run(&["audit", "export", "--account", "acme"]);
    assert_eq!((exported.code, exported.stderr.as_str()), (0, ""));
    let mut csv = csv::Reader::from_reader(exported.stdout.as_bytes());
    // The export itself is audited.
    assert_eq!(csv.records().count(), 6);
    assert!(exported.stdout.lines().all(|line| !line.starts_with(['=', '+', '-', '@'])), "{}", exported.stdout);
}

#[test]
fn admin_setup_link_prints_a_link_until_a_staff_member_has_a_password() {
    let shell = Shell::new();
    let (code, printed) = shell.person(&["admin", "setup-link"], "");
    assert_eq!(code, 0);
    insta::assert_snapshot!(printed, @r#"
    Works once, until xxxx-xx-xx xx:xx:xxx:
    http://127.0.0.1:8083/setup/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    "#);
    let settings = shell.folder.path().join("claviger.yaml");
    let text = std::fs::read_to_string(&settings).unwrap() + "console: {public_url: 'https://keys.example.org'}\n";
    std::fs::write(&settings, text).unwrap();
    let link = shell.json_with_notes(&["admin", "setup-link"]);
    let (url, ticket) = (link["url"].as_str().unwrap(), link["ticket"].as_str().unwrap());
    assert_eq!(url, format!("https://keys.example.org/setup/{ticket}"));
}

/// The links would lead nowhere.
#[test]
fn without_a_console_tickets_are_printed_without_a_link() {
    let shell = Shell::new();
    let settings = shell.folder.path().join("claviger.yaml");
    let text = std::fs::read_to_string(&settings).unwrap();
    for console in ["{enabled: false}", "{enabled: false, public_url: 'https://keys.example.org'}"] {
        std::fs::write(&settings, format!("{text}console: {console}\n")).unwrap();
        let email = format!("{}@acme.example", console.len());
        let create = ["user", "create", "--email", &email, "--role", "owner", "--account", "acme"];
        for command in [&["admin", "setup-link"][..], &create, &["user", "setup-link", &email]] {
            let (code, printed) = shell.person(command, "");
            assert_eq!(code, 0, "{printed}");
            assert!(printed.contains(&"x".repeat(43)), "{printed}");
            assert!(printed.contains("The console is off in these settings"), "{printed}");
            assert!(!printed.contains("http"), "{printed}");
        }
        let link = shell.run(&["admin", "setup-link"]).stdout;
        let link: Value = serde_json::from_str(&link).unwrap();
        assert!(link["url"].is_null() && link["ticket"].is_string(), "{link}");
        assert!(shell.json(&["user", "setup-link", &email])["url"].is_null());
    }
}

#[test]
fn read_commands_neither_create_nor_migrate_a_database() {
    let shell = Shell { folder: super::database::folder_on("sqlite:claviger.db") };
    let file = shell.folder.path().join("claviger.db");
    let reading = [
        &["account", "list"][..],
        &["request", "list"],
        &["credential", "list"],
        &["credential", "show", "x"],
        &["credential", "export"],
        &["user", "list"],
        &["operator", "list"],
        &["audit", "list"],
        &["audit", "export"],
        &["explain", "x", "GET", "/x"],
    ];
    for arguments in reading {
        let ended = shell.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{arguments:?}");
        assert!(ended.stderr.contains("does not exist; claviger database migrate creates it"), "{}", ended.stderr);
        assert!(!file.exists(), "{arguments:?}");
    }
    assert_eq!(shell.run(&["database", "migrate"]).code, 0);
    shell.sql("DELETE FROM _sqlx_migrations");
    let before = std::fs::read(&file).unwrap();
    for arguments in reading {
        let ended = shell.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{arguments:?}");
        assert!(ended.stderr.contains("run claviger database migrate"), "{arguments:?}: {}", ended.stderr);
    }
    assert!(std::fs::read(&file).unwrap() == before, "a read command has written");
}

#[test]
fn without_a_management_api_the_error_names_both_ways_to_give_one() {
    let folder = tempfile::TempDir::new().unwrap();
    let ended = Run::within(folder.path(), &["account", "list"]).end();
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    insta::assert_snapshot!(ended.stderr, @"claviger: no management API: name one with --server, or the settings of its database with --config: no settings: none of claviger.yaml, config/claviger.yaml, /etc/claviger/claviger.yaml exists; name a file with --config, or give --upstream and --credentials");
}

impl Shell {
    /// Standard error may hold notes.
    fn json_with_notes(&self, arguments: &[&str]) -> Value {
        let ended = self.run(arguments);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        serde_json::from_str(&ended.stdout).unwrap()
    }
}
