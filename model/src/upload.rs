//! Uploads: which response an object in the uploads bucket belongs to.

use strum::IntoStaticStr;
use thiserror::Error;

use crate::object_key::{self, ObjectKeyError, ObjectName};
use crate::{Email, EmailHash, Invalid, ResponseKey, TakeId, Timestamp};

/// How far a take's time may be ahead of the object's, in seconds.
pub const MAX_CLOCK_SKEW_SECONDS: i64 = 300;

/// The names of an upload's metadata, without the prefix `x-amz-meta-`.
pub mod metadata {
    /// The respondent's email.
    pub const EMAIL: &str = "email";
    /// The kind of client that requested it: see [`super::Requester`].
    pub const REQUESTED_BY: &str = "requested-by";
}

/// The kind of client that requested an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Requester {
    /// A client with a token, or with write access to the bucket. It may replace a finished response.
    Authorized,
    /// A client without a token, in an open project. It may not replace a finished response.
    Anonymous,
}

impl Requester {
    /// Returns the value in an upload's metadata.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A version of an object in the uploads bucket, with its metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredObject {
    /// The decoded key.
    pub key: String,
    /// The version id; absent in a bucket without versioning.
    pub version: Option<String>,
    /// The size in bytes.
    pub size: u64,
    /// The entity tag, without quotation marks.
    pub etag: Option<String>,
    /// S3's LastModified: when the object was stored; for a multipart upload, when the upload began.
    pub last_modified: Timestamp,
    /// The value of [`metadata::EMAIL`].
    pub email: Option<String>,
    /// The value of [`metadata::REQUESTED_BY`].
    pub requested_by: Option<String>,
}

/// A take that was uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The take.
    pub take: TakeId,
    /// The kind of client that requested it.
    pub requester: Requester,
    /// The object's key.
    pub key: String,
    /// The object's version id; absent in a bucket without versioning.
    pub version: Option<String>,
    /// The size in bytes.
    pub size: u64,
    /// The object's entity tag, without quotation marks, if it is known.
    pub etag: Option<String>,
    /// When the object was complete: see [`Upload::completed_at`].
    pub uploaded_at: Timestamp,
}

