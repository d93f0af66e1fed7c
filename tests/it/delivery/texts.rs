//! Text messages.

use claviger::credential::RevealCode;
use claviger::store::Purpose;

use super::bed::{Bed, MOBILE, named};
use super::twilio::TOKEN;
use crate::store::test_database::{TestDatabase, on_each};

on_each!(
    a_text_message_brings_the_only_code_that_works,
    refusals_of_the_provider_are_tried_again_or_have_a_word,
    the_status_of_a_text_message_is_asked_for,
    a_number_of_another_country_gets_no_text_message,
    a_text_message_fits_into_one_whatever_the_name_of_the_provider,
);

/// The digits of a text message, as a person types them.
fn code(body: &str) -> RevealCode {
    let digits = body.split("code ").nth(1).unwrap().split(',').next().unwrap();
    RevealCode::presented(digits).expect("a code")
}

async fn a_text_message_brings_the_only_code_that_works(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.reveal("rev_1").await;
    let mut codes = Vec::new();
    for number in 1..=2 {
        bed.enqueue(Purpose::RevealCode, "rev_1", MOBILE).await;
        bed.worker().run_due().await;
        let body = bed.twilio.sent().pop().unwrap()["Body"].clone();
        let code = code(&body);
        let (first, second) = code.reveal().split_at(4);
        let whole = code.reveal();
        let expected =
            format!("Claviger: code {first} {second}, valid 10 min (message {number}).\n@keys.example.org #{whole}");
        assert_eq!(body, expected);
        codes.push(code);
        bed.pass(1);
    }
    let sent = bed.twilio.sent();
    assert_eq!((sent[0]["To"].as_str(), sent[0]["From"].as_str()), (MOBILE, "+15005550006"));
    let digest = stored_digest(&bed).await;
    assert!(bed.keys.current().is_code("rev_1", codes[1].reveal(), &digest));
    assert!(!bed.keys.current().is_code("rev_1", codes[0].reveal(), &digest));
    assert_eq!(bed.database.store.installation_keys_in_use(bed.clock.now()).await.unwrap(), [bed.keys.current().id()]);
    let end = bed.clock.now().as_millisecond() - 1000 + 600_000;
    assert_eq!(bed.database.ask("SELECT code_ends_at FROM reveals").await, end);
    for record in bed.database.store.newest_messages(10).await.unwrap() {
        let text = format!("{record:?}");
        assert!(!codes.iter().any(|code| text.contains(code.reveal())) && !text.contains(TOKEN), "{text}");
    }
}

async fn stored_digest(bed: &Bed) -> Vec<u8> {
    let byte = |number: usize| {
        if bed.database.store.is_embedded() {
            let digits = "instr('0123456789ABCDEF', substr(hex(code_digest), ";
            format!(
                "SELECT ({digits}{}, 1)) - 1) * 16 + {digits}{}, 1)) - 1 FROM reveals",
                2 * number + 1,
                2 * number + 2
            )
        } else {
            format!("SELECT get_byte(code_digest, {number})::BIGINT FROM reveals")
        }
    };
    let mut digest = Vec::new();
    for number in 0..32 {
        digest.push(u8::try_from(bed.database.ask(&byte(number)).await).unwrap());
    }
    digest
}

async fn refusals_of_the_provider_are_tried_again_or_have_a_word(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let worker = bed.worker();
    for (number, (status, provider_code, said, state, word)) in [
        (429, 20429, "too many", "waiting", "busy"),
        (503, 0, "down", "waiting", "busy"),
        (401, 20003, "Authenticate", "waiting", "login"),
        (400, 21211, "bad number", "failed", "invalid_number"),
        (400, 21614, "no mobile", "failed", "not_mobile"),
        (400, 21408, "region", "failed", "country_off"),
        (400, 21610, "STOP", "failed", "opted_out"),
        (400, 21602, "refused: BODY", "failed", "refused"),
    ]
    .into_iter()
    .enumerate()
    {
        let reveal = format!("rev_{number}");
        bed.reveal(&reveal).await;
        bed.twilio.refuse_next(status, provider_code, said);
        bed.enqueue(Purpose::RevealCode, &reveal, MOBILE).await;
        worker.run_due().await;
        let message = bed.message(&reveal).await;
        assert_eq!(
            (message.state.as_str(), message.error_code.as_deref()),
            (state, Some(word)),
            "{status} {provider_code}"
        );
        let text = message.error_text.unwrap();
        assert!(text.contains(&said.replace("BODY", "Claviger: code … …, valid 10 min")), "{text}");
        let refused = bed.twilio.refused().pop().unwrap();
        let code = code(&refused);
        let (first, second) = code.reveal().split_at(4);
        let rests = [code.reveal().to_owned(), format!("{first} {second}"), first.to_owned(), second.to_owned()];
        // The first four digits may be those of the code of the provider's own error.
        let text = text.replacen(&provider_code.to_string(), "", 1);
        assert!(rests.iter().all(|rest| !text.contains(rest.as_str())), "{rests:?}: {text}");
    }
    assert!(bed.twilio.sent().is_empty());
    bed.pass(10);
    worker.run_due().await;
    assert_eq!(bed.twilio.sent().len(), 3);
    assert_eq!(bed.state("rev_0").await, ("accepted", None));
    // Three attempts in all.
    bed.reveal("rev_9").await;
    bed.enqueue(Purpose::RevealCode, "rev_9", MOBILE).await;
    for seconds in [10, 60, 60] {
        bed.twilio.refuse_next(500, 0, "down");
        worker.run_due().await;
        bed.pass(seconds);
    }
    assert_eq!(bed.state("rev_9").await, ("given_up", Some("busy".into())));
}

