//! The password of the database appears in no output.

use super::{answer, bearer};
use crate::support::postgres::Cluster;
use crate::support::{Gate, GateBuilder, RecordingApi, Run};

/// Has every character with a meaning in a URL.
const PASSWORD: &str = "planted:p@ss/w?rd#1%41";
const IN_A_URL: &str = "planted%3Ap%40ss%2Fw%3Frd%231%2541";

fn assert_untraced(place: &str, text: &str) {
    for trace in [PASSWORD, IN_A_URL, "planted", "p%40ss", "p@ss"] {
        let line = text.lines().find(|line| line.contains(trace));
        assert!(line.is_none(), "{place} shows {trace}: {line:?}");
    }
}

/// The output of the commands that print and check settings.
fn shown(builder: &GateBuilder) -> String {
    // Writes the files.
    drop(builder.command());
    let run = |arguments: &[&str]| Run::within(builder.folder(), arguments).end();
    let show = run(&["config", "show"]);
    let validate = run(&["config", "validate"]);
    let explain = run(&["explain", "stranger", "GET", "/x"]);
    assert_eq!((show.code, validate.code, explain.code), (0, 0, 1), "{}{}", show.stderr, validate.stderr);
    [show.stdout, show.stderr, validate.stdout, validate.stderr, explain.stdout, explain.stderr].concat()
}

#[test]
fn the_password_of_the_database_is_in_no_output() {
    let cluster = Cluster::start();
    cluster.execute(&format!("CREATE ROLE secretive LOGIN PASSWORD '{PASSWORD}'"));
    cluster.execute("CREATE DATABASE kept OWNER secretive");
    let url = |password: &str| {
        cluster
            .url("kept")
            .replacen("claviger:", "secretive:", 1)
            .replace(cluster.url("kept").split(':').nth(2).unwrap().split('@').next().unwrap(), password)
    };
    let api = RecordingApi::start();
    let level = "log: {format: json, level: \"trace,sqlx=trace,sqlx_postgres=trace,sqlx_core=trace,rustls=trace\"}\n";
    let builder = Gate::before(api.url()).database(&url(IN_A_URL)).log(level);
    let shown_here = shown(&builder);
    assert!(shown_here.contains("postgres://secretive@localhost"), "{shown_here}");
    assert_untraced("a command", &shown_here);
    let gate = builder.start_as(|command| {
        command.arg("--migrate");
    });
    assert_eq!(answer(&gate, &bearer("unknown")).0, 401);
    assert!(gate.stderr().contains("postgres://secretive@localhost"), "{}", gate.stderr());
    cluster.terminate_connections();
    assert_eq!(answer(&gate, &bearer("unknown-2")).0, 401);
    cluster.execute("ALTER ROLE secretive PASSWORD 'another'");
    cluster.terminate_connections();
    let _whatever = answer(&gate, &bearer("unknown-3"));
    crate::support::eventually("it is logged", || gate.stderr().contains("check user name and password"));
    assert_untraced("the log", &gate.stderr());
    assert_untraced("the access log", &gate.stdout());
    assert_untraced("metrics", &gate.admin("GET", "/metrics").text());

    // The same from database_file, whose password is wrong now.
    let builder = Gate::before(api.url()).credentials("credentials: []\n").log(level);
    std::fs::write(builder.folder().join("url"), url(IN_A_URL) + "\n").unwrap();
    let mut command = builder.command();
    command.env("CLAVIGER__CREDENTIALS__DATABASE_FILE", "url");
    let refused = Run::of(command).end();
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("postgres://secretive@localhost"), "{}", refused.stderr);
    assert!(refused.stderr.contains("check user name and password"), "{}", refused.stderr);
    assert_untraced("a refusal", &(refused.stderr + refused.stdout.as_str()));
}

#[test]
fn a_fault_of_a_url_does_not_repeat_it() {
    for url in [
        "postgres://user:planted/p@ss@host/database",
        "postgres://user:planted?p@ss@host/database",
        "postgres://user:planted@host",
        "postgres://user:planted@host/database?sslmode=planted",
        "mysql://user:planted@host/database",
        "sqlite:planted?password=planted",
    ] {
        let builder = Gate::before("http://127.0.0.1:1").database(url);
        let refused = Run::of(builder.command()).end();
        assert_eq!(refused.code, 1, "{url}");
        assert!(refused.stderr.contains("credentials.database"), "{}", refused.stderr);
        assert_untraced(url, &(refused.stderr + refused.stdout.as_str()));
        let builder = Gate::before("http://127.0.0.1:1");
        std::fs::write(builder.folder().join("url"), url).unwrap();
        let mut command = builder.command();
        command.env("CLAVIGER__CREDENTIALS__DATABASE_FILE", "url");
        let refused = Run::of(command).end();
        assert_eq!(refused.code, 1, "{url}");
        assert!(refused.stderr.contains("credentials.database_file"), "{}", refused.stderr);
        assert_untraced(url, &(refused.stderr + refused.stdout.as_str()));
    }
}
