//! Reads and writes htpasswd files: `user:hash`, a line each.

use std::io::{self, Write};

use super::entries::Entries;
use super::{Catalogs, Extent, Import, Users};
use crate::config::{Diagnostic, Diagnostics, Node, Origin, Value};
use crate::credential::{Label, StoredSecret};

/// Reads the text. The id of a user who is new is the user name.
pub(super) fn read(text: &str, users: &Users, catalogs: Catalogs) -> Result<Import, Diagnostics> {
    let mut entries = Entries::new(catalogs.versions, catalogs.scopes);
    // Of users who are known already the version stays as it is; for the others one has to be said in the end.
    let version = users.version.as_ref().or_else(|| catalogs.versions.known.last().map(|version| &version.name));
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') || entries.are_too_faulty() {
            continue;
        }
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let at = |column: usize| Origin::File { line: number, column: u32::try_from(column).unwrap_or(u32::MAX) };
        let Some((username, hash)) = line.split_once(':') else {
            entries.faults.push(Diagnostic::new(at(1), "", "must be USER:HASH, as htpasswd writes it"));
            continue;
        };
        if let Err(error) = username.parse::<Label>() {
            let problem = format!("makes no id: {error}");
            let hint = "write this user into a YAML or CSV file, where the id stands beside the user name";
            entries.faults.push(Diagnostic::new(at(1), "username", problem).hint(hint));
            continue;
        }
        let mut node = Node::new(Value::Map(Vec::new()), at(1));
        let mut set = |key, text: &str, column| {
            node.set(&[key], Node::new(Value::Text(text.to_owned()), at(column)));
        };
        set("id", username, 1);
        set("account", users.account.as_str(), 1);
        set("username", username, 1);
        set("password", hash, username.chars().count() + 2);
        if let Some(version) = version {
            set("version", version.as_str(), 1);
        }
        entries.credential("", &mut node);
    }
    let extent = Extent::Password { has_version: users.version.is_some() || catalogs.versions.known.is_empty() };
    Ok(Import { reading: entries.finish()?, extent, ..Import::default() })
}

/// Writes one, unless it is a token; false then.
pub(super) fn write(out: &mut impl Write, secret: &StoredSecret) -> io::Result<bool> {
    match secret {
        StoredSecret::Token(_) => Ok(false),
        StoredSecret::Password { username, hash } => {
            writeln!(out, "{username}:{}", hash.as_str())?;
            Ok(true)
        }
    }
}
