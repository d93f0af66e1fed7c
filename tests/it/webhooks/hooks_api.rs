//! An integration platform subscribes REST hooks with an API key, and receives events.

use serde_json::{Value, json};

use super::installation::{Installation, RECEIVER, contact, with};
use super::zapier::{Answer, Login, Subscriber, Zapier};
use crate::store::test_database::TestDatabase;
use crate::support::{RecordingApi, Request};

pub struct Bed {
    pub installation: Installation,
    pub zapier: Zapier,
    pub publisher: String,
}

impl Bed {
    pub async fn new() -> Self {
        Self::with("").await
    }

    /// With these settings more.
    pub async fn with(settings: &str) -> Self {
        let (database, zapier) = (TestDatabase::sqlite().await, Zapier::start());
        let installation = Installation::management_only(database, zapier.port, settings).await;
        Self::of(installation, zapier)
    }

    fn of(installation: Installation, zapier: Zapier) -> Self {
        let publisher = installation.publisher(None).token;
        Self { installation, zapier, publisher }
    }

    pub fn subscriber(&self, login: Login) -> Subscriber<'_> {
        Subscriber { zapier: &self.zapier, address: self.installation.process.console, login }
    }

    /// A new credential of `acme`: its id, and a program with its token. `more` has further fields.
    pub fn key(&self, more: &Value) -> (String, Subscriber<'_>) {
        let (id, secret) = self.installation.credential(more);
        (id, self.subscriber(Login::Key(secret["token"].as_str().unwrap().to_owned())))
    }

    pub fn post(&self, event: &Value) {
        let reply = self.installation.post(&self.publisher, event);
        assert_eq!(reply.status, 202, "{}", reply.text());
    }

    /// As staff sees it.
    pub fn webhook(&self, id: &str) -> Value {
        self.installation.done("GET", &format!("/webhooks/{id}"), None)
    }
}

pub fn url(path: &str) -> String {
    format!("{RECEIVER}{path}")
}

/// Beside a gate, which admits the same key.
#[tokio::test]
async fn a_platform_subscribes_receives_signed_events_and_unsubscribes() {
    let (api, database, zapier) = (RecordingApi::start(), TestDatabase::sqlite().await, Zapier::start());
    let bed = Bed::of(Installation::with_gate(database, zapier.port, api.url()).await, zapier);
    let (credential, key) = bed.key(&json!({"name": "Zapier of Anna"}));
    let Login::Key(token) = &key.login else { panic!("no token") };
    let at_gate = || bed.installation.process.send(&Request::get("/x").header("X-API-Key", token)).status;
    crate::support::eventually("the gate admits the key", || at_gate() == 200);

    let me = key.get("/hooks/me");
    let hint = &token[token.len() - 4..];
    assert_eq!((me.status, &me.body), (200, &json!({"account": "acme", "name": "Zapier of Anna", "hint": hint})));
    let samples = || key.get("/hooks/samples?event=contact.created").body;
    let example = samples();
    assert_eq!(example[0]["type"], "contact.created");
    assert_eq!(example[0]["data"], json!({"contact": {"id": "contact-1", "name": "Anna"}}));
    assert_eq!(example.as_array().unwrap().len(), 1);
    assert_eq!(key.get("/hooks/samples?event=job.created").body, json!([]), "the settings have no example");

    let (one, two) = (key.subscribed(&url("/one"), "contact.created"), key.subscribed(&url("/two"), "contact.deleted"));
    assert_eq!(bed.webhook(&one)["kind"], "rest_hook");
    bed.post(&contact("1"));
    let received = bed.zapier.awaits("/one", 1);
    assert_eq!(received[0]["url"], url("/one"));
    assert_eq!(received[0]["content_type"], "application/json");
    assert_eq!(received[0]["signers"], json!([one]), "of two secrets one has signed");
    let body = &received[0]["body"];
    assert_eq!((&body["type"], &body["account"]), (&json!("contact.created"), &json!("acme")));
    assert_eq!(body["data"], contact("1")["data"]);
    assert_eq!(body["timestamp"], "2026-11-21T12:00:00Z");
    // What a platform shows while a hook is set up is what it receives later.
    assert_eq!(samples(), json!([body]));
    let names = |event: &Value| event.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&example[0]), names(body));
    for id in ["2", "3", "4"] {
        bed.post(&contact(id));
    }
    bed.zapier.awaits("/one", 4);
    let newest: Vec<Value> =
        samples().as_array().unwrap().iter().map(|one| one["data"]["contact"]["id"].clone()).collect();
    assert_eq!(newest, ["4", "3", "2"]);

    assert_eq!((key.delete(&format!("/hooks/{one}")), key.hooks()), (204, vec![two.clone()]));
    assert_eq!(key.delete(&format!("/hooks/{one}")), 204);
    let target = "/hooks?target_url=http%3A%2F%2Fhooks.example.org%3A8080%2Ftwo";
    assert_eq!((key.delete(target), key.hooks()), (204, vec![]));
    assert_eq!(key.delete(target), 204);
    // Of another hook, whose event comes after.
    key.subscribed(&url("/three"), "contact.created");
    bed.post(&contact("5"));
    bed.zapier.awaits("/three", 1);
    assert_eq!((bed.zapier.received_at("/one").len(), bed.zapier.received_at("/two").len()), (4, 0));
    let verbs = bed.installation.done("GET", &format!("/audit?actor={credential}"), None);
    let verbs = verbs.to_string();
    assert!(verbs.contains("create_webhook") && verbs.contains("unsubscribe_webhook"), "{verbs}");
}

