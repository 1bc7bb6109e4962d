//! The request of a job, as stored and as repeated in responses.

use serde::{Deserialize, Serialize};

use crate::failure::{Code, JobFailure};
use crate::jobs::TranscodeJob;
use crate::task::Clip;

/// The name of this API, in its ARNs and in its jobs.
pub const API: &str = "elastictranscoder";

/// The request of CreateJob.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ElasticJobRequest {
    pub pipeline_id: String,
    pub inputs: Vec<JobInput>,
    pub outputs: Vec<JobOutput>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_key_prefix: Option<String>,
}

/// The input of a job.
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

/// An output of a job.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct JobOutput {
    pub key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail_pattern: Option<String>,
    pub rotate: String,
    pub preset_id: String,
}

impl ElasticJobRequest {
    /// Parses the request of a job of this API.
    pub fn of(job: &TranscodeJob) -> Result<Self, JobFailure> {
        Self::deserialize(&job.request).map_err(|error| JobFailure::new(Code::Internal, error.to_string()))
    }

    /// Returns the input's key.
    pub fn input_key(&self) -> &str {
        self.inputs.first().map_or("", |input| input.key.as_str())
    }

    /// Returns the part of the input that is used.
    pub fn clip(&self) -> Option<Clip> {
        let span = self.inputs.first()?.time_span.as_ref()?;
        TimeSpan::seconds(span.duration.as_deref()?).map(Clip::Seconds)
    }

    /// Returns the key of an output's file.
    pub fn full_key(&self, name: &str) -> String {
        format!("{}{name}", self.output_key_prefix.as_deref().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_read_as_seconds_or_clock() {
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
