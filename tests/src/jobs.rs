//! The transcoder's jobs.

use std::collections::{BTreeMap, HashMap};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use ureq::http::Request;

use crate::{Stack, http};

/// A changed rate of new jobs on the transcoder, restored when dropped.
pub struct JobRate<'a> {
    stack: &'a Stack,
    before: Value,
}

impl Stack {
    /// Returns the user metadata of a job on the stack's engine.
    #[track_caller]
    pub fn user_metadata(&self, job_id: &str) -> HashMap<String, String> {
        let metadata = if self.info.is_media_convert() {
            let config = aws_sdk_mediaconvert::config::Builder::from(&self.config)
                .endpoint_url(&self.info.transcoder_url);
            let client = aws_sdk_mediaconvert::Client::from_conf(config.build());
            let answer = self.run(client.get_job().id(job_id).send());
            let answer = answer.unwrap_or_else(|error| panic!("GetJob: {error:?}"));
            answer.job.and_then(|job| job.user_metadata)
        } else {
            let answer = self.run(self.transcoder().read_job().id(job_id).send());
            let answer = answer.unwrap_or_else(|error| panic!("ReadJob: {error:?}"));
            answer.job.and_then(|job| job.user_metadata)
        };
        metadata.expect("the job has metadata")
    }

    /// Returns the status of each job for an input, on either engine.
    #[track_caller]
    pub fn job_states(&self, key: &str) -> Vec<String> {
        let input = utf8_percent_encode(key, NON_ALPHANUMERIC);
        let url = format!("{}/local/progress?input={input}", self.info.transcoder_url);
        let answer = http::get(&url).expect(200).json();
        let jobs = answer["jobs"].as_array().expect("jobs").iter();
        jobs.map(|job| job["status"].as_str().expect("a job has a status").to_owned())
            .collect()
    }

    /// Returns the number of jobs for each input whose key has this prefix.
    #[track_caller]
    pub fn jobs_by_input(&self, prefix: &str) -> BTreeMap<String, usize> {
        let url = format!("{}/local/progress", self.info.transcoder_url);
        let answer = http::get(&url).expect(200).json();
        let mut count = BTreeMap::new();
        for job in answer["jobs"].as_array().expect("jobs") {
            let input = job["input"].as_str().expect("a job has an input");
            if input.starts_with(prefix) {
                *count.entry(input.to_owned()).or_default() += 1;
            }
        }
        count
    }

    /// Sets the transcoder's rate of new jobs per second, and its burst.
    #[track_caller]
    pub fn limit_jobs(&self, per_second: u32, burst: u32) -> JobRate<'_> {
        let before = http::get(&self.rate_url()).expect(200).json();
        let rate = JobRate { stack: self, before };
        rate.set(&json!({"jobs_per_second": per_second, "burst": burst}));
        rate
    }

    fn rate_url(&self) -> String {
        format!("{}/local/rate", self.info.transcoder_url)
    }
}

impl JobRate<'_> {
    #[track_caller]
    fn set(&self, rate: &Value) {
        let request = Request::put(self.stack.rate_url()).header("content-type", "application/json");
        http::send(request.body(rate.to_string()).expect("a valid URL")).expect(200);
    }
}

impl Drop for JobRate<'_> {
    fn drop(&mut self) {
        self.set(&self.before);
    }
}
