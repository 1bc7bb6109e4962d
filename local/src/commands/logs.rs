//! `logs`: what the stack's parts and its functions had to say.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::access::require_running;
use crate::error::{Error, Result};
use crate::paths::Paths;
use crate::signal;
use crate::stack::{Description, logs};

const NAMES: [&str; 5] = ["local", "terraform", "emulator", "transcoder", "functions"];

pub fn run(paths: &Paths, follow: bool, count: usize) -> Result<u8> {
    let stack = require_running(paths).ok();
    let mut found = false;
    for name in NAMES {
        let lines = match (name, &stack) {
            ("functions", Some(stack)) => of_functions(stack, 0)?.into_iter().map(|line| line.1).collect(),
            _ => last_lines(&paths.log(name)),
        };
        if !lines.is_empty() {
            found = true;
            let last = lines[lines.len().saturating_sub(count)..].join("\n");
            if !print(&format!("==> {name}\n{last}\n")) {
                return Ok(0);
            }
        }
    }
    if !found {
        let logs = paths.logs();
        return Err(Error::said(format!(
            "no logs in {}: nothing has run here yet",
            paths.short(&logs)
        )));
    }
    if follow {
        go_on(paths, stack.as_ref())
    } else {
        Ok(0)
    }
}

/// Whether anybody still reads.
fn print(text: &str) -> bool {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok()
}

fn last_lines(path: &Path) -> Vec<String> {
    let text = fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn of_functions(stack: &Description, since: i64) -> Result<Vec<(i64, String)>> {
    logs::lines(stack, since)
}

/// A log that grows.
struct Tail {
    name: &'static str,
    path: PathBuf,
    at: u64,
}

impl Tail {
    /// What has come since; a log that was put aside begins anew.
    fn more(&mut self) -> Option<String> {
        let mut file = File::open(&self.path).ok()?;
        let length = file.metadata().ok()?.len();
        if length < self.at {
            self.at = 0;
        }
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(self.at)).ok()?;
        file.read_to_end(&mut bytes).ok()?;
        // Whole lines only.
        let end = bytes.iter().rposition(|byte| *byte == b'\n')? + 1;
        self.at += end as u64;
        Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
    }
}

fn go_on(paths: &Paths, stack: Option<&Description>) -> Result<u8> {
    let tail = |name| {
        let path = paths.log(name);
        let at = fs::metadata(&path).map_or(0, |data| data.len());
        Tail { name, path, at }
    };
    let mut tails: Vec<Tail> = NAMES.into_iter().map(tail).collect();
    let mut since = chrono::Utc::now().timestamp_millis();
    while signal::pause(Duration::from_millis(500)).is_ok() {
        let mut text = String::new();
        for tail in &mut tails {
            let name = tail.name;
            for line in tail.more().unwrap_or_default().lines() {
                text.push_str(&format!("{name}: {line}\n"));
            }
        }
        // A stack that has ended meanwhile has no more to say.
        let lines = stack
            .and_then(|stack| of_functions(stack, since).ok())
            .unwrap_or_default();
        for (time, line) in lines {
            since = since.max(time + 1);
            text.push_str(&format!("functions: {line}\n"));
        }
        if !print(&text) {
            break;
        }
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_growing_log_gives_whole_lines_once() {
        let path = std::env::temp_dir().join(format!("local-tail-{}.log", std::process::id()));
        fs::write(&path, "one\ntw").unwrap();
        let mut tail = Tail {
            name: "local",
            path: path.clone(),
            at: 0,
        };
        assert_eq!(tail.more().as_deref(), Some("one\n"));
        assert_eq!(tail.more(), None);
        fs::write(&path, "one\ntwo\n").unwrap();
        assert_eq!(tail.more().as_deref(), Some("two\n"));
        fs::remove_file(path).unwrap();
    }
}
