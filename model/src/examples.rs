//! Examples for tests and documents: a response in every state.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "no function contains this module"
)]

use crate::lifecycle::{Change, Decision, Refusal, decide};
use crate::object_key::{Extension, UploadKey};
use crate::transcode::JobState;
use crate::upload::{Requester, Upload};
use crate::{EngineError, Failure, Rendition, Response, ResponseKey, TakeId, Timestamp};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000)
        .unwrap()
        .plus_seconds(seconds)
}

/// A response in every state that this version writes, by the name of the state.
pub fn responses() -> Vec<(&'static str, Response)> {
    let key = ResponseKey {
        project: "demo".parse().unwrap(),
        step: "0".parse().unwrap(),
        email: "ann@example.com".parse().unwrap(),
    };
    let take = TakeId::new(at(0), [1; 10]);
    let step = |current: Option<&Response>, change: Change, seconds| match decide(
        current,
        &key,
        &change,
        at(seconds),
    ) {
        Decision::Write(response) => *response,
        Decision::Ignore(ignored) => panic!("{change:?} was ignored: {ignored:?}"),
    };
    let asked = step(
        None,
        Change::RequestUpload {
            take,
            until: at(3600),
            requester: Requester::Anonymous,
        },
        0,
    );
    let upload = Upload {
        take,
        requester: Requester::Anonymous,
        key: UploadKey::new(&key, take, Extension::Mp4).to_string(),
        version: Some("v1".into()),
        size: 20_000_000,
        etag: Some("d41d8cd98f00b204e9800998ecf8427e".into()),
        uploaded_at: at(10),
    };
    let uploaded = step(Some(&asked), Change::UploadArrived(upload), 11);
    let claimed = step(Some(&uploaded), Change::ClaimJob { lease_until: at(70) }, 11);
    let start = Change::JobStarted {
        attempt: 1,
        job_id: "1353713300000-abcdef".into(),
        due: at(7211),
    };
    let started = step(Some(&claimed), start, 12);
    let report = |state| Change::JobReported {
        take,
        attempt: 1,
        job_id: "1353713300000-abcdef".into(),
        state,
    };
    let ready = step(Some(&started), report(JobState::Complete(rendition())), 20);
    let failure = Failure::of_elastic_transcoder(Some("4000"), Some("the input is no video"));
    let failed = step(Some(&started), report(JobState::Failed(failure)), 20);
    let refusal = Change::JobNotStarted {
        attempt: 1,
        refusal: Refusal::Configuration(EngineError {
            code: "AccessDeniedException".into(),
            message: "the role may not be passed".into(),
        }),
    };
    let parked = step(Some(&claimed), refusal, 12);
    let expired = step(Some(&asked), Change::ExpireUpload { take }, 3601);
    let found = Change::UnmanagedFileFound {
        key: "demo/0/by hand.mp4".into(),
    };
    let deleting = step(Some(&step(Some(&ready), found, 29)), Change::Delete, 30);
    vec![
        ("awaiting_upload", asked),
        ("uploaded", uploaded),
        ("claimed", claimed),
        ("transcoding", started),
        ("ready", ready),
        ("failed", failed),
        ("expired", expired),
        ("deleting", deleting),
        ("parked", parked),
    ]
}

fn rendition() -> Rendition {
    Rendition {
        key: "output/web/demo/0/0123456789abcdef0123/rendition-1.mp4".into(),
        poster: Some("output/web/demo/0/0123456789abcdef0123/rendition-1-00001.png".into()),
        width: Some(1280),
        height: Some(720),
        duration: Some(10_000),
        cut_at_seconds: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcode::{JobMetadata, JobReport, JobRequest};

    #[test]
    fn job_request_carries_its_metadata_and_no_email() {
        let (_, claimed) = responses().swap_remove(2);
        let request = JobRequest::of(&claimed).unwrap();
        insta::assert_json_snapshot!("job_request", request);
        let (tag, input_key) = JobMetadata::from_metadata(&request.metadata).unwrap();
        assert_eq!(input_key, request.input_key);
        assert_eq!(
            tag.response_of(claimed.key.email.clone()),
            Some(claimed.key.clone())
        );
        assert_eq!(tag.response_of("bob@example.com".parse().unwrap()), None);
        assert!(
            !format!("{request:?}").contains("ann"),
            "the email is not in what an engine is told"
        );
        let report = JobReport {
            frames_decoded: None,
            job_id: "j".into(),
            input_key: request.input_key,
            tag,
            state: JobState::Progressing,
        };
        assert_eq!(Some(report.tag.take), claimed.take.map(|take| take.id));
    }
}
