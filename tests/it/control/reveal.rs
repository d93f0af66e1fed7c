//! The one showing of a secret: whom it waits for, what counts, and what is left afterwards.

use std::time::Duration;

use claviger::config::{Delivery, MailSettings, MailTls, SmsSender, SmsSettings};
use claviger::control::operations::{
    Caller, CredentialConflict, CredentialSearch, Deliver, Duplicate, Edit, NewCredential, NewSecret, OperationContext,
    OperationError, Patch, PlainSecret, Reset, RevealStanding, Revealed, clear, count_credentials, create, delete,
    diagnose_credential, disable, duplicate, edit, enable, list_credentials, reset, reveal_secret, send_again,
    send_reveal_code, set_access, show_reveal, text_again, void_delivery,
};
use claviger::credential::{InstallationKey, InstallationKeys, PlainPassword, RevealCode};
use claviger::store::{
    Actor, ActorKind, CredentialState, MessageState, Minting, RevealState, Role, StateCounts, SupersededBy,
};
use jiff::{Timestamp, ToSpan as _};

use super::{Fixture, is_invalid, pair_for, token_for, user, verbs, works};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    a_secret_that_is_sent_waits_and_is_shown_once,
    a_password_is_made_when_it_is_shown,
    five_wrong_codes_lock_the_link_and_nothing_else_counts,
    of_100_parallel_right_codes_one_shows_a_secret_that_works,
    of_100_parallel_wrong_codes_five_count,
    a_link_says_how_it_stands,
    what_ends_a_link_is_told_from_its_end,
    a_reset_that_is_sent_ends_the_old_secret_as_chosen,
    an_old_secret_never_lives_longer_by_a_further_reset,
    the_old_password_works_until_its_end_while_the_new_one_waits,
    only_staff_scripts_may_see_what_is_sent_to_others,
    a_contact_is_complete_and_in_a_country_of_the_list,
    text_messages_are_bounded_by_link_number_and_account,
    a_link_is_sent_again_and_voided,
    a_duplicate_is_sent_too,
);

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
    bed.ask("SELECT SUM(tries) FROM reveals").await
}

async fn state(bed: &TestDatabase, id: &str, now: Timestamp) -> CredentialState {
    CredentialState::of(&bed.store.credential(id).await.unwrap().unwrap(), now)
}

async fn a_secret_that_is_sent_waits_and_is_shown_once(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let id = sending.made(&bed, token_for("acme")).await;
    assert_eq!(state(&bed, &id, noon()).await, CredentialState::Waiting);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM tokens").await, 0, "no secret is there to be stolen");
    let record = bed.store.credential(&id).await.unwrap().unwrap();
    let messages = record.delivery.as_ref().unwrap();
    let waits = |state: Option<MessageState>| state == Some(MessageState::Waiting);
    assert!(waits(messages.mail.as_ref().map(|mail| mail.state)));
    assert!(waits(messages.text.as_ref().map(|text| text.state)));
    // Found where people look.
    let call = sending.call(&bed, noon());
    let search = |state| CredentialSearch { state: Some(state), ..CredentialSearch::default() };
    for (state, found) in [(CredentialState::Waiting, 1), (CredentialState::Cleared, 0), (CredentialState::Enabled, 0)]
    {
        assert_eq!(list_credentials(&call, &search(state), None, 10).await.unwrap().records.len(), found);
    }
    let counts = count_credentials(&call, &CredentialSearch::default()).await.unwrap();
    assert_eq!(counts, StateCounts { waiting: 1, ..StateCounts::default() });
    let steps = diagnose_credential(&call, &id).await.unwrap();
    assert!(steps.iter().all(|step| step.code.as_str() != "credential_has_secret"), "{steps:?}");
    assert_eq!(steps.last().map(|step| (step.code.as_str(), step.ok)), Some(("credential_handed_over", false)));

    let (ticket, code) = sending.sent(&bed, &id, noon()).await;
    let later = noon() + 5.minutes();
    let RevealStanding::Waiting { code_sent_at, tries_left, .. } = sending.standing(&bed, &ticket, later).await else {
        panic!("it waits");
    };
    assert_eq!((code_sent_at, tries_left), (Some(noon()), 5));
    let token = sending.token(&bed, &ticket, &code, later).await;
    assert!(works(&bed, &token).await);
    let shown = bed.store.credential(&id).await.unwrap().unwrap();
    assert_eq!((shown.handed_over_at, shown.secret_made_at), (Some(later), later));
    assert_eq!(shown.hint.as_deref(), Some(&token[token.len() - 4..]));
    assert_eq!(state(&bed, &id, later).await, CredentialState::Enabled);
    assert_eq!(verbs(&bed, &id).await, ["reveal", "create"]);
    let line = bed.store.audit_of("credential", &id, 1).await.unwrap().remove(0);
    assert_eq!((line.actor_kind.as_str(), line.address.as_deref()), ("link", Some("203.0.113.9")));
    // Never again.
    assert!(matches!(
        sending.standing(&bed, &ticket, later).await,
        RevealStanding::Revealed { at, from } if at == later && from.as_deref() == Some("203.0.113.9")
    ));
    let again = reveal_secret(&sending.by_link(&bed, later), &ticket, &code).await.unwrap();
    assert!(matches!(again, Some(Revealed::NotNow)));
    assert!(!send_reveal_code(&sending.by_link(&bed, later + 5.minutes()), &ticket).await.unwrap());
    assert_eq!(bed.ask("SELECT COUNT(*) FROM reveals WHERE code_digest IS NOT NULL").await, 0);
    let shown_notice = "SELECT COUNT(*) FROM outbox WHERE purpose = 'secret_shown'";
    assert_eq!(bed.ask(shown_notice).await, 1);
}

