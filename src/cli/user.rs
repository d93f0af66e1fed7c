//! `claviger user …`

use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use super::client::{
    Client, ClientArgs, Column, Confirmation, Request, cell, list, path, query, show, show_secret, time,
};
use super::diagnosis_output::show_diagnosis;
use super::output::sanitize;
use crate::credential::Label;

const COLUMNS: [Column; 6] = [
    ("ID", |user| cell(user, "id")),
    ("ACCOUNT", |user| cell(user, "account")),
    ("ROLE", |user| cell(user, "role")),
    ("ENABLED", |user| cell(user, "enabled")),
    ("CREATED", |user| time(user, "created_at")),
    ("E-MAIL", |user| cell(user, "email")),
];

/// From the one that may do most to the one that may do least.
const ROLES: [&str; 4] = ["staff", "owner", "implementer", "member"];

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// List users
    #[command(after_help = "Examples:\n  claviger user list --account acme")]
    List {
        /// Only users of this account
        #[arg(long, value_name = "ID")]
        account: Option<Label>,
        /// Only users with this role
        #[arg(long, value_parser = ROLES)]
        role: Option<String>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Show one user
    #[command(
        after_help = "Examples:\n  claviger user show usr_0a1b2c3d4e5f6g7h8i9j\n  claviger user show ann@example.org"
    )]
    Show(UserArgs),
    /// Create a user, and send the link that sets their password, or print it where no mail is set
    #[command(
        after_help = "Examples:\n  claviger user create --email ann@example.org --role staff\n  claviger user create --email bob@acme.example --role owner --account acme"
    )]
    Create {
        /// E-mail address to sign in with
        #[arg(long)]
        email: String,
        /// Role
        #[arg(long, value_parser = ROLES)]
        role: String,
        /// Account; staff belong to none
        #[arg(long, value_name = "ID")]
        account: Option<Label>,
        /// Display name
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Change name, e-mail address or role
    #[command(
        after_help = "Examples:\n  claviger user edit usr_0a1b2c3d4e5f6g7h8i9j --role implementer\n  claviger user edit ann@example.org --no name\n\nAsks for confirmation where the user may do less afterwards."
    )]
    Edit {
        #[command(flatten)]
        one: UserArgs,
        /// E-mail address to sign in with
        #[arg(long)]
        email: Option<String>,
        /// Role
        #[arg(long, value_parser = ROLES)]
        role: Option<String>,
        /// Display name
        #[arg(long)]
        name: Option<String>,
        /// Remove this field
        #[arg(long = "no", value_name = "FIELD", value_parser = ["name"], conflicts_with = "name")]
        without: Option<String>,
        #[command(flatten)]
        confirmation: Confirmation,
    },
    /// End their sessions, refuse sign-in and their own keys
    #[command(after_help = "Examples:\n  claviger user disable usr_0a1b2c3d4e5f6g7h8i9j")]
    Disable {
        #[command(flatten)]
        one: UserArgs,
        #[command(flatten)]
        confirmation: Confirmation,
    },
    /// Allow sign-in and their own keys again
    #[command(after_help = "Examples:\n  claviger user enable usr_0a1b2c3d4e5f6g7h8i9j")]
    Enable(UserArgs),
    /// Sign them out everywhere
    #[command(
        after_help = "Examples:\n  claviger user end-sessions ann@example.org\n\nTheir password and their own keys stay: they can sign in again."
    )]
    EndSessions {
        #[command(flatten)]
        one: UserArgs,
        #[command(flatten)]
        confirmation: Confirmation,
    },
    /// Print a new link that sets their password
    #[command(after_help = "Examples:\n  claviger user setup-link usr_0a1b2c3d4e5f6g7h8i9j")]
    SetupLink(UserArgs),
    /// List what is missing until they can use the API
    #[command(after_help = "Examples:\n  claviger user diagnose usr_0a1b2c3d4e5f6g7h8i9j")]
    Diagnose(UserArgs),
}

