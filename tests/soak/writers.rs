//! The writers: they ask for uploads, and post files.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::json;
use tests::form::Form;
use tests::media::Sample;
use tests::{Stack, http};
use ureq::http::Request;

use crate::plan::{Kind, Person, Plan};
use crate::summary::Summary;

/// So many write at the same time.
const WRITERS: usize = 20;

/// How often something is tried before somebody gives up: of ten calls one goes wrong.
const TRIES: usize = 30;

/// Uploads all that is planned.
pub fn upload(stack: &Stack, plan: &Plan, summary: &Summary) {
    let (clip, garbage) = (stack.sample(Sample::Clip), stack.sample(Sample::Garbage));
    let file = |kind| match kind {
        Kind::Clip => clip.as_path(),
        Kind::Garbage => garbage.as_path(),
    };
    let people = Mutex::new(plan.people.iter().collect::<VecDeque<_>>());
    let next = || people.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                while let Some(person) = next() {
                    record(stack, plan, person, file, summary);
                }
            });
        }
    });
    for paper in &plan.papers {
        stack.put_upload(&format!("{}/0/{paper}.txt", plan.project), None, &garbage);
        summary.uploads.add(1);
    }
}

/// Records what a person records.
fn record<'a>(
    stack: &Stack,
    plan: &Plan,
    person: &Person,
    file: impl Fn(Kind) -> &'a Path,
    summary: &Summary,
) {
    let post = |form: &Form, kind| {
        send(form, file(kind), summary);
        summary.uploads.add(1);
    };
    if person.takes.len() > 1 {
        summary.again.add(1);
    }
    if person.newest_first {
        let forms: Vec<(Form, Kind)> = person
            .takes
            .iter()
            .map(|kind| (ask(stack, plan, person, file(*kind), summary), *kind))
            .collect();
        for (form, kind) in forms.iter().rev() {
            post(form, *kind);
        }
    } else {
        for kind in &person.takes {
            post(&ask(stack, plan, person, file(*kind), summary), *kind);
        }
    }
}

/// Posts a file, as often as it takes. Where only the answer was lost the form is used twice.
fn send(form: &Form, file: &Path, summary: &Summary) {
    for _ in 0..TRIES {
        match form.try_post(file) {
            Ok(answer) if answer.status == 204 => return,
            Ok(answer) if answer.status < 500 => panic!("{}: {}", answer.status, answer.text()),
            _ => summary.posted_again.add(1),
        }
    }
    panic!("{}: not posted after {TRIES} tries", form.key())
}

/// Asks for a form, as often as it takes: asking harms nothing.
fn ask(stack: &Stack, plan: &Plan, person: &Person, file: &Path, summary: &Summary) -> Form {
    let url = format!(
        "{}/projects/{}/steps/0/responses",
        stack.facts.api_url, plan.project
    );
    let size = file.metadata().expect("a file").len();
    let body = json!({"email": person.email, "content_type": "video/mp4", "size": size}).to_string();
    for _ in 0..TRIES {
        let request = Request::post(&url)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", stack.facts.token));
        let answer = http::send(request.body(&body).expect("an address"));
        match answer.status {
            201 => return Form::of(&answer.json()["upload"]),
            500.. => summary.asked_again.add(1),
            _ => panic!("{}: {}", answer.status, answer.text()),
        }
    }
    panic!("{}: no form after {TRIES} tries", person.email)
}
