//! What the chart has for Prometheus and Grafana.

use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{objects, parsed, rendered};
use crate::deploy::kubernetes::{is_watched, the};
use crate::deploy::{documents, read, succeeds};

/// The rules of a PrometheusRule.
fn rules(values: &Value) -> Vec<Value> {
    let rule = the(&parsed(&rendered(values)), "PrometheusRule");
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("rules.yaml");
    std::fs::write(&file, rule["spec"].to_string()).unwrap();
    let mut command = Command::new("promtool");
    command.args(["check", "rules"]).arg(&file);
    succeeds(command);
    rule["spec"]["groups"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|group| group["rules"].as_array().unwrap().clone())
        .collect()
}

fn shipped_rules() -> Vec<Value> {
    documents(&read("deploy/prometheus/alerts.yaml")).remove(0)["groups"][0]["rules"].as_array().unwrap().clone()
}

#[test]
fn the_rules_are_those_of_prometheus_with_links_to_the_book() {
    let base = "https://docs.example.org/claviger";
    let values = |base: &str| json!({"prometheusRule": {"enabled": true}, "docs": {"baseUrl": base}});
    for given in [format!("{base}/"), base.to_owned()] {
        let linked: Vec<Value> = shipped_rules()
            .into_iter()
            .map(|rule| serde_json::from_str(&rule.to_string().replace("https://claviger.invalid", base)).unwrap())
            .collect();
        assert_eq!(rules(&values(&given)), linked);
    }
    let without = rules(&values(""));
    assert_eq!(without.len(), shipped_rules().len());
    for rule in without {
        let annotations = rule["annotations"].as_object().unwrap();
        assert!(!annotations.contains_key("runbook_url") && annotations.contains_key("summary"), "{rule}");
    }
}

/// The operator calls the job `<namespace>/<name>`.
#[test]
fn the_rules_look_for_the_job_of_the_pod_monitor() {
    let down = |mut values: Value| {
        values["prometheusRule"]["enabled"] = true.into();
        rules(&values).into_iter().find(|rule| rule["alert"] == "ClavigerDown").unwrap()["expr"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(down(json!({})).contains("up{job=~\".*claviger.*\"}"));
    let named = json!({"podMonitor": {"enabled": true}, "fullnameOverride": "front"});
    assert_eq!(down(named.clone()).matches("up{job=~\"prod/front\"}").count(), 2);
    let mut given = named;
    given["prometheusRule"] = json!({"job": "gates|fronts"});
    assert_eq!(down(given).matches("up{job=~\"gates|fronts\"}").count(), 2);
}

#[test]
fn the_pod_monitor_scrapes_the_gates() {
    let (own, foreign) = objects(&json!({"podMonitor": {"enabled": true, "labels": {"team": "edge"}}}));
    let monitor = the(&foreign, "PodMonitor");
    is_watched(&monitor);
    let labels = the(&own, "Deployment")["spec"]["template"]["metadata"]["labels"].clone();
    for (name, value) in monitor["spec"]["selector"]["matchLabels"].as_object().unwrap() {
        assert_eq!(labels[name], *value, "{name}");
    }
    let endpoint = &monitor["spec"]["podMetricsEndpoints"][0];
    assert_eq!((&monitor["metadata"]["labels"]["team"], &endpoint["port"]), (&"edge".into(), &"admin".into()));
}

#[test]
fn the_dashboard_is_that_of_grafana() {
    let (own, _) = objects(&json!({"dashboard": {"enabled": true}}));
    let dashboards: Vec<&Value> =
        own.iter().filter(|object| object["metadata"]["labels"]["grafana_dashboard"] == "1").collect();
    assert_eq!(dashboards.len(), 1);
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let text = dashboards[0]["data"]["claviger.json"].as_str().unwrap();
    assert_eq!(parse(text), parse(&read("deploy/grafana/claviger.json")));
}
