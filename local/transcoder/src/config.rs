//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Serves Elastic Transcoder's and MediaConvert's APIs on the loopback interface and runs their jobs with ffmpeg.
#[derive(Debug, Clone, Parser)]
#[command(name = "transcoder", version)]
pub struct Arguments {
    /// Port on 127.0.0.1 to listen on (0: any free one)
    #[arg(long)]
    pub port: u16,
    /// Folder that keeps pipelines, presets, queues, jobs and work files
    #[arg(long)]
    pub state: PathBuf,
    /// The ffmpeg program
    #[arg(long)]
    pub ffmpeg: PathBuf,
    /// Where S3, SNS, STS and EventBridge answer
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
    /// The account in the ARNs
    #[arg(long, default_value = "000000000000")]
    pub account: String,
}
