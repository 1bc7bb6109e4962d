//! The Python environments: `.local/venv` has the emulator and a static ffmpeg, `.local/venv-tests` the
//! AWS SDK of the tests (the emulator pins another version of it) and their media prober, `.local/venv-models` AWS's
//! current service models (those of the tests still have Elastic Transcoder).
//!
//! An environment counts only with its stamp, which is written last: a half-made one is made anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::check::{SHORT, Tools};
use crate::error::{Error, Result};
use crate::files::{self, Lock};
use crate::journal::{Phase, Unit};
use crate::process::{self, From};
use crate::session::Session;

/// The emulator's environment.
#[derive(Debug, Clone)]
pub struct Python {
    pub program: PathBuf,
    pub ffmpeg: PathBuf,
    /// Changes with any package of the environment.
    pub fingerprint: String,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    requirements: String,
}

struct Environment {
    folder: PathBuf,
    requirements: PathBuf,
    /// Python that shows that the environment works, and prints what we need of it.
    probe: &'static str,
}

pub fn emulator(session: &Session, tools: &Tools) -> Result<Python> {
    let environment = Environment {
        folder: session.paths.shared.join("venv"),
        requirements: session.paths.root.join("local/requirements.txt"),
        probe: "import cryptography, hypercorn, ministack, imageio_ffmpeg as f; print(f.get_ffmpeg_exe())",
    };
    let phase = session.journal.phase("python", "the emulator's environment")?;
    let (program, printed, fingerprint) = ensure(session, tools, &environment, phase)?;
    let ffmpeg = PathBuf::from(printed.trim());
    Ok(Python {
        program,
        ffmpeg,
        fingerprint,
    })
}

pub fn tests(session: &Session, tools: &Tools) -> Result<PathBuf> {
    let environment = Environment {
        folder: session.paths.shared.join("venv-tests"),
        requirements: session.paths.root.join("tests/requirements.txt"),
        probe: "import av, boto3, pymediainfo",
    };
    let phase = session.journal.phase("python tests", "the tests' environment")?;
    Ok(ensure(session, tools, &environment, phase)?.0)
}

pub fn models(session: &Session, tools: &Tools) -> Result<()> {
    let environment = Environment {
        folder: session.paths.shared.join("venv-models"),
        requirements: session.paths.root.join("tests/models.txt"),
        probe: "import botocore",
    };
    let phase = session.journal.phase("python models", "AWS's service models")?;
    ensure(session, tools, &environment, phase).map(drop)
}

fn ensure(
    session: &Session,
    tools: &Tools,
    environment: &Environment,
    mut phase: Phase<'_>,
) -> Result<(PathBuf, String, String)> {
    let text = fs::read(&environment.requirements).map_err(Error::file("read", &environment.requirements))?;
    let fingerprint = files::sha256(&text);
    let program = environment.folder.join("bin/python");
    files::create_folder(&session.paths.shared)?;
    let lock = environment.folder.with_extension("lock");
    let _lock = Lock::acquire(&lock, Duration::from_secs(1800), || {
        session
            .journal
            .say("another run makes the Python environment: waiting for it");
    })?;
    let stamp: Option<Stamp> = files::read_json(&stamp_of(&environment.folder));
    if stamp.is_some_and(|stamp| stamp.requirements == fingerprint)
        && let Some(printed) = probe(session, &program, environment.probe)?
    {
        phase.done("unchanged");
        return Ok((program, printed, fingerprint));
    }
    if environment.folder.exists() {
        let folder = session.paths.short(&environment.folder);
        session
            .journal
            .say(&format!("{folder} is half-made or outdated: making it anew"));
    }
    make(session, tools, environment, &mut phase)?;
    let printed = probe(session, &program, environment.probe)?.ok_or_else(|| {
        let log = session.paths.log("python");
        Error::said(format!(
            "the new Python environment does not work; see {}",
            session.paths.short(&log)
        ))
    })?;
    files::write_json(
        &stamp_of(&environment.folder),
        &Stamp {
            requirements: fingerprint.clone(),
        },
        files::PLAIN,
    )?;
    phase.done(&format!("made {}", session.paths.short(&environment.folder)));
    Ok((program, printed, fingerprint))
}

fn stamp_of(folder: &Path) -> PathBuf {
    folder.join("stamp.json")
}

fn make(session: &Session, tools: &Tools, environment: &Environment, phase: &mut Phase<'_>) -> Result<()> {
    files::remove(&environment.folder)?;
    let folder = environment.folder.as_os_str();
    phase.message("making the environment");
    let mut venv = process::command(&tools.python);
    venv.args(["-m", "venv"]).arg(folder);
    run(session, "python -m venv", &mut venv, |_| ())?;

    let text = fs::read_to_string(&environment.requirements)
        .map_err(Error::file("read", &environment.requirements))?;
    let packages = text.lines().filter(|line| line.contains("==")).count() as u64;
    phase.total(packages, Unit::Things("packages"));
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
    let mut seen = 0;
    run(session, "pip install", &mut pip, |line| {
        if let Some(package) = line.strip_prefix("Collecting ") {
            phase.at(seen);
            seen += 1;
            phase.message(package.split_whitespace().next().unwrap_or_default());
        } else if line.starts_with("Installing collected packages") {
            phase.at(packages);
            phase.message("installing");
        }
    })
}

fn run(
    session: &Session,
    name: &'static str,
    command: &mut Command,
    mut seen: impl FnMut(&str),
) -> Result<()> {
    clean(command);
    let ended = session.tool(name, "python", 30)?.run(command, |_, line| {
        seen(line);
        Some(line.to_owned())
    })?;
    if ended.status.success() {
        return Ok(());
    }
    let why = ended.why(|lines| lines.iter().rev().find(|line| line.starts_with("ERROR")).cloned());
    Err(Error::said(format!("{name} failed: {why}")))
}

/// What the environment answers to the probe; nothing when it does not work.
fn probe(session: &Session, program: &Path, script: &str) -> Result<Option<String>> {
    if !program.exists() {
        return Ok(None);
    }
    let mut command = process::command(program);
    clean(command.args(["-c", script]));
    let mut printed = String::new();
    let mut tool = session.tool("python", "python", 1)?;
    tool.limit = SHORT;
    let ended = tool.run(&mut command, |from, line| match from {
        From::Out => {
            printed.push_str(line);
            None
        }
        From::Err => Some(line.to_owned()),
    })?;
    Ok(ended.status.success().then_some(printed))
}

/// Variables that would make Python look elsewhere than in its environment.
fn clean(command: &mut Command) {
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
