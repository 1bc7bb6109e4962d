//! The program itself, on a cloud of a test's own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::cloud::{Cloud, USER};

/// A transcoder that runs one job at a time, and ends with the test.
pub struct Transcoder {
    pub url: String,
    pub state: TempDir,
    cloud: Cloud,
    process: Child,
}

impl Transcoder {
    pub fn start(cloud: &Cloud) -> Self {
        let state = tempfile::tempdir().unwrap();
        let keys = json!({ "access_key_id": USER, "secret_access_key": "s" });
        std::fs::write(state.path().join("credentials.json"), keys.to_string()).unwrap();
        let (process, url) = spawn(cloud, state.path());
        Self {
            url,
            state,
            cloud: cloud.clone(),
            process,
        }
    }

    /// Kills it, and starts it again on what it has kept.
    pub fn restart(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        (self.process, self.url) = spawn(&self.cloud, self.state.path());
    }
}

impl Drop for Transcoder {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(cloud: &Cloud, state: &Path) -> (Child, String) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_transcoder"))
        .args(["--port", "0", "--max-jobs", "1", "--endpoint-url", &cloud.url])
        .arg("--state")
        .arg(state)
        .arg("--ffmpeg")
        .arg(super::ffmpeg())
        .arg("--credentials")
        .arg(state.join("credentials.json"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
    let address = lines.by_ref().find_map(|line| {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        line["address"].as_str().map(str::to_owned)
    });
    // A pipe that nobody reads would hold it up; what fails shows in the test's output.
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| eprintln!("{line}")));
    (process, format!("http://{}", address.unwrap()))
}
