//! The one showing of a secret: for whom it waits, what counts, and what is left afterwards.

use claviger::control::operations::{
    CodeProgress, CredentialConflict, CredentialSearch, Edit, OperationError, Patch, PlainSecret, Reset,
    RevealObstacle, RevealStanding, Revealed, clear, count_credentials, delete, diagnose_credential, disable, edit,
    enable, list_credentials, reset, reveal_secret, send_again, send_reveal_code, set_access, show_reveal, text_again,
    void_delivery,
};
use claviger::credential::PlainLinkToken;
use claviger::store::{CredentialState, MessageState, RevealState, StateCounts, SupersededBy};
use jiff::ToSpan as _;

use super::{Sending, state, tries, wrong};
use crate::control::{pair_for, token_for, verbs, works};
use crate::store::test_database::{TestDatabase, label, noon, on_each};

on_each!(
    a_secret_that_is_sent_waits_and_is_shown_once,
    a_password_is_made_when_it_is_shown,
    five_wrong_codes_lock_the_link_and_nothing_else_counts,
    of_100_parallel_right_codes_one_shows_a_secret_that_works,
    of_100_parallel_wrong_codes_five_count,
    a_link_shows_nothing_while_access_or_credential_is_off_or_over,
    a_link_says_how_it_stands,
    what_ends_a_link_is_told_from_its_end,
);

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
    let RevealStanding::Waiting { code: progress, has_live_code, tries_left, .. } =
        sending.standing(&bed, &ticket, later).await
    else {
        panic!("it waits");
    };
    assert_eq!((progress, has_live_code, tries_left), (CodeProgress::OnItsWay, true, 5));
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
    let call = sending.by_link(&bed, noon() + 1.minutes());
    let long = "x".repeat(5000);
    let other = PlainLinkToken::mint().unwrap();
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
        async move { reveal_secret(&sending.by_link(bed, noon() + 1.minutes()), ticket, code).await.unwrap().unwrap() }
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
        async move { reveal_secret(&sending.by_link(bed, noon() + 1.minutes()), ticket, code).await.unwrap().unwrap() }
    });
    let outcomes = futures_util::future::join_all(attempts).await;
    let counted = outcomes.iter().filter(|outcome| matches!(outcome, Revealed::Wrong { .. })).count();
    assert_eq!((counted, tries(&bed).await), (5, 5));
    assert!(!outcomes.iter().any(|outcome| matches!(outcome, Revealed::Shown(_))));
    assert_eq!(bed.store.newest_reveal(&id).await.unwrap().unwrap().state(noon()), RevealState::Locked);
}

/// The state is read in the transaction of the showing.
async fn a_link_shows_nothing_while_access_or_credential_is_off_or_over(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let id = sending.made(&bed, token_for("acme")).await;
    let (ticket, code) = sending.sent(&bed, &id, noon()).await;
    let states = [
        ("UPDATE credentials SET enabled = FALSE", "UPDATE credentials SET enabled = TRUE"),
        ("UPDATE credentials SET expires_at = 1", "UPDATE credentials SET expires_at = NULL"),
        ("UPDATE accounts SET switched_on = FALSE", "UPDATE accounts SET switched_on = TRUE"),
        ("UPDATE accounts SET granted = FALSE", "UPDATE accounts SET granted = TRUE"),
    ];
    for (off, on) in states {
        bed.execute(off).await;
        for code in [&code, &wrong(&code)] {
            let tried = reveal_secret(&sending.by_link(&bed, noon()), &ticket, code).await.unwrap();
            assert!(matches!(tried, Some(Revealed::NotNow)), "{off}");
        }
        assert!(!send_reveal_code(&sending.by_link(&bed, noon() + 5.minutes()), &ticket).await.unwrap(), "{off}");
        assert!(send_again(&sending.fixture.call(&bed, noon()), &id).await.is_err(), "{off}");
        bed.execute(on).await;
    }
    assert_eq!(tries(&bed).await, 0);
    sending.token(&bed, &ticket, &code, noon()).await;
}

async fn a_link_says_how_it_stands(bed: TestDatabase) {
    bed.account("acme").await;
    let sending = Sending::new();
    let id = sending.made(&bed, token_for("acme")).await;
    let (ticket, code) = sending.sent(&bed, &id, noon()).await;
    let call = sending.call(&bed, noon());
    let page = show_reveal(&sending.by_link(&bed, noon()), &ticket).await.unwrap().unwrap();
    assert_eq!((page.account.as_str(), page.mobile_end.as_str()), ("acme", "456"));
    // Nothing is shown or sent while it is disabled, and nothing is lost.
    disable(&call, &id, None).await.unwrap();
    assert_eq!(sending.standing(&bed, &ticket, noon()).await, RevealStanding::Off(RevealObstacle::Disabled));
    let holder = sending.by_link(&bed, noon());
    assert!(matches!(reveal_secret(&holder, &ticket, &code).await.unwrap(), Some(Revealed::NotNow)));
    assert!(matches!(reveal_secret(&holder, &ticket, &wrong(&code)).await.unwrap(), Some(Revealed::NotNow)));
    assert!(!send_reveal_code(&sending.by_link(&bed, noon() + 5.minutes()), &ticket).await.unwrap());
    let refused = text_again(&call, &id).await.unwrap_err();
    assert!(matches!(refused, OperationError::Other(CredentialConflict::SecretOff(_))), "{refused}");
    enable(&call, &id).await.unwrap();
    set_access(&call, &label("acme"), false).await.unwrap();
    assert_eq!(sending.standing(&bed, &ticket, noon()).await, RevealStanding::Off(RevealObstacle::Access));
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
