//! Output of `claviger user diagnose` and `claviger credential diagnose`.

use serde_json::Value;

use super::client::{ClientArgs, cell};
use super::output::{print, sanitize};

/// Prints the steps, and how to ask the gates that this diagnosis could not look into.
pub(super) fn show_diagnosis(client: &ClientArgs, answer: &Value) -> anyhow::Result<()> {
    if client.is_json() {
        return print(answer.to_string());
    }
    for step in answer["steps"].as_array().into_iter().flatten() {
        let mark = if step["ok"] == true { "+" } else { "-" };
        print(format!("[{mark}] {}", sanitize(&cell(step, "detail"))))?;
    }
    client.hint(|| {
        let which = if answer["throttle_seen"] == true { "Each other gate" } else { "Each gate" };
        format!("{which} counts wrong passwords of its own: claviger throttle list, run beside it, lists them.")
    });
    Ok(())
}
