//! Timestamps: UTC with milliseconds.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant in UTC, to the millisecond.
///
/// It is written as RFC 3339 with exactly three decimals and a `Z`, so that strings have the order of their instants and
/// can be sort keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// Converts milliseconds since the Unix epoch; `None` outside the years 0 to 9999.
    pub fn from_millis(millis: i64) -> Option<Self> {
        let instant = DateTime::from_timestamp_millis(millis)?;
        (0..=9999)
            .contains(&chrono::Datelike::year(&instant))
            .then_some(Self(instant))
    }

    /// Returns the milliseconds since the Unix epoch.
    pub fn as_millis(self) -> i64 {
        self.0.timestamp_millis()
    }

    /// Returns the seconds since the Unix epoch, rounded down.
    pub fn as_seconds(self) -> i64 {
        self.0.timestamp()
    }

    /// Returns the instant so many seconds later, or this instant if the result is outside the years 0 to 9999.
    pub fn plus_seconds(self, seconds: i64) -> Self {
        let moved = TimeDelta::try_seconds(seconds)
            .and_then(|delta| self.0.checked_add_signed(delta))
            .and_then(|instant| Self::from_millis(instant.timestamp_millis()));
        moved.unwrap_or(self)
    }

    /// Returns the instant as a `chrono` value.
    pub fn as_datetime(self) -> DateTime<Utc> {
        self.0
    }
}

impl Default for Timestamp {
    /// The Unix epoch.
    fn default() -> Self {
        Self(DateTime::UNIX_EPOCH)
    }
}

impl From<DateTime<Utc>> for Timestamp {
    /// Truncates the instant to milliseconds. An instant outside the years 0 to 9999 becomes the Unix epoch.
    fn from(instant: DateTime<Utc>) -> Self {
        Self::from_millis(instant.timestamp_millis()).unwrap_or(Self(DateTime::UNIX_EPOCH))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl FromStr for Timestamp {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        DateTime::parse_from_rfc3339(text).map(|instant| instant.to_utc().into())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn inline_schema() -> bool {
        true
    }

    /// It has no pattern: readers may write the instant back with other decimals.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date-time"})
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const YEAR_9999: i64 = 253_402_300_799_999;

    proptest! {
        #[test]
        fn texts_are_ordered_like_their_instants(a in 0..=YEAR_9999, b in 0..=YEAR_9999) {
            let (a, b) = (Timestamp::from_millis(a).unwrap(), Timestamp::from_millis(b).unwrap());
            prop_assert_eq!(a.to_string().cmp(&b.to_string()), a.cmp(&b));
            prop_assert_eq!(a.to_string().parse::<Timestamp>().unwrap(), a);
        }
    }

    #[test]
    fn whole_second_keeps_its_decimals() {
        assert_eq!(
            Timestamp::from_millis(0).unwrap().to_string(),
            "1970-01-01T00:00:00.000Z"
        );
    }
}
