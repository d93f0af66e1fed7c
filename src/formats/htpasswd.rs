//! Reads and writes htpasswd files and user lists: `user:hash`, one per line; `user:hash:comment` in lists of nginx and
//! Dovecot.

use std::io::{self, BufRead, Read as _, Write};

use sha2::{Digest as _, Sha256};

use super::entry_validator::EntryValidator;
use super::text_reader::faults_of;
use super::{Extent, Notes, Users};
use crate::config::raw;
use crate::config::{Diagnostic, Diagnostics, Node, Origin, Value};
use crate::credential::{Label, StoredSecret};

/// Bytes of a user name that an id is made of.
const MAX_ID_STEM: usize = 64;
/// Names have at most 256 bytes, and hashes fewer.
const MAX_LINE_BYTES: u64 = 64 * 1024;

pub(super) fn read(mut file: impl BufRead, users: &Users, entries: &mut EntryValidator) -> Result<Extent, Diagnostics> {
    // Placeholder: existing credentials keep their version, the import refuses new ones without a stated version.
    let known = &entries.versions.known;
    let has_version = users.version.is_some() || known.is_empty();
    let version = users.version.clone().or_else(|| known.last().map(|version| version.name.clone()));
    let mut line = String::new();
    let mut number = 0_u32;
    while !entries.are_over() {
        line.clear();
        number = number.saturating_add(1);
        let read = file.by_ref().take(MAX_LINE_BYTES).read_line(&mut line).map_err(faults_of)?;
        if read == 0 {
            break;
        }
        if read as u64 == MAX_LINE_BYTES {
            let origin = Origin::File { line: number, column: 1 };
            return Err(Diagnostic::new(origin, "", format!("has more than {MAX_LINE_BYTES} bytes")).into());
        }
        let line = line.trim_end();
        if line.is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        entries.begin();
        entry(line, number, users, version.as_ref(), entries);
        entries.end();
    }
    Ok(Extent::Password { has_version })
}

fn entry(line: &str, number: u32, users: &Users, version: Option<&Label>, entries: &mut EntryValidator) {
    let at = |column: usize| Origin::File { line: number, column: u32::try_from(column).unwrap_or(u32::MAX) };
    let Some((username, rest)) = line.split_once(':') else {
        entries.faults.push(Diagnostic::new(at(1), "", "must be USER:HASH"));
        return;
    };
    // No hash has a colon or a blank.
    let (hash, comment) = rest.split_once([':', ' ', '\t']).unwrap_or((rest, ""));
    let column = username.chars().count() + 2;
    if is_htdigest(comment) {
        let hint = "hash the passwords again with claviger password hash";
        let fault =
            Diagnostic::new(at(column), "password", "is an htdigest hash, which Basic authentication cannot use");
        entries.faults.push(fault.hint(hint));
        return;
    }
    let mut node = Node::new(Value::Map(Vec::new()), at(1));
    let mut set = |key, text: &str, column| {
        node.set(&[key], Node::new(Value::Text(text.to_owned()), at(column)));
    };
    set("id", &id_of(username), 1);
    set("account", users.account.as_str(), 1);
    set("username", username, 1);
    set("password", hash, column);
    if let Some(version) = version {
        set("version", version.as_str(), 1);
    }
    entries.credential::<raw::Credential>("", &mut node, Notes::default());
}

/// The user name where it can be an id. Otherwise what is left of it and a digest, so that it is the same at each import.
fn id_of(username: &str) -> String {
    if username.parse::<Label>().is_ok() {
        return username.to_owned();
    }
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || "._@+-".contains(letter) { letter } else { '-' };
    let stem: String = username.chars().take(MAX_ID_STEM).map(plain).collect();
    let digest: String = Sha256::digest(username).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let stem = stem.trim_matches('-');
    if stem.is_empty() { format!("user-{digest}") } else { format!("{stem}-{digest}") }
}

