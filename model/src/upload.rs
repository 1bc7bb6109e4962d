//! Whose an object in the uploads bucket is.

use thiserror::Error;

use crate::object_key::{self, KeyError, ObjectName};
use crate::{Email, EmailHash, Invalid, ResponseKey, TakeId, Timestamp};

/// How far a take may be ahead of the store's clock, in seconds.
pub const CLOCK_TOLERANCE: i64 = 300;

/// The names of the metadata that an upload carries, without their `x-amz-meta-`.
pub mod metadata {
    /// The respondent's email.
    pub const EMAIL: &str = "email";
    /// Who requested it: see [`super::Requester`].
    pub const REQUESTED_BY: &str = "requested-by";
}

/// Who requested an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requester {
    /// A client with a token, or one that may write to the bucket: may replace a finished response.
    Authorized,
    /// A client without a token, in an open project: may not.
    Anonymous,
}

impl Requester {
    /// Returns its value in an upload's metadata.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authorized => "authorized",
            Self::Anonymous => "anonymous",
        }
    }
}

/// What the store tells of one version of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredObject {
    /// The key, decoded.
    pub key: String,
    /// The version; absent in a bucket without versions.
    pub version: Option<String>,
    /// Bytes.
    pub size: u64,
    /// The entity tag, without quotation marks.
    pub etag: Option<String>,
    /// S3's LastModified: when the store took it; for an upload in parts, when that began.
    pub last_modified: Timestamp,
    /// Its metadata [`metadata::EMAIL`].
    pub email: Option<String>,
    /// Its metadata [`metadata::ASKED_BY`].
    pub requested_by: Option<String>,
}

/// A take that has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Which take.
    pub take: TakeId,
    /// Who requested it.
    pub requester: Requester,
    /// The object's key.
    pub key: String,
    /// The object's version; absent in a bucket without versions.
    pub version: Option<String>,
    /// Bytes.
    pub size: u64,
    /// The object's entity tag, without quotation marks, if the store told it.
    pub etag: Option<String>,
    /// When the whole file was in the store: see [`Upload::completed_at`].
    pub uploaded_at: Timestamp,
}

/// Why an object is nobody's upload. It will not become one: there is no use in a retry.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotAnUpload {
    /// The key says so.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Neither metadata nor key name a respondent.
    #[error("it names no respondent: x-amz-meta-email is missing, and the file is not named after an email")]
    NoEmail,
    /// The metadata name none.
    #[error("x-amz-meta-email is malformed: {0}")]
    Email(#[from] Invalid),
    /// The metadata name somebody else than the key.
    #[error("x-amz-meta-email is not the email that the key was made for ({0})")]
    AnotherEmail(EmailHash),
    /// The take lies in the future, where it would win over all that come.
    #[error("the take's time is more than {CLOCK_TOLERANCE} s ahead of the upload's")]
    FromTheFuture,
}

/// Whether an object stands for a folder, as the S3 console and other tools make it: empty, with a key that ends
/// in a slash.
pub fn is_folder_marker(object: &StoredObject) -> bool {
    object.size == 0 && object.key.ends_with('/')
}

impl Upload {
    /// Sets when the upload was complete to the time of the event that reported it.
    ///
    /// S3's LastModified of an object that was uploaded in parts is when the upload began ("CopyObject" and
    /// "Working with object metadata" in the Amazon S3 documentation); the event is sent on completion. An event
    /// without a version may report an earlier object of the same key, so the later of both times counts.
    #[must_use]
    pub fn completed_at(mut self, event_time: Option<Timestamp>) -> Self {
        self.uploaded_at = event_time.map_or(self.uploaded_at, |at| at.max(self.uploaded_at));
        self
    }
}

