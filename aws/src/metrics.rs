//! Metrics: a JSON line in CloudWatch's embedded metric format for each measurement, on standard output.
//!
//! CloudWatch makes metrics of these lines. Each is printed at once, so that a crash loses none that was measured:
//! docs/adr/0023-metrics-in-log-lines.md. Source of the format: "Specification: Embedded metric format" in the CloudWatch
//! user guide.

use std::io::{Write as _, stdout};
use std::sync::Arc;

use model::Timestamp;
use model::measurement::Measurement;
use serde_json::{Map, Value, json};

use crate::settings::{EnvVars, SettingError};

/// The metrics of a stage. Cheap to clone.
#[derive(Clone, Default)]
pub struct Metrics {
    /// `None` in a program that measures nothing, such as a test.
    namespace: Option<Arc<str>>,
}

impl Metrics {
    /// Reads the namespace of the metrics from `METRICS_NAMESPACE`.
    pub fn new(environment: &EnvVars) -> Result<Self, SettingError> {
        let namespace = Some(environment.required("METRICS_NAMESPACE")?.into());
        Ok(Self { namespace })
    }

    /// Prints the line of a measurement. A line that cannot be printed is lost, as any line of the log.
    pub fn emit(&self, measurement: Measurement) {
        if let Some(namespace) = &self.namespace {
            let line = document(namespace, measurement, crate::now());
            let _ = writeln!(stdout().lock(), "{line}");
        }
    }
}