/// `user:realm:digest`, where the digest is an MD5 in hexadecimal.
fn is_htdigest(comment: &str) -> bool {
    comment.len() == 32 && comment.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// False for a token, which the format cannot hold.
pub(super) fn write(out: &mut impl Write, secret: &StoredSecret) -> io::Result<bool> {
    match secret {
        StoredSecret::Token(_) => Ok(false),
        StoredSecret::Password { username, hash } => {
            writeln!(out, "{username}:{}", hash.as_str())?;
            Ok(true)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;
    use crate::credential::{ScopeCatalog, VersionCatalog};
    use crate::formats::Unusable;
    use crate::formats::entry_sink::SetSink;
    use crate::formats::text_reader::TextReader;

    const HASH: &str = "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=";

    /// Ids and user names, and the faults of skipped lines.
    fn import(text: &str, unusable: Unusable) -> Result<(Vec<(String, String)>, Diagnostics), Diagnostics> {
        let (versions, scopes) = (VersionCatalog::default(), ScopeCatalog::default());
        let users = Users { account: "acme".parse().unwrap(), version: None };
        let mut sink = SetSink::default();
        let mut entries = EntryValidator::new(&versions, &scopes, unusable, &mut sink);
        read(BufReader::new(TextReader::new(text.as_bytes())), &users, &mut entries)?;
        let skipped = entries.finish()?;
        let user = |credential: &crate::credential::Credential| {
            (credential.id.to_string(), credential.username().unwrap().to_owned())
        };
        Ok((sink.into_set().iter().map(user).collect(), skipped))
    }

    fn users(text: &str) -> Vec<(String, String)> {
        import(text, Unusable::Refuse).unwrap_or_else(|faults| panic!("{faults}")).0
    }

    #[test]
    fn comments_and_a_third_field_are_ignored() {
        let text =
            format!("\u{feff}# a\n  # b\nann:{HASH}:Ann of sales:x\nben:{HASH}  # left in May\n\ncal:{HASH}\r\n");
        let names: Vec<_> = users(&text).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["ann", "ben", "cal"]);
    }

    #[test]
    fn a_user_name_that_cannot_be_an_id_gets_the_same_id_at_each_import() {
        let text = format!("Jos\u{e9} M\u{fc}ller:{HASH}\nCORP\\ann:{HASH}\n\u{1f600}:{HASH}\nplain:{HASH}\n");
        let found = users(&text);
        assert_eq!(found, users(&text));
        let ids: Vec<_> = found.iter().map(|(id, _)| id.rsplit_once('-').map_or(&**id, |(stem, _)| stem)).collect();
        assert_eq!(ids, ["Jos--M-ller", "CORP-ann", "user", "plain"]);
        assert_eq!(found[1].1, "CORP\\ann");
    }

    #[test]
    fn hashes_of_crypt_are_imported_and_those_of_des_and_htdigest_are_refused_with_advice() {
        let text =
            "a:$1$abcdefgh$fzmjzFdo5nMtBG8gtud5e0\nb:$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5\n";
        assert_eq!(users(text).len(), 2);
        let faults =
            import("a:rqXexS6ZhobKA\nb:{SSHA}AAAA\nc:realm:0123456789abcdef0123456789abcdef\n", Unusable::Refuse);
        insta::assert_snapshot!(faults.err().unwrap(), @r"
        1:3  password  looks like a DES hash, which is not supported: it compares the first 8 characters of a password only; choose a new password, and hash it with claviger password hash
        2:3  password  uses an unsupported hash scheme; supported are argon2id, bcrypt, apr1, {SHA}, and $1$, $5$ and $6$ of crypt; run claviger password hash and paste what it prints
        3:3  password  is an htdigest hash, which Basic authentication cannot use; hash the passwords again with claviger password hash
        ");
    }

    #[test]
    fn unusable_lines_are_skipped_and_listed_on_request() {
        let text = format!("a:{HASH}\nb:rqXexS6ZhobKA\nnothing\na:{HASH}\nc:{HASH}\n");
        assert_eq!(import(&text, Unusable::Refuse).err().unwrap().0.len(), 3);
        let (users, skipped) = import(&text, Unusable::Skip).unwrap_or_else(|faults| panic!("{faults}"));
        let ids: Vec<_> = users.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["a", "c"]);
        let lines: Vec<_> = skipped.0.iter().map(|fault| fault.origin.to_string()).collect();
        assert_eq!(lines, ["2:3", "3:1", "4:1"]);
    }
}