/// Tells whose upload an object is.
pub fn identify(object: StoredObject) -> Result<(ResponseKey, Upload), NotAnUpload> {
    let key = object_key::parse(&object.key)?;
    let email: Email = match (&object.email, &key.name) {
        // Requested from this API: its hash must match below, so it was a valid email at that time.
        (Some(email), ObjectName::Take { .. }) => Email::existing(email)?,
        (Some(email), ObjectName::File(_)) => email.parse()?,
        (None, _) => key.email_in_name().ok_or(NotAnUpload::NoEmail)?,
    };
    let take = match key.name {
        ObjectName::File(_) => {
            TakeId::of_object(object.last_modified, &object.key, object.version.as_deref())
        }
        ObjectName::Take { hash, .. } if hash != email.hash() => return Err(NotAnUpload::AnotherEmail(hash)),
        ObjectName::Take { take, .. } => take,
    };
    let latest = object.last_modified.plus_seconds(CLOCK_TOLERANCE);
    if take.at().is_none_or(|at| at > latest) {
        return Err(NotAnUpload::FromTheFuture);
    }
    let is_anonymous = object.requested_by.as_deref() == Some(Requester::Anonymous.as_str());
    let upload = Upload {
        take,
        requester: if is_anonymous {
            Requester::Anonymous
        } else {
            Requester::Authorized
        },
        key: object.key,
        version: object.version,
        size: object.size,
        etag: object.etag,
        uploaded_at: object.last_modified,
    };
    Ok((
        ResponseKey {
            project: key.project,
            step: key.step,
            email,
        },
        upload,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object_key::{Extension, UploadKey};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000)
            .unwrap()
            .plus_seconds(seconds)
    }

    fn object(key: &str, email: Option<&str>) -> StoredObject {
        StoredObject {
            key: key.into(),
            version: Some("v1".into()),
            etag: Some("e".to_owned()),
            size: 1,
            last_modified: at(0),
            email: email.map(Into::into),
            requested_by: None,
        }
    }

    fn asked_for(take_at: Timestamp) -> String {
        let response = ResponseKey {
            project: "demo".parse().unwrap(),
            step: "0".parse().unwrap(),
            email: "ann@example.com".parse().unwrap(),
        };
        UploadKey::new(&response, TakeId::new(take_at, [1; 10]), Extension::Mp4).to_string()
    }

    #[test]
    fn metadata_name_the_respondent_whatever_the_capitals() {
        let (response, upload) = identify(object(&asked_for(at(-60)), Some("Ann@Example.com"))).unwrap();
        assert_eq!(response.email.as_str(), "ann@example.com");
        assert_eq!(upload.take.at(), Some(at(-60)));
        assert_eq!(upload.requester, Requester::Authorized);
    }

    #[test]
    fn upload_in_parts_was_uploaded_when_it_was_completed() {
        let began = object(&asked_for(at(-60)), Some("ann@example.com"));
        let (_, upload) = identify(began).unwrap();
        let uploaded_at = |event| upload.clone().completed_at(event).uploaded_at;
        assert_eq!(uploaded_at(None), at(0));
        assert_eq!(uploaded_at(Some(at(3000))), at(3000));
        assert_eq!(uploaded_at(Some(at(-1))), at(0), "an event of an earlier object");
        assert_eq!(upload.clone().completed_at(Some(at(3000))).take, upload.take);
    }

    #[test]
    fn upload_requested_for_an_existing_email_with_braces_is_accepted() {
        let email = "a{b}$@example.com";
        let response = ResponseKey {
            project: "demo".parse().unwrap(),
            step: "0".parse().unwrap(),
            email: Email::existing(email).unwrap(),
        };
        let key = UploadKey::new(&response, TakeId::new(at(0), [1; 10]), Extension::Mp4).to_string();
        assert_eq!(identify(object(&key, Some(email))).unwrap().0, response);
        let by_hand = identify(object("demo/0/clip.mp4", Some(email)));
        assert!(matches!(by_hand, Err(NotAnUpload::Email(_))));
    }

    #[test]
    fn a_file_put_by_hand_is_the_same_take_each_time_and_another_in_another_version() {
        let hand_put = object("demo/0/ann@example.com.mp4", None);
        let mut again = hand_put.clone();
        let (response, first) = identify(hand_put).unwrap();
        assert_eq!(response.email.as_str(), "ann@example.com");
        assert_eq!(identify(again.clone()).unwrap().1, first);
        again.version = Some("v2".into());
        assert_ne!(identify(again).unwrap().1.take, first.take);
    }

    #[test]
    fn a_folder_marker_is_empty_and_ends_in_a_slash() {
        let sized = |key: &str, size| StoredObject {
            size,
            ..object(key, None)
        };
        assert!(is_folder_marker(&sized("demo/0/", 0)));
        assert!(!is_folder_marker(&sized("demo/0/", 1)));
        assert!(!is_folder_marker(&sized("demo/0/ann@example.com.mp4", 0)));
    }

    #[test]
    fn nobodys_objects_say_why() {
        use NotAnUpload::*;
        let refused = |key: &str, email| identify(object(key, email)).unwrap_err();
        assert_eq!(refused("demo/0/clip.mp4", None), NoEmail);
        assert!(matches!(refused("demo/0/clip.mp4", Some("nobody")), Email(_)));
        assert!(matches!(
            refused("demo/0/clip.txt", Some("ann@example.com")),
            Key(_)
        ));
        assert!(matches!(
            refused(&asked_for(at(0)), Some("bob@example.com")),
            AnotherEmail(_)
        ));
        assert_eq!(
            refused(&asked_for(at(CLOCK_TOLERANCE + 1)), Some("ann@example.com")),
            FromTheFuture
        );
        assert!(identify(object(&asked_for(at(CLOCK_TOLERANCE)), Some("ann@example.com"))).is_ok());
    }
}
