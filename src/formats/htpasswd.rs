//! Reads and writes htpasswd files: `user:hash`, one per line.

use std::io::{self, Write};

use super::entries::Entries;
use super::{Catalogs, Extent, Import, Users};
use crate::config::{Diagnostic, Diagnostics, Node, Origin, Value};
use crate::credential::{Label, StoredSecret};

/// The id of a new credential is the user name.
pub(super) fn read(text: &str, users: &Users, catalogs: Catalogs) -> Result<Import, Diagnostics> {
    let mut entries = Entries::new(catalogs.versions, catalogs.scopes);
    // Placeholder: existing credentials keep their version, the import refuses new ones without a stated version.
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
            entries.faults.push(Diagnostic::new(at(1), "", "must be USER:HASH"));
            continue;
        };
        if let Err(error) = username.parse::<Label>() {
            let problem = format!("cannot be used as id: {error}");
            let hint = "import this user from a YAML or CSV file, which have an id of their own";
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
