//! A database with a credential and a reveal, a mail server, a provider of text messages, and workers.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use claviger::clock::Clock;
use claviger::config::{ConfigSource, Delivery, MailSettings, MailTls, SmsSender, SmsSettings};
use claviger::control::{LiveSettings, Look, OutboxWorker, Senders};
use claviger::credential::{InstallationKey, InstallationKeys};
use claviger::store::{NewMessage, OutboxRecord, Purpose, Transaction};
use jiff::Timestamp;
use tempfile::TempDir;

use super::smtp_server::SmtpServer;
use super::twilio::{ACCOUNT, TOKEN, Twilio};
use crate::store::test_database::{TestDatabase, noon, token};

pub const PUBLIC_URL: &str = "https://keys.example.org";
pub const MOBILE: &str = "+447700900123";
pub const PASSWORD: &str = "right password";

pub struct Bed {
    pub database: TestDatabase,
    pub mail: SmtpServer,
    pub twilio: Twilio,
    pub clock: Clock,
    pub keys: Arc<InstallationKeys>,
    pub settings: Arc<ArcSwap<LiveSettings>>,
}

impl Bed {
    /// The credential `crm` of the account `acme`.
    pub async fn new(database: TestDatabase) -> Self {
        Self::with(database, SmtpServer::start()).await
    }

    pub async fn with(database: TestDatabase, mail: SmtpServer) -> Self {
        database.account("acme").await;
        database.put(&token("crm", "acme", "secret of crm")).await;
        let twilio = Twilio::start().await;
        let live = LiveSettings {
            delivery: delivery(&mail, &twilio),
            public_url: Some(PUBLIC_URL.into()),
            ..LiveSettings::default()
        };
        Self {
            database,
            mail,
            twilio,
            clock: Clock::manual(noon()),
            keys: Arc::new(InstallationKeys::new(InstallationKey::mint().unwrap(), Vec::new())),
            settings: Arc::new(ArcSwap::from_pointee(live)),
        }
    }

    pub fn change(&self, change: impl FnOnce(&mut Delivery)) {
        let mut delivery = self.settings.load().delivery.clone();
        change(&mut delivery);
        let live = LiveSettings { delivery, public_url: Some(PUBLIC_URL.into()), ..LiveSettings::default() };
        self.settings.store(Arc::new(live));
    }

    /// As another process has it.
    pub fn worker(&self) -> OutboxWorker {
        let settings = self.settings.load();
        let senders = Senders::new(&settings.delivery, settings.public_url.as_deref()).unwrap();
        let (store, clock) = (self.database.store.clone(), self.clock.clone());
        OutboxWorker::new(store, clock, self.settings.clone(), Some(self.keys.clone()), (senders, None))
    }

    pub async fn reveal(&self, id: &str) {
        let end = self.clock.now().as_millisecond() + 72 * 3_600_000;
        self.database
            .execute(&format!(
                "INSERT INTO reveals (id, credential, link_digest, email, mobile, tries, sends, sends_total, mail_state,
                message_state, created_at, ends_at, created_by) VALUES ('{id}', 'crm', {digest}, 'ok@dev.example',
                '{MOBILE}', 0, 0, 1, '', '', 0, {end}, 'user:anna')",
                digest = self.blob(id),
            ))
            .await;
    }

    fn blob(&self, id: &str) -> String {
        let hex: String = id.bytes().map(|byte| format!("{byte:02x}")).collect();
        if self.database.store.is_embedded() { format!("x'{hex}'") } else { format!("'\\x{hex}'") }
    }

    pub async fn begin(&self) -> Transaction {
        self.database.store.begin(self.clock.now()).await.unwrap()
    }

    pub async fn enqueue(&self, purpose: Purpose, target: &str, recipient: &str) {
        let message = NewMessage {
            purpose,
            target,
            recipient,
            locale: None,
            created_by: "user:anna",
            ends_at: later(self.clock.now(), 72 * 3600),
        };
        let mut transaction = self.begin().await;
        transaction.enqueue(&message).await.unwrap();
        transaction.commit().await.unwrap();
    }

    /// The one message about a target.
    pub async fn message(&self, target: &str) -> OutboxRecord {
        let mut found = self.database.store.messages_about(&[target]).await.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    /// State and word of the failure.
    pub async fn state(&self, target: &str) -> (&'static str, Option<String>) {
        let message = self.message(target).await;
        (message.state.as_str(), message.error_code)
    }

    /// Whether the ticket of a link opens this reveal.
    pub async fn opens(&self, link: &str, reveal: &str) -> bool {
        let ticket = link.strip_prefix("https://keys.example.org/reveal/").expect("a link to the page");
        let digest = claviger::credential::PlainLinkToken::presented(ticket).expect("a ticket").digest();
        let hex: String = digest.as_bytes().iter().map(|byte| format!("{byte:02X}")).collect();
        let shown = if self.database.store.is_embedded() { "hex(digest)" } else { "upper(encode(digest, 'hex'))" };
        let sql = format!("SELECT COUNT(*) FROM reveal_links WHERE reveal = '{reveal}' AND {shown} = '{hex}'");
        self.database.ask(&sql).await == 1
    }

    pub fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

/// Settings with this name of the provider, and links that begin with `url`.
pub fn named(name: &str, url: &str, delivery: &Delivery) -> LiveSettings {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("claviger.yaml");
    // JSON is YAML.
    let yaml =
        serde_json::json!({"credentials": {"database": "sqlite:claviger.db"}, "console": {"brand": {"name": name}}});
    std::fs::write(&file, yaml.to_string()).unwrap();
    let settings = ConfigSource { file: Some(file), overrides: Vec::new() }.load().unwrap();
    let live = LiveSettings { delivery: delivery.clone(), public_url: Some(url.into()), ..LiveSettings::default() };
    live.with_look(Look::load(&settings).unwrap())
}

pub fn later(moment: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(moment.as_second() + seconds).unwrap()
}

pub fn mail_settings(server: &SmtpServer) -> MailSettings {
    MailSettings {
        server: format!("smtp://localhost:{}", server.port).parse().unwrap(),
        tls: MailTls::StartTls,
        login: Some(("keys".into(), PASSWORD.parse().unwrap())),
        from: "Bücher, Inc <keys@example.org>".parse().unwrap(),
        reply_to: Some("help@example.org".parse().unwrap()),
        ca: Some(server.folder.path().join("ca.pem")),
        headers: vec![("X-No-Track".into(), "yes".into())],
    }
}

fn delivery(mail: &SmtpServer, twilio: &Twilio) -> Delivery {
    Delivery {
        show_to_creator: false,
        mail: Some(mail_settings(mail)),
        sms: Some(SmsSettings {
            api: format!("http://{}", twilio.address),
            account: ACCOUNT.into(),
            token: TOKEN.parse().unwrap(),
            sender: SmsSender::From("+15005550006".into()),
            countries: Some(vec!["+44".into()]),
            daily: 200,
            ca: None,
        }),
        ..Delivery::default()
    }
}
