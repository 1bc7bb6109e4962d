//! The settings of the functions, from environment variables of the same names in capitals.

use std::ops::RangeInclusive;

use aws::{Clients, EnvVars, SettingError};
use model::preset::WEB;

use crate::transcode::{
    ElasticTranscoder, ElasticTranscoderConfig, Engine, MediaConvert, MediaConvertConfig,
};

/// The range of a claim's duration, in seconds.
const LEASE: RangeInclusive<u64> = 1..=3600;

/// The range of a rendition's duration, in seconds: Elastic Transcoder's clips end before 24 hours.
const MAX_SECONDS: RangeInclusive<u64> = 1..=86_399;

/// The settings of all functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngestSettings {
    /// The responses table.
    pub responses_table_name: String,
    /// The uploads bucket.
    pub uploads_bucket: String,
    /// The renditions bucket.
    pub renditions_bucket: String,
    /// The queue of rejects.
    pub rejects_queue_url: String,
    /// The maximum seconds of a source that are transcoded.
    pub max_seconds: u32,
}

impl IngestSettings {
    /// Reads the settings.
    pub fn new(environment: &EnvVars) -> Result<Self, SettingError> {
        Ok(Self {
            responses_table_name: environment.required("RESPONSES_TABLE_NAME")?.to_owned(),
            uploads_bucket: environment.required("UPLOADS_BUCKET")?.to_owned(),
            renditions_bucket: environment.required("RENDITIONS_BUCKET")?.to_owned(),
            rejects_queue_url: environment.required("REJECTS_QUEUE_URL")?.to_owned(),
            max_seconds: max_seconds(environment)?,
        })
    }
}

fn max_seconds(environment: &EnvVars) -> Result<u32, SettingError> {
    let seconds = environment.number("MAX_SECONDS", MAX_SECONDS)?;
    // The range fits the type.
    Ok(u32::try_from(seconds).unwrap_or(u32::MAX))
}

/// The settings for starting jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSettings {
    /// The engine.
    pub engine: EngineSettings,
    /// The duration of a claim, in seconds: `JOB_LEASE_SECONDS`.
    pub lease_seconds: i64,
}

/// `ENGINE`, with its own settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineSettings {
    /// `elastic-transcoder`, with `PIPELINE_ID` and `PRESET_ID`.
    ElasticTranscoder(ElasticTranscoderConfig),
    /// `media-convert`, with `MEDIA_CONVERT_QUEUE_ARN` and `MEDIA_CONVERT_ROLE_ARN`.
    MediaConvert(MediaConvertConfig),
}

impl JobSettings {
    /// Reads the settings.
    pub fn new(environment: &EnvVars) -> Result<Self, SettingError> {
        Ok(Self {
            engine: EngineSettings::new(environment)?,
            lease_seconds: environment.number("JOB_LEASE_SECONDS", LEASE)?.cast_signed(),
        })
    }
}

impl EngineSettings {
    /// Reads the settings.
    pub fn new(environment: &EnvVars) -> Result<Self, SettingError> {
        let required = |name| environment.required(name).map(str::to_owned);
        let max_seconds = max_seconds(environment)?;
        match environment.required("ENGINE")? {
            "elastic-transcoder" => Ok(Self::ElasticTranscoder(ElasticTranscoderConfig {
                id: required("PIPELINE_ID")?,
                preset_id: environment
                    .optional("PRESET_ID")
                    .unwrap_or(WEB.elastic_transcoder_id)
                    .to_owned(),
                max_seconds,
            })),
            "media-convert" => Ok(Self::MediaConvert(MediaConvertConfig {
                queue_arn: required("MEDIA_CONVERT_QUEUE_ARN")?,
                role_arn: required("MEDIA_CONVERT_ROLE_ARN")?,
                uploads_bucket: required("UPLOADS_BUCKET")?,
                renditions_bucket: required("RENDITIONS_BUCKET")?,
                max_seconds,
            })),
            _ => Err(SettingError::Malformed {
                name: "ENGINE",
                problem: "it must be elastic-transcoder or media-convert".to_owned(),
            }),
        }
    }

    /// The engine.
    pub fn engine(self, clients: &Clients) -> Engine {
        match self {
            Self::ElasticTranscoder(pipeline) => {
                Engine::Elastic(ElasticTranscoder::new(clients.elastic_transcoder(), pipeline))
            }
            Self::MediaConvert(config) => {
                Engine::MediaConvert(MediaConvert::new(clients.media_convert(), config))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engine_requires_its_own_settings() {
        let read = |engine: &str| {
            let environment = EnvVars::from([
                ("ENGINE", engine),
                ("JOB_LEASE_SECONDS", "60"),
                ("MAX_SECONDS", "10800"),
                ("PIPELINE_ID", "1111111111111-abcde1"),
            ]);
            JobSettings::new(&environment).map_err(|error| error.to_string())
        };
        let elastic = read("elastic-transcoder").unwrap().engine;
        let preset_id = WEB.elastic_transcoder_id.to_owned();
        let id = "1111111111111-abcde1".to_owned();
        assert_eq!(
            elastic,
            EngineSettings::ElasticTranscoder(ElasticTranscoderConfig {
                id,
                preset_id,
                max_seconds: 10_800
            })
        );
        assert!(
            read("media-convert")
                .unwrap_err()
                .contains("MEDIA_CONVERT_QUEUE_ARN")
        );
        assert!(
            read("ffmpeg")
                .unwrap_err()
                .contains("elastic-transcoder or media-convert")
        );
    }
}
