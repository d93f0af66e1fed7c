//! Alert rules: each has a test, and a page in the book with the steps to take.

use std::process::Command;

use serde::Deserialize;

use super::families::documented;
use crate::support::book::{self, page, steps};
use crate::support::deployed;

const PAGE: &str = "docs/operate/alerts.md";
/// The base of the links to the book, which operators replace.
const PLACEHOLDER: &str = "https://claviger.invalid/";

#[derive(Deserialize)]
struct File {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Alert>,
}

#[derive(Deserialize)]
pub(crate) struct Alert {
    #[serde(rename = "alert")]
    pub name: String,
    expr: String,
    labels: Labels,
    annotations: Annotations,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Labels {
    severity: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Annotations {
    summary: String,
    description: String,
    runbook_url: String,
}

pub(crate) fn alerts() -> Vec<Alert> {
    let text = std::fs::read_to_string(deployed("prometheus/alerts.yaml")).unwrap();
    let file: File = serde_yaml::from_str(&text).unwrap();
    file.groups.into_iter().flat_map(|group| group.rules).collect()
}

impl Alert {
    /// The expressions that it compares with thresholds.
    pub(crate) fn measured(&self) -> Vec<String> {
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

/// The page of the book that an alert links to.
fn runbook(alert: &Alert) -> String {
    let path = alert.annotations.runbook_url.strip_prefix(PLACEHOLDER).unwrap_or_else(|| panic!("{}", alert.name));
    format!("docs/{}.md", path.strip_suffix(".html").unwrap())
}

#[test]
fn alerts_and_pages_correspond() {
    let alerts = alerts();
    let (index, summary) = (page(PAGE), page("docs/SUMMARY.md"));
    for alert in &alerts {
        let (name, path) = (&alert.name, runbook(alert));
        assert_eq!(path, format!("docs/operate/alerts/{name}.md"));
        let page = page(&path);
        let parts = ["**Meaning.** ", "**Look at** ", "**Do.** "];
        assert_eq!(page.lines().next(), Some(format!("# {name}").as_str()));
        let found: Vec<&str> = page.split("\n\n").skip(1).collect();
        assert_eq!(found.len(), parts.len(), "{name}");
        assert!(found.iter().zip(parts).all(|(text, part)| text.starts_with(part)), "{name}");
        let severity = &alert.labels.severity;
        assert!(index.contains(&format!("\n| [{name}](alerts/{name}.md) | {severity} | ")), "{PAGE} lacks {name}");
        assert!(summary.contains(&format!("\n  - [{name}](operate/alerts/{name}.md)\n")), "{name}");
        let Annotations { summary, description, .. } = &alert.annotations;
        assert!(summary.contains("$labels.instance") && !summary.ends_with('.'), "{summary}");
        assert!(description.ends_with('.'), "{description}");
    }
    let rows = index.lines().filter(|line| line.starts_with("| [")).count();
    assert_eq!((rows, book::pages_within("docs/operate/alerts").len()), (alerts.len(), alerts.len()));
}

/// A copy of the rules with links that lead nowhere would go unnoticed otherwise.
#[test]
fn the_base_of_the_links_is_marked_as_a_placeholder() {
    let rules = std::fs::read_to_string(deployed("prometheus/alerts.yaml")).unwrap();
    let marked = rules.lines().filter(|line| line.starts_with("# PLACEHOLDER: replace https://claviger.invalid/ "));
    assert_eq!(marked.count(), 1);
    assert!(page(PAGE).contains(&format!("`{PLACEHOLDER}`")));
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
pub(crate) fn names(query: &str) -> Vec<String> {
    let words = query.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let ours = words.filter(|word| word.starts_with("claviger_") || word.starts_with("process_"));
    ours.map(|word| word.trim_end_matches("_bucket").to_owned()).collect()
}
