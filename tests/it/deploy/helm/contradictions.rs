//! Values that contradict each other fail when the chart is rendered, with a sentence that says what to change.

use serde_json::{Value, json};

use super::helm;
use super::objects::{PUBLIC, on_console, with_ingress};

/// Settings with these sections in flow style.
fn settings(proxy: &str, admin: &str, rest: &str) -> String {
    format!("proxy: {{{proxy}}}\nadmin: {{{admin}}}\n{rest}\n")
}

fn with_listeners(proxy: &str, admin: &str) -> Value {
    let listen = |text: &str| if text.is_empty() { String::new() } else { format!("listen: {text}") };
    json!({"settings": settings(&listen(proxy), &listen(admin), "credentials: {file: credentials.yaml}")})
}

/// Values on a database, with others.
fn on(credentials: &str, others: &Value) -> Value {
    let rest = format!("credentials: {{{credentials}}}");
    let mut values = json!({"settings": settings("listen: 0.0.0.0:8080", "listen: 0.0.0.0:8081", &rest)});
    let own = values.as_object_mut().unwrap();
    own.extend(others.as_object().unwrap().clone());
    values
}

const SQLITE: &str = "database: 'sqlite:/var/lib/claviger/claviger.db'";

/// Values with a Service for a console with these settings.
fn with_console(console: &str) -> Value {
    on_console(console, &json!({"service": {"enabled": true}}))
}

/// Values that contradict the settings of the console or its addresses.
fn contradictions_of_the_console() -> Vec<(Value, &'static str)> {
    let without_service = |console: &str| on_console(console, &json!({}));
    let tls = "listen: 0.0.0.0:8083, tls: {certificate: console/tls.crt, key: console/tls.key}";
    let behind = "listen: 0.0.0.0:8083, behind_proxy: true";
    let without_database = |others: Value| {
        let mut values = with_console(behind);
        values["settings"] =
            settings("listen: 0.0.0.0:8080", "listen: 0.0.0.0:8081", "credentials: {file: c.yaml}").into();
        values.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
        values
    };
    let mut tls_of_a_secret = with_ingress(PUBLIC, &json!({}));
    tls_of_a_secret["console"]["tlsSecret"] = "keys-certificate".into();
    vec![
        // Listener and Service
        (json!({"ports": {"console": 8081}}), "ports.admin and ports.console are both 8081"),
        (
            with_console("enabled: false"),
            "settings have console.enabled: false: the Service of the console would reach no",
        ),
        (without_database(json!({})), "console.service.enabled needs a database, without which there is no console"),
        (with_console("public_url: https://k.example.org"), "console.listen is not set, so it is a loopback address"),
        (
            with_console("listen: '[::1]:8083'"),
            "console.listen is [::1]:8083, a loopback address, which the Service of the console cannot reach",
        ),
        (
            with_console("listen: 0.0.0.0:8443, behind_proxy: true"),
            "console.listen is 0.0.0.0:8443, and ports.console is 8083: the Service of the console would reach no listener",
        ),
        (
            without_service(behind),
            "console.listen is 0.0.0.0:8083, and the console has no Service: set console.service.enabled",
        ),
        // TLS
        (
            with_console("listen: 0.0.0.0:8083"),
            "console.listen is 0.0.0.0:8083, where passwords would cross the network as plain text: set console.tls",
        ),
        (
            with_console("listen: '[::]:8083', behind_proxy: false"),
            "[::]:8083, where passwords would cross the network as plain text",
        ),
        (without_service("listen: 10.0.0.1:8083"), "10.0.0.1:8083, where passwords would cross the network"),
        (
            with_console(tls),
            "console.tls.certificate names console/tls.crt, which the pod does not have: set console.tlsSecret",
        ),
        (tls_of_a_secret, "console.tlsSecret is set, and settings have no console.tls"),
        (
            with_console("listen: 0.0.0.0:8083, behind_proxy: true, brand: {logo: images/logo.svg}"),
            "console.brand.logo names images/logo.svg, which the pod does not have",
        ),
        // Ingress
        (
            on_console("enabled: true", &json!({"ingress": {"enabled": true}})),
            "console.ingress.enabled needs console.service.enabled",
        ),
        (with_ingress(behind, &json!({})), "console.ingress.enabled needs console.public_url in settings"),
        (
            with_ingress(&PUBLIC.replace("https:", "http:"), &json!({})),
            "console.public_url is http://keys.example.org, and browsers keep a session over TLS only",
        ),
        (
            with_ingress(PUBLIC, &json!({"host": "keys.example.com"})),
            "console.ingress.host is keys.example.com, and settings have console.public_url: https://keys.example.org",
        ),
        (
            with_ingress(PUBLIC, &json!({"path": "/keys"})),
            "console.ingress.path is /keys, and settings have console.public_url: https://keys.example.org",
        ),
        (
            with_ingress(&PUBLIC.replace("example.org", "example.org/keys"), &json!({"path": "/key"})),
            "console.ingress.path is /key, and settings have",
        ),
        (
            with_ingress(&PUBLIC.replace("behind_proxy: true", "tls: {certificate: a, key: b}"), &json!({})),
            "console.ingress.enabled needs console.behind_proxy in settings",
        ),
        (
            with_ingress(&PUBLIC.replace(", trusted_proxies: [10.0.0.0/8]", ""), &json!({})),
            "console.ingress.enabled needs console.trusted_proxies in settings",
        ),
        (
            with_ingress(PUBLIC, &json!({"tls": [{"hosts": ["example.org", "*.keys.example.org"]}]})),
            "console.ingress.tls has no entry for the host keys.example.org",
        ),
        (with_unknown_url(&json!({})), "console.ingress.host is empty, and the chart cannot read console.public_url"),
    ]
}

