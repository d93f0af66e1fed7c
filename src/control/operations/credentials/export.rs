use std::io::{self, Write};

use serde_json::json;

use crate::control::operations::{NotFound, OperationContext, OperationError, OperationRefusal, Right};
use crate::credential::Label;
use crate::formats::{ExportRow, Format, LeftOut, Writer};
use crate::store::{AuditEntry, CredentialRecord, StoreError};

/// Credentials read at once.
const PAGE_SIZE: u32 = 1000;

#[derive(Debug)]
pub struct Exported {
    /// Credentials that were written.
    pub count: usize,
    /// What the format cannot hold.
    pub left_out: LeftOut,
    /// Why credentials are missing: their rows cannot be read.
    pub unreadable: Vec<StoreError>,
}

/// Records the export in the audit, then writes all credentials within reach, or those of one account, in order of their
/// ids. Each is read once: changes during the export may or may not be included.
///
/// # Errors
/// A refusal; [`NotFound`] for an account; a store that does not answer; a failed write. The file is incomplete then.
pub async fn export(
    call: &OperationContext<'_>,
    format: Format,
    account: Option<&Label>,
    out: impl Write,
) -> Result<Exported, OperationError<io::Error>> {
    let reach = call.reach_granted(Right::ManageCredentials).await?;
    if let Some(account) = account {
        reach.check(account)?;
        // An empty file would look like an account without credentials.
        if call.store.account(account.as_str()).await?.is_none() {
            return Err(OperationRefusal::from(NotFound("account")).into());
        }
    }
    let (store, account) = (call.store, account.or(reach.only()));
    let word = match format {
        Format::Yaml => "yaml",
        Format::Htpasswd => "htpasswd",
        Format::Csv => "csv",
    };
    let entry = AuditEntry {
        verb: "export",
        account: account.map(ToString::to_string),
        target_kind: "credentials",
        target: account.map_or("*".to_owned(), ToString::to_string),
        before: None,
        after: Some(json!({ "format": word }).to_string()),
    };
    let mut transaction = call.begin().await?;
    call.record(&mut transaction, &entry).await?;
    transaction.commit().await?;

    let mut off = store.accounts_without_access().await?;
    off.retain(|id| account.is_none_or(|account| id == account));
    let mut writer = Writer::new(format, out, off)?;
    let (mut last, mut unreadable) = (String::new(), Vec::new());
    loop {
        let page = store.credentials_after(&last, account.map(Label::as_str), PAGE_SIZE).await?;
        let Some(end) = page.end else { break };
        last = end;
        unreadable.extend(page.unreadable);
        page.records.iter().try_for_each(|record| writer.credential(&row(record)))?;
    }
    let (count, left_out) = writer.finish()?;
    Ok(Exported { count, left_out, unreadable })
}

fn row(record: &CredentialRecord) -> ExportRow<'_> {
    ExportRow {
        id: &record.id,
        account: &record.account,
        name: record.name.as_deref(),
        secret: record.secret.stored(),
        enabled: record.enabled,
        version: record.version.as_ref(),
        scopes: record.scopes.as_deref(),
        addresses: &record.addresses,
        expires_at: record.expires_at,
        rate_limit: record.rate_limit,
        description: record.description.as_deref(),
        contact_email: record.contact_email.as_deref(),
        contact_mobile: record.contact_mobile.as_deref(),
        developer_emails: &record.developer_emails,
        disabled_reason: record.disabled_reason.as_deref(),
        has_previous: record.previous.is_some(),
        has_owner: record.owner.is_some(),
    }
}
