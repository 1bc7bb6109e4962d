//! What CreateJob asked, and what that comes down to.

use serde::{Deserialize, Serialize};

use super::pipeline::{Notifications, OutputConfig, Pipeline, PipelineStatus};
use super::preset;
use crate::failure::{Code, Failure};
use crate::ffmpeg::arguments::Rotate;
use crate::job::{Album, Clip, Film, Object, Output, StillNames, Task};
use crate::service::Service;

/// A job in this API's words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Order {
    pub pipeline_id: String,
    pub inputs: Vec<JobInput>,
    pub outputs: Vec<JobOutput>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_key_prefix: Option<String>,
}

/// What is transcoded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct JobInput {
    pub key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interlaced: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_span: Option<TimeSpan>,
}

/// The part of an input that is used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TimeSpan {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
}

impl TimeSpan {
    /// Reads `sssss.SSS` or `HH:mm:ss.SSS`, of which hours and minutes may be absent; at most 86399.999 seconds.
    pub fn seconds(time: &str) -> Option<f64> {
        let mut parts = time.rsplit(':');
        let seconds = parts.next()?;
        let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
        let is_number =
            |text: &str, most: usize| text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_clock = time.contains(':');
        if whole.is_empty() || !is_number(whole, if is_clock { 2 } else { 5 }) || !is_number(fraction, 3) {
            return None;
        }
        let mut total: f64 = seconds.trim_end_matches('.').parse().ok()?;
        if is_clock && total >= 60.0 {
            return None;
        }
        for (unit, most) in [(60.0, 59), (3600.0, 23)] {
            let Some(part) = parts.next() else { break };
            let number: u32 = part.parse().ok().filter(|_| is_number(part, 2))?;
            total += unit * f64::from(Some(number).filter(|number| *number <= most)?);
        }
        (parts.next().is_none() && total < 86_400.0).then_some(total)
    }
}

/// What is made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct JobOutput {
    pub key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail_pattern: Option<String>,
    pub rotate: String,
    pub preset_id: String,
}

impl Order {
    pub fn input_key(&self) -> &str {
        self.inputs.first().map_or("", |input| input.key.as_str())
    }

    /// Whether the pipeline holds its jobs back.
    pub fn is_paused(&self, service: &Service) -> bool {
        let is_paused = |pipeline: &Pipeline| pipeline.status == PipelineStatus::Paused;
        service.pipelines.holds(&self.pipeline_id, is_paused)
    }

    /// The topics that hear of it, as the pipeline is now.
    pub fn topics(&self, service: &Service) -> Notifications {
        let pipeline = service.pipelines.get(&self.pipeline_id);
        pipeline
            .map(|pipeline| pipeline.notifications)
            .unwrap_or_default()
    }

    /// The role of the pipeline as it is now.
    pub fn role(&self, service: &Service) -> Option<String> {
        let pipeline = service.pipelines.get(&self.pipeline_id)?;
        Some(pipeline.role)
    }

    fn clip(&self) -> Option<Clip> {
        let span = self.inputs.first()?.time_span.as_ref()?;
        TimeSpan::seconds(span.duration.as_deref()?).map(Clip::Seconds)
    }

    /// What it comes down to, as pipeline and presets are now.
    pub fn task(&self, service: &Service) -> Result<Task, Failure> {
        let pipeline = service.pipelines.get(&self.pipeline_id);
        let pipeline = pipeline.ok_or_else(|| {
            let detail = format!("the pipeline {} is gone", self.pipeline_id);
            Failure::new(Code::Validation, detail)
        })?;
        let (content, thumbnails) = (&pipeline.content_config, &pipeline.thumbnail_config);
        let outputs = self.outputs.iter();
        Ok(Task {
            input: Object {
                bucket: pipeline.input_bucket,
                key: self.input_key().to_owned(),
            },
            clip: self.clip(),
            overwrite: false,
            outputs: outputs
                .map(|output| self.output(service, output, content, thumbnails))
                .collect(),
            role: pipeline.role,
        })
    }

    fn output(
        &self,
        service: &Service,
        output: &JobOutput,
        content: &OutputConfig,
        thumbnails: &OutputConfig,
    ) -> Result<Output, Failure> {
        let unusable = |detail: String| Failure::new(Code::Validation, detail);
        let preset = preset::find(service, &output.preset_id)
            .ok_or_else(|| unusable(format!("no preset {}", output.preset_id)))?;
        let (recipe, stills) = preset.numbers().map_err(|error| unusable(error.to_string()))?;
        let film = Film {
            recipe,
            to: Object {
                bucket: content.bucket.clone(),
                key: self.full_key(&output.key),
            },
            reduced_redundancy: content.is_reduced(),
        };
        let pattern = output.thumbnail_pattern.as_deref().unwrap_or_default();
        let album = stills.filter(|_| !pattern.is_empty()).map(|stills| Album {
            stills,
            bucket: thumbnails.bucket.clone(),
            names: StillNames::Pattern(self.full_key(pattern)),
            reduced_redundancy: thumbnails.is_reduced(),
        });
        Ok(Output {
            film: Some(film),
            album,
            rotate: Rotate::parse(&output.rotate).unwrap_or(Rotate::Auto),
        })
    }

    fn full_key(&self, name: &str) -> String {
        format!("{}{name}", self.output_key_prefix.as_deref().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_or_a_clock() {
        for (text, seconds) in [
            ("10800", 10_800.0),
            ("10800.000", 10_800.0),
            ("86399.999", 86_399.999),
            ("3.5", 3.5),
            ("3.", 3.0),
            ("00:00:03.250", 3.25),
            ("23:59:59.999", 86_399.999),
            ("1:30", 90.0),
        ] {
            assert_eq!(TimeSpan::seconds(text), Some(seconds), "{text}");
        }
        for text in [
            "",
            ".5",
            "86400",
            "123456",
            "1.2345",
            "24:00:00",
            "00:60:00",
            "00:00:60",
            "1:2:3:4",
            "-1",
            "a",
            "00:00:003",
        ] {
            assert_eq!(TimeSpan::seconds(text), None, "{text}");
        }
    }
}
