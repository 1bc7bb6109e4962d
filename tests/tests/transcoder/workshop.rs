//! A pipeline of a test's own, and jobs on it.

use aws_sdk_elastictranscoder::Client;
use aws_sdk_elastictranscoder::types::{CreateJobOutput, Job, JobInput, Notifications, PipelineOutputConfig};
use model::preset::WEB;
use tests::media::Sample;
use tests::wait::TRANSCODED;
use tests::{Stack, eventually, unique};

/// A pipeline from the renditions bucket into itself: what is put there tells no function. Deleted when dropped.
pub struct Workshop<'a> {
    pub stack: &'a Stack,
    pub client: Client,
    pub pipeline: String,
    /// The folder that its pipeline's role may read and write, and nobody else uses.
    pub folder: String,
}

impl<'a> Workshop<'a> {
    /// A pipeline of the stack's transcoder.
    pub fn new(stack: &'a Stack) -> Self {
        Self::at(stack, stack.transcoder())
    }

    /// A pipeline of some transcoder. What it tells goes to on_job, which has nothing to do with it: it rejects it,
    /// and there a test can read it.
    pub fn at(stack: &'a Stack, client: Client) -> Self {
        let topic = &stack.facts.jobs_topic_arn;
        let topics = Notifications::builder()
            .progressing(topic)
            .completed(topic)
            .warning(topic)
            .error(topic);
        let bucket = &stack.facts.renditions_bucket;
        let to = || {
            PipelineOutputConfig::builder()
                .bucket(bucket)
                .storage_class("Standard")
                .build()
        };
        let create = client.create_pipeline().name("workshop").input_bucket(bucket);
        let create = create
            .role(&stack.facts.engine_role_arn)
            .notifications(topics.build());
        let created = stack.run(create.content_config(to()).thumbnail_config(to()).send());
        let pipeline = created
            .unwrap_or_else(|error| panic!("CreatePipeline: {error:?}"))
            .pipeline;
        let pipeline = pipeline.and_then(|pipeline| pipeline.id).expect("a pipeline");
        Self {
            stack,
            client,
            pipeline,
            folder: format!("output/{}/", unique("workshop")),
        }
    }

    /// Puts a sample into the folder; answers its key.
    pub fn put(&self, sample: Sample) -> String {
        let key = format!("{}{}", self.folder, unique("input"));
        self.stack.put(
            &self.stack.facts.renditions_bucket,
            &key,
            None,
            &self.stack.sample(sample),
        );
        key
    }

    /// Asks for a rendition and its stills.
    pub fn create(&self, input: &str, output: &str) -> Job {
        let output = CreateJobOutput::builder()
            .key(format!("{output}.mp4"))
            .preset_id(WEB.elastic_transcoder_id)
            .thumbnail_pattern(format!("{output}-{{count}}"))
            .build();
        let create = self.client.create_job().pipeline_id(&self.pipeline);
        let create = create
            .input(JobInput::builder().key(input).build())
            .outputs(output);
        let created = self.stack.run(create.output_key_prefix(&self.folder).send());
        created
            .unwrap_or_else(|error| panic!("CreateJob: {error:?}"))
            .job
            .expect("a job")
    }

    /// How a job stands.
    pub fn read(&self, id: &str) -> Job {
        let read = self.stack.run(self.client.read_job().id(id).send());
        read.unwrap_or_else(|error| panic!("ReadJob: {error:?}"))
            .job
            .expect("a job")
    }

    /// Waits until a job has ended, well or not.
    pub fn finish(&self, id: &str) -> Job {
        eventually(TRANSCODED, &format!("the job {id} has ended"), || {
            let job = self.read(id);
            matches!(job.status(), Some("Complete" | "Error" | "Canceled")).then_some(job)
        })
    }

    /// Makes a rendition of a sample; answers the job and the rendition's bytes.
    pub fn transcode(&self, sample: Sample) -> (Job, Vec<u8>) {
        let name = unique("made");
        let job = self.create(&self.put(sample), &name);
        let job = self.finish(job.id().expect("an identifier"));
        assert_eq!(job.status(), Some("Complete"), "{sample:?}: {:?}", job.outputs());
        (job, self.stack.rendition(&format!("{}{name}.mp4", self.folder)))
    }

    /// Waits for what the topic was told of a job; answers the states in the order in which they were kept.
    pub fn told(&self, job: &Job, count: usize) -> Vec<serde_json::Value> {
        let rejects = self.stack.rejects(job.id().expect("an identifier"), count);
        let told = rejects
            .iter()
            .map(|reject| serde_json::from_str(&reject.record).expect("a notification"));
        told.collect()
    }
}

impl Drop for Workshop<'_> {
    fn drop(&mut self) {
        // One whose jobs have not ended, after a failure, stays.
        let _ = self
            .stack
            .run(self.client.delete_pipeline().id(&self.pipeline).send());
    }
}

/// What a job says of its one output's failure.
pub fn detail(job: &Job) -> &str {
    job.outputs()
        .first()
        .and_then(|output| output.status_detail())
        .unwrap_or_default()
}
