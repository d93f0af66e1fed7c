//! What can be done to credentials and accounts, one verb a file: the rules. The API, the console and the command
//! line only translate. Each is one transaction with its line in the audit; secrets are made here, returned once
//! and kept nowhere.

mod change;
mod create;
mod delete;
mod disable;
mod enable;
mod export;
mod facts;
mod import;
mod reset;
mod secrets;
mod switch_account;

pub use change::NotFound;
pub use create::{CreateError, Created, NewCredential, create};
pub use delete::{DeleteError, delete};
pub use disable::{DisableError, disable};
pub use enable::{EnableError, enable};
pub use export::{ExportError, Exported, export};
pub use facts::{account_facts, credential_facts};
pub use import::{ImportError, Imported, ImportedCredential, import};
pub use reset::{Reset, ResetDone, ResetError, reset};
pub use secrets::{NewSecret, PasswordUnfit, PlainSecret, SecretError};
pub use switch_account::{SwitchAccountError, switch_account};

use crate::credential::Label;

/// A credential that something is done to.
#[derive(Debug, Clone, Copy)]
pub struct Target<'t> {
    /// Its id.
    pub id: &'t str,
    /// With an account, a credential of another one is not found.
    pub account: Option<&'t Label>,
}

impl<'t> Target<'t> {
    /// Of any account: for the operator's shell, and for staff.
    pub fn any(id: &'t str) -> Self {
        Self { id, account: None }
    }

    /// Of this account only.
    pub fn of(account: &'t Label, id: &'t str) -> Self {
        Self { id, account: Some(account) }
    }
}
