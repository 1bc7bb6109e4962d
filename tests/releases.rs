//! Releases: a deployment and a rollback while requests run, and the rotation of the secret.
//!
//! These tests change what all triggers invoke: they use the stack exclusively.

use std::env;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;

use serde_json::{Value, json};
use tests::form::Form;
use tests::media::{LARGE_BYTES, Sample};
use tests::multipart::UploadClient;
use tests::stack::repository;
use tests::versions::ChangedFunction;
use tests::wait::TRANSCODED;
use tests::{Respondent, Stack, eventually, http, unique};
use ureq::http::Request;

/// Changes every function, as a deployment does; `environment` is for the api function.
fn deploy<'a>(stack: &'a Stack, release: &str, environment: &[(&str, &str)]) -> Vec<ChangedFunction<'a>> {
    let functions = stack.info.functions.keys();
    functions
        .map(|function| {
            let mut changes = json!({"Description": format!("Release {release}")});
            if function == "api" {
                let mut variables = stack.configuration("api")["Environment"]["Variables"].clone();
                for (name, value) in environment {
                    variables[*name] = json!(value);
                }
                changes["Environment"] = json!({"Variables": variables});
            }
            stack.change(function, &changes)
        })
        .collect()
}

/// Runs `terraform/rollback` as an operator does, with the AWS CLI of the tests' environment.
fn rollback(stack: &Stack, settings: &[(&str, &str)]) -> Output {
    let tools = repository().join(".local/venv-tests/bin");
    assert!(
        tools.join("aws").exists(),
        "{}/aws is missing: `make test` installs it",
        tools.display()
    );
    let path = format!("{}:{}", tools.display(), env::var("PATH").unwrap_or_default());
    let info = &stack.info;
    let mut command = Command::new(repository().join("terraform/rollback"));
    command
        .arg("local")
        .env("PATH", path)
        .envs(settings.iter().copied());
    command
        .env("TF_DATA_DIR", info.state.join("terraform/data"))
        .env("AWS_ENDPOINT_URL", &info.aws_endpoint_url)
        .env("AWS_ACCESS_KEY_ID", &info.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", &info.secret_access_key);
    command.output().unwrap()
}

/// Rolls back; returns the output.
fn roll_back(stack: &Stack, settings: &[(&str, &str)]) -> String {
    let output = rollback(stack, settings);
    let (out, error) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{out}{error}");
    out
}

/// Returns the reason for which a rollback is refused.
fn refused(stack: &Stack, settings: &[(&str, &str)]) -> String {
    let output = rollback(stack, settings);
    let (out, error) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{out}{error}");
    error
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Requests that run until `ends` is set, and their failures.
#[derive(Default)]
struct Traffic {
    ends: AtomicBool,
    requests: AtomicUsize,
    uploads: AtomicUsize,
    failures: Mutex<Vec<String>>,
}

impl Traffic {
    /// Lists responses.
    fn list(&self, stack: &Stack) {
        while !self.ends.load(SeqCst) {
            self.get(stack, "/projects/demo/steps/0/responses?limit=5");
        }
    }

    /// Requests uploads, posts files and waits for their renditions, one after the other.
    fn upload(&self, stack: &Stack) {
        let clip = stack.sample(Sample::Clip);
        while !self.ends.load(SeqCst) {
            let ann = stack.respondent();
            let body = json!({"email": ann.email, "content_type": "video/mp4", "size": clip.metadata().unwrap().len()});
            let url = format!("{}{}", stack.info.api_url, ann.responses());
            let request = Request::post(&url)
                .header("content-type", "application/json")
                .body(body.to_string());
            let Some(issued) = self.note("upload request", 201, http::try_send(request.unwrap())) else {
                continue;
            };
            let posted = Form::of(&issued.json()["upload"]).try_post(&clip);
            if self.note("post", 204, posted).is_none() {
                continue;
            }
            eventually(TRANSCODED, "an upload is ready", || {
                let response = self.get(stack, &ann.path())?.json();
                (response["status"] == "ready").then_some(())
            });
            self.uploads.fetch_add(1, SeqCst);
        }
    }

    /// Sends an owner's request.
    fn get(&self, stack: &Stack, path: &str) -> Option<http::Answer> {
        let bearer = format!("Bearer {}", stack.info.token);
        let request = Request::get(format!("{}{path}", stack.info.api_url)).header("authorization", bearer);
        self.note(path, 200, http::try_send(request.body(()).unwrap()))
    }

    fn note(
        &self,
        what: &str,
        status: u16,
        answer: Result<http::Answer, ureq::Error>,
    ) -> Option<http::Answer> {
        self.requests.fetch_add(1, SeqCst);
        let failure = match answer {
            Ok(answer) if answer.status == status => return Some(answer),
            Ok(answer) => format!("{what}: {} {}", answer.status, answer.text()),
            Err(error) => format!("{what}: {error}"),
        };
        self.failures.lock().unwrap().push(failure);
        None
    }

    /// Waits until this many further requests were answered, and an upload ran from its request to its rendition.
    fn continues(&self, requests: usize) {
        let (before, uploads) = (self.requests.load(SeqCst), self.uploads.load(SeqCst));
        eventually(TRANSCODED, "requests run", || {
            assert_eq!(*self.failures.lock().unwrap(), Vec::<String>::new());
            let enough = self.requests.load(SeqCst) >= before + requests;
            // The first of two may have begun before the call.
            (enough && self.uploads.load(SeqCst) >= uploads + 2).then_some(())
        });
    }
}

/// Ends the traffic, also after a failed assertion.
struct End<'a>(&'a Traffic);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.ends.store(true, SeqCst);
    }
}

