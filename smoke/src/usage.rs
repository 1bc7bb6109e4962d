//! The AWS usage of a run, and its cost at list prices.

use std::cell::Cell;
use std::fmt;

/// The region and date of the price list.
const PRICE_LIST: &str = "us-east-1, January 2025; see AWS's pricing pages for current prices";

/// US dollars for a minute of AVC output, HD, up to 30 frames a second, single pass, basic tier of MediaConvert.
const OUTPUT_MINUTE: f64 = 0.015;
/// Minimum duration that MediaConvert bills for an output, in seconds.
const MIN_OUTPUT_SECONDS: f64 = 10.0;
/// Outputs of a job: the rendition and the poster. Both are counted as HD, which is the upper limit of their cost.
const OUTPUTS_PER_JOB: f64 = 2.0;
/// US dollars for a PUT, COPY, POST or LIST request of S3 Standard.
const S3_WRITE: f64 = 0.005 / 1_000.0;
/// US dollars for a GET or HEAD request of S3 Standard.
const S3_READ: f64 = 0.0004 / 1_000.0;
/// S3 requests of the stage for one upload: it creates and completes the upload, stores the outputs, lists versions.
const STAGE_WRITES_PER_UPLOAD: f64 = 12.0;
/// GET requests to S3 by the stage and its engine for one upload.
const STAGE_READS_PER_UPLOAD: f64 = 50.0;
/// US dollars for a request to an HTTP API.
const API_REQUEST: f64 = 1.0 / 1_000_000.0;
/// US dollars for an invocation: the request, and 0.2 s of 512 MB on arm64.
const INVOCATION: f64 = 0.2 / 1_000_000.0 + 0.2 * 0.5 * 0.000_013_333_4;
/// Invocations for one upload apart from those of the API: events, job states, deletion.
const INVOCATIONS_PER_UPLOAD: f64 = 10.0;
/// US dollars for the DynamoDB and SQS requests of one invocation: four writes of 1 KB to a table with six indexes,
/// and four requests to a queue.
const RECORDS: f64 = 4.0 * 7.0 * 0.625 / 1_000_000.0 + 4.0 * 0.4 / 1_000_000.0;

/// Counters of a run's AWS usage.
#[derive(Debug, Default)]
pub struct Usage {
    /// Requests to the HTTP API.
    pub api_requests: Cell<u32>,
    /// PUT, POST and LIST requests to S3.
    pub s3_writes: Cell<u32>,
    /// GET requests to S3.
    pub s3_reads: Cell<u32>,
    /// Number of stored files.
    pub uploads: Cell<u32>,
    /// Billed seconds of video of each job that succeeded.
    pub billed_seconds: Cell<f64>,
}

/// Increments a counter.
pub fn count(counter: &Cell<u32>) {
    counter.set(counter.get() + 1);
}

impl Usage {
    /// Counts a job whose rendition lasts `seconds`.
    pub fn job(&self, seconds: f64) {
        let billed = seconds.ceil().max(MIN_OUTPUT_SECONDS);
        self.billed_seconds.set(self.billed_seconds.get() + billed);
    }

    /// Returns the lines of the bill: item, quantity, US dollars.
    fn lines(&self) -> [(&'static str, String, f64); 4] {
        let uploads = f64::from(self.uploads.get());
        let minutes = self.billed_seconds.get() * OUTPUTS_PER_JOB / 60.0;
        let writes = f64::from(self.s3_writes.get()) + uploads * STAGE_WRITES_PER_UPLOAD;
        let reads = f64::from(self.s3_reads.get()) + uploads * STAGE_READS_PER_UPLOAD;
        let requests = f64::from(self.api_requests.get());
        let invocations = requests + uploads * INVOCATIONS_PER_UPLOAD;
        [
            (
                "MediaConvert",
                format!("{minutes:.2} output minutes"),
                minutes * OUTPUT_MINUTE,
            ),
            (
                "S3",
                format!("{writes:.0} writes and lists, {reads:.0} reads"),
                writes * S3_WRITE + reads * S3_READ,
            ),
            (
                "HTTP API and Lambda",
                format!("{requests:.0} requests, {invocations:.0} invocations"),
                requests * API_REQUEST + invocations * INVOCATION,
            ),
            (
                "DynamoDB and SQS",
                format!("{invocations:.0} invocations"),
                invocations * RECORDS,
            ),
        ]
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        let total: f64 = lines.iter().map(|(_, _, dollars)| dollars).sum();
        writeln!(f, "Cost at list prices ({PRICE_LIST}): about ${total:.4}")?;
        for (service, amount, dollars) in lines {
            writeln!(f, "  {service:<20} ${dollars:.4}  {amount}")?;
        }
        write!(
            f,
            "Assumed: every job has two HD outputs of the basic tier, billed for at least 10 s; failed jobs are free;\n\
             the stage's own requests are estimated for each upload; storage, logs and transfer are too small to count."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_output_is_billed_for_ten_seconds() {
        let usage = Usage::default();
        usage.job(2.0);
        usage.job(12.5);
        assert_eq!(usage.billed_seconds.get(), 23.0);
    }

    #[test]
    fn a_minute_of_two_outputs_costs_three_cents() {
        let usage = Usage::default();
        usage.job(60.0);
        let text = usage.to_string();
        assert!(text.contains("about $0.0300"), "{text}");
        assert!(text.contains("2.00 output minutes"), "{text}");
    }
}
