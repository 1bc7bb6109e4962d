//! `terraform init` and `apply` of the local stage, with the state in the stack's folder.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Map, Value};

use super::ports::Ports;
use crate::engine;
use crate::error::{Error, Result};
use crate::files::{self, Lock};
use crate::journal::Unit;
use crate::process::{self, From, one_line};
use crate::session::Session;
use crate::setup::Setup;

const STAGE: &str = "terraform/stages/local";

/// The local stage of one stack.
#[derive(Debug)]
pub struct Terraform<'a> {
    session: &'a Session,
    setup: &'a Setup,
    ports: Ports,
    engine: &'static str,
}

impl<'a> Terraform<'a> {
    pub fn new(session: &'a Session, setup: &'a Setup, ports: Ports) -> Result<Terraform<'a>> {
        Ok(Terraform {
            session,
            setup,
            ports,
            engine: engine::chosen()?,
        })
    }

    fn folder(&self) -> PathBuf {
        self.session.paths.terraform()
    }

    fn state(&self) -> PathBuf {
        self.session.paths.terraform_state()
    }

    pub fn has_state(&self) -> bool {
        self.state().is_file()
    }

    /// Whether the configuration is sound in itself, whatever it is applied to.
    pub fn is_valid(&self) -> bool {
        let mut command = self.terraform();
        command.args(["validate", "-no-color"]);
        self.run("terraform validate", &mut command, 2, |_, line| {
            Some(line.to_owned())
        })
        .is_ok()
    }

    /// Changes with anything that an apply would look at.
    pub fn fingerprint(&self) -> Result<String> {
        let mut text = format!(
            "{:?} {} {} ",
            self.ports, self.setup.built.fingerprint, self.engine
        );
        text.push_str(&self.sources()?);
        Ok(files::sha256(text.as_bytes()))
    }

    /// Changes with any file under `terraform/`, and with the program's version.
    fn sources(&self) -> Result<String> {
        let mut files = BTreeMap::new();
        read_tree(&self.session.paths.root.join("terraform"), &mut files)?;
        let mut text = format!(
            "{} {}",
            self.setup.tools.terraform_version,
            self.setup.tools.terraform.display()
        );
        for (path, hash) in files {
            text.push_str(&format!("\n{} {hash}", path.display()));
        }
        Ok(files::sha256(text.as_bytes()))
    }

    /// Prepares the working folder; nothing to do while the configuration is the one it was made for.
    pub fn init(&self) -> Result<()> {
        let phase = self
            .session
            .journal
            .phase("terraform init", "the provider and the modules")?;
        let (stamp, sources) = (self.folder().join("init.json"), self.sources()?);
        let known = files::read_json::<String>(&stamp).is_some_and(|known| known == sources);
        // The lock file of the provider is in the configuration's folder, which all stacks share.
        let lock_file = self.session.paths.root.join(STAGE).join(".terraform.lock.hcl");
        if known && lock_file.is_file() && self.folder().join("data").is_dir() {
            phase.done("unchanged");
            return Ok(());
        }
        files::create_private_folder(&self.folder())?;
        let _lock = Lock::acquire(
            &self.session.paths.shared.join("terraform.lock"),
            Duration::from_secs(900),
            || {
                self.session
                    .journal
                    .say("another run initialises Terraform: waiting for it");
            },
        )?;
        let mut command = process::command(self.session.paths.root.join("terraform/init"));
        command.arg(STAGE).arg("-no-color").arg("-reconfigure");
        let mut backend = OsString::from("-backend-config=path=");
        backend.push(self.state());
        command.arg(backend);
        self.run("terraform init", &mut command, 20, |_, line| {
            Some(line.to_owned())
        })?;
        files::write_json(&stamp, &sources, files::PLAIN)?;
        phase.done(STAGE);
        Ok(())
    }

    /// Applies, counting the changes that it plans as they are made.
    pub fn apply(&self) -> Result<()> {
        let mut phase = self.session.journal.phase("terraform apply", STAGE)?;
        let mut command = self.terraform();
        // Most of the time is the provider waiting for one thing or another: wait for all at once.
        command.args([
            "apply",
            "-json",
            "-auto-approve",
            "-input=false",
            "-lock-timeout=10s",
            "-parallelism=30",
        ]);
        let (mut changes, mut done, mut summary) = (0, 0, None);
        self.run("terraform apply", &mut command, 20, |from, line| {
            if from == From::Err {
                return Some(line.to_owned());
            }
            let event = Event::read(line)?;
            match event.kind.as_str() {
                // Data that is only read is no change.
                _ if event.action == "read" => {}
                "planned_change" => changes += 1,
                "change_summary" if event.applied => summary = Some(event.message.clone()),
                "apply_start" => {
                    phase.total(changes, Unit::Things("resources"));
                    phase.at(done);
                    phase.message(&event.address);
                }
                "apply_complete" => {
                    done += 1;
                    phase.at(done);
                }
                _ => {}
            }
            event.log
        })?;
        phase.done(
            summary
                .as_deref()
                .map_or("complete", |text| text.trim_start_matches("Apply complete! ")),
        );
        Ok(())
    }

    /// Every output, as `name: value`. What it prints holds secrets: none of it is logged.
    pub fn outputs(&self) -> Result<Map<String, Value>> {
        let mut command = self.terraform();
        command.args(["output", "-json"]);
        let mut text = String::new();
        self.run("terraform output", &mut command, 2, |from, line| match from {
            From::Out => {
                text.push_str(line);
                None
            }
            From::Err => Some(line.to_owned()),
        })?;
        let outputs: Map<String, Value> = serde_json::from_str(&text)
            .map_err(|error| Error::said(format!("terraform output is not what is expected: {error}")))?;
        let value = |(name, mut output): (String, Value)| (name, output["value"].take());
        Ok(outputs.into_iter().map(value).collect())
    }

    fn terraform(&self) -> Command {
        let mut command = process::command(&self.setup.tools.terraform);
        command.arg(format!("-chdir={STAGE}"));
        command
    }

    fn run(
        &self,
        name: &'static str,
        command: &mut Command,
        minutes: u64,
        line: impl FnMut(From, &str) -> Option<String>,
    ) -> Result<()> {
        self.environment(command);
        let ended = self
            .session
            .tool(name, "terraform", minutes)?
            .run(command, line)?;
        if ended.status.success() {
            return Ok(());
        }
        let why = ended.why(|lines| lines.iter().find(|line| line.starts_with("Error: ")).cloned());
        Err(Error::said(format!("{name}: {why}")))
    }

    /// Nothing of the person's own AWS or Terraform settings may lead this apply elsewhere.
    fn environment(&self, command: &mut Command) {
        command.current_dir(&self.session.paths.root);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let foreign = ["AWS_", "TF_VAR_", "TF_CLI_ARGS"]
                .iter()
                .any(|start| text.starts_with(start));
            if foreign && text != "AWS_CA_BUNDLE" || text == "TF_WORKSPACE" {
                command.env_remove(&name);
            }
        }
        let none = std::env::var("NO_PROXY")
            .or_else(|_| std::env::var("no_proxy"))
            .unwrap_or_default();
        let none = format!("127.0.0.1,localhost,{none}");
        command
            .env("NO_PROXY", &none)
            .env("no_proxy", &none)
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_DATA_DIR", self.folder().join("data"))
            .env(
                "TF_VAR_emulator_url",
                format!("http://127.0.0.1:{}", self.ports.emulator),
            )
            .env("TF_VAR_engine", self.engine)
            .env("TF_VAR_transcoder_url", self.ports.transcoder_url())
            .env("TF_VAR_functions_dir", &self.setup.built.functions)
            .env("TF_VAR_architecture", architecture());
        if std::env::var_os("TF_PLUGIN_CACHE_DIR").is_none() {
            let cache = self.session.paths.shared.join("providers");
            // One download serves every stack; our lock file is not committed, so there is none to break.
            if files::create_folder(&cache).is_ok() {
                command
                    .env("TF_PLUGIN_CACHE_DIR", cache)
                    .env("TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE", "1");
            }
        }
    }
}

