//! A database with the credential `crm` of the account `acme`, a receiver, and workers.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use claviger::clock::Clock;
use claviger::config::{Delivery, MailSettings, MailTls, Webhooks};
use claviger::control::operations::{
    AcceptedEvent, CreatedWebhook, NewWebhook, PostedEvent, WebhookTerms, create_webhook, post_events,
};
use claviger::control::{LiveSettings, WebhookWorker};
use claviger::credential::{InstallationKey, InstallationKeys, TokenDigest};
use claviger::delivery::webhooks::{DestinationRules, NameLookup};
use claviger::store::{DeliveryRecord, NotDelivered, PublisherRecord, WebhookRecord};
use serde_json::json;

use crate::control::Fixture;
use crate::delivery::webhooks::receiver::{Received, Receiver};
use crate::store::test_database::{TestDatabase, label, noon, token};

pub const HOST: &str = "hooks.example.org";

pub struct Bed {
    pub database: TestDatabase,
    pub receiver: Receiver,
    pub clock: Clock,
    pub fixture: Fixture,
    pub keys: Arc<InstallationKeys>,
    pub settings: Arc<ArcSwap<LiveSettings>>,
}

impl Bed {
    pub async fn new(database: TestDatabase) -> Self {
        database.account("acme").await;
        database.put(&token("crm", "acme", "secret of crm")).await;
        let receiver = Receiver::start("127.0.0.1:0", None).await;
        let keys = Arc::new(InstallationKeys::new(InstallationKey::mint().unwrap(), Vec::new()));
        let terms = Arc::new(terms(receiver.address.port()));
        let live = LiveSettings { webhooks: Some(terms.clone()), ..LiveSettings::default() };
        let mut fixture = Fixture::new();
        (fixture.webhooks, fixture.keys) = (Some(terms), Some(keys.clone()));
        Self {
            database,
            receiver,
            clock: Clock::manual(noon()),
            fixture,
            keys,
            settings: Arc::new(ArcSwap::from_pointee(live)),
        }
    }

    /// Mails are queued; nothing sends them.
    pub fn with_mail(mut self) -> Self {
        let mail = MailSettings {
            server: "smtp://127.0.0.1:9".parse().unwrap(),
            tls: MailTls::Off,
            login: None,
            from: "keys@example.org".parse().unwrap(),
            reply_to: None,
            ca: None,
            headers: Vec::new(),
        };
        let delivery = Delivery { mail: Some(mail), ..Delivery::default() };
        self.fixture.delivery = delivery.clone();
        let webhooks = self.fixture.webhooks.clone();
        self.settings.store(Arc::new(LiveSettings { webhooks, delivery, ..LiveSettings::default() }));
        self
    }

    /// As another process has it.
    pub fn worker(&self) -> WebhookWorker {
        let (store, clock) = (self.database.store.clone(), self.clock.clone());
        WebhookWorker::new(store, clock, self.settings.clone(), Some(self.keys.clone()), Arc::default())
    }

    /// The URL of the receiver with this path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{HOST}:{}{path}", self.receiver.address.port())
    }

    /// Of the credential `crm`, for everything.
    pub async fn webhook(&self, path: &str) -> CreatedWebhook {
        self.webhook_for("crm", path, ("*", "*")).await
    }

    pub async fn webhook_for(&self, credential: &str, path: &str, (entity, operation): (&str, &str)) -> CreatedWebhook {
        let new = NewWebhook {
            credential: label(credential),
            url: self.url(path),
            entity: entity.into(),
            operation: operation.into(),
        };
        let call = self.fixture.call(&self.database, self.clock.now());
        let created = create_webhook(&call, new).await.unwrap_or_else(|error| panic!("{error}")).fresh().unwrap();
        // An event of the same moment is before it.
        self.clock.advance(Duration::from_millis(1));
        created
    }

    /// An event of the API behind.
    pub async fn post(&self, id: &str) -> AcceptedEvent {
        self.post_all(vec![contact(id)]).await.remove(0)
    }

    pub async fn post_all(&self, events: Vec<PostedEvent>) -> Vec<AcceptedEvent> {
        let now = self.clock.now();
        let (store, publisher) = (&self.database.store, publisher());
        post_events(store, self.fixture.terms(), &publisher, &events, now)
            .await
            .unwrap_or_else(|error| panic!("{error}"))
    }

    pub async fn record(&self, webhook: &CreatedWebhook) -> WebhookRecord {
        let found = self.database.store.webhook(webhook.record.id.as_str(), self.clock.now()).await.unwrap();
        found.expect("the webhook is there")
    }

    /// Newest first.
    pub async fn deliveries(&self, webhook: &CreatedWebhook) -> Vec<DeliveryRecord> {
        let id = webhook.record.id.as_str();
        self.database.store.list_deliveries(id, None, None, 200).await.unwrap().records
    }

    /// State, and why.
    pub async fn states(&self, webhook: &CreatedWebhook) -> Vec<(&'static str, Option<&'static str>)> {
        let deliveries = self.deliveries(webhook).await;
        deliveries.iter().map(|delivery| (delivery.state.as_str(), delivery.why.map(NotDelivered::as_str))).collect()
    }

    /// Sends what is due, and returns what the receiver has got since the last call.
    pub async fn sent(&self, worker: &WebhookWorker) -> Vec<Received> {
        let before = self.receiver.received().len();
        worker.run_due().await;
        self.receiver.received().split_off(before)
    }

    pub fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

pub fn contact(id: &str) -> PostedEvent {
    PostedEvent {
        id: id.into(),
        account: "acme".into(),
        entity: "contact".into(),
        operation: "created".into(),
        occurred_at: noon(),
        data: json!({"contact": {"id": id}}),
        credentials: None,
        scope: None,
    }
}

/// It may post for all accounts.
pub fn publisher() -> PublisherRecord {
    PublisherRecord {
        id: label("pub_1"),
        name: "shop".into(),
        digest: TokenDigest::of(b"publisher"),
        account: None,
        enabled: true,
        expires_at: None,
        created_at: noon(),
        created_by: "root".into(),
        last_used_at: None,
        revision: 1,
    }
}

/// Contacts are created and deleted. Receivers may be on this port of loopback, under one name.
pub fn terms(port: u16) -> WebhookTerms {
    let settings = Webhooks {
        entities: BTreeMap::from([("contact".to_owned(), vec!["created".to_owned(), "deleted".to_owned()])]),
        keep: Duration::from_secs(30 * 24 * 3600),
        allow_http: true,
        ports: Box::new([port]),
        allow: Box::new(["127.0.0.0/8".parse().unwrap()]),
        proxy: None,
        ca: None,
        examples: BTreeMap::new(),
    };
    let names = BTreeMap::from([(HOST.to_owned(), vec![IpAddr::V4(Ipv4Addr::LOCALHOST)])]);
    let destinations = DestinationRules::new(&settings, ["https://keys.example.org"]);
    WebhookTerms { destinations: destinations.with_names(NameLookup::Fixed(Arc::new(names))), settings }
}
