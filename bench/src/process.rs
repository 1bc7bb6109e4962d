//! A process that is prepared first and started later, with its CPU time and memory.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A program with its arguments and its whole environment.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its environment variables: it has no others.
    pub environment: Vec<(String, String)>,
    /// The file to which its output is appended.
    pub log: PathBuf,
}

/// A shell that waits for a line and then becomes the program. It can be put into a control group before the start, and
/// the start does not depend on the size of the process that requests it.
pub struct PreparedProcess {
    child: Child,
    /// The CPU time of the shell.
    cpu_before: Duration,
}

/// A running program, killed when dropped.
pub struct RunningProcess {
    child: Child,
    cpu_before: Duration,
    /// When the program was started.
    pub started_at: Instant,
}

/// The time after which the shell certainly waits.
const PREPARATION_LIMIT: Duration = Duration::from_secs(10);

/// The time after which an idle program certainly sleeps.
const SLEEP_LIMIT: Duration = Duration::from_millis(100);

impl PreparedProcess {
    /// Prepares a program.
    pub fn new(launch: &Launch) -> io::Result<Self> {
        let log = File::options().create(true).append(true).open(&launch.log)?;
        let child = Command::new("/bin/sh")
            .args(["-c", "read -r line && exec \"$@\"", "sh"])
            .arg(&launch.program)
            .args(&launch.arguments)
            .env_clear()
            .envs(launch.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let mut prepared = Self {
            child,
            cpu_before: Duration::ZERO,
        };
        prepared.wait_until_blocked()?;
        prepared.cpu_before = cpu_time(prepared.id())?;
        Ok(prepared)
    }

    /// Returns the process id, which the program keeps.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Starts the program.
    pub fn start(mut self) -> io::Result<RunningProcess> {
        let mut input = self.child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let started_at = Instant::now();
        input.write_all(b"\n")?;
        Ok(RunningProcess {
            child: self.child,
            cpu_before: self.cpu_before,
            started_at,
        })
    }

    /// Waits until the shell waits for its line.
    fn wait_until_blocked(&mut self) -> io::Result<()> {
        let deadline = Instant::now() + PREPARATION_LIMIT;
        let name = format!("/proc/{}/comm", self.id());
        while fs::read_to_string(&name)? != "sh\n" || !is_asleep(self.id())? {
            if Instant::now() > deadline {
                return Err(io::ErrorKind::TimedOut.into());
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }
}

impl RunningProcess {
    /// Returns the CPU time since the start, of all threads that still exist, in user mode and in the kernel. Waits until
    /// they sleep: the kernel adds the time of a thread that runs when it next stops.
    pub fn cpu_time(&self) -> io::Result<Duration> {
        let deadline = Instant::now() + SLEEP_LIMIT;
        while !is_asleep(self.child.id())? && Instant::now() < deadline {
            thread::yield_now();
        }
        Ok(cpu_time(self.child.id())?.saturating_sub(self.cpu_before))
    }

    /// Returns the maximum of the resident memory so far, in KiB.
    pub fn peak_memory(&self) -> io::Result<u64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_ascii_whitespace().next()?.parse().ok());
        number.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

impl Drop for RunningProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns whether all threads of a process sleep.
fn is_asleep(process: u32) -> io::Result<bool> {
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let text = fs::read_to_string(thread?.path().join("stat"))?;
        // The state follows the name, which is in parentheses.
        if text
            .rsplit_once(") ")
            .is_none_or(|(_, rest)| !rest.starts_with('S'))
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Sums the time on a CPU of a process's threads. Source: "/proc/<pid>/schedstat" in the kernel's
/// `Documentation/scheduler/sched-stats.rst`; nanoseconds, unlike the ticks of `/proc/<pid>/stat`.
fn cpu_time(process: u32) -> io::Result<Duration> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let text = fs::read_to_string(thread?.path().join("schedstat"))?;
        let first = text.split_ascii_whitespace().next();
        nanoseconds += first.and_then(|first| first.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// Returns the last lines of a log.
pub fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_replaces_the_shell_at_the_start() {
        let log = std::env::temp_dir().join(format!("bench-process-{}", std::process::id()));
        let _ = fs::remove_file(&log);
        let launch = Launch {
            program: "/bin/sh".into(),
            arguments: ["-c", "echo \"$GREETING $HOME.\"; exec sleep 60"]
                .map(Into::into)
                .into(),
            environment: vec![
                ("GREETING".into(), "hello".into()),
                ("PATH".into(), "/usr/bin:/bin".into()),
            ],
            log: log.clone(),
        };
        let prepared = PreparedProcess::new(&launch).unwrap();
        assert_eq!(tail(&log), "", "the program has not started");
        let id = prepared.id();
        let running = prepared.start().unwrap();
        let name = format!("/proc/{id}/comm");
        let deadline = Instant::now() + Duration::from_secs(10);
        while fs::read_to_string(&name).unwrap() != "sleep\n" && Instant::now() < deadline {
            thread::yield_now();
        }
        assert_eq!(tail(&log), "hello .", "the environment is the given one");
        assert!(running.cpu_time().unwrap() > Duration::ZERO);
        assert!(running.peak_memory().unwrap() > 100);
        drop(running);
        assert!(!Path::new(&name).exists(), "the process was killed");
        fs::remove_file(log).unwrap();
    }
}
