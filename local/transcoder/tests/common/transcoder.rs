//! The transcoder's program, with a fake cloud for each test.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::cloud::{TestCloud, USER};

/// A transcoder that ends with the test.
pub struct TranscoderProcess {
    pub url: String,
    pub state: TempDir,
    cloud: TestCloud,
    ffmpeg: PathBuf,
    max_jobs: u16,
    process: Child,
}

impl TranscoderProcess {
    /// Starts a transcoder that runs one job at a time.
    pub fn start(cloud: &TestCloud) -> Self {
        Self::start_with(cloud, super::ffmpeg(), 1)
    }

    pub fn start_with(cloud: &TestCloud, ffmpeg: PathBuf, max_jobs: u16) -> Self {
        let state = tempfile::tempdir().unwrap();
        let keys = json!({ "access_key_id": USER, "secret_access_key": "s" });
        std::fs::write(state.path().join("credentials.json"), keys.to_string()).unwrap();
        let (process, url) = spawn(cloud, state.path(), &ffmpeg, max_jobs);
        Self {
            url,
            state,
            cloud: cloud.clone(),
            ffmpeg,
            max_jobs,
            process,
        }
    }

    /// Kills the transcoder and restarts it with its stored state.
    pub fn restart(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let state = self.state.path();
        (self.process, self.url) = spawn(&self.cloud, state, &self.ffmpeg, self.max_jobs);
    }
}

impl Drop for TranscoderProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(cloud: &TestCloud, state: &Path, ffmpeg: &Path, max_jobs: u16) -> (Child, String) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_transcoder"))
        .args(["--port", "0", "--endpoint-url", &cloud.url])
        .args(["--max-jobs", &max_jobs.to_string()])
        .arg("--state")
        .arg(state)
        .arg("--ffmpeg")
        .arg(ffmpeg)
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
    // An unread pipe would block the program; its output shows failures in the test's output.
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| eprintln!("{line}")));
    (process, format!("http://{}", address.unwrap()))
}
