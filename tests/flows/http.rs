//! HTTP behavior: CORS, HEAD, caching, and answers to malformed requests.

use serde_json::json;
use tests::media::Sample;
use tests::{Stack, http, logs, unique};
use ureq::http::Request;

const ORIGIN: &str = "http://localhost:3000";
const FOREIGN: &str = "https://evil.example";

/// Sends a browser's preflight request, which precedes a request to another origin.
fn preflight(url: &str, origin: &str, method: &str, header: &str) -> http::Answer {
    let request = Request::options(url)
        .header("origin", origin)
        .header("access-control-request-method", method);
    let request = request.header("access-control-request-headers", header);
    http::send(request.body(()).expect("a valid URL"))
}

#[test]
fn cors_allows_the_stages_origins_only() {
    let stack = Stack::shared();
    let url = format!("{}/projects/demo/steps/0/responses", stack.info.api_url);
    for (method, header) in [
        ("POST", "content-type"),
        ("GET", "authorization"),
        ("DELETE", "upload-token"),
    ] {
        let allowed = preflight(&url, ORIGIN, method, header);
        assert!((200..300).contains(&allowed.status), "{}", allowed.status);
        assert_eq!(allowed.header("access-control-allow-origin"), Some(ORIGIN));
        let said = |name: &str| allowed.header(name).unwrap_or_default().to_lowercase();
        assert!(
            said("access-control-allow-methods").contains(&method.to_lowercase()),
            "{method}"
        );
        assert!(said("access-control-allow-headers").contains(header), "{header}");
        assert_eq!(
            preflight(&url, FOREIGN, method, header).header("access-control-allow-origin"),
            None
        );
    }
    let answer = stack.api("GET", "/health", &[("origin", ORIGIN)], "").expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    let exposed = answer
        .header("access-control-expose-headers")
        .unwrap_or_default()
        .to_lowercase();
    assert!(exposed.contains("x-request-id"), "{exposed}");
    let answer = stack
        .api("GET", "/health", &[("origin", FOREIGN)], "")
        .expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[test]
fn buckets_allow_uploads_and_playback_from_the_stages_origins() {
    let stack = Stack::shared();
    let info = &stack.info;
    for (bucket, method, header) in [
        (&info.uploads_bucket, "POST", "content-type"),
        (&info.uploads_bucket, "PUT", "content-type"),
        (&info.renditions_bucket, "GET", "range"),
    ] {
        let url = format!("{}/{bucket}/demo", info.aws_endpoint_url);
        let allowed = preflight(&url, ORIGIN, method, header);
        assert_eq!(
            allowed.header("access-control-allow-origin"),
            Some(ORIGIN),
            "{method} {bucket}"
        );
        assert_eq!(
            preflight(&url, FOREIGN, method, header).header("access-control-allow-origin"),
            None
        );
        assert_eq!(
            preflight(&url, ORIGIN, "DELETE", header).header("access-control-allow-origin"),
            None
        );
    }
}

#[test]
fn every_get_has_a_head() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    ann.form(&stack.sample(Sample::Clip));
    for path in [
        ann.path(),
        ann.responses(),
        format!("/projects/{}/responses", ann.project),
        format!("/responses?email={}", ann.email),
        format!("/videos?mail={}", ann.email),
        "/health".to_owned(),
        "/openapi.json".to_owned(),
        "/schemas/index.json".to_owned(),
        "/schemas/v1/video-response.json".to_owned(),
    ] {
        let (get, head) = (stack.owner("GET", &path), stack.owner("HEAD", &path));
        assert_eq!((get.status, head.status), (200, 200), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        assert!(head.body.is_empty(), "{path}");
    }
    assert_eq!(stack.api_call("HEAD", None, &ann.path()).status, 401);
    assert_eq!(stack.owner("HEAD", &stack.respondent().path()).status, 404);
}

#[test]
fn only_documents_are_cacheable() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let clip = stack.sample(Sample::Clip);
    let issued = ann.request_upload(None, &clip).expect(201);
    assert_eq!(issued.header("cache-control"), Some("no-store"));
    for path in [
        ann.path(),
        ann.responses(),
        stack.respondent().path(),
        "/health".to_owned(),
    ] {
        assert_eq!(
            stack.owner_get(&path).header("cache-control"),
            Some("no-store"),
            "{path}"
        );
    }
}

