//! The variants of a case: our function, the least that its calls need, the same work in Python, and no work at all.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::cases::BenchCase;
use crate::process::Launch;
use crate::stub::AwsStub;

/// A variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variant {
    /// A function that does nothing.
    Floor,
    /// The same calls without an SDK.
    Limit,
    /// Our function.
    Ours,
    /// boto3 under AWS's runtime interface client.
    Python,
}

impl fmt::Display for Variant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Floor => "floor",
            Self::Limit => "limit",
            Self::Ours => "ours",
            Self::Python => "python",
        })
    }
}

/// Where the programs and the files of a run are.
#[derive(Clone, Debug)]
pub struct Programs {
    /// The folder with the functions, `floor` and `limit`.
    pub folder: PathBuf,
    /// The Python of the environment with boto3.
    pub python: PathBuf,
    /// The folder with the handler in Python.
    pub handlers: PathBuf,
    /// A folder for logs, plans and certificates.
    pub work: PathBuf,
}

impl Programs {
    /// Returns the file with the root certificates.
    pub fn bundle(&self) -> PathBuf {
        self.work.join("roots.pem")
    }

    /// Returns the file with the calls of a case.
    pub fn plan(&self, case: &BenchCase) -> PathBuf {
        self.work.join(format!("{}.plan", file_name(&case.name())))
    }

    /// Returns the file with the output of a variant.
    pub fn log(&self, case: &BenchCase, variant: Variant) -> PathBuf {
        self.work
            .join(format!("{}-{variant}.log", file_name(&case.name())))
    }

    /// Returns the program of a variant, ready to start under the Runtime API at this address.
    pub fn launch(&self, case: &BenchCase, variant: Variant, runtime: &str, stub: &AwsStub) -> Launch {
        let mut environment = lambda_environment(case.function, runtime);
        environment.extend(stub.variables());
        environment.extend(settings(case));
        let mut set = |name: &str, path: &Path| {
            environment.push((name.to_owned(), path.display().to_string()));
        };
        set("AWS_CA_BUNDLE", &self.bundle());
        let (program, arguments) = match variant {
            Variant::Floor => (self.folder.join("floor"), vec![]),
            Variant::Limit => {
                set("BENCH_PLAN", &self.plan(case));
                (self.folder.join("limit"), vec![])
            }
            Variant::Ours => (self.folder.join(case.function), vec![]),
            Variant::Python => {
                set("LAMBDA_TASK_ROOT", &self.handlers);
                set("PYTHONPATH", &self.handlers);
                let arguments = ["-m", "awslambdaric", "handler.handler"].map(str::to_owned);
                (self.python.clone(), arguments.into())
            }
        };
        Launch {
            program,
            arguments,
            environment,
            log: self.log(case, variant),
        }
    }
}

fn file_name(text: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    text.chars().map(kept).collect()
}

/// The variables that Lambda sets. Source: "Defined runtime environment variables" in the AWS Lambda Developer Guide.
fn lambda_environment(function: &str, runtime: &str) -> Vec<(String, String)> {
    let name = format!("responses-bench-{function}");
    let log_group = format!("/aws/lambda/{name}");
    let variables = [
        ("_HANDLER", "bootstrap"),
        ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_FUNCTION_NAME", &name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &log_group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/01/[1]0123456789abcdef"),
        ("AWS_LAMBDA_RUNTIME_API", runtime),
        ("AWS_REGION", "eu-west-1"),
        (
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
        ("AWS_SESSION_TOKEN", SESSION_TOKEN),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
        ("LAMBDA_TASK_ROOT", "/var/task"),
        ("LANG", "en_US.UTF-8"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("TZ", ":UTC"),
    ];
    variables
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// A token of the usual length: it is signed and sent with each call.
const SESSION_TOKEN: &str = "IQoJb3JpZ2luX2VjEExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExample\
ExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExample\
ExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExample\
ExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExample\
ExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExampleExample";

/// The settings of all functions; each reads its own.
fn settings(case: &BenchCase) -> Vec<(String, String)> {
    let common = [
        ("FUNCTION", case.function),
        ("RESPONSES_TABLE_NAME", "responses"),
        ("UPLOADS_BUCKET", "uploads"),
        ("RENDITIONS_BUCKET", "renditions"),
        ("LOG_LEVEL", "info"),
        ("METRICS_NAMESPACE", "responses-bench"),
        ("OPEN_UPLOADS", "demo"),
        ("UPLOAD_MAX_BYTES", "5368709120"),
        ("UPLOAD_MINUTES", "60"),
        ("PLAYBACK_MINUTES", "60"),
        ("SECRET_PARAMETER", "/responses-bench/secret"),
        ("SECRET_VERSION", "1"),
        ("ADOPTED_ITEMS", "false"),
        (
            "REJECTS_QUEUE_URL",
            "https://sqs.eu-west-1.amazonaws.com/123456789012/rejects",
        ),
        ("ENGINE", "elastic-transcoder"),
        ("PIPELINE_ID", "1111111111111-abcde1"),
        ("PRESET_ID", "1351620000001-100070"),
        (
            "MEDIA_CONVERT_QUEUE_ARN",
            "arn:aws:mediaconvert:eu-west-1:123456789012:queues/responses",
        ),
        (
            "MEDIA_CONVERT_ROLE_ARN",
            "arn:aws:iam::123456789012:role/responses",
        ),
        ("MAX_SECONDS", "10800"),
        ("JOB_LEASE_SECONDS", "60"),
    ];
    let own = |name: &str| case.settings.iter().find(|(known, _)| *known == name);
    let all = common.map(|(name, value)| (name, own(name).map_or(value, |(_, value)| value)));
    all.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}
