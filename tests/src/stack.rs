//! The running stack: the information in `stack.json`, and clients for the stack.

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

/// How to start a stack.
const REMEDY: &str = "run `make test`, or `make up` in another shell and \
                      `STACK=.local/stack.json cargo nextest run -p tests` in this one";

/// The content of `stack.json`, and the outputs of the local stage.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct StackInfo {
    /// URL of the HTTP API.
    pub api_url: String,
    /// URL of the AWS emulator.
    pub aws_endpoint_url: String,
    /// URL of the transcoder.
    pub transcoder_url: String,
    /// The emulated region.
    pub region: String,
    /// The responses table.
    pub table: String,
    /// The bucket of the respondents' files.
    pub uploads_bucket: String,
    /// The bucket of the renditions.
    pub renditions_bucket: String,
    /// The queue of S3's events for on_upload.
    pub uploads_queue_url: String,
    /// The queue of the engine's job events for on_job.
    pub jobs_queue_url: String,
    /// The queue of the rejects.
    pub rejects_queue_url: String,
    /// The queue of the messages that on_upload failed to process five times.
    pub uploads_dead_letter_queue_url: String,
    /// The queue of the messages that on_job failed to process five times.
    pub jobs_dead_letter_queue_url: String,
    /// The engine that transcodes.
    pub engine: String,
    /// The transcoder's pipeline; empty if the engine is MediaConvert.
    pub pipeline_id: String,
    /// The preset of the web rendition.
    pub preset_id: String,
    /// The topic of the job events for on_job.
    pub jobs_topic_arn: String,
    /// The role that the transcoder assumes.
    pub engine_role_arn: String,
    /// An owner's token.
    pub token: String,
    /// The URL that issues tokens.
    pub token_url: String,
    /// The client that gets owners' tokens.
    pub token_client_id: String,
    /// Its secret.
    pub token_client_secret: String,
    /// A client of the same issuer whose tokens the API rejects.
    pub wrong_audience_client_id: String,
    /// Its secret.
    pub wrong_audience_client_secret: String,
    /// The issuer, a Cognito user pool.
    pub user_pool_id: String,
    /// A client whose tokens can expire within seconds.
    pub short_lived_client_id: String,
    /// Its secret.
    pub short_lived_client_secret: String,
    /// The operator's access key id; IAM rules apply to it.
    pub access_key_id: String,
    /// The operator's secret access key.
    pub secret_access_key: String,
    /// Maps each function with a queue to the UUID of its event source mapping.
    pub event_source_mappings: BTreeMap<String, String>,
    /// Maps each function to its deployed name.
    pub functions: BTreeMap<String, String>,
    /// Maps each function to the name of its role.
    pub roles: BTreeMap<String, String>,
    /// The ffmpeg program.
    pub ffmpeg: PathBuf,
    /// The stack's state folder.
    #[serde(default)]
    pub state: PathBuf,
}

impl StackInfo {
    /// Reads a stack's `stack.json`, and the outputs in the Terraform state next to it.
    fn read(path: &Path) -> Self {
        let folder = path.parent().expect("a file has a parent folder");
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

    /// Returns whether the engine is MediaConvert; otherwise it is Elastic Transcoder.
    pub fn is_media_convert(&self) -> bool {
        self.engine == "media-convert"
    }
}

/// A running stack.
pub struct Stack {
    /// The stack's URLs, names and credentials.
    pub info: StackInfo,
    pub(crate) config: SdkConfig,
    runtime: Runtime,
    // The lock is held while the test runs.
    _turn: File,
}

fn read_json<T: DeserializeOwned>(path: &Path) -> T {
    let text = fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("no stack runs: {}: {error}; {REMEDY}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}; {REMEDY}", path.display()))
}

/// Returns the repository's folder.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate is in the repository")
}

/// Returns the path of one of the workspace's programs. Cargo builds it two folders above a test's own program.
pub fn program(name: &str) -> PathBuf {
    let test = env::current_exe().expect("the test's own program");
    let folder = test.ancestors().nth(2).expect("the profile's folder");
    folder.join(name)
}

impl Stack {
    /// Opens the stack that `STACK` names, or the repository's own, shared with other tests.
    pub fn shared() -> Self {
        Self::open(File::lock_shared)
    }

    /// Opens the same stack exclusively: no other test uses it meanwhile.
    pub fn exclusive() -> Self {
        Self::open(File::lock)
    }

    fn open(take_turn: impl Fn(&File) -> io::Result<()>) -> Self {
        let path = env::var_os("STACK").map_or_else(|| ".local/stack.json".into(), PathBuf::from);
        // Cargo runs tests in their crate's folder; `STACK` is relative to the repository.
        let path = repository().join(path);
        let info = StackInfo::read(&path);
        let turn = File::create(info.state.join("tests.lock"));
        let turn = turn.and_then(|turn| take_turn(&turn).map(|()| turn));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Self {
            config: sdk_config(&info),
            runtime: runtime.expect("the runtime is built"),
            _turn: turn.unwrap_or_else(|error| panic!("{}: {error}", info.state.display())),
            info,
        }
    }

    /// Runs an SDK's future to completion.
    pub fn run<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    /// Returns a DynamoDB client with the operator's credentials.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    /// Returns an S3 client with the operator's credentials.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.config).force_path_style(true);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// Returns an SQS client with the operator's credentials.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config)
    }

    /// Returns a client of the stack's transcoder with the operator's credentials.
    pub fn transcoder(&self) -> aws_sdk_elastictranscoder::Client {
        self.transcoder_at(&self.info.transcoder_url)
    }

    /// Returns a client of another transcoder.
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
