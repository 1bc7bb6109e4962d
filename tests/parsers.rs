//! Generated messages: every parser accepts a message exactly if the published schema does.
//!
//! Each test runs `PROPTEST_CASES` cases (256 by default) of each kind. An endless loop is ended by the time limit of
//! `.config/nextest.toml`.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use schema_strategies::{any_json, mutated, valid};
use serde_json::{Value, json};
use tests::messages::{PARSERS, chain, parser};
use tests::schema;

/// Runs a property with generated values.
fn run<T: std::fmt::Debug>(values: &BoxedStrategy<T>, property: impl Fn(T) -> Result<(), TestCaseError>) {
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    if let Err(error) = TestRunner::new(config).run(values, property) {
        panic!("{error}");
    }
}

/// Checks that a document's schema and its parser agree on valid values and on values with faults.
fn check_agreement(name: &str) {
    let file = format!("{name}.json");
    let (document, validator, parser) = (schema::document(&file), schema::validator(&file), parser(name));
    let reason = |value: &Value| {
        let error = validator.iter_errors(value).next();
        error.map(|error| format!("{}: {error}", error.instance_path()))
    };
    run(&valid(&document), |value| {
        prop_assert_eq!(reason(&value), None, "the generated value is invalid");
        let outcome = parser(&value.to_string());
        prop_assert!(
            outcome.is_ok(),
            "the schema accepts what the parser refuses: {:?}",
            outcome
        );
        Ok(())
    });
    let refused = std::cell::Cell::new(0);
    run(&mutated(&document), |value| {
        let (outcome, reason) = (parser(&value.to_string()), reason(&value));
        prop_assert_eq!(
            outcome.is_err(),
            reason.is_some(),
            "the parser says {:?}, the schema says {:?}",
            outcome,
            reason
        );
        refused.set(refused.get() + u32::from(outcome.is_err()));
        Ok(())
    });
    let cases = Config::default().cases;
    assert!(
        refused.get() > cases / 4,
        "only {} of {cases} faults were refused",
        refused.get()
    );
}

macro_rules! agreement {
    ($($test:ident: $document:literal,)*) => {
        $(
            #[test]
            fn $test() {
                check_agreement($document);
            }
        )*

        #[test]
        fn every_message_is_tested() {
            let parsed = PARSERS.map(|(document, _)| document);
            assert_eq!(parsed.as_slice(), [$($document),*]);
        }
    };
}

agreement! {
    s3_notification_agrees_with_its_schema: "s3-notification",
    s3_event_from_eventbridge_agrees_with_its_schema: "s3-eventbridge",
    s3_test_event_agrees_with_its_schema: "s3-test-event",
    sns_notification_agrees_with_its_schema: "sns-notification",
    elastic_transcoder_notification_agrees_with_its_schema: "elastic-transcoder-notification",
    media_convert_event_agrees_with_its_schema: "media-convert-event",
}

#[test]
fn any_json_is_parsed_as_its_schemas_say() {
    let validators = PARSERS.map(|(name, parser)| (name, parser, schema::validator(&format!("{name}.json"))));
    run(&any_json(), |value| {
        for (name, parser, validator) in &validators {
            let outcome = parser(&value.to_string());
            prop_assert_eq!(
                outcome.is_ok(),
                validator.is_valid(&value),
                "{}: {:?}",
                name,
                outcome
            );
        }
        Ok(())
    });
}

#[test]
fn any_text_is_refused_without_a_panic() {
    let bytes = proptest::collection::vec(any::<u8>(), 0..200);
    let texts = prop_oneof![
        bytes.prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        // Cut at any place, and with any byte replaced.
        (any_json(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(value, index, byte)| {
            let mut bytes = json!({"Records": value}).to_string().into_bytes();
            let index = index.index(bytes.len());
            bytes[index] = byte;
            bytes.truncate(index.max(byte.into()));
            String::from_utf8_lossy(&bytes).into_owned()
        }),
        Just("[".repeat(100_000)),
        Just("{\"Records\":".repeat(10_000)),
    ];
    run(&texts.boxed(), |text| {
        for (name, parser) in PARSERS {
            let is_json = serde_json::from_str::<Value>(&text).is_ok();
            prop_assert!(is_json || parser(&text).is_err(), "{} accepts {:?}", name, text);
        }
        Ok(())
    });
}

#[test]
fn envelope_does_not_change_the_outcome() {
    let attributes = json!({"engine": {"Type": "String", "Value": "any"}});
    for (name, parser) in PARSERS {
        if name == "sns-notification" {
            continue;
        }
        let document = schema::document(&format!("{name}.json"));
        let values = prop_oneof![valid(&document), mutated(&document)];
        run(&values.boxed(), |value| {
            // A message with a member Type of its own is itself taken for an envelope.
            prop_assume!(value.get("Type").is_none());
            let envelope = json!({
                "Type": "Notification", "MessageId": "da41e39f-ea4d-435a-b922-c6aae3915ebe", "MessageAttributes": attributes,
                "TopicArn": "arn:aws:sns:eu-west-1:111122223333:jobs", "Message": value.to_string(),
            });
            prop_assert_eq!(parser(&envelope.to_string()), parser(&value.to_string()));
            Ok(())
        });
    }
}

/// Replaces every string of a value by an email.
fn with_emails(value: &mut Value) {
    match value {
        Value::String(text) => *text = "ann@example.com".to_owned(),
        Value::Array(elements) => elements.iter_mut().for_each(with_emails),
        Value::Object(members) => members.values_mut().for_each(with_emails),
        _ => {}
    }
}

#[test]
fn error_has_no_value_of_the_message() {
    for (name, parser) in PARSERS {
        let document = schema::document(&format!("{name}.json"));
        run(&mutated(&document), |mut value| {
            let outcome = parser(&value.to_string());
            with_emails(&mut value);
            for outcome in [outcome, parser(&value.to_string())] {
                let error = outcome.err().unwrap_or_default();
                prop_assert!(!error.contains("ann@"), "{}", error);
            }
            if let Err(error) = model::notification::parse_job(&value.to_string()) {
                prop_assert!(!chain(&error).contains("ann@"), "{}", chain(&error));
            }
            Ok(())
        });
    }
}

/// Version 1.0 of a JSON parser's trap: of several members with one name, the last one counts.
#[test]
fn last_of_several_members_counts() {
    let event = |event: &str| format!(r#"{{"Service": "Amazon S3", "Bucket": "b", "Event": {event}}}"#);
    let parse = parser("s3-test-event");
    assert!(parse(&event(r#""s3:Other", "Event": "s3:TestEvent""#)).is_ok());
    assert!(parse(&event(r#""s3:TestEvent", "Event": "s3:Other""#)).is_err());
}