async fn a_password_is_made_when_it_is_shown(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let id = sending.made(&bed, pair_for("acme", "Pixel Studio")).await;
    assert!(bed.store.find_username("Pixel Studio").await.unwrap().found.is_none());
    let (ticket, code) = sending.sent(&bed, &id, noon()).await;
    let revealed = reveal_secret(&sending.by_link(&bed, noon()), &ticket, &code).await.unwrap().unwrap();
    let Revealed::Shown(created) = revealed else { panic!("{revealed:?}") };
    assert_eq!(created.record.username(), Some("Pixel Studio"));
    let PlainSecret::Password(password) = created.secret else { panic!("no password") };
    assert!(password.reveal().len() >= 16);
    assert!(bed.store.find_username("Pixel Studio").await.unwrap().found.is_some());
}

async fn five_wrong_codes_lock_the_link_and_nothing_else_counts(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let id = sending.made(&bed, token_for("acme")).await;
    let (ticket, code) = sending.sent(&bed, &id, noon()).await;
    let call = sending.by_link(&bed, noon());
    let long = "x".repeat(5000);
    let other = claviger::credential::PlainLinkToken::mint().unwrap();
    for unknown in ["", "x", "\0", &ticket[1..], &(ticket.clone() + "A"), other.reveal(), &long] {
        assert!(show_reveal(&call, unknown).await.unwrap().is_none(), "{unknown:?}");
        assert!(reveal_secret(&call, unknown, &code).await.unwrap().is_none(), "{unknown:?}");
        assert!(!send_reveal_code(&call, unknown).await.unwrap(), "{unknown:?}");
    }
    // After its ten minutes no code is live, so that none is tried.
    let late = sending.by_link(&bed, noon() + 10.minutes());
    assert!(matches!(reveal_secret(&late, &ticket, &code).await.unwrap(), Some(Revealed::NotNow)));
    assert_eq!(tries(&bed).await, 0);
    for left in (0..5).rev() {
        let revealed = reveal_secret(&call, &ticket, &wrong(&code)).await.unwrap();
        assert!(matches!(revealed, Some(Revealed::Wrong { tries_left }) if tries_left == left), "{revealed:?}");
    }
    assert!(matches!(reveal_secret(&call, &ticket, &code).await.unwrap(), Some(Revealed::NotNow)));
    assert_eq!(sending.standing(&bed, &ticket, noon()).await, RevealStanding::Locked);
    assert!(!send_reveal_code(&sending.by_link(&bed, noon() + 1.hours()), &ticket).await.unwrap());
    assert_eq!((tries(&bed).await, bed.ask("SELECT COUNT(*) FROM tokens").await), (5, 0));
    assert_eq!(verbs(&bed, &id).await, ["lock_delivery", "create"]);
    assert_eq!(state(&bed, &id, noon()).await, CredentialState::Cleared);
}

