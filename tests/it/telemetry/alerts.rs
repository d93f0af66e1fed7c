//! Alert rules: each has a test, and a heading in the documentation with the steps to take.

use std::process::Command;

use serde::Deserialize;

use super::families::documented;
use crate::support::book::{page, steps};
use crate::support::deployed;

const PAGE: &str = "docs/operate/alerts.md";

#[derive(Deserialize)]
struct File {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Alert>,
}

#[derive(Deserialize)]
pub struct Alert {
    #[serde(rename = "alert")]
    pub name: String,
    expr: String,
    annotations: Annotations,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Annotations {
    summary: String,
    description: String,
    runbook_url: String,
}

pub fn alerts() -> Vec<Alert> {
    let text = std::fs::read_to_string(deployed("prometheus/alerts.yaml")).unwrap();
    let file: File = serde_yaml::from_str(&text).unwrap();
    file.groups.into_iter().flat_map(|group| group.rules).collect()
}

impl Alert {
    /// The expressions that it compares with thresholds.
    pub fn measured(&self) -> Vec<String> {
        let expr = self.expr.split_whitespace().collect::<Vec<_>>().join(" ");
        let cut = |part: &str| {
            let (measured, _) = [" > ", " < ", " == "].iter().find_map(|sign| part.rsplit_once(sign)).unwrap();
            measured.to_owned()
        };
        expr.split(" and ").map(cut).collect()
    }
}

/// Runs a command of the page.
fn run_documented(line: &str) {
    let root = env!("CARGO_MANIFEST_DIR");
    assert!(steps(&page(PAGE)).iter().any(|step| step.line == line), "{PAGE} lacks {line}");
    let mut words = line.split(' ');
    let ended = Command::new(words.next().unwrap()).args(words).current_dir(root).output().unwrap();
    let output = [ended.stdout, ended.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(ended.status.success(), "{output}");
}

#[test]
fn promtool_accepts_the_settings_and_rules() {
    run_documented("promtool check config deploy/prometheus/prometheus.yaml");
    run_documented("promtool check rules deploy/prometheus/alerts.yaml");
}

#[test]
fn each_alert_fires_where_its_condition_lasts_and_only_there() {
    run_documented("promtool test rules deploy/prometheus/alerts_test.yaml");
    let tests = std::fs::read_to_string(deployed("prometheus/alerts_test.yaml")).unwrap();
    for Alert { name, .. } in alerts() {
        assert!(tests.contains(&format!("alertname: {name}}}")), "no test shows {name} silent");
        assert!(tests.contains(&format!("alertname: {name}\n        exp_alerts:")), "no test shows {name} firing");
    }
}

#[test]
fn alerts_and_headings_correspond() {
    let page = page(PAGE);
    let headings: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("## Claviger")).collect();
    let alerts = alerts();
    assert_eq!(headings, alerts.iter().map(|alert| alert.name.strip_prefix("Claviger").unwrap()).collect::<Vec<_>>());
    for Alert { name, annotations: Annotations { summary, description, runbook_url }, .. } in alerts {
        let address = format!("https://claviger.invalid/operate/alerts.html#{}", name.to_lowercase());
        assert_eq!(runbook_url, address);
        assert!(summary.contains("$labels.instance") && !summary.ends_with('.'), "{summary}");
        assert!(description.ends_with('.'), "{description}");
    }
}

#[test]
fn alerts_query_existing_metrics() {
    let documented = documented();
    for alert in alerts() {
        for name in names(&alert.expr) {
            assert!(documented.contains_key(&name), "{}: {name}", alert.name);
        }
    }
}

/// The metric families of a query.
pub fn names(query: &str) -> Vec<String> {
    let words = query.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let ours = words.filter(|word| word.starts_with("claviger_"));
    ours.map(|word| word.trim_end_matches("_bucket").to_owned()).collect()
}
