//! What the functions do, step by step: they read, ask the model, write, and call. Each write is checked against
//! the one before.

use std::collections::BTreeSet;

use super::world::{Message, World};
use super::{FORM_LIFE, response_key};
use crate::deletion::{AfterSweep, after_sweep};
use crate::lifecycle::{Change, Decision, Ignored, Refusal, decide, record_and_claim};
use crate::object_key::{rendition_prefix, upload_prefix};
use crate::transcode::{JobReport, JobRequest, JobState};
use crate::upload::{Requester, Upload, identify};
use crate::{Job, Response, Status, TakeId, Timestamp};

/// How long a claim keeps others away, in seconds.
const LEASE: i64 = 60;

/// After how many seconds without a result a job is overdue.
pub const RESULT_DUE: i64 = 2 * 3600;

/// How an invocation goes that has a job to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    Smooth,
    /// The engine takes no more at the moment.
    Throttled,
    DiesBeforeCall,
    DiesBeforeStore,
    /// It goes on later, or never.
    HangsBeforeCall,
    HangsBeforeStore,
}

/// Whether a message has done all it can, or goes back to the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Done,
    Again,
}

impl World {
    /// A function works on a message.
    pub fn work(&mut self, message: &Message, course: Course) -> End {
        match message {
            Message::Created { key, version } => self.on_upload(key, Some(version), course),
            Message::Reported(report) => self.on_job(report),
            Message::Call(claimed) => self.start(claimed, course),
            Message::Store { attempt, job_id } => self.store_job(*attempt, job_id),
            Message::Answer(change) => {
                let _ = self.apply(change);
                End::Done
            }
        }
    }

    /// The table's conditional write: one step, since what was read must still be there.
    fn change(&mut self, decide: impl FnOnce(Option<&Response>) -> Decision) -> Result<Response, Ignored> {
        match decide(self.record.as_ref()) {
            Decision::Ignore(why) => Err(why),
            Decision::Write(next) => {
                check_write(self.record.as_ref(), &next);
                self.record = Some((*next).clone());
                Ok(*next)
            }
        }
    }

    fn apply(&mut self, change: &Change) -> Result<Response, Ignored> {
        let now = self.now;
        self.change(|current| decide(current, &response_key(), change, now))
    }

    // api

    /// Somebody asks for a form, and gets it unless the response may not be replaced or is being removed.
    pub fn ask(&mut self, requester: Requester) {
        let take = TakeId::new(self.now, [0; 10]);
        let until = self.now.plus_seconds(FORM_LIFE);
        let before = self.record.clone();
        if let Ok(after) = self.apply(&Change::RequestUpload {
            take,
            until,
            requester,
        }) {
            check_asked(before.as_ref(), &after);
            self.hand_out(take, requester);
        }
    }

    /// Whoever has a form gives it up.
    pub fn withdraw(&mut self, form: usize) {
        let take = self.forms[form].take;
        if self.apply(&Change::CancelUpload { take }).is_ok() {
            // Nobody looks for it any more.
            self.find_again(|message| matches!(message, Message::Created { .. }));
        }
    }

    pub fn retry(&mut self) {
        let _ = self.apply(&Change::RetryJob);
    }

    pub fn delete(&mut self) {
        if let Ok(deleting) = self.apply(&Change::Delete) {
            self.removals += 1;
            self.doomed = deleting.video;
        }
    }

    // on_upload

    fn on_upload(&mut self, key: &str, version: Option<&str>, course: Course) -> End {
        let Some(object) = self.look(key, version) else {
            return End::Done;
        };
        let Ok((whose, upload)) = identify(object.stored.clone()) else {
            return End::Done;
        };
        assert_eq!(whose, response_key());
        let (now, before) = (self.now, self.record.clone());
        let lease_until = now.plus_seconds(LEASE);
        match self.change(|current| record_and_claim(current, &whose, &upload, lease_until, now)) {
            Ok(claimed) => {
                self.check_taken_in(before.as_ref(), &upload);
                self.start(&claimed, course)
            }
            Err(Ignored::Leased { .. }) => End::Again,
            Err(Ignored::SecondVersion | Ignored::AlreadyAnswered | Ignored::Deleting) => {
                let of_upload =
                    |key: &str, version: &Option<String>| key == upload.key && *version == upload.version;
                self.uploads
                    .retain(|object| !of_upload(&object.stored.key, &object.stored.version));
                End::Done
            }
            Err(Ignored::Older) => {
                let _ = self.apply(&Change::UnmanagedFileFound { key: upload.key });
                End::Done
            }
            Err(_) => End::Done,
        }
    }

