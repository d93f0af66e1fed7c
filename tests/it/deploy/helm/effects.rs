//! Every value of the schema changes what is rendered.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::helm;
use super::objects::{PUBLIC, on_console, with_ingress};
use crate::deploy::read;

/// Settings that use a database, without a file of credentials.
const ON_POSTGRES: &str = "proxy: {listen: 0.0.0.0:8080, upstream: http://a:1}\nadmin: {listen: 0.0.0.0:8081}\n\
                           credentials: {database_file: url}\n";

/// Settings of a console at the port of the values.
const PORT: &str = "listen: '0.0.0.0:{{ .Values.ports.console }}', public_url: https://keys.example.org, \
                    behind_proxy: true, trusted_proxies: [10.0.0.0/8]";

/// One of these for each value: its key, values that it needs, itself, and text that appears with it only.
fn effects() -> Vec<(&'static str, Value, Value, &'static str)> {
    let none = || json!({});
    let on = |section: &str| json!({section: {"enabled": true}});
    let scaled = || on("autoscaling");
    let claimed = || json!({"data": {"enabled": true, "type": "persistentVolumeClaim"}, "replicas": 1});
    let migrated = || {
        let settings = ON_POSTGRES;
        json!({"settings": settings, "secrets": ["database"], "migration": {"enabled": true}})
    };
    let restricted = || json!({"networkPolicy": {"egress": {"enabled": true, "rules": [{}]}}});
    let mount = json!([{"name": "tls", "mountPath": "/tls", "readOnly": true}]);
    let with_volume = json!({"extraVolumes": [{"name": "tls", "emptyDir": {}}]});
    let with_console = || with_ingress(PUBLIC, &json!({"enabled": false}));
    let over_tls = on_console(
        "listen: 0.0.0.0:8083, tls: {certificate: tls.crt, key: tls.key}",
        &json!({"service": {"enabled": true}}),
    );
    let from_a_secret = |name: &str| json!([{"name": name, "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]);
    let mut of_unknown_address = on_console("", &none());
    of_unknown_address["env"] = from_a_secret("CLAVIGER__CONSOLE__LISTEN");
    let mut of_unknown_url = with_ingress(PUBLIC, &json!({"host": "a.example.org"}));
    of_unknown_url["env"] = from_a_secret("CLAVIGER__CONSOLE__PUBLIC_URL");
    let below_a_path = with_ingress(&PUBLIC.replace("example.org", "example.org/keys"), &json!({"path": "/"}));
    let digest = "sha256:0123456789012345678901234567890123456789012345678901234567890123";
    vec![
        ("nameOverride", none(), json!("gate"), "app.kubernetes.io/name: gate"),
        ("fullnameOverride", none(), json!("front"), "name: front\n"),
        ("upstream", none(), json!("https://orders.prod:8443"), "upstream: https://orders.prod:8443"),
        ("settings", json!({"secrets": ["database"]}), json!(ON_POSTGRES), "database_file: url"),
        ("files", none(), json!({"more.yaml": "accounts: []"}), "more.yaml: 'accounts: []'"),
        ("secrets", none(), json!(["edge-certificate"]), "secret: {name: edge-certificate}"),
        ("restartOnChange.settings", json!({"restartOnChange": {"settings": false}}), json!(true), "checksum/settings"),
        ("restartOnChange.files", none(), json!(true), "checksum/files"),
        ("env", none(), json!([{"name": "RUST_BACKTRACE", "value": "1"}]), "name: RUST_BACKTRACE"),
        ("envFrom", none(), json!([{"secretRef": {"name": "edge-variables"}}]), "name: edge-variables"),
        ("extraVolumes", none(), json!([{"name": "tls", "emptyDir": {}}]), "name: tls"),
        ("extraVolumeMounts", with_volume, mount, "mountPath: /tls"),
        ("data.enabled", none(), json!(true), "name: data\n          emptyDir: {sizeLimit: 1Gi}"),
        ("data.mountPath", on("data"), json!("/srv/claviger"), "mountPath: /srv/claviger}"),
        (
            "data.type",
            json!({"data": {"enabled": true}, "replicas": 1}),
            json!("persistentVolumeClaim"),
            "storage: 1Gi",
        ),
        ("data.size", on("data"), json!("7Gi"), "sizeLimit: 7Gi"),
        ("data.storageClassName", claimed(), json!("fast"), "storageClassName: fast"),
        ("data.existingClaim", claimed(), json!("old"), "claimName: old"),
        ("temporary.size", none(), json!("3Gi"), "name: temporary\n          emptyDir: {sizeLimit: 3Gi}"),
        (
            "migration.enabled",
            json!({"settings": ON_POSTGRES, "secrets": ["x"]}),
            json!(true),
            "args: [database, migrate]",
        ),
        ("migration.backoffLimit", migrated(), json!(9), "backoffLimit: 9"),
        ("migration.activeDeadlineSeconds", migrated(), json!(77), "activeDeadlineSeconds: 77"),
        ("migration.podAnnotations", migrated(), json!({"mesh": "off"}), "mesh: \"off\""),
        ("migration.resources", migrated(), json!({"limits": {"memory": "77Mi"}}), "memory: 77Mi"),
        ("replicas", none(), json!(7), "replicas: 7"),
        ("autoscaling.enabled", none(), json!(true), "kind: HorizontalPodAutoscaler"),
        ("autoscaling.minReplicas", scaled(), json!(4), "minReplicas: 4"),
        ("autoscaling.maxReplicas", scaled(), json!(44), "maxReplicas: 44"),
        ("autoscaling.targetCPUUtilizationPercentage", scaled(), json!(55), "averageUtilization: 55"),
        ("autoscaling.metrics", scaled(), json!([{"type": "Pods"}]), "type: Pods"),
        ("autoscaling.behavior", scaled(), json!({"scaleDown": {"selectPolicy": "Min"}}), "selectPolicy: Min"),
        ("image.repository", none(), json!("example/claviger"), "\"example/claviger:0.1.0\""),
        ("image.tag", none(), json!("9"), "\"claviger:9\""),
        ("image.digest", none(), json!(digest), "\"claviger@sha256:0123"),
        ("image.pullPolicy", none(), json!("Always"), "imagePullPolicy: Always"),
        ("image.pullSecrets", none(), json!(["pull"]), "- name: pull"),
        ("serviceAccount.create", none(), json!(true), "kind: ServiceAccount"),
        ("serviceAccount.name", none(), json!("gate"), "serviceAccountName: gate"),
        ("serviceAccount.annotations", json!({"serviceAccount": {"create": true}}), json!({"role": "r"}), "role: r"),
        ("ports.gate", none(), json!(8888), "containerPort: 8888"),
        ("ports.admin", none(), json!(8889), "containerPort: 8889"),
        ("ports.console", with_ingress(PORT, &none()), json!(8890), "containerPort: 8890"),
        ("console.tlsSecret", over_tls, json!("keys-certificate"), "name: keys-certificate"),
        ("console.service.enabled", of_unknown_address, json!(true), "targetPort: console"),
        ("console.service.type", with_console(), json!("NodePort"), "type: NodePort"),
        ("console.service.port", with_console(), json!(8443), "port: 8443"),
        ("console.service.annotations", with_console(), json!({"g": "h"}), "g: h"),
        ("console.ingress.enabled", with_ingress(PUBLIC, &json!({"enabled": false})), json!(true), "kind: Ingress"),
        ("console.ingress.className", with_ingress(PUBLIC, &none()), json!("public"), "ingressClassName: public"),
        ("console.ingress.annotations", with_ingress(PUBLIC, &none()), json!({"i": "j"}), "i: j"),
        ("console.ingress.host", of_unknown_url, json!("b.example.org"), "host: b.example.org"),
        ("console.ingress.path", below_a_path, json!("/keys"), "path: /keys\n"),
        ("console.ingress.tls", with_ingress(PUBLIC, &none()), json!([{"secretName": "c"}]), "secretName: c"),
        ("service.type", none(), json!("LoadBalancer"), "type: LoadBalancer"),
        ("service.port", none(), json!(443), "port: 443"),
        ("service.annotations", none(), json!({"a": "b"}), "a: b"),
        ("probes.startup", none(), json!({"failureThreshold": 66}), "failureThreshold: 66"),
        ("probes.liveness", none(), json!({"periodSeconds": 66}), "periodSeconds: 66"),
        ("probes.readiness", none(), json!({"initialDelaySeconds": 66}), "initialDelaySeconds: 66"),
        ("preStopSeconds", none(), json!(9), "sleep: {seconds: 9}"),
        ("terminationGracePeriodSeconds", none(), json!(99), "terminationGracePeriodSeconds: 99"),
        ("resources", none(), json!({"limits": {"cpu": "3"}}), "cpu: \"3\""),
        ("networkPolicy.enabled", json!({"networkPolicy": {"enabled": false}}), json!(true), "kind: NetworkPolicy"),
        ("networkPolicy.callers", none(), json!([{"podSelector": {"matchLabels": {"role": "web"}}}]), "role: web"),
        (
            "networkPolicy.consoleCallers",
            with_console(),
            json!([{"podSelector": {"matchLabels": {"role": "ingress"}}}]),
            "role: ingress",
        ),
        ("networkPolicy.monitoringNamespace", none(), json!("watch"), "kubernetes.io/metadata.name: watch"),
        ("networkPolicy.egress.enabled", json!({"networkPolicy": {"egress": {"rules": [{}]}}}), json!(true), "Egress]"),
        (
            "networkPolicy.egress.dns",
            restricted(),
            json!([{"ipBlock": {"cidr": "10.0.0.10/32"}}]),
            "cidr: 10.0.0.10/32",
        ),
        ("networkPolicy.egress.rules", restricted(), json!([{"ports": [{"port": 5432}]}]), "- port: 5432"),
        ("podDisruptionBudget.enabled", json!({"podDisruptionBudget": {"enabled": false}}), json!(true), "AlwaysAllow"),
        ("podDisruptionBudget.maxUnavailable", none(), json!("25%"), "maxUnavailable: 25%"),
        (
            "podDisruptionBudget.minAvailable",
            json!({"podDisruptionBudget": {"maxUnavailable": null, "minAvailable": 1}, "replicas": 8}),
            json!(6),
            "minAvailable: 6",
        ),
        ("podMonitor.enabled", none(), json!(true), "kind: PodMonitor"),
        ("podMonitor.interval", on("podMonitor"), json!("77s"), "interval: 77s"),
        ("podMonitor.labels", on("podMonitor"), json!({"team": "edge"}), "team: edge"),
        (
            "podMonitor.tlsConfig",
            super::objects::over_tls(),
            json!({"serverName": "gate.example.org"}),
            "serverName: gate",
        ),
        ("prometheusRule.enabled", none(), json!(true), "kind: PrometheusRule"),
        ("prometheusRule.labels", on("prometheusRule"), json!({"team": "edge"}), "team: edge"),
        ("prometheusRule.job", on("prometheusRule"), json!("gates"), "up{job=~\"gates\"}"),
        ("dashboard.enabled", none(), json!(true), "\"uid\": \"claviger\""),
        ("dashboard.labels", on("dashboard"), json!({"team": "edge"}), "team: edge"),
        ("dashboard.annotations", on("dashboard"), json!({"grafana_folder": "Edge"}), "grafana_folder: Edge"),
        ("docs.baseUrl", on("prometheusRule"), json!("https://docs.example.org/"), "https://docs.example.org/operate/"),
        ("podAnnotations", none(), json!({"c": "d"}), "c: d"),
        ("podLabels", none(), json!({"e": "f"}), "e: f"),
        ("nodeSelector", none(), json!({"disk": "fast"}), "disk: fast"),
        ("tolerations", none(), json!([{"operator": "Exists"}]), "operator: Exists"),
        ("affinity", none(), json!({"podAntiAffinity": {}}), "podAntiAffinity"),
        (
            "topologySpreadConstraints",
            none(),
            json!([{"maxSkew": 7, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule"}]),
            "topologyKey: rack",
        ),
    ]
}

/// The keys of a schema, down to those whose content it does not list itself.
fn keys(schema: &Value, above: &str) -> Vec<String> {
    let properties = schema["properties"].as_object().unwrap();
    let below = properties.iter().flat_map(|(name, schema)| {
        let key = format!("{above}{name}");
        if schema["properties"].is_object() { keys(schema, &format!("{key}.")) } else { vec![key] }
    });
    below.collect()
}

/// Sets a key in values.
fn set(values: &mut Value, key: &str, value: Value) {
    match key.split_once('.') {
        None => values[key] = value,
        Some((section, rest)) => set(&mut values[section], rest, value),
    }
}

fn text(outcome: super::Outcome, key: &str) -> String {
    let templates = outcome.unwrap_or_else(|reason| panic!("{key}: {reason}"));
    templates.into_iter().filter(|(file, _)| !file.ends_with("NOTES.txt")).map(|(_, text)| text + "\n").collect()
}

#[test]
fn every_value_has_an_effect() {
    let effects = effects();
    let schema: Value = serde_json::from_str(&read("deploy/helm/claviger/values.schema.json")).unwrap();
    let listed: BTreeSet<String> = effects.iter().map(|(key, ..)| (*key).to_owned()).collect();
    let expected: BTreeSet<String> = keys(&schema, "").into_iter().filter(|key| key != "global").collect();
    assert_eq!(listed, expected);

    let pairs = effects.iter().flat_map(|(key, without, value, _)| {
        let mut with = without.clone();
        set(&mut with, key, value.clone());
        [without.clone(), with]
    });
    let mut outcomes = helm(&pairs.collect::<Vec<_>>()).into_iter();
    for (key, _, _, effect) in effects {
        let (without, with) = (text(outcomes.next().unwrap(), key), text(outcomes.next().unwrap(), key));
        assert!(!without.contains(effect), "{key}: {effect} appears without it");
        assert!(with.contains(effect), "{key}: {effect} does not appear: {with}");
    }
}

/// values.yaml is the documentation of the chart.
#[test]
fn values_and_schema_have_the_same_keys() {
    let schema: Value = serde_json::from_str(&read("deploy/helm/claviger/values.schema.json")).unwrap();
    let values = crate::deploy::documents(&read("deploy/helm/claviger/values.yaml")).remove(0);
    for key in keys(&schema, "").into_iter().filter(|key| key != "global") {
        let pointer = format!("/{}", key.replace('.', "/"));
        assert!(values.pointer(&pointer).is_some(), "values.yaml lacks {key}");
    }
}
