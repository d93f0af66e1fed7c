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
fn password_hash_prints_the_hash_alone() {
    for input in ["planted password: ü", "planted password: ü\n"] {
        let ended = hash(&[], input);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
        assert!(ended.stdout.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", ended.stdout);
        assert!(verifies(&ended.stdout, "planted password: ü"));
        assert!(!verifies(&ended.stdout, "planted password: u"));
    }
}

#[test]
fn hashes_of_one_password_differ() {
    assert_ne!(hash(&[], "planted-password").stdout, hash(&[], "planted-password").stdout);
}

#[test]
fn a_short_password_is_hashed_with_a_warning() {
    let ended = hash(&[], "planted");
    assert_eq!((ended.code, ended.stderr.as_str()), (0, "warning: shorter than 8 characters\n"));
    assert!(verifies(&ended.stdout, "planted"));
}

#[test]
fn an_unpresentable_password_is_refused_and_not_printed() {
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

/// Other users can read the command line, and logs keep error messages.
#[test]
fn a_password_as_an_argument_is_refused_and_not_printed() {
    let ended = hash(&["planted-password"], "");
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.contains("standard input") && !ended.stderr.contains("planted"), "{}", ended.stderr);
}