async fn the_status_of_a_text_message_is_asked_for(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let worker = bed.worker();
    for (number, (status, error, state, word)) in [
        ("delivered", None, "delivered", None),
        ("undelivered", Some(30003), "undelivered", Some("refused")),
        ("failed", Some(21610), "failed", Some("opted_out")),
    ]
    .into_iter()
    .enumerate()
    {
        let reveal = format!("rev_{number}");
        bed.reveal(&reveal).await;
        bed.twilio.report("queued", None);
        bed.enqueue(Purpose::RevealCode, &reveal, MOBILE).await;
        worker.run_due().await;
        assert_eq!(bed.state(&reveal).await, ("accepted", None));
        let before = bed.twilio.status_requests();
        bed.pass(10);
        worker.run_due().await;
        worker.run_due().await;
        assert_eq!(bed.twilio.status_requests(), before + 1);
        bed.twilio.report(status, error);
        bed.pass(20);
        worker.run_due().await;
        assert_eq!(bed.state(&reveal).await, (state, word.map(str::to_owned)));
        bed.pass(600);
        worker.run_due().await;
        assert_eq!(bed.twilio.status_requests(), before + 2, "an end is an end");
    }
    // Without a report of its arrival it stays accepted.
    bed.reveal("rev_9").await;
    bed.twilio.report("sent", None);
    bed.enqueue(Purpose::RevealCode, "rev_9", MOBILE).await;
    let before = bed.twilio.status_requests();
    for _ten_seconds in 0..100 {
        worker.run_due().await;
        bed.pass(10);
    }
    assert_eq!(bed.twilio.status_requests(), before + 4);
    let message = bed.message("rev_9").await;
    assert_eq!((message.state.as_str(), message.next_at), ("accepted", None));
}

async fn a_number_of_another_country_gets_no_text_message(database: TestDatabase) {
    let bed = Bed::new(database).await;
    bed.reveal("rev_1").await;
    bed.enqueue(Purpose::RevealCode, "rev_1", "+15005550001").await;
    bed.worker().run_due().await;
    assert_eq!(bed.state("rev_1").await, ("failed", Some("country_off".into())));
    assert!(bed.twilio.sent().is_empty());
}

/// Letters of one place and of two in a text message (GSM 03.38), but those of ASCII.
const GSM_LETTERS: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";
const GSM_PAIRS: &str = "^{}\\[~]|€";

/// Places that a text takes.
fn places(text: &str) -> usize {
    let place = |letter: char| match letter {
        letter if GSM_PAIRS.contains(letter) => 2,
        '`' | '\t' | '\r' => panic!("{letter:?} is no letter of a text message: {text}"),
        '\n' | ' '..='~' => 1,
        letter => {
            assert!(GSM_LETTERS.contains(letter), "{letter:?} is no letter of a text message: {text}");
            1
        }
    };
    text.chars().map(place).sum()
}

async fn a_text_message_fits_into_one_whatever_the_name_of_the_provider(database: TestDatabase) {
    let bed = Bed::new(database).await;
    let long_host = format!("https://{}.example.org", "keys-".repeat(12));
    let names = ["Ticketing", "Bücher & Söhne", "Café Ősz Łódź [€]", "名前", "`'\u{202e}", &"Ä€x ".repeat(60)];
    for (number, (name, url)) in
        names.iter().flat_map(|name| [(name, "https://keys.example.org:8443/a"), (name, &long_host)]).enumerate()
    {
        bed.settings.store(std::sync::Arc::new(named(name, url, &bed.settings.load().delivery)));
        let reveal = format!("rev_{number}");
        bed.reveal(&reveal).await;
        bed.database.execute(&format!("UPDATE reveals SET sends_total = 10 WHERE id = '{reveal}'")).await;
        bed.enqueue(Purpose::RevealCode, &reveal, MOBILE).await;
        bed.worker().run_due().await;
        let body = bed.twilio.sent().pop().unwrap()["Body"].clone();
        assert!(places(&body) <= 160, "{} places: {body}", places(&body));
        assert_eq!(bed.twilio.sent().len(), number + 1, "{name}");
        // What a phone fills in by itself is bound to the host, without its port.
        let (sentence, bound) = body.split_once('\n').expect("the line for browsers");
        let (host, digits) = bound.split_once(" #").unwrap();
        assert!(host == "@keys.example.org" || long_host.ends_with(&host[1..]), "{body}");
        let (first, second) = digits.split_at(4);
        assert!(sentence.contains(&format!("{first} {second}")) && digits.len() == 8, "{body}");
        bed.pass(1);
    }
}
