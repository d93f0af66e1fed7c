//! The chart, linted and rendered by Helm's own library; the result is checked like other manifests.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::kubernetes::{are_valid, fits, is_watched, settings_load, the};
use super::{checker, documents, read, repository};
use crate::support::{Ended, Run};

/// Runs Helm with these values.
fn helm(values: &Value) -> Ended {
    let mut command = checker("python3");
    command.arg(repository("tests/it/deploy/helm.py")).arg(repository("deploy/helm/claviger"));
    Run::of(command).input(values.to_string()).end()
}

/// Rendered templates by file name.
fn rendered(values: &Value) -> Vec<(String, String)> {
    let ended = helm(values);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["findings"]["errors"].as_array().map(Vec::len).unwrap_or_default(), 0, "{}", report["findings"]);
    let texts = report["rendered"].as_object().unwrap().clone();
    texts.into_iter().map(|(file, text)| (file, text.as_str().unwrap().trim().to_owned())).collect()
}

/// Rendered objects, validated; custom resources come second.
fn objects(values: &Value) -> (Vec<Value>, Vec<Value>) {
    let folder = TempDir::new().unwrap();
    let (mut own, mut foreign, mut files) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (name, text)) in rendered(values).into_iter().enumerate() {
        if name.ends_with(".txt") || text.is_empty() {
            continue;
        }
        let object = documents(&text).remove(0);
        if object["apiVersion"].as_str().unwrap().contains("coreos") {
            foreign.push(object);
            continue;
        }
        let file = folder.path().join(format!("{index}.yaml"));
        std::fs::write(&file, text).unwrap();
        files.push(file);
        own.push(object);
    }
    are_valid(&files.iter().map(std::path::PathBuf::as_path).collect::<Vec<_>>());
    (own, foreign)
}

#[test]
fn the_default_values_render_a_consistent_gate_that_would_start() {
    let (objects, foreign) = objects(&json!({}));
    fits(&objects);
    settings_load(&objects);
    assert!(foreign.is_empty());
    let pod = &the(&objects, "Deployment")["spec"]["template"]["spec"];
    assert_eq!(pod["containers"][0]["image"], "claviger:0.1.0");
    assert_eq!(pod["containers"][0]["args"], json!(["serve"]));
}

#[test]
fn every_value_has_an_effect() {
    let settings = "proxy: {listen: 0.0.0.0:8080, upstream: {{ .Values.upstream }}, \
                    tls: {certificate: tls.crt, key: tls.key}}\n\
                    admin: {listen: 0.0.0.0:8081}\nconsole: {enabled: false}\ncredentials: {database_file: database}\n";
    let (objects, foreign) = objects(&json!({
        "upstream": "https://orders.prod:8443", "settings": settings, "files": {"credentials.yaml": null}, "migrate": true, "replicas": 3,
        "secrets": ["edge-certificate", "edge-database"],
        "image": {"repository": "example/claviger", "tag": "9", "pullSecrets": ["pull"]},
        "service": {"type": "LoadBalancer", "port": 443, "annotations": {"a": "b"}},
        "networkPolicy": {"callers": [{"podSelector": {"matchLabels": {"role": "web"}}}], "monitoringNamespace": "watch"},
        "podMonitor": {"enabled": true, "labels": {"team": "edge"}},
        "podAnnotations": {"c": "d"}, "podLabels": {"e": "f"}, "nodeSelector": {"disk": "fast"},
        "tolerations": [{"operator": "Exists"}],
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
        "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}],
    }));
    fits(&objects);
    let text = serde_json::to_string(&objects).unwrap();
    for effect in [
        "upstream: https://orders.prod:8443",
        "edge-certificate",
        "edge-database",
        "example/claviger:9",
        "pull",
        "LoadBalancer",
        "\"a\":\"b\"",
        "\"role\":\"web\"",
        "watch",
        "\"c\":\"d\"",
        "\"e\":\"f\"",
        "\"disk\":\"fast\"",
        "Exists",
        "podAntiAffinity",
        "maxSkew",
        "\"replicas\":3",
        "\"args\":[\"serve\",\"--migrate\"]",
    ] {
        assert!(text.contains(effect), "{effect}: {text}");
    }
    assert!(!objects.iter().any(|object| object["kind"] == "Secret"));
    let monitor = the(&foreign, "PodMonitor");
    is_watched(&monitor);
    assert_eq!(
        (&monitor["metadata"]["labels"]["team"], &monitor["spec"]["podMetricsEndpoints"][0]["port"]),
        (&"edge".into(), &"admin".into())
    );
}

