//! The tools of jobs and probes: AWS clients, ffmpeg, and folders for temporary files.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::fs;

use crate::cloud::AwsAccess;
use crate::failure::JobFailure;
use crate::ffmpeg::run::Ffmpeg;

/// The tools of a run and the folder that holds its files.
#[derive(Debug)]
pub struct Workspace {
    /// S3 with the permissions of the jobs' roles.
    pub cloud: Arc<AwsAccess>,
    /// The ffmpeg program.
    pub ffmpeg: Ffmpeg,
    /// Holds one folder for each run.
    pub folder: PathBuf,
}

impl Workspace {
    /// Returns the folder of a run.
    pub fn folder_of(&self, run: &str) -> PathBuf {
        self.folder.join(run)
    }

    /// Removes the folder of a run. If that fails, logs it and leaves the folder until the next start.
    pub async fn remove(&self, run: &str) {
        match fs::remove_dir_all(self.folder_of(run)).await {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(run, %error, "cannot remove a work folder");
            }
            _ => {}
        }
    }
}

/// Creates a folder and its parents.
pub async fn create_folder(folder: &Path) -> Result<(), JobFailure> {
    let created = fs::create_dir_all(folder).await;
    created.map_err(|error| JobFailure::file("make", folder, &error))
}

/// Returns a file's size in bytes.
pub async fn file_size(path: &Path) -> Result<u64, JobFailure> {
    let metadata = fs::metadata(path).await;
    metadata
        .map(|file| file.len())
        .map_err(|error| JobFailure::file("read", path, &error))
}