/// The machine's architecture by Lambda's name: the functions run on it directly.
fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x86_64"
    }
}

/// What we read of one line of `terraform apply -json`.
#[derive(Debug, PartialEq, Eq)]
struct Event {
    kind: String,
    address: String,
    action: String,
    message: String,
    applied: bool,
    /// What the log keeps: never a value, and nothing of a resource's waiting.
    log: Option<String>,
}

impl Event {
    fn read(line: &str) -> Option<Event> {
        let event: Value = serde_json::from_str(line).ok()?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let kind = text(&event["type"]);
        let message = text(&event["@message"]);
        let log = match kind.as_str() {
            "diagnostic" => Some(diagnostic(&event["diagnostic"])),
            "outputs" | "apply_progress" | "refresh_start" | "refresh_complete" => None,
            _ => Some(message.clone()),
        };
        Some(Event {
            address: text(&event["hook"]["resource"]["addr"]),
            action: text(&event["hook"]["action"]) + &text(&event["change"]["action"]),
            applied: event["changes"]["operation"] == "apply",
            kind,
            message,
            log,
        })
    }
}

/// `Error: summary (address): detail`, in one line.
fn diagnostic(value: &Value) -> String {
    let text = |name: &str| value[name].as_str().unwrap_or_default();
    let level = if text("severity") == "error" {
        "Error"
    } else {
        "Warning"
    };
    let place = value["address"]
        .as_str()
        .map(|address| format!(" ({address})"))
        .unwrap_or_default();
    one_line(&format!(
        "{level}: {}{place}: {}",
        text("summary"),
        text("detail")
    ))
}

