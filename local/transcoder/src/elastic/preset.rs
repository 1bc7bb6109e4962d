//! Presets in the API's format.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The supported system presets. The service does not document the settings of the animated GIF: these are our own.
static SYSTEM: LazyLock<Vec<ElasticPreset>> =
    // A test checks that it parses.
    LazyLock::new(|| serde_json::from_str(include_str!("system_presets.json")).unwrap_or_default());

/// A preset in the API's format, without its ARN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ElasticPreset {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `System` or `Custom`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// The container of its files.
    pub container: String,
    /// The picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<VideoParameters>,
    /// The sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio: Option<AudioParameters>,
    /// The thumbnails, created only if a job requests them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnails: Option<Thumbnails>,
}

/// The picture: every number is text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub struct VideoParameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) codec: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) codec_options: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) keyframes_max_dist: Option<String>,
    #[serde(rename = "FixedGOP", skip_serializing_if = "Option::is_none")]
    pub(super) fixed_gop: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bit_rate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) frame_rate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_frame_rate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_width: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_height: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) display_aspect_ratio: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sizing_policy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) padding_policy: Option<String>,
    pub(super) watermarks: Vec<Value>,
}

/// The sound.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub struct AudioParameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) codec: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) codec_options: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sample_rate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bit_rate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) channels: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) audio_packing_mode: Option<String>,
}

/// The thumbnails.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub struct Thumbnails {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) interval: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_width: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_height: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sizing_policy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) padding_policy: Option<String>,
}

/// Returns all system presets.
pub fn system_presets() -> &'static [ElasticPreset] {
    &SYSTEM
}

/// Returns a system preset by its identifier.
pub fn system(id: &str) -> Option<&'static ElasticPreset> {
    SYSTEM.iter().find(|preset| preset.id == id)
}
