//! The program as a person runs it: arguments, standard input, and what comes back.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Ends a command that hangs; a busy machine starts some of them slowly.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The program, with nothing in the environment that would configure it.
pub fn claviger() -> Command {
    claviger_in(env!("CARGO_BIN_EXE_claviger"))
}

fn claviger_in(program: &str) -> Command {
    let mut command = Command::new(program);
    #[expect(clippy::disallowed_methods, reason = "what configures the program must be what the test says")]
    let variables = std::env::vars_os();
    for (name, _) in variables {
        if name.to_string_lossy().starts_with("CLAVIGER") {
            command.env_remove(name);
        }
    }
    command
}

/// A command line in the making.
pub struct Run {
    command: Command,
    input: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// In a folder, so that no other settings are found and paths in the output are short.
    pub fn within(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = claviger();
        command.current_dir(folder).args(arguments);
        Self::of(command)
    }

    /// The same on a terminal (util-linux), which shows what is typed no second time.
    pub fn on_terminal(folder: &Path, arguments: &[&str]) -> Self {
        let quoted = |word: &str| format!("'{}'", word.replace('\'', "'\\''"));
        let words = [env!("CARGO_BIN_EXE_claviger")].into_iter().chain(arguments.iter().copied()).map(quoted);
        Self::line_on_terminal(folder, &words.collect::<Vec<_>>().join(" "))
    }

    /// A line as bash understands it, on a terminal; `claviger` is this program.
    pub fn line_on_terminal(folder: &Path, line: &str) -> Self {
        let mut command = claviger_in("script");
        command.current_dir(folder).args(["-q", "-e", "-E", "never", "-c", line, "/dev/null"]);
        #[expect(clippy::disallowed_methods, reason = "the other programs of the line are where they always are")]
        let path = std::env::var("PATH").unwrap();
        let programs = Path::new(env!("CARGO_BIN_EXE_claviger")).parent().unwrap();
        command.env("PATH", format!("{}:{path}", programs.display())).env("SHELL", "/bin/bash");
        Self::of(command)
    }

    /// Any other program.
    pub fn of(command: Command) -> Self {
        Self { command, input: Vec::new() }
    }

    /// What stands on standard input.
    pub fn input(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.input = bytes.as_ref().to_vec();
        self
    }

    /// A variable of the environment.
    pub fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it to its end.
    pub fn end(mut self) -> Ended {
        let mut child =
            self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A command that does not read its input closes it.
        let _unread = child.stdin.take().unwrap().write_all(&self.input);
        let stdout = drain(child.stdout.take().unwrap());
        let stderr = drain(child.stderr.take().unwrap());
        let code = wait(&mut child);
        Ended { code, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
    }
}

fn drain(mut stream: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn wait(child: &mut Child) -> i32 {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code().unwrap_or_else(|| panic!("ended by a signal: {status}"));
        }
        if start.elapsed() > TIMEOUT {
            child.kill().unwrap();
            panic!("the command does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