/// The hash of each file that Terraform reads; what it writes itself is left out.
fn read_tree(folder: &Path, into: &mut BTreeMap<PathBuf, String>) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(Error::file("read", folder))?;
    for entry in entries {
        let path = entry.map_err(Error::file("read", folder))?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with(".terraform") || name.contains(".tfstate") || name == "tests" {
            continue;
        }
        if path.is_dir() {
            read_tree(&path, into)?;
        } else {
            let bytes = fs::read(&path).map_err(Error::file("read", &path))?;
            into.insert(path, files::sha256(&bytes));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_events_of_an_apply_are_read() {
        let line = r#"{"@level":"info","@message":"aws_sqs_queue.jobs: Creation complete after 1s","type":"apply_complete","hook":{"resource":{"addr":"aws_sqs_queue.jobs"}}}"#;
        let event = Event::read(line).unwrap();
        assert_eq!(
            (event.kind.as_str(), event.address.as_str()),
            ("apply_complete", "aws_sqs_queue.jobs")
        );
        let line = r#"{"@message":"Apply complete! Resources: 3 added","type":"change_summary","changes":{"operation":"apply"}}"#;
        assert!(Event::read(line).unwrap().applied);
        assert_eq!(Event::read("Terraform v1.11.4"), None);
    }

    #[test]
    fn outputs_never_reach_the_log() {
        let line = r#"{"@message":"Outputs: 3","type":"outputs","outputs":{"key":{"value":"secret"}}}"#;
        assert_eq!(Event::read(line).unwrap().log, None);
    }

    #[test]
    fn an_error_names_its_resource_in_one_line() {
        let line = r#"{"@message":"Error: creating","type":"diagnostic","diagnostic":{"severity":"error","summary":"creating SQS Queue","detail":"no\nanswer","address":"aws_sqs_queue.jobs"}}"#;
        let log = Event::read(line).unwrap().log.unwrap();
        assert_eq!(log, "Error: creating SQS Queue (aws_sqs_queue.jobs): no answer");
    }
}
