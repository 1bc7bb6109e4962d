//! The Lambda functions: invocation, restart and configuration.

use serde_json::{Value, json};

use crate::http::Answer;
use crate::proxy::Proxy;
use crate::versions::{ALIAS, ChangedFunction};
use crate::{Stack, unique};

/// A function whose event source mapping is disabled, enabled again when dropped.
pub struct PausedSource<'a> {
    stack: &'a Stack,
    function: String,
}

impl Stack {
    /// Runs `reconcile` once and returns its summary, which may include responses of other tests.
    #[track_caller]
    pub fn reconcile(&self) -> Value {
        let answer = self.call_directly("reconcile", &json!({}));
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
        let name = format!("{}:{ALIAS}", self.info.functions[function]);
        let path = format!("/2015-03-31/functions/{name}/invocations");
        self.call("lambda", "POST", &path, &[], &event.to_string())
            .expect(200)
    }

    /// Restarts a function: the next invocation runs in a new process without cached values, because it runs another version.
    #[track_caller]
    pub fn restart_function(&self, function: &str) {
        let timeout = self.configuration(function)["Timeout"].clone();
        self.deploy(function, &json!({"Timeout": timeout}));
    }

    /// Routes a function's calls to services through a proxy.
    #[track_caller]
    pub fn route_through(&self, function: &str, proxy: &Proxy) -> ChangedFunction<'_> {
        self.set_environment(function, proxy.variables())
    }

    /// Sets environment variables of a function.
    #[track_caller]
    pub fn set_environment(
        &self,
        function: &str,
        changed: impl IntoIterator<Item = (&'static str, String)>,
    ) -> ChangedFunction<'_> {
        let mut variables = self.configuration(function)["Environment"]["Variables"].clone();
        for (name, value) in changed {
            variables[name] = value.into();
        }
        self.change(function, &json!({"Environment": {"Variables": variables}}))
    }

    /// Writes a new secret for tokens and cursors, as Terraform does when `secret_version` rises.
    #[track_caller]
    pub fn write_secret(&self) {
        let name = self.configuration("api")["Environment"]["Variables"]["SECRET_PARAMETER"].clone();
        let value = format!("{}{}", unique(""), unique(""));
        let body = json!({"Name": name, "Value": value, "Type": "SecureString", "Overwrite": true});
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "AmazonSSM.PutParameter"),
        ];
        self.call("ssm", "POST", "/", &headers, &body.to_string())
            .expect(200);
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
}

impl Drop for PausedSource<'_> {
    fn drop(&mut self) {
        self.stack.enable_source(&self.function, true);
    }
}
