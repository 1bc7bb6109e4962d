//! The promises of a stage to respondents and owners.

use std::rc::Rc;
use std::time::Duration;

use model::Email;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::client::{Address, FormInstructions, PartsInstructions, StageClient};
use crate::error::{Result, SmokeError};
use crate::files::{CLIP, PaddedClip, TEXT};
use crate::report::PromiseTable;
use crate::stage::StageOutputs;
use crate::store::{Buckets, KeyPrefix};
use crate::timer::Timer;
use crate::usage::{Usage, count};

/// The project of the test's responses.
const PROJECT: &str = "smoke";
/// The minimum size of a multipart upload, in bytes.
const MIN_MULTIPART: usize = 100_000_001;
/// Polling interval for a response.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Polling interval for the buckets: each poll sends a dozen LIST requests, and a deletion takes a minute.
const LIST_INTERVAL: Duration = Duration::from_secs(5);
/// Number of bytes requested for playback.
const PLAYED: usize = 100;

/// One run against one stage: three responses of one respondent.
pub struct SmokeTest<'a> {
    /// The stage's outputs.
    pub outputs: &'a StageOutputs,
    /// The stage's API.
    pub client: &'a StageClient,
    /// The stage's buckets.
    pub buckets: &'a Buckets,
    /// The counters of the run.
    pub usage: Rc<Usage>,
    /// The time limit of the run.
    pub timer: Timer,
    /// The respondent, unique to this run.
    pub email: Email,
}

