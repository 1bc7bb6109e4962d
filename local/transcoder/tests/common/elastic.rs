//! Elastic Transcoder's client, a pipeline and its jobs.

use aws_sdk_elastictranscoder::Client;
use aws_sdk_elastictranscoder::config::retry::RetryConfig;
use aws_sdk_elastictranscoder::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_elastictranscoder::operation::create_job::builders::CreateJobFluentBuilder;
use aws_sdk_elastictranscoder::types::{CreateJobOutput, Job, JobInput, Notifications, PipelineOutputConfig};

/// The system's preset for the web.
pub const WEB: &str = "1351620000001-100070";

/// Returns a client without retries.
pub fn client(url: &str) -> Client {
    let config = aws_sdk_elastictranscoder::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(url)
        .retry_config(RetryConfig::disabled())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("k", "s", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

/// Creates a pipeline from the uploads to the renditions that notifies one topic of all events. Returns its identifier.
pub async fn pipeline(client: &Client) -> String {
    let place = PipelineOutputConfig::builder()
        .bucket("renditions")
        .storage_class("Standard")
        .build();
    let topic = "arn:aws:sns:us-east-1:000000000000:jobs";
    let topics = Notifications::builder()
        .progressing(topic)
        .completed(topic)
        .warning(topic)
        .error(topic)
        .build();
    let create = client
        .create_pipeline()
        .name("responses")
        .input_bucket("uploads")
        .role("arn:aws:iam::000000000000:role/transcoder")
        .notifications(topics)
        .content_config(place.clone())
        .thumbnail_config(place);
    let made = create.send().await.unwrap();
    made.pipeline.unwrap().id.unwrap()
}

/// Returns an output with a video by a preset and its thumbnails.
pub fn create(client: &Client, pipeline: &str, input: &str, preset: &str) -> CreateJobFluentBuilder {
    let output = CreateJobOutput::builder()
        .key("take-1.mp4")
        .preset_id(preset)
        .thumbnail_pattern("take-1-{count}")
        .build();
    client
        .create_job()
        .pipeline_id(pipeline)
        .input(JobInput::builder().key(input).build())
        .outputs(output)
        .output_key_prefix("output/web/demo/0/hash/")
}

/// Creates a job and returns its identifier.
pub async fn started(create: CreateJobFluentBuilder) -> String {
    create.send().await.unwrap().job.unwrap().id.unwrap()
}

/// Returns the status of a job.
pub async fn get(client: &Client, id: &str) -> Job {
    client.read_job().id(id).send().await.unwrap().job.unwrap()
}
