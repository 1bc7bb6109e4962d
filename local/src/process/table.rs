//! Reads the operating system's table of processes.

use std::fs;
use std::process::Command;

/// Returns the start time of a running process: boot id and clock tick on Linux, the text of `ps` elsewhere.
pub fn start_time(pid: i32) -> Option<String> {
    if cfg!(target_os = "linux") {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name in parentheses may contain any character; the fields after the last parenthesis have a fixed format.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let state = fields.next()?;
        let tick = fields.nth(18)?;
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        (state != "Z").then(|| format!("{}/{tick}", boot.trim()))
    } else {
        let ps = Command::new("ps")
            .args(["-o", "lstart=", "-p", &pid.to_string()])
            .output()
            .ok()?;
        let text = String::from_utf8(ps.stdout).ok()?.trim().to_owned();
        (!text.is_empty()).then_some(text)
    }
}

/// Returns the running processes of a group without its leader.
pub fn group_members(group: i32) -> Vec<i32> {
    processes()
        .into_iter()
        .filter(|(pid, their_group)| *their_group == group && *pid != group)
        .map(|(pid, _)| pid)
        .collect()
}

/// Returns each running process with its group.
fn processes() -> Vec<(i32, i32)> {
    if cfg!(target_os = "linux") {
        let Ok(entries) = fs::read_dir("/proc") else {
            return Vec::new();
        };
        let pids = entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        pids.filter_map(|pid| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
            let is_running = fields.next()? != "Z";
            let group = fields.nth(1)?.parse().ok()?;
            is_running.then_some((pid, group))
        })
        .collect()
    } else {
        let Ok(ps) = Command::new("ps").args(["-A", "-o", "pid=,pgid="]).output() else {
            return Vec::new();
        };
        let text = String::from_utf8_lossy(&ps.stdout).into_owned();
        let pairs = text.lines().filter_map(|line| {
            let (pid, group) = line.trim().split_once(char::is_whitespace)?;
            Some((pid.parse().ok()?, group.trim().parse().ok()?))
        });
        pairs.collect()
    }
}
