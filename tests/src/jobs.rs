//! The transcoder's jobs.

use aws_sdk_elastictranscoder::types::Job;

use crate::Stack;

impl Stack {
    /// The jobs of the stack's pipeline for an input.
    #[track_caller]
    pub fn jobs(&self, key: &str) -> Vec<Job> {
        let list = self
            .transcoder()
            .list_jobs_by_pipeline()
            .pipeline_id(&self.facts.pipeline_id);
        let jobs = self.run(list.into_paginator().send().try_collect());
        let jobs = jobs.unwrap_or_else(|error| panic!("ListJobsByPipeline: {error:?}"));
        let of_key = |job: &Job| job.input().and_then(|input| input.key()) == Some(key);
        jobs.into_iter()
            .flat_map(|page| page.jobs.unwrap_or_default())
            .filter(of_key)
            .collect()
    }
}
