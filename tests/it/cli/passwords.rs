//! `claviger password`

use claviger::credential::{HashMemory, PasswordHash};
use tempfile::TempDir;

use crate::support::{Ended, Run};

fn hash(arguments: &[&str], input: impl AsRef<[u8]>) -> Ended {
    let folder = TempDir::new().unwrap();
    Run::within(folder.path(), &[&["password", "hash"], arguments].concat()).input(input).end()
}

fn verifies(printed: &str, password: &str) -> bool {
    let hash: PasswordHash = printed.strip_suffix('\n').unwrap().parse().unwrap();
    hash.verify(password.as_bytes(), &mut HashMemory::default())
}

#[test]
fn the_hash_of_a_password_is_alone_on_its_line_and_verifies_it() {
    for input in ["planted password: ü", "planted password: ü\n"] {
        let ended = hash(&[], input);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
        assert!(ended.stdout.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", ended.stdout);
        assert!(verifies(&ended.stdout, "planted password: ü"));
        assert!(!verifies(&ended.stdout, "planted password: u"));
    }
}

#[test]
fn no_two_hashes_of_one_password_are_the_same() {
    assert_ne!(hash(&[], "planted-password").stdout, hash(&[], "planted-password").stdout);
}

#[test]
fn a_short_password_is_hashed_with_a_warning() {
    let ended = hash(&[], "planted");
    assert_eq!((ended.code, ended.stderr.as_str()), (0, "warning: shorter than 8 characters\n"));
    assert!(verifies(&ended.stdout, "planted"));
}

#[test]
fn a_password_that_can_never_be_presented_has_no_hash_and_is_not_repeated() {
    let long = "planted-".repeat(128);
    let wrong: [(&[u8], &str); 5] = [
        (b"", "the secret is empty"),
        (b"planted\tpassword", "control characters"),
        (b"planted\npassword\n", "control characters"),
        (long.as_bytes(), "1024 bytes or more can never be presented"),
        (b"planted\xff", "not valid UTF-8"),
    ];
    for (input, problem) in wrong {
        let ended = hash(&[], input);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{problem}");
        assert!(ended.stderr.contains(problem) && !ended.stderr.contains("planted"), "{}", ended.stderr);
    }
}

/// Others can see the command line, and logs keep what a command complains about.
#[test]
fn a_password_on_the_command_line_is_refused_and_not_repeated() {
    let ended = hash(&["planted-password"], "");
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.contains("standard input") && !ended.stderr.contains("planted"), "{}", ended.stderr);
}
