//! The routes and the table of the Chalice project, which are kept unchanged.

use serde_json::json;
use tests::form::Form;
use tests::media::Sample;
use tests::{Stack, python, unique};

#[test]
fn chalice_front_end_can_upload() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let answer = stack
        .api_get(None, &format!("/presignedurl/demo/0?mail={}", ann.email))
        .expect(200)
        .json();
    let names: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(names, ["fields", "url"]);
    let form = Form::of(&answer);
    form.post(&stack.sample(Sample::Recorder)).expect(204);
    ann.until("ready");
    stack.api_get(None, "/presignedurl/demo/0").expect_problem(400);
}

#[test]
fn chalice_video_list_is_unchanged() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let clip = stack.sample(Sample::Clip);
    let keys = [0, 1].map(|step| ann.at_step(step).submit(&clip));
    for step in [0, 1] {
        ann.at_step(step).until("ready");
    }
    let videos = stack
        .owner_get(&format!("/videos?mail={}", ann.email))
        .expect(200)
        .json();
    let expected = [0, 1]
        .map(|step| json!({"ProjectStep": format!("demo-{step}"), "Mail": ann.email, "video": keys[step]}));
    assert_eq!(videos, json!(expected));
}

#[test]
fn chalice_item_is_a_response() {
    let stack = Stack::shared();
    let project = unique("chalice");
    let ann = stack.respondent_in(&project);
    let key = format!("{project}/0/27d8c4c2ad.webm");
    let old = json!({"ProjectStep": format!("{project}-0"), "Mail": ann.email, "video": key});
    stack.put_item(&old);

    let response = ann.response();
    tests::schema::check("video-response.json", &response);
    assert_eq!(
        (&response["status"], &response["upload"]["key"]),
        (&"uploaded".into(), &key.as_str().into())
    );
    let list = stack.owner_get(&ann.responses()).expect(200).json();
    assert_eq!(list["responses"], json!([response]));
    assert_eq!(
        stack
            .owner_get(&format!("/videos?mail={}", ann.email))
            .expect(200)
            .json(),
        json!([old])
    );
    assert_eq!(ann.item(), Some(old), "reading must not change the item");
}

#[test]
fn null_attribute_counts_as_absent() {
    let stack = Stack::shared();
    let project = unique("null");
    let ann = stack.respondent_in(&project);
    stack.put_item(&json!({
        "ProjectStep": ann.project_step(), "Mail": ann.email, "video": null, "Renditions": null,
        "UnmanagedKeys": null, "Take": null, "Status": null, "Revision": null, "Colour": null,
    }));
    assert_eq!(ann.response()["status"], "awaiting-upload");
    ann.submit(&stack.sample(Sample::Clip));
    let ready = ann.until("ready");
    tests::schema::check("video-response.json", &ready);
    let list = stack.owner_get(&ann.responses()).expect(200).json();
    assert_eq!(list["responses"][0]["email"], ann.email);
    assert!(
        ann.item().unwrap()["Colour"].is_null(),
        "an unknown attribute must be kept"
    );
}

#[test]
fn adopted_item_keeps_capitals_and_unknown_attributes() {
    let stack = Stack::shared();
    let project = unique("chalice");
    let mut ann = stack.respondent_in(&project);
    stack.put_item(&json!({"ProjectStep": format!("{project}-0"), "Mail": ann.email, "video": "old.webm", "Colour": "red"}));
    let clip = stack.sample(Sample::Clip);
    ann.form(&clip).post(&clip).expect(204);
    tests::eventually(tests::wait::TRANSCODED, "the new take is ready", || {
        (ann.response()["status"] == "ready").then_some(())
    });
    assert_eq!(ann.item().unwrap()["Colour"], "red");

    ann.email = format!("Bob-{}", ann.email);
    stack.put_item(&json!({"ProjectStep": format!("{project}-0"), "Mail": ann.email, "video": "old.webm"}));
    assert_eq!(ann.response()["email"], ann.email);
    let videos = stack
        .owner_get(&format!("/videos?mail={}", ann.email))
        .expect(200)
        .json();
    assert_eq!(videos[0]["Mail"], ann.email);
}

#[test]
fn chalice_table_scans_are_unchanged() {
    let stack = Stack::shared();
    let project = unique("chalice");
    let mut emails = Vec::new();
    for _ in 0..3 {
        let who = stack.respondent_in(&project);
        stack.put_item(&json!({"ProjectStep": who.project_step(), "Mail": who.email, "video": "old.webm"}));
        emails.push(who.email);
    }
    let pending = stack.respondent_in(&project);
    pending.form(&stack.sample(Sample::Clip));

    let by_email = |email: &str| stack.count(Some("Mail = :email"), &[(":email", email)]);
    assert_eq!(
        (
            by_email(&emails[0]),
            by_email(&pending.email),
            by_email("nobody@example.com")
        ),
        (1, 1, 0)
    );
    let (all, with_video) = (
        stack.count(None, &[]),
        stack.count(Some("attribute_exists(video)"), &[]),
    );
    assert!(with_video >= 3 && all > with_video, "{with_video} of {all}");
    // The AWS SDK behind `aws dynamodb scan` returns the same counts.
    let input = json!({"stack": stack.info, "email": emails[0], "project_step": pending.project_step()});
    assert_eq!(python::run("scan.py", &input).trim(), "1 3");
}
