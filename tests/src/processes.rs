//! Processes on this machine: as Linux shows them, and elsewhere what `ps` tells of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Stack;

/// A process that runs.
#[derive(Clone, Debug, Default)]
pub struct Process {
    /// What it was started as.
    pub command: String,
    /// The variables that it was started with; Linux only.
    pub environment: BTreeMap<String, String>,
    /// The folder that it works in; Linux only.
    pub folder: PathBuf,
    /// The most memory that it ever held, in bytes; elsewhere than on Linux what it holds now.
    pub memory: u64,
}

/// The processes of this machine, or those of them that we may look at.
pub fn all() -> Vec<Process> {
    if cfg!(target_os = "linux") {
        let entries = fs::read_dir("/proc").expect("/proc");
        return entries
            .flatten()
            .filter_map(|entry| of_proc(&entry.path()))
            .collect();
    }
    let ps = Command::new("ps")
        .args(["-axww", "-o", "rss=,command="])
        .output()
        .expect("ps");
    String::from_utf8_lossy(&ps.stdout)
        .lines()
        .filter_map(of_ps)
        .collect()
}

/// A process by its folder in `/proc`; one that has ended meanwhile is none.
fn of_proc(folder: &Path) -> Option<Process> {
    let text = |file: &str| Some(String::from_utf8_lossy(&fs::read(folder.join(file)).ok()?).into_owned());
    let command = text("cmdline")?.trim_end_matches('\0').replace('\0', " ");
    let environment = text("environ")?;
    let variables = environment
        .split('\0')
        .filter_map(|variable| variable.split_once('='));
    // One that has ended, and that nobody has asked about yet, has neither.
    let status = text("status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = peak.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(Process {
        command,
        environment: variables
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        folder: fs::read_link(folder.join("cwd")).ok()?,
        memory: kilobytes * 1024,
    })
}

/// `12345 /path/of/a/program its arguments`
fn of_ps(line: &str) -> Option<Process> {
    let (kilobytes, command) = line.trim().split_once(' ')?;
    let memory = kilobytes.parse::<u64>().ok()? * 1024;
    Some(Process {
        command: command.to_owned(),
        memory,
        ..Process::default()
    })
}

impl Stack {
    /// The processes of this stack's functions: the emulator starts them from a folder that has its port.
    pub fn functions(&self) -> Vec<Process> {
        let port = self.facts.aws_endpoint_url.rsplit(':').next().unwrap_or_default();
        let code = format!("ministack-provided-code-{port}/");
        all()
            .into_iter()
            .filter(|process| process.command.contains(&code))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_finds_itself() {
        let own = std::env::current_exe().unwrap();
        let name = own.file_name().unwrap().to_str().unwrap();
        let found = all()
            .into_iter()
            .find(|process| process.command.contains(name))
            .unwrap();
        assert!((1_000_000..1_000_000_000).contains(&found.memory), "{found:?}");
    }

    #[test]
    fn what_ps_tells_is_understood() {
        let process = of_ps("  2048 /bin/sleep 30").unwrap();
        assert_eq!(
            (process.memory, process.command.as_str()),
            (2048 * 1024, "/bin/sleep 30")
        );
    }
}
