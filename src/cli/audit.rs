//! `claviger audit …`

use std::io::BufWriter;
use std::process::ExitCode;

use super::client::{ClientArgs, Column, Request, cell, list, moment, path, query, written};

const COLUMNS: [Column; 6] = [
    ("AT", |line| moment(line, "at")),
    ("WHO", |line| format!("{}:{}", cell(line, "actor_kind"), cell(line, "actor"))),
    ("VERB", |line| cell(line, "verb")),
    ("WHAT", |line| format!("{}:{}", cell(line, "target_kind"), cell(line, "target"))),
    ("ACCOUNT", |line| cell(line, "account")),
    ("FROM", |line| cell(line, "address")),
];

/// What to do with the audit: who did what to which thing, when, from where.
#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Print what was done, the newest first
    #[command(after_help = "Examples:\n  claviger audit list --target acme-billing --since 2026-11-01")]
    List {
        #[command(flatten)]
        filter: Filter,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Print it as CSV, for a spreadsheet: no cell is taken for a formula
    #[command(after_help = "Examples:\n  claviger audit export --account acme > acme.csv")]
    Export {
        #[command(flatten)]
        filter: Filter,
        #[command(flatten)]
        client: ClientArgs,
    },
}

/// Which lines.
#[derive(clap::Args)]
pub(super) struct Filter {
    /// Only in this account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Only by this user, token or person at the shell
    #[arg(long, value_name = "ID")]
    actor: Option<String>,
    /// Only this, such as reset
    #[arg(long)]
    verb: Option<String>,
    /// Only to the thing with this id
    #[arg(long, value_name = "ID")]
    target: Option<String>,
    /// From this day or moment on, such as 2026-11-01 or 2026-11-01T12:00:00Z
    #[arg(long, value_name = "WHEN", value_parser = written)]
    since: Option<String>,
    /// Before this day or moment
    #[arg(long, value_name = "WHEN", value_parser = written)]
    until: Option<String>,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List { filter, client } => client.run(async |there| {
                list(&client, there, &filter.on(&path(&["audit"])), &COLUMNS, "nothing was done").await
            }),
            Self::Export { filter, client } => client.run(async |there| {
                let mut out = BufWriter::new(std::io::stdout().lock());
                there.download(Request::get(&filter.on(&path(&["audit.csv"]))), &mut out).await?;
                Ok(ExitCode::SUCCESS)
            }),
        }
    }
}

impl Filter {
    fn on(&self, path: &str) -> String {
        let Self { account, actor, verb, target, since, until } = self;
        let given = [
            ("account", account),
            ("actor", actor),
            ("verb", verb),
            ("target", target),
            ("since", since),
            ("until", until),
        ];
        query(path, &given.map(|(name, value)| (name, value.clone())))
    }
}
