//! One database on which processes are killed, and what is checked after each kill.

use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use claviger::control::LiveSettings;
use claviger::control::operations::{Caller, OperationContext, RevealStanding, show_reveal};
use claviger::credential::TokenDigest;
use claviger::store::{Channel, MessageState};
use jiff::Timestamp;
use tokio::runtime::Handle;

use super::doomed::{Line, Place, Process, Stops, VARIABLE, parse};
use super::slow_smtp::{Arrived, SlowSmtp};
use super::twilio::Twilio;
use crate::store::test_database::TestDatabase;

/// Loops of a process before it is killed at a random moment of the next one, or of the one after that.
const MAX_LOOPS: usize = 3;
const MAX_DELAY_MICROS: u64 = 60_000;
/// More than a lease.
const INTERVAL: Duration = Duration::from_secs(100);
const MAX_ROUNDS_AFTER: usize = 40;

/// Moments that were met.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) kills: usize,
    /// Kills while a message was claimed.
    pub(super) sending: usize,
    /// Kills after a mail had arrived, and before its row said so.
    pub(super) unrecorded: usize,
    pub(super) shown: usize,
    pub(super) resets: usize,
    pub(super) mails: usize,
}

/// What processes have acknowledged about a credential.
#[derive(Debug, Default)]
struct Ledger {
    resets: usize,
    showings: usize,
    stops: Option<Stops>,
    /// The newest secret, where a process has acknowledged it.
    secret: Option<TokenDigest>,
    /// Without an acknowledgement.
    resetting: Option<Stops>,
    is_showing: bool,
}

/// One database, its stubs, and the processes that are killed one after the other.
pub(super) struct Lane {
    bed: TestDatabase,
    mail: SlowSmtp,
    twilio: Twilio,
    place: Place,
    ledgers: HashMap<String, Ledger>,
    /// Mails whose links were looked at.
    looked_at: usize,
    seen: Seen,
}

impl Lane {
    pub(super) fn new(bed: TestDatabase, (mail, twilio): (SlowSmtp, Twilio), place: Place) -> Self {
        Self { bed, mail, twilio, place, ledgers: HashMap::new(), looked_at: 0, seen: Seen::default() }
    }

    /// Waits for processes: on a thread that holds up no stub.
    pub(super) fn run(mut self, kills: usize) -> Seen {
        let runtime = Handle::current();
        for _ in 0..kills {
            let lines = self.kill_once();
            runtime.block_on(self.check(lines));
            self.place.now += i64::try_from(INTERVAL.as_millis()).unwrap();
        }
        runtime.block_on(self.finish());
        self.seen.mails = self.mail.arrived().len();
        self.seen
    }

