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

/// The objects of a kind.
fn all<'o>(objects: &'o [Value], kind: &'static str) -> impl Iterator<Item = &'o Value> {
    objects.iter().filter(move |object| object["kind"] == kind)
}

/// Checks a pod of the program: references resolve, clients reach its listeners, and it has no needless rights.
pub fn fits(objects: &[Value]) {
    let pod = the(objects, "Deployment")["spec"]["template"].clone();
    let (containers, gate) = (pod["spec"]["containers"].as_array().unwrap(), &container(objects));
    let ports: Vec<&str> =
        gate["ports"].as_array().unwrap().iter().map(|port| port["name"].as_str().unwrap()).collect();
    let services: Vec<&Value> = all(objects, "Service").map(|service| &service["spec"]).collect();
    let targets: Vec<&str> =
        services.iter().map(|service| service["ports"][0]["targetPort"].as_str().unwrap()).collect();
    let is_target = |port: &str| targets.contains(&port);
    // No Service leads to the admin listener.
    assert!(!targets.is_empty() && !is_target("admin"), "{targets:?}");
    let listeners: Vec<&str> =
        ["gate", "admin", "console"].into_iter().filter(|port| *port == "admin" || is_target(port)).collect();
    assert_eq!(ports, listeners);
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

    let policies: Vec<&Value> = all(objects, "NetworkPolicy").map(|policy| &policy["spec"]).collect();
    let rules: Vec<&Value> = policies.iter().flat_map(|policy| policy["ingress"].as_array().unwrap()).collect();
    assert_eq!(rules.len(), listeners.len());
    for listener in listeners {
        let rule = rules.iter().find(|rule| rule["ports"][0]["port"] == listener).unwrap();
        assert!(listener != "admin" || rule["from"].is_array(), "{rule}");
    }
    let selectors = services.iter().map(|service| &service["selector"]);
    for selector in selectors.chain(policies.iter().map(|policy| &policy["podSelector"]["matchLabels"])) {
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
    has_folder_for_temporary_files(&pod["spec"], gate);
    stops_in_time(&pod["spec"], gate);
}

/// The Ingress leads to the console, at the address with which its links begin.
pub fn the_ingress_leads_to_the_console(objects: &[Value]) {
    let ingress = the(objects, "Ingress")["spec"].clone();
    let (rule, hosts) = (&ingress["rules"][0], &ingress["tls"][0]["hosts"]);
    let path = &rule["http"]["paths"][0];
    let backend = &path["backend"]["service"];
    let service = all(objects, "Service").find(|service| service["metadata"]["name"] == backend["name"]).unwrap();
    let port = &service["spec"]["ports"][0];
    assert_eq!(port["targetPort"], "console");
    assert!(backend["port"]["number"] == port["port"] || backend["port"]["name"] == port["name"], "{backend}");
    assert_eq!((&path["path"], &path["pathType"]), (&"/".into(), &"Prefix".into()));
    assert_eq!(*hosts, serde_json::json!([rule["host"]]));
    let settings = the(objects, "ConfigMap")["data"]["claviger.yaml"].clone();
    let console = documents(settings.as_str().unwrap()).remove(0)["console"].clone();
    assert_eq!(console["public_url"], format!("https://{}", rule["host"].as_str().unwrap()));
    assert_eq!(console["behind_proxy"], true);
    assert!(console["trusted_proxies"].is_array());
}

/// What the Secret of a database holds.
pub fn database_secret() -> Value {
    serde_json::json!({"kind": "Secret", "stringData": {"url": "postgres://claviger@postgres/claviger"}})
}

/// Imports and exports are kept there, on disk: an `emptyDir` in memory would count towards the limit of the container.
fn has_folder_for_temporary_files(pod: &Value, gate: &Value) {
    let mounts = gate["volumeMounts"].as_array().unwrap();
    let mount = mounts.iter().find(|mount| mount["mountPath"] == "/tmp").expect("a volume at /tmp");
    assert!(mount["readOnly"].is_null(), "{mount}");
    let volumes = pod["volumes"].as_array().unwrap();
    let volume = volumes.iter().find(|volume| volume["name"] == mount["name"]).unwrap();
    // Room for two files of the greatest size that the management API accepts.
    assert_eq!(volume["emptyDir"], serde_json::json!({"sizeLimit": "1Gi"}));
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

/// The container of the program.
fn container(objects: &[Value]) -> Value {
    let containers = the(objects, "Deployment")["spec"]["template"]["spec"]["containers"].clone();
    containers.as_array().unwrap().iter().find(|container| container["name"] == "claviger").unwrap().clone()
}

/// The variables of the program; those of a Secret name a database.
fn variables(objects: &[Value]) -> Vec<(String, String)> {
    let variables = container(objects)["env"].as_array().cloned().unwrap_or_default();
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
    let settings = &files.iter().find(|(name, _)| *name == "claviger.yaml").unwrap().1;
    for port in container(objects)["ports"].as_array().unwrap() {
        assert!(settings.contains(&format!("0.0.0.0:{}", port["containerPort"])), "{port}: {settings}");
    }
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

#[test]
fn the_process_of_the_console_is_consistent_and_would_start() {
    are_valid(&[&repository("deploy/kubernetes/console.yaml")]);
    let objects = documents(&read("deploy/kubernetes/console.yaml"));
    fits(&objects);
    the_ingress_leads_to_the_console(&objects);
    settings_load(&objects);
    let settings = the(&objects, "ConfigMap")["data"]["claviger.yaml"].clone();
    assert!(documents(settings.as_str().unwrap())[0]["proxy"].is_null(), "it is no gate");
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
