//! Notifications of S3 and of the engines in AWS's formats, to be sent repeatedly, late or reordered.

use serde_json::{Value, json};

use crate::Stack;

/// A created object in an S3 notification.
#[derive(Clone, Copy, Debug)]
pub struct Created<'a> {
    /// The key, encoded as in the notification.
    pub key: &'a str,
    /// The version, if the notification has one.
    pub version: Option<&'a str>,
    /// The sequencer, which orders the events of a key.
    pub sequencer: &'a str,
}

/// A job state that the engine notifies.
#[derive(Clone, Copy, Debug)]
pub enum JobEvent {
    /// The job has started.
    Progressing,
    /// The job has succeeded.
    Completed,
    /// The job has failed.
    Failed,
}

impl Stack {
    /// Returns S3's notification of created objects in the uploads bucket.
    pub fn notification(&self, objects: &[Created<'_>]) -> Value {
        let bucket = &self.info.uploads_bucket;
        let record = |object: &Created<'_>| {
            let mut record = json!({
                "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": self.info.region,
                "eventTime": "2024-05-17T09:30:00.123Z", "eventName": "ObjectCreated:Post",
                "s3": {
                    "s3SchemaVersion": "1.0", "configurationId": "uploads",
                    "bucket": {"name": bucket, "arn": format!("arn:aws:s3:::{bucket}")},
                    "object": {"key": object.key, "size": 1, "sequencer": object.sequencer},
                },
            });
            if let Some(version) = object.version {
                record["s3"]["object"]["versionId"] = version.into();
            }
            record
        };
        json!({"Records": objects.iter().map(record).collect::<Vec<_>>()})
    }

    /// Returns the engine's notification, in the engine's own format, that an attempt for a stored response is in a
    /// state. The metadata is that of the response's job.
    pub fn job_event(&self, item: &Value, attempt: u64, state: JobEvent) -> Value {
        let job_id = item["Job"]["Id"].as_str().expect("the item has a job");
        let mut metadata = self.user_metadata(job_id);
        metadata.insert("attempt".to_owned(), attempt.to_string());
        let job_id = if item["Job"]["Attempt"] == attempt {
            job_id.to_owned()
        } else {
            format!("1353713300000-{attempt:06}")
        };
        let take = item["Take"]["Id"].as_str().expect("the item has a take");
        let key = item["video"].as_str().expect("the item has a video");
        let parts: Vec<&str> = key.split('/').collect();
        let [project, step, hash, _] = parts[..] else {
            panic!("{key} is not the key of a requested upload")
        };
        let folder = format!("output/web/{project}/{step}/{hash}/");
        if self.info.is_media_convert() {
            let path = format!(
                "s3://{}/{folder}{take}-{attempt}.mp4",
                self.info.renditions_bucket
            );
            return json!({
                "version": "0", "id": format!("{job_id}-{state:?}"), "source": "aws.mediaconvert",
                "detail-type": "MediaConvert Job State Change", "detail": {
                    "timestamp": 1_700_000_000_123_u64, "jobId": job_id, "userMetadata": metadata,
                    "status": match state {
                        JobEvent::Progressing => "PROGRESSING",
                        JobEvent::Completed => "COMPLETE",
                        JobEvent::Failed => "ERROR",
                    },
                    "outputGroupDetails": [{"type": "FILE_GROUP", "outputDetails": [{
                        "outputFilePaths": [path], "durationInMs": 1000,
                        "videoDetails": {"widthInPx": 320, "heightInPx": 240},
                    }]}],
                },
            });
        }
        json!({
            "version": "2012-09-25", "jobId": job_id, "userMetadata": metadata,
            "state": match state {
                JobEvent::Progressing => "PROGRESSING",
                JobEvent::Completed => "COMPLETED",
                JobEvent::Failed => "ERROR",
            },
            "pipelineId": self.info.pipeline_id, "input": {"key": key}, "inputCount": 1,
            "outputKeyPrefix": folder,
            "outputs": [{
                "id": "1", "presetId": self.info.preset_id, "key": format!("{take}-{attempt}.mp4"),
                "thumbnailPattern": format!("{take}-{attempt}-{{count}}"), "status": "Complete",
                "duration": 1, "width": 320, "height": 240,
            }],
        })
    }

    /// Returns the engine's notification that an attempt for a stored response has succeeded.
    pub fn completed(&self, item: &Value, attempt: u64) -> Value {
        self.job_event(item, attempt, JobEvent::Completed)
    }
}
