//! Writes credentials to a file, one at a time, and counts what the format cannot hold.

use std::collections::HashSet;
use std::io::{self, Write};

use super::{ExportRow, Format, csv_write, htpasswd, yaml_write};
use crate::credential::Label;

/// Writes a file of credentials.
pub struct Writer<W: Write> {
    form: Form<W>,
    off: HashSet<Label>,
    written: usize,
    left_out: LeftOut,
}

enum Form<W: Write> {
    Yaml(W),
    Htpasswd(W),
    Csv(Box<csv::Writer<W>>),
}

/// What the format cannot hold. Each field counts credentials.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Tokens, which htpasswd has no place for.
    pub tokens: usize,
    /// Previous secrets that are still valid after a reset.
    pub previous: usize,
    /// Own keys of a user: the file assigns them to the account.
    pub owners: usize,
    /// Credentials with a description, a contact or a reason that the format has no place for.
    pub notes: usize,
    /// Credentials with an empty scope list, which a credentials file must not have.
    pub without_scopes: usize,
    /// Cleared credentials, and those whose secret was not shown to its contact yet: without a secret they cannot be
    /// imported.
    pub cleared: usize,
    /// Basic pairs that are disabled or restricted, which htpasswd has no place for.
    pub limits: usize,
}

impl<W: Write> Writer<W> {
    /// `off` lists the accounts whose access is off.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn new(format: Format, out: W, off: Vec<Label>) -> io::Result<Self> {
        let form = match format {
            Format::Yaml => Form::Yaml(out),
            Format::Htpasswd => Form::Htpasswd(out),
            Format::Csv => {
                let mut table = csv::Writer::from_writer(out);
                csv_write::header(&mut table)?;
                Form::Csv(Box::new(table))
            }
        };
        Ok(Self { form, off: off.into_iter().collect(), written: 0, left_out: LeftOut::default() })
    }

    /// # Errors
    /// When the file cannot be written.
    pub fn credential(&mut self, record: &ExportRow) -> io::Result<()> {
        let Some(secret) = &record.secret else {
            self.left_out.cleared += 1;
            return Ok(());
        };
        let is_off = self.off.contains(record.account);
        match &mut self.form {
            Form::Yaml(_) if record.scopes.is_some_and(<[Label]>::is_empty) => {
                self.left_out.without_scopes += 1;
                return Ok(());
            }
            Form::Yaml(out) => {
                if self.written == 0 {
                    writeln!(out, "credentials:")?;
                }
                yaml_write::credential(out, record, secret)?;
            }
            Form::Htpasswd(out) => {
                if !htpasswd::write(out, secret)? {
                    self.left_out.tokens += 1;
                    return Ok(());
                }
                self.left_out.limits += usize::from(is_off || is_limited(record));
            }
            Form::Csv(table) => csv_write::credential(table, record, secret, !is_off)?,
        }
        self.written += 1;
        self.left_out.previous += usize::from(record.has_previous);
        self.left_out.owners += usize::from(record.has_owner);
        let notes = [record.description, record.contact_email, record.contact_mobile, record.disabled_reason];
        let has_notes = notes.iter().any(Option::is_some) || !record.developer_emails.is_empty();
        let has_place = matches!(self.form, Form::Csv(_));
        self.left_out.notes += usize::from(!has_place && has_notes);
        Ok(())
    }

    /// Ends the file. Returns the number of credentials in it, and what was left out.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> io::Result<(usize, LeftOut)> {
        match &mut self.form {
            Form::Yaml(out) => {
                if self.written == 0 {
                    writeln!(out, "credentials: []")?;
                }
                let mut off: Vec<Label> = self.off.into_iter().collect();
                off.sort_unstable();
                yaml_write::accounts(out, &off)?;
                out.flush()?;
            }
            Form::Htpasswd(out) => out.flush()?,
            Form::Csv(table) => table.flush()?,
        }
        Ok((self.written, self.left_out))
    }
}

fn is_limited(record: &ExportRow) -> bool {
    !record.enabled
        || record.scopes.is_some()
        || record.expires_at.is_some()
        || !record.addresses.is_empty()
        || record.rate_limit.is_some()
}
