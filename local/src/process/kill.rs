//! The end of a process group by SIGKILL.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use super::table::members;

/// The time between two looks at a process that is to end.
pub const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Sends SIGKILL to a process group until no process is left in it, for a second at most.
pub fn kill_group(group: Pid) {
    let end = Instant::now() + Duration::from_secs(1);
    while kill_process_group(group, Signal::KILL).is_ok() && Instant::now() < end {
        if test_kill_process_group(group).is_err() {
            break;
        }
        std::thread::sleep(POLL_INTERVAL);
        if members(group.as_raw_nonzero().get()).is_empty() {
            break;
        }
    }
}
