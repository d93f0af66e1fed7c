//! Signatures, verified by the package that Standard Webhooks has for Python.

use std::path::Path;
use std::process::Command;

use claviger::credential::{InstallationKey, WebhookSecret};
use claviger::delivery::webhooks::WebhookRequest;
use serde_json::json;

use super::{BODY, Bed, request, rules};

/// Prints a line for each secret: `valid` or the name of the error.
const VERIFY: &str = r#"
import json, sys
from standardwebhooks import Webhook, WebhookVerificationError
given = json.load(sys.stdin)
for secret in given["secrets"]:
    try:
        Webhook(secret).verify(given["body"], given["headers"])
        print("valid")
    except WebhookVerificationError as error:
        print(error)
"#;

fn verify(given: &serde_json::Value) -> Vec<String> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/webhooks/bin/python");
    assert!(python.exists(), "make test installs standardwebhooks in target/webhooks");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), given.to_string()).unwrap();
    let stdin = std::fs::File::open(file.path()).unwrap();
    let output = Command::new(python).args(["-c", VERIFY]).stdin(stdin).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_receiver_verifies_what_arrives_with_the_new_secret_and_with_the_previous_one() {
    let bed = Bed::new().await;
    let key = InstallationKey::mint().unwrap();
    let [old, new, other] = [1, 2, 3].map(|generation| WebhookSecret::derive(&key, "whk_1", generation));
    // The package refuses events that are older than five minutes.
    #[expect(clippy::disallowed_methods, reason = "another process compares it with its clock")]
    let timestamp = jiff::Timestamp::now().as_second();
    let signature = WebhookSecret::signatures(&[&new, &old], "msg_1", timestamp, BODY.as_bytes());
    let request = WebhookRequest { timestamp, signature, ..request() };
    bed.client.send(&bed.url("/"), &rules(&bed.settings), &request).await;
    let [received] = &bed.receiver.received()[..] else { panic!("{:?}", bed.receiver.received()) };
    let headers: serde_json::Map<_, _> = ["webhook-id", "webhook-timestamp", "webhook-signature"]
        .into_iter()
        .map(|name| (name.to_owned(), received.header(name).unwrap().into()))
        .collect();
    let body = String::from_utf8(received.body.clone()).unwrap();
    let secrets = [&new, &old, &other].map(|secret| secret.reveal().to_string());
    let verified = verify(&json!({"secrets": secrets, "headers": headers, "body": body}));
    assert_eq!(verified, ["valid", "valid", "No matching signature found"]);
    let changed = verify(&json!({"secrets": secrets, "headers": headers, "body": body.replace("Ä", "A")}));
    assert_eq!(changed, ["No matching signature found"; 3]);
}