/// Returns for how many minutes a new upload is valid.
fn upload_minutes(stack: &Stack) -> i64 {
    let issued = stack
        .respondent()
        .request_upload(None, &stack.sample(Sample::Clip))
        .expect(201)
        .json();
    let expires: model::Timestamp = issued["upload"]["expires_at"].as_str().unwrap().parse().unwrap();
    let seconds = expires.as_seconds() - aws::now().as_seconds();
    (seconds + 30) / 60
}

#[test]
fn deployment_and_rollback_fail_no_request() {
    let stack = Stack::exclusive();
    let traffic = Traffic::default();
    let versions = || -> Vec<u64> {
        stack
            .info
            .functions
            .keys()
            .map(|function| stack.live_version(function))
            .collect()
    };
    let before = versions();
    let next = unique("next");
    let mut deployed = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| traffic.list(&stack));
        scope.spawn(|| traffic.list(&stack));
        scope.spawn(|| traffic.upload(&stack));
        let end = End(&traffic);
        traffic.continues(20);
        assert_eq!(upload_minutes(&stack), 60);

        deployed = deploy(&stack, &next, &[("UPLOAD_MINUTES", "7")]);
        traffic.continues(20);
        assert_eq!(upload_minutes(&stack), 7, "the new version must answer");

        let dry = roll_back(&stack, &[("DRY_RUN", "1")]);
        assert!(dry.contains(&next) && !dry.contains(" runs."), "{dry}");
        assert_eq!(upload_minutes(&stack), 7, "a dry run must change nothing");
        roll_back(&stack, &[]);
        traffic.continues(20);
        assert_eq!(upload_minutes(&stack), 60, "the version before must answer");
        drop(end);
    });
    assert_eq!(
        versions(),
        before,
        "every function must run its version from before the deployment"
    );

    assert_eq!(traffic.failures.into_inner().unwrap(), Vec::<String>::new());
    // Forward again, by name.
    roll_back(&stack, &[("RELEASE", &next)]);
    assert_eq!(upload_minutes(&stack), 7);

    // A deployment that ended after one function: the command does not guess.
    let other = unique("other");
    let half = stack.change("api", &json!({"Description": format!("Release {other}")}));
    let mixed = refused(&stack, &[]);
    assert!(
        mixed.contains("different releases") && mixed.contains(&other),
        "{mixed}"
    );
    drop(half);
}

/// Requests an upload in parts, which has a token.
fn request_multipart<'a>(stack: &'a Stack, who: &Respondent<'_>) -> UploadClient<'a> {
    let body =
        json!({"email": who.email, "content_type": "video/mp4", "size": LARGE_BYTES, "method": "multipart"});
    let issued = stack.api_post(None, &who.responses(), &body).expect(201).json();
    UploadClient::of(stack, who, &issued["upload"])
}

/// Restarts the api function when dropped: its instances have read different secrets.
struct Restart<'a>(&'a Stack);

impl Drop for Restart<'_> {
    fn drop(&mut self) {
        self.0.restart_function("api");
    }
}

#[test]
fn rotated_secret_reaches_running_functions() {
    let stack = Stack::exclusive();
    let (ann, bob) = (stack.respondent(), stack.respondent());
    let old = request_multipart(&stack, &ann);
    old.call("GET", "").expect(200);

    // Between the two steps of an apply, running instances still accept the old tokens.
    let _restart = Restart(&stack);
    stack.write_secret();
    old.call("GET", "").expect(200);

    let version: Value = stack.configuration("api")["Environment"]["Variables"]["SECRET_VERSION"].clone();
    assert_eq!(version, "1");
    let rotated = deploy(&stack, &unique("rotated"), &[("SECRET_VERSION", "2")]);
    old.call("GET", "").expect_problem(403);
    let new = request_multipart(&stack, &bob);
    new.call("GET", "").expect(200);

    // Instances of the version before still run, and have the old secret.
    let refused = refused(&stack, &[]);
    assert!(refused.contains("the secret was rotated"), "{refused}");
    new.call("DELETE", "").expect(204);
    drop(rotated);
}
