//! Asking for an upload: what the routes that hand out forms share.

use aws::form::{self, Form};
use aws::table::Outcome;
use model::lifecycle::{Change, Ignored, decide};
use model::object_key::{Extension, UploadKey};
use model::upload::{Asker, metadata};
use model::{Response, ResponseKey, Status, TakeId, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use crate::App;
use crate::caller::{Caller, Scope};
use crate::problem::Problem;

/// A file that somebody wants to send.
pub struct Wanted {
    /// Whose response.
    pub key: ResponseKey,
    /// What kind of file.
    pub extension: Extension,
    /// Bytes, if they are known.
    pub size: Option<u64>,
}

/// A form, and what it is for.
#[derive(Serialize)]
pub struct Ticket {
    /// Where to post the file, as `multipart/form-data`.
    pub url: String,
    /// The fields that go before the file.
    pub fields: std::collections::BTreeMap<String, String>,
    /// When the form ends.
    pub expires_at: Timestamp,
    /// The take that it is for.
    pub take: TakeId,
    /// The largest file, in bytes.
    pub max_bytes: u64,
}

impl App {
    /// Hands out a form, and writes down that it did. Says of the response what the caller may know.
    pub async fn ask(&self, caller: &Caller, wanted: &Wanted) -> Result<(Response, Ticket), Problem> {
        let asker = self.asker(caller, wanted)?;
        let most = self.settings.upload_max_bytes;
        if wanted.size.is_some_and(|size| size == 0 || size > most) {
            return Err(Problem::invalid("size", format!("size is 1 to {most} bytes")));
        }
        let now = aws::now();
        let take = TakeId::new(now, random());
        let life = i64::try_from(self.settings.upload_life.as_secs()).unwrap_or(i64::MAX);
        let until = now.plus_seconds(life);
        let change = Change::Ask { take, until, asker };
        let response = match self
            .table
            .change(&wanted.key, |current| decide(current, &wanted.key, &change, now))
            .await?
        {
            Outcome::Written(response) => response,
            Outcome::Ignored(Ignored::Deleting, _) => return Err(Problem::deleting()),
            Outcome::Ignored(..) => return Err(Problem::answered()),
        };
        let form = self.form(wanted, take, asker, until, now);
        let max_bytes = wanted.size.unwrap_or(most);
        let ticket = Ticket {
            url: form.url,
            fields: form.fields,
            expires_at: until,
            take,
            max_bytes,
        };
        Ok((visible(*response, asker), ticket))
    }

    fn asker(&self, caller: &Caller, wanted: &Wanted) -> Result<Asker, Problem> {
        if caller.may(Scope::Write) {
            Ok(Asker::Owner)
        } else if self.settings.open_uploads.contains(&wanted.key.project) {
            Ok(Asker::Anyone)
        } else {
            caller.must(Scope::Write).map(|()| Asker::Owner)
        }
    }

    fn form(&self, wanted: &Wanted, take: TakeId, asker: Asker, until: Timestamp, now: Timestamp) -> Form {
        let key = UploadKey::new(&wanted.key, take, wanted.extension).to_string();
        let size = wanted
            .size
            .map_or(1..=self.settings.upload_max_bytes, |size| size..=size);
        let mail = wanted.key.mail.as_str();
        let upload = form::Upload {
            bucket: &self.settings.uploads_bucket,
            key: &key,
            content_type: wanted.extension.media_type(),
            metadata: &[(metadata::MAIL, mail), (metadata::ASKED_BY, asker.as_str())],
            size,
            until,
        };
        form::sign(&self.platform, &upload, now)
    }
}

/// Anyone learns nothing of what was there before.
fn visible(response: Response, asker: Asker) -> Response {
    match asker {
        Asker::Owner => response,
        Asker::Anyone => Response {
            status: Status::AwaitingUpload,
            video: None,
            take: None,
            renditions: Default::default(),
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
