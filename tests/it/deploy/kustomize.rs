//! The Kustomize base. Its generators and its image are applied here, as `kubectl kustomize` does it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::kubernetes::{are_valid, fits, settings_load, the};
use super::{documents, read, repository};

const BASE: &str = "deploy/kustomize/base";

fn kustomization() -> Value {
    documents(&read(&format!("{BASE}/kustomization.yaml"))).remove(0)
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// What a generator makes, without the hash in its name.
fn generated(kind: &str, field: &str, generator: &Value) -> Value {
    let read_file = |name: String| {
        let text = read(&format!("{BASE}/{name}"));
        (name, Value::from(text))
    };
    let files: Map<String, Value> = strings(&generator["files"]).into_iter().map(read_file).collect();
    json!({"kind": kind, "metadata": {"name": generator["name"]}, field: files})
}

fn objects() -> Vec<Value> {
    let kustomization = kustomization();
    let files = strings(&kustomization["resources"]).into_iter();
    let mut objects: Vec<Value> = files.flat_map(|file| documents(&read(&format!("{BASE}/{file}")))).collect();
    objects.push(generated("ConfigMap", "data", &kustomization["configMapGenerator"][0]));
    objects.push(generated("Secret", "stringData", &kustomization["secretGenerator"][0]));
    objects
}

#[test]
fn the_base_matches_the_schemas() {
    let files: Vec<_> =
        strings(&kustomization()["resources"]).into_iter().map(|file| repository(BASE).join(file)).collect();
    are_valid(&files.iter().map(std::path::PathBuf::as_path).collect::<Vec<_>>());
}

#[test]
fn the_base_is_a_consistent_gate_that_would_start() {
    let objects = objects();
    fits(&objects);
    settings_load(&objects);
    let sources = &the(&objects, "Deployment")["spec"]["template"]["spec"]["volumes"][0]["projected"]["sources"];
    assert_eq!(sources[1]["secret"]["name"], the(&objects, "Secret")["metadata"]["name"]);
}

/// An image without a tag would be the latest one.
#[test]
fn the_base_sets_the_tag_of_its_image() {
    let pod = the(&objects(), "Deployment")["spec"]["template"]["spec"].clone();
    let image = &kustomization()["images"][0];
    assert_eq!(pod["containers"][0]["image"], image["name"]);
    assert_eq!(image["newTag"], env!("CARGO_PKG_VERSION"));
}

/// The chart restarts pods for the same changes.
#[test]
fn changed_settings_restart_the_pods_and_changed_credentials_do_not() {
    let kustomization = kustomization();
    let is_fixed =
        |generator: &str| kustomization[generator][0]["options"]["disableNameSuffixHash"].as_bool().unwrap_or_default();
    assert!(!is_fixed("configMapGenerator") && is_fixed("secretGenerator"));
}

#[test]
fn every_file_of_the_base_is_used() {
    let kustomization = kustomization();
    let lists = [
        &kustomization["resources"],
        &kustomization["configMapGenerator"][0]["files"],
        &kustomization["secretGenerator"][0]["files"],
    ];
    let mut used: BTreeSet<String> = lists.into_iter().flat_map(strings).collect();
    used.insert("kustomization.yaml".to_owned());
    let entries = std::fs::read_dir(repository(BASE)).unwrap();
    let found: BTreeSet<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(used, found);
}
