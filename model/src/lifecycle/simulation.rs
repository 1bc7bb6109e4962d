//! Simulation of the whole system for one response: faults on the way do not change the final state.
//!
//! Each test runs a random list of events: clients request, send, cancel and delete uploads; messages arrive late,
//! twice, out of order or never; invocations crash; the engine loses jobs. The simulated handlers take the same steps
//! as the functions on AWS. The simulation then runs until it is idle and compares the record with the uploads.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngSeed};

use self::event::{Features, SimulationEvent, events};
use self::state::{QueuedMessage, StoredUpload, SystemState};
use crate::transcode::JobState;
use crate::upload::Requester;
use crate::{ResponseKey, Status, TakeId, Timestamp};

mod event;
mod handlers;
mod state;

/// How long a presigned upload is accepted, in seconds.
const UPLOAD_WINDOW_SECONDS: i64 = 3600;

fn response_key() -> ResponseKey {
    ResponseKey {
        project: "demo".parse().unwrap(),
        step: "0".parse().unwrap(),
        email: "ann@example.com".parse().unwrap(),
    }
}

/// Applies the events, and then delivers the queued messages in this order until nothing is left to do.
fn run(chalice_item: bool, events: &[SimulationEvent], order: &[Index]) -> SystemState {
    let start = Timestamp::from_millis(1_700_000_000_000).unwrap();
    let mut state = SystemState::new(start, chalice_item);
    for event in events {
        state.apply_event(event);
    }
    state.run_until_idle(order);
    state
}

/// The take that a record must hold at the end.
#[derive(Debug)]
enum Expected {
    /// No take: nothing was uploaded since the last deletion, if there was one.
    Nothing,
    /// One of these takes.
    Takes(Vec<TakeId>),
}

impl SystemState {
    /// Returns the uploads that no later deletion covers.
    fn remaining_uploads(&self) -> impl Iterator<Item = &StoredUpload> {
        self.stored_uploads
            .iter()
            .filter(|stored| stored.deletions_before == self.deletions)
    }

    /// Returns whether the simulation began with an item of the Chalice project that was not deleted.
    fn has_chalice_item(&self) -> bool {
        self.chalice_item && self.deletions == 0
    }

    /// Returns the takes that may count.
    ///
    /// The newest authorized take counts, in any order of events. A newer anonymous take may count instead, if it
    /// arrived before the response was finished. So authorized uploads alone leave exactly one expected take.
    ///
    /// If a client sent two files for one take, the version that was recorded first counts. The take is the same.
    fn expected(&self) -> Expected {
        let newest = |requester| {
            self.remaining_uploads()
                .filter(|stored| stored.requester == requester)
                .map(|stored| stored.take)
                .max()
        };
        let authorized = newest(Requester::Authorized);
        if authorized.is_none() && (self.has_chalice_item() || newest(Requester::Anonymous).is_none()) {
            return Expected::Nothing;
        }
        let anonymous = self
            .remaining_uploads()
            .filter(|stored| stored.requester == Requester::Anonymous)
            .map(|stored| stored.take);
        let newer = anonymous.filter(|take| authorized.is_none_or(|authorized| *take > authorized));
        Expected::Takes(newer.chain(authorized).collect())
    }
}

impl SystemState {
    /// Asserts that the record and the objects are as the uploads require.
    fn check_final_state(&self) {
        let take = self.record.as_ref().and_then(|response| response.take.as_ref());
        match self.expected() {
            Expected::Takes(takes) => {
                let take = take.expect("no take is recorded");
                assert!(
                    takes.contains(&take.id),
                    "{:?} is recorded, not one of {takes:?}",
                    take.id
                );
                self.check_outcome();
            }
            Expected::Nothing => {
                assert_eq!(take, None);
                let requested = self
                    .presigned_uploads
                    .iter()
                    .any(|presigned| presigned.deletions_before == self.deletions);
                let status = match self.has_chalice_item() {
                    true => Some(Status::Uploaded),
                    false => requested.then_some(Status::Expired),
                };
                assert_eq!(self.record.as_ref().map(|response| response.status), status);
            }
        }
        self.check_objects();
    }

    /// Asserts that the response is ready if the source has a video and failed otherwise, by its recorded attempt.
    fn check_outcome(&self) {
        let response = self.record.as_ref().unwrap();
        let (take, job) = (response.take.as_ref().unwrap(), response.job.as_ref().unwrap());
        let source = self.find_object(response.video.as_ref().unwrap(), take.version.as_deref());
        assert!(source.is_some(), "the source of the recorded take is missing");
        assert_eq!(job.take, take.id);
        match self.take_has_video(take.id) {
            Some(true) => assert_eq!(response.status, Status::Ready),
            Some(false) => assert_eq!(response.status, Status::Failed),
            None => assert!(matches!(response.status, Status::Ready | Status::Failed)),
        }
        let ready = response.status == Status::Ready;
        assert_eq!(response.failure.is_none(), ready);
        assert_eq!(response.renditions.len(), usize::from(ready));
        for rendition in response.renditions.values() {
            let name = format!("{}-{}.mp4", take.id, job.attempt);
            assert!(
                rendition.key.ends_with(&name),
                "rendition of another attempt: {rendition:?}"
            );
            assert!(
                self.renditions.contains(&rendition.key),
                "missing object: {rendition:?}"
            );
        }
    }

