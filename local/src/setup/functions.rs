//! Builds the functions and the transcoder, and packs the functions as Lambda wants them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::check::Tools;
use crate::error::{Error, Result};
use crate::files::{self, Lock};
use crate::journal::Unit;
use crate::process::{self, Ended, From};
use crate::session::Session;

const FUNCTIONS: [&str; 4] = ["api", "on_upload", "on_job", "reconcile"];

#[derive(Debug)]
pub struct Built {
    pub transcoder: PathBuf,
    /// Where the zips are.
    pub functions: PathBuf,
    /// Changes with any byte of any function.
    pub fingerprint: String,
}

pub fn build_and_package(session: &Session, tools: &Tools) -> Result<Built> {
    let programs = build(session, tools)?;
    let program = |name: &str| {
        programs
            .get(name)
            .cloned()
            .ok_or_else(|| Error::said(format!("the build made no program `{name}`")))
    };
    let phase = session.journal.phase("package", "a zip for each function")?;
    let folder = session.paths.functions();
    files::create_folder(&folder)?;
    let _lock = Lock::acquire(&folder.join("lock"), Duration::from_secs(300), || {
        session
            .journal
            .say("another run packs the functions: waiting for it");
    })?;
    let (mut hashes, mut packed) = (String::new(), 0);
    for name in FUNCTIONS {
        let (hash, new) = package(&program(name)?, &folder, name)?;
        hashes.push_str(&hash);
        packed += u32::from(new);
    }
    let transcoder = program("transcoder")?;
    phase.done(&if packed == 0 {
        "unchanged".to_owned()
    } else {
        format!("{packed} new")
    });
    Ok(Built {
        transcoder,
        functions: folder,
        fingerprint: files::sha256(hashes.as_bytes()),
    })
}

/// Runs Cargo; answers each program's path by its name.
fn build(session: &Session, tools: &Tools) -> Result<BTreeMap<String, PathBuf>> {
    let mut phase = session
        .journal
        .phase("build", "the functions and the transcoder")?;
    let mut cargo = process::command(&tools.cargo);
    cargo
        .current_dir(&session.paths.root)
        .args(["build", "--bins", "--message-format", "json-render-diagnostics"])
        .args([
            "--package",
            "api",
            "--package",
            "ingest",
            "--package",
            "transcoder",
        ])
        // Cargo tells how far it is only to a terminal, unless asked.
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "160")
        .env("CARGO_TERM_COLOR", "never");
    let (mut programs, mut total) = (BTreeMap::new(), 0);
    let ended = session
        .tool("cargo build", "build", 60)?
        .run(&mut cargo, |from, line| {
            if from == From::Out {
                programs.extend(program(line));
                return None;
            }
            let Some(step) = progress(line) else {
                return Some(line.to_owned());
            };
            if step.of != total {
                total = step.of;
                phase.total(total, Unit::Things("crates"));
            }
            phase.at(step.done);
            phase.message(step.now);
            None
        })?;
    if !ended.status.success() {
        return Err(failed(session, &ended));
    }
    phase.done(&format!("{} programs", programs.len()));
    Ok(programs)
}

/// Shows what the compiler said, then one line.
fn failed(session: &Session, ended: &Ended) -> Error {
    for line in &ended.tail {
        session.journal.say(line);
    }
    let why = ended.why(|lines| lines.iter().find(|line| line.starts_with("error")).cloned());
    Error::said(format!("the functions do not build: {why}"))
}

/// The program that one of Cargo's messages tells of.
fn program(line: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(line).ok()?;
    let path = message.get("executable")?.as_str()?;
    Some((
        message["target"]["name"].as_str()?.to_owned(),
        PathBuf::from(path),
    ))
}

#[derive(Debug, PartialEq, Eq)]
struct Step<'a> {
    done: u64,
    of: u64,
    now: &'a str,
}

/// Reads Cargo's `Building [===>   ] 12/345: serde, tokio`.
fn progress(line: &str) -> Option<Step<'_>> {
    let (_, rest) = line.trim_start().strip_prefix("Building [")?.split_once("] ")?;
    let (counts, now) = rest.split_once(':').unwrap_or((rest, ""));
    let (done, of) = counts.trim().split_once('/')?;
    // The terminal's "erase to the end of the line" may follow.
    let now = now.trim().trim_end_matches("\u{1b}[K");
    Some(Step {
        done: done.parse().ok()?,
        of: of.parse().ok()?,
        now,
    })
}

/// What a zip was made of, so that it is not made again.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Source {
    path: PathBuf,
    size: u64,
    modified: SystemTime,
}

#[derive(Debug, Serialize, Deserialize)]
struct Package {
    source: Source,
    sha256: String,
}

/// Makes `<name>.zip`; answers its hash and whether it is new.
fn package(program: &Path, folder: &Path, name: &str) -> Result<(String, bool)> {
    let (zip, note) = (
        folder.join(format!("{name}.zip")),
        folder.join(format!("{name}.json")),
    );
    let data = fs::metadata(program).map_err(Error::file("read", program))?;
    let modified = data.modified().map_err(Error::file("read", program))?;
    let source = Source {
        path: program.to_path_buf(),
        size: data.len(),
        modified,
    };
    if let Some(known) = files::read_json::<Package>(&note)
        && known.source == source
        && zip.is_file()
    {
        return Ok((known.sha256, false));
    }
    let bytes = fs::read(program).map_err(Error::file("read", program))?;
    let packed = pack(&bytes).map_err(|error| Error::said(format!("cannot pack {name}: {error}")))?;
    let sha256 = files::sha256(&packed);
    let known = fs::read(&zip).is_ok_and(|old| old == packed);
    if !known {
        files::write(&zip, &packed, files::PLAIN)?;
    }
    files::write_json(
        &note,
        &Package {
            source,
            sha256: sha256.clone(),
        },
        files::PLAIN,
    )?;
    Ok((sha256, !known))
}

/// A zip with one executable `bootstrap`; the same program gives the same bytes.
fn pack(program: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    zip.start_file("bootstrap", options)?;
    zip.write_all(program)?;
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_progress_is_read() {
        let line = "    Building [=====>         ] 12/345: serde, api(bin)";
        assert_eq!(
            progress(line),
            Some(Step {
                done: 12,
                of: 345,
                now: "serde, api(bin)"
            })
        );
        assert_eq!(
            progress("    Building [===] 3/3"),
            Some(Step {
                done: 3,
                of: 3,
                now: ""
            })
        );
        assert_eq!(progress("   Compiling serde v1.0.0"), None);
        assert_eq!(progress("error: expected `;`"), None);
    }

    #[test]
    fn a_program_is_read_from_cargos_message() {
        let line = r#"{"reason":"compiler-artifact","target":{"name":"api"},"executable":"/t/api"}"#;
        assert_eq!(program(line), Some(("api".to_owned(), PathBuf::from("/t/api"))));
        let line = r#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}"#;
        assert_eq!(program(line), None);
    }

    #[test]
    fn the_same_program_gives_the_same_zip() {
        let one = pack(b"program").unwrap();
        assert_eq!(one, pack(b"program").unwrap());
        let mut archive = zip::ZipArchive::new(Cursor::new(one)).unwrap();
        let file = archive.by_index(0).unwrap();
        assert_eq!(file.name().unwrap(), "bootstrap");
        assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o755));
    }
}
