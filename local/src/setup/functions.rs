//! Builds the functions and the transcoder, and packages the functions for Lambda.

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
use crate::files::{self, FileLock};
use crate::journal::Unit;
use crate::process::{self, OutputStream, ToolResult};
use crate::session::StackSession;

const FUNCTIONS: [&str; 4] = ["api", "on_upload", "on_job", "reconcile"];

/// The programs that a stack runs.
#[derive(Debug)]
pub struct BuiltPrograms {
    pub transcoder: PathBuf,
    /// The folder of the functions' zips.
    pub functions: PathBuf,
    /// The hash of all zips.
    pub fingerprint: String,
}

/// Builds the programs and packages those that have changed.
pub fn build_and_package(session: &StackSession, tools: &Tools) -> Result<BuiltPrograms> {
    let programs = build(session, tools)?;
    let program = |name: &str| {
        programs
            .get(name)
            .cloned()
            .ok_or_else(|| Error::message(format!("the build has no program `{name}`")))
    };
    let phase = session.journal.phase("package", "a zip for each function")?;
    let folder = session.paths.functions();
    files::create_folder(&folder)?;
    let _lock = FileLock::acquire(&folder.join("lock"), Duration::from_secs(300), || {
        session
            .journal
            .report("another run packages the functions: waiting for it");
    })?;
    let (mut hashes, mut changed) = (String::new(), 0);
    for name in FUNCTIONS {
        let (hash, is_new) = package(&program(name)?, &folder, name)?;
        hashes.push_str(&hash);
        changed += u32::from(is_new);
    }
    let transcoder = program("transcoder")?;
    phase.finish(&if changed == 0 {
        "unchanged".to_owned()
    } else {
        format!("{changed} new")
    });
    Ok(BuiltPrograms {
        transcoder,
        functions: folder,
        fingerprint: files::sha256(hashes.as_bytes()),
    })
}

/// Builds the programs with Cargo and returns their paths by name.
fn build(session: &StackSession, tools: &Tools) -> Result<BTreeMap<String, PathBuf>> {
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
        // By default, Cargo prints its progress to a terminal only.
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "160")
        .env("CARGO_TERM_COLOR", "never");
    let (mut programs, mut total) = (BTreeMap::new(), 0);
    let result = session
        .tool("cargo build", "build", 60)?
        .run(&mut cargo, |stream, line| {
            if stream == OutputStream::Stdout {
                programs.extend(parse_artifact(line));
                return None;
            }
            let Some(progress) = parse_progress(line) else {
                return Some(line.to_owned());
            };
            if progress.total != total {
                total = progress.total;
                phase.set_total(total, Unit::Items("crates"));
            }
            phase.set_progress(progress.done);
            phase.set_message(progress.current);
            None
        })?;
    if !result.status.success() {
        return Err(build_error(session, &result));
    }
    phase.finish(&format!("{} programs", programs.len()));
    Ok(programs)
}

/// Reports the compiler's messages and returns the first error as one line.
fn build_error(session: &StackSession, result: &ToolResult) -> Error {
    for line in &result.tail {
        session.journal.report(line);
    }
    let reason = result.failure_reason(|lines| lines.iter().find(|line| line.starts_with("error")).cloned());
    Error::message(format!("the functions do not build: {reason}"))
}

/// Returns the name and path of the program in one of Cargo's messages.
fn parse_artifact(line: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(line).ok()?;
    let path = message.get("executable")?.as_str()?;
    Some((
        message["target"]["name"].as_str()?.to_owned(),
        PathBuf::from(path),
    ))
}

/// Cargo's progress: how many crates are done, and which are being compiled.
#[derive(Debug, PartialEq, Eq)]
struct BuildProgress<'a> {
    done: u64,
    total: u64,
    current: &'a str,
}

/// Parses a line such as `Building [===>   ] 12/345: serde, tokio`.
fn parse_progress(line: &str) -> Option<BuildProgress<'_>> {
    let (_, rest) = line.trim_start().strip_prefix("Building [")?.split_once("] ")?;
    let (counts, current) = rest.split_once(':').unwrap_or((rest, ""));
    let (done, total) = counts.trim().split_once('/')?;
    // An escape sequence that erases the rest of the line may follow.
    let current = current.trim().trim_end_matches("\u{1b}[K");
    Some(BuildProgress {
        done: done.parse().ok()?,
        total: total.parse().ok()?,
        current,
    })
}

/// A build of a program, by its file.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct ProgramStamp {
    path: PathBuf,
    size: u64,
    modified: SystemTime,
}

#[derive(Debug, Serialize, Deserialize)]
/// The program in a zip, and the zip's hash.
struct PackageStamp {
    source: ProgramStamp,
    sha256: String,
}

/// Writes `NAME.zip` unless it has this program already. Returns its hash and whether its content is new.
fn package(program: &Path, folder: &Path, name: &str) -> Result<(String, bool)> {
    let (zip, stamp) = (
        folder.join(format!("{name}.zip")),
        folder.join(format!("{name}.json")),
    );
    let data = fs::metadata(program).map_err(Error::file("read", program))?;
    let modified = data.modified().map_err(Error::file("read", program))?;
    let source = ProgramStamp {
        path: program.to_path_buf(),
        size: data.len(),
        modified,
    };
    if let Some(known) = files::read_json::<PackageStamp>(&stamp)
        && known.source == source
        && zip.is_file()
    {
        return Ok((known.sha256, false));
    }
    let bytes = fs::read(program).map_err(Error::file("read", program))?;
    let packed =
        zip_program(&bytes).map_err(|error| Error::message(format!("cannot package {name}: {error}")))?;
    let sha256 = files::sha256(&packed);
    let is_new = fs::read(&zip).map_or(true, |old| old != packed);
    if is_new {
        files::write(&zip, &packed, files::PLAIN)?;
    }
    files::write_json(
        &stamp,
        &PackageStamp {
            source,
            sha256: sha256.clone(),
        },
        files::PLAIN,
    )?;
    Ok((sha256, is_new))
}

/// Returns a zip with the program as the executable `bootstrap`. Equal programs give equal zips.
fn zip_program(program: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
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
    fn progress_of_cargo_is_parsed() {
        let line = "    Building [=====>         ] 12/345: serde, api(bin)";
        assert_eq!(
            parse_progress(line),
            Some(BuildProgress {
                done: 12,
                total: 345,
                current: "serde, api(bin)"
            })
        );
        assert_eq!(
            parse_progress("    Building [===] 3/3"),
            Some(BuildProgress {
                done: 3,
                total: 3,
                current: ""
            })
        );
        assert_eq!(parse_progress("   Compiling serde v1.0.0"), None);
        assert_eq!(parse_progress("error: expected `;`"), None);
    }

    #[test]
    fn program_is_parsed_from_a_message_of_cargo() {
        let line = r#"{"reason":"compiler-artifact","target":{"name":"api"},"executable":"/t/api"}"#;
        assert_eq!(
            parse_artifact(line),
            Some(("api".to_owned(), PathBuf::from("/t/api")))
        );
        let line = r#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}"#;
        assert_eq!(parse_artifact(line), None);
    }

    #[test]
    fn equal_programs_give_equal_zips() {
        let one = zip_program(b"program").unwrap();
        assert_eq!(one, zip_program(b"program").unwrap());
        let mut archive = zip::ZipArchive::new(Cursor::new(one)).unwrap();
        let file = archive.by_index(0).unwrap();
        assert_eq!(file.name().unwrap(), "bootstrap");
        assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o755));
    }
}