async fn of_100_parallel_right_codes_one_shows_a_secret_that_works(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let id = sending.made(&bed, token_for("acme")).await;
    let (ticket, code) = sending.sent(&bed, &id, noon()).await;
    let attempts = (0..100).map(|_| {
        let (bed, sending, ticket, code) = (&bed, &sending, &ticket, &code);
        async move { reveal_secret(&sending.by_link(bed, noon()), ticket, code).await.unwrap().unwrap() }
    });
    let outcomes = futures_util::future::join_all(attempts).await;
    let mut shown = Vec::new();
    for outcome in outcomes {
        match outcome {
            Revealed::Shown(created) => shown.push(created),
            Revealed::NotNow => {}
            Revealed::Wrong { .. } => panic!("the code is right"),
        }
    }
    assert_eq!(shown.len(), 1);
    let PlainSecret::Token(token) = &shown[0].secret else { panic!("no token") };
    assert!(works(&bed, token.reveal()).await);
    assert_eq!(bed.ask("SELECT COUNT(*) FROM tokens").await, 1);
    assert_eq!(verbs(&bed, &id).await, ["reveal", "create"]);
}

async fn of_100_parallel_wrong_codes_five_count(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let id = sending.made(&bed, token_for("acme")).await;
    let (ticket, code) = sending.sent(&bed, &id, noon()).await;
    let code = wrong(&code);
    let attempts = (0..100).map(|_| {
        let (bed, sending, ticket, code) = (&bed, &sending, &ticket, &code);
        async move { reveal_secret(&sending.by_link(bed, noon()), ticket, code).await.unwrap().unwrap() }
    });
    let outcomes = futures_util::future::join_all(attempts).await;
    let counted = outcomes.iter().filter(|outcome| matches!(outcome, Revealed::Wrong { .. })).count();
    assert_eq!((counted, tries(&bed).await), (5, 5));
    assert!(!outcomes.iter().any(|outcome| matches!(outcome, Revealed::Shown(_))));
    assert_eq!(bed.store.newest_reveal(&id).await.unwrap().unwrap().state(noon()), RevealState::Locked);
}

async fn a_link_says_how_it_stands(bed: TestDatabase) {
    use claviger::control::operations::Off;
    bed.account("acme").await;
    let sending = Sending::new();
    let id = sending.made(&bed, token_for("acme")).await;
    let (ticket, code) = sending.sent(&bed, &id, noon()).await;
    let call = sending.call(&bed, noon());
    let page = show_reveal(&sending.by_link(&bed, noon()), &ticket).await.unwrap().unwrap();
    assert_eq!((page.account.as_str(), page.mobile_end.as_str()), ("acme", "456"));
    // Nothing is shown or sent while it is disabled, and nothing is lost.
    disable(&call, &id, None).await.unwrap();
    assert_eq!(sending.standing(&bed, &ticket, noon()).await, RevealStanding::Off(Off::Disabled));
    let holder = sending.by_link(&bed, noon());
    assert!(matches!(reveal_secret(&holder, &ticket, &code).await.unwrap(), Some(Revealed::NotNow)));
    assert!(matches!(reveal_secret(&holder, &ticket, &wrong(&code)).await.unwrap(), Some(Revealed::NotNow)));
    assert!(!send_reveal_code(&sending.by_link(&bed, noon() + 5.minutes()), &ticket).await.unwrap());
    let refused = text_again(&call, &id).await.unwrap_err();
    assert!(matches!(refused, OperationError::Other(CredentialConflict::SecretOff(_))), "{refused}");
    enable(&call, &id).await.unwrap();
    set_access(&call, &label("acme"), false).await.unwrap();
    assert_eq!(sending.standing(&bed, &ticket, noon()).await, RevealStanding::Off(Off::Access));
    set_access(&call, &label("acme"), true).await.unwrap();
    assert_eq!(tries(&bed).await, 0);
    assert!(matches!(sending.standing(&bed, &ticket, noon()).await, RevealStanding::Waiting { .. }));
    let end = noon() + 72.hours();
    assert_eq!(sending.standing(&bed, &ticket, end).await, RevealStanding::Expired);
    assert_eq!(state(&bed, &id, end).await, CredentialState::Cleared);
    let steps = diagnose_credential(&sending.call(&bed, end), &id).await.unwrap();
    assert_eq!(steps.last().map(|step| step.code.as_str()), Some("credential_handed_over"));
    sending.token(&bed, &ticket, &code, noon()).await;
}