/// The values of a gate with a certificate on both listeners.
fn over_tls() -> Value {
    let tls = "tls: {certificate: tls.crt, key: tls.key}";
    let settings = format!(
        "proxy: {{listen: 0.0.0.0:8080, upstream: {{{{ .Values.upstream }}}}, {tls}}}\n\
         admin: {{listen: 0.0.0.0:8081, {tls}}}\ncredentials: {{file: credentials.yaml}}\n"
    );
    json!({"settings": settings, "secrets": ["edge-certificate"], "podMonitor": {"enabled": true}})
}

#[test]
fn with_admin_tls_probes_and_pod_monitor_use_tls() {
    let mut values = over_tls();
    let (own, foreign) = objects(&values);
    let pod = &the(&own, "Deployment")["spec"]["template"]["spec"]["containers"][0];
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        assert_eq!(pod[probe]["httpGet"]["scheme"], "HTTPS", "{probe}");
    }
    let endpoint = |foreign: &[Value]| the(foreign, "PodMonitor")["spec"]["podMetricsEndpoints"][0].clone();
    let scraped = endpoint(&foreign);
    assert_eq!((&scraped["scheme"], &scraped["tlsConfig"]), (&"https".into(), &json!({"insecureSkipVerify": true})));

    let verified = json!({"ca": {"secret": {"name": "edge-ca", "key": "ca.crt"}}, "serverName": "gate.example.org"});
    values["podMonitor"]["tlsConfig"] = verified.clone();
    assert_eq!(endpoint(&objects(&values).1)["tlsConfig"], verified);
    values["settings"] = "admin: {listen: 0.0.0.0:8081}\n".into();
    assert_eq!(endpoint(&objects(&values).1).get("scheme"), None);
}

#[test]
fn optional_objects_are_left_out() {
    let off = json!({"enabled": false});
    let (objects, _) = objects(&json!({"networkPolicy": off, "podDisruptionBudget": off}));
    let kinds: Vec<&str> = objects.iter().map(|object| object["kind"].as_str().unwrap()).collect();
    assert!(!kinds.contains(&"NetworkPolicy") && !kinds.contains(&"PodDisruptionBudget"), "{kinds:?}");
}

#[test]
fn misspelt_and_invalid_values_are_refused() {
    for values in [
        json!({"replicaCount": 3}),
        json!({"upstream": "api:9000"}),
        json!({"ports": {"gate": 0, "admin": 8081}}),
        json!({"image": {"repository": "claviger", "pullPolicy": "Sometimes"}}),
        json!({"secrets": [""]}),
    ] {
        let ended = helm(&values);
        assert!(ended.code == 1 && ended.stderr.contains("refused"), "{values}: {}{}", ended.stdout, ended.stderr);
    }
}

#[test]
fn the_notes_name_the_release() {
    let notes = |values| rendered(values).into_iter().find(|(file, _)| file.ends_with("NOTES.txt")).unwrap().1;
    let (plain, over_tls) = (notes(&json!({})), notes(&over_tls()));
    assert!(plain.contains("http://edge-claviger.prod:80") && plain.contains("curl -i http://"), "{plain}");
    assert!(over_tls.contains("https://edge-claviger.prod:80") && !over_tls.contains("http://127"), "{over_tls}");
}

#[test]
fn chart_image_and_program_have_one_version() {
    let version = env!("CARGO_PKG_VERSION");
    let chart = documents(&read("deploy/helm/claviger/Chart.yaml")).remove(0);
    assert_eq!((&chart["version"], &chart["appVersion"]), (&version.into(), &version.into()));
    let image = format!("claviger:{version}");
    for file in ["deploy/compose.yaml", "deploy/kubernetes/sidecar.yaml", "deploy/docker/Dockerfile"] {
        assert!(read(file).contains(&image), "{file}");
    }
    assert!(read("deploy/docker/Dockerfile").contains(&format!("image.version=\"{version}\"")));
}
