//! The services of the stub, and what they hold.

use serde_json::{Map, Value};

/// A service of the stub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StubService {
    /// DynamoDB
    DynamoDb,
    /// S3
    S3,
    /// SQS
    Sqs,
    /// Systems Manager's parameter store
    Ssm,
    /// Elastic Transcoder
    ElasticTranscoder,
    /// MediaConvert
    MediaConvert,
}

impl StubService {
    /// Every service.
    pub const ALL: [Self; 6] = [
        Self::DynamoDb,
        Self::S3,
        Self::Sqs,
        Self::Ssm,
        Self::ElasticTranscoder,
        Self::MediaConvert,
    ];

    /// Returns the end of the variable `AWS_ENDPOINT_URL_…`.
    pub fn variable(self) -> &'static str {
        match self {
            Self::DynamoDb => "DYNAMODB",
            Self::S3 => "S3",
            Self::Sqs => "SQS",
            Self::Ssm => "SSM",
            Self::ElasticTranscoder => "ELASTIC_TRANSCODER",
            Self::MediaConvert => "MEDIACONVERT",
        }
    }

    /// Returns the name in a signature.
    pub fn signing_name(self) -> &'static str {
        match self {
            Self::DynamoDb => "dynamodb",
            Self::S3 => "s3",
            Self::Sqs => "sqs",
            Self::Ssm => "ssm",
            Self::ElasticTranscoder => "elastictranscoder",
            Self::MediaConvert => "mediaconvert",
        }
    }
}

/// What the services hold before an invocation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StubState {
    /// The item of the response, as DynamoDB's JSON, if the table has it.
    pub item: Option<Map<String, Value>>,
    /// The number of items in a list; they are copies of `item` with other emails.
    pub listed: usize,
    /// The object in the uploads bucket.
    pub object: StoredFile,
}

/// The object's answer to HeadObject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredFile {
    /// The size in bytes.
    pub size: u64,
    /// The version's identifier.
    pub version: String,
    /// The metadata, without the prefix `x-amz-meta-`.
    pub metadata: Vec<(String, String)>,
}
