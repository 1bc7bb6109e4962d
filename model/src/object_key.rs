//! The grammar of object keys.
//!
//! ```text
//! uploads      {project}/{step}/{hash}/{take}.{ext}       a requested take
//!              {project}/{step}/{name}.{ext}              a file put by hand; its metadata or its name has the email
//! renditions   output/web/{project}/{step}/{hash}/{take}-{attempt}.mp4, and a poster beside it
//! ```

use std::fmt;

use thiserror::Error;

use crate::{Email, EmailHash, Invalid, Project, ResponseKey, Step, TakeId};

/// A type of video file, by its extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extension {
    /// MPEG-4
    Mp4,
    /// QuickTime
    Mov,
    /// WebM
    Webm,
    /// Matroska
    Mkv,
    /// MPEG-4 with the extension that Apple uses
    M4v,
    /// Audio Video Interleave
    Avi,
    /// MPEG program stream
    Mpg,
    /// 3GPP
    ThreeGp,
    /// MPEG transport stream of camcorders
    Mts,
}

/// Other media types that browsers send for these files.
const MEDIA_TYPE_ALIASES: [(&str, Extension); 4] = [
    ("video/matroska", Extension::Mkv),
    ("video/avi", Extension::Avi),
    ("video/msvideo", Extension::Avi),
    ("video/vnd.avi", Extension::Avi),
];

impl Extension {
    /// Every variant with its extension and its media type.
    pub const ALL: [(Self, &'static str, &'static str); 9] = [
        (Self::Mp4, "mp4", "video/mp4"),
        (Self::Mov, "mov", "video/quicktime"),
        (Self::Webm, "webm", "video/webm"),
        (Self::Mkv, "mkv", "video/x-matroska"),
        (Self::M4v, "m4v", "video/x-m4v"),
        (Self::Avi, "avi", "video/x-msvideo"),
        (Self::Mpg, "mpg", "video/mpeg"),
        (Self::ThreeGp, "3gp", "video/3gpp"),
        (Self::Mts, "mts", "video/mp2t"),
    ];

    /// Returns the accepted media types: those of [`Self::ALL`], and other names that browsers send.
    pub fn media_types() -> impl Iterator<Item = (&'static str, Self)> {
        let canonical = Self::ALL
            .into_iter()
            .map(|(extension, _, media_type)| (media_type, extension));
        canonical.chain(MEDIA_TYPE_ALIASES)
    }

    /// Returns the extension for a media type, in upper or lower case. Parameters (`;codecs=…`) are ignored.
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        let essence = media_type.split(';').next()?.trim();
        let found = Self::media_types().find(|(known, _)| known.eq_ignore_ascii_case(essence));
        found.map(|(_, extension)| extension)
    }

    fn parse(text: &str) -> Option<Self> {
        let found = Self::ALL
            .into_iter()
            .find(|(_, known, _)| known.eq_ignore_ascii_case(text));
        found.map(|(extension, _, _)| extension)
    }

    /// Returns the extension without its dot.
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// Returns the media type.
    pub fn media_type(self) -> &'static str {
        Self::ALL[self as usize].2
    }
}

/// The object key of a requested take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadKey {
    /// The project.
    pub project: Project,
    /// The step.
    pub step: Step,
    /// The hash of the respondent's email.
    pub hash: EmailHash,
    /// The take.
    pub take: TakeId,
    /// The type of the file.
    pub extension: Extension,
}

impl UploadKey {
    /// Returns the key of a take of this response.
    pub fn new(response: &ResponseKey, take: TakeId, extension: Extension) -> Self {
        Self {
            project: response.project.clone(),
            step: response.step,
            hash: response.email.hash(),
            take,
            extension,
        }
    }
}

impl fmt::Display for UploadKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            project,
            step,
            hash,
            take,
            extension,
        } = self;
        write!(formatter, "{project}/{step}/{hash}/{take}.{}", extension.as_str())
    }
}

/// A parsed key of the uploads bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectKey {
    /// The project.
    pub project: Project,
    /// The step.
    pub step: Step,
    /// The rest of the key without the extension.
    pub name: ObjectName,
    /// The type of the file.
    pub extension: Extension,
}

/// The part of an object key after project and step, without the extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectName {
    /// A requested take.
    Take {
        /// The hash of the respondent's email.
        hash: EmailHash,
        /// The take.
        take: TakeId,
    },
    /// The name of a file put by hand.
    File(String),
}

/// Why a key is not the key of an upload.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ObjectKeyError {
    /// The key has fewer than three segments, or no name.
    #[error("an upload's key is {{project}}/{{step}}/{{hash}}/{{take}}.{{ext}}")]
    Shape,
    /// The extension is not the one of a video.
    #[error("an upload's key ends in .mp4 .mov .webm .mkv .m4v .avi .mpg .3gp or .mts")]
    Extension,
    /// The project or the step is malformed.
    #[error(transparent)]
    Identifier(#[from] Invalid),
}

/// Parses a decoded key of the uploads bucket.
pub fn parse(key: &str) -> Result<ObjectKey, ObjectKeyError> {
    let mut segments = key.splitn(3, '/');
    let (Some(project), Some(step), Some(rest)) = (segments.next(), segments.next(), segments.next()) else {
        return Err(ObjectKeyError::Shape);
    };
    let (name, extension) = rest.rsplit_once('.').ok_or(ObjectKeyError::Extension)?;
    if name.is_empty() {
        return Err(ObjectKeyError::Shape);
    }
    Ok(ObjectKey {
        extension: Extension::parse(extension).ok_or(ObjectKeyError::Extension)?,
        project: project.parse()?,
        step: step.parse()?,
        name: parse_name(name),
    })
}

