//! The deadline of an invocation. Lambda kills a function that exceeds it; this module returns unfinished work for a
//! retry before that.

use std::time::{Duration, SystemTime};

use lambda_runtime::Context;
use tokio::time::{Instant, timeout_at};

/// The time that is reserved for the response.
const ANSWER: Duration = Duration::from_secs(2);

/// The end of the time for work.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// Returns the deadline of an invocation.
    pub fn of(context: &Context) -> Self {
        let left = context.deadline().duration_since(SystemTime::now());
        Self::after(left.unwrap_or_default().saturating_sub(ANSWER))
    }

    /// Returns the deadline after this time.
    pub fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// Returns whether less than this time is left.
    pub fn less_than(self, time: Duration) -> bool {
        self.0.saturating_duration_since(Instant::now()) < time
    }

    /// Returns the result of the work; `None` if there was no time to start or to complete it.
    pub async fn timeout<T>(self, work: impl Future<Output = T>) -> Option<T> {
        if self.less_than(Duration::from_millis(1)) {
            return None;
        }
        timeout_at(self.0, work).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn work_past_the_deadline_is_not_completed() {
        let over = Deadline::after(Duration::ZERO);
        assert_eq!(over.timeout(ready(1)).await, None);
        let soon = Deadline::after(Duration::from_millis(20));
        assert_eq!(soon.timeout(ready(1)).await, Some(1));
        assert_eq!(soon.timeout(pending::<()>()).await, None);
    }

    #[tokio::test]
    async fn time_for_the_response_is_reserved() {
        let mut context = Context::default();
        let ends = SystemTime::now() + Duration::from_secs(30);
        let millis = ends.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        context.deadline = millis.try_into().unwrap();
        let deadline = Deadline::of(&context);
        assert!(deadline.less_than(Duration::from_secs(30) - ANSWER));
        assert!(!deadline.less_than(Duration::from_secs(29) - ANSWER));
        context.deadline = 0;
        assert!(
            Deadline::of(&context).less_than(Duration::from_millis(1)),
            "the deadline has passed"
        );
    }
}