#[derive(clap::Args)]
pub(super) struct UserArgs {
    /// User id or e-mail address
    #[arg(value_name = "USER")]
    id: String,
    #[command(flatten)]
    client: ClientArgs,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List { account, role, client } => client.run(async |there| {
                let path =
                    query(&path(&["users"]), &[("account", account.as_ref().map(Label::to_string)), ("role", role)]);
                list(&client, there, &path, &COLUMNS, "no users").await
            }),
            Self::Show(UserArgs { id, client }) => client.run(async |there| {
                let answer = there.send(Request::get(&user_path(there, &id).await?)).await?;
                show(&client, &answer.body)?;
                Ok(ExitCode::SUCCESS)
            }),
            Self::Create { email, role, account, name, client } => {
                let account = account.as_ref().map(Label::as_str);
                let body = json!({"email": email, "role": role, "account": account, "name": name});
                client.run(async |there| {
                    let answer = there.send(Request::post(&path(&["users"]), body).idempotent()?).await?;
                    show_secret(&client, there, &answer.body)
                })
            }
            Self::Edit { one: UserArgs { id, client }, email, role, name, without, confirmation } => {
                let given = [("email", email), ("role", role), ("name", name)];
                let mut body: Map<String, Value> =
                    given.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?.into()))).collect();
                body.extend(without.map(|field| (field, Value::Null)));
                anyhow::ensure!(!body.is_empty(), "nothing to change: give at least one option, such as --name");
                client.run(async |there| {
                    let path = user_path(there, &id).await?;
                    let seen = there.send(Request::get(&path)).await?;
                    let (old, new) = (cell(&seen.body, "role"), body.get("role").and_then(Value::as_str));
                    if let Some(new) = new.filter(|new| may_do_less(&old, new)) {
                        let email = sanitize(&cell(&seen.body, "email"));
                        let effect = format!(
                            "{email} is {old} and becomes {new}: what a {new} may not do is refused from now on."
                        );
                        if !confirmation.ask(there, &effect)? {
                            return Ok(ExitCode::FAILURE);
                        }
                    }
                    let answer = there.send(Request::patch(&path, body).if_match(seen.revision)).await?;
                    show(&client, &answer.body)?;
                    Ok(ExitCode::SUCCESS)
                })
            }
            Self::Disable { one: UserArgs { id, client }, confirmation } => client.run(async |there| {
                let path = user_path(there, &id).await?;
                let seen = there.send(Request::get(&path)).await?;
                let (email, role) = (sanitize(&cell(&seen.body, "email")), cell(&seen.body, "role"));
                let effect =
                    format!("{email} ({role}) is signed out everywhere, and their own keys are refused from now on.");
                if !confirmation.ask(there, &effect)? {
                    return Ok(ExitCode::FAILURE);
                }
                let request = Request::post(&format!("{path}/disable"), json!({})).if_match(seen.revision);
                show(&client, &there.send(request).await?.body)?;
                client.hint(|| format!("{email} is disabled."));
                Ok(ExitCode::SUCCESS)
            }),
            Self::Enable(UserArgs { id, client }) => client.run(async |there| {
                let request = Request::post(&format!("{}/enable", user_path(there, &id).await?), json!({}));
                let answer = there.send(request).await?.body;
                show(&client, &answer)?;
                client.hint(|| format!("{} is enabled.", cell(&answer, "email")));
                Ok(ExitCode::SUCCESS)
            }),
            Self::EndSessions { one: UserArgs { id, client }, confirmation } => client.run(async |there| {
                let path = user_path(there, &id).await?;
                let seen = there.send(Request::get(&path)).await?;
                let email = sanitize(&cell(&seen.body, "email"));
                if !confirmation.ask(there, &format!("{email} is signed out everywhere, and can sign in again."))? {
                    return Ok(ExitCode::FAILURE);
                }
                let request = Request::post(&format!("{path}/end-sessions"), json!({}));
                show(&client, &there.send(request).await?.body)?;
                client.hint(|| format!("The sessions of {email} have ended."));
                Ok(ExitCode::SUCCESS)
            }),
            Self::SetupLink(UserArgs { id, client }) => client.run(async |there| {
                let answer = there
                    .send(
                        Request::post(&format!("{}/setup-link", user_path(there, &id).await?), json!({}))
                            .idempotent()?,
                    )
                    .await?;
                show_secret(&client, there, &answer.body)
            }),
            Self::Diagnose(UserArgs { id, client }) => client.run(async |there| {
                let answer = there.send(Request::get(&format!("{}/diagnosis", user_path(there, &id).await?))).await?;
                show_diagnosis(&client, &answer.body)?;
                Ok(ExitCode::SUCCESS)
            }),
        }
    }
}

/// True as well for a role that is not known here.
fn may_do_less(old: &str, new: &str) -> bool {
    let rank = |role: &str| ROLES.iter().position(|known| *known == role);
    old != new && rank(old) <= rank(new)
}

/// The path of a user by id, or by e-mail address, which no id contains.
async fn user_path(there: &Client, user: &str) -> anyhow::Result<String> {
    if !user.contains('@') {
        return Ok(path(&["users", user]));
    }
    let mut found = None;
    there
        .pages(&path(&["users"]), |users| {
            let has_email = |one: &&Value| one["email"].as_str().is_some_and(|email| email.eq_ignore_ascii_case(user));
            found = found.take().or_else(|| Some(users.iter().find(has_email)?["id"].as_str()?.to_owned()));
            Ok(())
        })
        .await?;
    let id = found.with_context(|| format!("no user has the e-mail address {}", sanitize(user)))?;
    Ok(path(&["users", &id]))
}
