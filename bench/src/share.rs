//! The CPU share that Lambda gives with 128 MB, by a control group of the kernel.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

/// "At 1,769 MB, a function has the equivalent of one vCPU", and CPU is in proportion to memory ("Configure Lambda function
/// memory" in the AWS Lambda Developer Guide).
const MEMORY: u64 = 128;
const MEMORY_OF_ONE_CPU: u64 = 1769;

/// A control group with that share. Removed when dropped; its processes must have ended.
pub struct CpuShare {
    folder: PathBuf,
    /// The period after which a process that has used its share continues.
    pub period: Duration,
}

/// Why this machine cannot limit the share.
#[derive(Debug, Error)]
#[error("no control group can be created: {folder}: {source}")]
pub struct ShareError {
    folder: PathBuf,
    source: io::Error,
}

impl CpuShare {
    /// Creates the group: version 1 of control groups where the `cpu` controller is mounted, otherwise version 2.
    pub fn new(period: Duration) -> Result<Self, ShareError> {
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        let (parent, is_first_version) = match (find_v1(&mounts, &own), find_v2(&mounts, &own)) {
            (Some(parent), _) => (parent, true),
            (None, Some(parent)) => (parent, false),
            (None, None) => (PathBuf::from("/sys/fs/cgroup"), false),
        };
        let folder = parent.join(format!(
            "video-responses-bench-{}-{}",
            std::process::id(),
            period.as_millis()
        ));
        let failed = |source| ShareError {
            folder: folder.clone(),
            source,
        };
        fs::create_dir(&folder).map_err(failed)?;
        let share = Self {
            folder: folder.clone(),
            period,
        };
        let period = u64::try_from(period.as_micros()).unwrap_or(u64::MAX);
        let quota = period * MEMORY / MEMORY_OF_ONE_CPU;
        let settings = if is_first_version {
            vec![
                ("cpu.cfs_period_us", period.to_string()),
                ("cpu.cfs_quota_us", quota.to_string()),
            ]
        } else {
            vec![("cpu.max", format!("{quota} {period}"))]
        };
        for (file, value) in settings {
            // Without the controller the file does not exist, and must not be created.
            let file = fs::OpenOptions::new().write(true).open(folder.join(file));
            let written = file.and_then(|mut file| io::Write::write_all(&mut file, value.as_bytes()));
            written.map_err(failed)?;
        }
        Ok(share)
    }

    /// Returns the period in milliseconds.
    pub fn period_ms(&self) -> u64 {
        u64::try_from(self.period.as_millis()).unwrap_or(u64::MAX)
    }

    /// Moves a process into the group.
    pub fn add(&self, process: u32) -> io::Result<()> {
        fs::write(self.folder.join("cgroup.procs"), process.to_string())
    }
}

impl Drop for CpuShare {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.folder);
    }
}

/// Returns this process's group of the `cpu` controller, version 1.
fn find_v1(mounts: &str, own: &str) -> Option<PathBuf> {
    let has_cpu = |list: &str| list.split(',').any(|word| word == "cpu");
    let mount = mounts.lines().find_map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            [_, point, "cgroup", options, ..] if has_cpu(options) => Some(*point),
            _ => None,
        }
    })?;
    let group = own.lines().find_map(|line| {
        let mut words = line.splitn(3, ':').skip(1);
        let is_cpu = words.next().is_some_and(has_cpu);
        words.next().filter(|_| is_cpu)
    })?;
    Some(Path::new(mount).join(group.trim_start_matches('/')))
}

/// Returns this process's group, version 2.
fn find_v2(mounts: &str, own: &str) -> Option<PathBuf> {
    let mount = mounts.lines().find_map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            [_, point, "cgroup2", ..] => Some(*point),
            _ => None,
        }
    })?;
    let group = own.lines().find_map(|line| line.strip_prefix("0::"))?;
    Some(Path::new(mount).join(group.trim_start_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_group_is_found_in_both_versions() {
        let mounts = "cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0\n\
                      cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0\n";
        let own = "4:cpuset:/\n3:cpu,cpuacct:/user\n0::/session\n";
        let v1 = find_v1(mounts, own).unwrap();
        assert_eq!(v1, Path::new("/sys/fs/cgroup/cpu,cpuacct/user"));
        let v2 = find_v2(mounts, own).unwrap();
        assert_eq!(v2, Path::new("/sys/fs/cgroup/unified/session"));
        let (mounts, own) = ("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n", "0::/\n");
        assert_eq!(find_v1(mounts, own), None);
        assert_eq!(find_v2(mounts, own).unwrap(), Path::new("/sys/fs/cgroup"));
    }
}
