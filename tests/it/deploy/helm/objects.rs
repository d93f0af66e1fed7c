//! Objects that depend on several values.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{objects, parsed, rendered};
use crate::deploy::kubernetes::{fits, the, the_ingress_leads_to_the_console};

/// Settings of a console behind an Ingress.
pub(super) const PUBLIC: &str = "listen: 0.0.0.0:8083, public_url: https://keys.example.org, behind_proxy: true, \
                                 trusted_proxies: [10.0.0.0/8]";

/// Values of a gate on a database, with these settings and values of the console.
pub(super) fn on_console(settings: &str, console: &Value) -> Value {
    let settings = format!(
        "proxy: {{listen: 0.0.0.0:8080, upstream: http://a:1}}\nadmin: {{listen: 0.0.0.0:8081}}\n\
         console: {{{settings}}}\ncredentials: {{database_file: url}}\n"
    );
    json!({"settings": settings, "files": {"credentials.yaml": null}, "secrets": ["database"], "console": console})
}

/// The same with a Service and an Ingress, which has further values.
pub(super) fn with_ingress(settings: &str, ingress: &Value) -> Value {
    let mut console = json!({"service": {"enabled": true}, "ingress": {"enabled": true}});
    console["ingress"].as_object_mut().unwrap().extend(ingress.as_object().unwrap().clone());
    on_console(settings, &console)
}

/// The values of a gate with a certificate on both listeners.
pub(super) fn over_tls() -> Value {
    let tls = "tls: {certificate: tls.crt, key: tls.key}";
    let settings = format!(
        "proxy: {{listen: 0.0.0.0:8080, upstream: {{{{ .Values.upstream }}}}, {tls}}}\n\
         admin: {{listen: 0.0.0.0:8081, {tls}}}\ncredentials: {{file: credentials.yaml}}\n"
    );
    json!({"settings": settings, "secrets": ["edge-certificate"], "podMonitor": {"enabled": true}})
}

fn pod(objects: &[Value]) -> Value {
    the(objects, "Deployment")["spec"]["template"].clone()
}

#[test]
fn with_admin_tls_probes_and_pod_monitor_use_tls() {
    let mut values = over_tls();
    let (own, _) = objects(&values);
    let container = &pod(&own)["spec"]["containers"][0];
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        assert_eq!(container[probe]["httpGet"]["scheme"], "HTTPS", "{probe}");
    }
    let endpoint =
        |values: &Value| the(&parsed(&rendered(values)), "PodMonitor")["spec"]["podMetricsEndpoints"][0].clone();
    let scraped = endpoint(&values);
    assert_eq!((&scraped["scheme"], &scraped["tlsConfig"]), (&"https".into(), &json!({"insecureSkipVerify": true})));

    let verified = json!({"ca": {"secret": {"name": "edge-ca", "key": "ca.crt"}}, "serverName": "gate.example.org"});
    values["podMonitor"]["tlsConfig"] = verified.clone();
    assert_eq!(endpoint(&values)["tlsConfig"], verified);
    let plain = "proxy: {listen: 0.0.0.0:8080}\nadmin: {listen: 0.0.0.0:8081}\n";
    values["settings"] = plain.into();
    assert_eq!(endpoint(&values).get("scheme"), None);
    values["env"] = json!([{"name": "CLAVIGER__ADMIN__TLS", "value": "{certificate: tls.crt, key: tls.key}"}]);
    assert_eq!(endpoint(&values)["scheme"], "https");
}

