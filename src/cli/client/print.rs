//! Answers of the desk: JSON for programs, tables for people.

use std::process::ExitCode;

use serde_json::Value;

use super::{Client, ClientArgs};
use crate::cli::output::{harmless, remark, say};
use crate::credential::RecentUses;

/// What answers call what is in them this once.
const SECRETS: [&str; 3] = ["secret", "setup_link", "token"];

/// A column of a table: what stands above it, and what of a thing stands in it.
pub(in crate::cli) type Column = (&'static str, fn(&Value) -> String);

/// Prints a list to its end: a JSON array, a line each, or a table.
///
/// # Errors
/// When the desk refuses, or nobody reads it.
pub(in crate::cli) async fn list(
    args: &ClientArgs,
    client: &Client,
    path: &str,
    columns: &[Column],
    nothing: &str,
) -> anyhow::Result<ExitCode> {
    if args.is_for_programs() {
        return array(client, path).await;
    }
    let mut widths: Vec<usize> = columns.iter().map(|(title, _)| title.len()).collect();
    let mut has_begun = false;
    let read = client.pages(path, |items| {
        let rows: Vec<Vec<String>> =
            items.iter().map(|item| columns.iter().map(|(_, cell)| harmless(&cell(item))).collect()).collect();
        if !has_begun && !rows.is_empty() {
            // The first ones decide how wide the columns are.
            for row in &rows {
                for (width, cell) in widths.iter_mut().zip(row) {
                    *width = (*width).max(cell.chars().count());
                }
            }
            say(line(columns.iter().map(|(title, _)| *title), &widths))?;
            has_begun = true;
        }
        rows.iter().try_for_each(|row| say(line(row.iter().map(String::as_str), &widths)))
    });
    let code = read.await?;
    if !has_begun {
        remark(nothing);
    }
    Ok(code)
}

async fn array(client: &Client, path: &str) -> anyhow::Result<ExitCode> {
    let (mut held, mut has_begun) = (None::<String>, false);
    let read = client.pages(path, |items| {
        if !std::mem::replace(&mut has_begun, true) {
            say("[")?;
        }
        items.iter().try_for_each(|item| match held.replace(item.to_string()) {
            Some(before) => say(format!("{before},")),
            None => Ok(()),
        })
    });
    let code = read.await?;
    if let Some(last) = held {
        say(last)?;
    }
    say("]")?;
    Ok(code)
}

fn line<'c>(cells: impl Iterator<Item = &'c str>, widths: &[usize]) -> String {
    let padded = cells.zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
    padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

/// Prints one thing: what is not there is left out.
///
/// # Errors
/// When nobody reads it.
pub(in crate::cli) fn show(args: &ClientArgs, thing: &Value) -> anyhow::Result<()> {
    if args.is_for_programs() {
        return say(thing.to_string());
    }
    let Value::Object(entries) = thing else { return Ok(()) };
    for (name, value) in entries {
        // Where there is a state, it says these too.
        let is_said = entries.contains_key("state") && matches!(name.as_str(), "enabled" | "cleared");
        if let Some(text) = told(name, value).filter(|_| !is_said) {
            let name = if name == "hint" { "ends with".to_owned() } else { name.replace('_', " ") };
            say(format!("{name:<23} {}", harmless(&text)))?;
        }
    }
    Ok(())
}

/// Prints a thing that was just made, and its secret: the one time it can be seen.
///
/// # Errors
/// When nobody reads it.
pub(in crate::cli) fn show_secret(args: &ClientArgs, answer: &Value) -> anyhow::Result<ExitCode> {
    let Value::Object(entries) = answer else { return Ok(ExitCode::SUCCESS) };
    let is_secret = |name: &str| SECRETS.contains(&name);
    if args.is_for_programs() {
        say(answer.to_string())?;
    } else {
        let mut things = entries.iter().filter(|(name, value)| value.is_object() && !is_secret(name));
        things.try_for_each(|(_, thing)| show(args, thing))?;
    }
    if answer["repeated"] == true {
        remark(format!(
            "It was done, but the answer with the secret was lost on its way, and it cannot be shown again. {}",
            way_on(answer)
        ));
        return Ok(ExitCode::FAILURE);
    }
    if args.is_for_programs() {
        return Ok(ExitCode::SUCCESS);
    }
    if entries.iter().any(|(_, value)| value.is_object()) {
        say("")?;
    }
    remark("This is shown once and cannot be recovered. Save it somewhere safe:");
    for (name, value) in entries.iter().filter(|(name, _)| is_secret(name)) {
        match value {
            Value::String(text) => say(format!("{name:<23} {}", harmless(text)))?,
            secret => show(args, secret)?,
        }
    }
    let link = if entries.contains_key("ticket") { answer } else { &answer["setup_link"] };
    if entries.contains_key("ticket") {
        show(args, answer)?;
    }
    if link["ticket"].is_string() && link["url"].is_null() {
        remark("With admin.public_url in the settings, this would be a link.");
    }
    Ok(ExitCode::SUCCESS)
}

/// What is to be done where a secret was lost.
fn way_on(answer: &Value) -> String {
    let id = |thing: &str| answer[thing]["id"].as_str().map(harmless);
    match (id("credential"), id("user"), id("operator_token")) {
        (Some(id), ..) => format!("For another secret: claviger credential reset {id}"),
        (_, Some(id), _) => format!("For another link: claviger user setup-link {id}"),
        (.., Some(id)) => format!("Make another, and delete this one: claviger operator delete {id}"),
        (None, None, None) => "For another link, ask again".to_owned(),
    }
}

fn told(name: &str, value: &Value) -> Option<String> {
    Some(match (name, value) {
        ("scopes", Value::Null) => "everything".to_owned(),
        ("scopes", Value::Array(items)) if items.is_empty() => "nothing".to_owned(),
        ("addresses", Value::Array(items)) if items.is_empty() => "from anywhere".to_owned(),
        ("expires_at" | "last_used_at", Value::Null) => "never".to_owned(),
        ("recent_addresses", Value::Number(count)) => return how_many(count.as_u64()?),
        ("hint", Value::String(hint)) => format!("…{hint}"),
        ("rate_limit", Value::Object(rate)) => {
            format!("{} in {} s, at once {}", rate["requests"], rate["seconds"], rate["burst"])
        }
        (_, Value::Null) | ("enabled", Value::Bool(true)) | ("cleared" | "repeated", Value::Bool(false)) => {
            return None;
        }
        ("account_access", Value::Bool(is_on)) => if *is_on { "on" } else { "off: all are refused" }.to_owned(),
        (name, Value::String(text)) if name.ends_with("_at") => {
            text.parse().map_or_else(|_| text.clone(), super::time::told)
        }
        (_, Value::Array(items)) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        (_, Value::String(text)) => text.clone(),
        (_, Value::Bool(is_on)) => if *is_on { "yes" } else { "no" }.to_owned(),
        (_, other) => other.to_string(),
    })
}

/// From how many addresses a credential was used lately; nothing for none.
pub(in crate::cli) fn recent_addresses(credential: &Value) -> Option<String> {
    how_many(credential["recent_addresses"].as_u64()?)
}

fn how_many(addresses: u64) -> Option<String> {
    match usize::try_from(addresses).unwrap_or(usize::MAX) {
        0 => None,
        known if known < RecentUses::MAX_NETWORKS => Some(known.to_string()),
        _ => Some(format!("{} or more", RecentUses::MAX_NETWORKS)),
    }
}

/// A text of a thing, or a dash.
pub(in crate::cli) fn cell(thing: &Value, name: &str) -> String {
    match &thing[name] {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(is_on) => if *is_on { "yes" } else { "no" }.to_owned(),
        other => other.to_string(),
    }
}

/// A moment of a thing to the minute, or a dash.
pub(in crate::cli) fn moment(thing: &Value, name: &str) -> String {
    match thing[name].as_str().map(str::parse::<jiff::Timestamp>) {
        Some(Ok(at)) => at.strftime("%Y-%m-%d %H:%MZ").to_string(),
        _ => cell(thing, name),
    }
}
