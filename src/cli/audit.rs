//! `claviger audit …`

use std::io::BufWriter;
use std::process::ExitCode;

use super::client::{ClientArgs, Column, Request, cell, list, parse_time, path, query, time};

const COLUMNS: [Column; 6] = [
    ("AT", |entry| time(entry, "at")),
    ("WHO", |entry| format!("{}:{}", cell(entry, "actor_kind"), cell(entry, "actor"))),
    ("VERB", |entry| cell(entry, "verb")),
    ("WHAT", |entry| format!("{}:{}", cell(entry, "target_kind"), cell(entry, "target"))),
    ("ACCOUNT", |entry| cell(entry, "account")),
    ("FROM", |entry| cell(entry, "address")),
];

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// List audit entries, newest first
    #[command(after_help = "Examples:\n  claviger audit list --target acme-billing --since 2026-11-01")]
    List {
        #[command(flatten)]
        filter: Filter,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Print audit entries as CSV; spreadsheets take no cell for a formula
    #[command(after_help = "Examples:\n  claviger audit export --account acme > acme.csv")]
    Export {
        #[command(flatten)]
        filter: Filter,
        #[command(flatten)]
        client: ClientArgs,
    },
}

#[derive(clap::Args)]
pub(super) struct Filter {
    /// Only entries of this account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Only by this user, operator token or shell user
    #[arg(long, value_name = "ID")]
    actor: Option<String>,
    /// Only this verb, such as reset
    #[arg(long)]
    verb: Option<String>,
    /// Only to the resource with this id
    #[arg(long, value_name = "ID")]
    target: Option<String>,
    /// From this date or time on, such as 2026-11-01 or 2026-11-01T12:00:00Z
    #[arg(long, value_name = "WHEN", value_parser = parse_time)]
    since: Option<String>,
    /// Before this date or time
    #[arg(long, value_name = "WHEN", value_parser = parse_time)]
    until: Option<String>,
}

impl Command {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List { filter, client } => client.run(async |there| {
                list(&client, there, &filter.on(&path(&["audit"])), &COLUMNS, "no audit entries").await
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
