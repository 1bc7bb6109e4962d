//! Files that are replaced in one step, and file locks.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::HEXLOWER;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::signal;

/// The mode of files that hold keys and tokens.
pub(crate) const SECRET: u32 = 0o600;
/// The mode of other files.
pub(crate) const PLAIN: u32 = 0o644;

/// Creates a folder and its parents.
pub fn create_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(Error::file("create the folder", path))
}

/// Creates a folder that only its owner can read: it will hold keys.
pub(crate) fn create_private_folder(path: &Path) -> Result<()> {
    create_folder(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(Error::file("restrict access to", path))
}

/// Replaces a file in one step: a reader sees the old bytes or the new ones.
pub(crate) fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let part = part_path(path);
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&part)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&part, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&part);
        Error::file("write", path)(error)
    })
}

/// Returns the path at which a file is written before it is renamed to its own.
pub fn part_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}

pub(crate) fn write_json(path: &Path, value: &impl Serialize, mode: u32) -> Result<()> {
    let mut text = serde_json::to_vec_pretty(value)
        .map_err(|error| Error::message(format!("cannot write {} as JSON: {error}", path.display())))?;
    text.push(b'\n');
    write(path, &text, mode)
}

/// Reads a JSON file. Returns `None` if it is missing or malformed: its owner then writes it again.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Removes a file, or a folder with its content, if it exists.
pub fn remove(path: &Path) -> Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(data) if data.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::file("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Returns the SHA-256 hash in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// A lock on a file, which the system releases when its holder ends.
#[derive(Debug)]
pub(crate) struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes the lock. Returns `None` if another process holds it.
    pub fn try_acquire(path: &Path) -> Result<Option<FileLock>> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(Error::file("open the lock", path))?;
        match file.try_lock() {
            // `reset` removes the file while it holds the lock: a lock on a removed file excludes no other run.
            Ok(()) if is_at(&file, path) => Ok(Some(FileLock { _file: file })),
            Ok(()) | Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(Error::file("lock", path)(error)),
        }
    }

    /// Waits for the lock, up to `limit`. Calls `on_wait` once if it has to wait.
    pub fn acquire(path: &Path, limit: Duration, on_wait: impl FnOnce()) -> Result<FileLock> {
        let mut on_wait = Some(on_wait);
        let lock = signal::wait_for(limit, Duration::from_millis(200), || {
            let lock = FileLock::try_acquire(path)?;
            if lock.is_none()
                && let Some(on_wait) = on_wait.take()
            {
                on_wait();
            }
            Ok(lock)
        })?;
        lock.ok_or_else(|| {
            Error::message(format!(
                "another run still holds {}: wait for it or stop it",
                path.display()
            ))
        })
    }
}

/// Returns whether an open file is the one that a path names now.
fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(named)) = (file.metadata(), fs::metadata(path)) else {
        return false;
    };
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("local-files-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        path
    }

    #[test]
    fn write_replaces_the_file_and_leaves_no_part() {
        let folder = folder("write");
        let path = folder.join("a.json");
        write(&path, b"one", PLAIN).unwrap();
        write(&path, b"two", PLAIN).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn malformed_json_reads_as_none() {
        let folder = folder("json");
        let path = folder.join("a.json");
        fs::write(&path, "{\"ports\":").unwrap();
        assert_eq!(read_json::<serde_json::Value>(&path), None);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn lock_is_exclusive_until_it_is_dropped() {
        let folder = folder("lock");
        let path = folder.join("lock");
        let held = FileLock::try_acquire(&path).unwrap();
        assert!(held.is_some());
        assert!(FileLock::try_acquire(&path).unwrap().is_none());
        drop(held);
        assert!(FileLock::try_acquire(&path).unwrap().is_some());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn lock_on_a_removed_file_is_not_taken() {
        let folder = folder("removed-lock");
        let path = folder.join("lock");
        let held = FileLock::try_acquire(&path).unwrap();
        let waiting = File::open(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(!is_at(&waiting, &path));
        drop(held);
        assert!(FileLock::try_acquire(&path).unwrap().is_some());
        fs::remove_dir_all(folder).unwrap();
    }
}
