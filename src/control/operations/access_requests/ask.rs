//! An account asks to be let use the API.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::entry;
use super::policy_address::fault_of_policy_address;
use crate::control::operations::ids::{NoRandomness, made_id};
use crate::control::operations::{Invalid, NotFound, Once, OperationContext, Refusal, Right};
use crate::control::views::AccessRequestView;
use crate::credential::Label;
use crate::store::{AccessRequestRecord, RequestState, StoreError, UnfitUseCase, UniqueKey, UseCase, whole_millis};

const MOST_USE_CASES: usize = 10;

/// What is asked, as it was written.
#[derive(Debug, Clone)]
pub struct NewAccessRequest {
    /// For which account.
    pub account: Label,
    /// When they want to begin: a date that is not past everywhere on Earth.
    pub start_on: String,
    /// For what: 1 to 10 of what [`UseCase`] reads.
    pub use_cases: Vec<String>,
    /// Where they say what they do with data: a public web address.
    pub privacy_policy: Option<String>,
}

/// Why nothing was asked.
#[derive(Debug, thiserror::Error)]
pub enum AskForAccessError {
    /// Not by this caller.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Not with what was given.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// There is nothing to ask for.
    #[error("API access has been granted to this account already")]
    AlreadyGranted,
    /// One at a time.
    #[error("a request of this account is waiting for a decision already")]
    AlreadyPending,
    /// The machine's fault.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// Nothing could be written.
    #[error(transparent)]
    Store(StoreError),
}

/// Asks for API access for an account.
///
/// # Errors
/// Nothing has happened then.
pub async fn ask_for_access(
    call: &OperationContext<'_>,
    new: NewAccessRequest,
) -> Result<Once<AccessRequestRecord>, AskForAccessError> {
    call.reach(Right::AskForAccess)?.of(&new.account)?;
    if let Some(answer) = call.answered::<AskForAccessError>().await? {
        return Ok(Once::Repeated(answer));
    }
    let (start_on, use_cases) = check(&new, call.now)?;
    let record = AccessRequestRecord {
        id: made_id("req_")?,
        account: new.account,
        asked_by_kind: call.actor().kind,
        asked_by: call.actor().id.clone(),
        start_on,
        use_cases,
        privacy_policy: new.privacy_policy,
        state: RequestState::Pending,
        reason: None,
        decided_by: None,
        decided_at: None,
        created_at: whole_millis(call.now),
        revision: 1,
    };
    let mut transaction = call.begin().await??;
    if let Some(answer) = call.claim::<AskForAccessError>(&mut transaction).await? {
        return Ok(Once::Repeated(answer));
    }
    // Locked, so that nobody grants it and nobody else asks meanwhile.
    let account = transaction.account(record.account.as_str()).await?.ok_or(Refusal::from(NotFound("account")))?;
    if account.granted {
        return Err(AskForAccessError::AlreadyGranted);
    }
    if transaction.has_pending_request(account.id.as_str()).await? {
        return Err(AskForAccessError::AlreadyPending);
    }
    transaction.add_access_request(&record).await?;
    transaction.audit(call.actor(), &entry("ask_for_access", None, &record)).await?;
    call.remember(&mut transaction, &AccessRequestView::from(&record)).await?;
    transaction.commit().await?;
    Ok(Once::Done(record))
}

fn check(new: &NewAccessRequest, now: Timestamp) -> Result<(Date, Vec<UseCase>), Invalid> {
    let mut invalid = Invalid::default();
    let start_on = date(&new.start_on).filter(|date| !is_past(*date, now));
    if start_on.is_none() {
        invalid.add("start_on", "must be a date that is not past, such as 2027-01-31");
    }
    let mut use_cases = Vec::new();
    if !(1..=MOST_USE_CASES).contains(&new.use_cases.len()) {
        invalid.add("use_cases", format!("must be 1 to {MOST_USE_CASES}"));
    } else if let Err(UnfitUseCase) = read(&new.use_cases, &mut use_cases) {
        invalid.add("use_cases", format!("each {UnfitUseCase}"));
    }
    if let Some(problem) = new.privacy_policy.as_deref().and_then(fault_of_policy_address) {
        invalid.add("privacy_policy", problem);
    }
    match start_on {
        Some(start_on) if invalid.0.is_empty() => Ok((start_on, use_cases)),
        _ => Err(invalid),
    }
}

fn read(texts: &[String], use_cases: &mut Vec<UseCase>) -> Result<(), UnfitUseCase> {
    for text in texts {
        let case = text.parse()?;
        if !use_cases.contains(&case) {
            use_cases.push(case);
        }
    }
    Ok(())
}

/// Year, month and day; nothing of what else could be read as a date.
fn date(text: &str) -> Option<Date> {
    text.parse().ok().filter(|date: &Date| date.to_string() == text)
}

/// Twelve hours behind UTC a day ends last.
fn is_past(date: Date, now: Timestamp) -> bool {
    let latest = now.checked_sub(12.hours()).unwrap_or(now);
    date < latest.to_zoned(TimeZone::UTC).date()
}

impl From<StoreError> for AskForAccessError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(UniqueKey::PendingAccessRequest) => Self::AlreadyPending,
            other => Self::Store(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_past_when_its_day_is_over_everywhere() {
        let now = |text: &str| text.parse().unwrap();
        let day = date("2026-11-21").unwrap();
        assert!(!is_past(day, now("2026-11-22T11:59:59Z")));
        assert!(is_past(day, now("2026-11-22T12:00:00Z")));
        assert!(is_past(date("-002027-01-31").unwrap(), now("2026-11-22T12:00:00Z")));
    }

    #[test]
    fn only_a_plain_date_is_one() {
        assert!(date("2028-02-29").is_some());
        for odd in ["", "2027-02-29", "20270131", "2027-01-31T00:00", "31.1.2027", " 2027-01-31"] {
            assert_eq!(date(odd), None, "{odd}");
        }
    }
}
