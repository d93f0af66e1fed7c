//! Rules of webhooks that involve more than one setting.

use super::raw;
use super::setting_fault::SettingFault;

/// An event with its frame must fit into 64 KiB.
const MAX_EXAMPLE_BYTES: usize = 32 * 1024;

/// `has_database`: there is one that webhooks can be in.
pub(super) fn faults(file: &raw::File, has_database: bool) -> Vec<SettingFault> {
    let Some(webhooks) = &file.webhooks else { return Vec::new() };
    let mut faults = Vec::new();
    let mut add = |path: &[&str], problem: &str, hint: &'static str| {
        let path = ["webhooks"].iter().chain(path).map(|key| (*key).to_owned()).collect();
        faults.push(SettingFault { path, problem: problem.to_owned(), hint });
    };
    if file.console.public_url.is_none() {
        let hint = "set console.public_url to the address of the console in a browser";
        add(&[], "needs console.public_url, which is missing", hint);
    }
    if !has_database {
        add(&[], "has no effect without a database", "set credentials.database, or leave webhooks out");
    }
    for (entity, operations) in &webhooks.entities {
        for (index, operation) in operations.iter().enumerate() {
            if operations[..index].contains(operation) {
                add(&["entities", &entity.0.0, &index.to_string()], "is listed twice", "");
            }
        }
    }
    for (entity, data) in &webhooks.examples {
        let path = ["examples", &entity.0.0];
        if !webhooks.entities.contains_key(entity) {
            add(&path, "is the example of an unknown entity", "list the entity in webhooks.entities");
        }
        if serde_json::to_vec(data).is_ok_and(|json| json.len() > MAX_EXAMPLE_BYTES) {
            add(&path, &format!("is more than {MAX_EXAMPLE_BYTES} bytes as JSON"), "");
        }
    }
    if webhooks.proxy.is_some() && !webhooks.allow.is_empty() {
        add(&["allow"], "has no effect with webhooks.proxy, which decides about addresses", "leave one of them out");
    }
    faults
}
