//! Identifiers: project, step, email, take, and the key of a response.

use std::fmt;
use std::str::FromStr;

use blake2::digest::consts::U10;
use blake2::{Blake2b, Digest};
use data_encoding::HEXLOWER;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::Timestamp;

/// The error of a malformed identifier. Its message states the rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{what} {rule}")]
pub struct Invalid {
    /// The identifier's name, such as `project`, `step`, `email` or `take`.
    pub what: &'static str,
    /// The violated rule, as the end of a sentence that begins with the name.
    pub rule: &'static str,
}

/// A project's name: 1 to 64 of `A-Z a-z 0-9 _ . -`, beginning with a letter or a digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("pattern" = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"))]
pub struct Project(String);

impl Project {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Project {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let in_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let well_formed = (1..=64).contains(&text.len())
            && text.as_bytes()[0].is_ascii_alphanumeric()
            && text.bytes().all(in_alphabet);
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid {
                what: "project",
                rule: "is 1 to 64 of A-Z a-z 0-9 _ . - and begins with a letter or a digit",
            })
        }
    }
}

/// The number of a question in a project: 0 to 9999, written without leading zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u16", into = "u16")]
#[schemars(inline, extend("minimum" = 0, "maximum" = 9999))]
pub struct Step(u16);

impl Step {
    /// The highest number.
    pub const MAX: u16 = 9999;

    /// Returns the number.
    pub fn number(self) -> u16 {
        self.0
    }
}

const STEP_RULE: Invalid = Invalid {
    what: "step",
    rule: "is a number from 0 to 9999 without leading zeros",
};

impl TryFrom<u16> for Step {
    type Error = Invalid;

    fn try_from(number: u16) -> Result<Self, Invalid> {
        if number <= Self::MAX {
            Ok(Self(number))
        } else {
            Err(STEP_RULE)
        }
    }
}

impl From<Step> for u16 {
    fn from(step: Step) -> u16 {
        step.0
    }
}

impl FromStr for Step {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let digits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || (text.len() > 1 && text.starts_with('0')) {
            return Err(STEP_RULE);
        }
        text.parse::<u16>().map_err(|_| STEP_RULE)?.try_into()
    }
}

/// A respondent's email: lower-cased ASCII, at most 254 characters.
///
/// `/ ? # % \`, spaces and controls are rejected, so that an email stays one segment of a path even if the path is
/// decoded twice. `$ { }` are rejected for new responses: S3 replaces `${filename}` in the fields of a form ("POST
/// Object" in the Amazon S3 API Reference). Existing items may contain them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("pattern" = r#"^[!"$&-.0->A-\[\]-~]+@[!"$&-.0->A-\[\]-~]+$"#, "maxLength" = 254))]
pub struct Email(String);

impl Email {
    /// Returns the email. It is personal data: never log it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses the email of a stored item and keeps its capitals: items of the Chalice project have capitals, which
    /// are part of the key.
    pub fn stored(text: &str) -> Result<Self, Invalid> {
        Self::existing(text).map(|_| Self(text.to_owned()))
    }

    /// Parses the email of a response that may exist already. Allows `$ { }`, which earlier versions stored.
    pub fn existing(text: &str) -> Result<Self, Invalid> {
        let invalid = |rule| Err(Invalid { what: "email", rule });
        let text = text.trim();
        if text.len() > 254 {
            return invalid("is at most 254 characters");
        }
        if !text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"/?#%\\".contains(&byte))
        {
            return invalid(EMAIL_ALPHABET);
        }
        match text.split_once('@') {
            Some((local, domain)) if !local.is_empty() && !domain.is_empty() && !domain.contains('@') => {
                Ok(Self(text.to_ascii_lowercase()))
            }
            _ => invalid("is of the form name@domain"),
        }
    }

    /// Returns the hash that replaces the email in object keys and logs.
    pub fn hash(&self) -> EmailHash {
        let digest = Blake2b::<U10>::digest(self.0.as_bytes());
        EmailHash(HEXLOWER.encode(&digest))
    }
}

/// The rule for the characters of a new email.
const EMAIL_ALPHABET: &str = "is ASCII without spaces, controls and / ? # % \\ $ { }";

impl fmt::Debug for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Email({})", self.hash())
    }
}

impl FromStr for Email {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.contains(['$', '{', '}']) {
            return Err(Invalid {
                what: "email",
                rule: EMAIL_ALPHABET,
            });
        }
        Self::existing(text)
    }
}

