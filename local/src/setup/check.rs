//! Finds the tools that must be installed: Terraform, Python and Cargo.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::http;
use crate::session::StackSession;
use crate::signal;

const MIN_TERRAFORM: Version = Version(1, 11, 0);
const MIN_PYTHON: Version = Version(3, 10, 0);
/// The names under which Python is looked for.
const PYTHON_NAMES: [&str; 8] = [
    "python3",
    "python3.15",
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
    "python3.10",
    "python",
];

/// A version: major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u32, u32, u32);

impl Version {
    /// Returns the first version in a text, without suffixes such as `-beta1`.
    fn find(text: &str) -> Option<Version> {
        text.split(|c: char| !c.is_ascii_digit() && c != '.')
            .find_map(|word| {
                let mut numbers = word.split('.').map(str::parse::<u32>);
                let (major, minor) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
                Some(Version(
                    major,
                    minor,
                    numbers.next().and_then(Result::ok).unwrap_or(0),
                ))
            })
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The paths of the tools.
#[derive(Debug, Clone)]
pub struct Tools {
    pub(crate) terraform: PathBuf,
    pub(crate) terraform_version: Version,
    pub(crate) python: PathBuf,
    pub(crate) cargo: PathBuf,
}

/// Finds the tools and checks their versions.
pub fn tools(session: &StackSession) -> Result<Tools> {
    let phase = session.journal.phase("check", "Terraform, Python, Cargo")?;
    let (terraform, terraform_version) = unless_interrupted(find_terraform())?;
    let (python, python_version) = unless_interrupted(find_python())?;
    let cargo = std::env::var_os("CARGO")
        .map(PathBuf::from)
        .filter(|path| path.is_file());
    let cargo = cargo.or_else(|| find("cargo")).ok_or_else(|| {
        Error::message("Cargo is not on the PATH: install Rust from https://rustup.rs, then run it again")
    })?;
    phase.finish(&format!("Terraform {terraform_version}, Python {python_version}"));
    Ok(Tools {
        terraform,
        terraform_version,
        python,
        cargo,
    })
}

/// Returns a tool's result, or `Error::Interrupted` after Ctrl-C, which makes any tool fail.
fn unless_interrupted<T>(result: Result<T>) -> Result<T> {
    signal::check()?;
    result
}

fn find_terraform() -> Result<(PathBuf, Version)> {
    const REMEDY: &str = "install 1.11 or newer from https://developer.hashicorp.com/terraform/install, \
                       then run it again";
    let path =
        find("terraform").ok_or_else(|| Error::message(format!("Terraform is not on the PATH: {REMEDY}")))?;
    let output = output(Command::new(&path).arg("version").env("CHECKPOINT_DISABLE", "1"))
        .ok_or_else(|| Error::message(format!("{} does not run: {REMEDY}", path.display())))?;
    let version = Version::find(&output)
        .ok_or_else(|| Error::message(format!("{} does not print its version: {REMEDY}", path.display())))?;
    if version < MIN_TERRAFORM {
        return Err(Error::message(format!(
            "Terraform {version} at {} is too old: {REMEDY}",
            path.display()
        )));
    }
    Ok((path, version))
}

fn find_python() -> Result<(PathBuf, Version)> {
    const REMEDY: &str =
        "install Python 3.10 or newer from https://www.python.org/downloads, then run it again";
    const SCRIPT: &str = "import sys; print('version %d.%d.%d' % sys.version_info[:3])\n\
                          try:\n import venv, ensurepip\nexcept ImportError: print('no venv')";
    let mut refused = None;
    for path in PYTHON_NAMES.iter().filter_map(find) {
        let Some(output) = output(Command::new(&path).args(["-c", SCRIPT])) else {
            continue;
        };
        let Some(version) = Version::find(&output) else {
            continue;
        };
        let problem = if version < MIN_PYTHON {
            format!("Python {version} at {} is too old: {REMEDY}", path.display())
        } else if output.contains("no venv") {
            let package = format!("python{}.{}-venv", version.0, version.1);
            format!(
                "Python {version} at {} has no `venv`: install it (Debian: {package})",
                path.display()
            )
        } else {
            return Ok((path, version));
        };
        refused.get_or_insert(problem);
    }
    Err(Error::message(refused.unwrap_or_else(|| {
        format!("Python is not on the PATH: {REMEDY}")
    })))
}

/// Returns the standard output of a short command, if it succeeds.
fn output(command: &mut Command) -> Option<String> {
    let mut command = std::mem::replace(command, Command::new("true"));
    let run = move || {
        let output = command.stdin(std::process::Stdio::null()).output();
        Ok(output.ok().filter(|output| output.status.success()))
    };
    let output = http::interruptible(run).ok().flatten()?;
    String::from_utf8(output.stdout).ok()
}

/// Returns the program of a name on the PATH.
fn find(name: impl AsRef<OsStr>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name.as_ref()))
        .find(|file| is_program(file))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// The time limit of a short command.
pub const SHORT_LIMIT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_the_output_of_tools() {
        assert_eq!(
            Version::find("Terraform v1.11.4\non linux_amd64"),
            Some(Version(1, 11, 4))
        );
        assert_eq!(Version::find("Terraform v1.12.0-beta1"), Some(Version(1, 12, 0)));
        assert_eq!(Version::find("version 3.9.18\n"), Some(Version(3, 9, 18)));
        assert_eq!(Version::find("no version here"), None);
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(Version(1, 9, 8) < MIN_TERRAFORM);
        assert!(Version(1, 11, 0) >= MIN_TERRAFORM);
        assert!(Version(3, 9, 18) < MIN_PYTHON);
        assert!(Version(3, 13, 0) >= MIN_PYTHON);
    }
}