/// Values with an Ingress, where a Secret has console.public_url.
fn with_unknown_url(ingress: &Value) -> Value {
    let mut values = with_ingress(&PUBLIC.replace("public_url: https://keys.example.org, ", ""), ingress);
    values["env"] =
        json!([{"name": "CLAVIGER__CONSOLE__PUBLIC_URL", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]);
    values
}

fn contradictions() -> Vec<(Value, &'static str)> {
    let variable = |name: &str, value: &str| json!({"env": [{"name": name, "value": value}]});
    let claim = json!({"enabled": true, "type": "persistentVolumeClaim"});
    let budget = |budget: Value| json!({"podDisruptionBudget": budget});
    let snapshot = "database_file: url}\ndatabase: {snapshot: s.jsonl";
    vec![
        // Settings
        (json!({"settings": "proxy: ["}), "settings are not valid YAML"),
        (json!({"settings": "admin: {listen: 0.0.0.0:8081}"}), "settings have no section proxy"),
        // Ports and loopback
        (json!({"ports": {"gate": 8081}}), "ports.admin and ports.gate are both 8081: give each listener its own port"),
        (
            with_listeners("0.0.0.0:9090", "0.0.0.0:8081"),
            "settings: proxy.listen is 0.0.0.0:9090, and ports.gate is 8080: the Service would reach no listener",
        ),
        (
            with_listeners("0.0.0.0:8080", "0.0.0.0:80810"),
            "ports.admin is 8081: the probes and Prometheus would reach no listener",
        ),
        (
            with_listeners("['127.0.0.1:8080', '[::1]:8080']", "0.0.0.0:8081"),
            "proxy.listen is 127.0.0.1:8080, [::1]:8080, a loopback address, which the Service cannot reach",
        ),
        (
            with_listeners("0.0.0.0:8080", "127.0.0.1:8081"),
            "a loopback address, which the probes and Prometheus cannot reach: write admin.listen: 0.0.0.0:8081",
        ),
        (with_listeners("0.0.0.0:8080", ""), "admin.listen is not set, so it is a loopback address"),
        (with_listeners("", "0.0.0.0:8081"), "proxy.listen is not set, so it is a loopback address"),
        (variable("CLAVIGER__ADMIN__LISTEN", "127.0.0.1:8081"), "settings: admin.listen is 127.0.0.1:8081"),
        (variable("CLAVIGER__PROXY__LISTEN", "['0.0.0.0:1']"), "settings: proxy.listen is 0.0.0.0:1, and ports.gate"),
        // Shutdown
        (
            variable("CLAVIGER__PROXY__TIMEOUTS__SHUTDOWN", "1m 30s"),
            "terminationGracePeriodSeconds is 45, and stopping takes up to 96 s",
        ),
        (json!({"preStopSeconds": 14}), "stopping takes up to 45 s"),
        (variable("CLAVIGER__PROXY__TIMEOUTS__LAME_DUCK", "10500ms"), "stopping takes up to 46 s"),
        // Files
        (json!({"files": {"claviger.yaml": ""}}), "files has claviger.yaml, whose content is settings"),
        (
            json!({"files": {"credentials.yaml": null}}),
            "settings: credentials.file names credentials.yaml, which the pod does not have",
        ),
        (on("database_file: url", &json!({})), "settings: credentials.database_file names url"),
        (variable("CLAVIGER__ADMIN__TLS__KEY", "tls.key"), "settings: admin.tls.key names tls.key"),
        // Folders
        (
            on(SQLITE, &json!({"replicas": 1})),
            "is sqlite:/var/lib/claviger/claviger.db, where the pod cannot write: set data.enabled",
        ),
        (
            on("database: 'sqlite:claviger.db'", &json!({"data": claim, "replicas": 1})),
            "credentials.database is sqlite:claviger.db, where the pod cannot write",
        ),
        (
            on(snapshot, &json!({"secrets": ["url"], "data": {"enabled": true}})),
            "database.snapshot is s.jsonl, where the pod cannot write",
        ),
        (
            json!({"env": [{"name": "CLAVIGER__DATABASE__SNAPSHOT", "value": "/s/s.jsonl"}],
                   "extraVolumes": [{"name": "s", "emptyDir": {}}],
                   "extraVolumeMounts": [{"name": "s", "mountPath": "/s", "readOnly": true}]}),
            "database.snapshot is /s/s.jsonl, where the pod cannot write",
        ),
        (variable("CLAVIGER__HANDOVER__SOCKET", "/run/claviger/s"), "handover.socket is /run/claviger/s, where"),
        // Volumes
        (json!({"extraVolumes": [{"name": "data"}]}), "extraVolumes: the chart has a volume named data already"),
        (
            json!({"extraVolumes": [{"name": "tls"}],
                   "extraVolumeMounts": [{"name": "tls", "mountPath": "/etc/claviger/tls"}]}),
            "extraVolumeMounts: /etc/claviger/tls is in a volume of the chart: choose another folder",
        ),
        (
            json!({"data": {"enabled": true}, "extraVolumes": [{"name": "x"}],
                   "extraVolumeMounts": [{"name": "x", "mountPath": "/var/lib/claviger/"}]}),
            "extraVolumeMounts: /var/lib/claviger/ is in a volume of the chart",
        ),
        (json!({"extraVolumes": [{"name": "temporary"}]}), "the chart has a volume named temporary already"),
        (
            json!({"extraVolumes": [{"name": "x"}], "extraVolumeMounts": [{"name": "x", "mountPath": "/tmp"}]}),
            "extraVolumeMounts: /tmp is in a volume of the chart",
        ),
        (json!({"data": {"enabled": true, "mountPath": "/tmp"}}), "data.mountPath is in /tmp"),
        (
            json!({"extraVolumeMounts": [{"name": "x", "mountPath": "/x"}]}),
            "extraVolumeMounts names x, which is not in extraVolumes",
        ),
        // Database
        (on(SQLITE, &json!({"data": {"enabled": true}})), "SQLite, which one pod can use, and up to 2 pods would"),
        (
            on(SQLITE, &json!({"data": {"enabled": true}, "replicas": 1, "autoscaling": {"enabled": true}})),
            "SQLite, which one pod can use, and up to 10 pods would",
        ),
        (
            on(SQLITE, &json!({"data": claim, "replicas": 1, "migration": {"enabled": true}})),
            "migration.enabled is for PostgreSQL",
        ),
        (json!({"migration": {"enabled": true}}), "migration.enabled needs a database"),
        // Replicas
        (
            json!({"data": claim}),
            "data.type is persistentVolumeClaim, a volume of one pod, and up to 2 pods would use it",
        ),
        (
            json!({"autoscaling": {"enabled": true, "minReplicas": 9, "maxReplicas": 3}}),
            "autoscaling.minReplicas is 9, more than autoscaling.maxReplicas, 3",
        ),
        (
            json!({"autoscaling": {"enabled": true, "targetCPUUtilizationPercentage": null}}),
            "autoscaling.enabled needs a metric",
        ),
        (
            json!({"autoscaling": {"enabled": true}, "resources": {"requests": {"cpu": null}}}),
            "autoscaling.targetCPUUtilizationPercentage is a share of resources.requests.cpu, which is not set",
        ),
        (budget(json!({"minAvailable": 1})), "podDisruptionBudget has minAvailable and maxUnavailable"),
        (budget(json!({"maxUnavailable": null})), "podDisruptionBudget.enabled needs maxUnavailable or minAvailable"),
        (budget(json!({"maxUnavailable": 0})), "podDisruptionBudget lets no pod of 2 be evicted"),
        (budget(json!({"maxUnavailable": "0%"})), "podDisruptionBudget lets no pod of 2 be evicted"),
        (
            budget(json!({"maxUnavailable": null, "minAvailable": "100%"})),
            "podDisruptionBudget lets no pod of 2 be evicted",
        ),
        (budget(json!({"maxUnavailable": null, "minAvailable": 2})), "podDisruptionBudget lets no pod of 2 be evicted"),
        // Objects
        (
            json!({"podLabels": {"app.kubernetes.io/instance": "x"}}),
            "podLabels: app.kubernetes.io/instance selects the pods of the gate",
        ),
        (
            json!({"networkPolicy": {"egress": {"enabled": true}}}),
            "networkPolicy.egress.rules keeps the gate from its API, http://api:9000: add a rule that allows it",
        ),
    ]
}

#[test]
fn values_that_contradict_each_other_fail_with_a_sentence() {
    let all = contradictions().into_iter().chain(contradictions_of_the_console());
    let (values, sentences): (Vec<Value>, Vec<&str>) = all.unzip();
    for ((outcome, sentence), values) in helm(&values).into_iter().zip(sentences).zip(&values) {
        let reason = outcome.err().unwrap_or_else(|| panic!("rendered, and expected {sentence}: {values}"));
        assert!(reason.contains(sentence), "{sentence}: {reason}");
    }
}

/// The neighbours of the values above.
#[test]
fn values_that_agree_are_rendered() {
    let secret =
        json!([{"name": "CLAVIGER__CREDENTIALS__DATABASE", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]);
    let behind = "listen: 0.0.0.0:8083, behind_proxy: true";
    let mut from_variables = with_console("");
    from_variables["env"] = json!([{"name": "CLAVIGER__CONSOLE__LISTEN", "value": "0.0.0.0:8083"},
                                   {"name": "CLAVIGER__CONSOLE__BEHIND_PROXY", "value": "true"}]);
    let mut with_both =
        with_ingress(&format!("{PUBLIC}, tls: {{certificate: console/tls.crt, key: console/tls.key}}"), &json!({}));
    with_both["console"]["tlsSecret"] = "keys-certificate".into();
    let values = [
        // Without a database the program has no console, whatever the settings say.
        json!({"settings": settings("listen: 0.0.0.0:8080", "listen: 0.0.0.0:8081", "console: {listen: 0.0.0.0:8083}")}),
        on_console("", &json!({})),
        on_console("enabled: false, listen: 0.0.0.0:8083", &json!({})),
        with_console(behind),
        with_console("listen: '[::]:8083', tls: {certificate: tls.crt, key: tls.key}"),
        from_variables,
        with_both,
        with_ingress(&PUBLIC.replace("keys.example.org", "Keys.Example.org:8443/a/b/"), &json!({"path": "/a"})),
        with_ingress(PUBLIC, &json!({"tls": [{"hosts": ["*.example.org"], "secretName": "x"}]})),
        with_ingress(PUBLIC, &json!({"host": "keys.example.org", "path": "/"})),
        with_unknown_url(&json!({"host": "keys.example.org"})),
        with_listeners("['127.0.0.1:8080', '[::]:8080']", "'[::]:8081'"),
        json!({"ports": {"gate": 9090, "admin": 9091}}),
        json!({"env": [{"name": "CLAVIGER__PROXY__TIMEOUTS__SHUTDOWN", "value": "5m"}],
               "terminationGracePeriodSeconds": 320}),
        json!({"files": {"credentials.yaml": null}, "secrets": ["credentials"]}),
        on(SQLITE, &json!({"data": {"enabled": true, "type": "persistentVolumeClaim"}, "replicas": 1})),
        on("database: 'sqlite:///data/x.db'", &json!({"data": {"enabled": true, "mountPath": "/data"}, "replicas": 1})),
        json!({"migration": {"enabled": true}, "env": secret}),
        json!({"migration": {"enabled": true}, "envFrom": [{"secretRef": {"name": "variables"}}]}),
        json!({"env": [{"name": "CLAVIGER__ADMIN__LISTEN", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]}),
        json!({"podDisruptionBudget": {"maxUnavailable": null, "minAvailable": 1}}),
        json!({"networkPolicy": {"egress": {"enabled": true}}, "upstream": "unix:/run/api/api.sock"}),
        json!({"replicas": 0, "podDisruptionBudget": {"maxUnavailable": null, "minAvailable": 1}}),
    ];
    for (outcome, values) in helm(&values).into_iter().zip(&values) {
        assert!(outcome.is_ok(), "{values}: {outcome:?}");
    }
}

#[test]
fn misspelt_and_invalid_values_are_refused() {
    let values = [
        json!({"replicaCount": 3}),
        json!({"upstream": "api:9000"}),
        json!({"ports": {"gate": 0, "admin": 8081}}),
        json!({"image": {"repository": "claviger", "pullPolicy": "Sometimes"}}),
        json!({"image": {"digest": "sha256:0"}}),
        json!({"secrets": [""]}),
        json!({"fullnameOverride": "Front_Gate"}),
        json!({"env": [{"value": "1"}]}),
        json!({"extraVolumeMounts": [{"name": "x", "mountPath": "x"}]}),
        json!({"data": {"type": "hostPath"}}),
        json!({"probes": {"liveness": {"httpGet": {"path": "/"}}}}),
        json!({"podDisruptionBudget": {"maxUnavailable": "some"}}),
        json!({"docs": {"baseUrl": "docs.example.org"}}),
        json!({"console": {"enabled": true}}),
        json!({"console": {"service": {"type": "ExternalName"}}}),
        json!({"console": {"ingress": {"host": "https://keys.example.org"}}}),
        json!({"console": {"ingress": {"path": "keys"}}}),
        json!({"console": {"ingress": {"tls": [{"secret": "x"}]}}}),
        json!({"migrate": true}),
    ];
    for (outcome, values) in helm(&values).into_iter().zip(&values) {
        assert!(outcome.is_err(), "{values}");
    }
}
