//! `claviger token`

use claviger::credential::{TokenDigest, TokenFormat};
use tempfile::TempDir;

use crate::support::{Ended, Run, digest};

fn token(arguments: &[&str], input: impl AsRef<[u8]>) -> Ended {
    let folder = TempDir::new().unwrap();
    Run::within(folder.path(), &[&["token"], arguments].concat()).input(input).end()
}

#[test]
fn token_new_prints_the_token_and_its_digest_on_two_lines() {
    let ended = token(&["new"], "");
    assert_eq!(ended.code, 0);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    let [plain, digest] = lines[..] else { panic!("{lines:?}") };
    assert!(plain.starts_with("clv_"));
    assert!(!TokenFormat::default().is_junk(plain.as_bytes()));
    assert_eq!(digest.parse::<TokenDigest>().unwrap(), TokenDigest::of(plain.as_bytes()));
    // Standard error holds no secret.
    assert!(ended.stderr.contains("cannot be shown again") && !ended.stderr.contains(plain), "{}", ended.stderr);
}

#[test]
fn new_tokens_differ() {
    assert_ne!(token(&["new"], "").stdout, token(&["new"], "").stdout);
}

#[test]
fn a_new_token_has_the_given_prefix() {
    assert!(token(&["new", "--prefix", "acme_"], "").stdout.starts_with("acme_"));
}

#[test]
fn token_digest_prints_the_digest_alone() {
    for input in ["planted-in-use", "planted-in-use\n", "planted-in-use\r\n"] {
        let ended = token(&["digest"], input);
        assert_eq!((ended.code, ended.stdout), (0, format!("{}\n", digest("planted-in-use"))), "{input:?}");
        assert_eq!(ended.stderr, "");
    }
}

#[test]
fn an_unpresentable_token_is_refused_and_not_printed() {
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
fn an_overlong_token_is_refused() {
    let ended = token(&["digest"], vec![b'x'; 70_000]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("longer than 65536 bytes"), "{}", ended.stderr);
}

/// Other users can read the command line, and logs keep error messages.
#[test]
fn a_token_as_an_argument_is_refused_and_not_printed() {
    for arguments in [&["digest", "planted-token"][..], &["digest", "planted", "token"]] {
        let ended = token(arguments, "");
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
        assert!(!ended.stderr.contains("planted"), "{}", ended.stderr);
        assert!(ended.stderr.contains("standard input"), "{}", ended.stderr);
    }
}
