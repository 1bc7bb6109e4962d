//! The folders of the repository and the files of one stack.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The folders that a stack uses.
#[derive(Debug, Clone)]
pub struct StackPaths {
    /// The repository.
    pub root: PathBuf,
    /// `.local` in the repository, which all stacks share: Python environments, the functions' zips, tools.
    pub shared: PathBuf,
    /// The state folder of this stack.
    pub state: PathBuf,
}

impl StackPaths {
    /// Finds the repository above the current folder. The state folder is `.local` by default.
    pub fn new(state: Option<&Path>) -> Result<StackPaths> {
        let current = std::env::current_dir().map_err(Error::file("find", "."))?;
        let root = current
            .ancestors()
            .find(|folder| folder.join("local/requirements.txt").is_file())
            .ok_or_else(|| {
                Error::message(
                    "no local/requirements.txt in this folder or above: run this inside the repository",
                )
            })?
            .to_path_buf();
        let shared = root.join(".local");
        let state = match state {
            Some(path) => std::path::absolute(path).map_err(Error::file("find", path))?,
            None => shared.clone(),
        };
        Ok(StackPaths { root, shared, state })
    }

    /// The folder of the logs.
    pub fn logs(&self) -> PathBuf {
        self.state.join("logs")
    }

    /// The log of a component, such as `terraform`.
    pub fn log(&self, component: &str) -> PathBuf {
        self.logs().join(format!("{component}.log"))
    }

    /// The files that clients of the stack write, such as the demo's rendition.
    pub fn output(&self) -> PathBuf {
        self.state.join("output")
    }

    pub(crate) fn emulator(&self) -> PathBuf {
        self.state.join("emulator")
    }

    pub(crate) fn transcoder(&self) -> PathBuf {
        self.state.join("transcoder")
    }

    pub(crate) fn terraform(&self) -> PathBuf {
        self.state.join("terraform")
    }

    pub(crate) fn terraform_state(&self) -> PathBuf {
        self.terraform().join("terraform.tfstate")
    }

    /// Temporary files of the emulator and of the functions that it unpacks.
    pub(crate) fn tmp(&self) -> PathBuf {
        self.state.join("tmp")
    }

    /// The description of the stack; see `StackDescription`.
    pub fn description(&self) -> PathBuf {
        self.state.join("stack.json")
    }

    pub(crate) fn ports(&self) -> PathBuf {
        self.state.join("ports.json")
    }

    pub(crate) fn record(&self) -> PathBuf {
        self.state.join("record.json")
    }

    pub(crate) fn processes(&self) -> PathBuf {
        self.state.join("processes.json")
    }

    /// The lock that the process which runs this stack holds.
    pub(crate) fn lock(&self) -> PathBuf {
        self.state.join("lock")
    }

    pub(crate) fn functions(&self) -> PathBuf {
        self.shared.join("functions")
    }

    /// Formats a path for messages: relative to the repository where it lies inside.
    pub fn short<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}
