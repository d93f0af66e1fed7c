//! Settings behind links into other folders.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::{Gate, RecordingApi, Request, TOKEN, config_map, credentials, eventually};

/// The promise is a second; the rest is room for a machine under load. Files are polled every 5 s, so only an event is
/// this quick.
const PROMPTLY: Duration = Duration::from_millis(1500);
const ATTEMPTS: usize = 3;

/// Settings whose limit of the body is this; the gate refuses a longer one.
fn settings(of: &str, bytes: usize) -> String {
    format!("{of}limits: {{body_bytes: {bytes}}}\n")
}

fn limit_is(gate: &Gate, bytes: usize) -> bool {
    let request = |length: usize| Request::new("POST", "/x").bearer(TOKEN).body("x".repeat(length));
    gate.send(&request(bytes)).status == 200 && gate.send(&request(bytes + 1)).status == 413
}

fn replace_link(target: &Path, link: &Path) {
    let next = link.with_extension("next");
    symlink(target, &next).unwrap();
    std::fs::rename(&next, link).unwrap();
}

/// Makes a change, and measures how long it takes until this limit is in force.
fn delay(gate: &Gate, bytes: usize, what: &str, change: impl FnOnce()) -> Duration {
    let start = Instant::now();
    change();
    eventually(what, || limit_is(gate, bytes));
    start.elapsed()
}

/// Repeats a change to other numbers until one is quick enough.
fn assert_promptly(gate: &Gate, bytes: usize, what: &str, mut change: impl FnMut(usize)) {
    let mut delays = Vec::new();
    for attempt in 0..ATTEMPTS {
        let bytes = bytes + attempt;
        delays.push(delay(gate, bytes, what, || change(bytes)));
        if delays[attempt] < PROMPTLY {
            return;
        }
    }
    panic!("{what}: {delays:?}");
}

/// `claviger.yaml` is a link to one in `etc`, which is a link to one in `store`, as Nix and stow have it.
#[test]
fn a_linked_settings_file_in_another_folder_is_noticed() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let plain = std::fs::read_to_string(gate.settings_file()).unwrap();
    let other = tempfile::TempDir::new().unwrap();
    let [etc, first, second] = ["etc", "store/1", "store/2"].map(|folder| other.path().join(folder));
    for folder in [&etc, &first, &second] {
        std::fs::create_dir_all(folder).unwrap();
    }
    let put = |folder: &Path, bytes| std::fs::write(folder.join("a.yaml"), settings(&plain, bytes)).unwrap();
    symlink("../store/1/a.yaml", etc.join("claviger.yaml")).unwrap();
    let mut files = 0;
    assert_promptly(&gate, 10, "the link itself", |bytes| {
        // Another path each time, so that it is the link that changes.
        files += 1;
        let file = first.join(format!("{files}.yaml"));
        std::fs::write(&file, settings(&plain, bytes)).unwrap();
        replace_link(&file, &gate.settings_file());
    });
    put(&first, 19);
    delay(&gate, 19, "the link leads through the other folder", || {
        replace_link(&etc.join("claviger.yaml"), &gate.settings_file());
    });
    assert_promptly(&gate, 20, "the file is written in place", |bytes| put(&first, bytes));
    assert_promptly(&gate, 30, "the file is replaced", |bytes| {
        gate.rename_over(&first.join("a.yaml"), &settings(&plain, bytes));
    });
    let mut targets = [(&second, "../store/2/a.yaml"), (&first, "../store/1/a.yaml")].into_iter().cycle();
    assert_promptly(&gate, 40, "the link on the way leads elsewhere", |bytes| {
        let (folder, target) = targets.next().unwrap();
        put(folder, bytes);
        replace_link(Path::new(target), &etc.join("claviger.yaml"));
    });
    let leads_to_second = std::fs::read_link(etc.join("claviger.yaml")).unwrap().starts_with("../store/2");
    let now = if leads_to_second { &second } else { &first };
    assert_promptly(&gate, 50, "the file there is written", |bytes| put(now, bytes));
}

/// The folder of a ConfigMap is itself behind a link.
#[test]
fn the_data_link_of_a_config_map_in_another_folder_is_noticed() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let plain = std::fs::read_to_string(gate.settings_file()).unwrap();
    let mounted = tempfile::TempDir::new().unwrap();
    config_map::write(mounted.path(), &settings(&plain, 60), &credentials());
    delay(&gate, 60, "the link", || replace_link(&mounted.path().join("claviger.yaml"), &gate.settings_file()));
    for bytes in [70, 80] {
        assert_promptly(&gate, bytes, "..data is swapped", |bytes| {
            config_map::write(mounted.path(), &settings(&plain, bytes), &credentials());
        });
    }
}
