//! Measurements of the service: what a write of a response, a request or a run of `reconcile` adds to the metrics.
//!
//! A measurement has no project and no respondent: its only text is a code of a fixed set.

use strum::{IntoStaticStr, VariantArray};

use crate::lifecycle::{Change, Refusal};
use crate::upload::Requester;
use crate::{FailureCode, Response, Status};

/// A measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measurement {
    /// A file became the take of a response.
    UploadStored,
    /// A response became ready, this long after its upload.
    Ready {
        /// The milliseconds from the upload's completion; they include the time for which a failed response waited for a retry.
        milliseconds: u64,
    },
    /// A response failed.
    Failed(FailureCode),
    /// The engine refused to create a job for a reason that an operator must know.
    EngineRefused,
    /// A client without a token got an upload.
    AnonymousUploadRequest,
    /// `reconcile` repaired responses.
    Repaired {
        /// What it repaired.
        repair: Repair,
        /// The number of responses.
        responses: u32,
    },
    /// `reconcile` processed overdue work.
    Reconciled {
        /// The seconds for which the oldest response was overdue; 0 without overdue work.
        oldest_overdue_seconds: u64,
        /// The number of responses on which it failed.
        retries: u32,
    },
}

/// What `reconcile` repaired: each repair means that an event was lost, or that a function crashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Repair {
    /// The event of an upload was lost, or is still in the queue during a full run.
    UploadEvent,
    /// A function crashed between its claim of a job and the job's creation.
    JobCreation,
    /// The event of a job's end was lost.
    JobEvent,
    /// The engine does not know a job any more.
    LostJob,
}

impl Repair {
    /// Returns the name in metrics.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the disposition of the repaired response.
    pub const fn disposition(self) -> &'static str {
        match self {
            Self::UploadEvent => "repaired: processed an upload whose event was lost",
            Self::JobCreation => "repaired: created the job that a crashed function had claimed",
            Self::JobEvent => "repaired: applied the missing result of the job",
            Self::LostJob => "repaired: the engine does not know the job any more",
        }
    }
}

