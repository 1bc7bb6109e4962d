//! What requests and jobs share.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::cloud::Cloud;
use crate::config::Arguments;
use crate::elastic::pipeline::Pipeline;
use crate::elastic::preset::Preset;
use crate::ffmpeg::run::Ffmpeg;
use crate::id::{Identifiers, now_millis};
use crate::job::{Event, Job, Record, Status};
use crate::media_convert::queue::Queue;
use crate::outbox;
use crate::progress::Board;
use crate::rate::{Limiter, Rate};
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
    pub(crate) presets: Store<Preset>,
    pub(crate) queues: Store<Queue>,
    pub(crate) jobs: Store<Record>,
    pub(crate) identifiers: Identifiers,
    pub(crate) cloud: Cloud,
    pub(crate) ffmpeg: Ffmpeg,
    pub(crate) board: Board,
    /// What each service's CreateJob is held to.
    pub(crate) limits: Limits,
    /// Told when there may be a job to begin.
    pub(crate) wake: Notify,
    /// Jobs that are running, each with what stops it.
    running: Mutex<HashMap<String, Arc<Notify>>>,
    /// Jobs whose news is being delivered.
    pub(crate) delivering: Names,
    /// Outputs that running jobs are going to write, as bucket and key.
    pub(crate) claims: Names,
    stopping: AtomicBool,
    region: String,
    account: String,
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
        let presets: Store<Preset> = Store::open(state.join("presets"))?;
        let jobs: Store<Record> = Store::open(state.join("jobs"))?;
        let used = [pipelines.ids(), presets.ids(), jobs.ids()];
        Ok(Self {
            identifiers: Identifiers::after(used.iter().flatten()),
            pipelines,
            presets,
            queues: Store::open(state.join("queues"))?,
            jobs,
            cloud: Cloud::new(arguments),
            ffmpeg: Ffmpeg::new(ffmpeg),
            board: Board::default(),
            limits: Limits::new(arguments.rate()),
            wake: Notify::new(),
            running: Mutex::default(),
            delivering: Names::default(),
            claims: Names::default(),
            stopping: AtomicBool::new(false),
            region: arguments.region.clone(),
            account: arguments.account.clone(),
            work,
            _lock: lock,
        })
    }

    /// The ARN of something that one of the two services has.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account)
    }

    /// The account in the ARNs.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The folder of a job's temporary files.
    pub fn work_folder(&self, job: &str) -> PathBuf {
        self.work.join(job)
    }

    /// Keeps a new job, which may begin, unless there is one that does instead; answers the one that is there now.
    pub(crate) fn submit(&self, job: Job, instead: impl Fn(&Job) -> bool) -> Result<Job, StoreError> {
        let id = job.id.clone();
        let record = Record::from(job);
        let there = self
            .jobs
            .insert_unless(&id, record, |there| instead(&there.job))?;
        self.wake.notify_one();
        Ok(there.job)
    }

    /// Waits for the oldest job that may run and takes it, with what stops it.
    pub async fn next_job(&self) -> (String, Arc<Notify>) {
        loop {
            let woken = self.wake.notified();
            if let Some(taken) = self.take_job() {
                return taken;
            }
            woken.await;
        }
    }

    fn take_job(&self) -> Option<(String, Arc<Notify>)> {
        let mut running = self.running();
        let id = self.jobs.first(|id, Record { job, .. }| {
            !job.status.is_final() && !running.contains_key(id) && !job.is_paused(self)
        })?;
        let stop = Arc::new(Notify::new());
        running.insert(id.clone(), Arc::clone(&stop));
        Some((id, stop))
    }

    /// Notes that a job runs no more.
    pub fn release(&self, id: &str) {
        self.running().remove(id);
    }

    /// Calls a job off that has not ended, and with `begun_too` one that runs. Whether that was so.
    pub(crate) fn cancel(self: &Arc<Self>, id: &str, begun_too: bool) -> Result<bool, StoreError> {
        // Held until the job is canceled, so that it is not begun in between.
        let running = self.running();
        let open = self
            .jobs
            .get(id)
            .is_some_and(|Record { job, .. }| match job.status {
                Status::Submitted => begun_too || !running.contains_key(id),
                status => begun_too && !status.is_final(),
            });
        if !open {
            return Ok(false);
        }
        let mut canceled = false;
        self.jobs.update(id, |record| {
            // It may have ended a moment ago.
            canceled = !record.job.status.is_final();
            if canceled {
                // MediaConvert's user guide ("Job states"): of a job that has not begun no event tells its end.
                let has_begun = record.job.status != Status::Submitted;
                record.job.status = Status::Canceled;
                record.job.timing.finish_time_millis = Some(now_millis());
                if has_begun {
                    record.owe(self, Event::Canceled);
                }
            }
        })?;
        if let Some(stop) = running.get(id) {
            stop.notify_one();
        }
        drop(running);
        outbox::deliver(self, id);
        Ok(canceled)
    }

    /// From now on no job ends: what becomes of one that is cut short says nothing of the job.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether the service is about to end.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, Arc<Notify>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The limits of the two services: each has its own, as an account's are on AWS.
#[derive(Debug)]
pub(crate) struct Limits {
    pub elastic: Limiter,
    pub media_convert: Limiter,
}

impl Limits {
    fn new(rate: Rate) -> Self {
        Self {
            elastic: Limiter::new(rate),
            media_convert: Limiter::new(rate),
        }
    }

    /// Holds both to another rate.
    pub fn set(&self, rate: Rate) {
        self.elastic.set(rate);
        self.media_convert.set(rate);
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

/// Makes a folder that is empty.
fn clear(folder: &Path) -> std::io::Result<()> {
    for left in (0..100).rev() {
        match fs::remove_dir_all(folder) {
            // The ffmpeg of a run that was killed has a moment left, in which it may still make a file there.
            Err(error) if left > 0 && error.kind() == ErrorKind::DirectoryNotEmpty => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => break,
        }
    }
    fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::harness::arguments;

    #[test]
    fn a_missing_ffmpeg_is_named() {
        let state = tempfile::tempdir().unwrap();
        let mut arguments = arguments(state.path());
        arguments.ffmpeg = "/no/such/ffmpeg".into();
        let error = Service::open(&arguments).unwrap_err().to_string();
        assert_eq!(error, "no ffmpeg at /no/such/ffmpeg: name one with --ffmpeg");
    }
}
