//! The functions, as Lambda has them: called when a test wants it, and begun anew.

use serde_json::{Value, json};

use crate::Stack;
use crate::http::Answer;

impl Stack {
    /// Runs `reconcile` once; what it says that it did. Other tests' responses may be among it.
    #[track_caller]
    pub fn reconcile(&self) -> Value {
        let answer = self.lambda("reconcile", "POST", "invocations", "{}");
        assert_eq!(answer.header("x-amz-function-error"), None, "{}", answer.text());
        answer.json()
    }

    /// Calls a function with an event, as a source does that sends it straight to the function.
    #[track_caller]
    pub fn call_directly(&self, function: &str, event: &Value) -> Answer {
        self.lambda(function, "POST", "invocations", &event.to_string())
    }

    /// Has the next call of a function find a new process, which knows nothing of what an earlier one has read.
    #[track_caller]
    pub fn begin_anew(&self, function: &str) {
        let timeout = self.lambda(function, "GET", "configuration", "").json()["Timeout"].clone();
        self.lambda(
            function,
            "PUT",
            "configuration",
            &json!({"Timeout": timeout}).to_string(),
        );
    }

    #[track_caller]
    fn lambda(&self, function: &str, method: &str, what: &str, body: &str) -> Answer {
        let path = format!("/2015-03-31/functions/{}/{what}", self.facts.functions[function]);
        self.call("lambda", method, &path, &[], body).expect(200)
    }
}