/// Why an object belongs to no response. The error is permanent: a retry has the same result.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IdentifyError {
    /// The key is malformed.
    #[error(transparent)]
    Key(#[from] ObjectKeyError),
    /// Neither the metadata nor the key names a respondent.
    #[error("the object names no respondent: x-amz-meta-email is missing, and the file name is no email")]
    NoEmail,
    /// The email in the metadata is malformed.
    #[error("x-amz-meta-email is malformed: {0}")]
    Email(#[from] Invalid),
    /// The email in the metadata does not match the hash in the key.
    #[error("the email in x-amz-meta-email does not match the hash {0} in the key")]
    EmailMismatch(EmailHash),
    /// The take's time is in the future, so the take would win over later ones.
    #[error("the take's time is more than {MAX_CLOCK_SKEW_SECONDS} s ahead of the object's LastModified")]
    TakeInFuture,
}

/// Returns whether an object is a folder marker, which the S3 console and other tools create: an empty object whose key
/// ends in a slash.
pub fn is_folder_marker(object: &StoredObject) -> bool {
    object.size == 0 && object.key.ends_with('/')
}

impl Upload {
    /// Sets the time of completion to the time of the event that reported the object.
    ///
    /// S3's LastModified of a multipart upload is the time when the upload began ("CopyObject" and "Working with object
    /// metadata" in the Amazon S3 documentation); S3 sends the event on completion. An event without a version may
    /// report an earlier object of the same key, so the later of both times counts.
    #[must_use]
    pub fn completed_at(mut self, event_time: Option<Timestamp>) -> Self {
        self.uploaded_at = event_time.map_or(self.uploaded_at, |at| at.max(self.uploaded_at));
        self
    }
}

/// Returns the response that an object belongs to, and the object as its upload.
pub fn identify(object: StoredObject) -> Result<(ResponseKey, Upload), IdentifyError> {
    let key = object_key::parse(&object.key)?;
    let email: Email = match (&object.email, &key.name) {
        // The hash in the key must match below, so the API accepted this email when it issued the key.
        (Some(email), ObjectName::Take { .. }) => Email::existing(email)?,
        (Some(email), ObjectName::File(_)) => email.parse()?,
        (None, _) => key.email_in_name().ok_or(IdentifyError::NoEmail)?,
    };
    let take = match key.name {
        ObjectName::File(_) => {
            TakeId::of_object(object.last_modified, &object.key, object.version.as_deref())
        }
        ObjectName::Take { hash, .. } if hash != email.hash() => {
            return Err(IdentifyError::EmailMismatch(hash));
        }
        ObjectName::Take { take, .. } => take,
    };
    let latest = object.last_modified.plus_seconds(MAX_CLOCK_SKEW_SECONDS);
    if take.at().is_none_or(|at| at > latest) {
        return Err(IdentifyError::TakeInFuture);
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

    fn upload_key(take_at: Timestamp) -> String {
        let response = ResponseKey {
            project: "demo".parse().unwrap(),
            step: "0".parse().unwrap(),
            email: "ann@example.com".parse().unwrap(),
        };
        UploadKey::new(&response, TakeId::new(take_at, [1; 10]), Extension::Mp4).to_string()
    }

    #[test]
    fn email_in_the_metadata_is_lower_cased() {
        let (response, upload) = identify(object(&upload_key(at(-60)), Some("Ann@Example.com"))).unwrap();
        assert_eq!(response.email.as_str(), "ann@example.com");
        assert_eq!(upload.take.at(), Some(at(-60)));
        assert_eq!(upload.requester, Requester::Authorized);
    }

    #[test]
    fn multipart_upload_has_the_time_of_its_completion() {
        let multipart = object(&upload_key(at(-60)), Some("ann@example.com"));
        let (_, upload) = identify(multipart).unwrap();
        let uploaded_at = |event| upload.clone().completed_at(event).uploaded_at;
        assert_eq!(uploaded_at(None), at(0));
        assert_eq!(uploaded_at(Some(at(3000))), at(3000));
        assert_eq!(uploaded_at(Some(at(-1))), at(0), "an event of an earlier object");
        assert_eq!(upload.clone().completed_at(Some(at(3000))).take, upload.take);
    }

    #[test]
    fn issued_key_allows_an_existing_email_with_braces() {
        let email = "a{b}$@example.com";
        let response = ResponseKey {
            project: "demo".parse().unwrap(),
            step: "0".parse().unwrap(),
            email: Email::existing(email).unwrap(),
        };
        let key = UploadKey::new(&response, TakeId::new(at(0), [1; 10]), Extension::Mp4).to_string();
        assert_eq!(identify(object(&key, Some(email))).unwrap().0, response);
        let by_hand = identify(object("demo/0/clip.mp4", Some(email)));
        assert!(matches!(by_hand, Err(IdentifyError::Email(_))));
    }

    #[test]
    fn each_version_of_a_file_put_by_hand_has_its_own_take() {
        let by_hand = object("demo/0/ann@example.com.mp4", None);
        let mut again = by_hand.clone();
        let (response, first) = identify(by_hand).unwrap();
        assert_eq!(response.email.as_str(), "ann@example.com");
        assert_eq!(identify(again.clone()).unwrap().1, first);
        again.version = Some("v2".into());
        assert_ne!(identify(again).unwrap().1.take, first.take);
    }

    #[test]
    fn folder_marker_is_empty_and_ends_in_a_slash() {
        let sized = |key: &str, size| StoredObject {
            size,
            ..object(key, None)
        };
        assert!(is_folder_marker(&sized("demo/0/", 0)));
        assert!(!is_folder_marker(&sized("demo/0/", 1)));
        assert!(!is_folder_marker(&sized("demo/0/ann@example.com.mp4", 0)));
    }

    #[test]
    fn unidentified_object_has_a_reason() {
        use IdentifyError::*;
        let error = |key: &str, email| identify(object(key, email)).unwrap_err();
        assert_eq!(error("demo/0/clip.mp4", None), NoEmail);
        assert!(matches!(error("demo/0/clip.mp4", Some("nobody")), Email(_)));
        assert!(matches!(
            error("demo/0/clip.txt", Some("ann@example.com")),
            Key(_)
        ));
        assert!(matches!(
            error(&upload_key(at(0)), Some("bob@example.com")),
            EmailMismatch(_)
        ));
        assert_eq!(
            error(
                &upload_key(at(MAX_CLOCK_SKEW_SECONDS + 1)),
                Some("ann@example.com")
            ),
            TakeInFuture
        );
        assert!(
            identify(object(
                &upload_key(at(MAX_CLOCK_SKEW_SECONDS)),
                Some("ann@example.com")
            ))
            .is_ok()
        );
    }
}
