//! The list of a step, part by part.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::media::Sample;
use tests::{Stack, unique};

#[test]
fn a_walk_through_the_list_visits_each_response_once() {
    let stack = Stack::get();
    let project = unique("list");
    let clip = stack.sample(Sample::Clip);
    let mut mails = Vec::new();
    for _ in 0..7 {
        let who = stack.respondent_of(&project);
        who.form(&clip);
        mails.push(who.mail);
    }
    // Newest first; those of the Chalice project have no date, and come last.
    mails.reverse();
    for _ in 0..3 {
        let who = stack.respondent_of(&project);
        stack.put_item(&json!({"ProjectStep": who.project_step(), "Mail": who.mail, "video": "old.webm"}));
        mails.push(who.mail);
    }
    // Another step's are not among them.
    stack.respondent_of(&project).at_step(1).form(&clip);

    for limit in [1, 2, 3, 7, 10, 100] {
        assert_eq!(walk(&stack, &project, limit), mails, "in parts of {limit}");
    }
}

/// The mails of a step's list, in its order.
fn walk(stack: &Stack, project: &str, limit: usize) -> Vec<String> {
    let path = format!("/projects/{project}/steps/0/responses?limit={limit}");
    let mut mails = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = stack.owner_get(&format!("{path}{cursor}")).expect(200).json();
        let responses = page["responses"].as_array().unwrap();
        assert!(responses.len() <= limit, "{page}");
        for response in responses {
            tests::schema::check("response.json", response);
            mails.push(response["mail"].as_str().unwrap().to_owned());
        }
        match page.get("cursor").and_then(Value::as_str) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return mails,
        }
        assert!(mails.len() < 100, "the walk does not end");
    }
}

#[test]
fn a_list_that_cannot_be_is_refused() {
    let stack = Stack::get();
    let path = "/projects/demo/steps/0/responses";
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "query"),
        ("cursor=x", "cursor"),
        ("cursor=e30", "cursor"),
    ] {
        let problem = stack.owner_get(&format!("{path}?{query}")).expect_problem(400);
        assert_eq!(problem["field"], field, "{query}: {problem}");
    }
}

#[test]
fn an_empty_list_is_a_list() {
    let stack = Stack::get();
    let list = stack
        .owner_get(&format!("/projects/{}/steps/0/responses", unique("empty")))
        .expect(200)
        .json();
    assert_eq!(list, json!({"responses": []}));
}

#[test]
fn a_list_shows_where_each_response_stands() {
    let stack = Stack::get();
    let project = unique("list");
    let (ann, bob) = (stack.respondent_of(&project), stack.respondent_of(&project));
    let clip = stack.sample(Sample::Clip);
    ann.form(&clip).post(&clip).expect(204);
    bob.form(&clip);
    ann.until("ready");
    let list = stack.owner_get(&ann.responses()).expect(200).json();
    let status = |response: &Value| {
        assert!(
            response.get("playback").is_none(),
            "a list signs nothing: {response}"
        );
        (
            response["mail"].as_str().unwrap().to_owned(),
            response["status"].as_str().unwrap().to_owned(),
        )
    };
    let seen: BTreeMap<String, String> = list["responses"].as_array().unwrap().iter().map(status).collect();
    let expected = [
        (ann.mail.clone(), "ready".to_owned()),
        (bob.mail.clone(), "awaiting-upload".to_owned()),
    ];
    assert_eq!(seen, expected.into());
}
