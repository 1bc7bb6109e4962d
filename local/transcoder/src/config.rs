//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::rate::{self, RateLimit};

/// Serves Elastic Transcoder's and MediaConvert's APIs on the loopback interface and runs their jobs with ffmpeg.
#[derive(Debug, Clone, Parser)]
#[command(name = "transcoder", version)]
pub struct TranscoderArguments {
    /// Port on 127.0.0.1 to listen on (0: any free one)
    #[arg(long)]
    pub port: u16,
    /// Folder that keeps pipelines, presets, queues, jobs and work files
    #[arg(long)]
    pub state: PathBuf,
    /// The ffmpeg program
    #[arg(long)]
    pub ffmpeg: PathBuf,
    /// Endpoint of S3, SNS, STS and EventBridge
    #[arg(long)]
    pub endpoint_url: String,
    /// Region in the ARNs and of the signatures
    #[arg(long, default_value = "us-east-1")]
    pub region: String,
    /// JSON file {"access_key_id","secret_access_key"} of the user that may assume the jobs' roles and put events
    #[arg(long)]
    pub credentials: PathBuf,
    /// Jobs that run at the same time
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub max_jobs: u16,
    /// Sustained CreateJob calls a second that each of the two services accepts
    #[arg(long, default_value_t = 2.0, value_parser = rate::positive)]
    pub jobs_per_second: f64,
    /// CreateJob calls that each service accepts at once
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub burst: u32,
    /// The account in the ARNs
    #[arg(long, default_value = "000000000000")]
    pub account: String,
}

impl TranscoderArguments {
    /// Returns the rate limit of CreateJob.
    pub fn rate(&self) -> RateLimit {
        RateLimit {
            jobs_per_second: self.jobs_per_second,
            burst: self.burst,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(more: &[&str]) -> Result<TranscoderArguments, String> {
        let needed = "transcoder --port 0 --state s --ffmpeg f --endpoint-url u --credentials c";
        let arguments = needed.split(' ').chain(more.iter().copied());
        TranscoderArguments::try_parse_from(arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn rate_defaults_to_the_documented_one() {
        let rate = |more: &[&str]| {
            let rate = parsed(more).unwrap().rate();
            (rate.jobs_per_second, rate.burst)
        };
        assert_eq!(rate(&[]), (2.0, 100));
        assert_eq!(rate(&["--jobs-per-second", "0.5", "--burst", "1"]), (0.5, 1));
        for wrong in [["--jobs-per-second", "0"], ["--burst", "0"], ["--burst", "1.5"]] {
            let error = parsed(&wrong).unwrap_err();
            assert!(error.contains(wrong[0]), "{error}");
        }
    }
}
