//! Secrets and personal data are not logged; functions use only the credentials of their roles.

use std::collections::BTreeSet;
use std::fs;

use tests::form::Form;
use tests::media::Sample;
use tests::multipart::UploadClient;
use tests::processes::Process;
use tests::{Stack, logs};

#[test]
fn no_personal_data_or_secret_is_logged() {
    let stack = Stack::shared();
    let since = logs::now();
    let ann = stack.respondent();
    let clip = stack.sample(Sample::Clip);
    let issued = ann.request_upload(None, &clip).expect(201).json();
    let form = Form::of(&issued["upload"]);
    form.post(&clip).expect(204);
    let ready = ann.until("ready");
    let upload = UploadClient::of(&stack, &ann, &issued["upload"]);
    upload.call("GET", "").expect(200);
    let chalice = format!("/presignedurl/demo/1?mail={}", ann.email);
    let other = Form::of(&stack.api_get(None, &chalice).expect(200).json());
    // Refused and failed requests are logged with care, too.
    stack.put_upload(
        &format!("demo/0/{}.txt", ann.email),
        None,
        &stack.sample(Sample::Text),
    );
    stack.reject(&ann.email.replace('@', "%40"));
    ann.at_step(2).submit(&stack.sample(Sample::Text));
    ann.at_step(2).until("failed");
    stack.owner("DELETE", &ann.at_step(2).path()).expect(202);
    stack.reconcile();

    let (name, _) = ann.email.split_once('@').unwrap();
    let mut secrets = vec![name.to_owned(), stack.info.token.clone(), upload.token];
    for field in ["x-amz-signature", "x-amz-security-token", "policy"] {
        secrets.extend([form.fields[field].clone(), other.fields[field].clone()]);
    }
    let url = ready["playback"]["url"].as_str().unwrap();
    secrets.push(
        url.split_once("X-Amz-Signature=")
            .unwrap()
            .1
            .split('&')
            .next()
            .unwrap()
            .to_owned(),
    );

    let transcoder = fs::read_to_string(stack.info.state.join("logs/transcoder.log")).unwrap();
    let mut lines: Vec<String> = transcoder.lines().map(str::to_owned).collect();
    for function in ["api", "on_upload", "on_job", "reconcile"] {
        let log = stack.log(function, since);
        assert!(!log.is_empty(), "{function} logged nothing");
        lines.extend(log);
    }
    for secret in secrets {
        let telling = lines.iter().find(|line| line.contains(&secret));
        assert!(telling.is_none(), "{secret} is logged: {telling:?}");
    }
}

#[test]
fn log_lines_are_json_with_a_timestamp() {
    let stack = Stack::shared();
    let since = logs::now();
    let ann = stack.respondent();
    ann.submit(&stack.sample(Sample::Clip));
    ann.until("ready");
    for function in ["api", "on_upload", "on_job"] {
        // The local platform's own lines are not JSON.
        let ours: Vec<String> = stack
            .log(function, since)
            .into_iter()
            .filter(|line| line.starts_with('{'))
            .collect();
        assert!(!ours.is_empty(), "{function} logged nothing");
        for line in ours {
            let line: serde_json::Value =
                serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            let time = line["timestamp"]
                .as_str()
                .unwrap_or_else(|| panic!("no time: {line}"));
            assert!(time.parse::<model::Timestamp>().is_ok(), "{line}");
            assert!(line["level"].is_string(), "{line}");
        }
    }
}

#[test]
fn functions_use_their_roles_credentials() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    ann.submit(&stack.sample(Sample::Clip));
    ann.until("ready");

    // Only on Linux a process shows its environment.
    if cfg!(target_os = "linux") {
        let mut running = BTreeSet::new();
        for Process { environment, .. } in stack.functions() {
            let variable = |name: &str| environment.get(name).cloned().unwrap_or_default();
            let function = variable("AWS_LAMBDA_FUNCTION_NAME");
            assert!(
                variable("AWS_ACCESS_KEY_ID").starts_with("ASIA"),
                "{function} must use its role's access key"
            );
            assert!(
                !variable("AWS_SESSION_TOKEN").is_empty(),
                "{function} must use its role's session token"
            );
            assert_ne!(variable("AWS_SECRET_ACCESS_KEY"), "test", "{function}");
            running.insert(function);
        }
        assert_eq!(running, stack.info.functions.values().cloned().collect());
    }
    // A form is signed with the keys of the function's role, too.
    assert!(ann.at_step(1).form(&stack.sample(Sample::Clip)).fields["x-amz-credential"].starts_with("ASIA"));

    let transcoder = fs::read_to_string(stack.info.state.join("transcoder/credentials.json")).unwrap();
    let transcoder: serde_json::Value = serde_json::from_str(&transcoder).unwrap();
    assert!(transcoder["access_key_id"].as_str().unwrap().starts_with("AKIA"));
    assert_ne!(transcoder["access_key_id"], stack.info.access_key_id);
    assert!(stack.info.access_key_id.starts_with("AKIA"));
}
