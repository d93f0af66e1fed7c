//! The life of a credential at the shell.

use super::account_commands::Shell;
use crate::support::Run;

#[test]
fn a_secret_is_shown_once_and_to_scripts_as_json() {
    let shell = Shell::new();
    let (code, made) = shell.person(
        &[
            "credential",
            "create",
            "--account",
            "acme",
            "--id",
            "acme-billing",
            "--name",
            "Billing export",
            "--scope",
            "pay",
        ],
        "",
    );
    assert_eq!(code, 0);
    insta::assert_snapshot!(made, @"
    id                      acme-billing
    account                 acme
    name                    Billing export
    kind                    token
    ends with               …xxxx
    enabled                 yes
    scopes                  pay
    addresses               from anywhere
    expires at              never
    created at              xxxx-xx-xx xx:xx:xxx (just now)
    created by              ann
    secret made at          xxxx-xx-xx xx:xx:xxx (just now)
    revision                1
    last used at            never

    This is shown once and cannot be recovered. Save it somewhere safe:
    token                   clv_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    ");
    let pair =
        shell.json(&["credential", "create", "--account", "acme", "--username", "nightly", "--id", "acme-nightly"]);
    let (username, password) = (pair["secret"]["username"].as_str(), pair["secret"]["password"].as_str().unwrap());
    assert_eq!((username, pair["repeated"].as_bool()), (Some("nightly"), Some(false)));
    assert!(password.len() >= 20);
    let reset = shell.json(&["credential", "reset", "acme-billing", "--yes"]);
    let token = reset["secret"]["token"].as_str().unwrap();
    let copy = shell.json(&["credential", "duplicate", "acme-billing", "--name", "Second site"]);
    assert_eq!((&copy["credential"]["name"], &copy["credential"]["scopes"][0]), (&"Second site".into(), &"pay".into()));
    for arguments in
        [&["credential", "list"][..], &["credential", "show", "acme-billing"], &["audit", "list"], &["audit", "export"]]
    {
        let said = shell.run(arguments).stdout;
        assert!(!said.contains(token) && !said.contains(password), "{arguments:?}");
    }
}

#[test]
fn credentials_are_filtered_listed_and_shown() {
    let shell = Shell::new();
    shell.token("acme-billing");
    shell.token("acme-old");
    shell.json(&["credential", "create", "--account", "acme", "--username", "nightly", "--id", "acme-nightly"]);
    shell.json(&["credential", "disable", "acme-old", "--reason", "Left the company", "--yes"]);
    shell.sql("UPDATE credentials SET created_at = created_at - 1000 * 86400 * 10 + length(id) WHERE id = 'acme-old'");
    shell.sql(
        "INSERT INTO uses (credential, at, used_from) VALUES ('acme-billing', unixepoch() * 1000 - 200000, '10.0.0.1')",
    );
    insta::assert_snapshot!(shell.person(&["credential", "list", "--created", "30d", "--state", "enabled", "--kind", "token"], "").1, @"
    ID            ACCOUNT  KIND   STATE    VERSION  LAST USED             NAME
    acme-billing  acme     token  enabled  -        xxxx-xx-xx xx:xx:xxx  -
    ");
    insta::assert_snapshot!(shell.person(&["credentials", "list", "--count"], "").1, @"
    waiting    0
    cleared    0
    disabled   1
    expired    0
    enabled    2
    ");
    insta::assert_snapshot!(shell.person(&["credential", "show", "acme-old"], "").1, @"
    id                      acme-old
    state                   disabled
    account access          on
    account                 acme
    kind                    token
    ends with               …xxxx
    disabled reason         Left the company
    scopes                  everything
    addresses               from anywhere
    expires at              never
    created at              xxxx-xx-xx xx:xx:xxx (10 days ago)
    created by              ann
    secret made at          xxxx-xx-xx xx:xx:xxx (just now)
    revision                2
    last used at            never
    ");
    let ids = |arguments: &[&str]| -> Vec<String> {
        let listed = shell.json(&[&["credential", "list"], arguments].concat());
        listed.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&["--created", "7d"]).len(), 2);
    assert_eq!(ids(&["--created", "30d"]).len(), 3);
    assert_eq!(ids(&["--created", "older"]).len(), 0);
    assert_eq!(ids(&["--name", "NIGHT"]), ["acme-nightly"]);
    assert_eq!(ids(&["--kind", "password"]), ["acme-nightly"]);
    assert_eq!(ids(&["--state", "disabled", "--account", "acme"]), ["acme-old"]);
    assert_eq!(ids(&["--owner", "usr_stranger"]).len(), 0);
    assert_eq!(shell.json(&["credential", "list", "--count"])["enabled"], 2);
}

#[test]
fn destructive_commands_show_the_last_use_before_they_ask() {
    let shell = Shell::new();
    shell.token("acme-billing");
    let (code, asked) = shell.person(&["credential", "disable", "acme-billing"], "\n");
    assert_eq!(code, 1);
    insta::assert_snapshot!(asked, @"
    acme-billing was never used.
    It is refused from now on, until it is enabled again.
    Continue? [y/N] Nothing was done.
    ");
    shell.sql(
        "INSERT INTO uses (credential, at, used_from) VALUES ('acme-billing', unixepoch() * 1000 - 200000, '10.0.0.1')",
    );
    let (code, asked) = shell.person(&["credential", "reset", "acme-billing", "--overlap", "24h"], "y\n");
    assert_eq!(code, 0);
    insta::assert_snapshot!(asked, @"
    acme-billing was last used 3 minutes ago from 10.0.0.1.
    Its current secret stops working in 24h.
    Continue? [y/N] id                      acme-billing
    account                 acme
    kind                    token
    ends with               …xxxx
    enabled                 yes
    scopes                  everything
    addresses               from anywhere
    expires at              never
    created at              xxxx-xx-xx xx:xx:xxx (just now)
    created by              ann
    secret made at          xxxx-xx-xx xx:xx:xxx (just now)
    previous secret ends at xxxx-xx-xx xx:xx:xxx (in 24 hours)
    revision                2
    last used at            xxxx-xx-xx xx:xx:xxx (3 minutes ago)
    last used from          10.0.0.1

    This is shown once and cannot be recovered. Save it somewhere safe:
    token                   clv_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    ");
    let ended = shell.json(&["credential", "end-overlap", "acme-billing"]);
    assert_eq!(ended["previous_secret_ends_at"], serde_json::Value::Null);
    for (number, shown) in [(1, "10.0.0.1."), (2, "2 addresses."), (16, "16 or more addresses.")] {
        shell.sql("DELETE FROM credential_addresses");
        for last in 1..=number {
            shell.sql(&format!("INSERT INTO credential_addresses VALUES ('acme-billing', '10.0.0.{last}', 0)"));
        }
        let asked = shell.person(&["credential", "clear", "acme-billing"], "\n").1;
        assert!(asked.starts_with(&format!("acme-billing was last used 3 minutes ago from {shown}\n")), "{asked}");
    }
    let shown = shell.person(&["credential", "show", "acme-billing"], "").1;
    assert!(shown.contains("\nrecent addresses        16 or more\n"), "{shown}");
    assert_eq!(shell.json(&["credential", "show", "acme-billing"])["recent_addresses"], 16);
}

#[test]
fn a_credential_is_edited_reset_disabled_and_deleted() {
    let shell = Shell::new();
    shell.token("acme-billing");
    let edited = shell.json(&[
        "credential",
        "edit",
        "acme-billing",
        "--name",
        "Billing",
        "--address",
        "10.0.0.0/8",
        "--expires",
        "2099-12-31",
        "--rate-limit",
        "100/60",
        "--contact-mobile",
        "+447700900961",
        "--yes",
    ]);
    assert_eq!((&edited["expires_at"], &edited["rate_limit"]["burst"]), (&"2099-12-31T00:00:00Z".into(), &100.into()));
    let bare = shell.json(&["credential", "edit", "acme-billing", "--no", "addresses", "--no", "expires_at"]);
    assert_eq!((bare["addresses"].as_array().unwrap().len(), &bare["expires_at"]), (0, &serde_json::Value::Null));
    assert_eq!(shell.json(&["credential", "disable", "acme-billing", "--yes"])["enabled"], false);
    assert_eq!(shell.json(&["credential", "enable", "acme-billing"])["enabled"], true);
    assert_eq!(shell.json(&["credential", "clear", "acme-billing", "--yes"])["cleared"], true);
    let explained = shell.run(&["explain", "acme-billing", "GET", "/pay"]);
    assert_eq!(explained.code, 1);
    insta::assert_snapshot!(explained.stdout, @r"
    GET /pay as acme-billing: refused, credential_invalid (401)
    The credential is unknown, or its secret is wrong.

    Its secret was cleared, so none is right.
    claviger credential reset acme-billing gives it a new one.
    ");
    assert!(shell.json(&["credential", "reset", "acme-billing", "--yes"])["secret"]["token"].is_string());
    assert_eq!(shell.json(&["credential", "delete", "acme-billing", "--yes"])["id"], "acme-billing");
    let gone = shell.run(&["credential", "show", "acme-billing"]);
    assert_eq!((gone.code, gone.stderr.as_str()), (1, "claviger: no credential has the id acme-billing\n"));
}

#[test]
fn an_edit_that_narrows_is_refused_without_confirmation() {
    let shell = Shell::new();
    shell.token("acme-billing");
    let edit = |arguments: &[&str]| shell.run(&[&["credential", "edit", "acme-billing"], arguments].concat());
    for (arguments, fields) in [
        (&["--scope", "pay"][..], "scopes"),
        (&["--address", "10.0.0.0/8", "--name", "x"], "addresses"),
        (&["--expires", "2099-12-31", "--rate-limit", "100/60/20"], "expires_at, rate_limit"),
    ] {
        let refused = edit(arguments);
        assert_eq!((refused.code, refused.stdout.as_str()), (1, ""), "{arguments:?}");
        let effect = format!("It may do less from now on: requests beyond its new {fields} are refused.\n");
        assert!(refused.stderr.contains(&effect) && refused.stderr.contains("Pass --yes"), "{}", refused.stderr);
    }
    let narrow = ["--scope", "pay", "--expires", "2099-12-31", "--rate-limit", "100/60/20", "--yes"];
    assert_eq!(edit(&narrow).code, 0);
    let shown = shell.json(&["credential", "show", "acme-billing"]);
    assert_eq!((&shown["rate_limit"]["burst"], &shown["scopes"]), (&20.into(), &serde_json::json!(["pay"])));
    assert_eq!(edit(&["--address", "10.1.0.0/16", "--yes"]).code, 0);
    for wider in [
        &["--expires", "2100-01-01"][..],
        &["--rate-limit", "200/60/20"],
        &["--no", "scopes"],
        &["--address", "10.0.0.0/8"],
    ] {
        let widened = edit(wider);
        assert_eq!((widened.code, widened.stderr.as_str()), (0, ""), "{wider:?}");
    }
}

#[test]
fn upgrade_pins_to_a_newer_version_and_asks_before_an_older_one() {
    let shell = Shell::new();
    let settings = shell.folder.path().join("claviger.yaml");
    let versions = "versions: {read_from: {path: '/v{version}/'}, known: [{name: '1'}, {name: '2'}, {name: '3'}]}\n";
    std::fs::write(&settings, std::fs::read_to_string(&settings).unwrap() + versions).unwrap();
    shell.json(&["credential", "create", "--account", "acme", "--id", "acme-billing", "--api-version", "2"]);
    let upgrade = |arguments: &[&str]| shell.run(&[&["credential", "upgrade", "acme-billing"], arguments].concat());
    let older = upgrade(&["--to", "1"]);
    assert_eq!((older.code, older.stdout.as_str()), (1, ""));
    assert!(older.stderr.contains("Version 1 is not newer than 2, which it is pinned to: requests for 2"), "{older:?}");
    assert!(older.stderr.contains("Pass --yes to proceed"), "{older:?}");
    let version = |ended: crate::support::Ended| -> serde_json::Value {
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        serde_json::from_str::<serde_json::Value>(&ended.stdout).unwrap()["version"].clone()
    };
    assert_eq!(version(upgrade(&["--to", "1", "--yes"])), "1");
    assert_eq!(version(upgrade(&[])), "3", "the newest");
    let unknown = upgrade(&["--to", "9", "--yes"]);
    assert!(unknown.code == 1 && unknown.stderr.contains("version must be a configured version"), "{unknown:?}");
    // Before any question.
    let unknown = upgrade(&["--to", "9"]);
    let fault = "claviger: Invalid fields\n  version must be a configured version, and 9 is not; known: 1, 2, 3\n";
    assert_eq!((unknown.code, unknown.stderr.as_str()), (1, fault));
    assert!(upgrade(&["--to", "3"]).stderr.contains("is pinned to version 3 already"));
}

#[test]
fn credentials_are_listed_by_contact_e_mail_address() {
    let shell = Shell::new();
    shell.token("acme-other");
    let create = ["credential", "create", "--account", "acme", "--id", "acme-billing"];
    shell.json(&[&create[..], &["--contact-email", "ann@acme.example"]].concat());
    let listed = shell.json(&["credential", "list", "--contact-email", "Ann@acme.example"]);
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["id"]), (1, &"acme-billing".into()));
    let (_, table) = shell.person(&["credential", "list", "--contact-email", "eve@acme.example"], "");
    assert_eq!(table, "no credentials\n");
}

#[test]
fn a_verb_reports_what_was_done_on_a_terminal() {
    let shell = Shell::new();
    shell.token("acme-billing");
    for (verb, report) in [
        ("disable", "acme-billing is disabled.\n"),
        ("enable", "acme-billing is enabled.\n"),
        ("clear", "acme-billing has no secret.\n"),
        ("delete", "acme-billing is deleted.\n"),
    ] {
        let yes = if verb == "enable" { &[][..] } else { &["--yes"] };
        let (code, printed) = shell.person(&[&["credential", verb, "acme-billing"], yes].concat(), "");
        assert!(code == 0 && printed.ends_with(report), "{verb}: {printed}");
    }
}

#[test]
fn every_invalid_field_is_reported_at_once() {
    let shell = Shell::new();
    let ended = shell.run(&[
        "credential",
        "create",
        "--account",
        "acme",
        "--contact-mobile",
        "07700900961",
        "--expires",
        "2020-01-01",
        "--scope",
        "nope",
        "--address",
        "here",
        "--api-version",
        "9",
    ]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    insta::assert_snapshot!(ended.stderr, @r"
    claviger: Invalid fields
      addresses must hold addresses or ranges, such as 192.0.2.7 or 10.0.0.0/8
      contact_mobile must be written with its country code (E.164): did you mean +447700900961?
      version must be a configured version, and 9 is not; none is configured
      scopes name nope, which is not a configured scope
      expires_at must be in the future
    ");
    let nothing = shell.run(&["credential", "edit", "acme-billing"]);
    assert_eq!(
        (nothing.code, nothing.stderr.as_str()),
        (1, "claviger: nothing to change: give at least one option, such as --name\n")
    );
    for arguments in [
        &["credential", "create", "--account", "acme", "--expires", "soon"][..],
        &["credential", "edit", "x", "--no", "id"],
        &["credential", "reset", "x", "--overlap", "long"],
        &["credential", "create", "--account", "acme", "--rate-limit", "many"],
        &["credential", "create", "--account", "acme", "--choose"],
        &["user", "create", "--email", "a@example.org", "--role", "boss"],
        &["account", "members", "acme", "maybe"],
    ] {
        let ended = shell.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}");
    }
}

/// Others can see the command line.
#[test]
fn a_password_is_read_from_a_prompt_or_standard_input_only() {
    let shell = Shell::new();
    let create =
        ["credential", "create", "--account", "acme", "--username", "nightly", "--id", "acme-nightly", "--choose"];
    let piped = Run::within(shell.folder.path(), &create).input("a planted password\n").end();
    assert_eq!((piped.code, piped.stderr.as_str()), (0, ""));
    let made: serde_json::Value = serde_json::from_str(&piped.stdout).unwrap();
    assert_eq!(made["secret"], serde_json::json!({"username": "nightly"}));
    assert!(!piped.stdout.contains("planted"));
    let (code, typed) = shell.person(
        &["credential", "reset", "acme-nightly", "--choose", "--yes"],
        "another planted one\nanother planted one\n",
    );
    assert_eq!(code, 0, "{typed}");
    assert!(typed.starts_with("New password: ") && !typed.contains("planted"), "{typed}");
    assert!(typed.ends_with("The password is the one that you chose.\n"), "{typed}");
    let differ =
        shell.person(&["credential", "reset", "acme-nightly", "--choose", "--yes"], "one of them\nthe other\n");
    assert!(differ.0 == 1 && differ.1.ends_with("the two entries differ\n"), "{}", differ.1);
    let common = Run::within(shell.folder.path(), &["credential", "reset", "acme-nightly", "--choose", "--yes"]);
    let common = common.input("password1").end();
    assert_eq!(common.code, 1);
    insta::assert_snapshot!(common.stderr, @r"
    claviger: Invalid fields
      password is one of the most common ones
    ");
}

#[test]
fn control_characters_are_not_written_to_a_terminal() {
    let shell = Shell::new();
    shell.token("acme-billing");
    shell.sql("UPDATE credentials SET name = 'red' || char(27) || '[31m' || char(8238) || 'txt' || char(155) || char(13) WHERE TRUE");
    for arguments in [&["credential", "list"][..], &["credential", "show", "acme-billing"]] {
        let (code, said) = shell.person(arguments, "");
        assert_eq!(code, 0);
        assert!(said.contains("red\u{fffd}[31m\u{fffd}txt\u{fffd}\u{fffd}"), "{said:?}");
    }
    let stranger = shell.run(&["credential", "show", "\u{1b}[31m"]);
    assert!(stranger.code == 1 && !stranger.stderr.contains('\u{1b}'), "{:?}", stranger.stderr);
}
