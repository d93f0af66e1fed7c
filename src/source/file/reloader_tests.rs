use std::path::Path;

use super::*;
use crate::config::ConfigSource;

const TIMEOUT: Duration = Duration::from_secs(10);

fn put(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

/// A reloader of two files in a folder.
struct Running {
    folder: tempfile::TempDir,
    handle: ReloadHandle,
    metrics: Arc<Metrics>,
}

impl Running {
    /// `apply` gets the folder.
    fn start(mut apply: impl FnMut(&Path, &Loaded) -> Result<(), Diagnostics> + Send + 'static) -> Self {
        let folder = tempfile::TempDir::new().unwrap();
        put(folder.path(), "claviger.yaml", &settings(""));
        put(folder.path(), "c.yaml", "credentials: []");
        let source = ConfigSource { file: Some(folder.path().join("claviger.yaml")), overrides: Vec::new() };
        let loader = Loader::new(source);
        let loaded = loader.load().unwrap();
        let metrics = Arc::new(Metrics::new(&[], &[]).unwrap());
        let path = folder.path().to_owned();
        let apply: Publish = Box::new(move |loaded| apply(&path, loaded));
        let handle = Reloader::start(loader, loaded, apply, metrics.clone(), Clock::System).unwrap();
        Self { folder, handle, metrics }
    }

    async fn reload(&self) -> ReloadOutcome {
        tokio::time::timeout(TIMEOUT, self.handle.reload()).await.unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.handle.stop();
    }
}

fn settings(more: &str) -> String {
    format!("proxy:\n  upstream: http://127.0.0.1:9\n{more}\ncredentials: {{file: c.yaml}}\n")
}

/// Certificates are read while they are applied, after their fingerprints are taken.
#[tokio::test]
async fn a_file_that_changes_while_it_is_applied_is_applied_again() {
    let (sender, readings) = channel();
    let is_first = std::sync::atomic::AtomicBool::new(true);
    let running = Running::start(move |folder, loaded| {
        let Some(tls) = &loaded.settings.tls else { return Ok(()) };
        sender.send(std::fs::read_to_string(&tls.certificate).unwrap()).unwrap();
        if is_first.swap(false, std::sync::atomic::Ordering::Relaxed) {
            put(folder, "tls/cert.pem", "new");
        }
        Ok(())
    });
    let folder = running.folder.path();
    // Waits for the first check of the thread.
    running.reload().await;
    std::fs::create_dir(folder.join("tls")).unwrap();
    put(folder, "tls/cert.pem", "old");
    put(folder, "claviger.yaml", &settings("  tls: {certificate: tls/cert.pem, key: tls/key.pem}"));
    assert_eq!(readings.recv_timeout(TIMEOUT).as_deref(), Ok("old"));
    assert_eq!(readings.recv_timeout(TIMEOUT).as_deref(), Ok("new"));
}

#[tokio::test]
async fn a_panic_refuses_one_reload_and_the_next_one_works() {
    let is_first = std::sync::atomic::AtomicBool::new(true);
    let running = Running::start(move |_, _| {
        assert!(!is_first.swap(false, std::sync::atomic::Ordering::Relaxed), "an unexpected certificate");
        Ok(())
    });
    let ReloadOutcome::Refused(faults) = running.reload().await else { panic!("the files are in force") };
    assert_eq!(faults.to_string(), "claviger panicked while it applied the files; please report this");
    let refused = "claviger_config_reloads_total{result=\"failure\"} 1";
    let metrics = running.metrics.render().unwrap();
    assert!(metrics.contains(refused), "{metrics}");

    assert!(matches!(running.reload().await, ReloadOutcome::Published(_)));
    put(running.folder.path(), "c.yaml", "credentials: [5]");
    assert!(matches!(running.reload().await, ReloadOutcome::Refused(_)), "reloads have stopped");
}
