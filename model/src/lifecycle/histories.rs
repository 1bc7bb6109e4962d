//! Whole histories in a small world: whatever goes wrong on the way, the end is that of the true order.
//!
//! A history is a list of what happens to one respondent's answer: people ask, upload, give up, remove; messages
//! arrive late, twice, in any order or never; invocations die; the engine forgets. The functions do in it what they
//! do on AWS, in the same steps. Then the world comes to rest, and its end is compared with what was really uploaded.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngSeed};

use self::happening::{Cast, Happening, history};
use self::world::{Landed, Message, World};
use crate::transcode::JobState;
use crate::upload::Requester;
use crate::{ResponseKey, Status, TakeId, Timestamp};

mod happening;
mod shells;
mod world;

/// How long a form is accepted, in seconds.
const FORM_LIFE: i64 = 3600;

fn response_key() -> ResponseKey {
    ResponseKey {
        project: "demo".parse().unwrap(),
        step: "0".parse().unwrap(),
        email: "ann@example.com".parse().unwrap(),
    }
}

fn live(old_item: bool, happenings: &[Happening], order: &[Index]) -> World {
    let begin = Timestamp::from_millis(1_700_000_000_000).unwrap();
    let mut world = World::new(begin, old_item);
    for happening in happenings {
        world.happen(happening);
    }
    world.come_to_rest(order);
    world
}

/// Where a response must be in the end.
#[derive(Debug)]
enum Expected {
    /// Nothing was uploaded since it was last removed, if ever it was there.
    Nothing,
    /// One of these takes counts.
    Takes(Vec<TakeId>),
}

impl World {
    /// What was uploaded, and not removed since.
    fn alive(&self) -> impl Iterator<Item = &Landed> {
        self.landed.iter().filter(|landed| landed.life == self.removals)
    }

    /// Whether an item of the Chalice project was there, and was not removed.
    fn is_old_item(&self) -> bool {
        self.old_item && self.removals == 0
    }

    /// The newest take that an owner has uploaded counts, in whatever order its event came. A newer one by anyone
    /// may count instead: that depends on whether it arrived before the response was finished, which it may not
    /// replace then. So where only owners upload there is one take to expect.
    ///
    /// Of a form that was used twice the version counts that was taken in first. That is a matter of arrival too, but
    /// not of which take it is.
    fn expected(&self) -> Expected {
        let newest = |requester| {
            self.alive()
                .filter(|landed| landed.requester == requester)
                .map(|landed| landed.take)
                .max()
        };
        let by_owner = newest(Requester::Authorized);
        if by_owner.is_none() && (self.is_old_item() || newest(Requester::Anonymous).is_none()) {
            return Expected::Nothing;
        }
        let by_anyone = self
            .alive()
            .filter(|landed| landed.requester == Requester::Anonymous)
            .map(|landed| landed.take);
        let newer = by_anyone.filter(|take| by_owner.is_none_or(|by_owner| *take > by_owner));
        Expected::Takes(newer.chain(by_owner).collect())
    }
}

impl World {
    /// That the end is the one that must be.
    fn check_end(&self) {
        let take = self.record.as_ref().and_then(|response| response.take.as_ref());
        match self.expected() {
            Expected::Takes(takes) => {
                let take = take.expect("nothing counts");
                assert!(
                    takes.contains(&take.id),
                    "{:?} counts, not one of {takes:?}",
                    take.id
                );
                self.check_outcome();
            }
            Expected::Nothing => {
                assert_eq!(take, None);
                let asked = self.forms.iter().any(|form| form.life == self.removals);
                let status = match self.is_old_item() {
                    true => Some(Status::Uploaded),
                    false => asked.then_some(Status::Expired),
                };
                assert_eq!(self.record.as_ref().map(|response| response.status), status);
            }
        }
        self.check_objects();
    }

