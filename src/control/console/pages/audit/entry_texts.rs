//! What the audit log records, in words.

use crate::control::console::form_field::Choice;
use crate::control::console::view::View;
use crate::store::ActorKind;

/// Name of an operation, and the message for it.
pub(super) const VERBS: [(&str, &str); 70] = [
    ("ask_for_access", "audit-verb-ask-for-access"),
    ("withdraw_request", "audit-verb-withdraw-request"),
    ("approve_request", "audit-verb-approve-request"),
    ("decline_request", "audit-verb-decline-request"),
    ("create_account", "audit-verb-create-account"),
    ("import_account", "audit-verb-import-account"),
    ("rename_account", "audit-verb-rename-account"),
    ("grant_access", "audit-verb-grant-access"),
    ("withdraw_access", "audit-verb-withdraw-access"),
    ("switch_account_on", "audit-verb-switch-account-on"),
    ("switch_account_off", "audit-verb-switch-account-off"),
    ("set_member_policy", "audit-verb-set-member-policy"),
    ("create", "audit-verb-create"),
    ("import", "audit-verb-import"),
    ("edit", "audit-verb-edit"),
    ("reset", "audit-verb-reset"),
    ("reset_and_enable", "audit-verb-reset-and-enable"),
    ("end_overlap", "audit-verb-end-overlap"),
    ("duplicate", "audit-verb-duplicate"),
    ("upgrade_version", "audit-verb-upgrade-version"),
    ("enable", "audit-verb-enable"),
    ("disable", "audit-verb-disable"),
    ("clear", "audit-verb-clear"),
    ("delete", "audit-verb-delete"),
    ("switch_on_own_key", "audit-verb-switch-on-own-key"),
    ("regenerate_own_key", "audit-verb-regenerate-own-key"),
    ("switch_off_own_key", "audit-verb-switch-off-own-key"),
    ("rehash", "audit-verb-rehash"),
    ("export", "audit-verb-export"),
    ("export_audit", "audit-verb-export-audit"),
    ("create_user", "audit-verb-create-user"),
    ("edit_user", "audit-verb-edit-user"),
    ("enable_user", "audit-verb-enable-user"),
    ("disable_user", "audit-verb-disable-user"),
    ("new_setup_link", "audit-verb-new-setup-link"),
    ("first_setup_link", "audit-verb-first-setup-link"),
    ("use_setup_link", "audit-verb-use-setup-link"),
    ("sign_in", "audit-verb-sign-in"),
    ("refuse_sign_in", "audit-verb-refuse-sign-in"),
    ("sign_out", "audit-verb-sign-out"),
    ("change_password", "audit-verb-change-password"),
    ("end_session", "audit-verb-end-session"),
    ("end_other_sessions", "audit-verb-end-other-sessions"),
    ("end_sessions", "audit-verb-end-sessions"),
    ("create_operator_token", "audit-verb-create-operator-token"),
    ("enable_operator_token", "audit-verb-enable-operator-token"),
    ("disable_operator_token", "audit-verb-disable-operator-token"),
    ("delete_operator_token", "audit-verb-delete-operator-token"),
    ("deliver", "audit-verb-deliver"),
    ("deliver_code", "audit-verb-deliver-code"),
    ("void_delivery", "audit-verb-void-delivery"),
    ("reveal", "audit-verb-reveal"),
    ("lock_delivery", "audit-verb-lock-delivery"),
    ("request_new_password", "audit-verb-request-new-password"),
    ("create_webhook", "audit-verb-create-webhook"),
    ("edit_webhook", "audit-verb-edit-webhook"),
    ("pause_webhook", "audit-verb-pause-webhook"),
    ("play_webhook", "audit-verb-play-webhook"),
    ("renew_webhook_secret", "audit-verb-renew-webhook-secret"),
    ("end_webhook_overlap", "audit-verb-end-webhook-overlap"),
    ("test_webhook", "audit-verb-test-webhook"),
    ("replay_webhook", "audit-verb-replay-webhook"),
    ("stop_webhook_replay", "audit-verb-stop-webhook-replay"),
    ("delete_webhook", "audit-verb-delete-webhook"),
    ("unsubscribe_webhook", "audit-verb-unsubscribe-webhook"),
    ("switch_off_webhook", "audit-verb-switch-off-webhook"),
    ("create_publisher", "audit-verb-create-publisher"),
    ("enable_publisher", "audit-verb-enable-publisher"),
    ("disable_publisher", "audit-verb-disable-publisher"),
    ("delete_publisher", "audit-verb-delete-publisher"),
];

