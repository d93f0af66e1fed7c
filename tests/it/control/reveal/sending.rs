//! Who may have a secret shown or sent, where to, and how often.

use claviger::config::Delivery;
use claviger::control::operations::{
    Caller, CredentialConflict, Deliver, Duplicate, Edit, NewCredential, NewSecret, OperationError, Patch, PlainSecret,
    Reset, Revealed, clear, create, duplicate, edit, reset, reveal_secret, send_again, send_reveal_code, text_again,
    void_delivery,
};
use claviger::credential::PlainPassword;
use claviger::store::{Actor, ActorKind, CredentialState, Role};
use jiff::{Timestamp, ToSpan as _};

use super::{Sending, shown, state, with_contact};
use crate::control::{is_invalid, token_for, user, verbs, works};
use crate::store::test_database::{TestDatabase, label, noon, on_each, token};

on_each!(
    only_staff_scripts_may_see_what_is_sent_to_others,
    a_contact_is_complete_and_in_a_country_of_the_list,
    text_messages_are_bounded_by_link_number_and_account,
    a_link_is_sent_again_and_voided,
    a_duplicate_is_sent_too,
    a_user_of_the_staff_does_not_see_the_own_key_of_another,
);

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
    let now = now + 1.minutes();
    text_again(&sending.call(&bed, now), &id).await.unwrap();
    let now = now + 1.minutes();
    void_delivery(&sending.call(&bed, now), &id).await.unwrap();
    let nothing = |refused: OperationError<CredentialConflict>| {
        assert!(matches!(refused, OperationError::Other(CredentialConflict::NothingToSend)), "{refused}");
    };
    nothing(void_delivery(&sending.call(&bed, now), &id).await.unwrap_err());
    nothing(text_again(&sending.call(&bed, now), &id).await.unwrap_err());
    let now = now + 1.minutes();
    send_again(&sending.call(&bed, now), &id).await.unwrap();
    let (third, code) = sending.sent(&bed, &id, now).await;
    let now = now + 1.minutes();
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

async fn a_user_of_the_staff_does_not_see_the_own_key_of_another(bed: TestDatabase) {
    bed.account("acme").await;
    bed.put_user("ann", Some("acme"), Role::Owner).await;
    let mut key = token("own-ann", "acme", "the key of Ann");
    key.owner = Some(label("ann"));
    key.version = Some(label("2"));
    bed.put(&key).await;
    let mut sending = Sending::new();
    let staff = user(Role::Staff, None, "usr_staff");
    let actor = Actor { kind: ActorKind::Token, id: "tok_staff".into(), request_id: None, address: None };
    let script = Caller { actor, role: Role::Staff, account: None, user: None };
    for show_to_creator in [false, true] {
        sending.fixture.delivery.show_to_creator = show_to_creator;
        for deliver in [None, Some(Deliver::Show), Some(Deliver::Send)] {
            let how = Reset { enable: true, deliver, ..Reset::default() };
            let refused = reset(&sending.fixture.by(&staff, &bed, noon()), "own-ann", how).await.unwrap_err();
            assert!(matches!(refused, OperationError::Other(CredentialConflict::OwnKeyNotShown)), "{refused}");
        }
    }
    assert!(works(&bed, "the key of Ann").await);
    let how = || Reset { enable: true, ..Reset::default() };
    for operator in [&script, &Caller::shell("root".into())] {
        let done = reset(&sending.fixture.by(operator, &bed, noon()), "own-ann", how()).await.unwrap().fresh().unwrap();
        assert!(matches!(done.secret, PlainSecret::Token(_)));
    }
    // Without delivery, staff are the ones who help.
    sending.fixture.delivery = Delivery::default();
    reset(&sending.fixture.by(&staff, &bed, noon()), "own-ann", how()).await.unwrap();
}
