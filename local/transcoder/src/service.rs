//! What requests and jobs share.

use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::cloud::Cloud;
use crate::config::Arguments;
use crate::ffmpeg::run::Ffmpeg;
use crate::id::Identifiers;
use crate::job::JobRecord;
use crate::pipeline::{Pipeline, PipelineStatus};
use crate::progress::Board;
use crate::store::{Store, StoreError};

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no such program.
    #[error("no ffmpeg at {}: name one with --ffmpeg", .0.display())]
    NoFfmpeg(PathBuf),
    /// Two services on one folder would run each job twice.
    #[error("another transcoder uses {}: stop it, or name another folder with --state", .0.display())]
    InUse(PathBuf),
    /// The folder cannot be used.
    #[error("cannot use {}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// A record cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The service: its records, its way to the cloud, its ffmpeg.
#[derive(Debug)]
pub struct Service {
    pub(crate) pipelines: Store<Pipeline>,
    pub(crate) jobs: Store<JobRecord>,
    pub(crate) identifiers: Identifiers,
    pub(crate) cloud: Cloud,
    pub(crate) ffmpeg: Ffmpeg,
    pub(crate) board: Board,
    /// Told when there may be a job to begin.
    pub(crate) wake: Notify,
    /// Jobs that are running.
    pub(crate) running: Names,
    /// Jobs whose notices are being published.
    pub(crate) publishing: Names,
    /// Outputs that running jobs are going to write, as bucket and key.
    pub(crate) claims: Names,
    arn_prefix: String,
    work: PathBuf,
    // Held for as long as the service lives.
    _lock: File,
}

impl Service {
    /// Opens the state folder and clears what an interrupted run left in it.
    pub fn open(arguments: &Arguments) -> Result<Self, StartError> {
        let ffmpeg = fs::canonicalize(&arguments.ffmpeg)
            .ok()
            .filter(|path| path.is_file());
        let ffmpeg = ffmpeg.ok_or_else(|| StartError::NoFfmpeg(arguments.ffmpeg.clone()))?;
        let state = prepare(&arguments.state).map_err(|source| StartError::Folder {
            path: arguments.state.clone(),
            source,
        })?;
        let lock = lock(&state)?;
        let work = state.join("work");
        clear(&work).map_err(|source| StartError::Folder {
            path: work.clone(),
            source,
        })?;
        let pipelines: Store<Pipeline> = Store::open(state.join("pipelines"))?;
        let jobs: Store<JobRecord> = Store::open(state.join("jobs"))?;
        Ok(Self {
            identifiers: Identifiers::after(pipelines.ids().iter().chain(&jobs.ids())),
            pipelines,
            jobs,
            cloud: Cloud::new(arguments),
            ffmpeg: Ffmpeg::new(ffmpeg),
            board: Board::default(),
            wake: Notify::new(),
            running: Names::default(),
            publishing: Names::default(),
            claims: Names::default(),
            arn_prefix: format!(
                "arn:aws:elastictranscoder:{}:{}",
                arguments.region, arguments.account
            ),
            work,
            _lock: lock,
        })
    }

    /// What all ARNs of this service begin with.
    pub fn arn_prefix(&self) -> &str {
        &self.arn_prefix
    }

    /// The folder of a job's temporary files.
    pub fn work_folder(&self, job: &str) -> PathBuf {
        self.work.join(job)
    }

    /// Waits for the oldest job that may run and takes it.
    pub async fn next_job(&self) -> String {
        loop {
            let woken = self.wake.notified();
            if let Some(id) = self.take_job() {
                return id;
            }
            woken.await;
        }
    }

    fn take_job(&self) -> Option<String> {
        let mut running = self.running.lock();
        let id = self.jobs.first(|id, record| {
            !record.job.status.is_final() && !running.contains(id) && !self.is_paused(&record.job.pipeline_id)
        })?;
        running.insert(id.clone());
        Some(id)
    }

    fn is_paused(&self, pipeline: &str) -> bool {
        self.pipelines
            .get(pipeline)
            .is_some_and(|pipeline| pipeline.status == PipelineStatus::Paused)
    }
}

/// Names that are taken at the moment.
#[derive(Debug, Default)]
pub(crate) struct Names(Mutex<HashSet<String>>);

impl Names {
    /// The names, for a decision that must hold while they are changed.
    pub fn lock(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a name until the claim is dropped; none where another has it.
    pub fn claim(&self, name: String) -> Option<Claim<'_>> {
        self.lock()
            .insert(name.clone())
            .then_some(Claim { names: self, name })
    }
}

/// A name that is taken.
#[derive(Debug)]
pub(crate) struct Claim<'a> {
    names: &'a Names,
    name: String,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.names.lock().remove(&self.name);
    }
}

fn prepare(state: &Path) -> std::io::Result<PathBuf> {
    fs::create_dir_all(state)?;
    fs::canonicalize(state)
}

fn lock(state: &Path) -> Result<File, StartError> {
    let folder = |source| StartError::Folder {
        path: state.to_owned(),
        source,
    };
    let file = File::create(state.join("lock")).map_err(folder)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::InUse(state.to_owned())),
        Err(TryLockError::Error(source)) => Err(folder(source)),
    }
}

fn clear(folder: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(folder),
    }
}
