//! Deletes everything that a run has stored, also after a failure or a signal.

use std::time::Duration;

use crate::client::StageClient;
use crate::error::Result;
use crate::promises::SmokeTest;
use crate::timer::Timer;

/// Maximum time for the stage's own deletion: its schedule runs every minute.
const OWN_DELETION: Duration = Duration::from_secs(75);
/// Time between two listings of the buckets.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Deletes the run's responses through the API, then deletes the remaining objects with the caller's credentials.
/// The stage deletes the records itself when the last form has expired.
///
/// # Errors
/// A text that lists what could not be deleted.
pub fn clean_up(test: &SmokeTest<'_>, client: &StageClient, timer: &Timer) -> Result<()> {
    let places = test.places();
    let mut refused = None;
    for address in test.addresses() {
        if let Err(error) = client.delete(&address) {
            refused = Some(error);
        }
    }
    let own = Timer::of(OWN_DELETION);
    let gone = own.poll(POLL_INTERVAL, || {
        let stored = test.buckets.stored_at(&places, timer)?;
        // The stage deletes nothing unless a deletion was requested.
        Ok((stored.is_empty() || refused.is_some()).then_some(()))
    });
    if gone.is_err() || refused.is_some() {
        for (place, stored) in test.buckets.stored_at(&places, timer)? {
            test.buckets.remove(&place, &stored, timer)?;
        }
    }
    refused.map_or(Ok(()), Err)
}
