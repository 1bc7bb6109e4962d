//! What the functions are told when they start, by variables of the same names in capitals.

use std::ops::RangeInclusive;

use aws::{Environment, SettingError};
use model::preset::WEB;

/// How long a claim may last, in seconds.
const LEASE: RangeInclusive<u64> = 1..=3600;

/// What both functions need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The responses table.
    pub responses_table_name: String,
    /// Where respondents' files are.
    pub uploads_bucket: String,
    /// Where renditions are.
    pub renditions_bucket: String,
    /// Where records go that nobody can use.
    pub rejects_queue_url: String,
}

impl Settings {
    /// Reads the settings.
    pub fn new(environment: &Environment) -> Result<Self, SettingError> {
        Ok(Self {
            responses_table_name: environment.required("RESPONSES_TABLE_NAME")?.to_owned(),
            uploads_bucket: environment.required("UPLOADS_BUCKET")?.to_owned(),
            renditions_bucket: environment.required("RENDITIONS_BUCKET")?.to_owned(),
            rejects_queue_url: environment.required("REJECTS_QUEUE_URL")?.to_owned(),
        })
    }
}

/// What starting a job needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSettings {
    /// Elastic Transcoder's pipeline.
    pub pipeline_id: String,
    /// Its preset; by default the one that is "web".
    pub preset_id: String,
    /// How long a claim keeps others from starting the job too, in seconds: `JOB_LEASE_SECONDS`.
    pub lease_seconds: i64,
}

impl JobSettings {
    /// Reads the settings.
    pub fn new(environment: &Environment) -> Result<Self, SettingError> {
        Ok(Self {
            pipeline_id: environment.required("PIPELINE_ID")?.to_owned(),
            preset_id: environment
                .optional("PRESET_ID")
                .unwrap_or(WEB.elastic_transcoder_id)
                .to_owned(),
            lease_seconds: environment.number("JOB_LEASE_SECONDS", LEASE)?.cast_signed(),
        })
    }
}