impl SmokeTest<'_> {
    /// Returns the run's responses: a clip, a multipart clip, a text.
    pub fn addresses(&self) -> [Address; 3] {
        [0, 1, 2].map(|step| Address {
            project: PROJECT.to_owned(),
            step,
            email: self.email.as_str().to_owned(),
        })
    }

    /// Tries every promise. Uploads come first, so that the engine transcodes while other promises are tried.
    pub fn run(&self, table: &mut PromiseTable) {
        let [clip, parts, text] = &self.addresses();
        table.promise("without a token: 401", || {
            self.client.list_without_token(PROJECT)?.expect(401).map(drop)
        });
        let form = table.promise("an upload is requested", || self.request_form(clip, CLIP.len()));
        table.promise_after("S3 refuses another key", form.as_ref(), |form| {
            self.other_key(form)
        });
        table.promise_after("S3 refuses a larger file", form.as_ref(), |form| {
            self.larger_file(form)
        });
        let posted = table.promise_after("a clip is posted", form, |form| self.post(&form, CLIP));
        let in_parts = table.promise("100 MB are uploaded in parts, the smallest size allowed", || {
            self.upload_in_parts(parts)
        });
        let not_video = table.promise("a file that is not a video is posted", || {
            let form = self.request_form(text, TEXT.len())?;
            self.post(&form, TEXT)
        });

        let ready = table.promise_after("the clip becomes ready", posted, |()| self.until_ready(clip));
        table.promise_after("a range of it is played: 206", ready, |response| {
            self.play(&response)
        });
        table.promise_after("the upload in parts becomes ready", in_parts, |()| {
            self.until_ready(parts)
        });
        let failed = table.promise_after(
            "the file that is not a video fails with a reason",
            not_video,
            |()| self.until_failed(text, None),
        );
        table.promise_after("a failed response is tried again", failed, |response| {
            self.client.retry(text)?;
            self.until_failed(text, response["updated_at"].as_str())
        });
        table.promise_after("deletion leaves no version in either bucket", posted, |()| {
            self.delete_all()
        });
    }

    fn request_form(&self, address: &Address, size: usize) -> Result<FormInstructions> {
        parse(self.client.request_upload(address, size, "post")?)
    }

    fn other_key(&self, form: &FormInstructions) -> Result<()> {
        let mut other = form.clone();
        other
            .fields
            .insert("key".to_owned(), format!("{}-other", key(form)?).into());
        self.client.post(&other, CLIP)?.expect(403).map(drop)
    }

    fn larger_file(&self, form: &FormInstructions) -> Result<()> {
        let larger = [CLIP, b"x"].concat();
        let reply = self.client.post(form, &larger)?.expect(400)?;
        let text = String::from_utf8_lossy(&reply.body);
        if text.contains("EntityTooLarge") {
            return Ok(());
        }
        Err(SmokeError::broken(format!(
            "the refusal is not EntityTooLarge: {text}"
        )))
    }

    fn post(&self, form: &FormInstructions, file: &[u8]) -> Result<()> {
        self.client.post(form, file)?.expect(204)?;
        count(&self.usage.uploads);
        Ok(())
    }

    fn upload_in_parts(&self, address: &Address) -> Result<()> {
        let upload: PartsInstructions =
            parse(self.client.request_upload(address, MIN_MULTIPART, "multipart")?)?;
        let file = PaddedClip { size: MIN_MULTIPART };
        for number in 1..=upload.parts {
            let url = self.client.sign_part(address, &upload, number)?;
            let bytes = file.bytes((number - 1) * upload.part_size, upload.part_size);
            self.client.put_part(&url, bytes)?;
        }
        self.client.complete(address, &upload)?;
        count(&self.usage.uploads);
        Ok(())
    }

    /// Waits for a final status and returns the response.
    fn until(&self, address: &Address, status: &str, is_new: impl Fn(&Value) -> bool) -> Result<Value> {
        self.timer.poll(POLL_INTERVAL, || {
            let Some(response) = self.client.response(address)? else {
                return Ok(None);
            };
            let now = response["status"].as_str().unwrap_or_default();
            match now {
                _ if now == status && is_new(&response) => Ok(Some(response)),
                "ready" | "failed" | "expired" | "deleting" if now != status => {
                    let reason = &response["failure"];
                    Err(SmokeError::broken(format!(
                        "the response is {now}, not {status}: {reason}"
                    )))
                }
                _ => Ok(None),
            }
        })
    }

    fn until_ready(&self, address: &Address) -> Result<Value> {
        let response = self.until(address, "ready", |_| true)?;
        let milliseconds = response["playback"]["duration_ms"].as_f64().unwrap_or_default();
        self.usage.job(milliseconds / 1000.0);
        Ok(response)
    }

    /// Waits for a failure that is later than `last`.
    fn until_failed(&self, address: &Address, last: Option<&str>) -> Result<Value> {
        let response = self.until(address, "failed", |response| {
            response["updated_at"].as_str() != last
        })?;
        let failure = &response["failure"];
        let has = |field: &str| failure[field].as_str().is_some_and(|text| !text.is_empty());
        if has("code") && has("message") {
            return Ok(response);
        }
        Err(SmokeError::broken(format!(
            "the failure has no code or no message: {failure}"
        )))
    }

    fn play(&self, response: &Value) -> Result<()> {
        let url = response["playback"]["url"].as_str();
        let url = url.ok_or_else(|| SmokeError::broken("a ready response has no playback URL"))?;
        let reply = self.client.first_bytes(url, PLAYED)?.expect(206)?;
        let range = reply
            .headers
            .get("content-range")
            .and_then(|value| value.to_str().ok());
        let is_first = range.is_some_and(|range| range.starts_with(&format!("bytes 0-{}/", PLAYED - 1)));
        if is_first && reply.body.len() == PLAYED && reply.body[4..8] == *b"ftyp" {
            return Ok(());
        }
        Err(SmokeError::broken(format!(
            "not the first {PLAYED} bytes of an MP4 file: content-range {range:?}, {} bytes",
            reply.body.len()
        )))
    }

    /// Returns the key prefixes of the run's objects: for each response, in the uploads and in the renditions bucket.
    pub fn places(&self) -> Vec<KeyPrefix> {
        let hash = self.email.hash();
        let places = [0, 1, 2].into_iter().flat_map(|step| {
            let folder = format!("{PROJECT}/{step}/{hash}/");
            [
                (&self.outputs.uploads_bucket, folder.clone()),
                (&self.outputs.renditions_bucket, format!("output/web/{folder}")),
            ]
        });
        places
            .map(|(bucket, prefix)| KeyPrefix {
                bucket: bucket.clone(),
                prefix,
            })
            .collect()
    }

    fn delete_all(&self) -> Result<()> {
        let places = self.places();
        // Only objects that existed before prove that the deletion works.
        for place in &places[..2] {
            if self.buckets.stored(place, &self.timer)?.is_empty() {
                let KeyPrefix { bucket, prefix } = place;
                return Err(SmokeError::broken(format!(
                    "there is nothing to delete: {bucket}/{prefix}"
                )));
            }
        }
        for address in self.addresses() {
            self.client.delete(&address)?;
        }
        self.timer.poll(LIST_INTERVAL, || {
            let left = self.buckets.stored_at(&places, &self.timer)?;
            Ok(left.is_empty().then_some(()))
        })
    }
}

fn key(form: &FormInstructions) -> Result<&str> {
    let key = form.fields.get("key").and_then(Value::as_str);
    key.ok_or_else(|| SmokeError::broken("the form has no key"))
}

fn parse<T: DeserializeOwned>(instructions: Value) -> Result<T> {
    serde_json::from_value(instructions)
        .map_err(|error| SmokeError::broken(format!("the upload's instructions: {error}")))
}