    /// Returns whether a take has a video; `None` if one version has a video and another has none. An engine reads
    /// the last version of an object, which may not be the recorded one.
    fn take_has_video(&self, take: TakeId) -> Option<bool> {
        let mut uploads = self.stored_uploads.iter().filter(|stored| stored.take == take);
        let has_video = uploads.next().unwrap().has_video;
        uploads
            .all(|stored| stored.has_video == has_video)
            .then_some(has_video)
    }

    /// Asserts that no object of a deleted response or of a losing attempt is left.
    ///
    /// The output of a losing attempt is removed when the attempt reports its result: if that report is lost, the
    /// output stays until the response is deleted.
    fn check_objects(&self) {
        let was_deleted = |key: &str| {
            let is_deleted_upload = |presigned: &state::PresignedUpload| {
                presigned.deletions_before < self.deletions && presigned.object_key() == key
            };
            self.presigned_uploads.iter().any(is_deleted_upload) || self.deleted_video.as_deref() == Some(key)
        };
        for object in &self.uploads {
            assert!(
                !was_deleted(&object.stored.key),
                "object of a deleted response: {object:?}"
            );
        }
        let last = self.record.as_ref().and_then(|response| response.take.as_ref());
        let counts = |key: &String| {
            let mut renditions = self
                .record
                .iter()
                .flat_map(|response| response.renditions.values());
            renditions.any(|rendition| rendition.key == *key)
        };
        for key in self.renditions.iter().filter(|key| !counts(key)) {
            let job = self
                .jobs
                .iter()
                .find(|job| key.contains(&job.request.output_name))
                .unwrap();
            let earlier_take = self.remaining_uploads().any(|stored| {
                key.contains(&stored.take.to_string()) && last.is_some_and(|last| stored.take != last.id)
            });
            assert!(
                earlier_take || self.was_lost(&job.id),
                "output of a losing attempt: {key}"
            );
        }
    }

    /// Returns whether a result of the job was lost.
    fn was_lost(&self, job_id: &str) -> bool {
        let result = |message: &QueuedMessage| {
            matches!(message, QueuedMessage::JobReported(report)
                if report.job_id == job_id && report.state != JobState::Progressing)
        };
        self.lost.iter().any(result)
    }

    /// Asserts that nothing changes when every message ever sent is delivered repeated, lost ones included.
    fn check_idle(&self) {
        let mut repeated = self.clone();
        for message in self.sent.iter().rev() {
            repeated.handle(message, handlers::Fault::None);
        }
        repeated.lost.clear();
        repeated.check_objects();
        repeated.reconcile(handlers::Fault::None);
        assert_eq!(self.record, repeated.record);
        assert_eq!(self.uploads, repeated.uploads);
        assert!(repeated.renditions.is_subset(&self.renditions));
        assert_eq!(self.jobs.len(), repeated.jobs.len());
    }
}

fn order() -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 1..16)
}

/// Returns a configuration with a fixed seed. `PROPTEST_CASES` sets the number of cases, `PROPTEST_RNG_SEED` the seed.
fn config() -> Config {
    let defaults = Config::default();
    Config {
        rng_seed: match defaults.rng_seed {
            RngSeed::Random => RngSeed::Fixed(1),
            fixed => fixed,
        },
        failure_persistence: None,
        ..defaults
    }
}

/// Deletions without files put by hand: a file put by hand during a deletion may be deleted or may start a new response,
/// so there is no single expected result.
const WITH_DELETIONS: Features = Features {
    anonymous: true,
    by_hand: false,
    deletions: true,
};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn newest_authorized_take_wins(
        chalice_item: bool,
        events in events(Features { anonymous: false, by_hand: true, deletions: false }),
        order in order(),
    ) {
        let state = run(chalice_item, &events, &order);
        state.check_final_state();
        state.check_idle();
    }

    #[test]
    fn anonymous_uploads_end_at_an_uploaded_take(
        chalice_item: bool,
        events in events(Features { anonymous: true, by_hand: true, deletions: false }),
        order in order(),
    ) {
        let state = run(chalice_item, &events, &order);
        state.check_final_state();
        state.check_idle();
    }

    #[test]
    fn deleted_response_never_reappears(
        chalice_item: bool,
        (before, after) in (events(WITH_DELETIONS), events(WITH_DELETIONS)),
        order in order(),
    ) {
        let events = [before, vec![SimulationEvent::Delete], after].concat();
        let state = run(chalice_item, &events, &order);
        state.check_final_state();
        state.check_idle();
    }

    #[test]
    fn faults_do_not_change_the_final_state(
        events in events(Features { anonymous: false, by_hand: true, deletions: false }),
        orders in (order(), order()),
    ) {
        let without_faults: Vec<_> = events.iter().cloned().map(SimulationEvent::without_faults).collect();
        let faulty = run(false, &events, &orders.0);
        let faultless = run(false, &without_faults, &orders.1);
        let final_state = |state: &SystemState| {
            let response = state.record.as_ref()?;
            let take = response.take.as_ref().map(|take| take.id);
            let status = take.is_none_or(|take| state.take_has_video(take).is_some()).then_some(response.status);
            Some((take, status))
        };
        prop_assert_eq!(final_state(&faulty), final_state(&faultless));
    }
}
