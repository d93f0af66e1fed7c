//! Secrets that are sent to the contact of a credential, on both stores.

mod developer_emails;
mod resets;
mod second_secret;
mod sending;
mod showing;

use claviger::config::{Delivery, MailSettings, MailTls, SmsSender, SmsSettings};
use claviger::control::operations::{
    Caller, NewCredential, OperationContext, PlainSecret, RevealStanding, Revealed, create, reveal_secret, show_reveal,
};
use claviger::credential::{InstallationKey, InstallationKeys, RevealCode};
use claviger::store::{CredentialState, Minting, Role};
use jiff::Timestamp;

use super::{Fixture, token_for, user};
use crate::store::test_database::{TestDatabase, noon};

const EMAIL: &str = "dev@pixel.example";
const MOBILE: &str = "+447894123456";

/// With both channels, so that secrets are sent.
struct Sending {
    fixture: Fixture,
    keys: InstallationKeys,
    owner: Caller,
    holder: Caller,
}

impl Sending {
    fn new() -> Self {
        let mut fixture = Fixture::new();
        fixture.delivery = delivery();
        let holder = Caller::link_holder(Some("203.0.113.9".into()), None);
        let keys = InstallationKeys::new(InstallationKey::mint().unwrap(), Vec::new());
        Self { fixture, keys, owner: user(Role::Owner, Some("acme"), "usr_owner"), holder }
    }

    /// A call of the owner of the account.
    fn call<'c>(&'c self, bed: &'c TestDatabase, now: Timestamp) -> OperationContext<'c> {
        self.fixture.by(&self.owner, bed, now)
    }

    /// A call of the holder of a link.
    fn by_link<'c>(&'c self, bed: &'c TestDatabase, now: Timestamp) -> OperationContext<'c> {
        let call = self.fixture.as_known(&self.holder, bed, now);
        OperationContext { installation_keys: Some(&self.keys), ..call }
    }

    /// A credential that waits.
    async fn made(&self, bed: &TestDatabase, new: NewCredential) -> String {
        let new = with_contact(new);
        let created = create(&self.call(bed, noon()), new).await.unwrap().fresh().unwrap();
        assert!(matches!(created.secret, PlainSecret::Sent));
        created.record.id.to_string()
    }

    /// The link and the code that a worker sends now.
    async fn sent(&self, bed: &TestDatabase, id: &str, now: Timestamp) -> (String, RevealCode) {
        let reveal = bed.store.newest_reveal(id).await.unwrap().unwrap().id;
        let mut transaction = bed.store.begin(now).await.unwrap();
        let Minting::Minted(link) = transaction.mint_reveal_link(&reveal).await.unwrap() else { panic!("no link") };
        let minted = transaction.mint_reveal_code(&reveal, self.keys.current()).await.unwrap();
        let Minting::Minted(code) = minted else { panic!("no code") };
        transaction.commit().await.unwrap();
        (link.ticket.reveal().to_owned(), code.code)
    }

    async fn standing(&self, bed: &TestDatabase, ticket: &str, now: Timestamp) -> RevealStanding {
        show_reveal(&self.by_link(bed, now), ticket).await.unwrap().unwrap().standing
    }

    /// The token that the right code shows.
    async fn token(&self, bed: &TestDatabase, ticket: &str, code: &RevealCode, now: Timestamp) -> String {
        let revealed = reveal_secret(&self.by_link(bed, now), ticket, code).await.unwrap().unwrap();
        let Revealed::Shown(created) = revealed else { panic!("{revealed:?}") };
        let PlainSecret::Token(token) = created.secret else { panic!("no token") };
        token.reveal().to_owned()
    }
}

pub fn delivery() -> Delivery {
    Delivery {
        show_to_creator: false,
        mail: Some(MailSettings {
            server: "smtp://localhost:1".parse().unwrap(),
            tls: MailTls::StartTls,
            login: None,
            from: "keys@example.org".parse().unwrap(),
            reply_to: None,
            ca: None,
            headers: Vec::new(),
        }),
        sms: Some(SmsSettings {
            api: "http://127.0.0.1:1".into(),
            account: "AC1".into(),
            token: "token".parse().unwrap(),
            sender: SmsSender::From("+15005550006".into()),
            countries: Some(vec!["+44".into()]),
            daily: 200,
            ca: None,
        }),
        ..Delivery::default()
    }
}

fn with_contact(new: NewCredential) -> NewCredential {
    NewCredential { contact_email: Some(EMAIL.into()), contact_mobile: Some(MOBILE.into()), ..new }
}

/// Another code than this one.
fn wrong(code: &RevealCode) -> RevealCode {
    let digits: u32 = code.reveal().parse().unwrap();
    RevealCode::presented(&format!("{:08}", (digits + 1) % 100_000_000)).unwrap()
}

async fn tries(bed: &TestDatabase) -> i64 {
    bed.ask("SELECT CAST(SUM(tries) AS BIGINT) FROM reveals").await
}

async fn state(bed: &TestDatabase, id: &str, now: Timestamp) -> CredentialState {
    CredentialState::of(&bed.store.credential(id).await.unwrap().unwrap(), now)
}

/// A credential whose first secret was shown, with that secret.
async fn shown(bed: &TestDatabase, sending: &Sending) -> (String, String) {
    let id = sending.made(bed, token_for("acme")).await;
    let (ticket, code) = sending.sent(bed, &id, noon()).await;
    let token = sending.token(bed, &ticket, &code, noon()).await;
    (id, token)
}
