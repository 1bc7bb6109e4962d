//! The Terraform outputs of a deployed stage.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_json::{Map, Value};

/// The outputs that every stage defines under the same names.
#[derive(Debug, Deserialize, PartialEq, Eq)]
pub struct StageOutputs {
    /// URL of the HTTP API, without a slash at its end.
    pub api_url: String,
    /// AWS region, such as `eu-central-1`.
    pub region: String,
    /// Bucket of the respondents' files.
    pub uploads_bucket: String,
    /// Bucket of the renditions and posters.
    pub renditions_bucket: String,
}

impl StageOutputs {
    /// Runs `terraform output -json` in `terraform/stages/{stage}` of the current folder.
    ///
    /// # Errors
    /// A text that tells the user what to do.
    pub fn of_stage(stage: &str) -> Result<Self, String> {
        let folder = Path::new("terraform/stages").join(stage);
        if !folder.is_dir() {
            return Err(format!(
                "{} does not exist: give an existing STAGE",
                folder.display()
            ));
        }
        let output = Command::new("terraform")
            .arg(format!("-chdir={}", folder.display()))
            .args(["output", "-json"])
            .output()
            .map_err(|error| format!("cannot start terraform: {error}"))?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr);
            return Err(format!("terraform output failed: {}", message.trim()));
        }
        Self::parse(&output.stdout).map_err(|error| format!("the outputs of {}: {error}", folder.display()))
    }

    /// Parses the document that `terraform output -json` prints.
    fn parse(document: &[u8]) -> Result<Self, serde_json::Error> {
        let outputs: Map<String, Value> = serde_json::from_slice(document)?;
        let values = outputs
            .into_iter()
            .map(|(name, mut output)| (name, output["value"].take()));
        let outputs: Self = serde_json::from_value(Value::Object(values.collect()))?;
        let api_url = outputs.api_url.trim_end_matches('/').to_owned();
        Ok(Self { api_url, ..outputs })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn outputs_are_read_by_name() {
        let output = |value: &str| json!({"sensitive": false, "type": "string", "value": value});
        let document = json!({
            "api_url": output("https://abc.execute-api.eu-central-1.amazonaws.com/"),
            "region": output("eu-central-1"),
            "uploads_bucket": output("uploads"),
            "renditions_bucket": output("renditions"),
            "queues": {"sensitive": false, "type": "object", "value": {}},
        });
        let outputs = StageOutputs::parse(document.to_string().as_bytes()).unwrap();
        assert_eq!(
            outputs.api_url,
            "https://abc.execute-api.eu-central-1.amazonaws.com"
        );
        assert_eq!(outputs.uploads_bucket, "uploads");
    }

    #[test]
    fn missing_output_is_named() {
        let error = StageOutputs::parse(b"{}").unwrap_err().to_string();
        assert!(error.contains("api_url"), "{error}");
    }
}
