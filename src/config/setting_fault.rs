//! A fault of settings that a check outside of their types finds.

/// A fault with the keys that lead to it.
pub(super) struct SettingFault {
    pub(super) path: Vec<String>,
    pub(super) problem: String,
    /// Empty for none.
    pub(super) hint: &'static str,
}
