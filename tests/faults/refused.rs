//! Jobs that the engine refuses to create: because of a missing permission, an invalid configuration or an invalid
//! request.

use serde_json::Value;
use tests::media::Sample;
use tests::proxy::{FaultAction, Proxy, ServiceCall};
use tests::wait::SOON;
use tests::{Respondent, Stack, eventually, logs};

/// The functions that create jobs.
const CREATE_JOBS: [&str; 2] = ["on_upload", "reconcile"];

/// Waits until the job of a response is parked.
fn parked(who: &Respondent<'_>, refusals: u64) -> Value {
    eventually(SOON, "the job is parked", || {
        let item = who.item()?;
        let is_parked = item["Status"] == "uploaded" && item["Job"]["Parked"]["Refusals"] == refusals;
        is_parked.then_some(item)
    })
}

fn engine_refused(stack: &Stack, function: &str, since: i64, text: &str) -> bool {
    let lines = stack.log(function, since);
    lines
        .iter()
        .any(|line| line.contains("\"engine-refused\"") && line.contains(text))
}

#[test]
fn job_without_permission_is_parked_for_a_day() {
    let stack = Stack::shared();
    let since = logs::now();
    let plan = |call: &ServiceCall| match call.operation.as_str() {
        "CreateJob" => FaultAction::Deny,
        _ => FaultAction::Forward,
    };
    let proxy = Proxy::start(&stack, plan);
    let changed = CREATE_JOBS.map(|function| stack.route_through(function, &proxy));
    let [lucky, unlucky] = [(); 2].map(|()| {
        let who = stack.respondent_in_closed_project();
        who.submit(&stack.sample(Sample::Clip));
        parked(&who, 1);
        who
    });
    // The alarm counts these log lines.
    assert!(engine_refused(
        &stack,
        "on_upload",
        since,
        "AccessDeniedException"
    ));
    lucky.make_parked_job_due("2099-01-01T00:00:00.000Z");
    unlucky.make_parked_job_due("2020-01-01T00:00:00.000Z");
    stack.reconcile();
    parked(&lucky, 2);
    let failed = unlucky.until("failed");
    assert_eq!(failed["failure"]["code"], "gave-up", "{failed}");
    assert_eq!(
        failed["failure"]["engine"]["code"], "AccessDeniedException",
        "{failed}"
    );

    drop(changed);
    lucky.make_parked_job_due("2099-01-01T00:00:00.000Z");
    stack.reconcile();
    assert!(lucky.until("ready").get("failure").is_none());
    stack
        .owner("POST", &format!("{}/retry", unlucky.path()))
        .expect(202);
    eventually(SOON, "the retry has a job", || {
        stack.reconcile();
        (unlucky.response()["status"] != "uploaded").then_some(())
    });
    unlucky.until("ready");
}

/// The engine itself refuses the job: the first configuration names an unknown resource, the second is malformed.
#[test]
fn wrong_configuration_parks_the_job_and_wrong_request_fails_it() {
    let stack = Stack::shared();
    let (unknown, malformed) = match stack.info.engine.as_str() {
        "media-convert" => (
            (
                "MEDIA_CONVERT_QUEUE_ARN",
                "arn:aws:mediaconvert:us-east-1:000000000000:queues/unknown",
            ),
            ("MEDIA_CONVERT_ROLE_ARN", "no-arn"),
        ),
        _ => (("PIPELINE_ID", "1111111111111-zzzzz9"), ("PIPELINE_ID", "no-id")),
    };
    let clip = stack.sample(Sample::Clip);
    let [waits, fails] = [unknown, malformed].map(|(name, value)| {
        let _changed =
            CREATE_JOBS.map(|function| stack.set_environment(function, [(name, value.to_owned())]));
        let who = stack.respondent_in_closed_project();
        who.submit(&clip);
        if value == unknown.1 {
            parked(&who, 1);
        } else {
            let failed = who.until("failed");
            assert_eq!(failed["failure"]["code"], "job-refused", "{failed}");
            assert!(failed["failure"]["engine"]["message"].is_string(), "{failed}");
        }
        who
    });
    waits.make_parked_job_due("2099-01-01T00:00:00.000Z");
    stack
        .owner("POST", &format!("{}/retry", fails.path()))
        .expect(202);
    eventually(SOON, "both responses have a job", || {
        stack.reconcile();
        let has_job = |who: &Respondent<'_>| who.response()["status"] != "uploaded";
        (has_job(&waits) && has_job(&fails)).then_some(())
    });
    waits.until("ready");
    fails.until("ready");
}
