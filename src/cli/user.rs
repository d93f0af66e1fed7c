//! `claviger user …`

use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::client::{ClientArgs, Column, Consent, Request, cell, list, moment, path, query, show, show_secret};
use super::output::{harmless, say};
use crate::credential::Label;

const COLUMNS: [Column; 6] = [
    ("ID", |user| cell(user, "id")),
    ("ACCOUNT", |user| cell(user, "account")),
    ("ROLE", |user| cell(user, "role")),
    ("ENABLED", |user| cell(user, "enabled")),
    ("CREATED", |user| moment(user, "created_at")),
    ("E-MAIL", |user| cell(user, "email")),
];

const ROLES: [&str; 4] = ["staff", "owner", "implementer", "member"];

/// What to do with the people who use the desk.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Print all of them, or those of an account
    #[command(after_help = "Examples:\n  claviger user list --account acme")]
    List {
        /// Only those of this account
        #[arg(long, value_name = "ID")]
        account: Option<Label>,
        /// Only those with this role
        #[arg(long, value_parser = ROLES)]
        role: Option<String>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Print everything that is known of one
    #[command(after_help = "Examples:\n  claviger user show usr_0a1b2c3d4e5f6g7h8i9j")]
    Show(One),
    /// Add a person, and print the link with which they choose a password
    #[command(
        after_help = "Examples:\n  claviger user create --email ann@example.org --role staff\n  claviger user create --email bob@acme.example --role owner --account acme"
    )]
    Create {
        /// What they sign in with
        #[arg(long)]
        email: String,
        /// What they may do
        #[arg(long, value_parser = ROLES)]
        role: String,
        /// Whose; staff belong to none
        #[arg(long, value_name = "ID")]
        account: Option<Label>,
        /// What people call them
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Change name, e-mail address or role
    #[command(after_help = "Examples:\n  claviger user edit usr_0a1b2c3d4e5f6g7h8i9j --role implementer")]
    Edit {
        #[command(flatten)]
        one: One,
        /// What they sign in with
        #[arg(long)]
        email: Option<String>,
        /// What they may do
        #[arg(long, value_parser = ROLES)]
        role: Option<String>,
        /// What people call them
        #[arg(long)]
        name: Option<String>,
    },
    /// End their sessions, let them sign in no more, and refuse the keys that are their own
    #[command(after_help = "Examples:\n  claviger user disable usr_0a1b2c3d4e5f6g7h8i9j")]
    Disable {
        #[command(flatten)]
        one: One,
        #[command(flatten)]
        consent: Consent,
    },
    /// Let them sign in again
    #[command(after_help = "Examples:\n  claviger user enable usr_0a1b2c3d4e5f6g7h8i9j")]
    Enable(One),
    /// Print a new link with which they choose a password
    #[command(after_help = "Examples:\n  claviger user setup-link usr_0a1b2c3d4e5f6g7h8i9j")]
    SetupLink(One),
    /// Say what is missing until they can use the API
    #[command(after_help = "Examples:\n  claviger user diagnose usr_0a1b2c3d4e5f6g7h8i9j")]
    Diagnose(One),
}

/// One user.
#[derive(clap::Args)]
pub(super) struct One {
    /// Id of the user
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
            Self::Show(One { id, client }) => client.show(Request::get(&path(&["users", &id]))),
            Self::Create { email, role, account, name, client } => {
                let account = account.as_ref().map(Label::as_str);
                let body = json!({"email": email, "role": role, "account": account, "name": name});
                client.run(async |there| {
                    let answer = there.send(Request::post(&path(&["users"]), body).once()?).await?;
                    show_secret(&client, &answer.body)
                })
            }
            Self::Edit { one: One { id, client }, email, role, name } => {
                let given = [("email", email), ("role", role), ("name", name)];
                let body: Map<String, Value> =
                    given.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?.into()))).collect();
                anyhow::ensure!(!body.is_empty(), "nothing to change: say what, such as --name");
                client.run(async |there| {
                    let path = path(&["users", &id]);
                    let seen = there.send(Request::get(&path)).await?;
                    let answer = there.send(Request::patch(&path, body).at(seen.revision)).await?;
                    show(&client, &answer.body)?;
                    Ok(ExitCode::SUCCESS)
                })
            }
            Self::Disable { one: One { id, client }, consent } => client.run(async |there| {
                let path = path(&["users", &id]);
                let seen = there.send(Request::get(&path)).await?;
                let (email, role) = (harmless(&cell(&seen.body, "email")), cell(&seen.body, "role"));
                let what = format!(
                    "{email} ({role}) is signed out everywhere, and a key of their own is refused from then on."
                );
                if !consent.to(there, &what)? {
                    return Ok(ExitCode::FAILURE);
                }
                let request = Request::post(&format!("{path}/disable"), json!({})).at(seen.revision);
                show(&client, &there.send(request).await?.body)?;
                Ok(ExitCode::SUCCESS)
            }),
            Self::Enable(one) => one.post("enable"),
            Self::SetupLink(One { id, client }) => client.run(async |there| {
                let answer = there.send(Request::post(&path(&["users", &id, "setup-link"]), json!({})).once()?).await?;
                show_secret(&client, &answer.body)
            }),
            Self::Diagnose(One { id, client }) => client.run(async |there| {
                let answer = there.send(Request::get(&path(&["users", &id, "diagnosis"]))).await?;
                diagnosis(&client, &answer.body)?;
                Ok(ExitCode::SUCCESS)
            }),
        }
    }
}

impl One {
    fn post(self, verb: &str) -> anyhow::Result<ExitCode> {
        self.client.show(Request::post(&path(&["users", &self.id, verb]), json!({})))
    }
}

/// Prints the steps of a diagnosis.
pub(super) fn diagnosis(client: &ClientArgs, answer: &Value) -> anyhow::Result<()> {
    if client.is_for_programs() {
        return say(answer.to_string());
    }
    for step in answer["steps"].as_array().into_iter().flatten() {
        let mark = if step["ok"] == true { "+" } else { "-" };
        say(format!("[{mark}] {}", harmless(&cell(step, "detail"))))?;
    }
    Ok(())
}