async fn what_ends_a_link_is_told_from_its_end(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    for by in SupersededBy::ALL {
        let id = sending.made(&bed, token_for("acme")).await;
        let (ticket, code) = sending.sent(&bed, &id, noon()).await;
        let now = noon() + 1.minutes();
        let call = sending.call(&bed, now);
        let is_replaced = match by {
            SupersededBy::Resent => send_again(&call, &id).await.map(|_| true).unwrap(),
            SupersededBy::Reset => reset(&call, &id, Reset::default()).await.map(|_| true).unwrap(),
            SupersededBy::Cleared => clear(&call, &id).await.map(|_| false).unwrap(),
            SupersededBy::Contact => {
                let change = Edit { contact_mobile: Patch::Set("+447894000000".into()), ..Edit::default() };
                edit(&call, &id, change).await.map(|_| false).unwrap()
            }
            SupersededBy::Voided => void_delivery(&call, &id).await.map(|_| false).unwrap(),
        };
        let newer = is_replaced.then_some(now);
        assert_eq!(sending.standing(&bed, &ticket, now).await, RevealStanding::Superseded { by, newer });
        assert!(matches!(
            reveal_secret(&sending.by_link(&bed, now), &ticket, &code).await.unwrap(),
            Some(Revealed::NotNow)
        ));
        let expected = if is_replaced { CredentialState::Waiting } else { CredentialState::Cleared };
        assert_eq!(state(&bed, &id, now).await, expected, "{by:?}");
        let waiting = format!(
            "SELECT COUNT(*) FROM outbox o JOIN reveals r ON r.id = o.target WHERE r.credential = '{id}' AND
            r.superseded_at IS NOT NULL AND o.state = 'waiting'"
        );
        assert_eq!(bed.ask(&waiting).await, 0, "{by:?}");
        delete(&call, &id).await.unwrap();
        assert!(show_reveal(&sending.by_link(&bed, now), &ticket).await.unwrap().is_none(), "deleted");
    }
    let changed = "SELECT COUNT(*) FROM outbox WHERE purpose = 'contact_changed' AND recipient = 'dev@pixel.example'";
    assert_eq!(bed.ask(changed).await, 1);
}

/// A credential whose first secret was shown, with that secret.
async fn shown(bed: &TestDatabase, sending: &Sending) -> (String, String) {
    let id = sending.made(bed, token_for("acme")).await;
    let (ticket, code) = sending.sent(bed, &id, noon()).await;
    let token = sending.token(bed, &ticket, &code, noon()).await;
    (id, token)
}

async fn works_at(bed: &TestDatabase, token: &str, now: Timestamp) -> bool {
    let digest = claviger::credential::TokenDigest::of(token.as_bytes());
    bed.store.find_token(&digest).await.unwrap().found.is_some_and(|found| found.at(now).is_some())
}

async fn a_reset_that_is_sent_ends_the_old_secret_as_chosen(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let hour = Duration::from_secs(3600);
    let ways = [
        (Reset::default(), [false, false, false]),
        (Reset { overlap: hour, ..Reset::default() }, [true, true, false]),
        (Reset { from_showing: true, ..Reset::default() }, [true, false, false]),
        (Reset { from_showing: true, overlap: hour, ..Reset::default() }, [true, true, true]),
    ];
    for (how, expected) in ways {
        let (id, old) = shown(&bed, &sending).await;
        let words = format!("{how:?}");
        let done = reset(&sending.call(&bed, noon()), &id, how).await.unwrap().fresh().unwrap();
        assert!(matches!(done.secret, PlainSecret::Sent));
        let before = works_at(&bed, &old, noon() + 30.minutes()).await;
        let (ticket, code) = sending.sent(&bed, &id, noon() + 30.minutes()).await;
        let new = sending.token(&bed, &ticket, &code, noon() + 30.minutes()).await;
        let after = works_at(&bed, &old, noon() + 30.minutes()).await;
        let at_last = works_at(&bed, &old, noon() + 61.minutes()).await;
        assert_eq!([before, after, at_last], expected, "{words}");
        assert!(works_at(&bed, &new, noon() + 90.minutes()).await);
        assert!(!works_at(&bed, &old, noon() + 90.minutes()).await, "{words}");
        delete(&sending.call(&bed, noon()), &id).await.unwrap();
    }
}

