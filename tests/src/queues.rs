//! The queues, accessed as the operator.

use std::time::Duration;

use aws_sdk_sqs::types::Message;
use serde::Deserialize;
use serde_json::Value;

use crate::wait::SOON;
use crate::{Stack, eventually};

/// Time for which messages stay hidden while a queue is searched, in seconds.
const VISIBILITY_TIMEOUT: i32 = 5;

/// A reject, as the functions store it.
#[derive(Clone, Debug, Deserialize)]
pub struct KeptReject {
    /// The reason.
    pub reason: String,
    /// The record as received, or its beginning.
    pub record: String,
    /// The record's size in bytes, if it was shortened.
    pub shortened_from: Option<usize>,
}

impl Stack {
    /// Sends a notification to on_upload, as S3 would; returns the message id.
    #[track_caller]
    pub fn send_to_on_upload(&self, body: &Value) -> String {
        self.send(&self.info.uploads_queue_url, &body.to_string())
    }

    /// Sends a notification to on_job, as the transcoder would; returns the message id.
    #[track_caller]
    pub fn send_to_on_job(&self, body: &Value) -> String {
        self.send(&self.info.jobs_queue_url, &body.to_string())
    }

    /// Sends a message; returns its id.
    #[track_caller]
    pub fn send(&self, queue_url: &str, body: &str) -> String {
        let send = self.sqs().send_message().queue_url(queue_url).message_body(body);
        let sent = self
            .run(send.send())
            .unwrap_or_else(|error| panic!("SendMessage: {error:?}"));
        sent.message_id.expect("a sent message has an id")
    }

    /// Waits for the rejects whose record contains a text, and takes them from the queue.
    #[track_caller]
    pub fn rejects(&self, containing: &str, count: usize) -> Vec<KeptReject> {
        let mut found = Vec::new();
        eventually(SOON, &format!("{count} rejects with {containing:?}"), || {
            found.extend(self.take_rejects(containing));
            (found.len() >= count).then_some(())
        });
        found
    }

    /// Waits for the one reject whose record contains a text, and takes it from the queue.
    #[track_caller]
    pub fn reject(&self, containing: &str) -> KeptReject {
        self.rejects(containing, 1).remove(0)
    }

    /// Takes the rejects whose record contains a text; rejects of other tests stay in the queue.
    pub fn take_rejects(&self, containing: &str) -> Vec<KeptReject> {
        let read = |body: &str| {
            serde_json::from_str::<KeptReject>(body)
                .unwrap_or_else(|error| panic!("not a reject: {error}: {body}"))
        };
        let taken = self.take_messages(&self.info.rejects_queue_url, |body| {
            read(body).record.contains(containing)
        });
        taken.iter().map(|body| read(body)).collect()
    }

    /// Takes the wanted messages from a queue; the others stay in it, hidden for a moment at most.
    pub fn take_messages(&self, url: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let (mut taken, mut others) = (Vec::new(), Vec::new());
        loop {
            let messages = self.receive(url);
            if messages.is_empty() {
                break;
            }
            for message in messages {
                let body = message.body().unwrap_or_default().to_owned();
                if !wanted(&body) {
                    others.push(message);
                    continue;
                }
                let delete = self.sqs().delete_message().queue_url(url);
                let deleted = self.run(delete.set_receipt_handle(message.receipt_handle).send());
                deleted.unwrap_or_else(|error| panic!("DeleteMessage: {error:?}"));
                taken.push(body);
            }
        }
        for other in others {
            let show = self
                .sqs()
                .change_message_visibility()
                .queue_url(url)
                .visibility_timeout(0);
            // Another test may have received it since; then its visibility need not be changed.
            let _ = self.run(show.set_receipt_handle(other.receipt_handle).send());
        }
        taken
    }

    /// Drops `count` messages that contain one of these texts from a queue, as if they had never been sent.
    /// The function of the queue must be paused.
    #[track_caller]
    pub fn drop_messages(&self, url: &str, containing: &[&str], count: usize) {
        let mut lost = 0;
        eventually(SOON, &format!("{count} messages are dropped"), || {
            let wanted = |body: &str| containing.iter().any(|text| body.contains(text));
            lost += self.take_messages(url, wanted).len();
            (lost >= count).then_some(())
        });
    }

    fn receive(&self, url: &str) -> Vec<Message> {
        let receive = self
            .sqs()
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(10);
        let received = self.run(
            receive
                .visibility_timeout(VISIBILITY_TIMEOUT)
                .wait_time_seconds(0)
                .send(),
        );
        received
            .unwrap_or_else(|error| panic!("ReceiveMessage: {error:?}"))
            .messages
            .unwrap_or_default()
    }

    /// Returns the number of visible messages in a queue.
    #[track_caller]
    pub fn visible_messages(&self, queue_url: &str) -> usize {
        let name = aws_sdk_sqs::types::QueueAttributeName::ApproximateNumberOfMessages;
        let read = self
            .sqs()
            .get_queue_attributes()
            .queue_url(queue_url)
            .attribute_names(name.clone());
        let answer = self
            .run(read.send())
            .unwrap_or_else(|error| panic!("GetQueueAttributes: {error:?}"));
        let count = answer
            .attributes
            .and_then(|mut attributes| attributes.remove(&name));
        count
            .and_then(|count| count.parse().ok())
            .expect("the queue has a message count")
    }

    /// Returns the number of messages of a queue, visible or in flight.
    #[track_caller]
    pub fn pending_messages(&self, queue_url: &str) -> usize {
        use aws_sdk_sqs::types::QueueAttributeName::{
            ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible,
        };
        let read = self.sqs().get_queue_attributes().queue_url(queue_url);
        let read = read.attribute_names(ApproximateNumberOfMessages);
        let read = read.attribute_names(ApproximateNumberOfMessagesNotVisible);
        let answer = self
            .run(read.send())
            .unwrap_or_else(|error| panic!("GetQueueAttributes: {error:?}"));
        let counts = answer.attributes.unwrap_or_default();
        counts
            .values()
            .map(|count| count.parse::<usize>().expect("the queue has a message count"))
            .sum()
    }

    /// Waits until a queue and its function have no work left.
    #[track_caller]
    pub fn until_idle(&self, queue_url: &str, limit: Duration) {
        eventually(limit, "the queue is empty", || {
            (self.pending_messages(queue_url) == 0).then_some(())
        });
    }
}