/// A metric and its value.
struct Metric {
    name: &'static str,
    unit: &'static str,
    value: u64,
    /// The name and the value of a dimension. CloudWatch then makes a metric for each value, and one for all together.
    dimension: Option<(&'static str, String)>,
}

const fn metric(name: &'static str, unit: &'static str, value: u64) -> Metric {
    Metric {
        name,
        unit,
        value,
        dimension: None,
    }
}

const fn count(name: &'static str, value: u64) -> Metric {
    metric(name, "Count", value)
}

/// Returns the metrics of a measurement; at most one has a dimension.
fn metrics(measurement: Measurement) -> Vec<Metric> {
    let with = |dimension, metric| Metric {
        dimension: Some(dimension),
        ..metric
    };
    match measurement {
        Measurement::UploadStored => vec![count("UploadsStored", 1)],
        Measurement::Ready { milliseconds } => vec![
            count("Results", 1),
            metric("TimeToReady", "Milliseconds", milliseconds),
        ],
        Measurement::Failed(code) => vec![
            count("Results", 1),
            with(("Reason", code.to_string()), count("Failures", 1)),
        ],
        Measurement::EngineRefused => vec![count("EngineRefusals", 1)],
        Measurement::AnonymousUploadRequest => vec![count("AnonymousUploadRequests", 1)],
        Measurement::Repaired { repair, responses } => vec![with(
            ("Kind", repair.as_str().to_owned()),
            count("Repairs", responses.into()),
        )],
        Measurement::Reconciled {
            oldest_overdue_seconds,
            retries,
        } => vec![
            count("ReconcileRetries", retries.into()),
            metric("OldestOverdue", "Seconds", oldest_overdue_seconds),
        ],
    }
}

/// Returns the document of a measurement. Lambda reads `level` and `timestamp`, as of the log's other lines.
fn document(namespace: &str, measurement: Measurement, now: Timestamp) -> Value {
    let mut directives = Vec::new();
    let mut members = Map::new();
    for metric in metrics(measurement) {
        let mut dimensions = vec![json!([])];
        if let Some((name, value)) = metric.dimension {
            dimensions.push(json!([name]));
            members.insert(name.to_owned(), value.into());
        }
        members.insert(metric.name.to_owned(), metric.value.into());
        directives.push(json!({
            "Namespace": namespace,
            "Dimensions": dimensions,
            "Metrics": [{"Name": metric.name, "Unit": metric.unit}],
        }));
    }
    let metadata = json!({"Timestamp": now.as_millis(), "CloudWatchMetrics": directives});
    members.insert("_aws".to_owned(), metadata);
    members.insert("level".to_owned(), "INFO".into());
    members.insert("timestamp".to_owned(), now.to_string().into());
    members.insert("message".to_owned(), "metrics".into());
    members.into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::FailureCode;
    use model::measurement::Repair;
    use strum::VariantArray as _;

    use super::*;

    /// One measurement of each kind, and of each failure and repair.
    fn all() -> Vec<Measurement> {
        let repaired = |repair: &Repair| Measurement::Repaired {
            repair: *repair,
            responses: 2,
        };
        [
            Measurement::UploadStored,
            Measurement::Ready { milliseconds: 6600 },
            Measurement::EngineRefused,
            Measurement::AnonymousUploadRequest,
            Measurement::Reconciled {
                oldest_overdue_seconds: 61,
                retries: 0,
            },
        ]
        .into_iter()
        .chain(
            FailureCode::VARIANTS
                .iter()
                .map(|code| Measurement::Failed(*code)),
        )
        .chain(Repair::VARIANTS.iter().map(repaired))
        .collect()
    }

    fn documents() -> Vec<Value> {
        let now: Timestamp = serde_json::from_value(json!("2026-01-02T03:04:05.678Z")).unwrap();
        let document = |measurement| document("responses-dev", measurement, now);
        all().into_iter().map(document).collect()
    }

    #[test]
    fn documents_have_the_published_format() {
        insta::assert_snapshot!(
            documents()
                .iter()
                .map(Value::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        );
    }

    /// Checks a document by the rules of the specification that this crate could break.
    #[test]
    fn documents_agree_with_the_specification() {
        for document in documents() {
            let metadata = document["_aws"].as_object().unwrap();
            assert_eq!(
                metadata.keys().collect::<Vec<_>>(),
                ["CloudWatchMetrics", "Timestamp"]
            );
            assert_eq!(metadata["Timestamp"], 1_767_323_045_678_u64);
            let directives = metadata["CloudWatchMetrics"].as_array().unwrap();
            assert!(!directives.is_empty(), "{document}");
            for directive in directives {
                let members = directive.as_object().unwrap().keys().collect::<Vec<_>>();
                assert_eq!(members, ["Dimensions", "Metrics", "Namespace"]);
                assert_eq!(directive["Namespace"], "responses-dev");
                let dimensions = directive["Dimensions"].as_array().unwrap();
                assert!(
                    !dimensions.is_empty(),
                    "a directive has at least one set: {document}"
                );
                for name in dimensions.iter().flat_map(|set| set.as_array().unwrap()) {
                    let value = document[name.as_str().unwrap()].as_str().unwrap();
                    assert!((1..=1024).contains(&value.len()), "{document}");
                }
                for metric in directive["Metrics"].as_array().unwrap() {
                    let value = &document[metric["Name"].as_str().unwrap()];
                    assert!(value.is_u64(), "each metric has a number: {document}");
                    assert!(["Count", "Seconds", "Milliseconds"].contains(&metric["Unit"].as_str().unwrap()));
                }
            }
            assert_eq!(document["level"], "INFO", "Lambda filters by level");
            assert_eq!(document["timestamp"], "2026-01-02T03:04:05.678Z");
        }
    }

    /// Every metric, with the values of its dimension.
    fn names() -> (BTreeSet<&'static str>, BTreeSet<String>) {
        let metrics = || all().into_iter().flat_map(metrics);
        let values = metrics().filter_map(|metric| Some(metric.dimension?.1));
        (metrics().map(|metric| metric.name).collect(), values.collect())
    }

    #[test]
    fn alarms_and_dashboard_know_every_metric() {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../terraform/modules/observability/metrics.tf"
        );
        let text = std::fs::read_to_string(file).unwrap();
        let (names, values) = names();
        for name in names {
            assert!(
                text.contains(&format!("{name} ")) || text.contains(&format!("\"{name}\"")),
                "metrics.tf does not name the metric {name}"
            );
        }
        for value in values {
            assert!(
                text.contains(&format!("\"{value}\"")),
                "metrics.tf does not name the failure or repair {value}"
            );
        }
    }

    #[test]
    fn metrics_need_a_namespace() {
        let error = Metrics::new(&EnvVars::default()).err();
        assert_eq!(error, Some(SettingError::Missing("METRICS_NAMESPACE")));
    }
}
