//! Lists and their pages.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::media::Sample;
use tests::{Stack, unique};

/// Returns the responses of all pages of a list, in order; `path` already has a query.
#[track_caller]
fn walk(stack: &Stack, path: &str, limit: usize) -> Vec<Value> {
    let mut responses = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = stack
            .owner_get(&format!("{path}&limit={limit}{cursor}"))
            .expect(200)
            .json();
        let part = page["responses"].as_array().unwrap();
        assert!(part.len() <= limit, "{page}");
        responses.extend(part.iter().cloned());
        match page.get("cursor").and_then(Value::as_str) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return responses,
        }
        assert!(responses.len() < 1000, "the pages do not end");
    }
}

fn emails(responses: &[Value]) -> Vec<&str> {
    responses
        .iter()
        .map(|response| response["email"].as_str().unwrap())
        .collect()
}

#[test]
fn paging_visits_each_response_once() {
    let stack = Stack::shared();
    let project = unique("list");
    let clip = stack.sample(Sample::Clip);
    let mut expected = Vec::new();
    for _ in 0..7 {
        let who = stack.respondent_in(&project);
        who.form(&clip);
        expected.push(who.email);
    }
    // Newest first. Items of the Chalice project have no date and come last.
    expected.reverse();
    for _ in 0..3 {
        let who = stack.respondent_in(&project);
        stack.put_item(&json!({"ProjectStep": who.project_step(), "Mail": who.email, "video": "old.webm"}));
        expected.push(who.email);
    }
    // A response of another step, which the list must not contain.
    stack.respondent_in(&project).at_step(1).form(&clip);

    let path = format!("/projects/{project}/steps/0/responses?");
    for limit in [1, 2, 3, 7, 10, 100] {
        assert_eq!(
            emails(&walk(&stack, &path, limit)),
            expected,
            "in pages of {limit}"
        );
    }
}

/// Returns the item of a response that was requested at a second of its own.
fn item(project: &str, step: u16, number: usize, status: &str) -> Value {
    let at = format!("2024-01-01T00:{:02}:{:02}.000Z", number / 60, number % 60);
    json!({
        "ProjectStep": format!("{project}-{step}"), "Mail": format!("r{number}@example.com"),
        "Project": project, "Step": step, "Status": status, "Revision": 1, "CreatedAt": at, "UpdatedAt": at,
        "ProjectStatus": format!("{project}#{status}"), "ProjectStepStatus": format!("{project}-{step}#{status}"),
    })
}

#[test]
fn filtered_pages_are_full() {
    let stack = Stack::shared();
    let project = unique("many");
    let status = |number: usize| {
        if number.is_multiple_of(5) {
            "failed"
        } else {
            "ready"
        }
    };
    let items: Vec<Value> = (0..500)
        .map(|number| item(&project, u16::from(number % 2 == 1), number, status(number)))
        .collect();
    stack.put_items(&items);
    let expected = |wanted: &dyn Fn(usize) -> bool| -> Vec<String> {
        (0..500)
            .rev()
            .filter(|number| wanted(*number))
            .map(|number| format!("r{number}@example.com"))
            .collect()
    };
    let of_project = format!("/projects/{project}/responses?");
    let of_step = format!("/projects/{project}/steps/1/responses?");
    assert_eq!(emails(&walk(&stack, &of_project, 100)), expected(&|_| true));
    assert_eq!(
        emails(&walk(&stack, &of_step, 100)),
        expected(&|number| number % 2 == 1)
    );
    let failed = |number: usize| number.is_multiple_of(5);
    assert_eq!(
        emails(&walk(&stack, &format!("{of_project}status=failed"), 30)),
        expected(&failed)
    );
    let failed_there = |number: usize| failed(number) && number % 2 == 1;
    assert_eq!(
        emails(&walk(&stack, &format!("{of_step}status=failed"), 30)),
        expected(&failed_there)
    );
    let page = stack
        .owner_get(&format!("{of_project}status=failed&limit=100"))
        .expect(200)
        .json();
    assert_eq!(
        page["responses"].as_array().unwrap().len(),
        100,
        "a filtered page must be full"
    );
    assert_eq!(
        walk(&stack, &format!("{of_step}status=deleting"), 30),
        Vec::<Value>::new()
    );
}

