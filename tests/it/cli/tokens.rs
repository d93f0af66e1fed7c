//! `claviger token`

use claviger::credential::{TokenDigest, TokenFormat};
use tempfile::TempDir;

use crate::support::{Ended, Run, digest};

fn token(arguments: &[&str], input: impl AsRef<[u8]>) -> Ended {
    let folder = TempDir::new().unwrap();
    Run::within(folder.path(), &[&["token"], arguments].concat()).input(input).end()
}

#[test]
fn a_new_token_stands_on_one_line_and_its_digest_on_the_next() {
    let ended = token(&["new"], "");
    assert_eq!(ended.code, 0);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    let [plain, digest] = lines[..] else { panic!("{lines:?}") };
    assert!(plain.starts_with("clv_"));
    assert!(!TokenFormat::default().is_junk(plain.as_bytes()));
    assert_eq!(digest.parse::<TokenDigest>().unwrap(), TokenDigest::of(plain.as_bytes()));
    // What is beside the result is for people, and says nothing that must not be kept.
    assert!(ended.stderr.contains("cannot be shown again") && !ended.stderr.contains(plain), "{}", ended.stderr);
}

#[test]
fn a_byte_order_mark_before_a_token_is_not_hashed() {
    assert_eq!(token(&["digest"], "\u{feff}a-token-in-use\r\n").stdout.trim(), digest("a-token-in-use"));
}

#[test]
fn no_two_new_tokens_are_the_same() {
    assert_ne!(token(&["new"], "").stdout, token(&["new"], "").stdout);
}

#[test]
fn a_new_token_begins_as_it_is_told_to() {
    assert!(token(&["new", "--prefix", "acme_"], "").stdout.starts_with("acme_"));
}

#[test]
fn the_digest_of_a_token_is_alone_on_its_line() {
    for input in ["planted-in-use", "planted-in-use\n", "planted-in-use\r\n"] {
        let ended = token(&["digest"], input);
        assert_eq!((ended.code, ended.stdout), (0, format!("{}\n", digest("planted-in-use"))), "{input:?}");
        assert_eq!(ended.stderr, "");
    }
}

#[test]
fn a_token_that_can_never_be_presented_has_no_digest_and_is_not_repeated() {
    let wrong: [(&[u8], &str); 7] = [
        (b"", "the secret is empty"),
        (b"\n", "the secret is empty"),
        (b"planted token", "can never be presented"),
        (b" planted-token", "can never be presented"),
        (b"planted-token\n\n", "can never be presented"),
        ("planted-tökén".as_bytes(), "can never be presented"),
        (b"planted-token\xff", "not valid UTF-8"),
    ];
    for (input, problem) in wrong {
        let ended = token(&["digest"], input);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{input:?}");
        assert!(ended.stderr.contains(problem), "{}", ended.stderr);
        assert!(!ended.stderr.contains("planted"), "{}", ended.stderr);
    }
}

#[test]
fn a_token_that_never_ends_is_not_read_to_its_end() {
    let ended = token(&["digest"], vec![b'x'; 70_000]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("longer than 65536 bytes"), "{}", ended.stderr);
}

/// Others can see the command line, and logs keep what a command complains about.
#[test]
fn a_token_on_the_command_line_is_refused_and_not_repeated() {
    for arguments in [&["digest", "planted-token"][..], &["digest", "planted", "token"]] {
        let ended = token(arguments, "");
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
        assert!(!ended.stderr.contains("planted"), "{}", ended.stderr);
        assert!(ended.stderr.contains("standard input"), "{}", ended.stderr);
    }
}
