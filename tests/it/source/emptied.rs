//! A restriction that is emptied, by a list whose lines are commented out or a key without a value, never opens the gate.

use std::collections::BTreeMap;

use claviger::config::{ConfigSource, schema};
use claviger::credential::{ScopeCatalog, VersionCatalog};
use claviger::formats::credentials_file;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Gate, RecordingApi, Request, digest, eventually};

const SCOPES: &str = "scopes:\n  pay: [{methods: [GET], path: /payments}]\n";

fn credential(rest: &str) -> String {
    format!("credentials:\n  - id: one\n    account: acme\n    token: '{}'\n{rest}", digest("one"))
}

/// Status of a request, and of the same after the change of the credentials file has been refused.
#[test]
fn an_emptied_restriction_of_a_credential_stays_in_force() {
    let api = RecordingApi::start();
    for (written, emptied) in [
        ("    scopes:\n      - pay\n", "    scopes:\n      # - pay\n"),
        ("    scopes: [pay]\n", "    scopes: []\n"),
        ("    addresses:\n      - 192.0.2.7\n", "    addresses:\n      # - 192.0.2.7\n"),
        ("    addresses: [192.0.2.7]\n", "    addresses: []\n"),
        ("    expires_at: 2020-01-01T00:00:00Z\n", "    expires_at:\n"),
        ("    rate_limit: {requests: 1, per: 24h}\n", "    rate_limit:\n"),
    ] {
        let gate = Gate::before(api.url()).settings(SCOPES).credentials(&credential(written)).start();
        let status = || gate.send(&Request::new("DELETE", "/admin").bearer("one")).status;
        // The first one takes what a rate limit has.
        let _first = status();
        let before = status();
        assert!([401, 403, 429].contains(&before), "{written}: {before}");

        gate.rename_over(&gate.credentials_file(), &credential(emptied));
        eventually("the file is refused", || gate.reloads("failure") > 0.0);
        assert_eq!(status(), before, "{emptied}");
        let key = written.trim().split(':').next().unwrap();
        eventually("the log names the key", || gate.stderr().contains(&format!("credentials[0].{key}  is empty; ")));
        gate.awaits_log("leave the key out to lift the restriction");
    }
}

#[test]
fn an_emptied_restriction_of_the_settings_stays_in_force() {
    let api = RecordingApi::start();
    for (written, emptied, target, token) in [
        ("scopes: {pay: [{methods: [GET], path: /x}]}", "scopes: {pay: [{methods: [], path: /x}]}", "/x", "one"),
        ("public: [{methods: [GET], path: /x}]", "public: [{methods: [], path: /x}]", "/x", "none"),
        ("public: [{methods: [GET], path: /x}]", "public: [{methods: , path: /x}]", "/x", "none"),
        (
            "versions: {known: [{name: '1', retired_on: 2020-01-01}], read_from: {path: '/v{version}/'}}",
            "versions: {known: [{name: '1', retired_on: }], read_from: {path: '/v{version}/'}}",
            "/v1/x",
            "one",
        ),
    ] {
        let has_versions = written.starts_with("versions");
        let rest = if has_versions {
            "    version: '1'\n"
        } else if token == "one" {
            "    scopes: [pay]\n"
        } else {
            ""
        };
        let gate = Gate::before(api.url()).settings(written).credentials(&credential(rest)).start();
        let status = || gate.send(&Request::new("DELETE", target).bearer(token)).status;
        let before = status();
        assert!([401, 403, 410].contains(&before), "{written}: {before}");

        let settings = std::fs::read_to_string(gate.settings_file()).unwrap();
        assert!(settings.contains(written));
        gate.rename_over(&gate.settings_file(), &settings.replace(written, emptied));
        eventually("the settings are refused", || gate.reloads("failure") > 0.0);
        assert_eq!(status(), before, "{emptied}");
        gate.awaits_log("leave the key out to lift the restriction");
    }
}

