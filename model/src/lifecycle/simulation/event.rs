//! The events of the simulation and their generators.

use proptest::prelude::*;
use proptest::sample::Index;

use super::UPLOAD_WINDOW_SECONDS;
use super::handlers::{Fault, HandlerResult, JOB_TIMEOUT_SECONDS};
use super::state::SystemState;
use crate::Status;
use crate::upload::Requester;

/// An event of the simulation. An index selects one of the uploads, messages or jobs that exist at that time; without
/// any, the event does nothing.
#[derive(Clone, Debug)]
pub enum SimulationEvent {
    RequestUpload(Requester),
    CancelUpload(Index),
    /// A client sends a file with a presigned upload, possibly for the second time.
    Upload(Index, HasVideo),
    /// A person puts a file into the bucket without a presigned upload.
    PutByHand(HasVideo),
    Retry,
    Delete,
    /// The queue delivers a message, and may keep it for another delivery.
    DeliverMessage(Index, RemainsQueued, Fault),
    LoseMessage(Index),
    ReportProgress(Index),
    /// A job ends; the engine may report a failure as well.
    EndJob(Index, AlsoReportsFailure),
    /// The engine deletes its record of a job.
    ForgetJob(Index),
    /// Time passes, in seconds.
    AdvanceClock(i64),
    Reconcile(Fault),
}

type HasVideo = bool;
type RemainsQueued = bool;
type AlsoReportsFailure = bool;

impl SimulationEvent {
    /// Returns the event without its fault, of the same duration.
    pub fn without_faults(self) -> Self {
        match self {
            Self::LoseMessage(_) | Self::ForgetJob(_) => Self::AdvanceClock(0),
            Self::DeliverMessage(index, _, _) => Self::DeliverMessage(index, false, Fault::None),
            Self::EndJob(index, _) => Self::EndJob(index, false),
            Self::Reconcile(_) => Self::Reconcile(Fault::None),
            other => other,
        }
    }
}

/// The kinds of events that a simulation includes.
#[derive(Clone, Copy, Debug)]
pub struct Features {
    pub anonymous: bool,
    pub by_hand: bool,
    pub deletions: bool,
}

/// Generates up to 39 events with these features.
pub fn events(features: Features) -> impl Strategy<Value = Vec<SimulationEvent>> {
    prop::collection::vec(event(features), 0..40)
}

fn event(features: Features) -> impl Strategy<Value = SimulationEvent> {
    let requester =
        prop_oneof![Just(Requester::Authorized), Just(Requester::Anonymous)].prop_map(move |requester| {
            if features.anonymous {
                requester
            } else {
                Requester::Authorized
            }
        });
    let has_video = || prop::bool::weighted(0.7);
    let seconds = prop_oneof![2 => 1..30i64, 2 => Just(61i64), 2 => Just(UPLOAD_WINDOW_SECONDS + 1), 1 => Just(JOB_TIMEOUT_SECONDS + 1)];
    prop_oneof![
        4 => requester.prop_map(SimulationEvent::RequestUpload),
        1 => any::<Index>().prop_map(SimulationEvent::CancelUpload),
        8 => (any::<Index>(), has_video()).prop_map(|(presigned, has_video)| SimulationEvent::Upload(presigned, has_video)),
        1 => has_video().prop_map(move |has_video| if features.by_hand { SimulationEvent::PutByHand(has_video) } else { SimulationEvent::AdvanceClock(JOB_TIMEOUT_SECONDS + 1) }),
        1 => Just(SimulationEvent::Retry),
        1 => Just(if features.deletions { SimulationEvent::Delete } else { SimulationEvent::AdvanceClock(1) }),
        10 => (any::<Index>(), prop::bool::weighted(0.2), fault())
            .prop_map(|(message, remains_queued, fault)| SimulationEvent::DeliverMessage(message, remains_queued, fault)),
        3 => any::<Index>().prop_map(SimulationEvent::LoseMessage),
        1 => any::<Index>().prop_map(SimulationEvent::ReportProgress),
        4 => (any::<Index>(), prop::bool::weighted(0.2))
            .prop_map(|(job, also_reports_failure)| SimulationEvent::EndJob(job, also_reports_failure)),
        1 => any::<Index>().prop_map(SimulationEvent::ForgetJob),
        4 => seconds.prop_map(SimulationEvent::AdvanceClock),
        5 => fault().prop_map(SimulationEvent::Reconcile),
    ]
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        6 => Just(Fault::None),
        1 => Just(Fault::Throttled),
        1 => Just(Fault::CrashBeforeCall),
        1 => Just(Fault::CrashBeforeWrite),
        1 => Just(Fault::DelayBeforeCall),
        1 => Just(Fault::DelayBeforeWrite),
    ]
}