/// People reach the console, and neither them nor anyone else the admin listener.
#[test]
fn the_console_has_a_service_and_an_ingress_of_its_own() {
    let mut values = with_ingress(PUBLIC, &json!({"tls": [{"secretName": "keys-certificate"}]}));
    values["networkPolicy"] = json!({"consoleCallers": [{"podSelector": {"matchLabels": {"app": "ingress"}}}]});
    let (own, _) = objects(&values);
    fits(&own);
    the_ingress_leads_to_the_console(&own);
    let names: BTreeSet<&str> = own
        .iter()
        .filter(|object| object["kind"] == "Service")
        .map(|service| service["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["edge-claviger", "edge-claviger-console"].into());
    let policy = the(&own, "NetworkPolicy")["spec"]["ingress"].clone();
    assert_eq!(policy[2], json!({"ports": [{"port": "console"}], "from": values["networkPolicy"]["consoleCallers"]}));

    let (shipped, _) = objects(&json!({}));
    let ports = pod(&shipped)["spec"]["containers"][0]["ports"].as_array().unwrap().len();
    assert_eq!((ports, the(&shipped, "NetworkPolicy")["spec"]["ingress"].as_array().unwrap().len()), (2, 2));
}

/// A renewed certificate reaches the pod, because the volume has no subPath.
#[test]
fn the_certificate_of_the_console_is_beside_that_of_the_gate() {
    let tls = |folder: &str| format!("tls: {{certificate: {folder}tls.crt, key: {folder}tls.key}}");
    let console = json!({"tlsSecret": "keys-certificate", "service": {"enabled": true}});
    let mut values = on_console(&format!("listen: 0.0.0.0:8083, {}", tls("console/")), &console);
    let settings = values["settings"].as_str().unwrap().replace("http://a:1", &format!("http://a:1, {}", tls("")));
    values["settings"] = settings.into();
    values["secrets"] = json!(["database", "edge-certificate"]);
    let (own, _) = objects(&values);
    fits(&own);
    let sources = pod(&own)["spec"]["volumes"][0]["projected"]["sources"].clone();
    assert_eq!(sources[2], json!({"secret": {"name": "edge-certificate"}}));
    let items = json!([{"key": "tls.crt", "path": "console/tls.crt"}, {"key": "tls.key", "path": "console/tls.key"}]);
    assert_eq!(sources[3], json!({"secret": {"name": "keys-certificate", "items": items}}));
    let is_of_console = |object: &&Value| object["metadata"]["name"] == "edge-claviger-console";
    assert_eq!(own.iter().find(is_of_console).unwrap()["spec"]["ports"][0]["name"], "https");
}

#[test]
fn the_ingress_has_host_and_path_of_the_public_url() {
    let address = |values: &Value| {
        let rule = the(&parsed(&rendered(values)), "Ingress")["spec"]["rules"][0].clone();
        (rule["host"].clone(), rule["http"]["paths"][0]["path"].clone())
    };
    let below = |path: &str| PUBLIC.replace("example.org", &format!("example.org{path}"));
    for (public, path, seen) in [
        ("", "", "/"),
        ("/", "", "/"),
        ("/keys", "", "/keys"),
        ("/keys/", "", "/keys"),
        ("/keys", "/", "/"),
        ("/keys/of", "/keys", "/keys"),
    ] {
        let values = with_ingress(&below(public), &json!({"path": path}));
        assert_eq!(address(&values), ("keys.example.org".into(), seen.into()), "{public} {path}");
    }
}

#[test]
fn optional_objects_are_left_out() {
    let off = json!({"enabled": false});
    let kinds = |values: &Value| -> BTreeSet<String> {
        parsed(&rendered(values)).iter().map(|object| object["kind"].as_str().unwrap().to_owned()).collect()
    };
    let least = kinds(&json!({"networkPolicy": off, "podDisruptionBudget": off}));
    assert_eq!(least, ["ConfigMap", "Deployment", "Secret", "Service"].map(str::to_owned).into());
    let default = kinds(&json!({}));
    assert!(default.contains("NetworkPolicy") && default.contains("PodDisruptionBudget"), "{default:?}");
}

/// A service that selected the pods of the migration would send them requests.
#[test]
fn the_migration_is_a_hook_with_files_of_its_own() {
    let (own, _) = objects(&json!({
        "settings": "proxy: {listen: 0.0.0.0:8080}\nadmin: {listen: 0.0.0.0:8081}\ncredentials: {database_file: url}\n",
        "files": {"ca.pem": "a certificate"}, "secrets": ["edge-database"], "migration": {"enabled": true},
        "env": [{"name": "PGSSLMODE", "value": "verify-full"}], "serviceAccount": {"create": true},
    }));
    let annotation = |object: &Value, name: &str| object["metadata"]["annotations"][name].as_str().map(str::to_owned);
    let (hooks, release): (Vec<Value>, Vec<Value>) =
        own.into_iter().partition(|object| annotation(object, "helm.sh/hook").is_some());
    fits(&release);
    let kinds: Vec<&str> = hooks.iter().map(|object| object["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["ConfigMap", "Secret", "Job"]);
    let weight = |object: &Value| annotation(object, "helm.sh/hook-weight").unwrap().parse::<i32>().unwrap();
    for hook in &hooks {
        assert_eq!(annotation(hook, "helm.sh/hook").unwrap(), "pre-install,pre-upgrade");
        assert_eq!(hook["metadata"]["name"], "edge-claviger-migration");
        assert_eq!(weight(hook) < weight(&hooks[2]), hook["kind"] != "Job", "the files come first");
    }
    assert_eq!(hooks[0]["data"], the(&release, "ConfigMap")["data"]);
    assert_eq!(hooks[1]["stringData"], the(&release, "Secret")["stringData"]);

    let migration = &hooks[2]["spec"]["template"];
    let gate = pod(&release);
    let containers = [&migration["spec"]["containers"][0], &gate["spec"]["containers"][0]];
    for field in ["image", "env", "securityContext"] {
        assert_eq!(containers[0][field], containers[1][field], "{field}");
    }
    assert_eq!(containers[0]["args"], json!(["database", "migrate"]));
    assert_eq!(containers[1]["args"], json!(["serve"]));
    // The account of the release does not exist yet when the hook runs.
    assert_eq!(
        (&migration["spec"]["serviceAccountName"], &gate["spec"]["serviceAccountName"]),
        (&"default".into(), &"edge-claviger".into())
    );
    let sources = migration["spec"]["volumes"][0]["projected"]["sources"].as_array().unwrap();
    let names: Vec<&str> = sources
        .iter()
        .map(|source| source.as_object().unwrap().values().next().unwrap()["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["edge-claviger-migration", "edge-claviger-migration", "edge-database"]);
    let selector = the(&release, "Service")["spec"]["selector"].as_object().unwrap().clone();
    let labels = &migration["metadata"]["labels"];
    assert!(selector.iter().any(|(name, value)| labels[name] != *value), "the service selects the migration");
}

/// The gate's policy selects the gate alone. In a cluster that denies what no policy allows, the migration would not
/// reach the database; in another one it would reach everything.
#[test]
fn the_migration_connects_to_what_the_gate_may_connect_to() {
    let egress = json!({"enabled": true, "rules": [{"ports": [{"port": 5432}, {"port": 9000}]}]});
    let (own, _) = objects(&json!({
        "settings": "proxy: {listen: 0.0.0.0:8080}\nadmin: {listen: 0.0.0.0:8081}\ncredentials: {database_file: url}\n",
        "secrets": ["edge-database"], "migration": {"enabled": true}, "networkPolicy": {"egress": egress},
    }));
    let policies: Vec<&Value> = own.iter().filter(|object| object["kind"] == "NetworkPolicy").collect();
    let (hooks, release): (Vec<&Value>, Vec<&Value>) =
        policies.into_iter().partition(|policy| policy["metadata"]["annotations"]["helm.sh/hook"].is_string());
    assert_eq!((hooks.len(), release.len()), (1, 1));
    let policy = &hooks[0]["spec"];
    assert_eq!(policy["egress"], release[0]["spec"]["egress"]);
    assert_eq!(policy["policyTypes"], json!(["Ingress", "Egress"]));
    let labels = policy["podSelector"]["matchLabels"].as_object().unwrap();
    let pod = &the(&own, "Job")["spec"]["template"]["metadata"]["labels"];
    assert!(labels.iter().all(|(name, value)| pod[name] == *value), "{labels:?}");
    assert_eq!(hooks[0]["metadata"]["annotations"]["helm.sh/hook-weight"], "-5", "it comes before the job");
}

#[test]
fn a_claimed_volume_is_kept_and_never_in_two_pods() {
    let data = json!({"enabled": true, "type": "persistentVolumeClaim", "size": "3Gi"});
    let (own, _) = objects(&json!({"data": data, "replicas": 1}));
    fits(&own);
    assert_eq!(the(&own, "Deployment")["spec"]["strategy"], json!({"type": "Recreate"}));
    let claim = the(&own, "PersistentVolumeClaim");
    assert_eq!(claim["metadata"]["annotations"]["helm.sh/resource-policy"], "keep");
    let volume = &pod(&own)["spec"]["volumes"][1];
    assert_eq!(volume["persistentVolumeClaim"]["claimName"], claim["metadata"]["name"]);
    assert_eq!(claim["spec"]["resources"]["requests"]["storage"], "3Gi");
    let mount = &pod(&own)["spec"]["containers"][0]["volumeMounts"][1];
    assert_eq!(
        (&mount["name"], &mount["mountPath"], mount.get("readOnly")),
        (&"data".into(), &"/var/lib/claviger".into(), None)
    );
}

#[test]
fn an_autoscaled_gate_has_no_fixed_number_of_pods() {
    let (own, _) = objects(&json!({"autoscaling": {"enabled": true}, "replicas": 5}));
    let deployment = the(&own, "Deployment");
    assert_eq!(deployment["spec"].get("replicas"), None);
    let target = &the(&own, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"];
    assert_eq!((&target["kind"], &target["name"]), (&deployment["kind"], &deployment["metadata"]["name"]));
}

#[test]
fn pods_spread_over_zones_and_nodes() {
    let (shipped, _) = objects(&json!({}));
    let default = pod(&shipped)["spec"]["topologySpreadConstraints"].clone();
    let keys: Vec<&Value> = default.as_array().unwrap().iter().map(|constraint| &constraint["topologyKey"]).collect();
    assert_eq!(keys, ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]);
    let selected = the(&shipped, "Deployment")["spec"]["selector"]["matchLabels"].clone();
    for constraint in default.as_array().unwrap() {
        assert_eq!(constraint["labelSelector"]["matchLabels"], selected);
        assert_eq!(constraint["matchLabelKeys"], json!(["pod-template-hash"]));
    }
    let spread = |values: Value| pod(&parsed(&rendered(&values)))["spec"]["topologySpreadConstraints"].clone();
    let own = json!({"maxSkew": 1, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule",
                     "labelSelector": {"matchLabels": {"tier": "edge"}}, "matchLabelKeys": ["revision"]});
    assert_eq!(spread(json!({"topologySpreadConstraints": [own]})), json!([own]));
    assert_eq!(spread(json!({"topologySpreadConstraints": []})), Value::Null);
}

/// A change restarts pods only where it is meant to.
#[test]
fn changed_settings_restart_pods_and_changed_files_do_not() {
    let annotations = |values: Value| pod(&parsed(&rendered(&values)))["metadata"]["annotations"].clone();
    let before = annotations(json!({}));
    assert_ne!(before, annotations(json!({"upstream": "http://other:9000"})));
    let file = json!({"credentials.yaml": "credentials: []\naccounts: []"});
    assert_eq!(before, annotations(json!({"files": file})));
    let on_files = |files: &Value| annotations(json!({"files": files, "restartOnChange": {"files": true}}));
    assert_ne!(on_files(&json!({})), on_files(&file));
    assert_eq!(annotations(json!({"restartOnChange": {"settings": false}})), Value::Null);
}

#[test]
fn names_are_at_most_63_characters_and_follow_the_overrides() {
    let names = |values: &Value| -> BTreeSet<String> {
        parsed(&rendered(values)).iter().map(|object| object["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&json!({})), ["edge-claviger".to_owned()].into());
    assert_eq!(names(&json!({"nameOverride": "gate"})), ["edge-gate".to_owned()].into());
    assert_eq!(names(&json!({"fullnameOverride": "front"})), ["front".to_owned()].into());
    let long = json!({
        "fullnameOverride": "a".repeat(80), "migration": {"enabled": true}, "dashboard": {"enabled": true},
        "envFrom": [{"secretRef": {"name": "database"}}], "console": {"service": {"enabled": true}},
        "env": [{"name": "CLAVIGER__CONSOLE__LISTEN", "value": "0.0.0.0:8083"},
                {"name": "CLAVIGER__CONSOLE__BEHIND_PROXY", "value": "true"}],
    });
    let names = names(&long);
    assert!(names.len() == 4 && names.iter().all(|name| name.len() < 63), "{names:?}");
}

#[test]
fn egress_is_restricted_to_dns_and_the_rules() {
    let rule = json!({"to": [{"podSelector": {"matchLabels": {"app": "orders"}}}], "ports": [{"port": 9000}]});
    let (own, _) = objects(&json!({"networkPolicy": {"egress": {"enabled": true, "rules": [rule]}}}));
    fits(&own);
    let policy = &the(&own, "NetworkPolicy")["spec"];
    assert_eq!(policy["policyTypes"], json!(["Ingress", "Egress"]));
    let rules = policy["egress"].as_array().unwrap();
    assert_eq!((rules.len(), &rules[1]), (2, &rule));
    assert_eq!(rules[0]["ports"], json!([{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]));
    assert!(rules[0]["to"].is_array());
    let policy = &the(&parsed(&rendered(&json!({}))), "NetworkPolicy")["spec"];
    assert_eq!((&policy["policyTypes"], policy.get("egress")), (&json!(["Ingress"]), None));
}

#[test]
fn a_digest_fixes_the_image_whatever_the_tag() {
    let image =
        |image: Value| pod(&parsed(&rendered(&json!({"image": image}))))["spec"]["containers"][0]["image"].clone();
    let digest = format!("sha256:{}", "a".repeat(64));
    assert_eq!(image(json!({"digest": digest})), format!("claviger@{digest}"));
    assert_eq!(image(json!({"digest": digest, "tag": "1.2"})), format!("claviger:1.2@{digest}"));
}
