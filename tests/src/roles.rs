//! Permissions of the functions: removing and restoring an action.

use std::thread;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use crate::Stack;
use crate::http::Answer;

/// The name of each function's only inline policy.
const POLICY: &str = "function";

/// A function without one permission, restored when dropped.
pub struct WithoutPermission<'a> {
    stack: &'a Stack,
    role: String,
    policy: Value,
}

impl Stack {
    /// Removes an action from a function's role.
    #[track_caller]
    pub fn without_permission(&self, function: &str, action: &str) -> WithoutPermission<'_> {
        let role = self.info.roles[function].clone();
        let policy = self.policy(&role);
        let mut without = policy.clone();
        let mut taken = 0;
        for statement in without["Statement"].as_array_mut().expect("statements") {
            let actions = statement["Action"].as_array_mut().expect("actions");
            let before = actions.len();
            actions.retain(|has| has != action);
            taken += before - actions.len();
        }
        assert!(taken > 0, "{role} does not have {action}: {policy}");
        // IAM rejects a statement without an action.
        let has_actions =
            |statement: &Value| statement["Action"].as_array().is_some_and(|all| !all.is_empty());
        without["Statement"]
            .as_array_mut()
            .expect("statements")
            .retain(has_actions);
        let without_permission = WithoutPermission {
            stack: self,
            role,
            policy,
        };
        without_permission.put(&without).expect(200);
        without_permission
    }

    /// Returns all actions of a function's role.
    #[track_caller]
    pub fn actions(&self, function: &str) -> Vec<String> {
        let policy = self.policy(&self.info.roles[function]);
        let statements = policy["Statement"].as_array().expect("statements").iter();
        let actions = statements.flat_map(|statement| statement["Action"].as_array().expect("actions"));
        actions
            .map(|action| action.as_str().expect("an action is a text").to_owned())
            .collect()
    }

    /// Calls IAM; the fields are the parameters of the action.
    #[track_caller]
    pub fn iam(&self, fields: &[(&str, &str)]) -> Answer {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let fields = fields
            .iter()
            .map(|(name, value)| format!("&{name}={}", encoded(value)));
        let body = format!("Version=2010-05-08{}", fields.collect::<String>());
        self.call(
            "iam",
            "POST",
            "/",
            &[("content-type", "application/x-www-form-urlencoded")],
            &body,
        )
    }

    fn policy(&self, role: &str) -> Value {
        let fields = [
            ("Action", "GetRolePolicy"),
            ("RoleName", role),
            ("PolicyName", POLICY),
        ];
        let answer = self.iam(&fields).expect(200).text();
        let document = answer
            .split_once("<PolicyDocument>")
            .and_then(|(_, rest)| rest.split_once("</"));
        let document = percent_decode_str(document.expect("the answer has a policy document").0)
            .decode_utf8()
            .expect("the policy is UTF-8");
        serde_json::from_str(&document).unwrap_or_else(|error| panic!("not a policy: {error}: {document}"))
    }
}

impl WithoutPermission<'_> {
    fn put(&self, policy: &Value) -> Answer {
        let document = policy.to_string();
        let fields = [
            ("Action", "PutRolePolicy"),
            ("RoleName", &self.role),
            ("PolicyName", POLICY),
            ("PolicyDocument", &document),
        ];
        self.stack.iam(&fields)
    }
}

impl Drop for WithoutPermission<'_> {
    fn drop(&mut self) {
        let answer = self.put(&self.policy);
        // A second panic would hide the test's own.
        if answer.status != 200 && !thread::panicking() {
            panic!(
                "{} did not get its permissions back: {}",
                self.role,
                answer.text()
            );
        }
    }
}
