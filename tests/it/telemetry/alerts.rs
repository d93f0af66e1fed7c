//! The rules that operators take over: each is tested, and has a heading that says what to do.

use std::process::Command;

use serde::Deserialize;

use super::families::promised;
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

/// A rule.
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

/// All of them.
pub fn alerts() -> Vec<Alert> {
    let text = std::fs::read_to_string(deployed("prometheus/alerts.yaml")).unwrap();
    let file: File = serde_yaml::from_str(&text).unwrap();
    file.groups.into_iter().flat_map(|group| group.rules).collect()
}

impl Alert {
    /// What it compares with its thresholds.
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
fn type_in(line: &str) {
    let root = env!("CARGO_MANIFEST_DIR");
    assert!(steps(&page(PAGE)).iter().any(|step| step.line == line), "{PAGE} lacks {line}");
    let mut words = line.split(' ');
    let ended = Command::new(words.next().unwrap()).args(words).current_dir(root).output().unwrap();
    let said = [ended.stdout, ended.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(ended.status.success(), "{said}");
}

#[test]
fn the_tools_of_prometheus_find_no_fault_in_settings_and_rules() {
    type_in("promtool check config deploy/prometheus/prometheus.yaml");
    type_in("promtool check rules deploy/prometheus/alerts.yaml");
}

#[test]
fn each_alert_comes_where_its_state_lasts_and_only_there() {
    type_in("promtool test rules deploy/prometheus/alerts_test.yaml");
    let tests = std::fs::read_to_string(deployed("prometheus/alerts_test.yaml")).unwrap();
    for Alert { name, .. } in alerts() {
        assert!(tests.contains(&format!("alertname: {name}}}")), "nothing says when {name} is silent");
        assert!(tests.contains(&format!("alertname: {name}\n        exp_alerts:")), "nothing says when {name} comes");
    }
}

#[test]
fn each_alert_has_the_heading_that_it_leads_to_and_no_heading_is_left_over() {
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
fn alerts_ask_for_metrics_that_there_are() {
    let promised = promised();
    for alert in alerts() {
        for name in names(&alert.expr) {
            assert!(promised.contains_key(&name), "{}: {name}", alert.name);
        }
    }
}

/// The families that a query asks for.
pub fn names(query: &str) -> Vec<String> {
    let words = query.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let ours = words.filter(|word| word.starts_with("claviger_"));
    ours.map(|word| word.trim_end_matches("_bucket").to_owned()).collect()
}
