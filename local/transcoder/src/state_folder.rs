//! The folder that keeps the service's records and temporary files. One service uses it at a time.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The reason why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateFolderError {
    /// Another service holds the lock: two services on one folder would run each job twice.
    #[error("another transcoder uses {}: stop it, or name another folder with --state", .0.display())]
    InUse(PathBuf),
    /// An operation of the file system failed.
    #[error("cannot use {}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
}

/// The state folder, locked until this value is dropped.
#[derive(Debug)]
pub struct StateFolder {
    path: PathBuf,
    _lock: File,
}

impl StateFolder {
    /// Creates the folder if it is missing, locks it, and removes temporary files of an interrupted run.
    pub fn open(path: &Path) -> Result<Self, StateFolderError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| StateFolderError::File { path, source }
        };
        fs::create_dir_all(path).map_err(at(path))?;
        let path = fs::canonicalize(path).map_err(at(path))?;
        let lock = File::create(path.join("lock")).map_err(at(&path))?;
        try_lock(&lock).map_err(|error| match error {
            TryLockError::WouldBlock => StateFolderError::InUse(path.clone()),
            TryLockError::Error(source) => at(&path)(source),
        })?;
        let folder = Self { path, _lock: lock };
        empty(&folder.work()).map_err(at(&folder.work()))?;
        Ok(folder)
    }

    /// Returns the folder of one kind of record.
    pub fn records(&self, kind: &str) -> PathBuf {
        self.path.join(kind)
    }

    /// Returns the folder of temporary files.
    pub fn work(&self) -> PathBuf {
        self.path.join("work")
    }
}

/// Locks a file. Retries a held lock for a moment: a child that a killed service was just starting holds it until it
/// executes its program.
fn try_lock(file: &File) -> Result<(), TryLockError> {
    let deadline = Instant::now() + Duration::from_secs(1);
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(10));
            }
            result => return result,
        }
    }
}

/// Creates a folder, or empties it.
fn empty(folder: &Path) -> io::Result<()> {
    for left in (0..100).rev() {
        match fs::remove_dir_all(folder) {
            // The ffmpeg of a service that was killed ends a moment later, and may still create a file here.
            Err(error) if left > 0 && error.kind() == ErrorKind::DirectoryNotEmpty => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => break,
        }
    }
    fs::create_dir_all(folder)
}