#[tokio::test]
async fn every_spelling_of_the_target_is_the_same_hook() {
    let bed = Bed::new().await;
    let (_, key) = bed.key(&json!({}));
    let of = |field: &str| key.subscribe(&json!({field: url("/x"), "event": "contact.created"}));
    let first = of("target_url");
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!((&first.body["event"], &first.body["target_url"]), (&json!("contact.created"), &json!(url("/x"))));
    assert!(first.body["secret"].as_str().unwrap().starts_with("whsec_") && first.body["created_at"].is_string());
    for field in ["target_url", "targetUrl", "hookUrl", "url"] {
        let again = of(field);
        assert_eq!((again.status, &again.body), (200, &first.body), "{field}");
    }
    let apart = json!({"target_url": url("/x"), "entity": "contact", "operation": "created"});
    assert_eq!((key.subscribe(&apart).status, key.subscribe(&apart).body), (200, first.body.clone()));
    for field in ["targetUrl", "hookUrl", "url"] {
        let new = key.subscribe(&json!({field: url(&format!("/{field}")), "event": "contact.created"}));
        assert_eq!(new.status, 201, "{new:?}");
    }
    for event in ["contact.deleted", "contact.*", "*.created", "*.*", "credential.disabled"] {
        let other = key.subscribe(&json!({"target_url": url("/x"), "event": event}));
        assert_eq!(other.status, 201, "{event} is another hook than contact.created: {other:?}");
    }
    // `*` is any entity with any operation.
    assert_eq!(key.subscribe(&json!({"url": url("/x"), "event": "*"})).status, 200);
    assert_eq!(key.hooks().len(), 9);
    let listed = key.get("/hooks").body.to_string();
    assert!(!listed.contains("whsec_") && !listed.contains("secret"), "{listed}");
}

#[tokio::test]
async fn a_hook_whose_receiver_answers_410_is_removed() {
    let bed = Bed::new().await;
    let (_, key) = bed.key(&json!({}));
    bed.zapier.answer("/gone", 410);
    let (gone, kept) = (key.subscribed(&url("/gone"), "contact.created"), key.subscribed(&url("/kept"), "*"));
    bed.post(&contact("1"));
    bed.zapier.awaits("/kept", 1);
    bed.zapier.awaits("/gone", 1);
    crate::support::eventually("the hook is removed", || key.hooks() == [kept.clone()]);
    assert_eq!(bed.installation.call("GET", &format!("/webhooks/{gone}"), None).status, 404);
    bed.post(&contact("2"));
    bed.zapier.awaits("/kept", 2);
    assert_eq!(bed.zapier.received_at("/gone").len(), 1);
    // The platform may subscribe anew.
    assert_ne!(key.subscribed(&url("/gone"), "contact.created"), gone);
}