/// The BLAKE2b hash of an email, 80 bits in hexadecimal. The Chalice project has the same hash in its object keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[0-9a-f]{20}$"))]
pub struct EmailHash(String);

impl FromStr for EmailHash {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == 20 && text.bytes().all(lower_hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid {
                what: "email hash",
                rule: "is 20 lower-case hexadecimal digits",
            })
        }
    }
}

/// The id of a take, which is one recording by a respondent for a step. It is a UUIDv7, so that takes are ordered by the
/// time of their request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, with = "String", extend("format" = "uuid"))]
pub struct TakeId(Uuid);

const TAKE_RULE: Invalid = Invalid {
    what: "take",
    rule: "is a UUID of version 7",
};

impl TakeId {
    /// Returns a take id of this time; `random` distinguishes takes of the same millisecond.
    pub fn new(at: Timestamp, random: [u8; 10]) -> Self {
        let millis = u64::try_from(at.as_millis()).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// Returns the take id of a file put by hand. It derives from the object's time, key and version, so that one
    /// version of an object always has the same take id.
    pub fn of_object(last_modified: Timestamp, key: &str, version: Option<&str>) -> Self {
        let digest = Blake2b::<U10>::new()
            .chain_update(key.as_bytes())
            .chain_update([0])
            .chain_update(version.unwrap_or_default().as_bytes())
            .finalize();
        Self::new(last_modified, digest.into())
    }

    /// Returns the time in the id: of the request, or of the object for a file put by hand.
    pub fn at(self) -> Option<Timestamp> {
        let (seconds, nanos) = self.0.get_timestamp()?.to_unix();
        let seconds = i64::try_from(seconds).ok()?;
        Timestamp::from_millis(seconds.checked_mul(1000)? + i64::from(nanos / 1_000_000))
    }
}

impl TryFrom<Uuid> for TakeId {
    type Error = Invalid;

    fn try_from(uuid: Uuid) -> Result<Self, Invalid> {
        if uuid.get_version_num() == 7 {
            Ok(Self(uuid))
        } else {
            Err(TAKE_RULE)
        }
    }
}

impl FromStr for TakeId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        // Only the canonical form is accepted: a take must have one object key.
        let uuid = Uuid::parse_str(text).map_err(|_| TAKE_RULE)?;
        if uuid.get_version_num() == 7 && uuid.to_string() == text {
            Ok(Self(uuid))
        } else {
            Err(TAKE_RULE)
        }
    }
}

macro_rules! text_identifier {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, formatter)
            }
        }

        impl From<$name> for String {
            fn from(identifier: $name) -> String {
                identifier.0.to_string()
            }
        }
    )*};
}
text_identifier!(Project, Email, EmailHash, TakeId);

macro_rules! from_string {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = Invalid;

            fn try_from(text: String) -> Result<Self, Invalid> {
                text.parse()
            }
        }
    )*};
}
from_string!(Project, EmailHash, TakeId);

/// Parses an email that this system has issued, such as the one in an upload token.
impl TryFrom<String> for Email {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::existing(&text)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

/// The key of a response: a respondent has one response for each step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResponseKey {
    /// The project.
    pub project: Project,
    /// The step.
    pub step: Step,
    /// The respondent's email.
    pub email: Email,
}

impl ResponseKey {
    /// Returns the table's hash key: `{project}-{step}`.
    pub fn project_step(&self) -> String {
        project_step(&self.project, self.step)
    }

    /// Returns the shard of this key, from 0 to `shards - 1`. Keys are spread evenly.
    pub(crate) fn shard(&self, shards: u8) -> u8 {
        let digest = Blake2b::<U10>::new()
            .chain_update(self.project_step())
            .chain_update([0])
            .chain_update(self.email.as_str())
            .finalize();
        digest[0] % shards.max(1)
    }
}

/// Returns the table's hash key: `{project}-{step}`.
pub fn project_step(project: &Project, step: Step) -> String {
    format!("{project}-{step}")
}

