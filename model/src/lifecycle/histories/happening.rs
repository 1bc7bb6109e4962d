//! What can happen, and how histories of it are made.

use proptest::prelude::*;
use proptest::sample::Index;

use super::FORM_LIFE;
use super::shells::{Course, End, RESULT_DUE};
use super::world::World;
use crate::Status;
use crate::upload::Requester;

/// Something that happens. An index picks among what there is when it happens; where there is nothing, nothing
/// happens.
#[derive(Clone, Debug)]
pub enum Happening {
    Ask(Requester),
    Withdraw(Index),
    /// A file is sent by a form: by the same one again, perhaps.
    Post(Index, Good),
    /// A file is put into the bucket by hand.
    Put(Good),
    Retry,
    Delete,
    /// A message is delivered; it may stay in the queue, to be delivered again.
    Deliver(Index, Stays, Course),
    Lose(Index),
    Progress(Index),
    /// A job ends; the engine may tell of a failure beside.
    EndJob(Index, Contradicted),
    Forget(Index),
    Pass(i64),
    Reconcile(Course),
}

type Good = bool;
type Stays = bool;
type Contradicted = bool;

impl Happening {
    /// The same without what goes wrong, in the same time.
    pub fn smooth(self) -> Self {
        match self {
            Self::Lose(_) | Self::Forget(_) => Self::Pass(0),
            Self::Deliver(index, _, _) => Self::Deliver(index, false, Course::Smooth),
            Self::EndJob(index, _) => Self::EndJob(index, false),
            Self::Reconcile(_) => Self::Reconcile(Course::Smooth),
            other => other,
        }
    }
}

/// Who and what there is in a history.
#[derive(Clone, Copy, Debug)]
pub struct Cast {
    pub anyone: bool,
    pub by_hand: bool,
    pub removals: bool,
}

/// A history of such a cast.
pub fn history(cast: Cast) -> impl Strategy<Value = Vec<Happening>> {
    prop::collection::vec(happening(cast), 0..40)
}

fn happening(cast: Cast) -> impl Strategy<Value = Happening> {
    let requester =
        prop_oneof![Just(Requester::Authorized), Just(Requester::Anonymous)].prop_map(move |requester| {
            if cast.anyone {
                requester
            } else {
                Requester::Authorized
            }
        });
    let good = || prop::bool::weighted(0.7);
    let pass =
        prop_oneof![2 => 1..30i64, 2 => Just(61i64), 2 => Just(FORM_LIFE + 1), 1 => Just(RESULT_DUE + 1)];
    prop_oneof![
        4 => requester.prop_map(Happening::Ask),
        1 => any::<Index>().prop_map(Happening::Withdraw),
        8 => (any::<Index>(), good()).prop_map(|(form, good)| Happening::Post(form, good)),
        1 => good().prop_map(move |good| if cast.by_hand { Happening::Put(good) } else { Happening::Pass(RESULT_DUE + 1) }),
        1 => Just(Happening::Retry),
        1 => Just(if cast.removals { Happening::Delete } else { Happening::Pass(1) }),
        10 => (any::<Index>(), prop::bool::weighted(0.2), course())
            .prop_map(|(message, stays, course)| Happening::Deliver(message, stays, course)),
        3 => any::<Index>().prop_map(Happening::Lose),
        1 => any::<Index>().prop_map(Happening::Progress),
        4 => (any::<Index>(), prop::bool::weighted(0.2))
            .prop_map(|(job, contradicted)| Happening::EndJob(job, contradicted)),
        1 => any::<Index>().prop_map(Happening::Forget),
        4 => pass.prop_map(Happening::Pass),
        5 => course().prop_map(Happening::Reconcile),
    ]
}

fn course() -> impl Strategy<Value = Course> {
    prop_oneof![
        6 => Just(Course::Smooth),
        1 => Just(Course::Throttled),
        1 => Just(Course::DiesBeforeCall),
        1 => Just(Course::DiesBeforeStore),
        1 => Just(Course::HangsBeforeCall),
        1 => Just(Course::HangsBeforeStore),
    ]
}

impl World {
    /// It happens, and a second passes: no two things are at one time.
    pub fn happen(&mut self, happening: &Happening) {
        let pick = |index: &Index, of: usize| (of > 0).then(|| index.index(of));
        let (forms, messages, jobs) = (self.forms.len(), self.queue.len(), self.jobs.len());
        match happening {
            Happening::Ask(requester) => self.ask(*requester),
            Happening::Put(good) => self.put(*good),
            Happening::Retry => self.retry(),
            Happening::Delete => self.delete(),
            Happening::Pass(seconds) => self.now = self.now.plus_seconds(*seconds),
            Happening::Reconcile(course) => self.reconcile(*course),
            Happening::Withdraw(form) => _ = pick(form, forms).map(|form| self.withdraw(form)),
            Happening::Post(form, good) => _ = pick(form, forms).map(|form| self.post(form, *good)),
            Happening::Deliver(message, stays, course) => {
                _ = pick(message, messages).map(|message| self.deliver(message, *stays, *course));
            }
            Happening::Lose(message) => _ = pick(message, messages).map(|message| self.lose(message)),
            Happening::Progress(job) => _ = pick(job, jobs).map(|job| self.progress_job(job)),
            Happening::EndJob(job, contradicted) => {
                _ = pick(job, jobs).map(|job| self.end_job(job, *contradicted));
            }
            Happening::Forget(job) => _ = pick(job, jobs).map(|job| self.jobs[job].state = None),
        }
        self.now = self.now.plus_seconds(1);
    }

    /// A message is delivered. What S3 and the engine say may be said again at once, and then changes nothing.
    fn deliver(&mut self, index: usize, stays: bool, course: Course) {
        let message = self.queue.remove(index);
        let end = self.work(&message, course);
        if message.is_of_an_invocation() {
            return;
        }
        // To start what the engine did not take is what a repetition is for.
        let waits = self
            .record
            .as_ref()
            .is_some_and(|response| response.status == Status::Uploaded);
        if !waits {
            let mut again = self.clone();
            again.work(&message, Course::Smooth);
            self.assert_same(&again);
        }
        if stays || end == End::Again {
            self.queue.push(message);
        }
    }

    /// That nothing has changed but the time.
    pub fn assert_same(&self, other: &Self) {
        assert_eq!(self.record, other.record);
        assert_eq!(self.uploads, other.uploads);
        assert_eq!(self.renditions, other.renditions);
        assert_eq!(self.jobs.len(), other.jobs.len());
    }

    /// All that is under way arrives in this order, some of it twice, jobs end, time passes, and reconcile runs,
    /// until nothing is left to be done.
    pub fn come_to_rest(&mut self, order: &[Index]) {
        let mut order = order.iter().cycle();
        let mut next = |of: usize| order.next().map_or(0, |index| index.index(of));
        for round in 0..30 {
            for _ in 0..self.queue.len() {
                let index = next(self.queue.len());
                let stays = round < 3 && next(5) == 0;
                self.deliver(index, stays, Course::Smooth);
                self.now = self.now.plus_seconds(1);
                if self.queue.is_empty() {
                    break;
                }
            }
            for job in 0..self.jobs.len() {
                self.end_job(job, false);
            }
            self.now = self.now.plus_seconds(RESULT_DUE + 1);
            self.reconcile(Course::Smooth);
            let owes = self
                .record
                .as_ref()
                .is_some_and(|response| response.due_at().is_some());
            if self.queue.is_empty() && !owes {
                return;
            }
        }
        panic!("it never comes to rest: {:?}", self.record);
    }
}