/// Returns the measurements of a write: of the changes that made `after` out of `before`.
pub fn of_write(before: Option<&Response>, changes: &[Change], after: &Response) -> Vec<Measurement> {
    let take = |response: &Response| response.take.as_ref().map(|take| take.id);
    let is_new = |status| after.status == status && before.map(|before| before.status) != Some(status);
    let mut measurements = Vec::new();
    if after.take.is_some() && take(after) != before.and_then(take) {
        measurements.push(Measurement::UploadStored);
    }
    let is_anonymous = |change: &Change| {
        matches!(
            change,
            Change::RequestUpload {
                requester: Requester::Anonymous,
                ..
            }
        )
    };
    if changes.iter().any(is_anonymous) {
        measurements.push(Measurement::AnonymousUploadRequest);
    }
    let is_refused = |change: &Change| {
        matches!(
            change,
            Change::JobNotStarted {
                refusal: Refusal::Request(_) | Refusal::Configuration(_),
                ..
            }
        )
    };
    if changes.iter().any(is_refused) {
        measurements.push(Measurement::EngineRefused);
    }
    if let (true, Some(failure)) = (is_new(Status::Failed), &after.failure) {
        measurements.push(Measurement::Failed(failure.code));
    }
    if let (true, Some(take), Some(now)) = (is_new(Status::Ready), &after.take, after.updated_at) {
        let milliseconds = now.as_millis() - take.uploaded_at.as_millis();
        measurements.push(Measurement::Ready {
            milliseconds: milliseconds.max(0).unsigned_abs(),
        });
    }
    measurements
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;
    use crate::transcode::JobState;
    use crate::{EngineError, Failure, TakeId};

    fn example(name: &str) -> Response {
        let mut all = examples::responses().into_iter();
        all.find(|(found, _)| *found == name).unwrap().1
    }

    /// Applies a change and returns its measurements.
    fn measure(before: &Response, change: Change, seconds: i64) -> Vec<Measurement> {
        let now = before.updated_at.unwrap().plus_seconds(seconds);
        let decision = crate::lifecycle::decide(Some(before), &before.key, &change, now);
        let crate::lifecycle::Decision::Write(after) = decision else {
            panic!("the change is ignored: {decision:?}");
        };
        of_write(Some(before), &[change], &after)
    }

    fn report(response: &Response, state: JobState) -> Change {
        let job = response.job.clone().unwrap();
        Change::JobReported {
            take: job.take,
            attempt: job.attempt,
            job_id: job.id.unwrap(),
            state,
        }
    }

    #[test]
    fn new_take_is_a_stored_upload() {
        let uploaded = example("uploaded");
        assert_eq!(of_write(None, &[], &uploaded), [Measurement::UploadStored]);
        assert_eq!(
            of_write(Some(&example("awaiting_upload")), &[], &uploaded),
            [Measurement::UploadStored]
        );
        assert_eq!(of_write(Some(&uploaded), &[], &example("transcoding")), []);
    }

    #[test]
    fn time_to_ready_begins_with_the_upload() {
        let transcoding = example("transcoding");
        let ready = example("ready");
        let after = Response {
            updated_at: ready.take.as_ref().map(|take| take.uploaded_at.plus_seconds(7)),
            ..ready.clone()
        };
        let expected = [Measurement::Ready { milliseconds: 7000 }];
        assert_eq!(of_write(Some(&transcoding), &[], &after), expected);
        // A later write of a ready response, such as of a requested upload, is no second result.
        assert_eq!(of_write(Some(&after), &[], &ready), []);
    }

    #[test]
    fn clock_before_the_upload_gives_zero() {
        let ready = example("ready");
        let after = Response {
            updated_at: ready.take.as_ref().map(|take| take.uploaded_at.plus_seconds(-7)),
            ..ready
        };
        let expected = [Measurement::Ready { milliseconds: 0 }];
        assert_eq!(of_write(Some(&example("transcoding")), &[], &after), expected);
    }

    #[test]
    fn failure_has_its_code() {
        let transcoding = example("transcoding");
        let failed = report(&transcoding, JobState::Failed(Failure::too_long()));
        let expected = [Measurement::Failed(FailureCode::TooLong)];
        assert_eq!(measure(&transcoding, failed, 1), expected);
    }

    #[test]
    fn refused_job_is_measured_and_a_throttled_one_is_not() {
        let claimed = example("claimed");
        let attempt = claimed.job.as_ref().unwrap().attempt;
        let error = || EngineError::new(Some("AccessDenied"), None);
        let refused = |refusal| measure(&claimed, Change::JobNotStarted { attempt, refusal }, 1);
        assert_eq!(refused(Refusal::Throttled), []);
        assert_eq!(
            refused(Refusal::Configuration(error())),
            [Measurement::EngineRefused]
        );
        assert_eq!(
            refused(Refusal::Request(error())),
            [
                Measurement::EngineRefused,
                Measurement::Failed(FailureCode::JobRefused)
            ]
        );
    }

    #[test]
    fn accepted_upload_request_without_a_token_is_measured() {
        let awaiting = example("awaiting_upload");
        let now = awaiting.updated_at.unwrap();
        let request = |requester| Change::RequestUpload {
            take: TakeId::new(now, [7; 10]),
            until: now.plus_seconds(900),
            requester,
        };
        let measured = |requester| measure(&awaiting, request(requester), 1);
        assert_eq!(
            measured(Requester::Anonymous),
            [Measurement::AnonymousUploadRequest]
        );
        assert_eq!(measured(Requester::Authorized), []);
    }

    #[test]
    fn names_of_repairs_are_distinct() {
        let names: std::collections::BTreeSet<_> =
            Repair::VARIANTS.iter().map(|repair| repair.as_str()).collect();
        assert_eq!(names.len(), Repair::VARIANTS.len());
    }
}
