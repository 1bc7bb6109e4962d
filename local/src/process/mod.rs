//! Children whose end is ours: each in a group of its own, so that Ctrl-C reaches only us and we
//! stop them in order; each bound to our life; each on record, for the case that we are killed.

mod kill;
mod registry;
mod table;
mod tool;

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpgid};

use crate::error::{Error, Result};
use crate::signal;
use kill::{POLL_INTERVAL, kill_group};
pub use registry::{Identity, Registry, Running, stop_leftovers};
pub use table::members;
pub use tool::{Ended, From, Tool, one_line};

/// A command that runs in a group of its own and ends when we do, even when we are killed.
pub fn command(program: impl AsRef<Path>) -> Command {
    let mut command = companion(program);
    command.process_group(0).stdin(Stdio::null());
    command
}

/// A command that shares our terminal and our Ctrl-C, and ends when we do.
///
/// On Linux the program is started by way of ourselves (`bound`), which asks the kernel for
/// SIGTERM at the parent's death and then becomes the program.
pub fn companion(program: impl AsRef<Path>) -> Command {
    if cfg!(target_os = "linux") {
        let mut command = myself();
        command
            .arg(BOUND)
            .arg(std::process::id().to_string())
            .arg(program.as_ref());
        command
    } else {
        Command::new(program.as_ref())
    }
}

/// This very program, even when a newer one has been built in its place.
pub fn myself() -> Command {
    if cfg!(target_os = "linux") {
        let mut command = Command::new("/proc/self/exe");
        command.arg0("local");
        return command;
    }
    Command::new(std::env::current_exe().unwrap_or_else(|_| PathBuf::from("local")))
}

/// First argument of ourselves as `command` starts it.
pub const BOUND: &str = "__bound";

/// Becomes the program; only comes back when that fails. Nothing to bind to: ends at once.
pub fn bound(mut arguments: impl Iterator<Item = std::ffi::OsString>) -> String {
    let parent = arguments
        .next()
        .and_then(|text| text.to_str()?.parse::<i32>().ok());
    let Some(program) = arguments.next() else {
        return format!("{BOUND}: no program");
    };
    #[cfg(target_os = "linux")]
    {
        let _ = rustix::process::set_parent_process_death_signal(Some(Signal::TERM));
    }
    if parent != rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get()) {
        return format!("{BOUND}: the parent is gone");
    }
    let error = Command::new(&program).args(arguments).exec();
    format!("cannot start {}: {error}", program.display())
}

/// A child and its group.
#[derive(Debug)]
pub struct Group<'a> {
    child: Child,
    pid: Pid,
    registry: &'a Registry,
    status: Option<ExitStatus>,
    ended: bool,
}

impl<'a> Group<'a> {
    /// Starts it from the calling thread, which must outlive it: the kernel binds a child to the thread.
    pub fn start(name: &'static str, command: &mut Command, registry: &'a Registry) -> Result<Group<'a>> {
        let child = command
            .spawn()
            .map_err(|error| Error::said(format!("cannot start {name}: {error}")))?;
        let raw = child.id().cast_signed();
        let pid = Pid::from_raw(raw).ok_or_else(|| Error::said(format!("{name} has no process id")))?;
        let mut group = Group {
            child,
            pid,
            registry,
            status: None,
            ended: false,
        };
        if let Some(identity) = Identity::of(name, raw)
            && let Err(error) = registry.change(|running| running.children.push(identity))
        {
            group.kill();
            return Err(error);
        }
        Ok(group)
    }

    pub fn id(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// How it ended, if it has.
    pub fn poll(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().ok().flatten();
        }
        self.status
    }

    pub fn signal(&mut self, signal: Signal) {
        if self.poll().is_none() {
            let _ = kill_process(self.pid, signal);
        }
    }

    /// Waits for its end, through Ctrl-C; a second one cuts the wait short.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let end = Instant::now() + limit;
        while self.poll().is_none() && Instant::now() < end && !signal::impatient() {
            std::thread::sleep(POLL_INTERVAL);
        }
        self.poll()
    }

    /// Asks it to end, waits, then ends what is left of its group. Answers how it ended by itself.
    pub fn stop(&mut self, ask: Signal, limit: Duration) -> Option<ExitStatus> {
        self.signal(ask);
        let ended = self.wait(limit);
        self.kill();
        ended
    }

    /// Ends the group at once, and takes it off the record.
    pub fn kill(&mut self) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        kill_group(self.pid);
        if let Ok(status) = self.child.wait() {
            self.status.get_or_insert(status);
        }
        reap(self.pid);
        let pid = self.id();
        let _ = self
            .registry
            .change(|running| running.children.retain(|child| child.pid != pid));
    }
}

impl Drop for Group<'_> {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Makes orphans of our children ours, so that none stays a zombie where the first process does not reap.
pub fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    {
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    }
}

/// Takes the ended orphans of a group off the process table.
fn reap(group: Pid) {
    let end = Instant::now() + Duration::from_secs(1);
    while let Ok(found) = waitpgid(group, WaitOptions::NOHANG) {
        if found.is_none() {
            if Instant::now() > end {
                return;
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }
}
