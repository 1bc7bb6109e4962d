//! The system's table of processes, as far as we look into it.

use std::fs;
use std::process::Command;

/// When a process started: boot and clock tick on Linux, what `ps` says elsewhere.
pub fn start_of(pid: i32) -> Option<String> {
    if cfg!(target_os = "linux") {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name in parentheses may hold anything; what follows the last one is regular.
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

/// The living processes of a group, its leader apart.
pub fn members(group: i32) -> Vec<i32> {
    processes()
        .into_iter()
        .filter(|(pid, of)| *of == group && *pid != group)
        .map(|(pid, _)| pid)
        .collect()
}

/// Every living process and its group.
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
            let living = fields.next()? != "Z";
            let group = fields.nth(1)?.parse().ok()?;
            living.then_some((pid, group))
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
