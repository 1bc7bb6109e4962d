//! A checkout in the state of a fresh clone: nothing prepared in `.local`, but with programs that are already built.

use std::env;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use tests::eventually;
use tests::processes::{self, Process};
use tests::stack::repository;
use tests::wait::within;

/// Time limit of a run that builds a stack from nothing.
pub const FROM_NOTHING: Duration = Duration::from_secs(300);
/// Time limit until all processes of an ended run have exited.
const EXIT_LIMIT: Duration = Duration::from_secs(5);

/// A folder with the repository's layout, made of links to it.
pub struct Checkout {
    pub root: PathBuf,
}

impl Checkout {
    /// Creates a checkout in which nothing has run yet.
    pub fn fresh(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("bin")).unwrap();
        for entry in fs::read_dir(repository()).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name() != ".local" && entry.file_name() != ".git" {
                symlink(entry.path(), root.join(entry.file_name())).unwrap();
            }
        }
        // Cargo would rebuild a workspace at another path, so the repository's own Cargo.toml is used.
        let cargo = format!(
            "#!/bin/sh\ncd '{}' && exec '{}' \"$@\"\n",
            repository().display(),
            env!("CARGO")
        );
        let checkout = Self { root };
        checkout.program("cargo", &cargo);
        checkout
    }

    /// Creates a checkout that shares the Python environment of the other tests.
    pub fn prepared(name: &str) -> Self {
        let checkout = Self::fresh(name);
        fs::create_dir(checkout.root.join(".local")).unwrap();
        for shared in ["venv", "functions", "providers"] {
            symlink(repository().join(".local").join(shared), checkout.local(shared)).unwrap();
        }
        checkout
    }

    /// Adds a program that precedes all others of its name on the PATH.
    pub fn program(&self, name: &str, script: &str) {
        let path = self.root.join("bin").join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Returns the path of a file in `.local`.
    pub fn local(&self, path: &str) -> PathBuf {
        self.root.join(".local").join(path)
    }

    /// Starts `make demo` with variables, in its own process group, as a shell does.
    pub fn demo(&self, variables: &[&str]) -> CommandRun<'_> {
        self.start(Command::new("make").arg("demo").args(variables))
    }

    /// Starts a command in the checkout.
    pub fn start(&self, command: &mut Command) -> CommandRun<'_> {
        let path = env::var("PATH").unwrap();
        let said = self.root.join("said");
        let output = File::create(&said).unwrap();
        command
            .current_dir(&self.root)
            .env("PATH", format!("{}:{path}", self.root.join("bin").display()))
            .stdin(Stdio::null())
            .stderr(output.try_clone().unwrap())
            .stdout(output)
            .process_group(0);
        // The variables that `make test` and nextest set must not affect this run.
        for name in [
            "CARGO",
            "MAKEFLAGS",
            "MAKELEVEL",
            "MFLAGS",
            "STATE",
            "PORT",
            "VIDEO",
            "ENGINE",
            "STACK",
            "DETACH",
        ] {
            command.env_remove(name);
        }
        let logged = fs::metadata(self.local("logs/local.log")).map_or(0, |log| log.len());
        CommandRun {
            checkout: self,
            began: Instant::now(),
            logged: usize::try_from(logged).unwrap(),
            process: command.spawn().expect("the command starts"),
        }
    }

    /// Lists the processes that run in this checkout or were started from it.
    pub fn running_processes(&self) -> Vec<String> {
        let root = self.root.to_str().unwrap();
        let ours = |process: &Process| {
            process.command.contains(root) || process.environment.values().any(|value| value.contains(root))
        };
        processes::all()
            .into_iter()
            .filter(ours)
            .map(|process| process.command)
            .collect()
    }

    /// Panics if a process of this checkout still runs.
    pub fn assert_nothing_left(&self) {
        let mut left = Vec::new();
        let gone = || {
            left = self.running_processes();
            left.is_empty()
        };
        assert!(within(EXIT_LIMIT, gone), "still running: {left:#?}");
    }

    /// Reads a JSON file of the state folder.
    pub fn json(&self, name: &str) -> Value {
        let text = fs::read_to_string(self.local(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        serde_json::from_str(&text).unwrap()
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}

/// A command that runs.
pub struct CommandRun<'a> {
    checkout: &'a Checkout,
    process: Child,
    began: Instant,
    /// Offset in the log at which this run begins.
    logged: usize,
}

/// A command that has ended: its exit status and output.
#[derive(Debug)]
pub struct FinishedRun {
    pub status: ExitStatus,
    pub output: String,
    pub took: Duration,
}

impl CommandRun<'_> {
    /// Waits until the log names a phase.
    pub fn until_phase(&mut self, name: &str) {
        self.until_logged("logs/local.log", &format!("phase: {name} ("), self.logged);
    }

    /// Waits until a log contains a text after an offset; panics if the run ends first.
    pub fn until_logged(&mut self, log: &str, text: &str, from: usize) {
        let path = self.checkout.local(log);
        eventually(FROM_NOTHING, &format!("{log} contains {text:?}"), || {
            let log = fs::read(&path).unwrap_or_default();
            let found = log
                .get(from..)
                .is_some_and(|log| String::from_utf8_lossy(log).contains(text));
            let ended = !found && self.process.try_wait().unwrap().is_some();
            assert!(!ended, "the run ended before {text:?}: {}", self.output());
            found.then_some(())
        });
    }

    /// Waits until the run prints a text; panics if the run ends first.
    pub fn until_printed(&mut self, text: &str) {
        eventually(FROM_NOTHING, &format!("the run prints {text:?}"), || {
            let output = self.output();
            let found = output.contains(text);
            let ended = !found && self.process.try_wait().unwrap().is_some();
            assert!(!ended, "the run ended before {text:?}: {output}");
            found.then_some(())
        });
    }

    /// Sends a signal to the process group, as a terminal does for Ctrl-C.
    pub fn signal(&self, signal: Signal) {
        kill_process_group(Pid::from_child(&self.process), signal).expect("the process group exists");
    }

    /// Waits until the run ends.
    pub fn end(mut self, limit: Duration) -> FinishedRun {
        let status = eventually(limit, "the run ends", || self.process.try_wait().unwrap());
        FinishedRun {
            status,
            output: self.output(),
            took: self.began.elapsed(),
        }
    }

    /// Waits until the run and all its children have ended; panics if this takes more than a few seconds.
    pub fn end_promptly(self) -> FinishedRun {
        let checkout = self.checkout;
        let ended = self.end(EXIT_LIMIT);
        checkout.assert_nothing_left();
        ended
    }

    fn output(&self) -> String {
        fs::read_to_string(self.checkout.root.join("said")).unwrap_or_default()
    }
}

impl Drop for CommandRun<'_> {
    fn drop(&mut self) {
        // If the test has failed, its children end with it.
        let _ = kill_process_group(Pid::from_child(&self.process), Signal::KILL);
        let _ = self.process.wait();
    }
}

impl FinishedRun {
    /// Panics unless the run failed and printed a line that contains all of `expected`.
    pub fn expect_failure(&self, expected: &[&str]) {
        assert!(!self.status.success(), "{}", self.output);
        let line = self
            .output
            .lines()
            .find(|line| expected.iter().all(|words| line.contains(words)));
        assert!(line.is_some(), "no line contains {expected:?}:\n{}", self.output);
        assert!(
            !self.output.contains("panicked") && !self.output.contains("Traceback"),
            "{}",
            self.output
        );
    }

    /// Panics unless the run succeeded and printed a summary.
    pub fn expect_success(&self) {
        assert!(self.status.success(), "{}", self.output);
        assert!(
            self.output.contains("The video went through the whole pipeline."),
            "{}",
            self.output
        );
    }
}
