//! A respondent, who requests an upload and posts a video; an owner's token reads the result.

use std::path::Path;

use serde_json::{Value, json};

use crate::form::Form;
use crate::http::Answer;
use crate::wait::{SOON, TRANSCODED};
use crate::{Stack, eventually, unique};

/// The open project of the local stage: an upload request needs no token.
pub const OPEN_PROJECT: &str = "demo";

/// A respondent of one step of a project.
pub struct Respondent<'a> {
    stack: &'a Stack,
    /// The project.
    pub project: String,
    /// The step.
    pub step: u16,
    /// The respondent's email.
    pub email: String,
}

impl Stack {
    /// Returns a respondent of the open project, unique to the test.
    pub fn respondent(&self) -> Respondent<'_> {
        self.respondent_in(OPEN_PROJECT)
    }

    /// Returns a respondent of a project that is unique to the test; only an owner can request its uploads.
    pub fn respondent_in_closed_project(&self) -> Respondent<'_> {
        self.respondent_in(&unique("closed"))
    }

    /// Returns a new respondent of a project.
    pub fn respondent_in(&self, project: &str) -> Respondent<'_> {
        self.respondent_with_email(project, &format!("{}@example.com", unique("ann")))
    }

    /// Returns the respondent of a project with this email.
    pub fn respondent_with_email(&self, project: &str, email: &str) -> Respondent<'_> {
        Respondent {
            stack: self,
            project: project.to_owned(),
            step: 0,
            email: email.to_owned(),
        }
    }
}

impl<'a> Respondent<'a> {
    /// Returns the same person at another step.
    pub fn at_step(&self, step: u16) -> Respondent<'a> {
        Respondent {
            stack: self.stack,
            project: self.project.clone(),
            step,
            email: self.email.clone(),
        }
    }

    /// Returns the same person in another project.
    pub fn in_project(&self, project: &str) -> Respondent<'a> {
        Respondent {
            stack: self.stack,
            project: project.to_owned(),
            step: self.step,
            email: self.email.clone(),
        }
    }

    /// Returns the path of the step's responses.
    pub fn responses(&self) -> String {
        format!("/projects/{}/steps/{}/responses", self.project, self.step)
    }

    /// Returns the path of this response.
    pub fn path(&self) -> String {
        format!("{}/{}", self.responses(), self.email)
    }

    /// Returns the table's hash key.
    pub fn project_step(&self) -> String {
        format!("{}-{}", self.project, self.step)
    }

    /// Requests an upload form for a file, with or without a token.
    #[track_caller]
    pub fn request_upload(&self, token: Option<&str>, file: &Path) -> Answer {
        let size = file
            .metadata()
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
            .len();
        let body = json!({"email": self.email, "content_type": content_type(file), "size": size});
        self.stack.api_post(token, &self.responses(), &body)
    }

    /// Requests an upload form for a file; uses an owner's token unless the project is open.
    #[track_caller]
    pub fn form(&self, file: &Path) -> Form {
        let token = (self.project != OPEN_PROJECT).then_some(self.stack.info.token.as_str());
        Form::of(&self.request_upload(token, file).expect(201).json()["upload"])
    }

    /// Requests a form and posts a file; returns the key.
    #[track_caller]
    pub fn submit(&self, file: &Path) -> String {
        let form = self.form(file);
        form.post(file).expect(204);
        form.key().to_owned()
    }

    /// Returns the response, as an owner sees it.
    #[track_caller]
    pub fn response(&self) -> Value {
        self.stack.owner_get(&self.path()).expect(200).json()
    }

    /// Waits until the response has a status; panics at once if it reaches another final status.
    #[track_caller]
    pub fn until(&self, status: &str) -> Value {
        eventually(TRANSCODED, &format!("{} is {status}", self.path()), || {
            let answer = self.stack.owner_get(&self.path());
            if answer.status == 404 {
                return None;
            }
            let response = answer.expect(200).json();
            let now = response["status"].as_str().unwrap_or_default();
            let ended = ["ready", "failed", "expired"].contains(&now);
            assert!(now == status || !ended, "the status is not {status}: {response}");
            (now == status).then_some(response)
        })
    }

    /// Changes the item so that all issued forms have expired long ago and the work for this is due.
    #[track_caller]
    pub fn expire_forms(&self) {
        let past = json!("2020-01-01T00:00:00.000Z");
        eventually(SOON, "the item's forms are expired", || {
            let mut item = self.item()?;
            let revision = item["Revision"].as_u64()?;
            item["Revision"] = json!(revision + 1);
            item["LastUploadExpiry"] = past.clone();
            item["DueAt"] = past.clone();
            for (part, moment) in [("PendingUpload", "Until"), ("Deletion", "NextAt")] {
                if item[part].is_object() {
                    item[part][moment] = past.clone();
                }
            }
            self.stack.replace_item(&item, revision).then_some(())
        });
    }

    /// Changes the item so that the job's result is overdue.
    #[track_caller]
    pub fn make_result_due(&self) {
        let past = json!("2020-01-01T00:00:00.000Z");
        eventually(SOON, "the item's result is overdue", || {
            let mut item = self.item()?;
            let revision = item["Revision"].as_u64()?;
            (item["Revision"], item["DueAt"]) = (json!(revision + 1), past.clone());
            item["Job"]["LeaseUntil"] = past.clone();
            self.stack.replace_item(&item, revision).then_some(())
        });
    }

    /// Changes the item so that the parked job was first refused at `since`, in RFC 3339, and its retry is due.
    #[track_caller]
    pub fn make_parked_job_due(&self, since: &str) {
        let past = json!("2020-01-01T00:00:00.000Z");
        eventually(SOON, "the item's parked job is overdue", || {
            let mut item = self.item()?;
            let revision = item["Revision"].as_u64()?;
            (item["Revision"], item["DueAt"]) = (json!(revision + 1), past.clone());
            item["Job"]["Parked"]["Until"] = past.clone();
            item["Job"]["Parked"]["Since"] = json!(since);
            self.stack.replace_item(&item, revision).then_some(())
        });
    }

    /// Returns the stored item.
    pub fn item(&self) -> Option<Value> {
        self.stack.item(&self.project_step(), &self.email)
    }
}

/// Returns the media type of a file, by its extension.
fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("webm") => "video/webm",
        Some("mov") => "video/quicktime",
        _ => "video/mp4",
    }
}