async fn an_old_secret_never_lives_longer_by_a_further_reset(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let (id, old) = shown(&bed, &sending).await;
    let overlap = |hours: u64| Reset { overlap: Duration::from_secs(hours * 3600), ..Reset::default() };
    reset(&sending.call(&bed, noon()), &id, overlap(1)).await.unwrap();
    reset(&sending.call(&bed, noon() + 30.minutes()), &id, overlap(24)).await.unwrap();
    assert!(works_at(&bed, &old, noon() + 59.minutes()).await);
    assert!(!works_at(&bed, &old, noon() + 60.minutes()).await, "the end of the first reset");
    let until_shown = Reset { from_showing: true, ..overlap(24) };
    reset(&sending.call(&bed, noon() + 40.minutes()), &id, until_shown).await.unwrap();
    let (ticket, code) = sending.sent(&bed, &id, noon() + 45.minutes()).await;
    sending.token(&bed, &ticket, &code, noon() + 45.minutes()).await;
    assert!(works_at(&bed, &old, noon() + 59.minutes()).await);
    assert!(!works_at(&bed, &old, noon() + 60.minutes()).await);
}

async fn the_old_password_works_until_its_end_while_the_new_one_waits(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let id = sending.made(&bed, pair_for("acme", "pixel")).await;
    let (ticket, code) = sending.sent(&bed, &id, noon()).await;
    reveal_secret(&sending.by_link(&bed, noon()), &ticket, &code).await.unwrap();
    let how = Reset { overlap: Duration::from_secs(3600), ..Reset::default() };
    reset(&sending.call(&bed, noon()), &id, how).await.unwrap();
    assert_eq!(state(&bed, &id, noon()).await, CredentialState::Waiting);
    let at = |now: Timestamp| {
        let bed = &bed;
        async move { bed.store.find_username("pixel").await.unwrap().found.and_then(|found| found.at(now)) }
    };
    assert!(at(noon() + 59.minutes()).await.is_some_and(|found| found.credential.password_hash().is_some()));
    assert!(at(noon() + 60.minutes()).await.is_none(), "nothing is left to verify against");
    let (ticket, code) = sending.sent(&bed, &id, noon() + 1.minutes()).await;
    reveal_secret(&sending.by_link(&bed, noon() + 1.minutes()), &ticket, &code).await.unwrap();
    assert!(at(noon() + 2.hours()).await.is_some());
}

async fn only_staff_scripts_may_see_what_is_sent_to_others(bed: TestDatabase) {
    bed.account("acme").await;
    let mut sending = Sending::new();
    let show = || NewCredential { deliver: Some(Deliver::Show), ..with_contact(token_for("acme")) };
    let staff = user(Role::Staff, None, "usr_staff");
    let script = |role, account: Option<&str>| {
        let actor = Actor { kind: ActorKind::Token, id: format!("tok_{role}"), request_id: None, address: None };
        Caller { actor, role, account: account.map(label), user: None }
    };
    let (staff_script, owner_script) = (script(Role::Staff, None), script(Role::Owner, Some("acme")));
    for caller in [&sending.owner, &staff, &owner_script] {
        let refused = create(&sending.fixture.by(caller, &bed, noon()), show()).await.unwrap_err();
        assert!(is_invalid(&refused, "deliver"), "{refused}");
    }
    let created = create(&sending.fixture.by(&staff_script, &bed, noon()), show()).await.unwrap().fresh().unwrap();
    assert!(matches!(created.secret, PlainSecret::Token(_)));
    let id = created.record.id.to_string();
    let line = bed.store.audit_of("credential", &id, 1).await.unwrap().remove(0);
    assert!(line.after.unwrap().contains("\"deliver\":\"show\""));
    // A password that the sender chooses would be known to them.
    let secret =
        NewSecret::Password { username: "pixel".into(), chosen: Some(PlainPassword::new(b"nine clever geese")) };
    let chosen = with_contact(NewCredential::new(label("acme"), secret));
    let refused = create(&sending.call(&bed, noon()), chosen).await.unwrap_err();
    assert!(is_invalid(&refused, "password"), "{refused}");
    let show_again = Reset { deliver: Some(Deliver::Show), ..Reset::default() };
    assert!(is_invalid(&reset(&sending.call(&bed, noon()), &id, show_again).await.unwrap_err(), "deliver"));
    // Where the settings allow it, the creator chooses.
    sending.fixture.delivery.show_to_creator = true;
    let created = create(&sending.call(&bed, noon()), with_contact(token_for("acme"))).await.unwrap().fresh().unwrap();
    assert!(matches!(created.secret, PlainSecret::Token(_)), "shown by default");
    let send = NewCredential { deliver: Some(Deliver::Send), ..with_contact(token_for("acme")) };
    let created = create(&sending.call(&bed, noon()), send).await.unwrap().fresh().unwrap();
    assert!(matches!(created.secret, PlainSecret::Sent));
    sending.fixture.delivery = Delivery::default();
    let send = NewCredential { deliver: Some(Deliver::Send), ..with_contact(token_for("acme")) };
    assert!(is_invalid(&create(&sending.call(&bed, noon()), send).await.unwrap_err(), "deliver"));
}

