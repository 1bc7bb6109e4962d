//! The tools that the machine must bring: Terraform, Python, Cargo.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::http;
use crate::session::Session;
use crate::signal;

const TERRAFORM: Version = Version(1, 11, 0);
const PYTHON: Version = Version(3, 10, 0);
const PYTHONS: [&str; 8] = [
    "python3",
    "python3.15",
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
    "python3.10",
    "python",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u32, u32, u32);

impl Version {
    /// The first thing in the text that looks like a version; what follows the patch is left out.
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

#[derive(Debug, Clone)]
pub struct Tools {
    pub terraform: PathBuf,
    pub terraform_version: Version,
    pub python: PathBuf,
    pub cargo: PathBuf,
}

pub fn tools(session: &Session) -> Result<Tools> {
    let phase = session.journal.phase("check", "Terraform, Python, Cargo")?;
    let (terraform, terraform_version) = unless_interrupted(terraform())?;
    let (python, python_version) = unless_interrupted(python())?;
    let cargo = std::env::var_os("CARGO")
        .map(PathBuf::from)
        .filter(|path| path.is_file());
    let cargo = cargo.or_else(|| find("cargo")).ok_or_else(|| {
        Error::said("Cargo is not on the PATH: install Rust from https://rustup.rs, then run it again")
    })?;
    phase.done(&format!("Terraform {terraform_version}, Python {python_version}"));
    Ok(Tools {
        terraform,
        terraform_version,
        python,
        cargo,
    })
}

/// A tool that was asked when Ctrl-C came has not answered: that says nothing of the tool.
fn unless_interrupted<T>(answer: Result<T>) -> Result<T> {
    signal::check()?;
    answer
}

fn terraform() -> Result<(PathBuf, Version)> {
    const GET: &str = "install 1.11 or newer from https://developer.hashicorp.com/terraform/install, \
                       then run it again";
    let path =
        find("terraform").ok_or_else(|| Error::said(format!("Terraform is not on the PATH: {GET}")))?;
    let output = output(Command::new(&path).arg("version").env("CHECKPOINT_DISABLE", "1"))
        .ok_or_else(|| Error::said(format!("{} does not run: {GET}", path.display())))?;
    let version = Version::find(&output)
        .ok_or_else(|| Error::said(format!("{} does not tell its version: {GET}", path.display())))?;
    if version < TERRAFORM {
        return Err(Error::said(format!(
            "Terraform {version} at {} is too old: {GET}",
            path.display()
        )));
    }
    Ok((path, version))
}

fn python() -> Result<(PathBuf, Version)> {
    const GET: &str = "install Python 3.10 or newer from https://www.python.org/downloads, then run it again";
    const SCRIPT: &str = "import sys; print('version %d.%d.%d' % sys.version_info[:3])\n\
                          try:\n import venv, ensurepip\nexcept ImportError: print('no venv')";
    let mut refused = None;
    for path in PYTHONS.iter().filter_map(find) {
        let Some(output) = output(Command::new(&path).args(["-c", SCRIPT])) else {
            continue;
        };
        let Some(version) = Version::find(&output) else {
            continue;
        };
        let problem = if version < PYTHON {
            format!("Python {version} at {} is too old: {GET}", path.display())
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
    Err(Error::said(
        refused.unwrap_or_else(|| format!("Python is not on the PATH: {GET}")),
    ))
}

/// What a short command prints, if it ends well.
fn output(command: &mut Command) -> Option<String> {
    let mut command = std::mem::replace(command, Command::new("true"));
    let run = move || {
        let output = command.stdin(std::process::Stdio::null()).output();
        Ok(output.ok().filter(|output| output.status.success()))
    };
    let output = http::interruptible(run).ok().flatten()?;
    String::from_utf8(output.stdout).ok()
}

/// The program of that name on the PATH.
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

/// How long a short look at something may take.
pub const SHORT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_the_tools_print() {
        assert_eq!(
            Version::find("Terraform v1.11.4\non linux_amd64"),
            Some(Version(1, 11, 4))
        );
        assert_eq!(Version::find("Terraform v1.12.0-beta1"), Some(Version(1, 12, 0)));
        assert_eq!(Version::find("version 3.9.18\n"), Some(Version(3, 9, 18)));
        assert_eq!(Version::find("no version here"), None);
    }

    #[test]
    fn versions_compare_by_number_not_by_letter() {
        assert!(Version(1, 9, 8) < TERRAFORM);
        assert!(Version(1, 11, 0) >= TERRAFORM);
        assert!(Version(3, 9, 18) < PYTHON);
        assert!(Version(3, 13, 0) >= PYTHON);
    }
}