/// Where `null` or `[]` is accepted, it permits no more than any other value.
const MAY_BE_EMPTY: [(&str, &str); 16] = [
    ("accept.api_key", "API keys are off"),
    ("accept.api_key.header", "API keys in a header are off"),
    ("accept.api_key.query", "API keys in the query are off"),
    ("console.trusted_proxies", "X-Forwarded-For is not trusted"),
    ("console.docs_url", "no link to documentation"),
    ("credentials", "the file has no credentials"),
    ("forward_auth.trusted_proxies", "no proxy may ask"),
    ("handover.socket", "handovers are off"),
    ("identity.headers", "the API learns nothing about the caller, and what callers send is removed"),
    ("log.file", "standard output, as without the key"),
    ("proxy.trusted_proxies", "X-Forwarded-For is not trusted"),
    ("proxy.upgrades", "WebSockets are refused"),
    ("public", "every route needs a credential"),
    ("scopes.x", "the scope allows nothing"),
    ("tracing.otlp", "traces are off"),
    ("webhooks.allow", "public addresses alone"),
];

/// Every key of a schema, as the path of its keys; `x` stands for the names of a mapping, `-` for an element of a list.
fn keys(schema: &Value, root: &Value, path: &str, found: &mut Vec<String>) {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => &root["$defs"][reference.rsplit('/').next().unwrap()],
        None => schema,
    };
    let all = ["anyOf", "oneOf", "allOf"].iter().filter_map(|word| schema[word].as_array()).flatten();
    all.for_each(|schema| keys(schema, root, path, found));
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}{name}");
        found.push(path.clone());
        keys(schema, root, &format!("{path}."), found);
    }
    if schema["additionalProperties"].is_object() {
        let path = format!("{path}x");
        found.push(path.clone());
        keys(&schema["additionalProperties"], root, &format!("{path}."), found);
    }
    if schema["items"].is_object() {
        keys(&schema["items"], root, &format!("{path}-."), found);
    }
}

/// A document with nothing but this key, and the path that faults have for it.
fn document(path: &str, value: &str) -> (String, String) {
    let (mut text, mut fault) = (value.to_owned(), String::new());
    for key in path.rsplit('.') {
        text = if key == "-" { format!("[{text}]") } else { format!("{{{key}: {text}}}") };
    }
    for key in path.split('.') {
        match key {
            "-" => fault.push_str("[0]"),
            key if fault.is_empty() => fault.push_str(key),
            key => fault.extend([".", key]),
        }
    }
    (text, fault)
}

fn assert_no_key_may_be_emptied(schema: &str, faults: impl Fn(&str) -> String) {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let mut all = Vec::new();
    keys(&schema, &schema, "", &mut all);
    assert!(all.len() > 10, "{all:?}");
    let may_be_empty: BTreeMap<_, _> = MAY_BE_EMPTY.into_iter().collect();
    for path in all.iter().filter(|path| !may_be_empty.contains_key(path.as_str())) {
        for value in ["", "null", "~", "[]"] {
            let (text, fault) = document(path, value);
            let faults = faults(&text);
            let is_refused = |line: &str| line.contains(&format!("  {fault}  ")) && !line.contains("is missing");
            assert!(faults.lines().any(is_refused), "{text} is accepted: {faults}");
        }
    }
}

#[test]
fn no_key_of_the_settings_may_be_emptied_unless_that_permits_nothing() {
    let folder = TempDir::new().unwrap();
    let source = ConfigSource { file: Some(folder.path().join("claviger.yaml")), overrides: Vec::new() };
    assert_no_key_may_be_emptied(schema(false), |text| {
        std::fs::write(folder.path().join("claviger.yaml"), text).unwrap();
        source.load().map_or_else(|faults| faults.to_string(), |_| String::new())
    });
}

#[test]
fn no_key_of_the_credentials_file_may_be_emptied() {
    assert_no_key_may_be_emptied(schema(true), |text| {
        let read = credentials_file::read(text, &VersionCatalog::default(), &ScopeCatalog::default());
        read.map_or_else(|faults| faults.to_string(), |_| String::new())
    });
}
