//! Asking for an upload: what the routes that hand one out share.

use std::collections::BTreeMap;

use aws::form;
use aws::table::Outcome;
use model::lifecycle::{Change, Ignored, decide};
use model::object_key::{Extension, UploadKey};
use model::upload::{Requester, metadata};
use model::{Response, ResponseKey, Status, TakeId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::App;
use crate::caller::{Caller, Scope};
use crate::grant::{Grant, InParts};
use crate::problem::Problem;

/// Five gigabytes in binary: the most that S3 takes in one post.
pub const LARGEST_POST: u64 = 5 * 1024 * 1024 * 1024;

/// Bytes up to which parts are not worth their while.
pub const SMALLEST_IN_PARTS: u64 = 100_000_000;

/// How a file is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// In one post of a form; at most 5 GiB.
    #[default]
    Post,
    /// In parts, which can be gone on with; more than 100 MB.
    Multipart,
}

/// A file that somebody wants to send.
pub struct Wanted {
    /// Whose response.
    pub key: ResponseKey,
    /// What kind of file.
    pub extension: Extension,
    /// Bytes, if they are known.
    pub size: Option<u64>,
    /// How.
    pub method: Method,
}

/// How to send the file that was asked for.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "method", rename_all = "kebab-case")]
pub enum Ticket {
    /// In one post.
    Post {
        /// Where to post the file, as `multipart/form-data`.
        url: String,
        /// The fields that go before the file.
        fields: BTreeMap<String, String>,
        /// The largest file, in bytes.
        max_bytes: u64,
        /// Which take it becomes.
        take: TakeId,
        /// When the form ends.
        expires_at: Timestamp,
        /// Opens the upload's status, in the header `upload-token`.
        token: String,
    },
    /// In parts: ask for the addresses of parts, PUT them, complete the upload.
    Multipart {
        /// Bytes of each part but the last, which has the rest.
        part_size: u64,
        /// How many parts there are; they are counted from 1.
        parts: u32,
        /// Which take it becomes.
        take: TakeId,
        /// When the upload ends, with the addresses of its parts.
        expires_at: Timestamp,
        /// Opens the upload, in the header `upload-token`.
        token: String,
    },
}

impl App {
    /// Hands out an upload, and writes down that it did. Says of the response what the caller may know.
    pub async fn ask(&self, caller: &Caller, wanted: &Wanted) -> Result<(Response, Ticket), Problem> {
        let requester = self.requester(caller, &wanted.key)?;
        self.check_size(wanted)?;
        let now = aws::now();
        let take = TakeId::new(now, random());
        let until = now.plus_seconds(self.settings.upload_life.as_secs().cast_signed());
        let change = Change::RequestUpload {
            take,
            until,
            requester,
        };
        let outcome = self
            .table
            .change(&wanted.key, |current| decide(current, &wanted.key, &change, now));
        let response = match outcome.await? {
            Outcome::Written(response) => response,
            Outcome::Ignored(Ignored::Deleting, _) => return Err(Problem::deleting()),
            Outcome::Ignored(..) => return Err(Problem::answered()),
        };
        let handout = Handout {
            object_key: UploadKey::new(&wanted.key, take, wanted.extension).to_string(),
            wanted,
            take,
            requester,
            until,
        };
        let ticket = match (wanted.method, wanted.size) {
            (Method::Multipart, Some(size)) => self.in_parts(handout, size).await?,
            _ => self.in_one_post(handout, now).await?,
        };
        Ok((visible(*response, requester), ticket))
    }

    fn requester(&self, caller: &Caller, key: &ResponseKey) -> Result<Requester, Problem> {
        if caller.may(Scope::Write) {
            Ok(Requester::Authorized)
        } else if self.settings.open_uploads.contains(&key.project) {
            Ok(Requester::Anonymous)
        } else {
            caller.must(Scope::Write).map(|()| Requester::Authorized)
        }
    }

    fn check_size(&self, wanted: &Wanted) -> Result<(), Problem> {
        let most = self.settings.upload_max_bytes;
        let (least, most) = match wanted.method {
            Method::Post => (1, most.min(LARGEST_POST)),
            Method::Multipart => (SMALLEST_IN_PARTS + 1, most),
        };
        if wanted.size.is_none_or(|size| (least..=most).contains(&size)) {
            return Ok(());
        }
        let detail = match wanted.method {
            Method::Post if most == LARGEST_POST => {
                format!("size is 1 to {most} bytes in one post: send more with \"method\": \"multipart\"")
            }
            Method::Post => format!("size is 1 to {most} bytes"),
            Method::Multipart => format!("size is {least} to {most} bytes in parts: send less in one post"),
        };
        Err(Problem::invalid("size", detail))
    }

    async fn in_one_post(&self, handout: Handout<'_>, now: Timestamp) -> Result<Ticket, Problem> {
        let most = self.settings.upload_max_bytes.min(LARGEST_POST);
        let Handout { wanted, until, .. } = handout;
        let upload = form::Upload {
            bucket: &self.settings.uploads_bucket,
            key: &handout.object_key,
            content_type: wanted.extension.media_type(),
            metadata: &handout.metadata(),
            size: wanted.size.map_or(1..=most, |size| size..=size),
            until,
        };
        let form = form::sign(&self.platform, &upload, now);
        Ok(Ticket::Post {
            url: form.url,
            fields: form.fields,
            max_bytes: wanted.size.unwrap_or(most),
            take: handout.take,
            expires_at: until,
            token: self.token(handout, None).await?,
        })
    }

    async fn in_parts(&self, handout: Handout<'_>, size: u64) -> Result<Ticket, Problem> {
        let (content_type, metadata) = (handout.wanted.extension.media_type(), handout.metadata());
        let begin = self.uploads.begin(&handout.object_key, content_type, &metadata);
        let in_parts = InParts::new(begin.await?, size);
        Ok(Ticket::Multipart {
            part_size: in_parts.part_size,
            parts: in_parts.count(),
            take: handout.take,
            expires_at: handout.until,
            token: self.token(handout, Some(in_parts)).await?,
        })
    }

    async fn token(&self, handout: Handout<'_>, in_parts: Option<InParts>) -> Result<String, Problem> {
        let response = &handout.wanted.key;
        let grant = Grant::new(response, handout.object_key, handout.until, in_parts);
        self.grant(response, handout.take, &grant).await
    }
}

/// A take that has been written down, and is to be handed out.
struct Handout<'a> {
    wanted: &'a Wanted,
    object_key: String,
    take: TakeId,
    requester: Requester,
    until: Timestamp,
}

impl Handout<'_> {
    /// What the store keeps with the file: nobody but who asked chooses it.
    fn metadata(&self) -> [(&'static str, &str); 2] {
        [
            (metadata::EMAIL, self.wanted.key.email.as_str()),
            (metadata::REQUESTED_BY, self.requester.as_str()),
        ]
    }
}

/// Anyone learns nothing of what was there before.
fn visible(response: Response, requester: Requester) -> Response {
    match requester {
        Requester::Authorized => response,
        Requester::Anonymous => Response {
            status: Status::AwaitingUpload,
            video: None,
            take: None,
            renditions: BTreeMap::new(),
            failure: None,
            created_at: response.updated_at,
            ..response
        },
    }
}

fn random() -> [u8; 10] {
    let mut bytes = [0; 10];
    // Version and variant sit in bytes 6 and 8 of a random UUID: these ten have no fixed bits but those.
    let uuid = Uuid::new_v4().into_bytes();
    bytes.copy_from_slice(&[&uuid[..6], &uuid[9..13]].concat());
    bytes
}
