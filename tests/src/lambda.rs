//! The functions, as Lambda has them: called when a test wants it, and begun anew.

use serde_json::{Value, json};

use crate::Stack;
use crate::http::Answer;
use crate::proxy::Proxy;

/// A function whose environment variables are others, until this is dropped.
pub struct ChangedEnvironment<'a> {
    stack: &'a Stack,
    function: String,
    variables: Value,
}

/// A function to which its queue tells nothing, until this is dropped.
pub struct PausedSource<'a> {
    stack: &'a Stack,
    function: String,
}

impl Stack {
    /// Runs `reconcile` once; what it says that it did. Other tests' responses may be among it.
    #[track_caller]
    pub fn reconcile(&self) -> Value {
        let answer = self.lambda("reconcile", "POST", "invocations", "{}");
        assert_eq!(answer.header("x-amz-function-error"), None, "{}", answer.text());
        answer.json()
    }

    /// Runs `reconcile` once, in full: a walk that has no time for all of the bucket goes on.
    #[track_caller]
    pub fn reconcile_fully(&self) -> Vec<Value> {
        let (mut order, mut summaries) = (json!({"full": true}), Vec::new());
        loop {
            let answer = self.call_directly("reconcile", &order);
            assert_eq!(answer.header("x-amz-function-error"), None, "{}", answer.text());
            let summary = answer.json();
            let next = summary.get("next").cloned();
            summaries.push(summary);
            match next {
                Some(next) => order["after"] = next,
                None => return summaries,
            }
        }
    }

    /// Calls a function with an event, as a source does that sends it straight to the function.
    #[track_caller]
    pub fn call_directly(&self, function: &str, event: &Value) -> Answer {
        self.lambda(function, "POST", "invocations", &event.to_string())
    }

    /// Has the next call of a function find a new process, which knows nothing of what an earlier one has read.
    #[track_caller]
    pub fn restart_function(&self, function: &str) {
        let timeout = self.lambda(function, "GET", "configuration", "").json()["Timeout"].clone();
        self.lambda(
            function,
            "PUT",
            "configuration",
            &json!({"Timeout": timeout}).to_string(),
        );
    }

    /// Has a function call its services by a proxy.
    #[track_caller]
    pub fn route_through(&self, function: &str, proxy: &Proxy) -> ChangedEnvironment<'_> {
        self.set_environment(function, proxy.variables())
    }

    /// Gives environment variables of a function other values.
    #[track_caller]
    pub fn set_environment(
        &self,
        function: &str,
        changed: impl IntoIterator<Item = (&'static str, String)>,
    ) -> ChangedEnvironment<'_> {
        let configuration = self.lambda(function, "GET", "configuration", "").json();
        let variables = configuration["Environment"]["Variables"].clone();
        let mut new_variables = variables.clone();
        for (name, value) in changed {
            new_variables[name] = value.into();
        }
        self.set_variables(function, &new_variables);
        ChangedEnvironment {
            stack: self,
            function: function.to_owned(),
            variables,
        }
    }

    /// Has a function's queue keep what it has.
    #[track_caller]
    pub fn pause(&self, function: &str) -> PausedSource<'_> {
        self.enable_source(function, false);
        PausedSource {
            stack: self,
            function: function.to_owned(),
        }
    }

    #[track_caller]
    fn enable_source(&self, function: &str, enabled: bool) {
        let mapping = &self.info.event_source_mappings[function];
        let path = format!("/2015-03-31/event-source-mappings/{mapping}");
        let body = json!({"Enabled": enabled}).to_string();
        let answer = self.call("lambda", "PUT", &path, &[], &body);
        assert!(answer.status < 300, "{}", answer.text());
    }

    #[track_caller]
    fn set_variables(&self, function: &str, variables: &Value) {
        let body = json!({"Environment": {"Variables": variables}}).to_string();
        self.lambda(function, "PUT", "configuration", &body);
    }

    #[track_caller]
    fn lambda(&self, function: &str, method: &str, what: &str, body: &str) -> Answer {
        let path = format!("/2015-03-31/functions/{}/{what}", self.info.functions[function]);
        self.call("lambda", method, &path, &[], body).expect(200)
    }
}

impl Drop for ChangedEnvironment<'_> {
    fn drop(&mut self) {
        self.stack.set_variables(&self.function, &self.variables);
    }
}

impl Drop for PausedSource<'_> {
    fn drop(&mut self) {
        self.stack.enable_source(&self.function, true);
    }
}
