//! Writes credentials into a file, one at a time, and counts what the format has no place for.

use std::collections::HashSet;
use std::io::{self, Write};

use super::{Format, csv_write, htpasswd, yaml_write};
use crate::credential::Label;
use crate::store::CredentialRecord;

/// A file in the making.
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

/// What the file does not hold. Each is a number of credentials.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Tokens, in a file of Basic pairs.
    pub tokens: usize,
    /// Secrets from before a reset, which still count.
    pub previous: usize,
    /// Of a user: in the file they belong to the account as a whole.
    pub owners: usize,
    /// With a description, contact or reason that the format has no place for.
    pub notes: usize,
    /// Without a secret, which nobody could take in.
    pub cleared: usize,
    /// Pairs with anything else that an htpasswd file has no place for: switched off, bound, limited.
    pub limits: usize,
}

impl<W: Write> Writer<W> {
    /// Begins a file; of these accounts the access is off.
    ///
    /// # Errors
    /// When it cannot be written.
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

    /// Adds a credential.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn credential(&mut self, record: &CredentialRecord) -> io::Result<()> {
        let Some(secret) = record.secret.stored() else {
            self.left_out.cleared += 1;
            return Ok(());
        };
        let is_off = self.off.contains(&record.account);
        match &mut self.form {
            Form::Yaml(out) => {
                if self.written == 0 {
                    writeln!(out, "credentials:")?;
                }
                yaml_write::credential(out, record, &secret)?;
            }
            Form::Htpasswd(out) => {
                if !htpasswd::write(out, &secret)? {
                    self.left_out.tokens += 1;
                    return Ok(());
                }
                self.left_out.limits += usize::from(is_off || is_limited(record));
            }
            Form::Csv(table) => csv_write::credential(table, record, &secret, !is_off)?,
        }
        self.written += 1;
        self.left_out.previous += usize::from(record.previous.is_some());
        self.left_out.owners += usize::from(record.owner.is_some());
        let notes = [&record.description, &record.contact_email, &record.contact_mobile, &record.disabled_reason];
        let has_place = matches!(self.form, Form::Csv(_));
        self.left_out.notes += usize::from(!has_place && notes.iter().any(|note| note.is_some()));
        Ok(())
    }

    /// Ends the file: how many there are, and what is not in it.
    ///
    /// # Errors
    /// When it cannot be written.
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

fn is_limited(record: &CredentialRecord) -> bool {
    !record.enabled
        || record.scopes.is_some()
        || record.expires_at.is_some()
        || !record.addresses.is_empty()
        || record.rate_limit.is_some()
}
