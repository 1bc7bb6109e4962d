//! Due work on a response, and its partition in the index of open responses.

use std::ops::Range;

use strum::VariantArray;

use crate::{Response, ResponseKey, Status, Timestamp};

/// The number of the index's partitions for each kind of work. Several partitions spread the load of writes.
const SHARDS_PER_KIND: u8 = 8;

/// The highest partition number of the index of open responses.
pub const MAX_SHARD: u8 = SHARDS_PER_KIND * WorkKind::VARIANTS.len() as u8 - 1;

/// The kind of due work. Each kind has its own partitions of the index, so that a backlog of one kind never delays another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
pub enum WorkKind {
    /// A pending upload expires.
    Expiry,
    /// A job must be created, or its result is overdue. A pending upload may expire too.
    Job,
    /// A deletion must continue.
    Deletion,
}

impl WorkKind {
    /// Returns the partition numbers of this kind.
    pub fn shards(self) -> Range<u8> {
        let first = self as u8 * SHARDS_PER_KIND;
        first..first + SHARDS_PER_KIND
    }
}

/// Work that falls due on a response unless an event comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The kind of the work.
    pub kind: WorkKind,
    /// When it falls due.
    pub at: Timestamp,
}

impl Due {
    /// Returns the partition number of this work for the response `key`.
    pub fn shard(self, key: &ResponseKey) -> u8 {
        self.kind.shards().start + key.shard(SHARDS_PER_KIND)
    }
}

impl Response {
    /// Returns the work that falls due if no event comes first; `None` when there is none.
    pub fn due(&self) -> Option<Due> {
        if self.status == Status::Deleting {
            let at = match &self.deletion {
                Some(deletion) => deletion.next_at,
                None => self.updated_at?,
            };
            let kind = WorkKind::Deletion;
            return Some(Due { kind, at });
        }
        let expiry = self.pending_upload.as_ref().map(|pending| pending.until);
        let (kind, at) = match (expiry, self.job_due_at()) {
            (expiry, Some(job)) => (WorkKind::Job, expiry.map_or(job, |expiry| expiry.min(job))),
            (Some(expiry), None) => (WorkKind::Expiry, expiry),
            (None, None) => return None,
        };
        Some(Due { kind, at })
    }

    /// Returns the time of [`Self::due`].
    pub fn due_at(&self) -> Option<Timestamp> {
        self.due().map(|due| due.at)
    }

    /// Returns when a job must be created or its result is overdue.
    fn job_due_at(&self) -> Option<Timestamp> {
        match self.status {
            // An item of the Chalice project has no take and needs no job: whether its video exists is unknown.
            Status::Uploaded => self
                .updated_at
                .filter(|_| self.take.is_some())
                .max(self.parked_until()),
            Status::Transcoding => self.job.as_ref().map(|job| job.lease_until),
            _ => None,
        }
    }

    fn parked_until(&self) -> Option<Timestamp> {
        let take = self.take.as_ref()?.id;
        let job = self.job.as_ref().filter(|job| job.take == take)?;
        Some(job.parked.as_ref()?.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PendingUpload;
    use crate::examples;

    #[test]
    fn each_kind_has_its_own_partitions() {
        let shards: Vec<u8> = WorkKind::VARIANTS
            .iter()
            .copied()
            .flat_map(WorkKind::shards)
            .collect();
        assert_eq!(shards, (0..=MAX_SHARD).collect::<Vec<_>>());
    }

    #[test]
    fn examples_have_the_expected_kind_of_work() {
        use WorkKind::{Deletion, Expiry, Job};
        let kinds: Vec<_> = examples::responses()
            .into_iter()
            .map(|(name, response)| (name, response.due().map(|due| due.kind)))
            .collect();
        let expected = [
            ("awaiting_upload", Some(Expiry)),
            ("uploaded", Some(Job)),
            ("claimed", Some(Job)),
            ("transcoding", Some(Job)),
            ("ready", None),
            ("failed", None),
            ("expired", None),
            ("deleting", Some(Deletion)),
            ("parked", Some(Job)),
        ];
        for (name, kind) in expected {
            assert!(kinds.contains(&(name, kind)), "{name}: {kinds:?}");
        }
    }

    #[test]
    fn job_with_a_pending_upload_stays_in_the_job_partitions() {
        let find = |wanted| {
            let mut all = examples::responses().into_iter();
            all.find(|(name, _)| *name == wanted).unwrap().1
        };
        let mut response = find("uploaded");
        let job = response.due().unwrap();
        for (seconds, expected) in [(-60, -60), (60, 0)] {
            let until = job.at.plus_seconds(seconds);
            response.pending_upload = find("awaiting_upload")
                .pending_upload
                .map(|pending| PendingUpload { until, ..pending });
            let at = job.at.plus_seconds(expected);
            assert_eq!(response.due(), Some(Due { at, ..job }), "{seconds}");
        }
    }
}
