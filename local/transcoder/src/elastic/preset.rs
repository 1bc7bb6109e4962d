//! Presets as documents of the API.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::numbers;
use super::validation::Checks;
use crate::api::error::ApiError;
use crate::recipe::{Recipe, Stills};
use crate::service::Service;

/// The system presets that are served. What is not in the service's documentation, the numbers of the animated
/// picture, is ours.
static SYSTEM: LazyLock<Vec<Preset>> =
    // A test sees to it that it parses.
    LazyLock::new(|| serde_json::from_str(include_str!("system_presets.json")).unwrap_or_default());

/// A preset as the API shows it, but for its ARN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Preset {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `System` or `Custom`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// What kind of file it makes.
    pub container: String,
    /// The picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<VideoParameters>,
    /// The sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio: Option<AudioParameters>,
    /// The thumbnails, made only where a job asks for them.
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

/// All system presets.
pub fn system_presets() -> &'static [Preset] {
    &SYSTEM
}

/// A system preset by its identifier.
pub fn system(id: &str) -> Option<&'static Preset> {
    SYSTEM.iter().find(|preset| preset.id == id)
}

/// A preset by its identifier, the system's or one's own.
pub fn find(service: &Service, id: &str) -> Option<Preset> {
    system(id).cloned().or_else(|| service.presets.get(id))
}

/// The service's words for a preset that is not there.
pub fn missing(id: &str) -> ApiError {
    ApiError::NotFound(format!("The specified preset was not found: presetId={id}."))
}

impl Preset {
    /// What it comes down to; or everything about it that is wrong or not supported.
    pub fn numbers(&self) -> Result<(Recipe, Option<Stills>), ApiError> {
        let mut checks = Checks::default();
        let recipe = numbers::recipe(&mut checks, self);
        let thumbnails = self.thumbnails.as_ref();
        let stills = thumbnails.map(|thumbnails| numbers::stills(&mut checks, thumbnails));
        checks.done().map(|()| (recipe, stills))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_system_presets_hold_what_they_are_served_with() {
        let known: Vec<_> = SYSTEM
            .iter()
            .map(|preset| (preset.name.as_str(), preset.numbers().unwrap()))
            .collect();
        assert_eq!(known.len(), 4);
        insta::assert_debug_snapshot!(known);
    }

    #[test]
    fn what_is_wrong_with_a_preset_is_named() {
        let refusal = |change: &dyn Fn(&mut Value)| {
            let mut preset = json!(system("1351620000001-100070").unwrap());
            change(&mut preset);
            let preset: Result<Preset, _> = serde_json::from_value(preset);
            match preset {
                Ok(preset) => preset.numbers().unwrap_err().to_string(),
                Err(error) => error.to_string(),
            }
        };
        let refusals = [
            refusal(&|preset| preset["Container"] = json!("webm")),
            refusal(&|preset| preset["Video"]["Codec"] = json!("vp9")),
            refusal(&|preset| preset["Video"]["CodecOptions"]["Level"] = json!("9")),
            refusal(&|preset| preset["Video"]["CodecOptions"]["InterlacedMode"] = json!("TopFirst")),
            refusal(&|preset| preset["Video"]["MaxWidth"] = json!("127")),
            refusal(&|preset| preset["Video"]["MaxHeight"] = json!("721")),
            refusal(&|preset| preset["Video"]["SizingPolicy"] = json!("Grow")),
            refusal(&|preset| preset["Video"]["MaxFrameRate"] = json!("60")),
            refusal(&|preset| preset["Video"]["Resolution"] = json!("1280x720")),
            refusal(&|preset| preset["Video"]["Watermarks"] = json!([{ "Id": "logo" }])),
            refusal(&|preset| preset["Audio"]["Channels"] = json!("6")),
            refusal(&|preset| preset["Audio"]["CodecOptions"]["Profile"] = json!("HE-AAC")),
            refusal(&|preset| preset["Thumbnails"]["Interval"] = json!("0")),
            refusal(&|preset| preset["Thumbnails"]["PaddingPolicy"] = Value::Null),
        ];
        insta::assert_snapshot!(refusals.join("\n"));
    }
}
