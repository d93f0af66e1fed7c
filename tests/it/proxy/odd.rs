//! A gate that is sent odd requests, and what has to become of each.

use crate::support::{Gate, RecordingApi, Seen, TOKEN};

const RULES: &str = "public: [{path: /events}]";

/// What has to become of a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fate {
    /// Forwarded with exactly this target.
    Forwarded(&'static str),
    /// Refused with this status, without a word to the API.
    Refused(u16),
    /// One of the two, and if forwarded then with this target.
    Either(&'static str),
}

pub(super) struct Odd {
    pub(super) api: RecordingApi,
    pub(super) gate: Gate,
}

impl Odd {
    pub(super) fn start() -> Self {
        let api = RecordingApi::start();
        let gate = Gate::before(api.url()).settings(RULES).start();
        Self { api, gate }
    }

    /// Sends raw bytes, reads everything until the end of the connection, and compares.
    pub(super) fn expect(&self, request: &[u8], fate: Fate) {
        let shown = String::from_utf8_lossy(request);
        let shown = &shown[..shown.floor_char_boundary(200)];
        let before = self.api.seen().len();
        let answer = self.gate.send_raw(request);
        let arrived = &self.api.seen()[before..];
        assert!(arrived.len() < 2, "one request has become two: {shown:?} {arrived:?}");
        assert!(!answer.is_empty(), "neither answered nor refused: {shown:?}");
        let status = answer.split(' ').nth(1).and_then(|word| word.parse::<u16>().ok());
        match (fate, arrived) {
            (Fate::Forwarded(target) | Fate::Either(target), [seen]) => {
                assert_eq!(status, Some(200), "{shown:?} {answer}");
                assert_decided(seen, target);
            }
            (Fate::Refused(expected), []) => assert_eq!(status, Some(expected), "{shown:?} {answer}"),
            (Fate::Either(_), []) => assert!(status.is_some_and(|status| status >= 400), "{shown:?} {answer}"),
            (fate, _) => panic!("{shown:?} should be {fate:?}; arrived: {arrived:?}; answered: {answer}"),
        }
    }

    /// The same for a target, written into an ordinary request.
    pub(super) fn expect_target(&self, target: &[u8], fate: Fate) {
        self.expect(&[b"GET ", target, b" HTTP/1.1\r\nHost: a\r\n", &authorized(), b"\r\n"].concat(), fate);
    }

    /// The same for lines of a head, written into an ordinary request.
    pub(super) fn expect_lines(&self, lines: &str, body: &str, fate: Fate) {
        let head = format!("POST /x HTTP/1.1\r\n{lines}");
        self.expect(&[head.as_bytes(), &authorized(), b"\r\n", body.as_bytes()].concat(), fate);
    }
}

pub(super) fn authorized() -> Vec<u8> {
    format!("Authorization: Bearer {TOKEN}\r\nConnection: close\r\n").into_bytes()
}

fn assert_decided(seen: &Seen, target: &str) {
    let words: Vec<&str> = seen.line().split(' ').collect();
    assert_eq!((words.len(), words[1]), (3, target), "{seen:?}");
    assert_eq!(seen.header("x-claviger-credential"), Some("acme-billing"), "{seen:?}");
    assert!(seen.all("authorization").is_empty() && seen.all("host").len() < 2, "{seen:?}");
}
