//! The installed PostgreSQL, its user, and a data folder that all clusters copy.

use std::cmp::Reverse;
use std::ffi::OsStr;
use std::fs::File;
use std::num::NonZero;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use nix::unistd::{User, geteuid};
use ring::digest::{SHA256, digest};
use ring::hmac;
use tempfile::TempDir;

use super::super::Run;
use super::random;

/// The superuser's name.
pub const SUPERUSER: &str = "postgres";
/// A role like that of the program: it may create databases, and owns them.
pub const ROLE: &str = "claviger";

const INITDB: [&str; 8] = [
    "--no-sync",
    // The default of 16 MB would be most of what is copied.
    "--wal-segsize=1",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--auth=scram-sha-256",
    "--username=postgres",
    "--pwfile=password",
    "--pgdata=data",
];

/// Increase it when what [`Installation::initdb`] writes changes.
const DATA_FORMAT: u32 = 2;

/// A PostgreSQL server that can be started.
pub struct Installation {
    binaries: PathBuf,
    /// PostgreSQL refuses to run as root.
    user: Option<User>,
}

impl Installation {
    /// Debian's newest, else what PATH has.
    pub fn find() -> Self {
        let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let version = |name: &OsStr| name.to_str()?.parse::<u32>().ok();
        let mut versions: Vec<_> =
            debian.filter_map(|entry| Some((version(&entry.file_name())?, entry.path().join("bin")))).collect();
        versions.sort_by_key(|(version, _)| Reverse(*version));
        #[expect(clippy::disallowed_methods, reason = "what the shell would find, not a setting of the program")]
        let path = std::env::var("PATH").unwrap_or_default();
        let binaries = versions
            .into_iter()
            .map(|(_, folder)| folder)
            .chain(std::env::split_paths(&path))
            .find(|folder| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file()))
            // Started through a link, it would look for its libraries beside the link.
            .map(|folder| folder.join("postgres").canonicalize().unwrap().parent().unwrap().to_owned())
            .expect(
                "no PostgreSQL server is installed; make test installs it, or on Debian: apt-get install postgresql",
            );
        let users = || ["postgres", "nobody"].iter().find_map(|name| User::from_name(name).unwrap());
        let user = geteuid().is_root().then(|| users().expect("no user that PostgreSQL could run as"));
        Self { binaries, user }
    }

    /// The server's binary.
    pub fn server(&self) -> PathBuf {
        self.binaries.join("postgres")
    }

    /// A command of the user that the server runs as, in a folder of that user.
    pub fn command(&self, program: impl AsRef<Path>, folder: &Path) -> Command {
        let mut command = Command::new(program.as_ref());
        if let Some(user) = &self.user {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        #[expect(clippy::disallowed_methods, reason = "settings of other servers must not reach this one")]
        let variables = std::env::vars_os();
        for (name, _) in variables.filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        command.current_dir(folder).env("LC_ALL", "C");
        command
    }

    /// Changes the owner to the server's user.
    pub fn give(&self, path: &Path) {
        if let Some(user) = &self.user {
            chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
        }
    }

    /// Creates the data folder `data`; returns the password of both roles.
    pub fn provide_data(&self, folder: &Path) -> String {
        let template = self.template(folder);
        copy(&template.join("data"), &folder.join("data"), &|path| self.give(path));
        std::fs::read_to_string(template.join("password")).unwrap()
    }

    /// Copies the data folder of a stopped server.
    pub fn copy_data(&self, from: &Path, folder: &Path) {
        copy(&from.join("data"), &folder.join("data"), &|path| self.give(path));
    }

    /// Created once for each version and renamed into place; other processes wait for it.
    fn template(&self, folder: &Path) -> PathBuf {
        let within = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let version = self.run("postgres", Path::new("/"), &["--version"], "");
        let made_from = crc32fast::hash(format!("{version}{INITDB:?}{DATA_FORMAT}").as_bytes());
        let template = within.join(format!("postgres-{made_from:08x}"));
        let lock = File::create(within.join("postgres.lock")).unwrap();
        lock.lock().unwrap();
        if !template.exists() {
            let made = folder.join("made");
            self.initdb(&made);
            // A rename is atomic on one file system only.
            let beside = TempDir::new_in(within).unwrap();
            copy(&made.join("data"), &beside.path().join("data"), &|_| ());
            std::fs::copy(made.join("password"), beside.path().join("password")).unwrap();
            std::fs::rename(beside.path(), &template).unwrap();
            std::fs::remove_dir_all(&made).unwrap();
        }
        template
    }

    fn initdb(&self, folder: &Path) {
        std::fs::create_dir(folder).unwrap();
        self.give(folder);
        let password = random() + random().as_str();
        std::fs::write(folder.join("password"), &password).unwrap();
        self.give(&folder.join("password"));
        self.run("initdb", folder, &INITDB, "");
        let verifier = scram_verifier(&password);
        let roles = format!(
            "CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{verifier}'\nALTER ROLE {SUPERUSER} PASSWORD '{verifier}'\n"
        );
        let said = self.run("postgres", folder, &["--single", "-D", "data", "postgres"], &roles);
        assert!(!said.contains("ERROR"), "{said}");
    }

    /// Returns its output.
    fn run(&self, name: &str, folder: &Path, arguments: &[&str], input: &str) -> String {
        let mut command = self.command(self.binaries.join(name), folder);
        command.args(arguments);
        let ended = Run::of(command).input(input).end();
        assert_eq!(ended.code, 0, "{name}: {}{}", ended.stdout, ended.stderr);
        ended.stdout + ended.stderr.as_str()
    }
}

/// What the server keeps of a password (RFC 5803), with one iteration: a client that is not optimised takes long for
/// the usual 4,096, at each connection.
fn scram_verifier(password: &str) -> String {
    let salt = random();
    let mut salted = [0; 32];
    ring::pbkdf2::derive(
        ring::pbkdf2::PBKDF2_HMAC_SHA256,
        NonZero::<u32>::MIN,
        salt.as_bytes(),
        password.as_bytes(),
        &mut salted,
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, &salted);
    let client = digest(&SHA256, hmac::sign(&key, b"Client Key").as_ref());
    let server = hmac::sign(&key, b"Server Key");
    format!("SCRAM-SHA-256$1:{}${}:{}", BASE64.encode(&salt), BASE64.encode(client), BASE64.encode(server))
}

/// Copies a folder; calls `give` for each new path.
fn copy(from: &Path, to: &Path, give: &dyn Fn(&Path)) {
    std::fs::DirBuilder::new().mode(0o700).create(to).unwrap();
    give(to);
    for entry in std::fs::read_dir(from).unwrap() {
        let (from, to) = {
            let entry = entry.unwrap();
            (entry.path(), to.join(entry.file_name()))
        };
        if from.is_dir() {
            copy(&from, &to, give);
        } else {
            std::fs::copy(&from, &to).unwrap();
            give(&to);
        }
    }
}
