//! Subscriptions of REST hooks that are refused.

use serde_json::json;

use super::hooks_api::{Bed, url};

#[tokio::test]
async fn junk_subscriptions_are_refused() {
    let bed = Bed::new().await;
    let (_, key) = bed.key(&json!({}));
    let (x, event) = (url("/x"), "contact.created");
    let invalid = [
        (json!({"target_url": x, "url": x, "event": event}), "target_url"),
        (json!({"targetUrl": x, "hookUrl": x, "event": event}), "target_url"),
        (json!({"event": event}), "target_url"),
        (json!({"target_url": null, "event": event}), "target_url"),
        (json!({"url": "", "event": event}), "target_url"),
        (json!({"target_url": "hooks.example.org", "event": event}), "target_url"),
        (json!({"target_url": "ftp://hooks.example.org:8080/", "event": event}), "target_url"),
        (json!({"target_url": "http://hooks.example.org/", "event": event}), "target_url"),
        (json!({"target_url": "http://127.0.0.1:8080/", "event": event}), "target_url"),
        (json!({"target_url": "http://localhost:8080/", "event": event}), "target_url"),
        (json!({"target_url": "http://me:x@hooks.example.org:8080/", "event": event}), "target_url"),
        (json!({"target_url": "http://keys.example.org:8080/", "event": event}), "target_url"),
        (json!({"target_url": format!("{x}#a"), "event": event}), "target_url"),
        (json!({"target_url": format!("{x}?{}", "a".repeat(2000)), "event": event}), "target_url"),
        (json!({"target_url": x}), "event"),
        (json!({"target_url": x, "entity": "contact"}), "event"),
        (json!({"target_url": x, "operation": "created"}), "event"),
        (json!({"target_url": x, "event": event, "entity": "contact", "operation": "created"}), "event"),
        (json!({"target_url": x, "event": event, "operation": "created"}), "event"),
        (json!({"target_url": x, "entity": "customer", "operation": "created"}), "entity"),
        (json!({"target_url": x, "entity": "contact", "operation": "updated"}), "operation"),
    ];
    for (body, field) in invalid {
        let answer = key.subscribe(&body);
        assert_eq!((answer.status, answer.fields()), (422, vec![field]), "{body}");
    }
    let events = [
        "",
        ".",
        "contact",
        "contact.",
        ".created",
        "contact.created.",
        "contact.created.x",
        "Contact.created",
        "contact created",
        "contact.updated",
        "customer.created",
        "job.updated",
        "webhook.test",
        "*.updated",
        "contact.**",
        "contact.created\0",
    ];
    for event in events {
        let answer = key.subscribe(&json!({"target_url": x, "event": event}));
        assert_eq!((answer.status, answer.fields()), (422, vec!["event"]), "{event:?}");
    }
    let junk = [
        json!([]),
        json!(x),
        json!(1),
        json!({"target_url": x, "event": 1}),
        json!({"target_url": [x], "event": event}),
        json!({"target_url": x, "event": event, "zap": 1}),
    ];
    for body in junk {
        let answer = key.subscribe(&body);
        assert_eq!((answer.status, answer.code()), (400, "malformed"), "{body}");
    }
    for (query, status) in [
        ("", 400),
        ("?event=", 422),
        ("?event=contact", 422),
        ("?event=customer.created", 422),
        ("?event=contact.created&more=1", 400),
        ("?event=contact.created&event=job.created", 400),
    ] {
        assert_eq!(key.get(&format!("/hooks/samples{query}")).status, status, "{query}");
    }
    assert_eq!(key.delete("/hooks"), 400, "without a target it is not all");
    assert_eq!(key.delete("/hooks/"), 404);
    assert_eq!(key.hooks(), [""; 0]);
}
