//! The API of a real process, against its own description: requests that fit it and requests that do not.

use std::path::Path;
use std::process::Command;

use claviger::config::DatabaseUrl;
use claviger::control::operations::{Caller, NewOperatorToken, OperationContext, create_operator_token};
use claviger::store::{Role, Store};
use jiff::Timestamp;

use super::Fixture;
use crate::store::test_database::OPTIONS;
use crate::support::{Connection, Gate, Request};

/// A process with a desk, and a token of the staff for it.
fn desk() -> (Gate, String) {
    let builder = Gate::before("http://127.0.0.1:9").database("sqlite:claviger.db");
    let file = builder.folder().join("claviger.db");
    let gate = builder.start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let token = runtime.block_on(async {
        let store = Store::open(&DatabaseUrl::Sqlite(file), OPTIONS).await.unwrap();
        let (fixture, shell) = (Fixture::new(), Caller::shell("root".into()));
        let call = OperationContext::new(&store, &shell, now(), fixture.terms());
        let new = NewOperatorToken { name: "test".into(), role: Role::Staff, account: None, expires_at: None };
        let created = create_operator_token(&call, new).await.unwrap().fresh().unwrap();
        store.close().await;
        created.token.reveal().to_owned()
    });
    (gate, token)
}

#[expect(clippy::disallowed_methods, reason = "as the process beside it")]
fn now() -> Timestamp {
    Timestamp::now()
}

#[test]
fn a_real_process_accepts_an_operator_token_and_nothing_else() {
    let (gate, token) = desk();
    let ask = |token: &str| {
        let request = Request::new("GET", "/api/v1/me").header("Authorization", format!("Bearer {token}"));
        Connection::open(gate.console).send(&request.header("Connection", "close"))
    };
    let known = ask(&token);
    assert_eq!(known.status, 200, "{}", known.text());
    assert!(known.text().contains("\"role\":\"staff\""), "{}", known.text());
    assert_eq!(ask("clvop_stranger").status, 401);
    let get = |target: &str| Connection::open(gate.console).send(&Request::get(target).header("Connection", "close"));
    assert_eq!(get("/api/v1/me").status, 401);
    assert_eq!(get("/api/v1/openapi.json").status, 200);
    assert_eq!(gate.admin("GET", "/livez").status, 200);
    assert!(!gate.stderr().contains(&token));
}

#[test]
fn the_api_matches_its_description() {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/schemathesis/bin/schemathesis");
    assert!(program.exists(), "make test installs schemathesis in target/schemathesis");
    let (gate, token) = desk();
    let ended = Command::new(program)
        .current_dir(gate.folder())
        .args(["run", "--phases", "coverage,fuzzing", "--max-examples", "4", "--seed", "1", "--no-shrink"])
        .args(["--max-time", "45", "--warnings", "off", "--exclude-operation-id", "end_session"])
        .args(["--checks", CHECKS])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .arg(format!("http://{}/api/v1/openapi.json", gate.console))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).replace(&token, "TOKEN");
    assert!(ended.status.success(), "{said}\n{}", String::from_utf8_lossy(&ended.stderr));
}

/// Nothing fails on our side, nothing is answered that is not described, and what the description forbids is refused.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,\
                      negative_data_rejection";
