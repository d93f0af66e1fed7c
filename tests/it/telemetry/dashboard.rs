//! The Grafana dashboard: its data source is chosen at import, and each panel has a description.

use std::collections::BTreeSet;

use serde_json::Value;

use super::alerts::names;
use super::families::documented;
use crate::support::deployed;

fn dashboard() -> Value {
    serde_json::from_str(&std::fs::read_to_string(deployed("grafana/claviger.json")).unwrap()).unwrap()
}

/// Title and query of each panel target, with every variable set to match all.
pub fn queries() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for panel in panels(&dashboard()) {
        for target in panel["targets"].as_array().unwrap() {
            let query = target["expr"].as_str().unwrap();
            let query = ["$job", "$instance"].iter().fold(query.to_owned(), |query, name| query.replace(name, ".*"));
            all.push((panel["title"].as_str().unwrap().to_owned(), query.replace("$__rate_interval", "5m")));
        }
    }
    all
}

/// Without rows.
fn panels(dashboard: &Value) -> Vec<Value> {
    let all = dashboard["panels"].as_array().unwrap();
    all.iter().filter(|panel| panel["type"] != "row").cloned().collect()
}

#[test]
fn every_panel_uses_the_data_source_chosen_at_import() {
    let dashboard = dashboard();
    assert!(dashboard["id"].is_null() && dashboard["uid"] == "claviger");
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let named = |name: &str| variables.iter().find(|variable| variable["name"] == name).unwrap();
    assert_eq!(
        (&named("datasource")["type"], &named("datasource")["query"]),
        (&"datasource".into(), &"prometheus".into())
    );
    let mut sources: Vec<&Value> = vec![&named("job")["datasource"], &named("instance")["datasource"]];
    let panels = panels(&dashboard);
    for panel in &panels {
        sources.push(&panel["datasource"]);
        sources.extend(panel["targets"].as_array().unwrap().iter().map(|target| &target["datasource"]));
    }
    assert!(sources.len() > 50);
    for source in sources {
        assert_eq!(*source, serde_json::json!({"type": "prometheus", "uid": "${datasource}"}));
    }
}

#[test]
fn panels_have_a_description_and_a_unit_and_do_not_overlap() {
    let dashboard = dashboard();
    let (mut ids, mut taken) = (BTreeSet::new(), BTreeSet::new());
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        let [x, y, width, height] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
        assert!(x + width <= 24, "{panel}");
        for place in (x..x + width).flat_map(|x| (y..y + height).map(move |y| (x, y))) {
            assert!(taken.insert(place), "{place:?} is taken twice: {panel}");
        }
    }
    for panel in panels(&dashboard) {
        assert!(panel["description"].as_str().unwrap().ends_with('.'), "{panel}");
        assert!(!panel["fieldConfig"]["defaults"]["unit"].as_str().unwrap().is_empty(), "{panel}");
        assert!(panel["title"].is_string() && !panel["targets"].as_array().unwrap().is_empty(), "{panel}");
    }
}

#[test]
fn the_dashboard_shows_every_metric() {
    let shown: BTreeSet<_> = queries().iter().flat_map(|(_, query)| names(query)).collect();
    assert_eq!(shown, documented().into_keys().collect());
}
