//! The service: both APIs, the jobs, and their tools.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use crate::account::Account;
use crate::cloud::AwsAccess;
use crate::config::TranscoderArguments;
use crate::elastic::{self, ElasticAdapter, ElasticStore, ElasticTranscoderFront};
use crate::ffmpeg::run::Ffmpeg;
use crate::id::Identifiers;
use crate::jobs::{Adapter, Adapters, Scheduler, Worker};
use crate::media_convert::{self, MediaConvertAdapter, MediaConvertFront, MediaConvertStore};
use crate::rate::{Limiter, RateLimit};
use crate::state_folder::{StateFolder, StateFolderError};
use crate::store::StoreError;
use crate::workspace::Workspace;

/// The reason why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The program does not exist.
    #[error("no ffmpeg at {}: name one with --ffmpeg", .0.display())]
    NoFfmpeg(PathBuf),
    /// The state folder cannot be used.
    #[error(transparent)]
    Folder(#[from] StateFolderError),
    /// A record cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The running service.
#[derive(Debug)]
pub struct TranscoderService {
    pub(crate) scheduler: Arc<Scheduler>,
    pub(crate) elastic: Arc<ElasticTranscoderFront>,
    pub(crate) media_convert: Arc<MediaConvertFront>,
    workspace: Arc<Workspace>,
    max_jobs: u16,
    // Locked while the service runs.
    _state: StateFolder,
}

impl TranscoderService {
    /// Opens the state folder and removes temporary files of an interrupted run.
    pub fn open(arguments: &TranscoderArguments) -> Result<Self, StartError> {
        let ffmpeg = fs::canonicalize(&arguments.ffmpeg)
            .ok()
            .filter(|path| path.is_file());
        let ffmpeg = ffmpeg.ok_or_else(|| StartError::NoFfmpeg(arguments.ffmpeg.clone()))?;
        let state = StateFolder::open(&arguments.state)?;
        let account = Account {
            id: arguments.account.clone(),
            region: arguments.region.clone(),
        };
        let cloud = Arc::new(AwsAccess::new(arguments));
        let elastic_store = Arc::new(ElasticStore::open(&state)?);
        let media_convert_store = Arc::new(MediaConvertStore::open(&state, account.clone())?);
        let elastic_adapter = ElasticAdapter::new(Arc::clone(&elastic_store));
        let media_convert_adapter =
            MediaConvertAdapter::new(Arc::clone(&media_convert_store), account.clone());
        let adapters: [(&str, Arc<dyn Adapter>); 2] = [
            (elastic::API, Arc::new(elastic_adapter)),
            (media_convert::API, Arc::new(media_convert_adapter)),
        ];
        let scheduler = Scheduler::open(state.records("jobs"), Adapters::new(adapters), Arc::clone(&cloud))?;
        let scheduler = Arc::new(scheduler);
        let used = [elastic_store.ids(), scheduler.ids()].concat();
        let identifiers = Arc::new(Identifiers::after(&used));
        let workspace = Arc::new(Workspace {
            cloud,
            ffmpeg: Ffmpeg::new(ffmpeg),
            folder: state.work(),
        });
        Ok(Self {
            elastic: Arc::new(ElasticTranscoderFront {
                scheduler: Arc::clone(&scheduler),
                store: elastic_store,
                identifiers: Arc::clone(&identifiers),
                account: account.clone(),
                limiter: Arc::new(Limiter::new(arguments.rate())),
            }),
            media_convert: Arc::new(MediaConvertFront {
                scheduler: Arc::clone(&scheduler),
                store: media_convert_store,
                identifiers,
                account,
                limiter: Arc::new(Limiter::new(arguments.rate())),
                workspace: Arc::clone(&workspace),
            }),
            scheduler,
            workspace,
            max_jobs: arguments.max_jobs,
            _state: state,
        })
    }

    /// Returns the worker that runs the jobs.
    pub fn worker(&self) -> Worker {
        Worker::new(
            Arc::clone(&self.scheduler),
            Arc::clone(&self.workspace),
            self.max_jobs,
        )
    }

    /// Stops recording the ends of jobs: a run that the shutdown interrupts does not decide its job's outcome.
    pub fn stop(&self) {
        self.scheduler.stop();
    }

    /// Returns the rate of CreateJob of either API.
    pub(crate) fn rate(&self) -> RateLimit {
        self.elastic.limiter.rate()
    }

    /// Sets the rate of CreateJob of both APIs, beginning with a full burst.
    pub(crate) fn set_rate(&self, rate: RateLimit) {
        self.elastic.limiter.set(rate);
        self.media_convert.limiter.set(rate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::harness::arguments;

    #[test]
    fn missing_ffmpeg_is_named() {
        let state = tempfile::tempdir().unwrap();
        let mut arguments = arguments(state.path());
        arguments.ffmpeg = "/no/such/ffmpeg".into();
        let error = TranscoderService::open(&arguments).unwrap_err().to_string();
        assert_eq!(error, "no ffmpeg at /no/such/ffmpeg: name one with --ffmpeg");
    }
}
