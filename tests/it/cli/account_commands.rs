//! Commands on the database of the settings: tables on a terminal, JSON for scripts.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::database::folder_on;
use crate::support::{Ended, Run};

/// A folder with settings and a database.
pub struct Shell {
    pub folder: TempDir,
}

impl Shell {
    /// With an account `acme` that has API access.
    pub fn new() -> Self {
        let shell = Self { folder: folder_on("sqlite:claviger.db") };
        for arguments in
            [&["database", "migrate"][..], &["account", "create", "--id", "acme"], &["account", "grant", "acme"]]
        {
            assert_eq!(shell.run(arguments).code, 0, "{arguments:?}");
        }
        shell
    }

    /// Without a terminal.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        Run::within(self.folder.path(), arguments).variable("SUDO_USER", "ann").end()
    }

    /// Without a terminal, with exit code 0; returns the JSON.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let ended = self.run(arguments);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{arguments:?}");
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stdout))
    }

    /// On a terminal with `typed` as input; returns exit code and output with times and random ids masked.
    pub fn person(&self, arguments: &[&str], typed: &str) -> (i32, String) {
        let run = Run::on_terminal(self.folder.path(), arguments).variable("SUDO_USER", "ann");
        let ended = run.input(typed).end();
        (ended.code, steady(&ended.stdout.replace("\r\n", "\n")))
    }

    /// Creates a credential of `acme`; returns its token.
    pub fn token(&self, id: &str) -> String {
        let made = self.json(&["credential", "create", "--account", "acme", "--id", id]);
        made["secret"]["token"].as_str().unwrap().to_owned()
    }

    /// Runs a statement on the database.
    pub fn sql(&self, sql: &str) {
        sql_in(self.folder.path(), sql);
    }
}

/// Runs a statement on the database in a folder.
pub fn sql_in(folder: &Path, sql: &str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("claviger.db"));
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        sqlx::Connection::close(connection).await.unwrap();
    });
}

/// How the audit names the user of these tests, with `ann` as the caller of sudo.
pub fn actor() -> String {
    let id = |option: &str| {
        let mut command = std::process::Command::new("id");
        command.arg(option);
        Run::of(command).end()
    };
    let user = match id("-un") {
        ended if ended.code == 0 => ended.stdout.trim().to_owned(),
        _ => format!("uid:{}", id("-u").stdout.trim()),
    };
    if user == "ann" { user } else { format!("{user} (sudo ann)") }
}

/// Masks what differs from run to run.
pub fn steady(text: &str) -> String {
    let text = text.replace(&actor(), "ann");
    let lines = text.split('\n').map(|line| line.split(' ').map(mask_word).collect::<Vec<_>>().join(" "));
    let text = lines.collect::<Vec<_>>().join("\n");
    (0..90).fold(text, |text, second| {
        let unit = if second == 1 { "second" } else { "seconds" };
        text.replace(&format!("({second} {unit} ago)"), "(just now)")
    })
}

fn mask_word(word: &str) -> String {
    let masked =
        |rest: &str| rest.chars().map(|letter| if letter.is_ascii_alphanumeric() { 'x' } else { letter }).collect();
    for prefix in ["usr_", "req_", "opt_", "clv_", "clvop_"] {
        if let Some((before, rest)) = word.split_once(prefix).filter(|(_, rest)| rest.len() > 15) {
            let rest: String = masked(rest);
            return format!("{before}{prefix}{rest}");
        }
    }
    if let Some((base, _)) = word.rsplit_once("/setup/").filter(|(_, token)| token.len() == 43) {
        return format!("{base}/setup/{}", "x".repeat(43));
    }
    let bare = word.trim_end_matches(':');
    let is_moment = bare.starts_with("20") && bare.len() == 10 || bare.ends_with('Z') && bare.contains(':');
    match word {
        // A set-up token may hold anything but a space.
        token if token.len() == 43 => "x".repeat(43),
        word if is_moment || word.starts_with('…') => masked(word),
        word => word.to_owned(),
    }
}

