//! A copy of `terraform/` in which `prod` has the emulator as its provider and a local state.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tests::stack::repository;

use crate::emulator::{ACCOUNT, Emulator, REGION};

/// The services that the emulator serves. The transcoder serves MediaConvert.
const SERVICES: [&str; 12] = [
    "apigatewayv2",
    "cloudwatch",
    "cloudwatchlogs",
    "dynamodb",
    "events",
    "iam",
    "lambda",
    "s3",
    "sns",
    "sqs",
    "ssm",
    "sts",
];

/// The working folder of `prod`.
pub struct Stage {
    root: PathBuf,
    provider: Option<Provider>,
}

/// A process of the AWS provider that serves every command (`terraform/attach`): most of a command's time is its start. It
/// ends when this is dropped, because its command reads the closed input.
struct Provider {
    process: Child,
    /// The value of `TF_REATTACH_PROVIDERS`.
    address: String,
}

/// The result of a command of Terraform or of `terraform/guard`.
pub struct Outcome {
    pub success: bool,
    /// The standard output, then the standard error.
    pub text: String,
}

impl Outcome {
    /// Returns the addresses that `terraform/guard` lists as refused.
    pub fn refused(&self) -> impl Iterator<Item = &str> {
        self.text
            .lines()
            .filter_map(|line| line.strip_prefix("  "))
            .filter(|line| line.starts_with("module."))
    }
}

impl Stage {
    /// Copies `terraform/`, adds the overrides and the variables, and initialises `prod`.
    pub fn prod(emulator: &Emulator) -> Self {
        let root = emulator.folder.join("terraform");
        let copied = Command::new("cp")
            .arg("-a")
            .arg(repository().join("terraform"))
            .arg(&root)
            .status();
        assert!(copied.is_ok_and(|status| status.success()), "cp -a terraform");
        let mut stage = Self { root, provider: None };
        stage.write("emulator_override.tf", &provider(emulator));
        // The emulator has no TLS. It evaluates a queue's policy for its administrator too, but not a bucket's.
        stage.write_in(
            "modules/service",
            "emulator_override.tf",
            "module \"ingest\" {\n  tls_only = false\n}\n",
        );
        stage.write("stage.auto.tfvars.json", &base(emulator).to_string());
        let mut init = Command::new(stage.root.join("init"));
        init.arg(stage.folder()).arg("-no-color");
        let init = stage.run(&mut init, "");
        assert!(init.success, "{}", init.text);
        stage.provider = Some(stage.serve_provider());
        stage
    }

    fn serve_provider(&self) -> Provider {
        let mut command = Command::new(self.root.join("attach"));
        // `cat` ends with its input.
        command.args(["sh", "-c", r#"echo "$TF_REATTACH_PROVIDERS"; cat"#]);
        self.set_environment(&mut command);
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut address = String::new();
        let output = process.stdout.as_mut().expect("a pipe");
        BufReader::new(output)
            .read_line(&mut address)
            .expect("terraform/attach prints a line");
        assert!(!address.is_empty(), "terraform/attach failed");
        Provider {
            process,
            address: address.trim().to_owned(),
        }
    }

    /// Returns the folder in which Terraform runs.
    pub fn folder(&self) -> PathBuf {
        self.root.join("stages/prod")
    }

    /// Writes a file of the stage.
    pub fn write(&self, name: &str, content: &str) {
        self.write_in("stages/prod", name, content);
    }

    /// Writes a file of a module or a stage. Terraform merges `*_override.tf` into the files beside it.
    pub fn write_in(&self, folder: &str, name: &str, content: &str) {
        fs::write(self.root.join(folder).join(name), content).expect("the copy is writable");
    }

    pub fn remove(&self, folder: &str, name: &str) {
        fs::remove_file(self.root.join(folder).join(name)).expect("the file exists");
    }

    /// Runs Terraform in the stage.
    pub fn terraform(&self, arguments: &[&str]) -> Outcome {
        let mut command = Command::new("terraform");
        command
            .arg(format!("-chdir={}", self.folder().display()))
            .args(arguments);
        self.run(&mut command, "")
    }

    /// Runs Terraform, which must succeed; returns its output.
    #[track_caller]
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let outcome = self.terraform(arguments);
        assert!(outcome.success, "terraform {arguments:?}\n{}", outcome.text);
        outcome.text
    }

    /// Plans with the given arguments, and returns the plan as JSON. The file `plan` of the stage has the plan.
    #[track_caller]
    pub fn plan(&self, arguments: &[&str]) -> Value {
        self.succeed(&[&["plan", "-input=false", "-no-color", "-out=plan"], arguments].concat());
        serde_json::from_str(&self.succeed(&["show", "-json", "plan"])).expect("a plan is JSON")
    }

    /// Runs `terraform/guard` with a plan, and with the addresses that it allows.
    pub fn guard(&self, plan: &Value, allow: &str) -> Outcome {
        let mut command = Command::new(self.root.join("guard"));
        command.env("STAGE", "prod").env("ALLOW", allow);
        self.run(&mut command, &plan.to_string())
    }

    fn set_environment(&self, command: &mut Command) {
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("AWS_") || text.starts_with("TF_") && text != "TF_PLUGIN_CACHE_DIR" {
                command.env_remove(&name);
            }
        }
        command
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_DATA_DIR", self.root.join("data"));
        if let Some(provider) = &self.provider {
            command.env("TF_REATTACH_PROVIDERS", &provider.address);
        }
    }

    fn run(&self, command: &mut Command, input: &str) -> Outcome {
        self.set_environment(command);
        let file = self.root.join("input");
        fs::write(&file, input).expect("the copy is writable");
        let output = command
            .stdin(Stdio::from(fs::File::open(file).expect("the file was written")))
            .output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        // Only the output of a success is parsed.
        let errors = if output.status.success() {
            String::new()
        } else {
            text(&output.stderr)
        };
        Outcome {
            success: output.status.success(),
            text: text(&output.stdout) + &errors,
        }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Returns the variables of the stage, each of which a row of `variables.json` changes.
fn base(emulator: &Emulator) -> Value {
    json!({
        "region": REGION,
        "account_id": ACCOUNT,
        "packages": emulator.write_packages(),
        "jwt": {"issuer": "https://id.example.org/pool", "audience": ["client"]},
        "open_uploads": ["survey"],
        "cors_origins": ["https://app.example.org"],
        "alarm_emails": ["operators@example.com"],
        "runbook_url": "https://wiki.example.org/runbooks",
    })
}

fn provider(emulator: &Emulator) -> String {
    let endpoints: String = SERVICES
        .iter()
        .map(|service| format!("    {service} = \"{}\"\n", emulator.url))
        .collect();
    let transcoder = &emulator.transcoder_url;
    format!(
        r#"terraform {{
  backend "local" {{}}
}}

provider "aws" {{
  access_key                  = "test"
  secret_key                  = "test"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true

  endpoints {{
{endpoints}    mediaconvert = "{transcoder}"
  }}
}}
"#
    )
}