#[tokio::test]
async fn a_key_has_at_most_twenty_hooks_and_sees_no_others() {
    let bed = Bed::new().await;
    let ((crm, key), (_, other)) = (bed.key(&json!({})), bed.key(&json!({})));
    let mut ids: Vec<String> =
        (0..20).map(|number| key.subscribed(&url(&format!("/{number}")), "contact.created")).collect();
    ids.sort();
    let more = |key: &Subscriber<'_>| -> Answer {
        key.subscribe(&json!({"target_url": url("/more"), "event": "contact.created"}))
    };
    let refused = more(&key);
    assert_eq!((refused.status, refused.code()), (409, "conflict"), "{refused:?}");
    // One that is there already is no further one.
    assert_eq!(key.subscribe(&json!({"target_url": url("/0"), "event": "contact.created"})).status, 200);
    // A webhook of the console counts, and is none of the hooks.
    let owner = bed.installation.owner("acme");
    let console = json!({"credential": crm, "url": url("/console")});
    assert_eq!(bed.installation.call_as(&owner, "POST", "/webhooks", Some(&console)).status, 409);

    assert_eq!(other.hooks(), [""; 0]);
    let same = other.subscribe(&json!({"target_url": url("/0"), "event": "contact.created"}));
    assert_eq!(same.status, 201, "the hook of another key is not its own");
    let twin = same.body["id"].as_str().unwrap().to_owned();
    assert_eq!(other.delete(&format!("/hooks/{}", ids[0])), 204);
    assert_eq!(other.delete("/hooks?target_url=http://hooks.example.org:8080/1"), 204);
    assert_eq!((key.hooks(), other.hooks()), (ids.clone(), vec![twin.clone()]));
    for junk in ["stranger", "%00", "%FF", "..", "a%20b", "x%2Fy"] {
        assert_eq!(key.delete(&format!("/hooks/{junk}")), 204, "{junk}");
    }
    assert_eq!(key.delete("/hooks?target_url=http://hooks.example.org:8080/0"), 204);
    assert_eq!((key.hooks().len(), other.hooks()), (19, vec![twin]));
    // A webhook of the console is not for the key to delete.
    let made = bed.installation.call_as(&owner, "POST", "/webhooks", Some(&console));
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["webhook"]["id"].as_str().unwrap().to_owned();
    assert_eq!(key.delete(&format!("/hooks/{id}")), 204);
    assert_eq!(key.delete("/hooks?target_url=http://hooks.example.org:8080/console"), 204);
    assert_eq!(bed.webhook(&id)["kind"], "console");
    assert!(!key.hooks().contains(&id));
}

/// An event for some credentials, and one for a scope, reach their hooks alone.
#[tokio::test]
async fn restricted_events_reach_the_keys_that_they_name() {
    let bed = Bed::new().await;
    let (pays, plain) = (bed.key(&json!({"scopes": ["pay"]})), bed.key(&json!({})));
    let limited = bed.key(&json!({"scopes": ["read"]}));
    for (path, (_, key)) in [("/pays", &pays), ("/plain", &plain), ("/limited", &limited)] {
        key.subscribed(&url(path), "contact.created");
    }
    bed.post(&with(&contact("named"), "credentials", json!([pays.0])));
    bed.post(&with(&contact("scoped"), "scope", json!("pay")));
    bed.post(&contact("all"));
    let ids = |path: &str, count: usize| -> Vec<String> {
        let received = bed.zapier.awaits(path, count);
        let mut ids: Vec<_> =
            received.iter().map(|one| one["body"]["data"]["contact"]["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids("/limited", 1), ["all"]);
    assert_eq!(ids("/plain", 2), ["all", "scoped"]);
    assert_eq!(ids("/pays", 3), ["all", "named", "scoped"]);
    let samples = |key: &Subscriber<'_>| key.get("/hooks/samples?event=contact.created").body.as_array().unwrap().len();
    assert_eq!((samples(&limited.1), samples(&plain.1), samples(&pays.1)), (1, 2, 3));
}
