//! `claviger config`

use serde_json::Value;
use tempfile::TempDir;

use super::folder_with;
use crate::support::Run;

#[test]
fn good_files_are_called_fine_and_counted() {
    let folder = folder_with("");
    let validate =
        |arguments: &[&str]| Run::within(folder.path(), &[&["config", "validate"], arguments].concat()).end();

    let text = validate(&[]);
    assert_eq!((text.code, text.stdout.as_str()), (0, "claviger.yaml: valid, 3 credentials\n"));
    let json = validate(&["--format", "json"]);
    assert_eq!((json.code, json.stdout.as_str()), (0, "{\"valid\":true,\"credentials\":3,\"faults\":[]}\n"));
}

#[test]
fn settings_are_shown_with_where_each_comes_from() {
    let folder =
        folder_with("accept:\n  basic: false\n  api_key: {query: api_key}\n\"scopes\": {\"a:b\": [{path: /a}]}\n");
    let shown = Run::within(folder.path(), &["config", "show", "--redacted", "--upstream", "http://127.0.0.1:9001"])
        .variable("CLAVIGER__IDENTITY__PREFIX", "X-Acme-")
        .variable("CLAVIGER__PROXY__TIMEOUTS__CLIENT", "90s")
        .end();
    assert_eq!((shown.code, shown.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(shown.stdout);
    // What is shown can be pasted back.
    std::fs::write(folder.path().join("claviger.yaml"), shown.stdout).unwrap();
    let again = Run::within(folder.path(), &["config", "validate"]).end();
    assert_eq!(again.code, 0, "{}", again.stderr);
}

/// It is refused by what starts; this prints what was read.
#[test]
fn the_password_of_a_collector_is_not_shown() {
    let folder = folder_with("tracing: {otlp: 'http://me:hunter2@127.0.0.1:4318/a@b'}\n");
    let shown = Run::within(folder.path(), &["config", "show"]).end();
    assert!(shown.stdout.contains("otlp: \"http://127.0.0.1:4318/a@b\""), "{}", shown.stdout);
    assert!(!shown.stdout.contains("hunter2") && !shown.stderr.contains("hunter2"), "{}", shown.stderr);
    let validated = Run::within(folder.path(), &["config", "validate"]).end();
    assert!(validated.code == 1 && !validated.stderr.contains("hunter2"), "{}", validated.stderr);
}

#[test]
fn a_variable_overrides_the_file_and_a_flag_overrides_the_variable() {
    let folder = folder_with("");
    let upstream = |run: Run| {
        let shown = run.variable("CLAVIGER__PROXY__UPSTREAM", "http://127.0.0.1:2").end().stdout;
        let line = shown.lines().find(|line| line.trim_start().starts_with("upstream:")).unwrap();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let show = ["config", "show"];
    let by_variable = upstream(Run::within(folder.path(), &show));
    assert_eq!(by_variable, "upstream: \"http://127.0.0.1:2\" # environment variable CLAVIGER__PROXY__UPSTREAM");
    let by_flag = upstream(Run::within(folder.path(), &[&show[..], &["--upstream", "http://127.0.0.1:3"]].concat()));
    assert_eq!(by_flag, "upstream: \"http://127.0.0.1:3\" # flag --upstream");
}

#[test]
fn a_misspelt_variable_is_refused_with_a_hint() {
    let folder = folder_with("");
    let validate =
        |name: &str, value: &str| Run::within(folder.path(), &["config", "validate"]).variable(name, value).end();
    for (name, value, fault) in [
        ("CLAVIGER__PROXY__LISTN", "127.0.0.1:0", "proxy.listn  is not a known key; did you mean listen?"),
        ("CLAVIGER__PROXI__LISTEN", "127.0.0.1:0", "proxi  is not a known key; did you mean proxy?"),
        ("CLAVIGER__ACCEPT__BASIC", "yes", "accept.basic  must be true or false, not text"),
        ("CLAVIGER__PROXY__UPSTREAM", "", "proxy.upstream  is empty"),
        ("CLAVIGER__PUBLIC", "[{path: /a", "public  is not valid YAML"),
    ] {
        let ended = validate(name, value);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{name}");
        let expected = format!("environment variable {name}  {fault}");
        assert!(ended.stderr.contains(&expected), "{expected}\n{}", ended.stderr);
    }
}

/// A variable that is silently left out could leave a gate open that was meant to be shut.
#[test]
fn a_variable_that_is_no_text_is_refused_not_left_out() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder_with("");
    let value = std::ffi::OsStr::from_bytes(b"\xff");
    let ended = Run::within(folder.path(), &["config", "validate"]).variable("CLAVIGER__ACCEPT__BASIC", value).end();
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(
        ended.stderr.contains("environment variable CLAVIGER__ACCEPT__BASIC  accept.basic  is not valid UTF-8"),
        "{}",
        ended.stderr
    );
}

#[test]
fn both_schemas_are_valid_and_know_every_key() {
    let folder = TempDir::new().unwrap();
    let schema = |arguments: &[&str]| -> Value {
        let ended = Run::within(folder.path(), &[&["config", "schema"], arguments].concat()).end();
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
        serde_json::from_str(&ended.stdout).unwrap()
    };
    for (schema, keys) in [
        (schema(&[]), &["proxy", "admin", "credentials", "accept", "versions", "scopes", "public", "log"][..]),
        (schema(&["--credentials"]), &["credentials", "accounts"]),
    ] {
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!((&schema["type"], &schema["additionalProperties"]), (&"object".into(), &false.into()));
        for key in keys {
            assert!(schema["properties"][key].is_object(), "{key} is missing");
        }
        references_are_defined(&schema, &schema);
    }
}

/// A reference to nowhere makes editors ignore the whole schema.
fn references_are_defined(part: &Value, whole: &Value) {
    match part {
        Value::Object(entries) => {
            if let Some(reference) = entries.get("$ref").and_then(Value::as_str) {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(whole.pointer(pointer).is_some(), "{reference} is defined nowhere");
            }
            entries.values().for_each(|value| references_are_defined(value, whole));
        }
        Value::Array(items) => items.iter().for_each(|value| references_are_defined(value, whole)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
