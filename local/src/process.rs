//! Children whose end is ours: each in a group of its own, so that Ctrl-C reaches only us and we
//! stop them in order; each bound to our life; each on record, for the case that we are killed.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, WaitOptions, kill_process, kill_process_group, test_kill_process_group, waitpgid,
};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, says_disk_full};
use crate::{files, signal};

const POLL: Duration = Duration::from_millis(20);

/// A process as it can be known again later: a pid alone may belong to a stranger by then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub name: String,
    pub pid: i32,
    /// When it started, as the system tells it.
    pub started: String,
}

impl Identity {
    pub fn of(name: &str, pid: i32) -> Option<Identity> {
        Some(Identity {
            name: name.to_owned(),
            pid,
            started: start_of(pid)?,
        })
    }

    pub fn alive(&self) -> bool {
        start_of(self.pid).is_some_and(|started| started == self.started)
    }

    pub fn signal(&self, signal: Signal) {
        if self.alive()
            && let Some(pid) = Pid::from_raw(self.pid)
        {
            let _ = kill_process(pid, signal);
        }
    }
}

/// When a process started: boot and clock tick on Linux, what `ps` says elsewhere.
fn start_of(pid: i32) -> Option<String> {
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

/// Who runs this stack and what it started, on disk.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Running {
    pub supervisor: Option<Identity>,
    /// The stack is up: others may use it.
    #[serde(default)]
    pub ready: bool,
    pub children: Vec<Identity>,
}

/// The record of children, written at each start and end.
#[derive(Debug)]
pub struct Registry {
    path: PathBuf,
    running: Mutex<Running>,
}

impl Registry {
    pub fn begin(path: &Path) -> Result<Registry> {
        let supervisor = Identity::of("local", std::process::id().cast_signed());
        let running = Running {
            supervisor,
            ready: false,
            children: Vec::new(),
        };
        files::write_json(path, &running, files::PLAIN)?;
        Ok(Registry {
            path: path.to_path_buf(),
            running: Mutex::new(running),
        })
    }

    pub fn read(path: &Path) -> Running {
        files::read_json(path).unwrap_or_default()
    }

    /// Says that the stack is up.
    pub fn ready(&self) -> Result<()> {
        self.change(|running| running.ready = true)
    }

    fn change(&self, change: impl FnOnce(&mut Running)) -> Result<()> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut running);
        files::write_json(&self.path, &*running, files::PLAIN)
    }

    /// Nothing runs any more.
    pub fn end(&self) {
        let _ = files::remove(&self.path);
    }
}

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
            std::thread::sleep(POLL);
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
            std::thread::sleep(POLL);
        }
    }
}

/// SIGKILL to a whole group, until none is left in it.
pub fn kill_group(group: Pid) {
    let end = Instant::now() + Duration::from_secs(1);
    while kill_process_group(group, Signal::KILL).is_ok() && Instant::now() < end {
        if test_kill_process_group(group).is_err() {
            break;
        }
        std::thread::sleep(POLL);
        if members(group.as_raw_nonzero().get()).is_empty() {
            break;
        }
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

/// Ends what an earlier run left behind when it was killed; answers the names.
///
/// A child is only touched when it is the one on record. Members of a group whose leader is gone
/// (functions of a killed emulator) are known by their folder, which is under `state`.
pub fn stop_leftovers(path: &Path, state: &Path) -> Vec<String> {
    let mut stopped = Vec::new();
    for child in Registry::read(path).children {
        let Some(group) = Pid::from_raw(child.pid) else {
            continue;
        };
        if child.alive() {
            child.signal(Signal::TERM);
            let end = Instant::now() + Duration::from_secs(4);
            while child.alive() && Instant::now() < end {
                std::thread::sleep(POLL);
            }
            if child.alive() || members(child.pid).iter().any(|pid| lives_in(*pid, state)) {
                kill_group(group);
            }
            stopped.push(child.name);
        } else if members(child.pid).iter().any(|pid| lives_in(*pid, state)) {
            kill_group(group);
            stopped.push(child.name);
        }
    }
    let _ = files::remove(path);
    stopped
}

fn lives_in(pid: i32, folder: &Path) -> bool {
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(folder))
}

/// Where a line of a tool came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    Out,
    Err,
}

/// How a tool that runs to its end is run.
pub struct Tool<'a> {
    pub name: &'static str,
    pub registry: &'a Registry,
    /// Takes its stderr, and what `line` asks to keep.
    pub log: File,
    pub log_path: PathBuf,
    /// How long it has to end by itself after Ctrl-C.
    pub grace: Duration,
    pub limit: Duration,
}

/// How a tool ended, and the last it printed.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub tail: Vec<String>,
}

