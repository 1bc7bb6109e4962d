//! Processes of this machine: from `/proc` on Linux, from `ps` elsewhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};

use crate::Stack;

/// Kills the process that has a connection from one port of this machine to another, with SIGKILL, unless it is this
/// process; returns whether there was one. Linux only.
pub fn kill_peer(from: u16, to: u16) -> bool {
    let owner = peer_process(from, to).filter(|pid| *pid != std::process::id().cast_signed());
    let owner = owner.and_then(Pid::from_raw);
    owner.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
}

/// Finds the connection's socket in `/proc/net/tcp`, then the process that has this socket.
fn peer_process(from: u16, to: u16) -> Option<i32> {
    let table = fs::read_to_string("/proc/net/tcp").ok()?;
    let (from, to) = (format!(":{from:04X}"), format!(":{to:04X}"));
    let socket = table.lines().skip(1).find_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let is_it = columns.get(1)?.ends_with(&from) && columns.get(2)?.ends_with(&to);
        is_it.then(|| columns.get(9).map(|inode| format!("socket:[{inode}]")))?
    })?;
    let owns = |folder: &Path| {
        let files = fs::read_dir(folder.join("fd")).into_iter().flatten().flatten();
        files
            .filter_map(|file| fs::read_link(file.path()).ok())
            .any(|target| target.to_string_lossy() == socket)
    };
    let pids = fs::read_dir("/proc").ok()?.flatten();
    let mut pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.find(|pid| owns(Path::new(&format!("/proc/{pid}"))))
}

/// Kills the processes with a matching command line, with SIGKILL; returns how many there were. Linux only.
pub fn kill(is_it: impl Fn(&str) -> bool) -> usize {
    let processes = fs::read_dir("/proc").expect("/proc").flatten();
    let pid = |entry: fs::DirEntry| {
        let process = of_proc(&entry.path()).filter(|process| is_it(&process.command))?;
        let pid = entry.file_name().to_str()?.parse().ok()?;
        Some((Pid::from_raw(pid)?, process))
    };
    let killed = |(pid, _): &(Pid, Process)| kill_process(*pid, Signal::KILL).is_ok();
    processes.filter_map(pid).filter(killed).count()
}

/// A running process.
#[derive(Clone, Debug, Default)]
pub struct Process {
    /// Its command line.
    pub command: String,
    /// Its initial environment variables; Linux only.
    pub environment: BTreeMap<String, String>,
    /// Its working folder; Linux only.
    pub folder: PathBuf,
    /// Its peak memory in bytes; on systems other than Linux its current memory.
    pub memory: u64,
}

/// Returns the processes of this machine that this user may inspect.
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

/// Reads a process from its folder in `/proc`; `None` if it has ended meanwhile.
fn of_proc(folder: &Path) -> Option<Process> {
    let text = |file: &str| Some(String::from_utf8_lossy(&fs::read(folder.join(file)).ok()?).into_owned());
    let command = text("cmdline")?.trim_end_matches('\0').replace('\0', " ");
    let environment = text("environ")?;
    let variables = environment
        .split('\0')
        .filter_map(|variable| variable.split_once('='));
    // A zombie process has neither.
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

/// Parses `12345 /path/of/a/program its arguments`.
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
    /// Returns the processes of this stack's functions: the emulator starts them in a folder whose name has its port.
    pub fn functions(&self) -> Vec<Process> {
        let port = self.info.aws_endpoint_url.rsplit(':').next().unwrap_or_default();
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
    fn own_process_is_found() {
        let own = std::env::current_exe().unwrap();
        let name = own.file_name().unwrap().to_str().unwrap();
        let found = all()
            .into_iter()
            .find(|process| process.command.contains(name))
            .unwrap();
        assert!((1_000_000..1_000_000_000).contains(&found.memory), "{found:?}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn owner_of_a_connection_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (from, to) = (stream.local_addr().unwrap(), listener.local_addr().unwrap());
        let owner = peer_process(from.port(), to.port());
        assert_eq!(owner, Some(std::process::id().cast_signed()));
    }

    #[test]
    fn ps_line_is_parsed() {
        let process = of_ps("  2048 /bin/sleep 30").unwrap();
        assert_eq!(
            (process.memory, process.command.as_str()),
            (2048 * 1024, "/bin/sleep 30")
        );
    }
}
