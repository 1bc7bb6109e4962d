//! Where things are: the repository, what all stacks share, and one stack's state.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

#[derive(Debug, Clone)]
pub struct Paths {
    /// The repository.
    pub root: PathBuf,
    /// `.local` in the repository: the Python environment, the functions' zips, tools.
    pub shared: PathBuf,
    /// The folder of one stack.
    pub state: PathBuf,
}

impl Paths {
    pub fn new(state: Option<&Path>) -> Result<Paths> {
        let here = std::env::current_dir().map_err(Error::file("find", "."))?;
        let root = here
            .ancestors()
            .find(|folder| folder.join("local/requirements.txt").is_file())
            .ok_or_else(|| {
                Error::said("run this inside the repository: no local/requirements.txt above here")
            })?
            .to_path_buf();
        let shared = root.join(".local");
        let state = match state {
            Some(path) => std::path::absolute(path).map_err(Error::file("find", path))?,
            None => shared.clone(),
        };
        Ok(Paths { root, shared, state })
    }

    pub fn logs(&self) -> PathBuf {
        self.state.join("logs")
    }

    pub fn log(&self, name: &str) -> PathBuf {
        self.logs().join(format!("{name}.log"))
    }

    /// What clients of the stack write, such as the demo's rendition.
    pub fn output(&self) -> PathBuf {
        self.state.join("output")
    }

    pub fn emulator(&self) -> PathBuf {
        self.state.join("emulator")
    }

    pub fn transcoder(&self) -> PathBuf {
        self.state.join("transcoder")
    }

    pub fn terraform(&self) -> PathBuf {
        self.state.join("terraform")
    }

    pub fn terraform_state(&self) -> PathBuf {
        self.terraform().join("terraform.tfstate")
    }

    /// Temporary files of the emulator and of the functions it unpacks.
    pub fn tmp(&self) -> PathBuf {
        self.state.join("tmp")
    }

    pub fn stack(&self) -> PathBuf {
        self.state.join("stack.json")
    }

    pub fn ports(&self) -> PathBuf {
        self.state.join("ports.json")
    }

    pub fn record(&self) -> PathBuf {
        self.state.join("record.json")
    }

    pub fn processes(&self) -> PathBuf {
        self.state.join("processes.json")
    }

    /// Held by whoever runs this stack, for as long as it does.
    pub fn lock(&self) -> PathBuf {
        self.state.join("lock")
    }

    pub fn functions(&self) -> PathBuf {
        self.shared.join("functions")
    }

    /// A path as a person at the repository's root would type it.
    pub fn short<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}