    /// Starts a process, kills it by its id, and returns what it has printed.
    fn kill_once(&mut self) -> Vec<Line> {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "delivery::kills::secrets_are_sent_until_the_process_is_killed", "--ignored"]);
        command.arg("--nocapture").env(VARIABLE, serde_json::to_string(&self.place).unwrap());
        let errors = tempfile::tempfile().unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(errors.try_clone().unwrap()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut printed = Vec::new();
        for _ in 0..=fastrand::usize(0..=MAX_LOOPS) {
            for line in lines.by_ref().filter_map(|line| parse(&line)) {
                let is_milestone = matches!(line, Line::Ready | Line::Looped);
                printed.push(line);
                if is_milestone {
                    break;
                }
            }
        }
        std::thread::sleep(Duration::from_micros(fastrand::u64(0..MAX_DELAY_MICROS)));
        let has_ended = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        // Lines that it wrote before it was killed are still in the pipe.
        printed.extend(lines.filter_map(|line| parse(&line)));
        let status = child.wait().unwrap();
        let is_well = !printed.is_empty() && !has_ended && status.code().is_none();
        let errors = text(errors);
        assert!(is_well && !errors.contains("panicked"), "the process has failed by itself: {errors}");
        if !self.bed.store.is_embedded() {
            // The server may still be committing.
            std::thread::sleep(Duration::from_millis(100));
        }
        self.seen.kills += 1;
        printed
    }

    async fn check(&mut self, lines: Vec<Line>) {
        let mut touched = BTreeSet::new();
        for line in lines {
            let (Line::Created(id)
            | Line::Resetting(id, _)
            | Line::Reset(id, _)
            | Line::Showing(id)
            | Line::Shown(id, _)) = &line
            else {
                continue;
            };
            touched.insert(id.clone());
            let ledger = self.ledgers.entry(id.clone()).or_default();
            match &line {
                Line::Ready | Line::Looped | Line::Created(_) => {}
                Line::Resetting(_, stops) => ledger.resetting = Some(*stops),
                Line::Reset(_, stops) => ledger.has_reset(*stops),
                Line::Showing(_) => ledger.is_showing = true,
                Line::Shown(_, digest) => {
                    (ledger.showings, ledger.is_showing) = (ledger.showings + 1, false);
                    ledger.secret = Some(digest.parse().unwrap());
                }
            }
        }
        let claimed = format!("SELECT COUNT(*) FROM outbox WHERE claimed_until > {}", self.place.now);
        self.seen.sending += usize::from(self.bed.ask(&claimed).await > 0);
        for id in &touched {
            self.check_credential(id).await;
        }
        self.check_showings().await;
        self.check_links().await;
        self.count_unrecorded().await;
    }

    /// The audit agrees with what was acknowledged or was in flight, and as many secrets work as were chosen.
    async fn check_credential(&mut self, id: &str) {
        let audit = self.bed.store.audit_of("credential", id, 500).await.unwrap();
        let count = |verb: &str| audit.iter().filter(|line| line.verb == verb).count();
        let ledger = self.ledgers.get_mut(id).unwrap();
        if let Some(stops) = ledger.resetting.take().filter(|_| count("reset") == ledger.resets + 1) {
            ledger.has_reset(stops);
        }
        if std::mem::take(&mut ledger.is_showing) && count("reveal") == ledger.showings + 1 {
            (ledger.showings, ledger.secret) = (ledger.showings + 1, None);
        }
        assert_eq!((count("reset"), count("reveal")), (ledger.resets, ledger.showings), "{id}: {ledger:?}\n{audit:#?}");
        let is_shown = self.bed.store.newest_reveal(id).await.unwrap().unwrap().revealed_at.is_some();
        let end = self.place.now + 60_000;
        let current = format!("SELECT COUNT(*) FROM tokens WHERE credential = '{id}' AND ends_at IS NULL");
        let previous = format!("SELECT COUNT(*) FROM tokens WHERE credential = '{id}' AND ends_at > {end}");
        let (current, previous) = (self.bed.ask(&current).await, self.bed.ask(&previous).await);
        let most = match (ledger.stops, is_shown) {
            (None, false) => (0, 0),
            (None, true) => (1, 0),
            (Some(Stops { from_showing: false, in_an_hour }), false) => (0, i64::from(in_an_hour)),
            (Some(Stops { from_showing: true, .. }), false) => (1, 1),
            (Some(Stops { in_an_hour, .. }), true) => (1, i64::from(in_an_hour)),
        };
        assert!(current <= most.0 && previous <= most.1, "{id}: {current} and {previous} secrets work: {ledger:?}");
        assert!(!is_shown || current == 1, "{id}: a secret was shown and does not work: {ledger:?}");
        if let Some(digest) = ledger.secret.filter(|_| is_shown) {
            let found = self.bed.store.find_token(&digest).await.unwrap().found.expect("what was shown works");
            assert_eq!((found.credential.id.as_str(), found.ends_at), (id, None));
        }
    }

    /// One line of the audit for each showing, and a notice.
    async fn check_showings(&mut self) {
        let shown = self.bed.ask("SELECT COUNT(*) FROM reveals WHERE revealed_at IS NOT NULL").await;
        for lines in [
            "SELECT COUNT(*) FROM audit WHERE verb = 'reveal'",
            "SELECT COUNT(DISTINCT actor) FROM audit WHERE verb = 'reveal' AND actor_kind = 'link'",
            "SELECT COUNT(*) FROM reveals r WHERE revealed_at IS NOT NULL AND EXISTS
                (SELECT 1 FROM audit a WHERE a.verb = 'reveal' AND a.actor = r.id AND a.target = r.credential)",
        ] {
            assert_eq!(self.bed.ask(lines).await, shown, "{lines}");
        }
        assert_eq!(self.bed.ask("SELECT COUNT(*) FROM reveals WHERE tries > 5").await, 0);
        self.seen.shown = usize::try_from(shown).unwrap();
        self.seen.resets = self.ledgers.values().map(|ledger| ledger.resets).sum();
    }

    /// Each link that has arrived since the last look opens, unless a newer one replaces it.
    async fn check_links(&mut self) {
        let mails = self.mail.arrived();
        let (live, holder) = (LiveSettings::default(), Caller::link_holder(None, None));
        let now = Timestamp::from_millisecond(self.place.now + 1000).unwrap();
        let call = OperationContext::new(&self.bed.store, &holder, now, live.terms());
        for mail in &mails[self.looked_at..] {
            let Some(ticket) = &mail.ticket else { continue };
            let reveal = self.bed.store.reveal_of_link(&TokenDigest::of(ticket.as_bytes())).await.unwrap();
            let reveal = reveal.unwrap_or_else(|| panic!("a dead link was mailed: {mail:?}"));
            let newest = self.bed.store.newest_reveal(reveal.credential.as_str()).await.unwrap().unwrap();
            let standing = show_reveal(&call, ticket).await.unwrap().expect("a link that leads somewhere").standing;
            let is_fine = match standing {
                RevealStanding::Waiting { .. } | RevealStanding::Revealed { .. } | RevealStanding::Locked => true,
                RevealStanding::Superseded { .. } => newest.id != reveal.id,
                RevealStanding::Off(_) | RevealStanding::Expired => false,
            };
            assert!(is_fine, "{standing:?}: {mail:?}");
        }
        self.looked_at = mails.len();
    }

    async fn count_unrecorded(&mut self) {
        let arrived = self.mail.arrived();
        let messages = self.bed.store.newest_messages(1000).await.unwrap();
        let waiting = messages.iter().filter(|message| message.state == MessageState::Waiting);
        let prefixes: Vec<String> = waiting.map(|message| format!("{}.", message.id)).collect();
        let is_among = |mail: &Arrived| prefixes.iter().any(|id| mail.message_id.starts_with(id));
        self.seen.unrecorded += usize::from(arrived.iter().any(is_among));
    }

    /// Processes that are not killed send all that is left, and each contact gets the secret.
    async fn finish(&mut self) {
        let process = Process::open(self.place.clone()).await;
        let worker = process.worker();
        let mut rounds = 0;
        loop {
            worker.run_due().await;
            let waiting = process.show_all().await;
            let unsent = self.bed.ask("SELECT COUNT(*) FROM outbox WHERE state = 'waiting'").await;
            if waiting == 0 && unsent == 0 {
                break;
            }
            rounds += 1;
            assert!(rounds < MAX_ROUNDS_AFTER, "{waiting} credentials and {unsent} messages wait");
            // A number that is out of text messages gets the next ones in the next hour, or on the next day.
            let pause = if rounds < MAX_ROUNDS_AFTER / 2 { INTERVAL } else { Duration::from_secs(3600) };
            process.clock.advance(pause);
            self.place.now += i64::try_from(pause.as_millis()).unwrap();
        }
        self.looked_at = 0;
        self.check_links().await;
        self.check_showings().await;
        let (mails, texts) = (self.mail.arrived(), self.twilio.sent());
        let messages = self.bed.store.newest_messages(100_000).await.unwrap();
        assert!(messages.len() > texts.len(), "{}", messages.len());
        for message in messages {
            let id = format!("{}.", message.id);
            match (message.state, message.error_code.as_deref()) {
                (MessageState::Accepted, None) if message.channel == Channel::Mail => {
                    assert!(mails.iter().any(|mail| mail.message_id.starts_with(&id)), "{message:?}");
                }
                (MessageState::Accepted | MessageState::Delivered, None) => {
                    assert!(texts.iter().any(|text| text["To"] == message.recipient), "{message:?}");
                }
                // Its link was shown, replaced or locked, or its text was too late.
                (MessageState::GivenUp, Some("ended" | "expired")) => {}
                _ => panic!("{message:?}"),
            }
        }
    }
}

impl Ledger {
    fn has_reset(&mut self, stops: Stops) {
        (self.resets, self.stops, self.resetting) = (self.resets + 1, Some(stops), None);
    }
}

fn text(mut file: std::fs::File) -> String {
    let mut text = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}
