//! A process that creates, sends, shows and resets secrets until it is killed. It acknowledges on standard output.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use claviger::clock::Clock;
use claviger::config::{Delivery, MailSettings, MailTls, SmsSender, SmsSettings};
use claviger::control::operations::{
    Caller, CredentialSearch, Deliver, NewCredential, NewSecret, OperationContext, OperationError, PlainSecret, Reset,
    RevealStanding, Revealed, create, list_credentials, reset, reveal_secret, send_again, send_reveal_code,
    show_reveal, text_again,
};
use claviger::control::{LiveSettings, OutboxWorker, Senders};
use claviger::credential::{InstallationKey, InstallationKeys, RevealCode};
use claviger::store::{CredentialRecord, CredentialState, Store, StoreOptions};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::bed::PUBLIC_URL;
use super::twilio::{ACCOUNT, TOKEN};
use crate::support::{Connection, Request};

/// In the environment of the process that is to be killed: a [`Place`] as JSON.
pub const VARIABLE: &str = "CLAVIGER_KILLED_SENDER";
const OPTIONS: StoreOptions = StoreOptions { connections: 2, query_timeout: Duration::from_secs(20), create: false };
const MAX_WAITING: usize = 3;
const HOUR: Duration = Duration::from_secs(3600);

/// What a process works on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Place {
    pub database: String,
    pub smtp: SocketAddr,
    pub twilio: SocketAddr,
    /// Answers `/N` with the newest ticket and the newest code of the contact with this number.
    pub inbox: SocketAddr,
    pub key: [u8; 32],
    /// Milliseconds since 1970.
    pub now: i64,
}

/// What the contact has received last.
#[derive(Debug, Serialize, Deserialize)]
pub struct Received {
    pub ticket: Option<String>,
    pub code: Option<String>,
}

/// When the old secret stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stops {
    pub from_showing: bool,
    pub in_an_hour: bool,
}

/// A line on standard output: what is about to be done, and what was done, with the credential's id.
#[derive(Debug, Serialize, Deserialize)]
pub enum Line {
    Ready,
    /// Each waiting credential was looked at once.
    Looped,
    Created(String),
    Resetting(String, Stops),
    Reset(String, Stops),
    Showing(String),
    /// With the digest of the token.
    Shown(String, String),
}

/// Lines of the process, but for other output.
pub fn parse(line: &str) -> Option<Line> {
    Some(serde_json::from_str(line.strip_prefix("doomed: ")?).unwrap())
}

fn print(line: &Line) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\ndoomed: {}", serde_json::to_string(line).unwrap()).unwrap();
    out.flush().unwrap();
}

pub fn email(number: u32) -> String {
    format!("dev{number}@dev.example")
}

pub fn mobile(number: u32) -> String {
    format!("+447894{number:06}")
}

/// One process: operations, and a worker that sends.
pub struct Process {
    pub store: Store,
    pub clock: Clock,
    place: Place,
    settings: Arc<ArcSwap<LiveSettings>>,
    keys: Arc<InstallationKeys>,
    shell: Caller,
    holder: Caller,
}

impl Process {
    pub async fn open(place: Place) -> Self {
        claviger::server::install_crypto();
        let store = Store::open(&place.database.parse().unwrap(), OPTIONS).await.unwrap();
        let live =
            LiveSettings { delivery: delivery(&place), public_url: Some(PUBLIC_URL.into()), ..LiveSettings::default() };
        Self {
            store,
            clock: Clock::manual(Timestamp::from_millisecond(place.now).unwrap()),
            settings: Arc::new(ArcSwap::from_pointee(live)),
            keys: Arc::new(InstallationKeys::new(InstallationKey::parse(&place.key).unwrap(), Vec::new())),
            shell: Caller::shell("root".into()),
            holder: Caller::link_holder(Some("203.0.113.9".into()), None),
            place,
        }
    }

    pub fn worker(&self) -> OutboxWorker {
        let settings = self.settings.load();
        let senders = Senders::new(&settings.delivery, settings.public_url.as_deref()).unwrap();
        let (store, clock) = (self.store.clone(), self.clock.clone());
        OutboxWorker::new(store, clock, self.settings.clone(), Some(self.keys.clone()), (senders, None))
    }

    /// Runs until the process is killed.
    pub async fn work(&self) {
        let worker = self.worker();
        // Its connections are open from here on.
        self.credentials(CredentialState::Waiting).await;
        print(&Line::Ready);
        loop {
            worker.run_due().await;
            let waiting = self.credentials(CredentialState::Waiting).await;
            for record in &waiting {
                match fastrand::u8(0..8) {
                    0 => self.by_author(async |call| send_again(call, record.id.as_str()).await.map(drop)).await,
                    1 => self.by_author(async |call| text_again(call, record.id.as_str()).await.map(drop)).await,
                    2 => self.try_wrong_code(record).await,
                    _ => self.show(record).await,
                }
            }
            let shown = self.credentials(CredentialState::Enabled).await;
            if waiting.len() < MAX_WAITING {
                match shown.first() {
                    Some(record) if fastrand::u8(0..3) > 0 => self.reset(record.id.as_str()).await,
                    _ => self.create().await,
                }
            }
            self.clock.advance(Duration::from_millis(1));
            print(&Line::Looped);
        }
    }

    /// Shows what waits to its contacts; how many credentials still wait.
    pub async fn show_all(&self) -> usize {
        let waiting = self.credentials(CredentialState::Waiting).await;
        for record in &waiting {
            self.show(record).await;
        }
        waiting.len()
    }