async fn a_contact_is_complete_and_in_a_country_of_the_list(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let without = |change: fn(&mut NewCredential)| {
        let mut new = with_contact(token_for("acme"));
        change(&mut new);
        new
    };
    let faulty = [
        (without(|new| new.contact_email = None), "contact_email"),
        (without(|new| new.contact_email = Some(" ".into())), "contact_email"),
        (without(|new| new.contact_mobile = None), "contact_mobile"),
        (without(|new| new.contact_mobile = Some("07894 123 456".into())), "contact_mobile"),
        (without(|new| new.contact_mobile = Some("+4915112345678".into())), "contact_mobile"),
    ];
    for (new, field) in faulty {
        let refused = create(&sending.call(&bed, noon()), new).await.unwrap_err();
        assert!(is_invalid(&refused, field), "{field}: {refused}");
    }
    assert_eq!(bed.ask("SELECT COUNT(*) FROM outbox").await, 0);
    let (id, old) = shown(&bed, &sending).await;
    let change = Edit { contact_mobile: Patch::Set("+4915112345678".into()), ..Edit::default() };
    assert!(is_invalid(&edit(&sending.call(&bed, noon()), &id, change).await.unwrap_err(), "contact_mobile"));
    edit(&sending.call(&bed, noon()), &id, Edit { contact_email: Patch::Clear, ..Edit::default() }).await.unwrap();
    assert!(is_invalid(&reset(&sending.call(&bed, noon()), &id, Reset::default()).await.unwrap_err(), "contact_email"));
    assert!(works(&bed, &old).await, "a reset that is refused ends no secret");
}

