//! What is wrong with a field.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Its name, as in the request.
    #[schema(example = "contact_mobile")]
    pub field: Cow<'static, str>,
    /// To follow its name.
    #[schema(example = "must begin with +")]
    pub problem: String,
    /// Where it stands, in a file that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    pub at: Option<Position>,
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Position {
    /// From 1.
    #[schema(minimum = 1)]
    pub line: u32,
    /// From 1.
    #[schema(minimum = 1)]
    pub column: u32,
}

impl FieldProblem {
    /// Of a field that has no place of its own.
    pub(super) fn new(field: impl Into<Cow<'static, str>>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into(), at: None }
    }
}
