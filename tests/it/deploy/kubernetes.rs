//! The manifests, checked against the schemas of Kubernetes; their settings by the program.

use std::path::Path;

use serde_json::Value;

use super::{checker, documents, read, repository, succeeds, validates};

/// The oldest version that has what is used, and the newest that the checker knows.
const VERSIONS: [&str; 2] = ["1.30", "1.34"];

/// Every version knows every object in these files.
pub fn are_valid(files: &[&Path]) {
    for version in VERSIONS {
        let mut command = checker("kubernetes-validate");
        command.args(["--strict", "--kubernetes-version", version]).args(files);
        succeeds(command);
    }
}

/// The one object of a kind.
pub fn the(objects: &[Value], kind: &str) -> Value {
    let found: Vec<_> = objects.iter().filter(|object| object["kind"] == kind).collect();
    assert_eq!(found.len(), 1, "{kind}");
    found[0].clone()
}

/// Checks a pod with a gate: references resolve, and it has no needless rights.
pub fn fits(objects: &[Value]) {
    let pod = the(objects, "Deployment")["spec"]["template"].clone();
    let containers = pod["spec"]["containers"].as_array().unwrap();
    let gate = containers.iter().find(|container| container["name"] == "claviger").unwrap();
    let ports: Vec<&str> =
        gate["ports"].as_array().unwrap().iter().map(|port| port["name"].as_str().unwrap()).collect();
    assert_eq!(ports, ["gate", "admin"]);
    for (probe, path) in [("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")] {
        assert_eq!(gate[probe]["httpGet"], serde_json::json!({"path": path, "port": "admin"}), "{probe}");
    }
    for container in containers {
        let security = &container["securityContext"];
        assert_eq!(security["allowPrivilegeEscalation"], false);
        assert_eq!(security["readOnlyRootFilesystem"], true);
        assert_eq!(security["capabilities"]["drop"], serde_json::json!(["ALL"]));
    }
    assert_eq!(pod["spec"]["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["spec"]["automountServiceAccountToken"], false);

    let service = &the(objects, "Service")["spec"];
    assert_eq!(service["ports"][0]["targetPort"], "gate");
    let policy = &the(objects, "NetworkPolicy")["spec"];
    let rules = policy["ingress"].as_array().unwrap();
    assert_eq!(rules[0]["ports"][0]["port"], "gate");
    assert!(rules[1]["ports"][0]["port"] == "admin" && rules[1]["from"].is_array());
    for selector in [&service["selector"], &policy["podSelector"]["matchLabels"]] {
        let labels = selector.as_object().unwrap();
        assert!(labels.iter().all(|(name, value)| pod["metadata"]["labels"][name] == *value), "{labels:?}");
    }

    // With subPath a change would never appear.
    let mount = &gate["volumeMounts"][0];
    assert_eq!((&mount["mountPath"], mount.get("subPath")), (&"/etc/claviger".into(), None));
    let volume = &pod["spec"]["volumes"][0];
    assert_eq!(volume["name"], mount["name"]);
    let sources = volume["projected"]["sources"].as_array().unwrap();
    assert_eq!(sources[0]["configMap"]["name"], the(objects, "ConfigMap")["metadata"]["name"]);
    stops_in_time(&pod["spec"], gate);
}

/// The seconds of a container's preStop.
fn pre_stop(container: &Value) -> u64 {
    container["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64().unwrap()
}

/// The longest time from the end of the pod's service to the end of the gate, in seconds.
fn stopping(gate: &Value) -> u64 {
    use claviger::config::raw::Timeouts;
    let Timeouts { lame_duck, shutdown, .. } = Timeouts::default();
    pre_stop(gate) + (lame_duck.duration() + shutdown.duration()).as_secs()
}

/// Kubernetes kills the pod after terminationGracePeriodSeconds.
fn stops_in_time(pod: &Value, gate: &Value) {
    assert!(pod["terminationGracePeriodSeconds"].as_u64().unwrap() > stopping(gate));
}

/// The variables of the gate; those of a Secret name a database.
fn variables(objects: &[Value]) -> Vec<(String, String)> {
    let containers = &the(objects, "Deployment")["spec"]["template"]["spec"]["containers"];
    let gate = containers.as_array().unwrap().iter().find(|container| container["name"] == "claviger").unwrap();
    let variables = gate["env"].as_array().cloned().unwrap_or_default();
    let pair = |variable: Value| {
        let value = variable["value"].as_str().unwrap_or("postgres://claviger@postgres/claviger");
        (variable["name"].as_str().unwrap().to_owned(), value.to_owned())
    };
    variables.into_iter().map(pair).collect()
}

/// Validates the files of `/etc/claviger`.
pub fn settings_load(objects: &[Value]) {
    let texts = |object: &Value, field: &str| -> Vec<(String, String)> {
        let entries = object[field].as_object().cloned().unwrap_or_default();
        entries.into_iter().map(|(name, text)| (name, text.as_str().unwrap().to_owned())).collect()
    };
    let secrets = objects.iter().filter(|object| object["kind"] == "Secret");
    let secrets = secrets.flat_map(|secret| texts(secret, "stringData"));
    let files: Vec<_> = texts(&the(objects, "ConfigMap"), "data").into_iter().chain(secrets).collect();
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert!(files.iter().any(|(name, _)| *name == "claviger.yaml"));
    let variables = variables(objects);
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    validates(&files, &variables);
    let gate = &files.iter().find(|(name, _)| *name == "claviger.yaml").unwrap().1;
    assert!(gate.contains("0.0.0.0:8080") && gate.contains("0.0.0.0:8081"), "{gate}");
}

/// The operator calls the job `<namespace>/<name>`; `ClavigerDown` finds it, whatever the namespace.
pub fn is_watched(monitor: &Value) {
    let rules = read("deploy/prometheus/alerts.yaml");
    let job = rules.split("up{job=~\".*").nth(1).unwrap().split(".*\"}").next().unwrap();
    assert!(!job.is_empty() && job.bytes().all(|byte| byte.is_ascii_lowercase()), "{job}");
    let name = monitor["metadata"]["name"].as_str().unwrap();
    assert!(name.contains(job), "{name}");
}

#[test]
fn the_sidecar_matches_the_schemas() {
    are_valid(&[&repository("deploy/kubernetes/sidecar.yaml")]);
}

#[test]
fn the_sidecar_is_consistent() {
    fits(&documents(&read("deploy/kubernetes/sidecar.yaml")));
}

/// An API that stopped first would not answer the last requests of the gate.
#[test]
fn the_api_of_the_sidecar_outlives_the_gate() {
    let pod =
        the(&documents(&read("deploy/kubernetes/sidecar.yaml")), "Deployment")["spec"]["template"]["spec"].clone();
    let container = |name: &str| {
        let containers = pod["containers"].as_array().unwrap();
        containers.iter().find(|container| container["name"] == name).unwrap().clone()
    };
    let api = pre_stop(&container("api"));
    assert!(api > stopping(&container("claviger")), "{api} s");
    assert!(pod["terminationGracePeriodSeconds"].as_u64().unwrap() > api);
}

#[test]
fn the_gate_would_start_with_the_mounted_files() {
    settings_load(&documents(&read("deploy/kubernetes/sidecar.yaml")));
}

/// A custom resource.
#[test]
fn the_pod_monitor_selects_the_pods_of_the_sidecar() {
    let monitor = documents(&read("deploy/kubernetes/pod-monitor.yaml")).remove(0);
    let pod = the(&documents(&read("deploy/kubernetes/sidecar.yaml")), "Deployment")["spec"]["template"].clone();
    assert_eq!(monitor["spec"]["selector"]["matchLabels"], pod["metadata"]["labels"]);
    is_watched(&monitor);
    let endpoint = &monitor["spec"]["podMetricsEndpoints"][0];
    assert_eq!((&endpoint["port"], &endpoint["path"]), (&"admin".into(), &"/metrics".into()));
}
