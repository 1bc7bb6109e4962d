//! What S3 and Elastic Transcoder say, in AWS's shapes: to say it again, late, or in the wrong order.

use serde_json::{Value, json};

use crate::Stack;

/// An object that S3 tells of.
#[derive(Clone, Copy, Debug)]
pub struct Created<'a> {
    /// Its key, as it stands in the notification.
    pub key: &'a str,
    /// Its version, if the notification names one.
    pub version: Option<&'a str>,
    /// Orders the events of a key.
    pub sequencer: &'a str,
}

impl Stack {
    /// S3's notification of objects in the uploads bucket.
    pub fn notification(&self, objects: &[Created<'_>]) -> Value {
        let bucket = &self.facts.uploads_bucket;
        let record = |object: &Created<'_>| {
            let mut record = json!({
                "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": self.facts.region,
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

    /// Elastic Transcoder's notification that an attempt at a stored response has ended well.
    pub fn completed(&self, item: &Value, attempt: u32) -> Value {
        let take = item["Take"]["Id"].as_str().expect("a take");
        let key = item["video"].as_str().expect("a video");
        let parts: Vec<&str> = key.split('/').collect();
        let [project, step, hash, _] = parts[..] else {
            panic!("{key} was asked for")
        };
        json!({
            "state": "COMPLETED", "version": "2012-09-25", "jobId": format!("1353713300000-{attempt:06}"),
            "pipelineId": self.facts.pipeline_id, "input": {"key": key}, "inputCount": 1,
            "outputKeyPrefix": format!("output/web/{project}/{step}/{hash}/"),
            "outputs": [{
                "id": "1", "presetId": self.facts.preset_id, "key": format!("{take}-{attempt}.mp4"),
                "thumbnailPattern": format!("{take}-{attempt}-{{count}}"), "status": "Complete",
                "duration": 1, "width": 320, "height": 240,
            }],
            "userMetadata": {
                "response": format!("{project}/{step}/{hash}"), "take": take, "attempt": attempt.to_string(),
                "version": item["Take"]["Version"], "input": key,
            },
        })
    }
}
