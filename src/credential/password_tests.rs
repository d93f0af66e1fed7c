use super::*;

fn verifies(hash: &str, password: &str) -> bool {
    let hash: PasswordHash = hash.parse().unwrap();
    hash.verify(password.as_bytes(), &mut HashMemory::default())
}

#[test]
fn a_new_hash_verifies_its_own_password_only() {
    let hash = PasswordHash::of(&PlainPassword::new(b"correct horse")).unwrap();
    assert!(verifies(hash.as_str(), "correct horse"));
    assert!(!verifies(hash.as_str(), "correct horses"));
}

#[test]
fn hashes_made_by_openssl_and_htpasswd_verify() {
    let apr1 = "$apr1$abcdefgh$sIQmFnT1CuEXAsyjuXjUX/";
    assert!(verifies(apr1, "correct horse"));
    assert!(!verifies(apr1, "correct horsE"));
    assert!(verifies("$apr1$r31....$yydIS1GPjrPm3VLfCgZvh0", "x"));
    let sha = "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=";
    assert!(verifies(sha, "correct horse"));
    assert!(!verifies(sha, "correct"));
    // From the bcrypt test vectors of OpenBSD.
    let bcrypt = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    assert!(verifies(bcrypt, "U*U"));
    assert!(verifies(&bcrypt.replace("$2a$", "$2y$"), "U*U"));
    assert!(!verifies(bcrypt, "U*"));
}

#[test]
fn texts_that_are_no_hash_or_too_costly_are_refused() {
    let refused = |text: &str| text.parse::<PasswordHash>().unwrap_err();
    assert_eq!(refused("hunter2"), PasswordHashError::Plain);
    assert_eq!(refused(""), PasswordHashError::Plain);
    assert_eq!(refused("$1$salt$digest"), PasswordHashError::Unsupported);
    assert_eq!(refused("$argon2id$v=19$m=19456"), PasswordHashError::Malformed("argon2id"));
    assert_eq!(refused("{SHA}"), PasswordHashError::Malformed("{SHA}"));
    assert_eq!(refused("$apr1$$"), PasswordHashError::Malformed("apr1"));
    assert_eq!(refused("$2y$10$short"), PasswordHashError::Malformed("bcrypt"));
    let dummy = PasswordHash::dummy();
    assert_eq!(refused(&dummy.as_str().replace("m=19456", "m=4000000")), PasswordHashError::TooCostly);
    assert_eq!(refused("$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"), PasswordHashError::TooCostly);
}

#[test]
fn cost_consists_of_scheme_and_parameters() {
    let cost = |text: &str| text.parse::<PasswordHash>().unwrap().cost().to_owned();
    assert_eq!(cost(PasswordHash::dummy().as_str()), "$argon2id$v=19$m=19456,t=2,p=1");
    assert_eq!(cost("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"), "$2a$05");
    assert_eq!(cost("$apr1$abcdefgh$sIQmFnT1CuEXAsyjuXjUX/"), "apr1");
    assert_eq!(cost("{SHA}L55TUjtiq8FBorTWAZ0jy6g129A="), "{SHA}");
}

/// One costly hash in a file must not keep its memory allocated on every core.
#[test]
fn memory_of_a_costly_hash_is_freed_and_that_of_a_default_one_kept() {
    let blocks = |kib: u32, memory: &mut HashMemory| {
        let text = PasswordHash::dummy().as_str().replace("m=19456,t=2", &format!("m={kib},t=1"));
        text.parse::<PasswordHash>().unwrap().verify(b"x", memory);
        memory.0.capacity()
    };
    let mut memory = HashMemory::default();
    assert_eq!(blocks(19 * 1024, &mut memory), 19 * 1024);
    assert_eq!(blocks(64, &mut memory), 19 * 1024);
    assert!(blocks(32 * 1024, &mut memory) <= 19 * 1024);
    assert_eq!(blocks(19 * 1024, &mut memory), 19 * 1024);
}

#[test]
fn no_password_matches_the_dummy_hash() {
    let dummy = PasswordHash::dummy();
    assert!(!verifies(dummy.as_str(), ""));
    assert!(!verifies(dummy.as_str(), "claviger decoy !"));
}

/// Long passwords are processed in blocks of sixteen bytes, of which the last may be shorter.
#[test]
fn the_last_byte_of_a_long_password_matters() {
    let hashes = [
        ("a password of 25 bytes...", "$apr1$abcdefgh$4K6Z8G8mBAG/c/lhgDoBY1"),
        ("a password of more than sixteen bytes, and more than thirty-two", "$apr1$abcdefgh$aLX/gaG8GaYt44DjTDdfn0"),
    ];
    for (password, hash) in hashes {
        assert!(verifies(hash, password), "{password}");
        assert!(!verifies(hash, &password[..password.len() - 1]), "{password}");
    }
}

#[test]
fn a_hash_without_one_of_its_parts_is_malformed() {
    let refused = |text: &str| text.parse::<PasswordHash>().unwrap_err();
    let digest = "sIQmFnT1CuEXAsyjuXjUX/";
    for odd in [
        format!("$apr1$${digest}"),
        format!("$apr1$ninechars${digest}"),
        format!("$apr1$abcdefgh${}", &digest[1..]),
        format!("$apr1$abcdefgh${}", digest.replace('/', "+")),
    ] {
        assert_eq!(refused(&odd), PasswordHashError::Malformed("apr1"), "{odd}");
    }
    let whole = PasswordHash::dummy();
    let (without_digest, _) = whole.as_str().rsplit_once('$').unwrap();
    for odd in [
        whole.as_str().replace("v=19", "v=16"),
        without_digest.to_owned(),
        without_digest.replace("v=19$", ""),
        "$argon2id$v=19$m=19456,t=2,p=1".to_owned(),
        "$argon2id$m=19456,t=2,p=1".to_owned(),
    ] {
        assert_eq!(refused(&odd), PasswordHashError::Malformed("argon2id"), "{odd}");
    }
}

#[test]
fn each_parameter_has_its_own_bound() {
    let outcome = |parameters: &str| {
        let text = PasswordHash::dummy().as_str().replace("m=19456,t=2,p=1", parameters);
        text.parse::<PasswordHash>().map(|_| ())
    };
    assert_eq!(outcome("m=262144,t=16,p=8"), Ok(()));
    for odd in ["m=262145,t=1,p=1", "m=64,t=17,p=1", "m=128,t=1,p=9"] {
        assert_eq!(outcome(odd), Err(PasswordHashError::TooCostly), "{odd}");
    }
}

#[test]
fn debug_output_contains_neither_password_nor_hash() {
    assert_eq!(format!("{:?}", PlainPassword::new(b"hunter2")), "PlainPassword([redacted])");
    assert_eq!(format!("{:?}", PasswordHash::dummy()), "PasswordHash(argon2id)");
}
