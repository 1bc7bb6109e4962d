//! A pipeline that belongs to one test, and jobs on it.

use aws_sdk_elastictranscoder::Client;
use aws_sdk_elastictranscoder::types::{CreateJobOutput, Job, JobInput, Notifications, PipelineOutputConfig};
use model::preset::WEB;
use tests::media::Sample;
use tests::wait::TRANSCODED;
use tests::{Stack, eventually, unique};

/// A pipeline that reads and writes the renditions bucket, whose events invoke no function. It is deleted when dropped.
pub struct PipelineFixture<'a> {
    pub stack: &'a Stack,
    pub client: Client,
    pub pipeline: String,
    /// The fixture's own folder, which the pipeline's role may read and write.
    pub folder: String,
}

impl<'a> PipelineFixture<'a> {
    /// Creates a pipeline on the stack's transcoder.
    pub fn new(stack: &'a Stack) -> Self {
        Self::at(stack, stack.transcoder())
    }

    /// Creates a pipeline on a transcoder. Its notifications go to on_job, which does not know its jobs and rejects
    /// them: tests read the notifications from the rejects.
    pub fn at(stack: &'a Stack, client: Client) -> Self {
        let topic = &stack.info.jobs_topic_arn;
        let topics = Notifications::builder()
            .progressing(topic)
            .completed(topic)
            .warning(topic)
            .error(topic)
            .build();
        let bucket = &stack.info.renditions_bucket;
        let to = || {
            PipelineOutputConfig::builder()
                .bucket(bucket)
                .storage_class("Standard")
                .build()
        };
        let create = client
            .create_pipeline()
            .name("fixture")
            .input_bucket(bucket)
            .role(&stack.info.engine_role_arn)
            .notifications(topics)
            .content_config(to())
            .thumbnail_config(to());
        let pipeline = stack
            .run(create.send())
            .unwrap_or_else(|error| panic!("CreatePipeline: {error:?}"))
            .pipeline
            .and_then(|pipeline| pipeline.id)
            .expect("a pipeline is created");
        Self {
            stack,
            client,
            pipeline,
            folder: format!("output/{}/", unique("fixture")),
        }
    }

    /// Puts a sample into the folder and returns its key.
    pub fn put(&self, sample: Sample) -> String {
        let key = format!("{}{}", self.folder, unique("input"));
        self.stack.put(
            &self.stack.info.renditions_bucket,
            &key,
            None,
            &self.stack.sample(sample),
        );
        key
    }

    /// Creates a job for a rendition and its thumbnails.
    pub fn create(&self, input: &str, output: &str) -> Job {
        let output = CreateJobOutput::builder()
            .key(format!("{output}.mp4"))
            .preset_id(WEB.elastic_transcoder_id)
            .thumbnail_pattern(format!("{output}-{{count}}"))
            .build();
        let create = self
            .client
            .create_job()
            .pipeline_id(&self.pipeline)
            .input(JobInput::builder().key(input).build())
            .outputs(output)
            .output_key_prefix(&self.folder);
        self.stack
            .run(create.send())
            .unwrap_or_else(|error| panic!("CreateJob: {error:?}"))
            .job
            .expect("a job is created")
    }

    /// Returns the current state of a job.
    pub fn read(&self, id: &str) -> Job {
        let read = self.stack.run(self.client.read_job().id(id).send());
        read.unwrap_or_else(|error| panic!("ReadJob: {error:?}"))
            .job
            .expect("the job exists")
    }

    /// Waits until a job is complete, failed or canceled.
    pub fn finish(&self, id: &str) -> Job {
        eventually(TRANSCODED, &format!("the job {id} has ended"), || {
            let job = self.read(id);
            matches!(job.status(), Some("Complete" | "Error" | "Canceled")).then_some(job)
        })
    }

    /// Transcodes a sample; returns the job and the rendition's bytes.
    pub fn transcode(&self, sample: Sample) -> (Job, Vec<u8>) {
        let name = unique("made");
        let job = self.create(&self.put(sample), &name);
        let job = self.finish(job.id().expect("a job has an id"));
        assert_eq!(job.status(), Some("Complete"), "{sample:?}: {:?}", job.outputs());
        (job, self.stack.rendition(&format!("{}{name}.mp4", self.folder)))
    }

    /// Waits for `count` notifications of a job, and returns them in the order of their arrival.
    pub fn notifications(&self, job: &Job, count: usize) -> Vec<serde_json::Value> {
        let rejects = self.stack.rejects(job.id().expect("a job has an id"), count);
        rejects
            .iter()
            .map(|reject| serde_json::from_str(&reject.record).expect("the record is a notification"))
            .collect()
    }
}

impl Drop for PipelineFixture<'_> {
    fn drop(&mut self) {
        // After a test failure the pipeline may have active jobs and then cannot be deleted.
        let _ = self
            .stack
            .run(self.client.delete_pipeline().id(&self.pipeline).send());
    }
}

/// Returns the status detail of a job's only output.
pub fn detail(job: &Job) -> &str {
    job.outputs()
        .first()
        .and_then(|output| output.status_detail())
        .unwrap_or_default()
}
