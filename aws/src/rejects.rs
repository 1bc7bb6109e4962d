//! The rejects queue: unusable records with their reasons.

use serde::Serialize;

use crate::AwsError;

/// The largest message, in bytes: what every queue accepts unless its `MaximumMessageSize` is lower than the default
/// of Amazon SQS was until 2025.
const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// The maximum length of a reason, in bytes: a reason that quotes a record must not fill the message.
const LONGEST_REASON: usize = 4096;

/// A message of the queue.
#[derive(Serialize)]
struct Reject<'a> {
    reason: &'a str,
    record: &'a str,
    /// The bytes of the record before it was truncated.
    #[serde(skip_serializing_if = "Option::is_none")]
    shortened_from: Option<usize>,
}

/// The rejects queue.
#[derive(Clone)]
pub struct Rejects {
    client: aws_sdk_sqs::Client,
    queue_url: String,
}

impl Rejects {
    /// Returns the queue at this URL.
    pub fn new(client: aws_sdk_sqs::Client, queue_url: String) -> Self {
        Self { client, queue_url }
    }

    /// Sends an unusable record to the queue as `{reason, record}`. Truncates the record if the message is too large.
    pub async fn keep(&self, reason: &str, record: &str) -> Result<(), AwsError> {
        let body = message(reason, record);
        let sent = self
            .client
            .send_message()
            .queue_url(&self.queue_url)
            .message_body(body)
            .send()
            .await;
        sent.map(drop)
            .map_err(|error| AwsError::new("SendMessage", error))
    }
}

/// Returns the message of a record: JSON of at most [`MAX_MESSAGE_BYTES`] bytes, in the characters that Amazon SQS accepts.
fn message(reason: &str, record: &str) -> String {
    // SQS rejects these two noncharacters; JSON escapes control characters.
    let accepted = |text: &str| text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
    let (reason, record) = (accepted(prefix(reason, LONGEST_REASON)), accepted(record));
    let whole = json(&reason, &record, None);
    if whole.len() <= MAX_MESSAGE_BYTES {
        return whole;
    }
    // Escaping turns one byte into up to six, so a search finds the longest prefix that fits.
    let (mut fits, mut too_long) = (0, record.len().min(MAX_MESSAGE_BYTES));
    while fits + 1 < too_long {
        let middle = usize::midpoint(fits, too_long);
        if json(&reason, prefix(&record, middle), Some(record.len())).len() <= MAX_MESSAGE_BYTES {
            fits = middle;
        } else {
            too_long = middle;
        }
    }
    json(&reason, prefix(&record, fits), Some(record.len()))
}

fn json(reason: &str, record: &str, shortened_from: Option<usize>) -> String {
    let reject = Reject {
        reason,
        record,
        shortened_from,
    };
    // Serializing strings and a number cannot fail.
    serde_json::to_string(&reject).unwrap_or_default()
}

/// Returns the longest prefix of a text that has at most this number of bytes.
fn prefix(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn read(message: &str) -> Value {
        serde_json::from_str(message).unwrap()
    }

    #[test]
    fn record_that_fits_is_not_truncated() {
        let message = message("why", "{\"a\": 1}");
        assert_eq!(message, r#"{"reason":"why","record":"{\"a\": 1}"}"#);
    }

    #[test]
    fn escaped_record_is_truncated_to_the_maximum_size() {
        for record in [
            "\"".repeat(200_000),
            "\u{1}".repeat(250_000),
            "\u{e9}".repeat(200_000),
        ] {
            let message = message("why", &record);
            assert!(
                (MAX_MESSAGE_BYTES - 8..=MAX_MESSAGE_BYTES).contains(&message.len()),
                "{}",
                message.len()
            );
            let reject = read(&message);
            assert!(record.starts_with(reject["record"].as_str().unwrap()));
            assert_eq!(reject["shortened_from"], record.len());
        }
    }

    proptest! {
        // Each case writes megabytes of JSON.
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn message_is_json_in_characters_that_sqs_accepts(
            reason in ".{0,9000}",
            (record, times) in (proptest::collection::vec(any::<char>(), 1..9), 0..90_000_usize),
        ) {
            let record = String::from_iter(record).repeat(times);
            let message = message(&reason, &record);
            prop_assert!(message.len() <= MAX_MESSAGE_BYTES);
            prop_assert!(read(&message)["reason"].is_string());
            let accepted = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
            prop_assert!(message.chars().all(accepted));
        }
    }
}
