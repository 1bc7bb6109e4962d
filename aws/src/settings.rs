//! Settings from environment variables, read once when a function starts.

use std::collections::HashMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use thiserror::Error;

/// The environment variables of a function.
#[derive(Clone, Default)]
pub struct EnvVars(HashMap<String, String>);

/// A missing or malformed variable. The message never contains the value, which may be a secret.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum SettingError {
    /// The variable is not set, or empty.
    #[error("the variable {0} is missing: set it in the function's configuration")]
    Missing(&'static str),
    /// The value is malformed.
    #[error("the variable {name} is malformed: {problem}")]
    Malformed {
        /// The variable.
        name: &'static str,
        /// The problem of its value.
        problem: String,
    },
}

impl EnvVars {
    /// Reads the variables of this process. Ignores those that are not UTF-8.
    pub fn of_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(std::env::vars_os().filter_map(text).collect())
    }

    /// Returns an optional variable. An empty one is absent.
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Returns a required variable.
    pub fn required(&self, name: &'static str) -> Result<&str, SettingError> {
        self.optional(name).ok_or(SettingError::Missing(name))
    }

    /// Returns a required variable as a `T`.
    pub fn parsed<T: FromStr<Err: Display>>(&self, name: &'static str) -> Result<T, SettingError> {
        let malformed = |problem: T::Err| SettingError::Malformed {
            name,
            problem: problem.to_string(),
        };
        self.required(name)?.parse().map_err(malformed)
    }

    /// Returns a required number within a range.
    pub fn number(&self, name: &'static str, range: RangeInclusive<u64>) -> Result<u64, SettingError> {
        let number = self.parsed(name)?;
        if range.contains(&number) {
            return Ok(number);
        }
        let problem = format!("it is {} to {}", range.start(), range.end());
        Err(SettingError::Malformed { name, problem })
    }

    /// Returns a required list, separated by commas, which may be empty.
    pub fn list<T: FromStr<Err: Display>>(&self, name: &'static str) -> Result<Vec<T>, SettingError> {
        let text = self.0.get(name).ok_or(SettingError::Missing(name))?;
        let malformed = |problem: T::Err| SettingError::Malformed {
            name,
            problem: problem.to_string(),
        };
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(|entry| entry.parse().map_err(malformed)).collect()
    }
}

impl<const N: usize> From<[(&str, &str); N]> for EnvVars {
    fn from(variables: [(&str, &str); N]) -> Self {
        Self(
            variables
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_names_the_variable_but_not_its_value() {
        let environment = EnvVars::from([("EMPTY", ""), ("WORD", "s3cret"), ("MANY", "11")]);
        let says = |error: SettingError| error.to_string();
        assert_eq!(
            says(environment.required("EMPTY").unwrap_err()),
            says(SettingError::Missing("EMPTY"))
        );
        let malformed = says(environment.number("WORD", 1..=10).unwrap_err());
        assert!(
            malformed.contains("WORD") && !malformed.contains("s3cret"),
            "{malformed}"
        );
        assert!(says(environment.number("MANY", 1..=10).unwrap_err()).contains("1 to 10"));
        assert_eq!(environment.number("MANY", 1..=11), Ok(11));
    }

    #[test]
    fn list_may_be_empty_but_not_unset() {
        let environment = EnvVars::from([("NONE", ""), ("TWO", "a, b")]);
        assert_eq!(environment.list::<String>("NONE"), Ok(vec![]));
        assert_eq!(
            environment.list::<String>("TWO"),
            Ok(vec!["a".to_owned(), "b".to_owned()])
        );
        assert_eq!(
            environment.list::<String>("UNSET"),
            Err(SettingError::Missing("UNSET"))
        );
    }
}