impl Tool<'_> {
    /// Runs it, passing each line on; `line` answers what the log keeps of it.
    pub fn run(
        mut self,
        command: &mut Command,
        mut line: impl FnMut(From, &str) -> Option<String>,
    ) -> Result<Ended> {
        use std::io::Write as _;
        let mut group = Group::start(
            self.name,
            command.stdout(Stdio::piped()).stderr(Stdio::piped()),
            self.registry,
        )?;
        let (sender, lines) = mpsc::channel();
        if let Some(out) = group.child.stdout.take() {
            read_lines(out, From::Out, sender.clone());
        }
        if let Some(err) = group.child.stderr.take() {
            read_lines(err, From::Err, sender.clone());
        }
        drop(sender);
        let mut tail: Vec<String> = Vec::new();
        let end = Instant::now() + self.limit;
        loop {
            match lines.recv_timeout(Duration::from_millis(50)) {
                Ok((from, text)) => {
                    if let Some(kept) = line(from, &text) {
                        writeln!(self.log, "{kept}").map_err(Error::file("write the log", &self.log_path))?;
                        tail.push(kept);
                        if tail.len() > 40 {
                            tail.remove(0);
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            // A grandchild may hold the pipes open; what counts is the tool itself.
            if signal::interrupted() {
                group.stop(Signal::INT, self.grace);
                return Err(Error::Interrupted);
            }
            if Instant::now() > end {
                group.stop(Signal::INT, self.grace);
                let minutes = self.limit.as_secs() / 60;
                return Err(Error::said(format!(
                    "{} did not end within {minutes} minutes",
                    self.name
                )));
            }
        }
        let status = group.wait(Duration::from_secs(10));
        group.kill();
        let status = status.or(group.status);
        let status = status.ok_or_else(|| Error::said(format!("{} does not end", self.name)))?;
        signal::check()?;
        Ok(Ended { status, tail })
    }
}

impl Ended {
    /// Why it failed, in one line: a full disk, a signal, else what `reason` finds, else the last line.
    pub fn why(&self, reason: impl FnOnce(&[String]) -> Option<String>) -> String {
        if says_disk_full(&self.tail.join("\n")) {
            return "the disk is full: free some space, then run it again".to_owned();
        }
        if self.status.signal() == Some(signal_hook::consts::SIGXFSZ) {
            return "the limit on the size of a file is reached: raise it (`ulimit -f`), then run it again"
                .to_owned();
        }
        if let Some(signal) = self.status.signal() {
            return format!("it was ended by signal {signal}");
        }
        let last = || {
            self.tail
                .iter()
                .rev()
                .find(|line| !line.trim().is_empty())
                .cloned()
        };
        reason(&self.tail)
            .or_else(last)
            .map_or_else(|| self.status.to_string(), |line| one_line(&line))
    }
}

/// A text as one line of bounded length.
pub fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(400) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Splits at newlines and carriage returns: progress displays use the latter.
fn read_lines(source: impl Read + Send + 'static, from: From, to: mpsc::Sender<(From, String)>) {
    std::thread::spawn(move || {
        let mut source = BufReader::new(source);
        let mut buffer = [0_u8; 8192];
        let mut line = Vec::new();
        while let Ok(count @ 1..) = source.read(&mut buffer) {
            for byte in &buffer[..count] {
                if !matches!(byte, b'\n' | b'\r') {
                    line.push(*byte);
                } else if !line.is_empty() {
                    let text = String::from_utf8_lossy(&line).into_owned();
                    line.clear();
                    if to.send((from, text)).is_err() {
                        return;
                    }
                }
            }
        }
        if !line.is_empty() {
            let _ = to.send((from, String::from_utf8_lossy(&line).into_owned()));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_pid_and_start() {
        let own = Identity::of("me", std::process::id().cast_signed()).unwrap();
        assert!(own.alive());
        let stranger = Identity {
            started: "another time".to_owned(),
            ..own
        };
        assert!(!stranger.alive());
    }

    #[test]
    fn a_stranger_with_a_recorded_pid_is_left_alone() {
        let folder = std::env::temp_dir().join(format!("local-process-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("processes.json");
        let mut stranger = Command::new("sleep").arg("30").process_group(0).spawn().unwrap();
        let pid = stranger.id().cast_signed();
        let child = Identity {
            name: "emulator".to_owned(),
            pid,
            started: "another time".to_owned(),
        };
        let running = Running {
            supervisor: None,
            ready: false,
            children: vec![child],
        };
        files::write_json(&path, &running, files::PLAIN).unwrap();
        assert!(stop_leftovers(&path, &folder).is_empty());
        assert!(stranger.try_wait().unwrap().is_none());
        stranger.kill().unwrap();
        stranger.wait().unwrap();
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn lines_end_at_newlines_and_carriage_returns() {
        let (sender, lines) = mpsc::channel();
        read_lines(&b"one\rtwo\r\n\nthree"[..], From::Err, sender);
        let texts: Vec<_> = lines.iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["one", "two", "three"]);
    }

    #[test]
    fn a_long_text_becomes_one_bounded_line() {
        assert_eq!(one_line("a\n  b\tc"), "a b c");
        assert!(one_line(&"ä".repeat(1000)).chars().count() == 401);
    }
}
