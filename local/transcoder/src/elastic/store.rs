//! The pipelines and presets that clients have created.

use super::pipeline::Pipeline;
use super::preset::{self, ElasticPreset};
use crate::api_error::ApiError;
use crate::state_folder::StateFolder;
use crate::store::{Store, StoreError};

/// Pipelines and presets by their identifiers.
#[derive(Debug)]
pub struct ElasticStore {
    pub pipelines: Store<Pipeline>,
    /// Custom presets only.
    pub presets: Store<ElasticPreset>,
}

impl ElasticStore {
    /// Reads the stored pipelines and presets.
    pub fn open(state: &StateFolder) -> Result<Self, StoreError> {
        Ok(Self {
            pipelines: Store::open(state.records("pipelines"))?,
            presets: Store::open(state.records("presets"))?,
        })
    }

    /// Returns the identifiers in use.
    pub fn ids(&self) -> Vec<String> {
        [self.pipelines.ids(), self.presets.ids()].concat()
    }

    /// Returns a pipeline, or the service's error for one that does not exist.
    pub fn pipeline(&self, id: &str) -> Result<Pipeline, ApiError> {
        let missing =
            || ApiError::NotFound(format!("The specified pipeline was not found: pipelineId={id}."));
        self.pipelines.get(id).ok_or_else(missing)
    }

    /// Returns a preset of the system or of a client, or the service's error for one that does not exist.
    pub fn preset(&self, id: &str) -> Result<ElasticPreset, ApiError> {
        let found = preset::system(id).cloned().or_else(|| self.presets.get(id));
        found.ok_or_else(|| ApiError::NotFound(format!("The specified preset was not found: presetId={id}.")))
    }
}
