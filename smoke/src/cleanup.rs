//! Removes what a run has left behind, however it ended.

use std::time::Duration;

use crate::client::StageClient;
use crate::error::Result;
use crate::promises::SmokeTest;
use crate::timer::Timer;

/// How long the stage's own deletion may take: its schedule runs every minute.
const OWN_DELETION: Duration = Duration::from_secs(75);
/// Time between two looks at the buckets.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Deletes the run's responses through the API, and removes with the caller's credentials what is stored after that.
/// The stage removes the records by itself when the last form has expired.
///
/// # Errors
/// What could not be removed.
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
        // Without a deletion the stage removes nothing.
        Ok((stored.is_empty() || refused.is_some()).then_some(()))
    });
    if gone.is_err() || refused.is_some() {
        for (place, stored) in test.buckets.stored_at(&places, timer)? {
            test.buckets.remove(&place, &stored, timer)?;
        }
    }
    refused.map_or(Ok(()), Err)
}