    fn check_taken_in(&self, before: Option<&Response>, upload: &Upload) {
        let finished = before.is_some_and(|before| {
            before.status == Status::Ready || (before.take.is_none() && before.video.is_some())
        });
        assert!(
            !(finished && upload.requester == Requester::Anonymous),
            "anyone has replaced a finished response"
        );
        let form = self.forms.iter().find(|form| form.take == upload.take);
        assert!(
            form.is_none_or(|form| form.life == self.removals),
            "it came back after its removal"
        );
    }

    /// Starts the job that has been claimed.
    fn start(&mut self, claimed: &Response, course: Course) -> End {
        let request = JobRequest::of(claimed).unwrap();
        let attempt = claimed.job.as_ref().unwrap().attempt;
        match course {
            Course::DiesBeforeCall => return End::Again,
            Course::HangsBeforeCall => {
                self.queue.push(Message::Call(Box::new(claimed.clone())));
                return End::Done;
            }
            Course::Throttled => {
                let refusal = Refusal::Throttled;
                let _ = self.apply(&Change::JobNotStarted { attempt, refusal });
                return End::Done;
            }
            Course::Smooth | Course::DiesBeforeStore | Course::HangsBeforeStore => {}
        }
        let job_id = self.start_job(request);
        match course {
            Course::DiesBeforeStore => End::Again,
            Course::HangsBeforeStore => {
                self.queue.push(Message::Store { attempt, job_id });
                End::Done
            }
            _ => self.store_job(attempt, &job_id),
        }
    }

    fn store_job(&mut self, attempt: u32, job_id: &str) -> End {
        let (job_id, due) = (job_id.to_owned(), self.now.plus_seconds(RESULT_DUE));
        let _ = self.apply(&Change::JobStarted { attempt, job_id, due });
        End::Done
    }

    // on_job

    fn on_job(&mut self, report: &JobReport) -> End {
        let Some(source) = self.look(&report.input_key, report.tag.version.as_deref()) else {
            self.remove_output(&report.tag);
            return End::Done;
        };
        let (owner, _) = identify(source.stored.clone()).unwrap();
        assert_eq!(report.tag.response_of(owner.email), Some(response_key()));
        let finished = report.state != JobState::Progressing;
        match self.apply(&report_of(report)) {
            Err(Ignored::Superseded | Ignored::Deleting | Ignored::NotApplicable) if finished => {
                self.remove_output(&report.tag);
            }
            _ => self.check_reported(report),
        }
        End::Done
    }

    /// What the attempt that counts says is taken in, whether or not its start was stored.
    fn check_reported(&self, report: &JobReport) {
        let response = self.record.as_ref().unwrap();
        let take = response.take.as_ref().map(|take| take.id);
        let counts = |job: &&Job| job.attempt == report.tag.attempt && take == Some(report.tag.take);
        let going = response.status != Status::Deleting;
        let Some(job) = response.job.as_ref().filter(|job| going && counts(job)) else {
            return;
        };
        assert!(
            job.id.is_some(),
            "there is a job, and its name is not stored: {report:?} {response:?}"
        );
        if matches!(report.state, JobState::Complete(_)) {
            assert_eq!(response.status, Status::Ready);
        }
    }

    // reconcile

    /// A run of reconcile.
    pub fn reconcile(&mut self, course: Course) {
        let overdue = |response: &Response| response.due_at().is_some_and(|due| due <= self.now);
        let Some(response) = self.record.clone().filter(overdue) else {
            return;
        };
        if response.status == Status::Deleting {
            return self.remove(&response);
        }
        if let Some(pending) = response
            .pending_upload
            .as_ref()
            .filter(|pending| pending.until <= self.now)
        {
            return self.look_for_upload(pending.take, course);
        }
        match &response.job {
            Some(Job {
                id: Some(id),
                attempt,
                ..
            }) if response.status == Status::Transcoding => {
                self.ask_engine(id, *attempt, &response, course);
            }
            _ => {
                let lease_until = self.now.plus_seconds(LEASE);
                if let Ok(claimed) = self.apply(&Change::ClaimJob { lease_until }) {
                    self.start(&claimed, course);
                }
            }
        }
    }

    /// A form has ended. Whatever form a file came by, its event may have been lost, and only the last form that was
    /// handed out is written down: so it looks at all that lies in the response's folder, the newest take first.
    fn look_for_upload(&mut self, take: TakeId, course: Course) {
        let folder = upload_prefix(&response_key());
        let keys = self.uploads.iter().map(|object| object.stored.key.clone());
        let found: BTreeSet<String> = keys.filter(|key| key.starts_with(&folder)).collect();
        for key in found.iter().rev() {
            if self.on_upload(key, None, course) == End::Again {
                return;
            }
            if self.record.as_ref().and_then(|response| response.video.as_ref()) == Some(key) {
                break;
            }
        }
        let _ = self.apply(&Change::ExpireUpload { take });
    }

