//! Until when an invocation may work. Lambda ends a function that goes on, and with it all that it was doing: what has
//! no time left goes back in good order instead.

use std::time::{Duration, SystemTime};

use lambda_runtime::Context;
use tokio::time::{Instant, timeout_at};

/// What is kept back of an invocation's time, to answer in.
const ANSWER: Duration = Duration::from_secs(2);

/// The end of an invocation's time.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// The deadline that Lambda gives an invocation.
    pub fn of(context: &Context) -> Self {
        let left = context.deadline().duration_since(SystemTime::now());
        Self::after(left.unwrap_or_default().saturating_sub(ANSWER))
    }

    /// The deadline after so much time.
    pub fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// Whether less than this is left.
    pub fn is_within(self, time: Duration) -> bool {
        self.0.saturating_duration_since(Instant::now()) < time
    }

    /// The work's result, or `None` if there was no time to begin it or to end it.
    pub async fn before<T>(self, work: impl Future<Output = T>) -> Option<T> {
        if self.is_within(Duration::from_millis(1)) {
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
    async fn what_has_no_time_is_not_begun_and_what_takes_too_long_is_left() {
        let over = Deadline::after(Duration::ZERO);
        assert_eq!(over.before(ready(1)).await, None);
        let soon = Deadline::after(Duration::from_millis(20));
        assert_eq!(soon.before(ready(1)).await, Some(1));
        assert_eq!(soon.before(pending::<()>()).await, None);
    }

    #[tokio::test]
    async fn lambdas_deadline_leaves_time_to_answer() {
        let mut context = Context::default();
        let ends = SystemTime::now() + Duration::from_secs(30);
        let millis = ends.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        context.deadline = millis.try_into().unwrap();
        let deadline = Deadline::of(&context);
        assert!(deadline.is_within(Duration::from_secs(30) - ANSWER));
        assert!(!deadline.is_within(Duration::from_secs(29) - ANSWER));
        context.deadline = 0;
        assert!(
            Deadline::of(&context).is_within(Duration::from_millis(1)),
            "it is over"
        );
    }
}
