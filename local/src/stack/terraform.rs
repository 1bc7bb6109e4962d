//! Runs Terraform on the local stage, with its state in the stack's state folder.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Map, Value};

use super::ports::Ports;
use crate::error::{Error, Result};
use crate::files::{self, FileLock};
use crate::journal::Unit;
use crate::process::{self, OutputStream, single_line};
use crate::session::StackSession;
use crate::settings;
use crate::setup::Setup;

const STAGE: &str = "terraform/stages/local";

/// Terraform in the folder of the local stage, for one stack.
#[derive(Debug)]
pub struct Terraform<'a> {
    session: &'a StackSession,
    setup: &'a Setup,
    ports: Ports,
    engine: &'static str,
    log_level: String,
}

impl<'a> Terraform<'a> {
    pub fn new(session: &'a StackSession, setup: &'a Setup, ports: Ports) -> Result<Terraform<'a>> {
        Ok(Terraform {
            session,
            setup,
            ports,
            engine: settings::engine()?,
            log_level: settings::log_level(),
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

    /// Returns whether `terraform validate` accepts the configuration.
    pub fn is_valid(&self) -> bool {
        let mut command = self.terraform();
        command.args(["validate", "-no-color"]);
        self.run("terraform validate", &mut command, 2, |_, line| {
            Some(line.to_owned())
        })
        .is_ok()
    }

    /// Returns a hash of everything that `terraform apply` depends on.
    pub fn fingerprint(&self) -> Result<String> {
        let mut text = format!(
            "{:?} {} {} {} ",
            self.ports, self.setup.programs.fingerprint, self.engine, self.log_level
        );
        text.push_str(&self.sources()?);
        Ok(files::sha256(text.as_bytes()))
    }

    /// Returns a hash of the files under `terraform/` and of Terraform's version.
    fn sources(&self) -> Result<String> {
        let mut files = BTreeMap::new();
        hash_tree(&self.session.paths.root.join("terraform"), &mut files)?;
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

    /// Initialises the working folder, unless that was done for the same configuration.
    pub fn init(&self) -> Result<()> {
        let phase = self
            .session
            .journal
            .phase("terraform init", "the provider and the modules")?;
        let (stamp, sources) = (self.folder().join("init.json"), self.sources()?);
        let known = files::read_json::<String>(&stamp).is_some_and(|known| known == sources);
        // The provider's lock file lies in the configuration's folder, which all stacks share.
        let lock_file = self.session.paths.root.join(STAGE).join(".terraform.lock.hcl");
        if known && lock_file.is_file() && self.folder().join("data").is_dir() {
            phase.finish("unchanged");
            return Ok(());
        }
        files::create_private_folder(&self.folder())?;
        let _lock = FileLock::acquire(
            &self.session.paths.shared.join("terraform.lock"),
            Duration::from_secs(900),
            || {
                self.session
                    .journal
                    .report("another run initialises Terraform: waiting for it");
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
        phase.finish(STAGE);
        Ok(())
    }

    /// Runs `terraform apply` and shows how many of the planned changes are made.
    pub fn apply(&self) -> Result<()> {
        let mut phase = self.session.journal.phase("terraform apply", STAGE)?;
        let mut command = self.terraform();
        // The provider mostly waits for single resources, so many at a time are faster.
        command.args([
            "apply",
            "-json",
            "-auto-approve",
            "-input=false",
            "-lock-timeout=10s",
            "-parallelism=30",
        ]);
        let (mut changes, mut done, mut summary) = (0, 0, None);
        self.run("terraform apply", &mut command, 20, |stream, line| {
            if stream == OutputStream::Stderr {
                return Some(line.to_owned());
            }
            let event = ApplyEvent::parse(line)?;
            match event.kind.as_str() {
                // Data sources are read, not changed.
                _ if event.action == "read" => {}
                "planned_change" => changes += 1,
                "change_summary" if event.applied => summary = Some(event.message.clone()),
                "apply_start" => {
                    phase.set_total(changes, Unit::Items("resources"));
                    phase.set_progress(done);
                    phase.set_message(&event.address);
                }
                "apply_complete" => {
                    done += 1;
                    phase.set_progress(done);
                }
                _ => {}
            }
            event.log
        })?;
        phase.finish(
            summary
                .as_deref()
                .map_or("complete", |text| text.trim_start_matches("Apply complete! ")),
        );
        Ok(())
    }

    /// Returns the outputs by name. They contain secrets and are not logged.
    pub fn outputs(&self) -> Result<Map<String, Value>> {
        let mut command = self.terraform();
        command.args(["output", "-json"]);
        let mut text = String::new();
        self.run("terraform output", &mut command, 2, |stream, line| match stream {
            OutputStream::Stdout => {
                text.push_str(line);
                None
            }
            OutputStream::Stderr => Some(line.to_owned()),
        })?;
        let outputs: Map<String, Value> = serde_json::from_str(&text)
            .map_err(|error| Error::message(format!("terraform output printed malformed JSON: {error}")))?;
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
        on_line: impl FnMut(OutputStream, &str) -> Option<String>,
    ) -> Result<()> {
        self.set_environment(command);
        let result = self
            .session
            .tool(name, "terraform", minutes)?
            .run(command, on_line)?;
        if result.status.success() {
            return Ok(());
        }
        let reason =
            result.failure_reason(|lines| lines.iter().find(|line| line.starts_with("Error: ")).cloned());
        Err(Error::message(format!("{name}: {reason}")))
    }

    /// Sets the environment. The user's own AWS and Terraform settings are removed: they could redirect the apply.
    fn set_environment(&self, command: &mut Command) {
        command.current_dir(&self.session.paths.root);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let is_user_setting = ["AWS_", "TF_VAR_", "TF_CLI_ARGS"]
                .iter()
                .any(|start| text.starts_with(start));
            if is_user_setting && text != "AWS_CA_BUNDLE" || text == "TF_WORKSPACE" {
                command.env_remove(&name);
            }
        }
        let no_proxy = std::env::var("NO_PROXY")
            .or_else(|_| std::env::var("no_proxy"))
            .unwrap_or_default();
        let no_proxy = format!("127.0.0.1,localhost,{no_proxy}");
        command
            .env("NO_PROXY", &no_proxy)
            .env("no_proxy", &no_proxy)
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_DATA_DIR", self.folder().join("data"))
            .env("TF_VAR_emulator_url", self.ports.emulator_url())
            .env("TF_VAR_engine", self.engine)
            .env("TF_VAR_log_level", &self.log_level)
            .env("TF_VAR_transcoder_url", self.ports.transcoder_url())
            .env("TF_VAR_functions_dir", &self.setup.programs.functions)
            .env("TF_VAR_architecture", architecture());
        if std::env::var_os("TF_PLUGIN_CACHE_DIR").is_none() {
            let cache = self.session.paths.shared.join("providers");
            // All stacks share one download. The lock file is not committed, so the cache cannot break it.
            if files::create_folder(&cache).is_ok() {
                command
                    .env("TF_PLUGIN_CACHE_DIR", cache)
                    .env("TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE", "1");
            }
        }
    }
}

/// Returns Lambda's name of this machine's architecture, on which the functions run.
fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x86_64"
    }
}

/// One line of `terraform apply -json`.
#[derive(Debug, PartialEq, Eq)]
struct ApplyEvent {
    kind: String,
    address: String,
    action: String,
    message: String,
    /// Whether this is the summary of an apply.
    applied: bool,
    /// The text for the log. It contains no output values, and waiting for a resource is left out.
    log: Option<String>,
}

impl ApplyEvent {
    fn parse(line: &str) -> Option<ApplyEvent> {
        let event: Value = serde_json::from_str(line).ok()?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let kind = text(&event["type"]);
        let message = text(&event["@message"]);
        let log = match kind.as_str() {
            "diagnostic" => Some(diagnostic(&event["diagnostic"])),
            "outputs" | "apply_progress" | "refresh_start" | "refresh_complete" => None,
            _ => Some(message.clone()),
        };
        Some(ApplyEvent {
            address: text(&event["hook"]["resource"]["addr"]),
            action: text(&event["hook"]["action"]) + &text(&event["change"]["action"]),
            applied: event["changes"]["operation"] == "apply",
            kind,
            message,
            log,
        })
    }
}

/// Formats a diagnostic in one line, such as `Error: summary (address): detail`.
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
    single_line(&format!(
        "{level}: {}{place}: {}",
        text("summary"),
        text("detail")
    ))
}

/// Collects the hash of each file that Terraform reads. Files that Terraform writes are left out.
fn hash_tree(folder: &Path, into: &mut BTreeMap<PathBuf, String>) -> Result<()> {
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
            hash_tree(&path, into)?;
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
    fn events_of_an_apply_are_parsed() {
        let line = r#"{"@level":"info","@message":"aws_sqs_queue.jobs: Creation complete after 1s","type":"apply_complete","hook":{"resource":{"addr":"aws_sqs_queue.jobs"}}}"#;
        let event = ApplyEvent::parse(line).unwrap();
        assert_eq!(
            (event.kind.as_str(), event.address.as_str()),
            ("apply_complete", "aws_sqs_queue.jobs")
        );
        let line = r#"{"@message":"Apply complete! Resources: 3 added","type":"change_summary","changes":{"operation":"apply"}}"#;
        assert!(ApplyEvent::parse(line).unwrap().applied);
        assert_eq!(ApplyEvent::parse("Terraform v1.11.4"), None);
    }

    #[test]
    fn outputs_never_reach_the_log() {
        let line = r#"{"@message":"Outputs: 3","type":"outputs","outputs":{"key":{"value":"secret"}}}"#;
        assert_eq!(ApplyEvent::parse(line).unwrap().log, None);
    }

    #[test]
    fn error_names_its_resource_in_one_line() {
        let line = r#"{"@message":"Error: creating","type":"diagnostic","diagnostic":{"severity":"error","summary":"creating SQS Queue","detail":"no\nanswer","address":"aws_sqs_queue.jobs"}}"#;
        let log = ApplyEvent::parse(line).unwrap().log.unwrap();
        assert_eq!(log, "Error: creating SQS Queue (aws_sqs_queue.jobs): no answer");
    }
}
