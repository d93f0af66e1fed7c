//! The Kustomize base, and the base with the console. Generators and patches are applied here as `kubectl kustomize`
//! does it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::kubernetes::{are_valid, database_secret, fits, settings_load, the, the_ingress_leads_to_the_console};
use super::{documents, read, repository};

const BASE: &str = "deploy/kustomize/base";
const CONSOLE: &str = "deploy/kustomize/console";
/// How the one names the other.
const BASE_OF_CONSOLE: &str = "../base";

fn kustomization(folder: &str) -> Value {
    documents(&read(&format!("{folder}/kustomization.yaml"))).remove(0)
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// What a generator makes, without the hash in its name.
fn generated(folder: &str, kind: &str, field: &str, generator: &Value) -> Value {
    let read_file = |name: String| {
        let text = read(&format!("{folder}/{name}"));
        (name, Value::from(text))
    };
    let files: Map<String, Value> = strings(&generator["files"]).into_iter().map(read_file).collect();
    json!({"kind": kind, "metadata": {"name": generator["name"]}, field: files})
}

/// The files of `resources`, without folders.
fn resource_files(folder: &str) -> impl Iterator<Item = String> {
    strings(&kustomization(folder)["resources"]).into_iter().filter(|resource| resource != BASE_OF_CONSOLE)
}

fn entries<'k>(kustomization: &'k Value, field: &str) -> impl Iterator<Item = &'k Value> {
    kustomization[field].as_array().into_iter().flatten()
}

fn objects(folder: &str) -> Vec<Value> {
    let kustomization = kustomization(folder);
    let has_base = strings(&kustomization["resources"]).iter().any(|resource| resource == BASE_OF_CONSOLE);
    let mut objects = if has_base { objects(BASE) } else { Vec::new() };
    objects.extend(resource_files(folder).flat_map(|file| documents(&read(&format!("{folder}/{file}")))));
    for (field, kind, content) in
        [("configMapGenerator", "ConfigMap", "data"), ("secretGenerator", "Secret", "stringData")]
    {
        for generator in entries(&kustomization, field) {
            let is_same = |object: &Value| object["kind"] == kind && object["metadata"]["name"] == generator["name"];
            assert_eq!(objects.iter().any(is_same), generator["behavior"] == "replace", "{generator}");
            objects.retain(|object| !is_same(object));
            objects.push(generated(folder, kind, content, generator));
        }
    }
    for patch in entries(&kustomization, "patches") {
        let target = &patch["target"];
        let is_target =
            |object: &&mut Value| object["kind"] == target["kind"] && object["metadata"]["name"] == target["name"];
        let object = objects.iter_mut().find(is_target).unwrap();
        let operations = documents(&read(&format!("{folder}/{}", patch["path"].as_str().unwrap()))).remove(0);
        operations.as_array().unwrap().iter().for_each(|operation| apply(object, operation));
    }
    objects
}

/// Applies an operation of a JSON patch (RFC 6902) that appends to a list or replaces a value.
fn apply(object: &mut Value, operation: &Value) {
    let (path, value) = (operation["path"].as_str().unwrap(), operation["value"].clone());
    match operation["op"].as_str().unwrap() {
        "add" => {
            let list = object.pointer_mut(path.strip_suffix("/-").unwrap()).unwrap();
            list.as_array_mut().unwrap().push(value);
        }
        "replace" => *object.pointer_mut(path).unwrap() = value,
        other => panic!("{other} is not applied here"),
    }
}

#[test]
fn the_files_match_the_schemas() {
    let files = [BASE, CONSOLE].into_iter();
    let files: Vec<_> =
        files.flat_map(|folder| resource_files(folder).map(move |file| repository(folder).join(file))).collect();
    are_valid(&files.iter().map(std::path::PathBuf::as_path).collect::<Vec<_>>());
}

#[test]
fn the_base_is_a_consistent_gate_that_would_start() {
    let objects = objects(BASE);
    fits(&objects);
    settings_load(&objects);
    let sources = &the(&objects, "Deployment")["spec"]["template"]["spec"]["volumes"][0]["projected"]["sources"];
    assert_eq!(sources[1]["secret"]["name"], the(&objects, "Secret")["metadata"]["name"]);
}

#[test]
fn with_the_console_the_base_is_consistent_and_would_start() {
    let mut objects = objects(CONSOLE);
    fits(&objects);
    the_ingress_leads_to_the_console(&objects);
    let pod = the(&objects, "Deployment")["spec"]["template"]["spec"].clone();
    let sources = pod["volumes"][0]["projected"]["sources"].as_array().unwrap();
    assert_eq!(sources.last().unwrap()["secret"]["name"], "claviger-database");
    let comments = read(&format!("{CONSOLE}/kustomization.yaml"));
    assert!(comments.contains("kubectl create secret generic claviger-database --from-literal 'url="));
    assert_eq!(pod["containers"][0]["args"], json!(["serve", "--migrate"]));
    objects.push(database_secret());
    settings_load(&objects);
}

/// An image without a tag would be the latest one.
#[test]
fn the_base_sets_the_tag_of_its_image() {
    let pod = the(&objects(BASE), "Deployment")["spec"]["template"]["spec"].clone();
    let image = &kustomization(BASE)["images"][0];
    assert_eq!(pod["containers"][0]["image"], image["name"]);
    assert_eq!(image["newTag"], env!("CARGO_PKG_VERSION"));
}

/// The chart restarts pods for the same changes.
#[test]
fn changed_settings_restart_the_pods_and_changed_credentials_do_not() {
    let kustomization = kustomization(BASE);
    let is_fixed =
        |generator: &str| kustomization[generator][0]["options"]["disableNameSuffixHash"].as_bool().unwrap_or_default();
    assert!(!is_fixed("configMapGenerator") && is_fixed("secretGenerator"));
}

#[test]
fn every_file_is_used() {
    for folder in [BASE, CONSOLE] {
        let kustomization = kustomization(folder);
        let mut used: BTreeSet<String> = resource_files(folder).collect();
        for field in ["configMapGenerator", "secretGenerator"] {
            used.extend(entries(&kustomization, field).flat_map(|generator| strings(&generator["files"])));
        }
        used.extend(entries(&kustomization, "patches").map(|patch| patch["path"].as_str().unwrap().to_owned()));
        used.insert("kustomization.yaml".to_owned());
        let entries = std::fs::read_dir(repository(folder)).unwrap();
        let found: BTreeSet<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(used, found, "{folder}");
    }
}
