//! Validation of requests. Reports all problems in one sentence, as the service does.

use axum::body::Bytes;
use serde::de::DeserializeOwned;

use crate::api_error::ApiError;
use crate::model::ShapeProblem;

/// Reads a request's body; an empty one is an empty object.
pub fn body<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, ApiError> {
    let text: &[u8] = if bytes.is_empty() { b"{}" } else { bytes };
    serde_json::from_slice(text)
        .map_err(|error| ApiError::Validation(format!("The request body is not valid: {error}")))
}

/// Describes the constraints of the service's model that a request breaks.
pub fn describe(problems: &[ShapeProblem]) -> String {
    sentence(problems.iter().map(ShapeProblem::elastic_transcoder).collect())
}

/// Collects the problems of a request.
#[derive(Debug, Default)]
pub struct Checks {
    problems: Vec<String>,
}

impl Checks {
    /// Returns a required value. Records a missing one as a problem and returns an empty placeholder.
    pub fn required(&mut self, name: &str, value: Option<String>) -> String {
        value.unwrap_or_else(|| {
            self.problems.push(null(name));
            String::new()
        })
    }

    /// Checks a constraint of a present value.
    pub fn constraint(&mut self, name: &str, value: &str, constraint: &str, holds: impl Fn(&str) -> bool) {
        if !self.problems.contains(&null(name)) && !holds(value) {
            self.problems.push(format!(
                "Value '{value}' at '{name}' failed to satisfy constraint: {constraint}"
            ));
        }
    }

    /// Records a problem.
    pub fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// Returns an error if there is a problem.
    pub fn done(self) -> Result<(), ApiError> {
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(ApiError::Validation(sentence(self.problems)))
    }
}

fn null(name: &str) -> String {
    format!("Value null at '{name}' failed to satisfy constraint: Member must not be null")
}

fn sentence(problems: Vec<String>) -> String {
    let count = match problems.len() {
        1 => "1 validation error".to_owned(),
        count => format!("{count} validation errors"),
    };
    format!("{count} detected: {}", problems.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_counted() {
        let mut checks = Checks::default();
        checks.required("input.key", None);
        checks.constraint("input.key", "", "Member must be there", |_| false);
        checks.constraint("video.codec", "vp8", "Member must be H.264", |codec| {
            codec == "H.264"
        });
        let error = checks.done().unwrap_err().to_string();
        insta::assert_snapshot!(error, @"2 validation errors detected: Value null at 'input.key' failed to satisfy constraint: Member must not be null; Value 'vp8' at 'video.codec' failed to satisfy constraint: Member must be H.264");
    }
}
