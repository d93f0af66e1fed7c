//! The image without a container engine: its files are assembled by the Dockerfile's own command, and the program runs
//! with nothing else around it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::{checker, read, repository, succeeds};
use crate::support::{Gate, RecordingApi, Request, Run, TOKEN, claviger, credentials};

/// Instructions, each on one line, comments left out.
fn instructions() -> Vec<(String, String)> {
    let text = read("deploy/docker/Dockerfile").replace("\\\n", " ");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let split = |line: &str| line.split_once(' ').map(|(name, rest)| (name.to_owned(), rest.to_owned())).unwrap();
    lines.map(split).collect()
}

fn the(name: &str) -> String {
    let all: Vec<_> = instructions().into_iter().filter(|(other, _)| other == name).collect();
    assert_eq!(all.len(), 1, "{name}: {all:?}");
    all[0].1.clone()
}

fn words(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json} is for a shell, and there is none: {error}"))
}

/// The root of the image, assembled by the Dockerfile's command.
fn image() -> TempDir {
    let folder = TempDir::new().unwrap();
    let runs: Vec<String> =
        instructions().into_iter().filter(|(name, _)| name == "RUN").map(|(_, line)| line).collect();
    let line = runs.last().unwrap();
    assert!(line.contains("target/release/claviger") && line.ends_with(" /image"), "{line}");
    let program = claviger().get_program().to_str().unwrap().to_owned();
    let line = line.replace("target/release/claviger", &program).replace("/image", folder.path().to_str().unwrap());
    let mut command = Command::new("sh");
    command.current_dir(repository("")).args(["-ec", &line]);
    succeeds(command);
    folder
}

/// A command in the image, as its user where the tests run as root.
fn within(image: &Path, arguments: &[&str]) -> Command {
    let mut command = if nix::unistd::geteuid().is_root() {
        let mut command = Command::new("chroot");
        command.arg(format!("--userspec={}", the("USER"))).arg(image);
        command
    } else {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "chroot"]).arg(image);
        command
    };
    command.args(arguments).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command
}

#[test]
fn hadolint_accepts_the_dockerfile() {
    let mut command = checker("hadolint");
    // Two lines with RUN, because the second of them is run by a test.
    command.args(["--failure-threshold", "style", "--ignore", "DL3059"]).arg(repository("deploy/docker/Dockerfile"));
    succeeds(command);
}

#[test]
fn the_last_stage_has_no_base_no_shell_and_no_root() {
    let stages: Vec<String> =
        instructions().into_iter().filter(|(name, _)| name == "FROM").map(|(_, from)| from).collect();
    assert_eq!(stages.last().unwrap(), "scratch");
    for stage in &stages[..stages.len() - 1] {
        assert!(stage.contains(':') && !stage.contains(":latest"), "{stage}");
    }
    let (user, group) = the("USER").split_once(':').map(|(user, group)| (user.to_owned(), group.to_owned())).unwrap();
    assert!(user.parse::<u32>().unwrap() > 0 && group.parse::<u32>().unwrap() > 0);
    assert_eq!(words(&the("ENTRYPOINT")), ["/usr/bin/claviger"]);
    assert_eq!(words(&the("CMD")), ["serve"]);
}

#[test]
fn the_program_and_its_healthcheck_run_in_the_image_alone() {
    let image = image();
    let version = succeeds(within(image.path(), &["/usr/bin/claviger", "--version"]));
    assert!(version.stdout.starts_with("claviger "), "{}", version.stdout);

    let api = RecordingApi::start();
    let settings = format!(
        "proxy: {{listen: 127.0.0.1:0, upstream: {}}}\nadmin: {{listen: 127.0.0.1:0}}\n\
         credentials: {{file: credentials.yaml}}\nlog: {{format: json, level: debug}}\n",
        api.url().replace("127.0.0.1", "localhost")
    );
    std::fs::write(image.path().join("etc/claviger/claviger.yaml"), settings).unwrap();
    std::fs::write(image.path().join("etc/claviger/credentials.yaml"), credentials()).unwrap();
    // Engines provide both; pingora reads the latter.
    std::fs::write(image.path().join("etc/hosts"), "127.0.0.1 localhost\n").unwrap();
    std::fs::create_dir(image.path().join("dev")).unwrap();
    std::fs::write(image.path().join("dev/null"), "").unwrap();
    let root = image.path().to_owned();
    let entry: Vec<String> = [words(&the("ENTRYPOINT")), words(&the("CMD"))].concat();
    let entry: Vec<&str> = entry.iter().map(String::as_str).collect();
    let gate = Gate::launch(&mut within(&root, &entry), image);
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);

    let check = the("HEALTHCHECK");
    let check = words(check.split_once("CMD ").unwrap().1);
    let check: Vec<&str> = check.iter().map(String::as_str).collect();
    let mut well = within(&root, &check);
    well.env("CLAVIGER_ADMIN", format!("http://{}", gate.admin));
    assert_eq!(succeeds(well).stdout, "ok\n");
}

