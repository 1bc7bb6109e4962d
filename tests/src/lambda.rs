//! The Lambda functions: invocation, restart and configuration.

use serde_json::{Value, json};

use crate::Stack;
use crate::http::Answer;
use crate::proxy::Proxy;

/// A function with changed environment variables, restored when dropped.
pub struct ChangedEnvironment<'a> {
    stack: &'a Stack,
    function: String,
    variables: Value,
}

/// A function whose event source mapping is disabled, enabled again when dropped.
pub struct PausedSource<'a> {
    stack: &'a Stack,
    function: String,
}

impl Stack {
    /// Runs `reconcile` once and returns its summary, which may include responses of other tests.
    #[track_caller]
    pub fn reconcile(&self) -> Value {
        let answer = self.lambda("reconcile", "POST", "invocations", "{}");
        assert_eq!(answer.header("x-amz-function-error"), None, "{}", answer.text());
        answer.json()
    }

    /// Runs `reconcile` in full mode until it has listed the whole bucket; returns the summary of each run.
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

    /// Invokes a function directly with an event.
    #[track_caller]
    pub fn call_directly(&self, function: &str, event: &Value) -> Answer {
        self.lambda(function, "POST", "invocations", &event.to_string())
    }

    /// Restarts a function: the next invocation runs in a new process without cached values.
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

    /// Routes a function's calls to services through a proxy.
    #[track_caller]
    pub fn route_through(&self, function: &str, proxy: &Proxy) -> ChangedEnvironment<'_> {
        self.set_environment(function, proxy.variables())
    }

    /// Sets environment variables of a function.
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

    /// Disables a function's event source mapping; its queue keeps the messages.
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
