//! The settings of the function, read when it starts.

use std::time::Duration;

use aws::{EnvVars, SettingError};
use model::Project;

use crate::limits::MAX_OBJECT_SIZE;

/// The maximum lifetime of a form or a presigned URL, in minutes. Both expire with the session of the role that signed
/// them, even before their own expiry ("Sharing objects with presigned URLs" in the Amazon S3 User Guide).
const MAX_MINUTES: u64 = 60;

/// The API's settings, from the variables of the same names in capitals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiSettings {
    /// The responses table.
    pub responses_table_name: String,
    /// The uploads bucket.
    pub uploads_bucket: String,
    /// The renditions bucket.
    pub renditions_bucket: String,
    /// The parameter in the parameter store that holds the stage's secret.
    pub secret_parameter: String,
    /// Whether the table holds items of the Chalice project, which lists then include.
    pub adopted_items: bool,
    /// The open projects: all clients may request an upload.
    pub open_uploads: Vec<Project>,
    /// The maximum size of an upload, in bytes: `UPLOAD_MAX_BYTES`.
    pub upload_max_bytes: u64,
    /// The lifetime of an issued upload: `UPLOAD_MINUTES`.
    pub upload_lifetime: Duration,
    /// The lifetime of a playback URL: `PLAYBACK_MINUTES`.
    pub playback_lifetime: Duration,
}

impl ApiSettings {
    /// Reads the settings.
    pub fn new(environment: &EnvVars) -> Result<Self, SettingError> {
        let minutes = |name| {
            Ok(Duration::from_secs(
                60 * environment.number(name, 1..=MAX_MINUTES)?,
            ))
        };
        Ok(Self {
            responses_table_name: environment.required("RESPONSES_TABLE_NAME")?.to_owned(),
            uploads_bucket: environment.required("UPLOADS_BUCKET")?.to_owned(),
            renditions_bucket: environment.required("RENDITIONS_BUCKET")?.to_owned(),
            secret_parameter: environment.required("SECRET_PARAMETER")?.to_owned(),
            adopted_items: environment.parsed("ADOPTED_ITEMS")?,
            open_uploads: environment.list("OPEN_UPLOADS")?,
            upload_max_bytes: environment.number("UPLOAD_MAX_BYTES", 1..=MAX_OBJECT_SIZE)?,
            upload_lifetime: minutes("UPLOAD_MINUTES")?,
            playback_lifetime: minutes("PLAYBACK_MINUTES")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(project: &str, upload_minutes: &str, playback_minutes: &str) -> EnvVars {
        EnvVars::from([
            ("RESPONSES_TABLE_NAME", "responses"),
            ("UPLOADS_BUCKET", "uploads"),
            ("RENDITIONS_BUCKET", "renditions"),
            ("SECRET_PARAMETER", "/responses/secret"),
            ("ADOPTED_ITEMS", "false"),
            ("OPEN_UPLOADS", project),
            ("UPLOAD_MAX_BYTES", "1000"),
            ("UPLOAD_MINUTES", upload_minutes),
            ("PLAYBACK_MINUTES", playback_minutes),
        ])
    }

    #[test]
    fn lifetimes_are_at_most_an_hour() {
        let settings = ApiSettings::new(&environment("demo", "60", "60")).unwrap();
        let hour = Duration::from_secs(3600);
        assert_eq!(
            (settings.upload_lifetime, settings.playback_lifetime),
            (hour, hour)
        );
        for (upload, playback, name) in [
            ("61", "60", "UPLOAD_MINUTES"),
            ("60", "61", "PLAYBACK_MINUTES"),
            ("0", "60", "UPLOAD_MINUTES"),
        ] {
            let error = ApiSettings::new(&environment("demo", upload, playback))
                .unwrap_err()
                .to_string();
            assert!(error.contains(name) && error.contains("1 to 60"), "{error}");
        }
    }

    #[test]
    fn malformed_setting_is_an_error_with_its_name() {
        let error = ApiSettings::new(&environment("demo,/", "60", "60"))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("OPEN_UPLOADS") && error.contains("1 to 64"),
            "{error}"
        );
    }
}
