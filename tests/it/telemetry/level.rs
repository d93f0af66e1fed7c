//! Changing the log level while the gate serves.

use crate::support::{Gate, RecordingApi, eventually};

/// Sets the level in the settings file and reloads.
fn reload(gate: &Gate, level: &str) -> u16 {
    let settings = std::fs::read_to_string(gate.settings_file()).unwrap();
    let (before, rest) = settings.split_once("level: ").unwrap();
    let (_, after) = rest.split_once('}').unwrap();
    std::fs::write(gate.settings_file(), format!("{before}level: {level}}}{after}")).unwrap();
    gate.admin("POST", "/-/reload").status
}

#[test]
fn the_level_follows_a_reload() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).log("log: {format: json, level: info}\n").start();
    let reloads = || gate.stderr().matches("\"reloaded: ").count();
    assert_eq!(reload(&gate, "error"), 200);
    let before = reloads();
    for _ in 0..3 {
        assert_eq!(gate.admin("POST", "/-/reload").status, 200);
    }
    // An error is logged at every level, after all earlier lines.
    assert_eq!(reload(&gate, "loud"), 422);
    eventually("the log has come so far", || gate.stderr().contains("the previous files stay in force"));
    assert_eq!(reloads(), before);

    assert_eq!(reload(&gate, "\"warn,claviger::source=info\""), 200);
    eventually("reloads are logged again", || reloads() > before);
    assert!(!gate.stderr().contains("takes effect after a restart"), "{}", gate.stderr());
}