    fn ask_engine(&mut self, job_id: &str, attempt: u32, response: &Response, course: Course) {
        let take = response.take.as_ref().unwrap().id;
        let job_id = job_id.to_owned();
        let change = match self.job(&job_id).state.clone() {
            Some(JobState::Progressing) => return,
            Some(state) => Change::JobReported {
                take,
                attempt,
                job_id,
                state,
            },
            None => Change::JobLost { attempt, job_id },
        };
        match course {
            Course::HangsBeforeStore => self.queue.push(Message::Answer(change)),
            Course::DiesBeforeStore => {}
            _ => _ = self.apply(&change),
        }
    }

    fn remove(&mut self, response: &Response) {
        let awaited = response
            .deletion
            .as_ref()
            .is_some_and(|deletion| deletion.awaits_job);
        let awaits_job = match response.job.as_ref().filter(|_| awaited) {
            None => false,
            Some(Job { id: Some(id), .. }) => !self.cancel_job(id),
            Some(_) => true,
        };
        self.sweep(response);
        match after_sweep(response, awaits_job, self.now) {
            AfterSweep::Gone => {
                self.check_gone(response);
                self.record = None;
                // An invocation lives shorter than its claim, and a record stays as long as its claim.
                self.queue.retain(|message| !message.is_of_an_invocation());
            }
            AfterSweep::Again { next } => {
                let _ = self.apply(&Change::DeletionProgressed { next, awaits_job });
            }
        }
    }

    /// The record goes when no form can bring anything, and no job that it knows can write.
    fn check_gone(&self, response: &Response) {
        let mut forms = self.forms.iter();
        assert!(
            forms.all(|form| !self.may_land(form)),
            "gone while a file may come"
        );
        let known = response.job.as_ref().filter(|job| job.lease_until > self.now);
        let known = known.and_then(|job| self.jobs.iter().find(|known| Some(&known.id) == job.id.as_ref()));
        assert!(
            known.is_none_or(|known| known.state != Some(JobState::Progressing)),
            "gone while a job is at work"
        );
    }

    fn sweep(&mut self, response: &Response) {
        let key = response_key();
        let folder = upload_prefix(&key);
        let doomed = |key: &str| {
            key.starts_with(&folder)
                || response.video.as_deref() == Some(key)
                || response.unmanaged_keys.contains(key)
        };
        self.uploads.retain(|object| !doomed(&object.stored.key));
        let folder = rendition_prefix(&key.project, key.step, &key.email.hash());
        self.renditions.retain(|key| !key.starts_with(&folder));
    }
}

fn report_of(report: &JobReport) -> Change {
    Change::JobReported {
        take: report.tag.take,
        attempt: report.tag.attempt,
        job_id: report.job_id.clone(),
        state: report.state.clone(),
    }
}

/// What holds for every write, whatever it is for.
fn check_write(before: Option<&Response>, after: &Response) {
    let take = |response: &Response| response.take.as_ref().map(|take| take.id);
    let attempt = |response: &Response| response.job.as_ref().map(|job| job.attempt);
    assert_eq!(after.revision, before.map_or(0, |before| before.revision) + 1);
    if after.status != Status::Deleting {
        assert_eq!(
            after.failure.is_some(),
            after.status == Status::Failed,
            "{after:?}"
        );
        assert_eq!(
            !after.renditions.is_empty(),
            after.status == Status::Ready,
            "{after:?}"
        );
    }
    let Some(before) = before else { return };
    assert!(
        take(after) >= take(before),
        "an older take has won: {before:?} {after:?}"
    );
    assert!(
        attempt(after) >= attempt(before),
        "an attempt is used again: {before:?} {after:?}"
    );
    assert!(before.created_at.is_none() || after.created_at == before.created_at);
    assert!(
        before.status != Status::Deleting || after.status == Status::Deleting,
        "it came back"
    );
    let (Some(was), Some(is)) = (&before.take, &after.take) else {
        return;
    };
    if was.id == is.id {
        assert_eq!(was, is, "a take has changed");
        assert!(
            before.status != Status::Ready || matches!(after.status, Status::Ready | Status::Deleting),
            "what was ready is not: {before:?} {after:?}"
        );
    }
}

/// Asking changes what is waited for, and nothing else.
fn check_asked(before: Option<&Response>, after: &Response) {
    let Some(before) = before else { return };
    let nothing_there = matches!(before.status, Status::Expired | Status::AwaitingUpload);
    let status = if nothing_there {
        Status::AwaitingUpload
    } else {
        before.status
    };
    let unasked = |response: &Response| Response {
        pending_upload: None,
        last_upload_expiry: None,
        status,
        revision: 0,
        updated_at: None,
        created_at: None::<Timestamp>,
        ..response.clone()
    };
    assert_eq!(after.status, status, "asking has changed where it stands");
    assert_eq!(
        unasked(after),
        unasked(before),
        "asking has changed what is there"
    );
}
