//! What stands beside the source: README, examples and schemas say what the program does.

use std::path::Path;

use claviger::auth::REJECTION_CODES;
use claviger::config::written;
use claviger::telemetry::Metrics;
use serde_json::Value;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn every_code_has_the_heading_that_problem_documents_lead_to() {
    let readme = read("README.md");
    for code in REJECTION_CODES {
        assert!(readme.contains(&format!("\n### {code}\n")), "README.md lacks a heading for {code}");
    }
}

#[test]
fn every_metric_stands_in_the_readme() {
    let readme = read("README.md");
    let metrics = Metrics::new(&["none"], &REJECTION_CODES).unwrap();
    // Families without a child are not written.
    metrics.answered(0, 200);
    metrics.upstream_failed("upstream_timeout");
    let text = metrics.render().unwrap();
    let names: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("# HELP ")?.split(' ').next()).collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        assert!(readme.contains(&format!("`{name}`")), "README.md lacks {name}");
    }
}

#[test]
fn every_setting_stands_in_the_readme_and_in_the_example() {
    let (readme, example) = (read("README.md"), read("config/claviger.yaml"));
    let mut keys = Vec::new();
    leaves(&serde_json::to_value(written::File::default()).unwrap(), "", &mut keys);
    assert!(keys.len() > 30, "{keys:?}");
    for key in keys {
        let last = key.rsplit('.').next().unwrap_or_default();
        let named = readme.contains(&format!("| `{key}`")) || readme.contains(&format!(", `.{last}`"));
        // A whole section, such as proxy.tls, stands there with its own keys.
        let section = readme.contains(&format!("| `{key}."));
        assert!(named || section, "README.md lacks {key}");
        assert!(example.contains(&format!("{last}:")), "config/claviger.yaml lacks {key}");
    }
}

/// The dotted paths of all values that are not mappings of further ones.
fn leaves(value: &Value, path: &str, keys: &mut Vec<String>) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (name, value) in entries {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(value, &path, keys);
            }
        }
        _ => keys.push(path.to_owned()),
    }
}
