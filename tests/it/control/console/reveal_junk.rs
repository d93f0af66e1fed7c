//! Links that lead nowhere: unknown and malformed ones cannot be told apart.

use std::time::Duration;

use claviger::control::operations::NewSecret;
use claviger::credential::PlainLinkToken;

use super::reveal::Links;
use crate::store::test_database::TestDatabase;
use crate::support::eventually;
use crate::support::postgres::Cluster;

/// Texts that are no ticket, as they stand in a path.
fn junk_tickets(ticket: &str) -> Vec<String> {
    let fixed = ["x", "%00", "%ff", "%2e%2e", "%3Cb%3E", "%F0%9F%97%9D"].map(str::to_owned);
    let near =
        [ticket[1..].to_owned(), format!("{ticket}A"), ticket.to_ascii_uppercase(), format!("{}!", &ticket[1..])];
    fixed.into_iter().chain(near).chain(["x".repeat(3000)]).collect()
}

#[tokio::test]
async fn links_that_lead_nowhere_look_alike() {
    let links = Links::new(NewSecret::Token).await;
    let (ticket, code) = links.sent().await;
    let unknown = PlainLinkToken::mint().unwrap();
    let first = links.get(&format!("/reveal/{}", unknown.reveal())).await;
    assert_eq!(first.status, 404);
    first.assert_is_a_strangers_page();
    let row = "SELECT CAST(SUM(tries + sends + sends_total + code_ends_at) AS BIGINT) FROM reveals";
    let before = links.bed.ask(row).await;
    let codes = ["code=12345678", "code=", "code=abcdefgh", "code=1234567", "code=123456789", "code=%00", ""];
    for link in junk_tickets(&ticket).iter().map(String::as_str).chain([unknown.reveal()]) {
        // A network has 60 looks a minute.
        links.clock.advance(Duration::from_secs(20));
        assert_eq!(links.get(&format!("/reveal/{link}")).await.steady(), first.steady(), "{link}");
        for form in codes {
            let entered = links.post(&format!("/reveal/{link}"), form).await;
            assert_eq!(entered.steady(), first.steady(), "{link} {form}");
        }
        let sent = links.post(&format!("/reveal/{link}/code"), "").await;
        assert_eq!(sent.steady(), first.steady(), "{link}");
    }
    assert_eq!(links.get("/reveal").await.status, 404);
    assert_eq!(links.get("/reveal/").await.status, 404);
    assert_eq!((links.untouched().await, links.bed.ask(row).await), (1, before));
    assert_eq!(links.bed.ask("SELECT COUNT(*) FROM outbox WHERE channel = 'sms'").await, 1);
    assert_eq!(links.post(&format!("/reveal/{ticket}"), &format!("code={}", code.reveal())).await.status, 200);
}

/// A difference in time would come from reads: both kinds of links take as many.
#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_link_takes_as_many_reads_as_an_unknown_one() {
    let cluster = tokio::task::spawn_blocking(Cluster::start).await.unwrap();
    let links = Links::on(TestDatabase::on_database(cluster.fresh_database()).await, NewSecret::Token).await;
    let (ticket, _) = links.sent().await;
    cluster.execute("ALTER SYSTEM SET log_statement = 'all'");
    cluster.execute("SELECT pg_reload_conf()");
    eventually("statements are logged", || {
        cluster.execute("SELECT 'marked'");
        cluster.log().contains("SELECT 'marked'")
    });
    let statements = || cluster.log().lines().filter(|line| line.contains(" execute ")).count();
    let unknown = PlainLinkToken::mint().unwrap().reveal().to_owned();
    let requests = [("", None), ("", Some("code=12345678")), ("", Some("code=x")), ("/code", Some(""))];
    for (verb, form) in requests {
        let mut reads = Vec::new();
        for link in std::iter::once(&unknown).chain(&junk_tickets(&ticket)) {
            let target = format!("/reveal/{link}{verb}");
            let mut counts = Vec::new();
            for _ in 0..3 {
                links.clock.advance(Duration::from_secs(61));
                let before = statements();
                let answer = match form {
                    Some(form) => links.post(&target, form).await,
                    None => links.get(&target).await,
                };
                assert_eq!(answer.status, 404);
                counts.push(statements() - before);
            }
            // A request that opens a connection, or finds one that has rested, takes more.
            reads.push(*counts.iter().min().unwrap());
        }
        assert!(reads[0] > 0 && reads.iter().all(|count| *count == reads[0]), "{form:?}: {reads:?}");
    }
}
