//! An emulator without a stage, and a transcoder that serves MediaConvert's queues.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tests::eventually;
use tests::http::{Answer, send, try_send};
use tests::stack::{program, repository};
use ureq::http::Request;

/// The region and the account of the emulator.
pub const REGION: &str = "eu-central-1";
pub const ACCOUNT: &str = "000000000000";

const START_LIMIT: Duration = Duration::from_secs(90);

/// Writes the zips of the functions into a folder, and prints their hashes.
const PACKAGE: &str = r#"
import base64, hashlib, json, pathlib, sys, zipfile
hashes = {}
for name in ["api", "on_upload", "on_job", "reconcile"]:
    path = pathlib.Path(sys.argv[1]) / (name + ".zip")
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("bootstrap", name)
    hashes[name] = base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()
print(json.dumps(hashes))
"#;

/// Settings of a bucket, each a query of its URL.
const BUCKET_SETTINGS: [&str; 7] = [
    "encryption",
    "lifecycle",
    "notification",
    "ownershipControls",
    "policy",
    "publicAccessBlock",
    "versioning",
];

/// The processes. They end when this is dropped; their state is not saved.
pub struct Emulator {
    pub url: String,
    pub transcoder_url: String,
    /// The folder of the logs and of everything that the test writes.
    pub folder: PathBuf,
    python: PathBuf,
    children: Vec<Child>,
}

impl Emulator {
    /// Starts both processes with an empty folder, and waits until they answer.
    pub fn start(name: &str) -> Self {
        let folder = repository().join(".local").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("the folder of the last run can be deleted");
        }
        fs::create_dir_all(folder.join("tmp")).expect("a folder can be created");
        let python = repository().join(".local/venv/bin/python");
        assert!(
            python.exists(),
            "{} is missing: `make test` creates it",
            python.display()
        );
        let [port, transcoder_port] = free_ports();
        let mut emulator = Self {
            url: format!("http://127.0.0.1:{port}"),
            transcoder_url: format!("http://127.0.0.1:{transcoder_port}"),
            folder,
            python,
            children: Vec::new(),
        };
        emulator.spawn_emulator(port);
        emulator.spawn_transcoder(transcoder_port);
        let health = [
            format!("{}/_ministack/health", emulator.url),
            format!("{}/health", emulator.transcoder_url),
        ];
        for url in health {
            eventually(START_LIMIT, &url, || {
                let request = Request::get(&url).body(()).expect("a valid request");
                try_send(request)
                    .is_ok_and(|answer| answer.status == 200)
                    .then_some(())
            });
        }
        emulator
    }

    fn spawn_emulator(&mut self, port: u16) {
        let mut command = Command::new(&self.python);
        command
            .args(["-m", "ministack"])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("MINISTACK_REGION", REGION)
            .env("AUTH", "true")
            .env("TMPDIR", self.folder.join("tmp"))
            .env("IOT_MTLS_ENABLED", "0")
            .env("SFTP_ENABLED", "0")
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_ENDPOINT_URL_MEDIACONVERT", &self.transcoder_url);
        self.spawn("emulator", command);
    }

    fn spawn_transcoder(&mut self, port: u16) {
        let credentials = self.folder.join("credentials.json");
        fs::write(&credentials, "{}").expect("the folder is writable");
        let mut command = Command::new(program("transcoder"));
        command
            .args(["--port", &port.to_string(), "--region", REGION])
            .args(["--endpoint-url", &self.url, "--account", ACCOUNT])
            // No job runs, so any program will do.
            .arg("--ffmpeg")
            .arg(&self.python)
            .arg("--state")
            .arg(self.folder.join("transcoder"))
            .arg("--credentials")
            .arg(credentials);
        self.spawn("transcoder", command);
    }

    fn spawn(&mut self, name: &str, mut command: Command) {
        let log = File::create(self.folder.join(format!("{name}.log"))).expect("the folder is writable");
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log);
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}: run `make test-programs`"));
        self.children.push(child);
    }

    /// Writes a zip with a `bootstrap` file for each function. Returns the stage's variable `packages`.
    pub fn write_packages(&self) -> Value {
        let folder = self.folder.join("packages");
        fs::create_dir_all(&folder).expect("a folder can be created");
        let output = Command::new(&self.python)
            .args(["-c", PACKAGE])
            .arg(&folder)
            .output()
            .expect("Python runs");
        let hashes: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        json!({"folder": folder, "sha256": hashes})
    }

    /// Sends a request as the emulator's administrator, whose signature it does not check.
    #[track_caller]
    fn request(&self, service: &str, method: &str, path: &str, target: &str, body: &str) -> Answer {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("authorization", authorization);
        if !target.is_empty() {
            let version = if service == "dynamodb" || service == "sqs" {
                "1.0"
            } else {
                "1.1"
            };
            request = request
                .header("x-amz-target", target)
                .header("content-type", format!("application/x-amz-json-{version}"));
        }
        send(request.body(body).expect("a valid request"))
    }

    /// Calls an action of a service that speaks JSON.
    #[track_caller]
    pub fn call(&self, service: &str, target: &str, body: &Value) -> Value {
        self.request(service, "POST", "/", target, &body.to_string())
            .expect(200)
            .json()
    }

    #[track_caller]
    pub fn create_bucket(&self, bucket: &str) {
        let region = format!(
            "<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
        );
        self.request("s3", "PUT", &format!("/{bucket}"), "", &region)
            .expect(200);
    }

    /// Writes a setting of a bucket, an S3 document.
    #[track_caller]
    pub fn put_setting(&self, bucket: &str, name: &str, document: &str) {
        self.request("s3", "PUT", &format!("/{bucket}?{name}"), "", document)
            .expect(200);
    }

    #[track_caller]
    pub fn put_object(&self, bucket: &str, key: &str, body: &str) {
        self.request("s3", "PUT", &format!("/{bucket}/{key}"), "", body)
            .expect(200);
    }

    #[track_caller]
    pub fn object(&self, bucket: &str, key: &str) -> String {
        self.request("s3", "GET", &format!("/{bucket}/{key}"), "", "")
            .expect(200)
            .text()
    }

    /// Returns the settings of a bucket, as S3's documents.
    #[track_caller]
    pub fn bucket_settings(&self, bucket: &str) -> Vec<(&'static str, String)> {
        let setting = |name: &'static str| {
            let answer = self
                .request("s3", "GET", &format!("/{bucket}?{name}"), "", "")
                .expect(200);
            (name, answer.text())
        };
        BUCKET_SETTINGS.into_iter().map(setting).collect()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Returns two different ports.
fn free_ports() -> [u16; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("a bound port").port())
}