    /// Of this state, in any order.
    async fn credentials(&self, state: CredentialState) -> Vec<CredentialRecord> {
        let settings = self.settings.load();
        let call = OperationContext::new(&self.store, &self.shell, self.clock.now(), settings.terms());
        let search = CredentialSearch { state: Some(state), ..CredentialSearch::default() };
        let mut records = list_credentials(&call, &search, None, 50).await.unwrap().records;
        fastrand::shuffle(&mut records);
        records
    }

    /// Refusals, as of a text message too many, are fine; a store that fails is not.
    async fn by_author<E: std::fmt::Debug>(
        &self,
        work: impl AsyncFnOnce(&OperationContext<'_>) -> Result<(), OperationError<E>>,
    ) {
        let settings = self.settings.load();
        let call = OperationContext::new(&self.store, &self.shell, self.clock.now(), settings.terms());
        refused_or_done(work(&call).await);
    }

    async fn create(&self) {
        let number = fastrand::u32(0..1_000_000);
        let new = NewCredential {
            contact_email: Some(email(number)),
            contact_mobile: Some(mobile(number)),
            deliver: Some(Deliver::Send),
            ..NewCredential::new("acme".parse().unwrap(), NewSecret::Token)
        };
        let settings = self.settings.load();
        let call = OperationContext::new(&self.store, &self.shell, self.clock.now(), settings.terms());
        let created = create(&call, new).await.unwrap().fresh().unwrap();
        assert!(matches!(created.secret, PlainSecret::Sent));
        print(&Line::Created(created.record.id.to_string()));
    }

    async fn reset(&self, id: &str) {
        let stops = Stops { from_showing: fastrand::bool(), in_an_hour: fastrand::bool() };
        let overlap = if stops.in_an_hour { HOUR } else { Duration::ZERO };
        let how = Reset { overlap, from_showing: stops.from_showing, deliver: Some(Deliver::Send), ..Reset::default() };
        let settings = self.settings.load();
        let call = OperationContext::new(&self.store, &self.shell, self.clock.now(), settings.terms());
        print(&Line::Resetting(id.to_owned(), stops));
        match reset(&call, id, how).await {
            Ok(_) => print(&Line::Reset(id.to_owned(), stops)),
            refused => refused_or_done(refused.map(drop)),
        }
    }

    fn by_link<'c>(&'c self, settings: &'c LiveSettings) -> OperationContext<'c> {
        let call = OperationContext::new(&self.store, &self.holder, self.clock.now(), settings.terms());
        OperationContext { installation_keys: Some(&self.keys), ..call }
    }

    /// The contact opens the newest link, and enters the newest code or asks for another.
    async fn show(&self, record: &CredentialRecord) {
        let settings = self.settings.load();
        let call = self.by_link(&settings);
        let Some((ticket, code)) = self.open_link(&call, record).await else { return };
        let Some(code) = code else {
            return refused_or_done(send_reveal_code(&call, &ticket).await.map(drop));
        };
        print(&Line::Showing(record.id.to_string()));
        // A code that has arrived may have been replaced by one that was lost with its process.
        if let Some(Revealed::Shown(created)) = reveal_secret(&call, &ticket, &code).await.unwrap() {
            let PlainSecret::Token(token) = &created.secret else { panic!("a token was created") };
            print(&Line::Shown(record.id.to_string(), token.digest().to_string()));
        }
    }

    async fn try_wrong_code(&self, record: &CredentialRecord) {
        let settings = self.settings.load();
        let call = self.by_link(&settings);
        let Some((ticket, Some(code))) = self.open_link(&call, record).await else { return };
        let digits: u32 = code.reveal().parse().unwrap();
        let wrong = RevealCode::presented(&format!("{:08}", (digits + 1) % 100_000_000)).unwrap();
        let tried = reveal_secret(&call, &ticket, &wrong).await.unwrap();
        assert!(!matches!(tried, Some(Revealed::Shown(_))), "a wrong code shows a secret");
    }

    /// The newest link and the newest code of a contact; no code where none is live.
    async fn open_link(
        &self,
        call: &OperationContext<'_>,
        record: &CredentialRecord,
    ) -> Option<(String, Option<RevealCode>)> {
        let number: u32 = record.contact_mobile.as_deref().unwrap()["+447894".len()..].parse().unwrap();
        let request = Request::get(&format!("/{number}")).header("Connection", "close");
        let received: Received =
            serde_json::from_value(Connection::open(self.place.inbox).send(&request).json()).unwrap();
        let ticket = received.ticket?;
        let page = show_reveal(call, &ticket).await.unwrap().expect("a mailed link leads somewhere");
        match page.standing {
            RevealStanding::Waiting { has_live_code: true, .. } => {
                Some((ticket, received.code.as_deref().and_then(RevealCode::presented)))
            }
            RevealStanding::Waiting { has_live_code: false, .. } => Some((ticket, None)),
            _ => None,
        }
    }
}

fn refused_or_done<E: std::fmt::Debug>(outcome: Result<(), OperationError<E>>) {
    match outcome {
        Ok(()) | Err(OperationError::Other(_)) => {}
        Err(error) => panic!("{error:?}"),
    }
}

fn delivery(place: &Place) -> Delivery {
    Delivery {
        show_to_creator: false,
        mail: Some(MailSettings {
            server: format!("smtp://{}", place.smtp).parse().unwrap(),
            tls: MailTls::Off,
            login: None,
            from: "keys@example.org".parse().unwrap(),
            reply_to: None,
            ca: None,
            headers: Vec::new(),
        }),
        sms: Some(SmsSettings {
            api: format!("http://{}", place.twilio),
            account: ACCOUNT.into(),
            token: TOKEN.parse().unwrap(),
            sender: SmsSender::From("+15005550006".into()),
            countries: None,
            daily: 100_000,
            ca: None,
        }),
        ..Delivery::default()
    }
}
