//! `kill -9` at random moments of creating, sending, showing and resetting secrets; and what the processes after it find.

use std::net::SocketAddr;

use axum::extract::Path;
use axum::routing::get;
use claviger::credential::InstallationKey;

use super::doomed::{Place, Process, Received, VARIABLE, email, mobile};
use super::killed_lane::{Lane, Seen};
use super::slow_smtp::SlowSmtp;
use super::twilio::Twilio;
use crate::store::test_database::{TestDatabase, noon};
use crate::support::postgres::fresh_database;

/// Databases of each kind, so that both cores have something to do.
const LANES: usize = 2;
const KILLS_ON_SQLITE: usize = 140;
const KILLS_ON_POSTGRES: usize = 60;

#[tokio::test]
#[ignore = "for another test to start and to kill"]
async fn secrets_are_sent_until_the_process_is_killed() {
    #[expect(clippy::disallowed_methods, reason = "the parent process passes it, not a setting")]
    let Ok(place) = std::env::var(VARIABLE) else { return };
    Process::open(serde_json::from_str(&place).unwrap()).await.work().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_kills_at_any_moment_on_sqlite_each_link_opens_and_one_secret_works() {
    let lanes = (0..LANES).map(async |_| lane(TestDatabase::sqlite().await, None, KILLS_ON_SQLITE / LANES).await);
    report(&futures_util::future::join_all(lanes).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_kills_at_any_moment_on_postgres_each_link_opens_and_one_secret_works() {
    let lanes = (0..LANES).map(async |_| {
        let database = tokio::task::spawn_blocking(fresh_database).await.unwrap();
        let direct = database.direct().to_owned();
        lane(TestDatabase::on_database(database).await, Some(direct), KILLS_ON_POSTGRES / LANES).await
    });
    report(&futures_util::future::join_all(lanes).await);
}

fn report(lanes: &[Seen]) {
    let sum = |count: fn(&Seen) -> usize| lanes.iter().map(count).sum::<usize>();
    // Otherwise the kills have met nothing that matters.
    assert!(sum(|seen| seen.sending) > 10 && sum(|seen| seen.unrecorded) > 1, "{lanes:?}");
    assert!(sum(|seen| seen.shown) > 10 && sum(|seen| seen.resets) > 5, "{lanes:?}");
}

async fn lane(bed: TestDatabase, address: Option<String>, kills: usize) -> Seen {
    bed.account("acme").await;
    let (mail, twilio) = (SlowSmtp::start().await, Twilio::start().await);
    twilio.report("delivered", None);
    let place = Place {
        database: address.unwrap_or_else(|| bed.address()),
        smtp: mail.address,
        twilio: twilio.address,
        inbox: inbox(mail.clone(), twilio.clone()).await,
        key: InstallationKey::mint().unwrap().reveal().try_into().unwrap(),
        now: noon().as_millisecond(),
    };
    let lane = Lane::new(bed, (mail, twilio), place);
    tokio::task::spawn_blocking(move || lane.run(kills)).await.unwrap()
}

/// What a contact has received last, for the process that acts for the contact.
async fn inbox(mail: SlowSmtp, twilio: Twilio) -> SocketAddr {
    let received = move |Path(number): Path<u32>| {
        let (mails, texts) = (mail.arrived(), twilio.sent());
        let ticket = mails.into_iter().rev().find_map(|one| one.ticket.filter(|_| one.to == email(number)));
        let text = texts.into_iter().rev().find(|text| text["To"] == mobile(number));
        let code = text.map(|text| text["Body"].rsplit_once('#').unwrap().1.to_owned());
        async move { serde_json::to_string(&Received { ticket, code }).unwrap() }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().route("/{number}", get(received));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}
