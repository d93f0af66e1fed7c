//! A real Prometheus, with what stands in `deploy/prometheus`.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tempfile::TempDir;

use super::{Connection, Reply, Request, eventually};

/// A running Prometheus; ended when dropped.
pub struct Prometheus {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

/// A file that operators take over.
pub fn deployed(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(path)
}

impl Prometheus {
    /// Looks at these every second.
    pub fn watching(targets: &[SocketAddr]) -> Self {
        let folder = TempDir::new().unwrap();
        let mut settings = std::fs::read_to_string(deployed("prometheus/prometheus.yaml")).unwrap();
        let targets = targets.iter().map(SocketAddr::to_string).collect::<Vec<_>>().join("\", \"");
        for (there, here) in [("_interval: 15s", "_interval: 1s"), ("[127.0.0.1:8081]", &format!("[\"{targets}\"]"))] {
            assert!(settings.contains(there), "{settings}");
            settings = settings.replace(there, here);
        }
        let file = folder.path().join("prometheus.yaml");
        std::fs::write(&file, settings).unwrap();
        std::fs::copy(deployed("prometheus/alerts.yaml"), folder.path().join("alerts.yaml")).unwrap();
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", file.display()));
        command.arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()));
        command.args(["--web.listen-address=127.0.0.1:0", "--log.format=json"]);
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("make test installs prometheus");
        let address = address(child.stderr.take().unwrap());
        let prometheus = Self { child, address, _folder: folder };
        eventually("Prometheus is ready", || prometheus.send("/-/ready").status == 200);
        prometheus
    }

    /// The values of an instant query, as they are now.
    pub fn ask(&self, query: &str) -> Vec<f64> {
        let data = self.get(&format!("query?query={}", utf8_percent_encode(query, NON_ALPHANUMERIC)));
        let number = |sample: &Value| sample["value"][1].as_str().unwrap().parse().unwrap();
        data["result"].as_array().unwrap_or_else(|| panic!("{query}: {data}")).iter().map(number).collect()
    }

    /// The rules, and how they fare.
    pub fn rules(&self) -> Vec<Value> {
        let groups = self.get("rules")["groups"].take();
        groups.as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap().clone()).collect()
    }

    fn get(&self, target: &str) -> Value {
        let mut answer = self.send(&format!("/api/v1/{target}")).json();
        assert_eq!(answer["status"], "success", "{target}: {answer}");
        answer["data"].take()
    }

    fn send(&self, target: &str) -> Reply {
        Connection::open(self.address).send(&Request::get(target).header("Connection", "close"))
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// From the line that says so; what comes after it is read and forgotten.
fn address(stderr: ChildStderr) -> SocketAddr {
    let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
    let mut said = String::new();
    let found = lines.find_map(|line| {
        said = format!("{said}{line}\n");
        let line: Value = serde_json::from_str(&line).ok()?;
        (line["msg"] == "Listening on").then(|| line["address"].as_str()?.parse().ok())?
    });
    std::thread::spawn(move || lines.for_each(drop));
    found.unwrap_or_else(|| panic!("Prometheus does not start:\n{said}"))
}
