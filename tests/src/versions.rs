//! The published versions of the functions, and the alias `live`, which every trigger invokes.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use serde_json::{Value, json};

use crate::http::Answer;
use crate::wait::SOON;
use crate::{Stack, eventually};

/// The alias that every trigger of a function invokes.
pub const ALIAS: &str = "live";

/// A function with a changed configuration: a new version, which the alias invokes. When dropped, the alias invokes the
/// version before, and the new versions are deleted.
pub struct ChangedFunction<'a> {
    stack: &'a Stack,
    function: String,
    configuration: Value,
    alias: Value,
}

impl Stack {
    /// Returns the version that the alias of a function invokes.
    #[track_caller]
    pub fn live_version(&self, function: &str) -> u64 {
        version_number(&self.alias(function)["FunctionVersion"])
    }

    /// Changes a function's configuration as `terraform apply` does, until the result is dropped.
    #[track_caller]
    pub fn change(&self, function: &str, changes: &Value) -> ChangedFunction<'_> {
        let configuration = self.configuration(function);
        let before = ChangedFunction {
            stack: self,
            function: function.to_owned(),
            configuration: json!({
                "Description": configuration["Description"],
                "Environment": {"Variables": configuration["Environment"]["Variables"]},
            }),
            alias: self.alias(function),
        };
        self.deploy(function, changes);
        before
    }

    /// Updates a function, publishes a version, and then lets the alias invoke it.
    #[track_caller]
    pub(crate) fn deploy(&self, function: &str, changes: &Value) {
        self.configure(function, changes);
        let published = self.lambda(function, "POST", "versions", "{}").json();
        self.set_alias(function, &json!({"FunctionVersion": published["Version"]}));
    }

    /// Returns the configuration of the code that is not published yet.
    #[track_caller]
    pub fn configuration(&self, function: &str) -> Value {
        self.lambda(function, "GET", "configuration", "").json()
    }

    /// Changes that configuration, and waits for the end of the update.
    #[track_caller]
    fn configure(&self, function: &str, changes: &Value) {
        self.lambda(function, "PUT", "configuration", &changes.to_string());
        eventually(SOON, &format!("the update of {function} ends"), || {
            (self.configuration(function)["LastUpdateStatus"] == "Successful").then_some(())
        });
    }

    #[track_caller]
    fn alias(&self, function: &str) -> Value {
        self.lambda(function, "GET", &format!("aliases/{ALIAS}"), "")
            .json()
    }

    #[track_caller]
    fn set_alias(&self, function: &str, changes: &Value) {
        self.lambda(function, "PUT", &format!("aliases/{ALIAS}"), &changes.to_string());
    }

    #[track_caller]
    fn delete_versions_after(&self, function: &str, version: u64) {
        let versions = self.lambda(function, "GET", "versions", "").json();
        let versions = versions["Versions"].as_array().into_iter().flatten();
        let numbers = versions
            .map(|each| &each["Version"])
            .filter(|number| *number != "$LATEST");
        for later in numbers.map(version_number).filter(|number| *number > version) {
            let path = format!("/2015-03-31/functions/{}:{later}", self.info.functions[function]);
            self.call("lambda", "DELETE", &path, &[], "").expect(204);
        }
    }

    #[track_caller]
    fn lambda(&self, function: &str, method: &str, what: &str, body: &str) -> Answer {
        let path = format!("/2015-03-31/functions/{}/{what}", self.info.functions[function]);
        let answer = self.call("lambda", method, &path, &[], body);
        let (status, text) = (answer.status, answer.text());
        assert!(status < 300, "{method} {path}: {status} {text}");
        answer
    }
}

impl ChangedFunction<'_> {
    fn restore(&self) {
        let (stack, function, alias) = (self.stack, &self.function, &self.alias);
        let version = &alias["FunctionVersion"];
        stack.set_alias(
            function,
            &json!({"FunctionVersion": version, "Description": alias["Description"]}),
        );
        stack.configure(function, &self.configuration);
        // Otherwise the next `terraform apply` would let the alias invoke the latest of them.
        stack.delete_versions_after(function, version_number(version));
    }
}

impl Drop for ChangedFunction<'_> {
    fn drop(&mut self) {
        let restored = catch_unwind(AssertUnwindSafe(|| self.restore()));
        // A second panic would end the process, and the other functions would stay changed.
        if let (Err(panic), false) = (restored, thread::panicking()) {
            resume_unwind(panic);
        }
    }
}

#[track_caller]
fn version_number(version: &Value) -> u64 {
    let number = version.as_str().and_then(|version| version.parse().ok());
    number.unwrap_or_else(|| panic!("{version} is not the number of a version"))
}
