//! `logs`: prints the logs of the stack's components and of its functions.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::paths::StackPaths;
use crate::signal;

const COMPONENTS: [&str; 5] = ["local", "terraform", "emulator", "transcoder", "functions"];
const FOLLOW_INTERVAL: Duration = Duration::from_millis(500);

/// Prints the last lines of each log; with `follow`, new lines until Ctrl-C.
pub fn run(paths: &StackPaths, follow: bool, count: usize) -> Result<u8> {
    let mut tails: Vec<LogTail> = COMPONENTS
        .into_iter()
        .map(|component| LogTail::new(component, paths.log(component)))
        .collect();
    let mut is_empty = true;
    for tail in &mut tails {
        let text = tail.read_new().unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        if lines.is_empty() {
            continue;
        }
        is_empty = false;
        let last = lines[lines.len().saturating_sub(count)..].join("\n");
        if !print(&format!("==> {}\n{last}\n", tail.component)) {
            return Ok(0);
        }
    }
    if is_empty {
        return Err(Error::message(format!(
            "no logs in {}: no stack has run there",
            paths.short(&paths.logs())
        )));
    }
    while follow && signal::pause(FOLLOW_INTERVAL).is_ok() {
        let mut text = String::new();
        for tail in &mut tails {
            for line in tail.read_new().unwrap_or_default().lines() {
                text.push_str(&format!("{}: {line}\n", tail.component));
            }
        }
        if !print(&text) {
            break;
        }
    }
    Ok(0)
}

/// Prints a text. Returns whether the reader is still there.
fn print(text: &str) -> bool {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok()
}

/// A log, and how far it was read.
struct LogTail {
    component: &'static str,
    path: PathBuf,
    position: u64,
}

impl LogTail {
    fn new(component: &'static str, path: PathBuf) -> LogTail {
        LogTail {
            component,
            path,
            position: 0,
        }
    }

    /// Returns the complete lines that were added since the last call. A log that was replaced is read from its start.
    fn read_new(&mut self) -> Option<String> {
        let mut file = File::open(&self.path).ok()?;
        if length(&self.path) < self.position {
            self.position = 0;
        }
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(self.position)).ok()?;
        file.read_to_end(&mut bytes).ok()?;
        let end = bytes.iter().rposition(|byte| *byte == b'\n')? + 1;
        self.position += end as u64;
        Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |data| data.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_lines_are_read_once() {
        let path = std::env::temp_dir().join(format!("local-tail-{}.log", std::process::id()));
        fs::write(&path, "one\ntw").unwrap();
        let mut tail = LogTail::new("local", path.clone());
        assert_eq!(tail.read_new().as_deref(), Some("one\n"));
        assert_eq!(tail.read_new(), None);
        fs::write(&path, "one\ntwo\n").unwrap();
        assert_eq!(tail.read_new().as_deref(), Some("two\n"));
        fs::remove_file(path).unwrap();
    }
}