#[test]
fn cursor_of_another_list_is_refused() {
    let stack = Stack::shared();
    let (project, other) = (unique("list"), unique("list"));
    let items: Vec<Value> = (0..3)
        .flat_map(|number| {
            [(&project, 0), (&project, 1), (&other, 0)].map(|(of, step)| item(of, step, number, "ready"))
        })
        .collect();
    stack.put_items(&items);
    let path = format!("/projects/{project}/steps/0/responses?limit=1");
    let page = stack.owner_get(&path).expect(200).json();
    let cursor = page["cursor"].as_str().unwrap();
    assert!(!cursor.contains("example"), "{cursor}");
    stack.owner_get(&format!("{path}&cursor={cursor}")).expect(200);

    let mut tampered = cursor.to_owned();
    tampered.replace_range(20..21, if cursor.as_bytes()[20] == b'A' { "B" } else { "A" });
    for foreign in [
        format!("{path}&cursor={tampered}"),
        format!("{path}&cursor="),
        format!("{path}&status=ready&cursor={cursor}"),
        format!("/projects/{project}/steps/1/responses?cursor={cursor}"),
        format!("/projects/{other}/steps/0/responses?cursor={cursor}"),
        format!("/projects/{project}/responses?cursor={cursor}"),
        format!("/responses?email=r0@example.com&cursor={cursor}"),
    ] {
        let problem = stack.owner_get(&foreign).expect_problem(400);
        assert_eq!(problem["field"], "cursor", "{foreign}: {problem}");
    }
}

#[test]
fn respondent_is_found_in_every_project() {
    let stack = Stack::shared();
    let clip = stack.sample(Sample::Clip);
    let projects = [unique("a"), unique("b")];
    let ann = stack.respondent();
    for project in &projects {
        let there = ann.in_project(project);
        there.form(&clip);
        there.at_step(1).form(&clip);
    }
    // An item of the Chalice project is found with the capitals in which it is stored.
    let shouting = ann.email.to_uppercase();
    stack.put_item(&json!({"ProjectStep": "old-0", "Mail": shouting, "video": "old.webm"}));
    let of = |email: &str, limit| {
        let responses = walk(&stack, &format!("/responses?email={email}"), limit);
        let place =
            |response: &Value| format!("{}-{}", response["project"].as_str().unwrap(), response["step"]);
        responses.iter().map(place).collect::<Vec<_>>()
    };
    let mut expected: Vec<String> = projects
        .iter()
        .flat_map(|project| [format!("{project}-0"), format!("{project}-1")])
        .collect();
    for limit in [1, 3, 100] {
        assert_eq!(
            of(&ann.email, limit),
            expected,
            "by project and step, in pages of {limit}"
        );
    }
    expected.push("old-0".to_owned());
    assert_eq!(of(&shouting, 3), expected);
}

#[test]
fn invalid_list_parameters_are_refused() {
    let stack = Stack::shared();
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("limit=-1", "limit"),
        ("limit=%2B1", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("limit=1&limit=2", "query"),
        ("cursor=x", "cursor"),
        ("cursor=e30", "cursor"),
        ("status=done", "status"),
        ("status=", "status"),
        ("stauts=ready", "query"),
    ] {
        for path in ["/projects/demo/steps/0/responses", "/projects/demo/responses"] {
            let problem = stack.owner_get(&format!("{path}?{query}")).expect_problem(400);
            assert_eq!(problem["field"], field, "{query}: {problem}");
        }
    }
    for query in [
        "",
        "email=",
        "email=nobody",
        "email=a@b&limit=0",
        "email=a@b&more=1",
    ] {
        stack
            .owner_get(&format!("/responses?{query}"))
            .expect_problem(400);
    }
}

#[test]
fn empty_list_is_valid() {
    let stack = Stack::shared();
    let project = unique("empty");
    for path in [
        format!("/projects/{project}/steps/0/responses"),
        format!("/projects/{project}/responses"),
        format!("/responses?email={project}@example.com"),
    ] {
        assert_eq!(
            stack.owner_get(&path).expect(200).json(),
            json!({"responses": []}),
            "{path}"
        );
    }
}

#[test]
fn list_has_statuses_without_playback() {
    let stack = Stack::shared();
    let project = unique("list");
    let (ann, bob) = (stack.respondent_in(&project), stack.respondent_in(&project));
    let clip = stack.sample(Sample::Clip);
    ann.form(&clip).post(&clip).expect(204);
    bob.form(&clip);
    ann.until("ready");
    let list = stack.owner_get(&ann.responses()).expect(200).json();
    let status = |response: &Value| {
        assert!(
            response.get("playback").is_none(),
            "a list must not contain signed URLs: {response}"
        );
        (
            response["email"].as_str().unwrap().to_owned(),
            response["status"].as_str().unwrap().to_owned(),
        )
    };
    let seen: BTreeMap<String, String> = list["responses"].as_array().unwrap().iter().map(status).collect();
    let expected = [
        (ann.email.clone(), "ready".to_owned()),
        (bob.email.clone(), "awaiting-upload".to_owned()),
    ];
    assert_eq!(seen, expected.into());
    let ready = stack
        .owner_get(&format!("{}?status=ready", ann.responses()))
        .expect(200)
        .json();
    assert_eq!(
        emails(ready["responses"].as_array().unwrap()),
        [ann.email.as_str()]
    );
}
