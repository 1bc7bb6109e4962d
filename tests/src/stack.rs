//! The stack that the tests run on: what `stack.json` tells of it, and clients for it.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::runtime::Runtime;

/// How to get a stack.
const REMEDY: &str = "run `make test`, or `make up` in another shell and \
                      `STACK=.local/stack.json cargo nextest run -p tests` in this one";

/// What `stack.json` tells, and the outputs of the local stage.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct StackInfo {
    /// Where the HTTP API answers.
    pub api_url: String,
    /// Where AWS is played.
    pub aws_endpoint_url: String,
    /// Where the transcoder answers.
    pub transcoder_url: String,
    /// The region that is played.
    pub region: String,
    /// The responses table.
    pub table: String,
    /// Where respondents' files go.
    pub uploads_bucket: String,
    /// Where renditions go.
    pub renditions_bucket: String,
    /// What S3 tells on_upload.
    pub uploads_queue_url: String,
    /// What the transcoder tells on_job.
    pub jobs_queue_url: String,
    /// What nobody can use.
    pub rejects_queue_url: String,
    /// What on_upload failed to take in, five times.
    pub uploads_dead_letter_queue_url: String,
    /// What on_job failed to take in, five times.
    pub jobs_dead_letter_queue_url: String,
    /// Which engine transcodes.
    pub engine: String,
    /// The transcoder's pipeline; empty where the engine is MediaConvert.
    pub pipeline_id: String,
    /// The preset of the web rendition.
    pub preset_id: String,
    /// The topic that tells on_job of jobs.
    pub jobs_topic_arn: String,
    /// The role that the transcoder assumes.
    pub engine_role_arn: String,
    /// An owner's token.
    pub token: String,
    /// Where tokens are issued.
    pub token_url: String,
    /// The client that may have one.
    pub token_client_id: String,
    /// Its secret.
    pub token_client_secret: String,
    /// A client of the same issuer, to whose tokens the API does not listen.
    pub wrong_audience_client_id: String,
    /// Its secret.
    pub wrong_audience_client_secret: String,
    /// The issuer, a Cognito user pool.
    pub user_pool_id: String,
    /// A client whose tokens a test may have expire at once.
    pub short_lived_client_id: String,
    /// Its secret.
    pub short_lived_client_secret: String,
    /// The operator's key, which the IAM rules bind.
    pub access_key_id: String,
    /// The other half of it.
    pub secret_access_key: String,
    /// Each function that a queue feeds → the mapping's UUID.
    pub event_source_mappings: BTreeMap<String, String>,
    /// each function → the function's name.
    pub functions: BTreeMap<String, String>,
    /// each function → its role's name.
    pub roles: BTreeMap<String, String>,
    /// The program.
    pub ffmpeg: PathBuf,
    /// The stack's state folder.
    #[serde(default)]
    pub state: PathBuf,
}

impl StackInfo {
    /// Reads a stack's `stack.json`, and the outputs in the Terraform state beside it.
    fn read(path: &Path) -> Self {
        let folder = path.parent().expect("a file in a folder");
        let mut state: Value = read_json(&folder.join("terraform/terraform.tfstate"));
        let Value::Object(outputs) = state["outputs"].take() else {
            panic!("{}: Terraform has applied nothing; {REMEDY}", folder.display());
        };
        let mut info: Map<String, Value> = outputs
            .into_iter()
            .map(|(name, mut output)| (name, output["value"].take()))
            .collect();
        info.extend(read_json::<Map<String, Value>>(path));
        let info: Self = serde_json::from_value(info.into())
            .unwrap_or_else(|error| panic!("{}: {error}; {REMEDY}", path.display()));
        Self {
            state: folder.to_owned(),
            ..info
        }
    }

    /// Whether the engine is MediaConvert; else it is Elastic Transcoder.
    pub fn is_media_convert(&self) -> bool {
        self.engine == "media-convert"
    }
}

/// A running stack.
pub struct Stack {
    /// What is known of it.
    pub info: StackInfo,
    pub(crate) config: SdkConfig,
    runtime: Runtime,
    // Held for as long as the test lives.
    _turn: File,
}

fn read_json<T: DeserializeOwned>(path: &Path) -> T {
    let text = fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("there is no stack: {}: {error}; {REMEDY}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}; {REMEDY}", path.display()))
}

/// The repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies in the repository")
}

/// Returns the path of one of the workspace's programs. Cargo builds it two folders above a test's own program.
pub fn program(name: &str) -> PathBuf {
    let test = env::current_exe().expect("the test's own program");
    let folder = test.ancestors().nth(2).expect("the profile's folder");
    folder.join(name)
}

impl Stack {
    /// The stack that `STACK` names, or the repository's own; beside other tests.
    pub fn shared() -> Self {
        Self::open(File::lock_shared)
    }

    /// The same stack, while no other test has it.
    pub fn exclusive() -> Self {
        Self::open(File::lock)
    }

    fn open(take_turn: impl Fn(&File) -> io::Result<()>) -> Self {
        let path = env::var_os("STACK").map_or_else(|| ".local/stack.json".into(), PathBuf::from);
        // Cargo runs tests in their crate's folder; a person names the file as seen from the repository.
        let path = repository().join(path);
        let info = StackInfo::read(&path);
        let turn = File::create(info.state.join("tests.lock"));
        let turn = turn.and_then(|turn| take_turn(&turn).map(|()| turn));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Self {
            config: sdk_config(&info),
            runtime: runtime.expect("a runtime"),
            _turn: turn.unwrap_or_else(|error| panic!("{}: {error}", info.state.display())),
            info,
        }
    }

    /// Waits for an answer of an SDK.
    pub fn run<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    /// DynamoDB, as the operator.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    /// S3, as the operator.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.config).force_path_style(true);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// SQS, as the operator.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config)
    }

    /// The stack's transcoder, as the operator.
    pub fn transcoder(&self) -> aws_sdk_elastictranscoder::Client {
        self.transcoder_at(&self.info.transcoder_url)
    }

    /// Another transcoder.
    pub fn transcoder_at(&self, url: &str) -> aws_sdk_elastictranscoder::Client {
        let config = aws_sdk_elastictranscoder::config::Builder::from(&self.config).endpoint_url(url);
        aws_sdk_elastictranscoder::Client::from_conf(config.build())
    }
}

fn sdk_config(info: &StackInfo) -> SdkConfig {
    let credentials = Credentials::new(
        &info.access_key_id,
        &info.secret_access_key,
        None,
        None,
        "stack.json",
    );
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(info.region.clone()))
        .endpoint_url(&info.aws_endpoint_url)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}
