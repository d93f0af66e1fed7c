//! The command line, one file a command. Exit code 0: fine, 1: refused, 2: wrong usage.

mod account;
mod admin;
mod admin_listener;
mod audit;
mod client;
mod config;
mod config_target;
mod credentials;
mod database;
mod database_target;
mod demo;
mod explain;
mod health;
mod operator;
mod output;
mod password;
mod request;
mod secret;
mod serve;
mod shell;
mod throttle;
mod token;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A gate for API credentials, in front of an API that already exists.
#[derive(Parser)]
#[command(
    name = "claviger",
    version,
    after_help = "Start here:\n  claviger demo                                    see it work, no files needed\n  claviger token new                               a token and the digest to paste\n  claviger serve --upstream http://127.0.0.1:9000 --credentials credentials.yaml\n  claviger serve --config config/claviger.yaml",
    after_long_help = "Start here:\n  claviger demo                                    see it work, no files needed\n  claviger token new                               a token and the digest to paste\n  claviger serve --upstream http://127.0.0.1:9000 --credentials credentials.yaml\n  claviger serve --config config/claviger.yaml\n\nEvery setting can be given in the environment: CLAVIGER__PROXY__LISTEN=0.0.0.0:8080 stands for\nproxy.listen. Flags override the environment, which overrides the file.\n\nExit codes: 0 fine, 1 refused, 2 wrong usage."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Let requests through that bring the right credential
    Serve(serve::Args),
    /// See it work: a small API, the gate and three credentials; needs no file
    Demo(demo::Args),
    /// Check, show and describe the settings
    #[command(subcommand)]
    Config(config::Command),
    /// Say what a credential would get for a request, and why
    Explain(explain::Args),
    /// Accounts: the customers, and whether they may use the API
    #[command(subcommand, alias = "accounts")]
    Account(account::Command),
    /// Requests for API access, and deciding about them
    #[command(subcommand, alias = "requests")]
    Request(request::Command),
    /// Credentials of the database: their whole life
    #[command(subcommand, alias = "credentials")]
    Credential(Box<credentials::Command>),
    /// The people who use the desk
    #[command(subcommand, alias = "users")]
    User(user::Command),
    /// Who did what to which thing, when, from where
    #[command(subcommand)]
    Audit(audit::Command),
    /// Tokens for scripts that use the desk
    #[command(subcommand, alias = "operators")]
    Operator(operator::Command),
    /// Set the desk up
    #[command(subcommand)]
    Admin(admin::Command),
    /// See how the database stands, and bring it up to date
    #[command(subcommand)]
    Database(database::Command),
    /// Make a token, or the digest of one you have
    #[command(subcommand)]
    Token(token::Command),
    /// Make the hash of a password
    #[command(subcommand)]
    Password(password::Command),
    /// See who has guessed wrong at a running gate, and forget it
    #[command(subcommand)]
    Throttle(throttle::Command),
    /// Ask a running process whether it is well
    Health(health::Args),
    /// Print what completes this program's commands in a shell
    Completions(shell::Completions),
    /// Write the manual pages
    Man(shell::Man),
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
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
        Command::Admin(command) => command.run(),
        Command::Database(command) => command.run(),
        Command::Token(command) => command.run(),
        Command::Password(command) => command.run(),
        Command::Throttle(command) => command.run(),
        Command::Health(args) => args.run(),
        Command::Completions(args) => args.run(),
        Command::Man(args) => args.run(),
    };
    match outcome {
        Ok(code) => code,
        // Whoever reads our output has had enough.
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            ExitCode::FAILURE
        }
    }
}
