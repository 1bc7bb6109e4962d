//! The final state that a response must reach after any fault.

use serde_json::Value;

use crate::respondent::Respondent;
use crate::wait::TRANSCODED;
use crate::{Stack, eventually};

impl Respondent<'_> {
    /// Returns the folder of the response's renditions.
    pub fn renditions_folder(&self) -> String {
        let email: model::Email = self.email.parse().expect("a valid email");
        format!("output/web/{}/{}/{}/", self.project, self.step, email.hash())
    }

    /// Returns the folder of the response's files.
    pub fn uploads_folder(&self) -> String {
        let email: model::Email = self.email.parse().expect("a valid email");
        format!("{}/{}/{}/", self.project, self.step, email.hash())
    }

    /// Waits until the response is ready with the file at this key and only the current attempt has output: one record,
    /// one attempt, its rendition and its poster. The project must have no other response.
    #[track_caller]
    pub fn until_complete(&self, stack: &Stack, key: &str) -> Value {
        let ready = self.until("ready");
        assert_eq!(ready["upload"]["key"], key, "{ready}");
        let only = stack
            .owner_get(&format!("/projects/{}/responses", self.project))
            .expect(200)
            .json();
        assert_eq!(only["responses"].as_array().map(Vec::len), Some(1), "{only}");
        eventually(
            TRANSCODED,
            &format!("the output of other attempts for {key} is deleted"),
            || {
                let item = self.item()?;
                let attempt = format!(
                    "{}{}-{}",
                    self.renditions_folder(),
                    item["Take"]["Id"].as_str()?,
                    item["Job"]["Attempt"]
                );
                assert_eq!(
                    item["Renditions"]["web"]["Key"],
                    format!("{attempt}.mp4"),
                    "the rendition must be of the current attempt: {item:#}"
                );
                let over = |state: &String| !["Submitted", "Progressing"].contains(&state.as_str());
                let made = stack.keys(&stack.info.renditions_bucket, &self.renditions_folder());
                let is_whole = stack.job_states(key).iter().all(over)
                    && made.len() == 2
                    && made.iter().all(|made| {
                        made.strip_prefix(&attempt)
                            .is_some_and(|rest| rest.starts_with(['.', '-']))
                    });
                is_whole.then_some(item)
            },
        )
    }
}
