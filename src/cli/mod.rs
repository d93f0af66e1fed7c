//! The command line, one file a command. Exit codes: 0 success, 1 failure, 2 usage error.

mod access_request;
mod account;
mod admin_client;
mod admin_setup_link;
mod audit;
mod client;
mod completions;
mod config;
mod config_args;
mod credentials;
mod database;
mod database_target;
mod delivery;
mod demo;
mod diagnosis_output;
mod explain_request;
mod hash_password;
mod health;
mod man;
mod operator_tokens;
mod output;
mod publisher;
mod secret;
mod serve;
mod throttle;
mod token;
mod user;
mod webhook;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

/// A gate for API credentials in front of an existing API.
#[derive(Parser)]
#[command(
    name = "claviger",
    version,
    max_term_width = 100,
    after_help = "Start here:\n  claviger demo                                    see it work; needs no files\n  claviger token new                               create a token and its digest\n  claviger serve --upstream http://127.0.0.1:9000 --credentials credentials.yaml\n  claviger serve --config config/claviger.yaml",
    after_long_help = "Start here:\n  claviger demo                                    see it work; needs no files\n  claviger token new                               create a token and its digest\n  claviger serve --upstream http://127.0.0.1:9000 --credentials credentials.yaml\n  claviger serve --config config/claviger.yaml\n\nEvery setting can be given in the environment: CLAVIGER__PROXY__LISTEN=0.0.0.0:8080 stands for proxy.listen. Flags override the environment, which overrides the file.\n\nExit codes: 0 success, 1 failure, 2 usage error."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the gate, the management API or both
    Serve(serve::Args),
    /// Run a small API behind a gate with three credentials; needs no files
    Demo(demo::Args),
    /// Validate and show settings, print their schema
    #[command(subcommand)]
    Config(config::Command),
    /// Show whether a credential would be admitted for a request, and why
    Explain(explain_request::Args),
    /// Accounts: customers and their API access
    #[command(subcommand, alias = "accounts")]
    Account(account::Command),
    /// Requests for API access
    #[command(subcommand, alias = "requests")]
    Request(access_request::Command),
    /// Credentials of the database
    #[command(subcommand, alias = "credentials")]
    Credential(Box<credentials::Command>),
    /// Users of the console and the management API
    #[command(subcommand, alias = "users")]
    User(user::Command),
    /// Webhooks: where events are sent, and what became of them
    #[command(subcommand, alias = "webhooks")]
    Webhook(webhook::Command),
    /// Tokens with which the API behind posts its events
    #[command(subcommand, alias = "publishers")]
    Publisher(publisher::Command),
    /// The audit: who changed what, when, from where
    #[command(subcommand)]
    Audit(audit::Command),
    /// Tokens for scripts that use the management API
    #[command(subcommand, alias = "operators")]
    Operator(operator_tokens::Command),
    /// Create the first staff member
    #[command(subcommand)]
    Admin(admin_setup_link::Command),
    /// Try out whether mails and text messages arrive
    #[command(subcommand)]
    Delivery(delivery::Command),
    /// Migrate, inspect and back up the database
    #[command(subcommand)]
    Database(database::Command),
    /// Create a token, or the digest of an existing one
    #[command(subcommand)]
    Token(token::Command),
    /// Hash a password
    #[command(subcommand)]
    Password(hash_password::Command),
    /// List and clear failed attempts at a running gate
    #[command(subcommand)]
    Throttle(throttle::Command),
    /// Check whether a running process is live or ready
    Health(health::Args),
    /// Print a shell completion script
    Completions(completions::Args),
    /// Write the manual pages
    Man(man::Args),
}

/// Headings of the help, with the commands below them.
const GROUPS: [(&str, &[&str]); 6] = [
    ("Gate", &["serve", "demo", "health", "throttle"]),
    ("Settings", &["config", "explain"]),
    ("Customers", &["account", "request", "credential", "user", "webhook"]),
    ("Management", &["operator", "publisher", "admin", "audit", "database", "delivery"]),
    ("Secrets", &["token", "password"]),
    ("Shell", &["completions", "man"]),
];

/// clap has no headings for subcommands, so the list is part of the template.
fn command() -> clap::Command {
    let command = Cli::command();
    let list = |(heading, names): &(&str, &[&str])| {
        let about =
            |name: &str| command.find_subcommand(name).and_then(clap::Command::get_about).map(ToString::to_string);
        let lines = names.iter().map(|name| format!("  {name:<12} {}\n", about(name).unwrap_or_default()));
        format!("{heading}:\n{}", lines.collect::<String>())
    };
    let groups: Vec<String> = GROUPS.iter().map(list).collect();
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{}\nOptions:\n{{options}}{{after-help}}",
        groups.join("\n")
    );
    command.help_template(template)
}

pub fn run() -> ExitCode {
    let cli = Cli::from_arg_matches(&command().get_matches()).unwrap_or_else(|error| error.exit());
    crate::server::install_crypto();
    let outcome = match cli.command {
        Command::Serve(args) => args.run(),
        Command::Demo(args) => args.run(),
        Command::Config(command) => command.run(),
        Command::Explain(args) => args.run(),
        Command::Account(command) => command.run(),
        Command::Request(command) => command.run(),
        Command::Credential(command) => command.run(),
        Command::User(command) => command.run(),
        Command::Audit(command) => command.run(),
        Command::Operator(command) => command.run(),
        Command::Webhook(command) => command.run(),
        Command::Publisher(command) => command.run(),
        Command::Admin(command) => command.run(),
        Command::Database(command) => command.run(),
        Command::Delivery(command) => command.run(),
        Command::Token(command) => command.run(),
        Command::Password(command) => command.run(),
        Command::Throttle(command) => command.run(),
        Command::Health(args) => args.run(),
        Command::Completions(args) => args.run(),
        Command::Man(args) => args.run(),
    };
    match outcome {
        Ok(code) => code,
        // The reader of standard output has closed it.
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::report(&error);
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_lists_every_command_in_one_group() {
        let mut listed: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let command = Cli::command();
        let mut commands: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        listed.sort_unstable();
        commands.sort_unstable();
        assert_eq!(listed, commands);
    }
}
