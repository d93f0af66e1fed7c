//! What a demo prints.

use std::path::Path;

use super::seed::Person;
use super::{PASSWORD, PASSWORD_OF_PEOPLE, Secrets, USERNAME};
use crate::cli::output::print;
use crate::server::Addresses;

pub(super) fn print_console(addresses: &Addresses, people: &[Person]) -> anyhow::Result<()> {
    let Some(console) = addresses.console else { return Ok(()) };
    let width = people.iter().map(|person| person.email.len()).max().unwrap_or_default();
    let links: Vec<_> = people
        .iter()
        .map(|Person { email, role, link }| {
            format!("    {email:width$}  {role:<11}  http://{console}/demo/{}", link.reveal())
        })
        .collect();
    print(format!(
        "
The console is at http://{console}. Open one of these links, each of which signs you in once:

{links}

  or sign in with an e-mail address of the list and the password \"{PASSWORD_OF_PEOPLE}\"

Mails and text messages are not sent, but shown at http://{console}/demo/mailbox
",
        links = links.join("\n")
    ))
}

/// Without credentials of its own: those that the console makes are used.
pub(super) fn print_addresses(addresses: &Addresses, folder: &Path) -> anyhow::Result<()> {
    let Some(gate) = addresses.proxy.first() else { return Ok(()) };
    print(format!(
        "
Claviger listens at http://{gate} in front of a small API. Create a credential in the console, which shows a curl line
for it.
{}",
        footer(addresses, folder, "claviger.yaml")
    ))
}

pub(super) fn print_requests(addresses: &Addresses, folder: &Path, secrets: &Secrets) -> anyhow::Result<()> {
    let Some(gate) = addresses.proxy.first() else { return Ok(()) };
    let (token, disabled) = (secrets.token.reveal(), secrets.disabled.reveal());
    print(format!(
        "
Claviger listens at http://{gate} in front of a small API. Try it from another terminal:

  admitted: a token on version 2, and the identity headers that the API receives
    curl -i -H 'Authorization: Bearer {token}' http://{gate}/v2/payments

  admitted: the same token as an API key, and Basic credentials on version 1
    curl -i -H 'X-API-Key: {token}' http://{gate}/v2/payments
    curl -i -u {USERNAME}:{PASSWORD} http://{gate}/v1/orders

  wrong secret (401)
    curl -i -u {USERNAME}:wrong http://{gate}/v1/orders

  disabled (401)
    curl -i -H 'Authorization: Bearer {disabled}' http://{gate}/v2/payments

  wrong version (403)
    curl -i -H 'Authorization: Bearer {token}' http://{gate}/v1/payments

  out of scope (403)
    curl -i -X DELETE -H 'Authorization: Bearer {token}' http://{gate}/v2/payments

  public, no credential needed
    curl -i http://{gate}/events
{footer}",
        footer = footer(addresses, folder, "credentials.yaml")
    ))
}

fn footer(addresses: &Addresses, folder: &Path, file: &str) -> String {
    format!(
        "
The files are in {folder}; edit {file} while this runs.
Metrics: curl http://{admin}/metrics. Ctrl-C stops it. Requests appear below.
",
        folder = folder.display(),
        admin = addresses.admin
    )
}
