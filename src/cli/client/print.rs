//! Responses as JSON for programs and as tables for people.

use std::process::ExitCode;

use serde_json::Value;

use super::{Client, ClientArgs};
use crate::cli::output::{note, print, sanitize};
use crate::control::setup_url_at;
use crate::credential::RecentUses;

/// Fields that hold a secret, which is shown once.
const SECRET_FIELDS: [&str; 3] = ["secret", "setup_link", "token"];

/// Where a link would lead nowhere.
pub(in crate::cli) const NO_CONSOLE: &str = "The console is off in these settings, so there is no link: append the ticket to \
    /setup/ at the address of a console on this database.";

/// Title and cell of a column.
pub(in crate::cli) type Column = (&'static str, fn(&Value) -> String);

/// Prints all pages of a list: as a JSON array with an item a line, or as a table; `empty` says that there is no item.
///
/// # Errors
/// As [`Client::pages`].
pub(in crate::cli) async fn list(
    args: &ClientArgs,
    client: &Client,
    path: &str,
    columns: &[Column],
    empty: &str,
) -> anyhow::Result<ExitCode> {
    list_matching(args, client, path, columns, empty, |_| true).await
}

/// [`list`], without the items that do not match.
///
/// # Errors
/// As [`Client::pages`].
pub(in crate::cli) async fn list_matching(
    args: &ClientArgs,
    client: &Client,
    path: &str,
    columns: &[Column],
    empty: &str,
    matches: impl Fn(&Value) -> bool,
) -> anyhow::Result<ExitCode> {
    if args.is_json() {
        return array(client, path, matches).await;
    }
    let mut widths: Vec<usize> = columns.iter().map(|(title, _)| title.len()).collect();
    let mut has_header = false;
    let read = client.pages(path, |items| {
        let rows: Vec<Vec<String>> = items
            .iter()
            .filter(|item| matches(item))
            .map(|item| columns.iter().map(|(_, cell)| sanitize(&cell(item))).collect())
            .collect();
        if !has_header && !rows.is_empty() {
            // The first page decides the widths.
            for row in &rows {
                for (width, cell) in widths.iter_mut().zip(row) {
                    *width = (*width).max(cell.chars().count());
                }
            }
            print(line(columns.iter().map(|(title, _)| *title), &widths))?;
            has_header = true;
        }
        rows.iter().try_for_each(|row| print(line(row.iter().map(String::as_str), &widths)))
    });
    let code = read.await?;
    if !has_header {
        note(empty);
    }
    Ok(code)
}

async fn array(client: &Client, path: &str, matches: impl Fn(&Value) -> bool) -> anyhow::Result<ExitCode> {
    let (mut held, mut has_header) = (None::<String>, false);
    let read = client.pages(path, |items| {
        if !std::mem::replace(&mut has_header, true) {
            print("[")?;
        }
        items.iter().filter(|item| matches(item)).try_for_each(|item| match held.replace(item.to_string()) {
            Some(before) => print(format!("{before},")),
            None => Ok(()),
        })
    });
    let code = read.await?;
    if let Some(last) = held {
        print(last)?;
    }
    print("]")?;
    Ok(code)
}

fn line<'c>(cells: impl Iterator<Item = &'c str>, widths: &[usize]) -> String {
    let padded = cells.zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
    padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

/// Prints a resource: as JSON, or a line for each field that has a value.
///
/// # Errors
/// When standard output is closed.
pub(in crate::cli) fn show(args: &ClientArgs, resource: &Value) -> anyhow::Result<()> {
    if args.is_json() {
        return print(resource.to_string());
    }
    let Value::Object(entries) = resource else { return Ok(()) };
    for (name, value) in entries {
        // `state` covers these.
        let is_covered = entries.contains_key("state") && matches!(name.as_str(), "enabled" | "cleared");
        if let Some(text) = format_field(name, value).filter(|_| !is_covered) {
            let name = if name == "hint" { "ends with".to_owned() } else { name.replace('_', " ") };
            print(format!("{name:<23} {}", sanitize(&text)))?;
        }
    }
    Ok(())
}

/// Prints a resource that was created, with its secret. Exit code 1 where a repeated response lacks the secret.
///
/// # Errors
/// When standard output is closed.
pub(in crate::cli) fn show_secret(args: &ClientArgs, client: &Client, answer: &Value) -> anyhow::Result<ExitCode> {
    let Value::Object(entries) = answer else { return Ok(ExitCode::SUCCESS) };
    let is_secret = |name: &str| SECRET_FIELDS.contains(&name);
    if args.is_json() {
        print(answer.to_string())?;
    } else {
        let mut resources = entries.iter().filter(|(name, value)| value.is_object() && !is_secret(name));
        resources.try_for_each(|(_, resource)| show(args, resource))?;
    }
    if answer["invited"] == true {
        let email = answer["user"]["email"].as_str().map(sanitize).unwrap_or_default();
        note(format!("An invitation is sent to {email}, with a link for choosing a password."));
        return Ok(ExitCode::SUCCESS);
    }
    if answer["repeated"] == true {
        note(format!(
            "It was done, but the response with the secret was lost, and the secret cannot be shown again. {}",
            recovery(answer)
        ));
        return Ok(ExitCode::FAILURE);
    }
    if args.is_json() {
        return Ok(ExitCode::SUCCESS);
    }
    if entries.iter().any(|(_, value)| value.is_object()) {
        print("")?;
    }
    if answer["secret"].is_null() && answer["credential"]["delivery"].is_object() {
        note("The contact gets a link by e-mail and a code by text message, and alone sees the secret, once.");
        return Ok(ExitCode::SUCCESS);
    }
    let mut secrets = entries.iter().filter(|(name, value)| is_secret(name) && holds_secret(value)).peekable();
    let is_link = entries.contains_key("ticket");
    if secrets.peek().is_none() && !is_link {
        note("The password is the one that you chose.");
        return Ok(ExitCode::SUCCESS);
    }
    note("This is shown once and cannot be recovered. Save it somewhere safe:");
    for (name, value) in secrets {
        match value {
            Value::String(text) => print(format!("{name:<23} {}", sanitize(text)))?,
            secret => show(args, secret)?,
        }
    }
    let link = if is_link { answer } else { &answer["setup_link"] };
    if is_link {
        show(args, answer)?;
    }
    if let Some(ticket) = link["ticket"].as_str().filter(|_| link["url"].is_null()) {
        match client.console() {
            Some(console) => note(format!("As a link: {}", setup_url_at(console, ticket))),
            None => note(NO_CONSOLE),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// False for the user name alone, of a password that the caller chose.
fn holds_secret(value: &Value) -> bool {
    value.is_string() || ["token", "password", "ticket"].iter().any(|field| value[*field].is_string())
}

/// The command that replaces a lost secret.
fn recovery(answer: &Value) -> String {
    let id = |field: &str| answer[field]["id"].as_str().map(sanitize);
    match (id("credential"), id("user"), id("operator_token")) {
        (Some(id), ..) => format!("For another secret: claviger credential reset {id}"),
        (_, Some(id), _) => format!("For another link: claviger user setup-link {id}"),
        (.., Some(id)) => format!("Create another, and delete this one: claviger operator delete {id}"),
        (None, None, None) => "For another link, run this command again".to_owned(),
    }
}

/// `None` for a field that is left out.
fn format_field(name: &str, value: &Value) -> Option<String> {
    Some(match (name, value) {
        ("scopes", Value::Null) => "everything".to_owned(),
        ("scopes", Value::Array(items)) if items.is_empty() => "nothing".to_owned(),
        ("addresses", Value::Array(items)) if items.is_empty() => "from anywhere".to_owned(),
        ("developer_emails", Value::Array(items)) if items.is_empty() => return None,
        ("expires_at" | "last_used_at", Value::Null) => "never".to_owned(),
        ("recent_addresses", Value::Number(count)) => return address_count(count.as_u64()?),
        ("hint", Value::String(hint)) => format!("…{hint}"),
        ("rate_limit", Value::Object(rate)) => {
            format!("{} in {} s, burst {}", rate["requests"], rate["seconds"], rate["burst"])
        }
        ("delivery", Value::Object(_)) => delivery(value),
        (_, Value::Null) | ("cleared" | "repeated", Value::Bool(false)) => return None,
        ("account_access", Value::Bool(is_on)) => {
            if *is_on { "on" } else { "off: every credential is refused" }.to_owned()
        }
        (name, Value::String(text)) if name.ends_with("_at") => {
            text.parse().map_or_else(|_| text.clone(), super::time::format_time)
        }
        (_, Value::Array(items)) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        (_, Value::String(text)) => text.clone(),
        (_, Value::Bool(is_on)) => if *is_on { "yes" } else { "no" }.to_owned(),
        (_, other) => other.to_string(),
    })
}

/// "waiting until 2 Dec 2026, mail accepted, text delivered, 1 of 5 tries"
fn delivery(delivery: &Value) -> String {
    let word = |value: &Value| value.as_str().unwrap_or_default().replace('_', " ");
    let mut parts = vec![match delivery["state"].as_str().unwrap_or("-") {
        "waiting" => format!("waiting until {}", cell(delivery, "ends_at")),
        "superseded" => format!("ended ({})", word(&delivery["superseded_by"])),
        state => state.to_owned(),
    }];
    for channel in ["mail", "text"] {
        let message = &delivery[channel];
        if message.is_object() {
            let error = message["error"].as_str().map(|error| format!(" ({})", error.replace('_', " ")));
            parts.push(format!("{channel} {}{}", word(&message["state"]), error.unwrap_or_default()));
        }
    }
    parts.push(format!("{} of 5 tries", cell(delivery, "tries")));
    parts.join(", ")
}

/// `None` for 0. The store remembers a bounded number of addresses.
pub(in crate::cli) fn address_count(addresses: u64) -> Option<String> {
    match usize::try_from(addresses).unwrap_or(usize::MAX) {
        0 => None,
        count if count < RecentUses::MAX_NETWORKS => Some(count.to_string()),
        _ => Some(format!("{} or more", RecentUses::MAX_NETWORKS)),
    }
}

/// A field as text; "-" where it is null.
pub(in crate::cli) fn cell(resource: &Value, name: &str) -> String {
    match &resource[name] {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(is_on) => if *is_on { "yes" } else { "no" }.to_owned(),
        other => other.to_string(),
    }
}

/// A time to the second; "-" where it is null.
pub(in crate::cli) fn time(resource: &Value, name: &str) -> String {
    match resource[name].as_str().map(str::parse::<jiff::Timestamp>) {
        Some(Ok(at)) => at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
        _ => cell(resource, name),
    }
}
