//! The settings file is watched like the credentials file.

use crate::support::{Gate, RecordingApi, Request, TOKEN, eventually};

fn settings_of(gate: &Gate) -> String {
    std::fs::read_to_string(gate.settings_file()).unwrap()
}

#[test]
fn a_new_public_route_opens_without_a_restart_and_closes_again() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let settings = settings_of(&gate);
    let status = || gate.send(&Request::get("/events")).status;
    assert_eq!(status(), 401);

    gate.rename_over(&gate.settings_file(), &format!("{settings}public: [{{methods: [GET], path: /events}}]\n"));
    eventually("the route is public", || status() == 200);
    gate.rename_over(&gate.settings_file(), &settings);
    eventually("the route is not public", || status() == 401);
}

#[test]
fn another_credentials_file_is_read_and_watched() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("throttle: {enabled: false}").start();
    let other = gate.folder().join("elsewhere");
    std::fs::create_dir(&other).unwrap();
    let file = other.join("other.yaml");
    let one = |token: &str| {
        format!("credentials: [{{id: one, account: acme, token: '{}'}}]\n", crate::support::digest(token))
    };
    std::fs::write(&file, one("token-one")).unwrap();
    let status = |token: &str| gate.send(&Request::get("/x").bearer(token)).status;

    let settings = settings_of(&gate).replace("{file: credentials.yaml}", "{file: elsewhere/other.yaml}");
    gate.rename_over(&gate.settings_file(), &settings);
    eventually("the other file is in force", || status("token-one") == 200);
    assert_eq!(status(TOKEN), 401);
    std::fs::write(&file, one("token-two")).unwrap();
    eventually("the other file is watched", || status("token-two") == 200);
    assert_eq!(status("token-one"), 401);
}

/// Correcting the file is enough; the settings that name it need no change.
#[test]
fn a_missing_or_faulty_file_that_new_settings_name_is_watched() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("throttle: {enabled: false}").start();
    let good = format!("credentials: [{{id: one, account: acme, token: '{}'}}]\n", crate::support::digest("token-one"));
    let usual = settings_of(&gate);
    let status = |token: &str| gate.send(&Request::get("/x").bearer(token)).status;
    let is_successful = || gate.metric("claviger_config_last_reload_successful") == 1.0;
    for (number, bad) in [None, Some(""), Some("credentials: [{id: one}]")].into_iter().enumerate() {
        let folder = format!("folder-{number}");
        let file = gate.folder().join(&folder).join("other.yaml");
        std::fs::create_dir(gate.folder().join(&folder)).unwrap();
        if let Some(bad) = bad {
            std::fs::write(&file, bad).unwrap();
        }
        let settings = usual.replace("{file: credentials.yaml}", &format!("{{file: {folder}/other.yaml}}"));
        gate.rename_over(&gate.settings_file(), &settings);
        eventually("the settings are refused", || !is_successful());
        assert_eq!((status(TOKEN), status("token-one")), (200, 401), "{bad:?}");

        gate.rename_over(&file, &good);
        eventually("the file is in force once it is good", || status("token-one") == 200);
        assert_eq!(status(TOKEN), 401);

        gate.rename_over(&gate.settings_file(), &usual);
        eventually("the usual file is in force again", || status(TOKEN) == 200);
    }
}

/// A missing folder has no events; it is polled.
#[test]
fn a_file_in_a_missing_folder_is_noticed_when_the_folder_is_created() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let file = gate.folder().join("later").join("other.yaml");
    let one = |token: &str| {
        format!("credentials: [{{id: one, account: acme, token: '{}'}}]\n", crate::support::digest(token))
    };
    let status = |token: &str| gate.send(&Request::get("/x").bearer(token)).status;
    let before = gate.reloads("failure");
    let settings = settings_of(&gate).replace("{file: credentials.yaml}", "{file: later/other.yaml}");
    gate.rename_over(&gate.settings_file(), &settings);
    eventually("the settings are refused", || gate.reloads("failure") > before);

    std::fs::create_dir(file.parent().unwrap()).unwrap();
    std::fs::write(&file, one("token-one")).unwrap();
    eventually("the file is in force", || status("token-one") == 200);
    std::fs::write(&file, one("token-two")).unwrap();
    let start = std::time::Instant::now();
    eventually("its changes are noticed", || status("token-two") == 200);
    assert!(start.elapsed() < std::time::Duration::from_secs(4), "the folder is looked at only");
}

#[test]
fn a_change_that_needs_a_restart_is_logged_and_all_others_take_effect() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let settings = settings_of(&gate).replacen("listen: 127.0.0.1:0\n", "listen: 127.0.0.1:1\n", 1);
    gate.rename_over(&gate.settings_file(), &format!("{settings}accept: {{bearer: false}}\n"));
    let warning = "proxy.listen has changed and takes effect after a restart";
    eventually("the log names the key", || gate.stderr().contains(warning));
    let reply = gate.send(&Request::get("/x").bearer(TOKEN));
    assert_eq!((reply.status, reply.code().as_str()), (401, "credential_missing"));
}

#[test]
fn a_change_that_is_reverted_needs_no_restart() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).start();
    let settings = settings_of(&gate);
    let warnings = || gate.stderr().matches("takes effect after a restart").count();
    gate.rename_over(&gate.settings_file(), &settings.replacen("listen: 127.0.0.1:0\n", "listen: 127.0.0.1:1\n", 1));
    eventually("the log names the key", || warnings() == 1);

    gate.rename_over(&gate.settings_file(), &format!("{settings}public: [{{path: /events}}]\n"));
    eventually("the file is in force", || gate.send(&Request::get("/events")).status == 200);
    eventually("the reload is logged", || gate.stderr().matches("reloaded: ").count() == 2);
    let request_a_third = gate.reloads("success");
    gate.signal(nix::sys::signal::Signal::SIGHUP);
    eventually("one more reload is logged", || gate.reloads("success") > request_a_third);
    eventually("the reload is logged", || gate.stderr().matches("reloaded: ").count() == 3);
    assert_eq!(warnings(), 1);
}

#[test]
fn faulty_settings_change_nothing_and_every_fault_is_logged() {
    let api = RecordingApi::start();
    let gate = Gate::before(api.url()).settings("public: [{methods: [GET], path: /events}]").start();
    let before = gate.reloads("failure");
    let bad = settings_of(&gate).replace("path: /events", "pth: /events") + "pubic: []\n";
    gate.rename_over(&gate.settings_file(), &bad);
    eventually("the reload is refused", || gate.reloads("failure") > before);
    for fault in
        ["public[0].pth  is not a known key; did you mean path?", "pubic  is not a known key; did you mean public?"]
    {
        eventually("each fault is logged", || gate.stderr().contains(fault));
    }
    assert_eq!(gate.send(&Request::get("/events")).status, 200);
    assert_eq!(gate.send(&Request::get("/x").bearer(TOKEN)).status, 200);
}
