//! The repository as a fresh clone has it: nothing prepared in `.local`, but programs that are built already.

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

/// How long a run may take that builds a stack from nothing.
pub const FROM_NOTHING: Duration = Duration::from_secs(300);
/// How long until nothing is left of a run that was told to end.
const EXIT_LIMIT: Duration = Duration::from_secs(5);

/// A folder that looks like the repository, of links to it.
pub struct Checkout {
    pub root: PathBuf,
}

impl Checkout {
    /// A checkout in which nothing has run yet.
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
        // Built by its own path, the workspace would be compiled anew: the repository's own Cargo.toml is used.
        let cargo = format!(
            "#!/bin/sh\ncd '{}' && exec '{}' \"$@\"\n",
            repository().display(),
            env!("CARGO")
        );
        let checkout = Self { root };
        checkout.program("cargo", &cargo);
        checkout
    }

    /// A checkout that uses the Python environment that others run on.
    pub fn prepared(name: &str) -> Self {
        let checkout = Self::fresh(name);
        fs::create_dir(checkout.root.join(".local")).unwrap();
        for shared in ["venv", "functions", "providers"] {
            symlink(repository().join(".local").join(shared), checkout.local(shared)).unwrap();
        }
        checkout
    }

    /// Puts a program before all others of its name.
    pub fn program(&self, name: &str, script: &str) {
        let path = self.root.join("bin").join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A path in `.local`.
    pub fn local(&self, path: &str) -> PathBuf {
        self.root.join(".local").join(path)
    }

    /// Starts `make demo` with some variables, in a process group of its own, as a shell does.
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
        // What `make test` and nextest have set is not for this run.
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
            process: command.spawn().expect("it starts"),
        }
    }

    /// What goes on in this checkout, or was started from it.
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

    /// Panics if anything that belongs to this checkout goes on.
    pub fn assert_nothing_left(&self) {
        let mut left = Vec::new();
        let gone = || {
            left = self.running_processes();
            left.is_empty()
        };
        assert!(within(EXIT_LIMIT, gone), "left running: {left:#?}");
    }

    /// A JSON file of the state folder.
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

/// A run under way.
pub struct CommandRun<'a> {
    checkout: &'a Checkout,
    process: Child,
    began: Instant,
    /// Where in the log this run begins.
    logged: usize,
}

/// How a run ended.
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

    /// Waits until a log has a text behind some place; a run that ends without it is a failure.
    pub fn until_logged(&mut self, log: &str, text: &str, from: usize) {
        let path = self.checkout.local(log);
        eventually(FROM_NOTHING, &format!("{log} has {text:?}"), || {
            let log = fs::read(&path).unwrap_or_default();
            let found = log
                .get(from..)
                .is_some_and(|log| String::from_utf8_lossy(log).contains(text));
            let ended = !found && self.process.try_wait().unwrap().is_some();
            assert!(!ended, "it ended before {text:?}: {}", self.output());
            found.then_some(())
        });
    }

    /// Waits until the run prints a text; panics if it ends without it.
    pub fn until_printed(&mut self, text: &str) {
        eventually(FROM_NOTHING, &format!("it prints {text:?}"), || {
            let output = self.output();
            let found = output.contains(text);
            let ended = !found && self.process.try_wait().unwrap().is_some();
            assert!(!ended, "it ended before {text:?}: {output}");
            found.then_some(())
        });
    }

    /// Sends a signal to the whole group, as a terminal does at Ctrl-C.
    pub fn signal(&self, signal: Signal) {
        kill_process_group(Pid::from_child(&self.process), signal).expect("it runs");
    }

    /// Waits for its end.
    pub fn end(mut self, limit: Duration) -> FinishedRun {
        let status = eventually(limit, "it ends", || self.process.try_wait().unwrap());
        FinishedRun {
            status,
            output: self.output(),
            took: self.began.elapsed(),
        }
    }

    /// Waits for its end, and until none of its children is left: both within a few seconds.
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
        // Of a test that has failed: its children end with it.
        let _ = kill_process_group(Pid::from_child(&self.process), Signal::KILL);
        let _ = self.process.wait();
    }
}

impl FinishedRun {
    /// Panics unless it failed with a line that says all of this, and did so soon.
    pub fn expect_failure(&self, expected: &[&str]) {
        assert!(!self.status.success(), "{}", self.output);
        let line = self
            .output
            .lines()
            .find(|line| expected.iter().all(|words| line.contains(words)));
        assert!(line.is_some(), "no line expected {expected:?}:\n{}", self.output);
        assert!(
            !self.output.contains("panicked") && !self.output.contains("Traceback"),
            "{}",
            self.output
        );
    }

    /// Panics unless it went well, with a summary.
    pub fn expect_success(&self) {
        assert!(self.status.success(), "{}", self.output);
        assert!(
            self.output.contains("The video went through the whole pipeline."),
            "{}",
            self.output
        );
    }
}