    /// Ready if there is a video in the source, failed if not; and one attempt counts.
    fn check_outcome(&self) {
        let response = self.record.as_ref().unwrap();
        let (take, job) = (response.take.as_ref().unwrap(), response.job.as_ref().unwrap());
        let source = self.look(response.video.as_ref().unwrap(), take.version.as_deref());
        assert!(source.is_some(), "the source of what counts is gone");
        assert_eq!(job.take, take.id);
        match self.quality(take.id) {
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
                "of another attempt: {rendition:?}"
            );
            assert!(
                self.renditions.contains(&rendition.key),
                "it is not there: {rendition:?}"
            );
        }
    }

    /// Whether there is a video in a take. `None` where its form was used for both: engines read the last version of
    /// an object, which may not be the one that counts when they do.
    fn quality(&self, take: TakeId) -> Option<bool> {
        let mut landed = self.landed.iter().filter(|landed| landed.take == take);
        let good = landed.next().unwrap().good;
        landed.all(|landed| landed.good == good).then_some(good)
    }

    /// Of what was removed, and of attempts that do not count, nothing is left. But what a job has made for nothing
    /// is removed when it says so: if that is lost for good, it stays until the response is removed.
    fn check_objects(&self) {
        let was_removed = |key: &str| {
            let old_form = |form: &world::Form| form.life < self.removals && form.object_key() == key;
            self.forms.iter().any(old_form) || self.doomed.as_deref() == Some(key)
        };
        for object in &self.uploads {
            assert!(
                !was_removed(&object.stored.key),
                "it was to be removed: {object:?}"
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
            let earlier_take = self.alive().any(|landed| {
                key.contains(&landed.take.to_string()) && last.is_some_and(|last| landed.take != last.id)
            });
            assert!(
                earlier_take || self.was_lost(&job.id),
                "made for nothing, and left: {key}"
            );
        }
    }

    fn was_lost(&self, job_id: &str) -> bool {
        let result = |message: &Message| {
            matches!(message, Message::Reported(report)
                if report.job_id == job_id && report.state != JobState::Progressing)
        };
        self.lost.iter().any(result)
    }

    /// That it stays as it is when all that was ever said is said again, what was lost too.
    fn check_rest(&self) {
        let mut again = self.clone();
        for message in self.said.iter().rev() {
            again.work(message, shells::Course::Smooth);
        }
        again.lost.clear();
        again.check_objects();
        again.reconcile(shells::Course::Smooth);
        assert_eq!(self.record, again.record);
        assert_eq!(self.uploads, again.uploads);
        assert!(again.renditions.is_subset(&self.renditions));
        assert_eq!(self.jobs.len(), again.jobs.len());
    }
}

fn order() -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 1..16)
}

/// The same histories each time; `PROPTEST_CASES` asks for more, `PROPTEST_RNG_SEED` for others.
fn config() -> Config {
    let asked_for = Config::default();
    Config {
        rng_seed: match asked_for.rng_seed {
            RngSeed::Random => RngSeed::Fixed(1),
            fixed => fixed,
        },
        failure_persistence: None,
        ..asked_for
    }
}

/// What is put by hand while a response is being removed may count when it is gone, or be removed with it: who puts it
/// there cannot know. So there is none of it here.
const REMOVALS: Cast = Cast {
    anyone: true,
    by_hand: false,
    removals: true,
};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn owners_end_at_their_newest_take(
        old_item: bool,
        happenings in history(Cast { anyone: false, by_hand: true, removals: false }),
        order in order(),
    ) {
        let world = live(old_item, &happenings, &order);
        world.check_end();
        world.check_rest();
    }

    #[test]
    fn anyone_ends_at_a_take_that_was_uploaded(
        old_item: bool,
        happenings in history(Cast { anyone: true, by_hand: true, removals: false }),
        order in order(),
    ) {
        let world = live(old_item, &happenings, &order);
        world.check_end();
        world.check_rest();
    }

    #[test]
    fn nothing_comes_back_after_its_removal(
        old_item: bool,
        (before, after) in (history(REMOVALS), history(REMOVALS)),
        order in order(),
    ) {
        let happenings = [before, vec![Happening::Delete], after].concat();
        let world = live(old_item, &happenings, &order);
        world.check_end();
        world.check_rest();
    }

    /// What goes wrong on the way does not change the end.
    #[test]
    fn crashes_and_losses_end_as_if_they_had_not_been(
        happenings in history(Cast { anyone: false, by_hand: true, removals: false }),
        orders in (order(), order()),
    ) {
        let smooth: Vec<_> = happenings.iter().cloned().map(Happening::smooth).collect();
        let rough = live(false, &happenings, &orders.0);
        let smooth = live(false, &smooth, &orders.1);
        let end = |world: &World| {
            let response = world.record.as_ref()?;
            let take = response.take.as_ref().map(|take| take.id);
            let status = take.is_none_or(|take| world.quality(take).is_some()).then_some(response.status);
            Some((take, status))
        };
        prop_assert_eq!(end(&rough), end(&smooth));
    }
}