pub(super) const TARGET_KINDS: [(&str, &str); 9] = [
    ("credential", "audit-target-kind-credential"),
    ("credentials", "audit-target-kind-credentials"),
    ("account", "audit-target-kind-account"),
    ("access_request", "audit-target-kind-access-request"),
    ("user", "audit-target-kind-user"),
    ("operator_token", "audit-target-kind-operator-token"),
    ("audit", "audit-target-kind-audit"),
    ("webhook", "audit-target-kind-webhook"),
    ("publisher", "audit-target-kind-publisher"),
];

pub(super) const ACTOR_KINDS: [(&str, &str); ActorKind::ALL.len()] = [
    ("system", "audit-kind-system"),
    ("shell", "audit-kind-shell"),
    ("user", "audit-kind-user"),
    ("token", "audit-kind-token"),
    ("link", "audit-kind-link"),
    ("credential", "audit-kind-credential"),
];

/// The message for a recorded word, or the word itself where it is of another version.
pub(super) fn in_words(view: &View, words: &[(&str, &str)], recorded: &str) -> String {
    match words.iter().find(|(word, _)| *word == recorded) {
        Some((_, message)) => view.t(message),
        None => recorded.to_owned(),
    }
}

/// Any, or one of these words, sorted by their messages. A value that is none of the words stays a choice.
pub(super) fn choices(view: &View, words: &[(&str, &str)], value: &str) -> Vec<Choice> {
    let mut choices: Vec<_> = words.iter().map(|(word, message)| (*word, view.t(message))).collect();
    choices.sort_by(|one, other| one.1.cmp(&other.1));
    if !value.is_empty() && words.iter().all(|(word, _)| *word != value) {
        choices.push((value, value.to_owned()));
    }
    let any = std::iter::once(Choice::new("", view.t("audit-any")));
    any.chain(choices.into_iter().map(|(word, text)| Choice::new(word, text))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn recorded(folder: &Path, found: &mut BTreeSet<String>) {
        let begins = [
            "entry(",
            "finish(call, transaction",
            "change(call, (",
            "change(call, Right",
            "create_secret_for(call, ",
            "set_enabled(call, ",
            "&mut transaction, \"",
            "verb: ",
            "let verb = ",
            "change_idempotently(",
            "=> \"approve",
            "=> \"decline",
        ];
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                recorded(&path, found);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            // Unit tests build entries of their own.
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            let lines = text.lines().filter(|line| begins.iter().any(|begin| line.contains(begin)));
            let literals = lines.flat_map(|line| line.split('"').skip(1).step_by(2));
            found.extend(literals.filter(|word| !word.is_empty()).map(str::to_owned));
        }
    }

    #[test]
    fn every_recorded_operation_has_words() {
        let mut found = BTreeSet::new();
        recorded(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/control/operations"), &mut found);
        assert!(found.len() > 20, "{found:?}");
        let missing: Vec<_> = found.iter().filter(|verb| VERBS.iter().all(|(word, _)| word != verb)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn every_kind_of_caller_has_words() {
        for kind in ActorKind::ALL {
            assert!(ACTOR_KINDS.iter().any(|(word, _)| *word == kind.as_str()), "{kind:?}");
        }
    }
}
