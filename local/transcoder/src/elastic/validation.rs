//! What the service's model says of values, and its sentence for those that do not hold.

use axum::body::Bytes;
use serde::de::DeserializeOwned;

use crate::api::error::ApiError;
use crate::id::is_id;

/// Reads a request's body; an empty one is an empty object.
pub fn body<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, ApiError> {
    let text: &[u8] = if bytes.is_empty() { b"{}" } else { bytes };
    serde_json::from_slice(text)
        .map_err(|error| ApiError::Validation(format!("The request body is not valid: {error}")))
}

/// Requires an identifier's form.
pub fn id(name: &str, value: &str) -> Result<(), ApiError> {
    let mut checks = Checks::default();
    checks.id(name, value);
    checks.done()
}

/// Collects what is wrong with a request.
#[derive(Debug, Default)]
pub struct Checks {
    problems: Vec<String>,
}

impl Checks {
    /// Takes a value that must be there; an empty one stands in, and the request is refused at the end.
    pub fn required(&mut self, name: &str, value: Option<String>) -> String {
        value.unwrap_or_else(|| {
            self.problems.push(null(name));
            String::new()
        })
    }

    /// Requires a length in characters.
    pub fn length(&mut self, name: &str, value: &str, least: usize, most: usize) {
        if self.is_null(name) {
            return;
        }
        let count = value.chars().count();
        if count < least {
            self.wrong(
                name,
                value,
                &format!("Member must have length greater than or equal to {least}"),
            );
        } else if count > most {
            self.wrong(
                name,
                value,
                &format!("Member must have length less than or equal to {most}"),
            );
        }
    }

    /// Requires a form, which the sentence gives as the model's pattern.
    pub fn pattern(&mut self, name: &str, value: &str, pattern: &str, holds: impl Fn(&str) -> bool) {
        let constraint = format!("Member must satisfy regular expression pattern: {pattern}");
        self.constraint(name, value, &constraint, holds);
    }

    /// Requires something that has no pattern.
    pub fn constraint(&mut self, name: &str, value: &str, constraint: &str, holds: impl Fn(&str) -> bool) {
        if !self.is_null(name) && !holds(value) {
            self.wrong(name, value, constraint);
        }
    }

    /// Requires an identifier's form.
    pub fn id(&mut self, name: &str, value: &str) {
        self.pattern(name, value, r"^\d{13}-\w{6}$", is_id);
    }

    /// Notes a problem in words of its own.
    pub fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// Refuses the request where anything was wrong.
    pub fn done(self) -> Result<(), ApiError> {
        match self.problems.len() {
            0 => Ok(()),
            1 => Err(ApiError::Validation(format!(
                "1 validation error detected: {}",
                self.problems.join("; ")
            ))),
            count => Err(ApiError::Validation(format!(
                "{count} validation errors detected: {}",
                self.problems.join("; ")
            ))),
        }
    }

    fn is_null(&self, name: &str) -> bool {
        self.problems.contains(&null(name))
    }

    fn wrong(&mut self, name: &str, value: &str, constraint: &str) {
        self.problems.push(format!(
            "Value '{value}' at '{name}' failed to satisfy constraint: {constraint}"
        ));
    }
}

fn null(name: &str) -> String {
    format!("Value null at '{name}' failed to satisfy constraint: Member must not be null")
}

/// `^(\w|\.|-){1,255}$`
pub fn is_bucket(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// `^arn:aws:iam::\w{12}:role/.+$`
pub fn is_role(text: &str) -> bool {
    let account = text
        .strip_prefix("arn:aws:iam::")
        .and_then(|rest| rest.split_once(":role/"));
    account.is_some_and(|(account, name)| is_account(account) && !name.is_empty())
}

/// `(^$)|(^arn:aws:sns:.*:\w{12}:.+$)`
pub fn is_topic(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    text.is_empty()
        || matches!(parts[..], ["arn", "aws", "sns", _, account, name] if is_account(account) && !name.is_empty())
}

fn is_account(text: &str) -> bool {
    text.len() == 12
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_the_model() {
        assert!(is_bucket("a.b-c_D9") && !is_bucket("") && !is_bucket("a/b") && !is_bucket(&"a".repeat(256)));
        assert!(
            is_role("arn:aws:iam::000000000000:role/a/b")
                && !is_role("arn:aws:iam::0:role/a")
                && !is_role("arn:aws:iam::000000000000:role/")
        );
        assert!(
            is_topic("")
                && is_topic("arn:aws:sns:us-east-1:000000000000:t")
                && !is_topic("arn:aws:sqs:us-east-1:000000000000:t")
        );
    }

    #[test]
    fn problems_are_counted_in_the_service_s_words() {
        let mut checks = Checks::default();
        checks.required("inputBucket", None);
        checks.length("inputBucket", "", 1, 255);
        checks.length("name", "", 1, 40);
        let error = checks.done().unwrap_err().to_string();
        insta::assert_snapshot!(error, @"2 validation errors detected: Value null at 'inputBucket' failed to satisfy constraint: Member must not be null; Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1");
    }
}