fn parse_name(name: &str) -> ObjectName {
    let requested = name.split_once('/').and_then(|(hash, take)| {
        let (hash, take) = (hash.parse().ok()?, take.parse().ok()?);
        Some(ObjectName::Take { hash, take })
    });
    requested.unwrap_or_else(|| ObjectName::File(name.to_owned()))
}

impl ObjectKey {
    /// Returns the email in the name of a file put by hand, if the name is an email.
    pub fn email_in_name(&self) -> Option<Email> {
        match &self.name {
            ObjectName::Take { .. } => None,
            ObjectName::File(name) => name.parse().ok(),
        }
    }
}

/// Returns the folder of a response's takes in the uploads bucket, with its closing slash.
pub fn upload_prefix(response: &ResponseKey) -> String {
    let ResponseKey { project, step, email } = response;
    format!("{project}/{step}/{}/", email.hash())
}

/// Returns the folder of a response's renditions in the renditions bucket, with its closing slash.
pub fn rendition_prefix(project: &Project, step: Step, hash: &EmailHash) -> String {
    format!("output/web/{project}/{step}/{hash}/")
}

/// Returns the name of an attempt's rendition in that folder, without the extension.
pub fn rendition_name(take: TakeId, attempt: u32) -> String {
    format!("{take}-{attempt}")
}

/// Returns whether a file in that folder is the rendition or a thumbnail of the attempt that [`rendition_name`] names.
pub fn is_of_attempt(file: &str, rendition_name: &str) -> bool {
    file.strip_prefix(rendition_name)
        .is_some_and(|rest| rest.starts_with(['.', '-']))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Timestamp;

    fn response() -> ResponseKey {
        ResponseKey {
            project: "my-project".parse().unwrap(),
            step: "2".parse().unwrap(),
            email: "ann@example.com".parse().unwrap(),
        }
    }

    #[test]
    fn requested_take_round_trips_through_its_key() {
        let take = TakeId::new(Timestamp::from_millis(1_700_000_000_000).unwrap(), [7; 10]);
        let key = UploadKey::new(&response(), take, Extension::Webm).to_string();
        let parsed = parse(&key).unwrap();
        assert_eq!(
            parsed.name,
            ObjectName::Take {
                hash: response().email.hash(),
                take
            }
        );
        assert_eq!(
            (parsed.project, parsed.step, parsed.extension),
            (response().project, response().step, Extension::Webm)
        );
    }

    #[test]
    fn file_put_by_hand_keeps_its_name() {
        let parsed = parse("demo/0/Größe + Farbe (1).MOV").unwrap();
        assert_eq!(parsed.name, ObjectName::File("Größe + Farbe (1)".into()));
        assert_eq!(parsed.extension, Extension::Mov);
        assert_eq!(parsed.email_in_name(), None);
        assert_eq!(
            parse("demo/0/Ann@example.com.mp4").unwrap().email_in_name(),
            Some("ann@example.com".parse().unwrap())
        );
    }

    #[test]
    fn malformed_key_has_a_reason() {
        for (key, reason) in [
            ("video.mp4", "an upload's key is"),
            ("demo/0/.mp4", "an upload's key is"),
            ("demo/0/readme.txt", "ends in .mp4"),
            ("demo/0/video", "ends in .mp4"),
            ("demo/x/video.mp4", "step is a number"),
            ("../0/video.mp4", "project is 1 to 64"),
        ] {
            assert!(parse(key).unwrap_err().to_string().contains(reason), "{key}");
        }
    }

    #[test]
    fn every_extension_round_trips() {
        for (extension, text, media_type) in Extension::ALL {
            assert_eq!((extension.as_str(), extension.media_type()), (text, media_type));
            assert_eq!(
                Extension::of_media_type(&format!("{media_type}; codecs=x")),
                Some(extension)
            );
        }
    }

    #[test]
    fn media_types_of_browsers_are_accepted_in_any_case_with_parameters() {
        for (media_type, extension) in [
            ("video/matroska", Extension::Mkv),
            ("video/x-matroska;codecs=avc1", Extension::Mkv),
            ("video/avi", Extension::Avi),
            ("video/msvideo", Extension::Avi),
            ("video/vnd.avi", Extension::Avi),
            ("VIDEO/X-MSVIDEO", Extension::Avi),
            ("video/mp2t", Extension::Mts),
            ("Video/WebM;codecs=\"vp8,opus\"", Extension::Webm),
            ("  video/webm ; codecs=\"vp9;opus\" ; a=b", Extension::Webm),
            ("video/MP4;codecs=\"avc1.4d401f, mp4a.40.2\"", Extension::Mp4),
        ] {
            assert_eq!(
                Extension::of_media_type(media_type),
                Some(extension),
                "{media_type}"
            );
        }
        for media_type in [
            "",
            ";video/mp4",
            "video/mp4x",
            "video/",
            "text/plain; video/mp4",
            "audio/webm",
            "video/mp4, text/html",
        ] {
            assert_eq!(Extension::of_media_type(media_type), None, "{media_type}");
        }
        assert_eq!(
            parse("demo/0/ann@example.com.MTS").unwrap().extension,
            Extension::Mts
        );
    }

    #[test]
    fn files_of_attempt_ten_are_not_of_attempt_one() {
        let take = TakeId::new(Timestamp::from_millis(0).unwrap(), [0; 10]);
        let first = rendition_name(take, 1);
        for (file, expected) in [
            ("1.mp4", true),
            ("1-00001.png", true),
            ("10.mp4", false),
            ("1", false),
        ] {
            assert_eq!(
                is_of_attempt(&format!("{take}-{file}"), &first),
                expected,
                "{file}"
            );
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(key in "\\PC*") {
            let _ = parse(&key);
        }
    }
}