#[test]
fn account_commands_print_tables_on_a_terminal() {
    let shell = Shell::new();
    let (code, created) = shell.person(&["account", "create", "--id", "globex", "--name", "Globex Inc"], "");
    assert_eq!(code, 0, "{created}");
    insta::assert_snapshot!(created, @"
    id                      globex
    name                    Globex Inc
    granted                 no
    switched on             yes
    members allowed         no
    created at              xxxx-xx-xx xx:xx:xxx (just now)
    revision                1

    Next, grant API access: claviger account grant globex
    ");
    insta::assert_snapshot!(shell.person(&["account", "list"], "").1, @"
    ID      GRANTED  SWITCHED ON  MEMBERS  CREATED               NAME
    acme    yes      yes          no       xxxx-xx-xx xx:xx:xxx  -
    globex  no       yes          no       xxxx-xx-xx xx:xx:xxx  Globex Inc
    ");
    insta::assert_snapshot!(shell.person(&["account", "list", "--name", "GLOB"], "").1, @"
    ID      GRANTED  SWITCHED ON  MEMBERS  CREATED               NAME
    globex  no       yes          no       xxxx-xx-xx xx:xx:xxx  Globex Inc
    ");
    assert_eq!(shell.person(&["account", "list", "--name", "stranger"], ""), (0, "no accounts\n".to_owned()));

    shell.token("acme-billing");
    let (code, refused) = shell.person(&["account", "withdraw", "acme"], "n\n");
    assert_eq!(code, 1);
    insta::assert_snapshot!(refused, @"
    acme has 1 enabled credential: all are refused from now on.
    Continue? [y/N] Nothing was done.
    ");
    assert_eq!(shell.json(&["account", "show", "acme"])["granted"], true);
    let (code, withdrawn) = shell.person(&["account", "withdraw", "acme"], "yes\n");
    assert!(code == 0 && withdrawn.ends_with("\nAPI access of acme is withdrawn.\n"), "{withdrawn}");
    assert_eq!(shell.json(&["account", "show", "acme"])["granted"], false);
}

#[test]
fn account_commands_print_json_to_scripts() {
    let shell = Shell::new();
    assert_eq!(shell.json(&["account", "rename", "acme", "Acme Ltd"])["name"], "Acme Ltd");
    assert!(shell.json(&["account", "rename", "acme", "--no", "name"])["name"].is_null());
    assert_eq!(shell.run(&["account", "rename", "acme"]).code, 2, "neither a name nor --no");
    assert_eq!(shell.json(&["account", "members", "acme", "on"])["members_allowed"], true);
    assert_eq!(shell.json(&["account", "members", "acme", "off", "--yes"])["members_allowed"], false);
    for (verb, field, holds) in
        [("switch-off", "switched_on", false), ("switch-on", "switched_on", true), ("withdraw", "granted", false)]
    {
        let yes = if holds { &[][..] } else { &["--yes"] };
        assert_eq!(shell.json(&[&["account", verb, "acme"], yes].concat())[field], holds, "{verb}");
    }
    let listed = shell.json(&["account", "list"]);
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["id"]), (1, &"acme".into()));
    for (arguments, problem) in [
        (&["account", "show", "stranger"][..], "claviger: no account has the id stranger\n"),
        (&["account", "create", "--id", "acme"], "claviger: another account has this id\n"),
        (&["account", "grant", "stranger"], "claviger: no account has the id stranger\n"),
    ] {
        let ended = shell.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (1, "", problem), "{arguments:?}");
    }
}

#[test]
fn destructive_commands_are_refused_without_yes_or_a_terminal() {
    let shell = Shell::new();
    shell.token("acme-billing");
    let operator = shell.json(&["operator", "create", "--name", "nightly", "--role", "staff"]);
    let operator = operator["operator_token"]["id"].as_str().unwrap();
    let user = shell.json(&["user", "create", "--email", "ann@example.org", "--role", "staff"]);
    let user = user["user"]["id"].as_str().unwrap();
    for (arguments, names) in [
        (&["account", "withdraw", "acme"][..], "acme has 1 enabled credential: all are refused from now on."),
        (&["account", "switch-off", "acme"], "acme has 1 enabled credential: all are refused from now on."),
        (&["account", "members", "acme", "off"], "Keys that members of acme created"),
        (&["credential", "reset", "acme-billing"], "Its current secret stops working at once."),
        (&["credential", "reset", "acme-billing", "--overlap", "90m"], "Its current secret stops working in 1h 30m."),
        (&["credential", "disable", "acme-billing"], "It is refused from now on, until it is enabled again."),
        (&["credential", "clear", "acme-billing"], "it has none until it is reset."),
        (&["credential", "delete", "acme-billing"], "It stops working at once and is deleted permanently."),
        (&["operator", "disable", operator], "nightly (opt_"),
        (&["operator", "delete", operator], "Scripts that use it are refused from now on."),
        (&["user", "disable", user], "ann@example.org (staff) is signed out everywhere"),
        (&["user", "end-sessions", user], "ann@example.org is signed out everywhere, and can sign in again."),
    ] {
        let before = shell.run(&["audit", "list"]).stdout;
        let ended = shell.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{arguments:?}");
        assert!(ended.stderr.contains(names), "{arguments:?}: {}", ended.stderr);
        let refusal = "Nothing was done: there is no terminal to ask for confirmation. Pass --yes to proceed\n";
        assert!(ended.stderr.ends_with(refusal), "{}", ended.stderr);
        assert_eq!(shell.run(&["audit", "list"]).stdout, before, "{arguments:?}");
    }
}

#[test]
fn requests_are_created_decided_and_withdrawn() {
    let shell = Shell::new();
    let ask = |account: &str| {
        shell.json(&["account", "create", "--id", account]);
        let arguments = ["request", "ask", "--account", account, "--start", "2099-01-31", "--use-case", "reporting"];
        shell.json(&arguments)["id"].as_str().unwrap().to_owned()
    };
    let asked = ["one", "two", "three", "four"].map(ask);
    insta::assert_snapshot!(shell.person(&["request", "list"], "").1, @"
    ID                        ACCOUNT  STATE    START       ASKED                 ASKED BY
    req_xxxxxxxxxxxxxxxxxxxx  one      pending  xxxx-xx-xx  xxxx-xx-xx xx:xx:xxx  ann
    req_xxxxxxxxxxxxxxxxxxxx  two      pending  xxxx-xx-xx  xxxx-xx-xx xx:xx:xxx  ann
    req_xxxxxxxxxxxxxxxxxxxx  three    pending  xxxx-xx-xx  xxxx-xx-xx xx:xx:xxx  ann
    req_xxxxxxxxxxxxxxxxxxxx  four     pending  xxxx-xx-xx  xxxx-xx-xx xx:xx:xxx  ann
    ");
    let approved = shell.json(&["request", "approve", &asked[0], &asked[1]]);
    assert_eq!(approved["items"].as_array().unwrap().len(), 2);
    assert_eq!(shell.json(&["account", "show", "two"])["granted"], true);
    let (code, declined) = shell.person(&["request", "decline", &asked[2], "--reason", "No contract yet"], "");
    assert_eq!(code, 0);
    insta::assert_snapshot!(declined, @"req_xxxxxxxxxxxxxxxxxxxx  three  declined");
    insta::assert_snapshot!(shell.person(&["request", "show", &asked[2]], "").1, @"
    id                      req_xxxxxxxxxxxxxxxxxxxx
    account                 three
    asked by kind           shell
    asked by                ann
    start on                xxxx-xx-xx
    use cases               reporting
    state                   declined
    reason                  No contract yet
    decided by              ann
    decided at              xxxx-xx-xx xx:xx:xxx (just now)
    created at              xxxx-xx-xx xx:xx:xxx (just now)
    revision                2
    ");
    assert_eq!(shell.json(&["request", "withdraw", &asked[3]])["state"], "withdrawn");
    assert_eq!(shell.person(&["request", "list"], ""), (0, "no pending requests\n".to_owned()));
    assert_eq!(shell.json(&["request", "list", "--state", "approved"]).as_array().unwrap().len(), 2);

    assert_eq!(shell.json(&["request", "list", "--state", "all"]).as_array().unwrap().len(), 4);

    // A batch with an unknown id changes nothing.
    let fifth = ask("five");
    let ended = shell.run(&["request", "approve", &fifth, "req_stranger"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    assert!(ended.stderr.contains("no access request has the id req_stranger"), "{}", ended.stderr);
    assert_eq!(shell.json(&["request", "show", &fifth])["state"], "pending");
    let wrong =
        ["request", "ask", "--account", "five", "--start", "soon", "--use-case", "fun", "--privacy-policy", "x"];
    let ended = shell.run(&wrong);
    assert_eq!(ended.code, 1);
    insta::assert_snapshot!(ended.stderr, @r#"
    claviger: Invalid fields
      start_on must be today or a later date, such as 2027-01-31
      use_cases each must be third_party_tool, data_extraction, reporting, integration, automation or "other: " and 1 to 200 characters, without control characters
      privacy_policy must be an address of a public site, such as https://example.org/privacy: http or https, a host with a name, no user, and all but letters, digits and signs of ASCII encoded
    "#);
}
