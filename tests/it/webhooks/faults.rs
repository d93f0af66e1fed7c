//! What keeps this process from sending, and how it goes on.

use std::sync::Arc;

use claviger::config::Webhooks;
use claviger::control::LiveSettings;
use claviger::control::operations::WebhookTerms;
use claviger::telemetry::Metrics;

use super::bed::Bed;
use crate::store::test_database::TestDatabase;

/// With another file of certificates.
fn settings(bed: &Bed, ca: std::path::PathBuf) -> Arc<LiveSettings> {
    let terms = bed.fixture.webhooks.as_deref().unwrap();
    let settings = Webhooks { ca: Some(ca), ..terms.settings.clone() };
    let webhooks = Some(Arc::new(WebhookTerms { settings, destinations: terms.destinations.clone() }));
    Arc::new(LiveSettings { webhooks, ..LiveSettings::default() })
}

#[tokio::test]
async fn certificates_that_come_back_are_used_without_a_reload() {
    let bed = Bed::new(TestDatabase::sqlite().await).await;
    let folder = tempfile::TempDir::new().unwrap();
    let ca = folder.path().join("ca.pem");
    bed.webhook("/status/200").await;
    let worker = bed.worker();
    bed.post("1").await;
    assert_eq!(bed.sent(&worker).await.len(), 1, "with the settings before");

    bed.settings.store(settings(&bed, ca.clone()));
    bed.post("2").await;
    assert!(bed.sent(&worker).await.is_empty(), "the client of the settings before is not used");
    assert_eq!(bed.database.ask("SELECT MAX(attempts) FROM deliveries WHERE state = 'waiting'").await, 0);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(["hooks.example.org".to_owned()]).unwrap().self_signed(&key).unwrap();
    std::fs::write(&ca, certificate.pem()).unwrap();
    assert_eq!(bed.sent(&worker).await.len(), 1);
}

#[tokio::test]
async fn a_backlog_is_not_reported_when_webhooks_are_switched_off() {
    let bed = Bed::new(TestDatabase::sqlite().await).await;
    bed.webhook("/status/500").await;
    let metrics = Arc::new(Metrics::new(&[], &[]).unwrap());
    let worker = bed.worker().reporting(metrics.clone());
    bed.post("1").await;
    worker.run_due().await;
    bed.pass(7200);
    worker.run_due().await;
    let waiting = "claviger_webhook_deliveries_waiting 1";
    assert!(metrics.render().unwrap().contains(waiting), "{}", metrics.render().unwrap());
    bed.settings.store(Arc::new(LiveSettings::default()));
    worker.run_due().await;
    let shown = metrics.render().unwrap();
    for line in ["claviger_webhook_deliveries_waiting 0", "claviger_webhook_oldest_seconds 0"] {
        assert!(shown.contains(line), "{line} is not in {shown}");
    }
    assert!(!shown.contains("claviger_webhooks{state=\"failing\"} 1"));
}