#[test]
fn published_documents_are_revalidated_by_their_entity_tag() {
    let stack = Stack::shared();
    for path in [
        "/openapi.json",
        "/schemas/index.json",
        "/schemas/v1/video-response.json",
    ] {
        let first = stack.api_get(None, path).expect(200);
        let tag = first.header("etag").unwrap();
        for (tags, status) in [(tag, 304), ("\"another\"", 200), ("*", 304)] {
            let headers = [("if-none-match", tags), ("origin", ORIGIN)];
            let again = stack.api("GET", path, &headers, "").expect(status);
            assert_eq!(again.header("etag"), Some(tag), "{path}");
            assert_eq!(
                again.header("cache-control"),
                Some("public, max-age=3600"),
                "{path}"
            );
            assert_eq!(
                again.header("access-control-allow-origin"),
                Some(ORIGIN),
                "{path}"
            );
            assert!(
                again
                    .header("access-control-expose-headers")
                    .unwrap()
                    .contains("etag"),
                "{path}"
            );
            assert_eq!(again.body.is_empty(), status == 304, "{path}");
        }
    }
}

#[test]
fn published_documents_are_served() {
    let stack = Stack::shared();
    let file =
        |name: &str| std::fs::read_to_string(tests::stack::repository().join("schemas").join(name)).unwrap();
    assert_eq!(
        stack.api_get(None, "/openapi.json").expect(200).text(),
        file("openapi.json")
    );
    let index = stack.api_get(None, "/schemas/index.json").expect(200);
    assert_eq!(index.text(), file("index.json"));
    for document in index.json()["documents"].as_array().unwrap() {
        let (name, id) = (
            document["file"].as_str().unwrap(),
            document["id"].as_str().unwrap(),
        );
        for path in [format!("/schemas/{name}"), format!("/schemas/v1/{id}")] {
            let answer = stack.api_get(None, &path).expect(200);
            assert_eq!(answer.text(), file(name), "{path}");
            assert_eq!(answer.header("content-type"), Some("application/schema+json"));
        }
    }
}

#[test]
fn unknown_document_is_a_problem_that_lists_the_documents() {
    let stack = Stack::shared();
    for name in [
        "v1/nothing.json",
        "v1/video-response",
        "v2/video-response.json",
        "v1/urn:video-responses:schemas:v1:nothing",
        "v1",
        "nothing.json",
        "v1/more/video-response.json",
    ] {
        let problem = stack
            .api_get(None, &format!("/schemas/{name}"))
            .expect_problem(404);
        assert_eq!(
            problem["type"], "urn:video-responses:problem:no-such-document",
            "{name}"
        );
        let detail = problem["detail"].as_str().unwrap();
        for listed in ["/openapi.json", "/schemas/index.json", "video-response.json"] {
            assert!(detail.contains(listed), "{name}: {detail}");
        }
    }
    let status = stack
        .api_get(None, "/schemas/v1/../v1/video-response.json")
        .status;
    assert!([400, 404].contains(&status), "{status}");
}

#[test]
fn malformed_names_are_refused() {
    let stack = Stack::shared();
    let long = "a".repeat(300);
    for odd in [
        "..",
        ".",
        "%2e%2e",
        "%2F",
        "a%2Fb",
        "%00",
        "%F0%9F%98%80",
        "%E2%80%AE",
        "%25",
        "%5C",
        "%20",
        "%FF",
        &long,
    ] {
        for path in [
            format!("/projects/{odd}/steps/0/responses"),
            format!("/projects/{odd}/responses"),
            format!("/projects/demo/steps/{odd}/responses"),
            format!("/projects/demo/steps/0/responses/{odd}"),
            format!("/projects/demo/steps/0/responses/{odd}@example.com"),
            format!("/projects/demo/steps/0/uploads/{odd}"),
            format!("/responses?email={odd}"),
            format!("/videos?mail={odd}"),
            format!("/schemas/{odd}"),
        ] {
            let status = stack.owner_get(&path).status;
            // A single dot may be part of a name, and an HTTP client may normalize it out of the path.
            let fine = odd == "." || odd == ".." || odd == "%2e%2e";
            assert!(
                (400..500).contains(&status) || fine && status == 200,
                "{path}: {status}"
            );
        }
    }
    for step in [
        "-1",
        "00",
        "01",
        "65536",
        "4294967296",
        "99999999999999999999",
        "1e3",
        "0x1",
    ] {
        let path = format!("/projects/demo/steps/{step}/responses");
        assert_eq!(
            stack.owner_get(&path).expect_problem(400)["field"],
            "step",
            "{step}"
        );
    }
}

