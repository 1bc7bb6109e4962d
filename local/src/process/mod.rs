//! Child processes. Each runs in its own process group, so that Ctrl-C reaches this process only, which then stops
//! its children in order. Each ends with this process, even if this process is killed.

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
pub(crate) use registry::{ProcessIdentity, ProcessRegistry, RunRecord, stop_leftovers};
pub(crate) use table::group_members;
pub use tool::{OutputStream, Tool, ToolResult, single_line};

/// Returns a command that runs in its own process group, without input, and ends with this process.
pub fn command(program: impl AsRef<Path>) -> Command {
    let mut command = foreground_command(program);
    command.process_group(0).stdin(Stdio::null());
    command
}

/// Returns a command that shares the terminal and Ctrl-C with this process, and ends with it.
///
/// On Linux this program starts itself as an intermediate (`exec_bound`), which has the kernel send SIGTERM when the
/// parent ends and then becomes the program.
pub(crate) fn foreground_command(program: impl AsRef<Path>) -> Command {
    if cfg!(target_os = "linux") {
        let mut command = this_program();
        command
            .arg(BOUND)
            .arg(std::process::id().to_string())
            .arg(program.as_ref());
        command
    } else {
        Command::new(program.as_ref())
    }
}

/// Returns a command that starts this program, also when a newer build has replaced its file.
pub(crate) fn this_program() -> Command {
    if cfg!(target_os = "linux") {
        let mut command = Command::new("/proc/self/exe");
        if let Some(name) = std::env::args_os().next() {
            command.arg0(name);
        }
        return command;
    }
    Command::new(std::env::current_exe().unwrap_or_else(|_| PathBuf::from("local")))
}

/// The first argument that makes this program call `exec_bound`.
pub(crate) const BOUND: &str = "__bound";

/// Becomes the program in `arguments` (parent's process id, program, its arguments), bound to the parent.
/// Returns an error message if that fails or the parent has ended.
pub(crate) fn exec_bound(mut arguments: impl Iterator<Item = std::ffi::OsString>) -> String {
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
        return format!("{BOUND}: the parent has ended");
    }
    let error = Command::new(&program).args(arguments).exec();
    format!("cannot start {}: {error}", program.display())
}

/// A child process and its process group.
#[derive(Debug)]
pub(crate) struct ChildGroup<'a> {
    child: Child,
    pid: Pid,
    registry: &'a ProcessRegistry,
    status: Option<ExitStatus>,
    is_killed: bool,
}

impl<'a> ChildGroup<'a> {
    /// Starts a command and registers it. The calling thread must outlive the child: the kernel binds a child to it.
    pub fn start(
        name: &'static str,
        command: &mut Command,
        registry: &'a ProcessRegistry,
    ) -> Result<ChildGroup<'a>> {
        let child = command
            .spawn()
            .map_err(|error| Error::message(format!("cannot start {name}: {error}")))?;
        let raw = child.id().cast_signed();
        let pid = Pid::from_raw(raw).ok_or_else(|| Error::message(format!("{name} has no process id")))?;
        let mut group = ChildGroup {
            child,
            pid,
            registry,
            status: None,
            is_killed: false,
        };
        if let Some(identity) = ProcessIdentity::of(name, raw)
            && let Err(error) = registry.update(|run| run.children.push(identity))
        {
            group.kill();
            return Err(error);
        }
        Ok(group)
    }

    pub fn id(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Returns the exit status of the child if it has ended.
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

    /// Waits up to `limit` for the end of the child. A second Ctrl-C ends the wait.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let end = Instant::now() + limit;
        while self.poll().is_none() && Instant::now() < end && !signal::force_quit() {
            std::thread::sleep(POLL_INTERVAL);
        }
        self.poll()
    }

    /// Waits for the end of the child as long as it takes. A second Ctrl-C ends the wait.
    pub fn wait_without_limit(&mut self) -> Option<ExitStatus> {
        while self.poll().is_none() && !signal::force_quit() {
            std::thread::sleep(POLL_INTERVAL);
        }
        self.poll()
    }

    /// Sends a signal, waits up to `limit`, then kills what is left of the group.
    /// Returns the exit status if the child ended in time.
    pub fn stop(&mut self, signal: Signal, limit: Duration) -> Option<ExitStatus> {
        self.signal(signal);
        let status = self.wait(limit);
        self.kill();
        status
    }

    /// Kills the group and removes it from the registry.
    pub fn kill(&mut self) {
        if std::mem::replace(&mut self.is_killed, true) {
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
            .update(|run| run.children.retain(|child| child.pid != pid));
    }
}

impl Drop for ChildGroup<'_> {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Adopts the orphans of child processes: in some containers the first process does not reap them.
pub(crate) fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    {
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    }
}

/// Reaps the adopted orphans of a group that have ended, for up to one second.
fn reap(group: Pid) {
    let end = Instant::now() + Duration::from_secs(1);
    while let Ok(reaped) = waitpgid(group, WaitOptions::NOHANG) {
        if reaped.is_none() {
            if Instant::now() > end {
                return;
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }
}
