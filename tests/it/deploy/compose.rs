//! compose.yaml, checked against the Compose schema.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::{checker, documents, read, repository, succeeds, validates};

fn compose() -> Value {
    documents(&read("deploy/compose.yaml")).remove(0)
}

fn services() -> Vec<(String, Value)> {
    let services = compose()["services"].as_object().unwrap().clone();
    services.into_iter().collect()
}

#[test]
fn compose_yaml_matches_the_schema() {
    let mut command = checker("check-jsonschema");
    command.args(["--builtin-schema", "vendor.compose-spec"]).arg(repository("deploy/compose.yaml"));
    succeeds(command);
}

#[test]
fn services_are_read_only_and_have_no_capabilities() {
    for (name, service) in services() {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["cap_drop"], serde_json::json!(["ALL"]), "{name}");
        assert_eq!(service["security_opt"], serde_json::json!(["no-new-privileges:true"]), "{name}");
        let image = service["image"].as_str().unwrap();
        assert!(image.contains(':') && !image.ends_with(":latest"), "{image}");
    }
}

/// Imports and exports are kept there. It is memory of the gate: what the defaults for a memory limit leave.
#[test]
fn the_gate_has_a_bounded_folder_for_temporary_files() {
    let gate = compose()["services"]["gate"].clone();
    assert_eq!(gate["tmpfs"], serde_json::json!(["/tmp:size=64m,mode=1777"]));
    assert_eq!(gate["deploy"]["resources"]["limits"]["memory"], "512M");
}

/// One service that fails must not take the machine along.
#[test]
fn services_have_limits_of_memory_processors_processes_and_logs() {
    for (name, service) in services() {
        let limits = &service["deploy"]["resources"]["limits"];
        assert!(limits["cpus"].as_str().unwrap().parse::<f64>().unwrap() > 0.0, "{name}");
        assert!(limits["memory"].as_str().unwrap().ends_with(['M', 'G']), "{name}");
        assert!(limits["pids"].as_u64().unwrap() > 0, "{name}");
        let options = &service["logging"]["options"];
        assert!(options["max-size"].is_string() && options["max-file"].is_string(), "{name}");
    }
    let descriptors = compose()["services"]["gate"]["ulimits"]["nofile"].as_u64().unwrap();
    // The default without a limit of memory.
    assert!(descriptors > 2 * 10_000, "{descriptors}");
}

#[test]
fn services_have_healthchecks() {
    let services = services();
    let without: Vec<&str> = services
        .iter()
        .filter(|(_, service)| service["healthcheck"].is_null())
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(without, ["api"]);
}

#[test]
fn api_and_database_are_reachable_through_the_gate_only() {
    for (name, service) in services() {
        let is_inside = ["api", "postgres"].contains(&name.as_str());
        assert_eq!(service["ports"].is_null(), is_inside, "{name}");
        assert_eq!(service["networks"] == serde_json::json!(["inside"]), is_inside, "{name}");
    }
    assert_eq!(compose()["networks"]["inside"]["internal"], true);
}

/// Without TLS, passwords must not leave this machine.
#[test]
fn the_console_is_published_on_this_machine_only_and_the_admin_port_nowhere() {
    let ports = |service: Value| service["ports"].as_array().cloned().unwrap_or_default();
    let all: Vec<Value> = services().into_iter().flat_map(|(_, service)| ports(service)).collect();
    assert!(all.iter().all(|port| port.as_str().unwrap().starts_with("127.0.0.1:")), "{all:?}");
    assert!(!all.iter().any(|port| port.as_str().unwrap().ends_with(":8081")), "{all:?}");
    assert!(ports(compose()["services"]["gate"].clone()).contains(&"127.0.0.1:8083:8083".into()));
    let console = documents(&read("deploy/compose/gate/claviger.yaml")).remove(0)["console"].clone();
    assert_eq!((&console["listen"], &console["public_url"]), (&"0.0.0.0:8083".into(), &"http://127.0.0.1:8083".into()));
}

#[test]
fn mounted_files_exist() {
    let volumes =
        services().into_iter().flat_map(|(_, service)| service["volumes"].as_array().cloned().unwrap_or_default());
    let sources: BTreeSet<String> =
        volumes.map(|volume| volume.as_str().unwrap().split(':').next().unwrap().to_owned()).collect();
    for source in sources.iter().filter_map(|source| source.strip_prefix("./")) {
        assert!(repository("deploy").join(source).is_dir(), "{source}");
    }
    let named: Vec<&String> = sources.iter().filter(|source| !source.starts_with('.')).collect();
    assert!(named.iter().all(|name| compose()["volumes"].get(name.as_str()).is_some()), "{named:?}");
}

#[test]
fn prometheus_scrapes_the_admin_port() {
    let prometheus = documents(&read("deploy/compose/prometheus/prometheus.yaml")).remove(0);
    assert_eq!(prometheus["scrape_configs"][0]["static_configs"][0]["targets"], serde_json::json!(["gate:8081"]));
    assert!(read("deploy/compose/gate/claviger.yaml").contains("admin: {listen: 0.0.0.0:8081}"));
    assert_eq!(prometheus["rule_files"], serde_json::json!(["/etc/prometheus-rules/alerts.yaml"]));
    assert!(repository("deploy/prometheus/alerts.yaml").is_file());
    let api = services().into_iter().find(|(name, _)| name == "api").unwrap().1;
    let port = api["environment"]["WHOAMI_PORT_NUMBER"].as_str().unwrap().to_owned();
    assert!(read("deploy/compose/gate/claviger.yaml").contains(&format!("upstream: http://api:{port}")));
}

#[test]
fn the_gate_would_start_with_its_settings_and_secrets() {
    let folder = TempDir::new().unwrap();
    let script = folder.path().join("make-secrets");
    std::fs::copy(repository("deploy/compose/make-secrets"), &script).unwrap();
    succeeds(Command::new(&script));
    let secret = |name: &str| std::fs::read_to_string(folder.path().join("secrets").join(name)).unwrap();
    let (database, password) = (secret("database"), secret("postgres_password"));
    assert!(password.len() == 48 && database.contains(&format!("claviger:{password}@postgres/claviger")));
    let secrets = compose()["secrets"].as_object().unwrap().clone();
    for (name, secret) in secrets {
        let file = secret["file"].as_str().unwrap().strip_prefix("./compose/").unwrap().to_owned();
        assert!(folder.path().join(&file).is_file(), "{name}: {file}");
    }
    // A second run changes nothing: the database keeps the first password.
    succeeds(Command::new(&script));
    assert_eq!(secret("postgres_password"), password);

    let settings = read("deploy/compose/gate/claviger.yaml");
    assert!(settings.contains("database_file: /run/secrets/database"));
    validates(
        &[("claviger.yaml", &settings), ("database", &database)],
        &[("CLAVIGER__CREDENTIALS__DATABASE_FILE", "database")],
    );
}