async fn text_messages_are_bounded_by_link_number_and_account(bed: TestDatabase) {
    bed.account("acme").await;
    bed.account("hooli").await;
    let mut sending = Sending::new();
    let id = sending.made(&bed, token_for("acme")).await;
    let (ticket, _) = sending.sent(&bed, &id, noon()).await;
    let texts = "SELECT COUNT(*) FROM outbox WHERE channel = 'sms'";
    let ask = |now: Timestamp| {
        let (bed, sending, ticket) = (&bed, &sending, &ticket);
        async move { send_reveal_code(&sending.by_link(bed, now), ticket).await }
    };
    let used_up = |refused: &OperationError<CredentialConflict>| {
        matches!(refused, OperationError::Other(CredentialConflict::TextsUsedUp { .. }))
    };
    // Within two minutes nothing is sent or counted.
    assert!(ask(noon() + 119.seconds()).await.unwrap());
    assert_eq!(bed.ask(texts).await, 1);
    for minutes in [2, 4] {
        assert!(ask(noon() + minutes.minutes()).await.unwrap());
    }
    let refused = ask(noon() + 6.minutes()).await.unwrap_err();
    assert!(used_up(&refused), "{refused}");
    assert!(used_up(&text_again(&sending.call(&bed, noon() + 6.minutes()), &id).await.unwrap_err()));
    assert_eq!(bed.ask(texts).await, 3, "three an hour");
    // The bound of the number: ten a day, over all links and accounts.
    for hours in 1..4 {
        for minutes in [0, 3, 6] {
            let is_sent = ask(noon() + hours.hours() + minutes.minutes()).await.is_ok();
            assert_eq!(is_sent, hours < 3 || minutes == 0, "{hours}:{minutes}");
        }
    }
    assert_eq!(bed.ask(texts).await, 10);
    let other = user(Role::Owner, Some("hooli"), "usr_hooli");
    let refused =
        create(&sending.fixture.by(&other, &bed, noon()), with_contact(token_for("hooli"))).await.unwrap_err();
    assert!(used_up(&refused), "{refused}");
    assert_eq!(bed.ask("SELECT COUNT(*) FROM credentials WHERE account = 'hooli'").await, 0);
    let tomorrow = noon() + 24.hours();
    let ended = ask(tomorrow).await.unwrap_err();
    assert!(matches!(ended, OperationError::Other(CredentialConflict::TextsEnded)), "{ended}");
    send_again(&sending.call(&bed, tomorrow), &id).await.unwrap();
    // The bound of the account.
    sending.fixture.delivery.sms.as_mut().unwrap().daily = 2;
    let number = |digit: u32| NewCredential {
        contact_mobile: Some(format!("+44789412345{digit}")),
        ..with_contact(token_for("acme"))
    };
    create(&sending.call(&bed, tomorrow), number(1)).await.unwrap();
    let refused = create(&sending.call(&bed, tomorrow), number(2)).await.unwrap_err();
    assert!(used_up(&refused), "{refused}");
}

async fn a_link_is_sent_again_and_voided(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let id = sending.made(&bed, token_for("acme")).await;
    let (first, first_code) = sending.sent(&bed, &id, noon()).await;
    let now = noon() + 5.minutes();
    let sent = send_again(&sending.call(&bed, now), &id).await.unwrap().fresh().unwrap();
    assert_eq!(sent.delivery.unwrap().reveal.created_at, now);
    let (second, code) = sending.sent(&bed, &id, now).await;
    let crossed = reveal_secret(&sending.by_link(&bed, now), &first, &code).await.unwrap();
    assert!(matches!(crossed, Some(Revealed::NotNow)), "the code of another link");
    let crossed = reveal_secret(&sending.by_link(&bed, now), &second, &first_code).await.unwrap();
    assert!(matches!(crossed, Some(Revealed::Wrong { tries_left: 4 })));
    text_again(&sending.call(&bed, now), &id).await.unwrap();
    void_delivery(&sending.call(&bed, now), &id).await.unwrap();
    let nothing = |refused: OperationError<CredentialConflict>| {
        assert!(matches!(refused, OperationError::Other(CredentialConflict::NothingToSend)), "{refused}");
    };
    nothing(void_delivery(&sending.call(&bed, now), &id).await.unwrap_err());
    nothing(text_again(&sending.call(&bed, now), &id).await.unwrap_err());
    send_again(&sending.call(&bed, now), &id).await.unwrap();
    let (third, code) = sending.sent(&bed, &id, now).await;
    let token = sending.token(&bed, &third, &code, now).await;
    nothing(send_again(&sending.call(&bed, now), &id).await.unwrap_err());
    assert!(works(&bed, &token).await);
    let expected = ["reveal", "deliver", "void_delivery", "deliver_code", "deliver", "create"];
    assert_eq!(verbs(&bed, &id).await, expected);
    clear(&sending.call(&bed, now), &id).await.unwrap();
    nothing(send_again(&sending.call(&bed, now), &id).await.unwrap_err());
}

async fn a_duplicate_is_sent_too(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let (id, _) = shown(&bed, &sending).await;
    let copy = duplicate(&sending.call(&bed, noon()), &id, Duplicate::default()).await.unwrap().fresh().unwrap();
    assert!(matches!(copy.secret, PlainSecret::Sent));
    let copy = copy.record.id.to_string();
    assert_eq!(state(&bed, &copy, noon()).await, CredentialState::Waiting);
    let show = Duplicate { deliver: Some(Deliver::Show), ..Duplicate::default() };
    assert!(is_invalid(&duplicate(&sending.call(&bed, noon()), &id, show).await.unwrap_err(), "deliver"));
}
