//! Files that are whole or not there: written beside their place, then renamed.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::signal;

/// Readable by the owner only: what holds keys and tokens.
pub const SECRET: u32 = 0o600;
pub const PLAIN: u32 = 0o644;

pub fn create_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(Error::file("create the folder", path))
}

/// A folder that only its owner can look into: what is kept in it holds keys.
pub fn create_private_folder(path: &Path) -> Result<()> {
    create_folder(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(Error::file("close to others", path))
}

/// Replaces the file in one step; a reader sees the old bytes or the new ones, never half.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let beside = beside(path);
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&beside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        Error::file("write", path)(error)
    })
}

/// The name under which a file is made before it takes its place.
pub fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}

pub fn write_json(path: &Path, value: &impl Serialize, mode: u32) -> Result<()> {
    let mut text = serde_json::to_vec_pretty(value)
        .map_err(|error| Error::said(format!("cannot write {} as JSON: {error}", path.display())))?;
    text.push(b'\n');
    write(path, &text, mode)
}

/// What the file holds, or nothing when it is missing or not what it should be: a half-written
/// or foreign file is the same as none, its owner makes it anew.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Removes a file or a whole folder; one that is not there is fine.
pub fn remove(path: &Path) -> Result<()> {
    let gone = match fs::symlink_metadata(path) {
        Ok(data) if data.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match gone {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::file("remove", path)(error)),
        _ => Ok(()),
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// A lock that the system takes back when its holder ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// The lock, or nothing when another process holds it.
    pub fn try_acquire(path: &Path) -> Result<Option<Lock>> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(Error::file("open the lock", path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(Error::file("lock", path)(error)),
        }
    }

    /// Waits for the lock; calls `waiting` once if it has to.
    pub fn acquire(path: &Path, limit: Duration, waiting: impl FnOnce()) -> Result<Lock> {
        let mut waiting = Some(waiting);
        let lock = signal::wait_for(limit, Duration::from_millis(200), || {
            let lock = Lock::try_acquire(path)?;
            if lock.is_none()
                && let Some(say) = waiting.take()
            {
                say();
            }
            Ok(lock)
        })?;
        lock.ok_or_else(|| {
            Error::said(format!(
                "another run still holds {}: wait for it or stop it",
                path.display()
            ))
        })
    }
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
    fn a_write_replaces_the_file_and_leaves_nothing_beside_it() {
        let folder = folder("write");
        let path = folder.join("a.json");
        write(&path, b"one", PLAIN).unwrap();
        write(&path, b"two", PLAIN).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn half_a_json_file_reads_as_none() {
        let folder = folder("json");
        let path = folder.join("a.json");
        fs::write(&path, "{\"ports\":").unwrap();
        assert_eq!(read_json::<serde_json::Value>(&path), None);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_lock_is_held_once_and_free_after_its_holder() {
        let folder = folder("lock");
        let path = folder.join("lock");
        let held = Lock::try_acquire(&path).unwrap();
        assert!(held.is_some());
        assert!(Lock::try_acquire(&path).unwrap().is_none());
        drop(held);
        assert!(Lock::try_acquire(&path).unwrap().is_some());
        fs::remove_dir_all(folder).unwrap();
    }
}