/// What can be read only once is kept in a temporary file.
#[test]
fn standard_input_is_imported_in_the_image() {
    let image = image();
    let settings = "proxy: {listen: 127.0.0.1:0, upstream: 'http://127.0.0.1:9000'}\nadmin: {listen: 127.0.0.1:0}\n\
                    credentials: {database: 'sqlite:/var/lib/claviger/claviger.db'}\n";
    std::fs::write(image.path().join("etc/claviger/claviger.yaml"), settings).unwrap();
    std::fs::create_dir(image.path().join("dev")).unwrap();
    std::fs::write(image.path().join("dev/null"), "").unwrap();
    let import = ["/usr/bin/claviger", "credential", "import", "-", "--format", "yaml", "--dry-run"];
    let ended = Run::of(within(image.path(), &import)).input(credentials()).end();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("dry run, nothing was written"), "{}", ended.stderr);
}

/// The image is to stay under 35 MB, of which the program, which `make package` measures, has 30.
#[test]
fn all_but_the_program_is_small() {
    let image = image();
    let mut command = Command::new("find");
    command.arg(image.path()).args(["-type", "f", "!", "-path", "*/bin/claviger", "-printf", "%s\\n"]);
    let bytes: u64 = succeeds(command).stdout.lines().map(|line| line.parse::<u64>().unwrap()).sum();
    assert!(bytes < 5_000_000, "{bytes}");
}

#[test]
fn certificates_users_and_names_are_in_the_image() {
    let image = image();
    for file in [
        "etc/ssl/certs/ca-certificates.crt",
        "etc/passwd",
        "etc/nsswitch.conf",
        "usr/share/doc/claviger/NOTICE",
        "usr/share/doc/claviger/THIRD-PARTY.md",
        "usr/share/doc/claviger/claviger.cdx.json",
        "etc/os-release",
        "var/lib/dpkg/status.d/libc6",
        "usr/share/doc/libc6/copyright",
        "usr/share/doc/libgcc-s1/copyright",
        "usr/share/doc/ca-certificates/copyright",
    ] {
        let length = std::fs::metadata(image.path().join(file)).unwrap_or_else(|error| panic!("{file}: {error}")).len();
        assert!(length > 0, "{file}");
    }
    for folder in ["bin", "usr/sbin", "usr/lib/apt"] {
        assert!(!image.path().join(folder).exists(), "{folder}");
    }
}

#[test]
fn the_build_context_has_the_sources_and_no_target() {
    let ignored = read("deploy/docker/Dockerfile.dockerignore");
    let ignored: Vec<&str> = ignored.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(ignored.contains(&"**/target") && ignored.contains(&".git"));
    let manifest: Value = serde_json::from_str(&succeeds(metadata()).stdout).unwrap();
    let root = repository("");
    for target in manifest["packages"][0]["targets"].as_array().unwrap() {
        let source = Path::new(target["src_path"].as_str().unwrap()).strip_prefix(&root).unwrap();
        let top = source.iter().next().unwrap().to_str().unwrap();
        let is_test = target["kind"][0] == "test";
        assert!(is_test || !ignored.contains(&top), "{}", source.display());
    }
}

/// The engine, which may be another machine, caches the context.
#[test]
fn ignored_files_are_not_in_the_build_context() {
    let kept_out = |file: &str| -> Vec<String> {
        let text = read(file);
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(|line| line.trim_start_matches("**/").trim_start_matches('/').to_owned()).collect()
    };
    let ignored = kept_out("deploy/docker/Dockerfile.dockerignore");
    for name in kept_out(".gitignore") {
        let mut above = Path::new(&name).ancestors().filter_map(Path::to_str);
        assert!(above.any(|folder| ignored.iter().any(|entry| entry == folder)), "{name}");
    }
    assert!(ignored.contains(&"*.db*".to_owned()), "the database of the first request");
}

fn metadata() -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(repository("")).args([
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
        "--offline",
        "--locked",
    ]);
    command
}
