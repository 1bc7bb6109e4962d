//! Uploads a video, plays it and deletes it.

use std::num::NonZeroU64;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::http::{Api, expect};
use crate::types::deletion_receipt::DeletionReceipt;
use crate::types::issued_upload::{IssuedUpload, UploadInstructions};
use crate::types::problem::Problem;
use crate::types::response_page::ResponsePage;
use crate::types::upload_request::UploadRequest;
use crate::types::video_response::{ResponseStatus, VideoResponse};

const DEADLINE: Duration = Duration::from_secs(90);

/// The responses of one step.
struct Owner {
    api: Api,
    path: String,
}

/// Uploads a video to a stack; returns the email of the response, which is deleted.
pub fn run(stack: &Value, video: &[u8]) -> String {
    let text = |name: &str| stack[name].as_str().expect("a text in stack.json");
    // A step that no other test uses, so that its list has our responses alone.
    let step = fastrand::u16(1000..10_000);
    let owner = Owner {
        api: Api::new(text("api_url"), text("token")),
        path: format!("/projects/demo/steps/{step}/responses"),
    };
    owner.is_refused(video);
    let (waiting, _) = owner.request(video);
    let (email, upload) = owner.request(video);
    owner.post(&upload, video);
    let response = until("the response is ready", || owner.ready(&email));
    let emails = until("both responses are listed", || {
        Some(owner.list()).filter(|emails| emails.len() == 2)
    });
    assert!(emails.contains(&email) && emails.contains(&waiting), "{emails:?}");
    owner.play(&response);
    owner.delete(&email);
    owner.delete(&waiting);
    email
}

impl Owner {
    fn upload_request(email: &str, video: &[u8]) -> UploadRequest {
        UploadRequest {
            content_type: "video/mp4".parse().expect("a media type"),
            email: email.parse().expect("an email"),
            method: None,
            size: NonZeroU64::new(video.len() as u64).expect("a video"),
        }
    }

    /// Requests an upload for a new respondent.
    fn request(&self, video: &[u8]) -> (String, UploadInstructions) {
        let email = format!("ann-{:032x}@example.com", fastrand::u128(..));
        let answer = self.api.post(&self.path, &Self::upload_request(&email, video));
        let issued: IssuedUpload = expect(&answer, 201);
        assert_eq!(issued.response.email.as_str(), email);
        (email, issued.upload)
    }

    fn post(&self, upload: &UploadInstructions, video: &[u8]) {
        let UploadInstructions::PostUpload(form) = upload else {
            panic!("not a form: {upload:?}");
        };
        let answer = self.api.post_form(&form.url, &form.fields, video);
        let text = String::from_utf8_lossy(answer.body());
        assert_eq!(answer.status(), 204, "{text}");
    }

    /// Returns the response, if it exists.
    fn response(&self, email: &str) -> Option<VideoResponse> {
        let answer = self.api.send("GET", &format!("{}/{email}", self.path));
        if answer.status() == 404 {
            let problem: Problem = expect(&answer, 404);
            assert_eq!(
                problem.type_.as_str(),
                "urn:video-responses:problem:no-such-response"
            );
            return None;
        }
        Some(expect(&answer, 200))
    }

    fn ready(&self, email: &str) -> Option<VideoResponse> {
        let response = self.response(email)?;
        let has_ended = [ResponseStatus::Failed, ResponseStatus::Expired].contains(&response.status);
        assert!(!has_ended, "{response:?}");
        (response.status == ResponseStatus::Ready).then_some(response)
    }

    /// Lists the emails of the step, one response a page.
    fn list(&self) -> Vec<String> {
        let mut emails = Vec::new();
        let mut path = format!("{}?limit=1", self.path);
        loop {
            let page: ResponsePage = expect(&self.api.send("GET", &path), 200);
            emails.extend(page.responses.iter().map(|response| response.email.to_string()));
            let Some(cursor) = page.cursor else {
                return emails;
            };
            path = format!("{}?limit=1&cursor={}", self.path, cursor.as_str());
        }
    }

    fn play(&self, response: &VideoResponse) {
        let playback = response.playback.as_ref().expect("a ready response plays");
        let part = self.api.get_range(&playback.url);
        assert_eq!((part.status().as_u16(), part.body().len()), (206, 100));
        assert_eq!(part.headers()["content-type"], "video/mp4");
    }

    fn delete(&self, email: &str) {
        let answer = self.api.send("DELETE", &format!("{}/{email}", self.path));
        let receipt: DeletionReceipt = expect(&answer, 202);
        assert_eq!(receipt.email.as_str(), email);
        let left = self.response(email);
        assert!(
            left.as_ref()
                .is_none_or(|left| left.status == ResponseStatus::Deleting),
            "{left:?}"
        );
    }

    /// Sends requests that the API refuses: their answers are problem documents.
    fn is_refused(&self, video: &[u8]) {
        assert!(self.response("nobody@example.com").is_none());
        let mut body = serde_json::to_value(Self::upload_request("ann@example.com", video)).expect("JSON");
        body["email"] = "no email".into();
        let problem: Problem = expect(&self.api.post(&self.path, &body), 400);
        assert_eq!(
            problem.type_.as_str(),
            "urn:video-responses:problem:invalid-request"
        );
        assert_eq!(
            (problem.status, problem.field.as_deref()),
            (400, Some("email")),
            "{problem:?}"
        );
    }
}

/// Polls at growing intervals until there is a value.
fn until<T>(what: &str, mut value: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    let mut interval = Duration::from_millis(100);
    loop {
        if let Some(value) = value() {
            return value;
        }
        assert!(Instant::now() < end, "{what}: not within {DEADLINE:?}");
        thread::sleep(interval);
        interval = interval.mul_f64(1.5).min(Duration::from_secs(2));
    }
}
