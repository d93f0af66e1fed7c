//! Settings behind links into other folders.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::{Gate, RecordingApi, Request, TOKEN, config_map, credentials, eventually};

/// Files are polled every 5 s, so only an event is this quick each time.
const PROMPTLY: Duration = Duration::from_millis(4500);

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

fn assert_promptly(gate: &Gate, bytes: usize, what: &str, change: impl FnOnce()) {
    let start = Instant::now();
    change();
    eventually(what, || limit_is(gate, bytes));
    assert!(start.elapsed() < PROMPTLY, "{what}: {:?}", start.elapsed());
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
    put(&first, 10);
    symlink("../store/1/a.yaml", etc.join("claviger.yaml")).unwrap();
    let linked = || replace_link(&etc.join("claviger.yaml"), &gate.settings_file());
    assert_promptly(&gate, 10, "the link itself", linked);
    assert_promptly(&gate, 11, "the file is written in place", || put(&first, 11));
    assert_promptly(&gate, 12, "the file is replaced", || {
        gate.rename_over(&first.join("a.yaml"), &settings(&plain, 12));
    });
    put(&second, 13);
    assert_promptly(&gate, 13, "the link on the way leads elsewhere", || {
        replace_link(Path::new("../store/2/a.yaml"), &etc.join("claviger.yaml"));
    });
    assert_promptly(&gate, 14, "the file there is written", || put(&second, 14));
}

/// The folder of a ConfigMap is itself behind a link.
#[test]
fn the_data_link_of_a_config_map_in_another_folder_is_noticed() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let plain = std::fs::read_to_string(gate.settings_file()).unwrap();
    let mounted = tempfile::TempDir::new().unwrap();
    config_map::write(mounted.path(), &settings(&plain, 20), &credentials());
    assert_promptly(&gate, 20, "the link", || {
        replace_link(&mounted.path().join("claviger.yaml"), &gate.settings_file());
    });
    for bytes in [21, 22] {
        assert_promptly(&gate, bytes, "..data is swapped", || {
            config_map::write(mounted.path(), &settings(&plain, bytes), &credentials());
        });
    }
}