impl SystemState {
    /// Applies an event, and advances the clock by a second, so that no two events have the same time.
    pub fn apply_event(&mut self, event: &SimulationEvent) {
        let pick = |index: &Index, of: usize| (of > 0).then(|| index.index(of));
        let (uploads, messages, jobs) = (self.presigned_uploads.len(), self.queue.len(), self.jobs.len());
        match event {
            SimulationEvent::RequestUpload(requester) => self.request_upload(*requester),
            SimulationEvent::PutByHand(has_video) => self.put_by_hand(*has_video),
            SimulationEvent::Retry => self.retry_job(),
            SimulationEvent::Delete => self.request_deletion(),
            SimulationEvent::AdvanceClock(seconds) => self.now = self.now.plus_seconds(*seconds),
            SimulationEvent::Reconcile(fault) => self.reconcile(*fault),
            SimulationEvent::CancelUpload(presigned) => {
                _ = pick(presigned, uploads).map(|presigned| self.cancel_upload(presigned))
            }
            SimulationEvent::Upload(presigned, has_video) => {
                _ = pick(presigned, uploads).map(|presigned| self.upload(presigned, *has_video))
            }
            SimulationEvent::DeliverMessage(message, remains_queued, fault) => {
                _ = pick(message, messages)
                    .map(|message| self.deliver_message(message, *remains_queued, *fault));
            }
            SimulationEvent::LoseMessage(message) => {
                _ = pick(message, messages).map(|message| self.lose_message(message))
            }
            SimulationEvent::ReportProgress(job) => _ = pick(job, jobs).map(|job| self.progress_job(job)),
            SimulationEvent::EndJob(job, also_reports_failure) => {
                _ = pick(job, jobs).map(|job| self.end_job(job, *also_reports_failure));
            }
            SimulationEvent::ForgetJob(job) => _ = pick(job, jobs).map(|job| self.jobs[job].state = None),
        }
        self.now = self.now.plus_seconds(1);
    }

    /// Delivers a message. A second delivery of an S3 event or a job report at once changes nothing.
    fn deliver_message(&mut self, index: usize, remains_queued: bool, fault: Fault) {
        let message = self.queue.remove(index);
        let result = self.handle(&message, fault);
        if message.is_suspended_invocation() {
            return;
        }
        // A repeated event does change a response whose job the engine refused: it creates the job.
        let awaits_job = self
            .record
            .as_ref()
            .is_some_and(|response| response.status == Status::Uploaded);
        if !awaits_job {
            let mut repeated = self.clone();
            repeated.handle(&message, Fault::None);
            self.assert_same(&repeated);
        }
        if remains_queued || result == HandlerResult::Retry {
            self.queue.push(message);
        }
    }

    /// Asserts that the states are equal but for the time.
    pub fn assert_same(&self, other: &Self) {
        assert_eq!(self.record, other.record);
        assert_eq!(self.uploads, other.uploads);
        assert_eq!(self.renditions, other.renditions);
        assert_eq!(self.jobs.len(), other.jobs.len());
    }

    /// Delivers all messages in this order, some of them twice, ends jobs, advances the clock and runs reconcile,
    /// until nothing is left to do.
    pub fn run_until_idle(&mut self, order: &[Index]) {
        let mut order = order.iter().cycle();
        let mut next = |of: usize| order.next().map_or(0, |index| index.index(of));
        for round in 0..30 {
            for _ in 0..self.queue.len() {
                let index = next(self.queue.len());
                let remains_queued = round < 3 && next(5) == 0;
                self.deliver_message(index, remains_queued, Fault::None);
                self.now = self.now.plus_seconds(1);
                if self.queue.is_empty() {
                    break;
                }
            }
            for job in 0..self.jobs.len() {
                self.end_job(job, false);
            }
            self.now = self.now.plus_seconds(JOB_TIMEOUT_SECONDS + 1);
            self.reconcile(Fault::None);
            let work_is_due = self
                .record
                .as_ref()
                .is_some_and(|response| response.due_at().is_some());
            if self.queue.is_empty() && !work_is_due {
                return;
            }
        }
        panic!("work remains after 30 rounds: {:?}", self.record);
    }
}