#[test]
fn invalid_body_is_refused_with_its_field() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let good = json!({"email": ann.email, "content_type": "video/mp4", "size": 5});
    let with = |field: &str, value: serde_json::Value| {
        let mut body = good.clone();
        body[field] = value;
        body.to_string()
    };
    for (body, field) in [
        (with("size", json!("5")), "size"),
        (with("size", json!(-1)), "size"),
        (with("size", json!(1.5)), "size"),
        (with("size", json!(1e30)), "size"),
        (with("size", json!(null)), "size"),
        (with("email", json!(5)), "email"),
        (with("email", json!(["a@b"])), "email"),
        (with("email", json!("a\u{0}@b")), "email"),
        (with("email", json!("a\u{202e}@b")), "email"),
        (with("email", json!("😀@example.com")), "email"),
        (with("email", json!(format!("{}@b", "a".repeat(300)))), "email"),
        (with("content_type", json!("text/html")), "content_type"),
        (with("content_type", json!("")), "content_type"),
        (with("method", json!("put")), "method"),
        (with("acl", json!("public-read")), "acl"),
        (json!({"email": ann.email}).to_string(), "content_type"),
        ("{".to_owned(), "body"),
        ("[]".to_owned(), "body"),
        ("null".to_owned(), "body"),
        ("5".to_owned(), "body"),
        (String::new(), "body"),
        (format!("{good} {good}"), "body"),
        ("[".repeat(10_000), "body"),
        (format!("{{\"email\":{}", "[".repeat(10_000)), "body"),
        (r#"["ann@example.com","video/mp4",5]"#.to_owned(), "body"),
        ("\u{feff}{}".to_owned(), "body"),
    ] {
        let headers = [("content-type", "application/json")];
        let problem = stack
            .api("POST", &ann.responses(), &headers, &body)
            .expect_problem(400);
        assert_eq!(
            problem["field"],
            field,
            "{}: {problem}",
            &body[..body.len().min(200)]
        );
        let said = problem["detail"].as_str().unwrap();
        assert!(
            !said.contains("struct") && !said.contains("::"),
            "the problem must not contain an internal name: {said}"
        );
    }
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json2",
        "",
    ] {
        let answer = stack.api(
            "POST",
            &ann.responses(),
            &[("content-type", media_type)],
            &good.to_string(),
        );
        answer.expect_problem(415);
    }
    let headers = [("content-type", "application/json; charset=utf-8")];
    stack
        .api("POST", &ann.responses(), &headers, &good.to_string())
        .expect(201);
    let large = with("email", json!("a".repeat(64 * 1024)));
    stack
        .api("POST", &ann.responses(), &headers, &large)
        .expect_problem(413);
}

#[test]
fn request_id_of_an_answer_is_logged() {
    let stack = Stack::shared();
    let since = logs::now();
    let unknown = stack.respondent_in(&unique("nowhere"));
    let problem = stack.owner_get(&unknown.path()).expect_problem(404);
    let id = problem["request_id"].as_str().unwrap().to_owned();
    let line = tests::eventually(tests::wait::SOON, "the request's log line", || {
        stack
            .log("api", since)
            .into_iter()
            .find(|line| line.contains(&id))
    });
    assert!(
        line.contains("\"route\":\"/projects/{project}/steps/{step}/responses/{email}\""),
        "{line}"
    );
    assert!(
        !line.contains(&unknown.project) && !line.contains(&unknown.email),
        "{line}"
    );
}
