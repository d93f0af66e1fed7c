//! The chart, linted and rendered by Helm's own library; the result is checked like other manifests.

mod contradictions;
mod effects;
mod objects;
mod observability;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::kubernetes::{are_valid, database_secret, fits, settings_load, the};
use super::{checker, documents, read, repository};
use crate::support::{Authority, Run};

/// Rendered templates by file name, or why Helm refuses the values.
type Outcome = Result<Vec<(String, String)>, String>;

/// Renderings in one process, so that each ends in time on a busy machine.
const BATCH: usize = 16;

/// Runs Helm with each of these values.
fn helm(values: &[Value]) -> Vec<Outcome> {
    values.chunks(BATCH).flat_map(helm_batch).collect()
}

fn helm_batch(values: &[Value]) -> Vec<Outcome> {
    let mut command = checker("python3");
    command.arg(repository("tests/it/deploy/helm.py")).arg(repository("deploy/helm/claviger"));
    let ended = Run::of(command).input(json!(values).to_string()).end();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["findings"], json!([]));
    report["outcomes"].as_array().unwrap().iter().map(outcome).collect()
}

fn outcome(report: &Value) -> Outcome {
    if let Some(reason) = report["refused"].as_str() {
        return Err(reason.to_owned());
    }
    let texts = report["rendered"].as_object().unwrap().clone();
    Ok(texts.into_iter().map(|(file, text)| (file, text.as_str().unwrap().trim().to_owned())).collect())
}

fn rendered(values: &Value) -> Vec<(String, String)> {
    helm(std::slice::from_ref(values)).remove(0).unwrap_or_else(|reason| panic!("{reason}\n{values}"))
}

/// Objects of rendered templates, without the notes.
fn parsed(templates: &[(String, String)]) -> Vec<Value> {
    let manifests = templates.iter().filter(|(name, text)| !name.ends_with(".txt") && !text.is_empty());
    manifests.flat_map(|(_, text)| documents(text)).collect()
}

fn is_custom(object: &Value) -> bool {
    object["apiVersion"].as_str().unwrap().contains("coreos")
}

/// Rendered objects, validated; custom resources come second.
fn objects(values: &Value) -> (Vec<Value>, Vec<Value>) {
    let (foreign, own): (Vec<Value>, Vec<Value>) = parsed(&rendered(values)).into_iter().partition(is_custom);
    schemas_accept(&own);
    (own, foreign)
}

/// Every object has the form that Kubernetes wants.
fn schemas_accept(objects: &[Value]) {
    let folder = TempDir::new().unwrap();
    let write = |(index, object): (usize, &Value)| {
        let file = folder.path().join(format!("{index}.yaml"));
        std::fs::write(&file, object.to_string()).unwrap();
        file
    };
    let files: Vec<_> = objects.iter().enumerate().map(write).collect();
    are_valid(&files.iter().map(std::path::PathBuf::as_path).collect::<Vec<_>>());
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
fn the_values_of_the_guide_render_gates_that_would_start() {
    let page = crate::support::book::page("docs/guide/kubernetes.md");
    let blocks: Vec<&str> = page.split("\n```yaml\n").skip(1).map(|rest| rest.split_once("\n```").unwrap().0).collect();
    let values: Vec<Value> = blocks.iter().map(|block| documents(block).remove(0)).collect();
    assert!(values.len() > 4, "{}", values.len());
    let pair = Authority::new().issue("keys.example.org");
    let certificate =
        json!({"kind": "Secret", "stringData": {"console/tls.crt": pair.certificate, "console/tls.key": pair.key}});
    let mut all = Vec::new();
    for outcome in helm(&values) {
        let objects = parsed(&outcome.unwrap());
        let is_of_release = |object: &&Value| object["metadata"]["annotations"]["helm.sh/hook"].is_null();
        let mut release: Vec<Value> = objects.iter().filter(is_of_release).cloned().collect();
        release.retain(|object| object["metadata"]["labels"]["grafana_dashboard"].is_null() && !is_custom(object));
        // What the Secrets of the page hold.
        release.extend([database_secret(), certificate.clone()]);
        settings_load(&release);
        all.extend(objects.into_iter().filter(|object| !is_custom(object)));
    }
    schemas_accept(&all);
}

#[test]
fn the_notes_name_the_release_and_the_api() {
    let notes = |values: Value| rendered(&values).into_iter().find(|(file, _)| file.ends_with("NOTES.txt")).unwrap().1;
    let (plain, over_tls) = (notes(json!({})), notes(objects::over_tls()));
    assert!(plain.contains("http://edge-claviger.prod:80") && plain.contains("curl -i http://"), "{plain}");
    assert!(over_tls.contains("https://edge-claviger.prod:80") && !over_tls.contains("http://127"), "{over_tls}");
    let elsewhere = notes(json!({"env": [{"name": "CLAVIGER__PROXY__UPSTREAM", "value": "http://orders:9000"}]}));
    assert!(elsewhere.contains("in front of http://orders:9000."), "{elsewhere}");
}

#[test]
fn the_notes_say_where_the_console_is_and_how_the_first_person_gets_in() {
    let notes = |values: &Value| rendered(values).into_iter().find(|(file, _)| file.ends_with("NOTES.txt")).unwrap().1;
    let first = "exec deployment/edge-claviger -- /usr/bin/claviger admin setup-link";
    let service = json!({"service": {"enabled": true}});
    let behind = "listen: 0.0.0.0:8083, behind_proxy: true";
    for (values, expected) in [
        (objects::with_ingress(objects::PUBLIC, &json!({})), "is at https://keys.example.org\n"),
        (objects::on_console(behind, &service), "http://edge-claviger-console.prod:80\nSet console.public_url"),
        (objects::on_console("", &json!({})), "port-forward deployment/edge-claviger 8083:8083\n"),
        (objects::on_console("listen: 127.0.0.1:9443", &json!({})), "To open http://127.0.0.1:9443/ here"),
    ] {
        let notes = notes(&values);
        assert!(notes.contains(expected) && notes.contains(first), "{expected}: {notes}");
        assert!(notes.contains("/usr/bin/claviger user create --email"), "{notes}");
    }
    for values in [json!({}), objects::on_console("enabled: false", &json!({}))] {
        assert!(!notes(&values).contains("console"), "{}", notes(&values));
    }
}

#[test]
fn chart_image_and_program_have_one_version() {
    let version = env!("CARGO_PKG_VERSION");
    let chart = documents(&read("deploy/helm/claviger/Chart.yaml")).remove(0);
    assert_eq!((&chart["version"], &chart["appVersion"]), (&version.into(), &version.into()));
    let image = format!("claviger:{version}");
    let files = ["compose.yaml", "kubernetes/sidecar.yaml", "kubernetes/console.yaml", "docker/Dockerfile"];
    for file in files.map(|file| format!("deploy/{file}")) {
        assert!(read(&file).contains(&image), "{file}");
    }
    assert!(read("deploy/docker/Dockerfile").contains(&format!("image.version=\"{version}\"")));
    assert!(read("deploy/kustomize/base/kustomization.yaml").contains(&format!("newTag: {version}}}")));
}
