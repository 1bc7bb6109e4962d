//! The scheduled function, called when a test wants it.

use serde_json::Value;

use crate::Stack;

impl Stack {
    /// Runs `reconcile` once; what it says that it did. Other tests' responses may be among it.
    #[track_caller]
    pub fn reconcile(&self) -> Value {
        let path = format!(
            "/2015-03-31/functions/{}/invocations",
            self.facts.functions["reconcile"]
        );
        let answer = self.call("lambda", "POST", &path, &[], "{}").expect(200);
        assert_eq!(answer.header("x-amz-function-error"), None, "{}", answer.text());
        answer.json()
    }
}
