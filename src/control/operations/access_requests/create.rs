use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::privacy_policy_url::privacy_policy_fault;
use super::{AccessRequestConflict, entry};
use crate::control::Sentence;
use crate::control::operations::ids::new_id;
use crate::control::operations::{
    Invalid, NotFound, OperationContext, OperationError, OperationRefusal, Outcome, Right, notice_mails,
};
use crate::control::views::AccessRequestView;
use crate::credential::Label;
use crate::store::{
    AccessRequestRecord, Purpose, RequestState, StoreError, UnfitUseCase, UniqueKey, UseCase, whole_millis,
};

const MAX_USE_CASES: usize = 10;

/// An access request as its author wrote it.
#[derive(Debug, Clone)]
pub struct NewAccessRequest {
    pub account: Label,
    /// First day of use: a date that is today or later somewhere on Earth.
    pub start_on: String,
    /// 1 to 10 of what [`UseCase`] parses.
    pub use_cases: Vec<String>,
    /// Public web address.
    pub privacy_policy: Option<String>,
}

/// Requests API access for an account.
///
/// # Errors
/// A refusal; [`Invalid`]; [`AccessRequestConflict::AlreadyGranted`] and [`AccessRequestConflict::AlreadyPending`].
pub async fn request_access(
    call: &OperationContext<'_>,
    new: NewAccessRequest,
) -> Result<Outcome<AccessRequestRecord>, OperationError<AccessRequestConflict>> {
    call.reach(Right::AskForAccess)?.check(&new.account)?;
    if let Some(response) = call.stored_response().await? {
        return Ok(Outcome::Replayed(response));
    }
    let (start_on, use_cases) = check(&new, call.now)?;
    let record = AccessRequestRecord {
        id: new_id("req_")?,
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
    let mut transaction = call.begin().await?;
    if let Some(response) = call.claim_key(&mut transaction).await? {
        return Ok(Outcome::Replayed(response));
    }
    // Locked against a grant or another request in parallel.
    let account =
        transaction.account(record.account.as_str()).await?.ok_or(OperationRefusal::from(NotFound("account")))?;
    if account.granted {
        return Err(AccessRequestConflict::AlreadyGranted.into());
    }
    if transaction.has_pending_request(account.id.as_str()).await? {
        return Err(AccessRequestConflict::AlreadyPending.into());
    }
    transaction.add_access_request(&record).await.map_err(|error| match error {
        StoreError::Taken(UniqueKey::PendingAccessRequest) => AccessRequestConflict::AlreadyPending.into(),
        other => OperationError::from(other),
    })?;
    notice_mails::to_staff(call, &mut transaction, Purpose::AccessAsked, &record.id).await?;
    call.record(&mut transaction, &entry("ask_for_access", None, &record)).await?;
    call.store_response(&mut transaction, &AccessRequestView::from(&record)).await?;
    transaction.commit().await?;
    Ok(Outcome::Fresh(record))
}

fn check(new: &NewAccessRequest, now: Timestamp) -> Result<(Date, Vec<UseCase>), Invalid> {
    let mut invalid = Invalid::default();
    let start_on = date(&new.start_on).filter(|date| !is_past(*date, now));
    if start_on.is_none() {
        invalid.add("start_on", Sentence::StartDate);
    }
    let mut use_cases = Vec::new();
    if !(1..=MAX_USE_CASES).contains(&new.use_cases.len()) {
        invalid.add("use_cases", Sentence::CountOutOfRange { max: MAX_USE_CASES.into() });
    } else if let Err(UnfitUseCase) = parse_use_cases(&new.use_cases, &mut use_cases) {
        invalid.add("use_cases", Sentence::UseCases);
    }
    if let Some(problem) = new.privacy_policy.as_deref().and_then(privacy_policy_fault) {
        invalid.add("privacy_policy", problem);
    }
    match start_on {
        Some(start_on) if invalid.0.is_empty() => Ok((start_on, use_cases)),
        _ => Err(invalid),
    }
}

fn parse_use_cases(texts: &[String], use_cases: &mut Vec<UseCase>) -> Result<(), UnfitUseCase> {
    for text in texts {
        let case = text.parse()?;
        if !use_cases.contains(&case) {
            use_cases.push(case);
        }
    }
    Ok(())
}

/// Year, month and day, and no other notation that jiff accepts.
fn date(text: &str) -> Option<Date> {
    text.parse().ok().filter(|date: &Date| date.to_string() == text)
}

/// A day ends last twelve hours behind UTC.
fn is_past(date: Date, now: Timestamp) -> bool {
    let latest = now.checked_sub(12.hours()).unwrap_or(now);
    date < latest.to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_past_when_its_day_has_ended_everywhere() {
        let now = |text: &str| text.parse().unwrap();
        let day = date("2026-11-21").unwrap();
        assert!(!is_past(day, now("2026-11-22T11:59:59Z")));
        assert!(is_past(day, now("2026-11-22T12:00:00Z")));
        assert!(is_past(date("-002027-01-31").unwrap(), now("2026-11-22T12:00:00Z")));
    }

    #[test]
    fn only_year_month_and_day_are_a_date() {
        assert!(date("2028-02-29").is_some());
        for odd in ["", "2027-02-29", "20270131", "2027-01-31T00:00", "31.1.2027", " 2027-01-31"] {
            assert_eq!(date(odd), None, "{odd}");
        }
    }
}
