//! Kills process groups.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use super::table::group_members;

/// The interval at which the end of a process is polled.
pub const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Sends SIGKILL to a process group until it is empty, for up to one second.
pub fn kill_group(group: Pid) {
    let end = Instant::now() + Duration::from_secs(1);
    while kill_process_group(group, Signal::KILL).is_ok() && Instant::now() < end {
        if test_kill_process_group(group).is_err() {
            break;
        }
        std::thread::sleep(POLL_INTERVAL);
        if group_members(group.as_raw_nonzero().get()).is_empty() {
            break;
        }
    }
}
