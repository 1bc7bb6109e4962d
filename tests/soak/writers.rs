//! The writers, which request uploads and post files.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::json;
use tests::form::Form;
use tests::media::Sample;
use tests::{Stack, http};
use ureq::http::Request;

use crate::plan::{PlannedRespondent, SoakPlan, TakeKind};
use crate::summary::Summary;

/// Number of concurrent writers.
const WRITERS: usize = 20;

/// Maximum attempts of a request or a post; about one call in ten fails.
const MAX_ATTEMPTS: usize = 30;

/// Makes all planned uploads.
pub fn upload(stack: &Stack, plan: &SoakPlan, summary: &Summary) {
    let (clip, garbage) = (stack.sample(Sample::Clip), stack.sample(Sample::Garbage));
    let file = |kind| match kind {
        TakeKind::Clip => clip.as_path(),
        TakeKind::Garbage => garbage.as_path(),
    };
    let respondents = Mutex::new(plan.respondents.iter().collect::<VecDeque<_>>());
    let next = || {
        respondents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    };
    thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                while let Some(respondent) = next() {
                    record(stack, plan, respondent, file, summary);
                }
            });
        }
    });
    for name in &plan.non_videos {
        stack.put_upload(&format!("{}/0/{name}.txt", plan.project), None, &garbage);
        summary.uploads.add(1);
    }
}

/// Uploads all takes of a respondent.
fn record<'a>(
    stack: &Stack,
    plan: &SoakPlan,
    respondent: &PlannedRespondent,
    file: impl Fn(TakeKind) -> &'a Path,
    summary: &Summary,
) {
    let post = |form: &Form, kind| {
        send(form, file(kind), summary);
        summary.uploads.add(1);
    };
    if respondent.takes.len() > 1 {
        summary.second_takes.add(1);
    }
    if respondent.newest_first {
        let forms: Vec<(Form, TakeKind)> = respondent
            .takes
            .iter()
            .map(|kind| {
                (
                    request_upload(stack, plan, respondent, file(*kind), summary),
                    *kind,
                )
            })
            .collect();
        for (form, kind) in forms.iter().rev() {
            post(form, *kind);
        }
    } else {
        for kind in &respondent.takes {
            post(
                &request_upload(stack, plan, respondent, file(*kind), summary),
                *kind,
            );
        }
    }
}

/// Posts a file until it succeeds. After a lost answer the form is used again.
fn send(form: &Form, file: &Path, summary: &Summary) {
    for _ in 0..MAX_ATTEMPTS {
        match form.try_post(file) {
            Ok(answer) if answer.status == 204 => return,
            Ok(answer) if answer.status < 500 => panic!("{}: {}", answer.status, answer.text()),
            _ => summary.repeated_posts.add(1),
        }
    }
    panic!("{}: not posted after {MAX_ATTEMPTS} attempts", form.key())
}

/// Requests a form until it succeeds; repeated requests are harmless.
fn request_upload(
    stack: &Stack,
    plan: &SoakPlan,
    respondent: &PlannedRespondent,
    file: &Path,
    summary: &Summary,
) -> Form {
    let url = format!(
        "{}/projects/{}/steps/0/responses",
        stack.info.api_url, plan.project
    );
    let size = file.metadata().expect("the file has metadata").len();
    let body = json!({"email": respondent.email, "content_type": "video/mp4", "size": size}).to_string();
    for _ in 0..MAX_ATTEMPTS {
        let request = Request::post(&url)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", stack.info.token));
        let answer = http::send(request.body(&body).expect("a valid request"));
        match answer.status {
            201 => return Form::of(&answer.json()["upload"]),
            500.. => summary.repeated_requests.add(1),
            _ => panic!("{}: {}", answer.status, answer.text()),
        }
    }
    panic!("{}: no form after {MAX_ATTEMPTS} attempts", respondent.email)
}