/// Parses the result of [`project_step`]. It splits at the last `-`, because a project's name may contain `-`.
pub fn parse_project_step(text: &str) -> Result<(Project, Step), Invalid> {
    let split = text.rsplit_once('-').ok_or(Invalid {
        what: "ProjectStep",
        rule: "is {project}-{step}",
    });
    let (project, step) = split?;
    Ok((project.parse()?, step.parse()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn email_hash_equals_the_one_of_the_chalice_project() {
        // python: hashlib.blake2b(b"ann@example.com", digest_size=10).hexdigest()
        let email: Email = "Ann@Example.com ".parse().unwrap();
        assert_eq!(email.as_str(), "ann@example.com");
        assert_eq!(email.hash().to_string(), "bdc9b4b08dfec1038783");
    }

    #[test]
    fn email_debug_output_hides_the_email() {
        let email: Email = "ann@example.com".parse().unwrap();
        assert!(!format!("{email:?}").contains("ann"));
    }

    #[test]
    fn malformed_email_is_rejected() {
        let long = format!("{}@example.com", "a".repeat(250));
        for text in [
            "",
            "@",
            "ann",
            "a@",
            "@b",
            "a@b@c",
            "a b@c",
            "a/b@c",
            "a%40b@c",
            "ä@b",
            "a\0@b",
            "a\u{202e}@b",
            "${filename}@b",
            "a$@b",
            "a{@b",
            "a@b}",
            &long,
        ] {
            assert!(text.parse::<Email>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn malformed_project_is_rejected() {
        for text in [
            "",
            ".",
            "..",
            "-a",
            "a/b",
            "a b",
            "ä",
            "😀",
            "a\0",
            &"a".repeat(65),
        ] {
            assert!(text.parse::<Project>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn malformed_step_is_rejected() {
        for text in ["", "-1", "+1", "00", "01", "10000", "65536", "1.0", " 1", "٣"] {
            assert!(text.parse::<Step>().is_err(), "{text:?}");
        }
        assert_eq!("9999".parse::<Step>().unwrap().number(), 9999);
    }

    #[test]
    fn email_error_lists_the_forbidden_characters() {
        let error = "${filename}@example.com".parse::<Email>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "email is ASCII without spaces, controls and / ? # % \\ $ { }"
        );
    }

    proptest! {
        #[test]
        fn new_email_is_accepted_only_without_forbidden_characters(local in "[ -~\\x00-\\x1f\\x7f]{1,12}", domain in "[ -~]{1,12}") {
            let text = format!("{local}@{domain}");
            let trimmed = text.trim();
            let forbidden = |character: char| !character.is_ascii_graphic() || "/?#%\\${}".contains(character);
            let parts: Vec<&str> = trimmed.split('@').collect();
            let well_formed = parts.len() == 2 && parts.iter().all(|part| !part.is_empty());
            let expected = well_formed && !trimmed.contains(forbidden);
            let parsed = text.parse::<Email>();
            prop_assert_eq!(parsed.is_ok(), expected, "{:?}", text);
            if let Ok(email) = parsed {
                prop_assert_eq!(email.as_str(), trimmed.to_ascii_lowercase());
                prop_assert_eq!(Email::existing(&text).unwrap(), email);
            }
        }

        /// Earlier versions stored `$ { }`.
        #[test]
        fn existing_email_may_have_dollar_and_braces(local in "[A-Za-z0-9${}.+-]{1,12}") {
            let text = format!("{local}@Example.com");
            prop_assert_eq!(Email::stored(&text).unwrap().to_string(), text.clone());
            prop_assert_eq!(Email::existing(&text).unwrap().to_string(), text.to_ascii_lowercase());
        }

        #[test]
        fn project_and_step_round_trip_through_the_hash_key(project in "[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", step in 0..=9999u16) {
            let project: Project = project.parse().unwrap();
            let step: Step = step.try_into().unwrap();
            prop_assert_eq!(parse_project_step(&project_step(&project, step)).unwrap(), (project, step));
        }

        #[test]
        fn parsing_never_panics(text in ".*") {
            let _ = (text.parse::<Project>(), text.parse::<Step>(), text.parse::<Email>(), text.parse::<TakeId>(), parse_project_step(&text));
        }

        #[test]
        fn takes_are_ordered_by_their_time(a in 0..4_102_444_800_000i64, b in 0..4_102_444_800_000i64, random: [u8; 10]) {
            let [a, b] = [a, b].map(|millis| Timestamp::from_millis(millis).unwrap());
            let [take_a, take_b] = [a, b].map(|at| TakeId::new(at, random));
            prop_assert_eq!(take_a.cmp(&take_b), a.cmp(&b));
            prop_assert_eq!(take_a.at(), Some(a));
            prop_assert_eq!(take_a.to_string().parse::<TakeId>().unwrap(), take_a);
        }
    }
}
