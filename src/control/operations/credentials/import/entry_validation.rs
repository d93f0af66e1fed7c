//! The rules of every other write, for the entries of a file.

use crate::config::Diagnostic;
use crate::control::operations::credentials::field_validation::{Given, reserved_id_fault};
use crate::control::operations::secrets::username_fault;
use crate::formats::Place;
use crate::store::CredentialRecord;

/// What is wrong with the fields that an entry sets or changes. Not its version and its end: a file may hold credentials
/// that can no longer be used.
pub(super) fn faults_of(before: Option<&CredentialRecord>, after: &CredentialRecord, place: &Place) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    // The credential of an id that exists keeps it.
    if before.is_none()
        && let Some(problem) = reserved_id_fault(&after.id)
    {
        let hint = "leave it out, and its user enables a key of their own";
        faults.push(place.fault("id", problem.to_string()).hint(hint));
    }
    let username = after.username().filter(|name| before.and_then(CredentialRecord::username) != Some(*name));
    faults.extend(username.and_then(username_fault).map(|problem| place.fault("username", problem.to_string())));
    let given = Given::changed(before, after);
    let of_fields = given.text_faults().and(given.list_faults());
    faults.extend(of_fields.0.into_iter().map(|fault| place.fault(&fault.field, fault.problem.to_string())));
    faults
}
