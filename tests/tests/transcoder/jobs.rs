//! Jobs that end well, that fail, that wait, and that are refused.

use aws_sdk_elastictranscoder::error::ProvideErrorMetadata;
use aws_sdk_elastictranscoder::types::{CreateJobOutput, JobInput};
use model::preset::WEB;
use tests::media::Sample;
use tests::{Stack, http, unique};

use crate::workshop::{Workshop, detail};

#[test]
fn its_topics_hear_of_a_job_that_ends_well() {
    let stack = Stack::get();
    let workshop = Workshop::new(&stack);
    let name = unique("made");
    let job = workshop.create(&workshop.put(Sample::Clip), &name);
    workshop.finish(job.id().unwrap());
    let told = workshop.told(&job, 2);
    let told = |state: &str| {
        told.iter()
            .find(|message| message["state"] == state)
            .unwrap_or_else(|| panic!("{told:?}"))
    };

    let (begun, ended) = (told("PROGRESSING"), told("COMPLETED"));
    for message in [begun, ended] {
        assert_eq!(
            (&message["version"], &message["jobId"]),
            (&"2012-09-25".into(), &job.id().unwrap().into())
        );
        assert_eq!(message["pipelineId"], workshop.pipeline);
        assert_eq!(message["input"]["key"], job.input().unwrap().key().unwrap());
        assert_eq!(message["outputKeyPrefix"], workshop.folder);
    }
    let output = &ended["outputs"][0];
    assert_eq!(
        (&output["key"], &output["status"]),
        (&format!("{name}.mp4").into(), &"Complete".into())
    );
    assert_eq!(
        (&output["width"], &output["height"], &output["duration"]),
        (&320.into(), &240.into(), &1.into())
    );
    assert!(stack.has_rendition(&format!("{}{name}-00001.png", workshop.folder)));
}

#[test]
fn what_is_no_video_ends_in_error_and_its_topics_hear_of_it() {
    let stack = Stack::get();
    let workshop = Workshop::new(&stack);
    for sample in [Sample::Text, Sample::Garbage] {
        let job = workshop.create(&workshop.put(sample), &unique("made"));
        let job = workshop.finish(job.id().unwrap());
        assert_eq!(job.status(), Some("Error"));
        assert!(detail(&job).starts_with("4000 "), "{}", detail(&job));
        let told = workshop.told(&job, 2);
        let error = told.iter().find(|message| message["state"] == "ERROR").unwrap();
        assert_eq!(
            (&error["errorCode"], &error["outputs"][0]["errorCode"]),
            (&4000.into(), &4000.into())
        );
        assert_eq!(error["outputs"][0]["statusDetail"], detail(&job));
        assert!(error["messageDetails"].is_string());
    }
}

#[test]
fn its_topics_are_warned_of_what_is_damaged() {
    let stack = Stack::get();
    let workshop = Workshop::new(&stack);
    let job = workshop.create(&workshop.put(Sample::Damaged), &unique("made"));
    let job = workshop.finish(job.id().unwrap());
    assert_eq!(job.status(), Some("Complete"));
    let told = workshop.told(&job, 3);
    let warning = told.iter().find(|message| message["state"] == "WARNING");
    assert!(
        warning.is_some_and(|warning| warning["messageDetails"].is_string()),
        "{told:?}"
    );
}

#[test]
fn an_output_that_exists_is_not_overwritten() {
    let stack = Stack::get();
    let workshop = Workshop::new(&stack);
    let (input, name) = (workshop.put(Sample::Clip), unique("made"));
    let first = workshop.create(&input, &name);
    assert_eq!(workshop.finish(first.id().unwrap()).status(), Some("Complete"));
    let before = stack.rendition(&format!("{}{name}.mp4", workshop.folder));

    let second = workshop.create(&workshop.put(Sample::Portrait), &name);
    let second = workshop.finish(second.id().unwrap());
    assert_eq!(second.status(), Some("Error"));
    assert!(detail(&second).starts_with("3002 "), "{}", detail(&second));
    assert_eq!(stack.rendition(&format!("{}{name}.mp4", workshop.folder)), before);
}

#[test]
fn an_input_that_is_not_there_is_named() {
    let stack = Stack::get();
    let workshop = Workshop::new(&stack);
    let job = workshop.create(&format!("{}nothing.mp4", workshop.folder), &unique("made"));
    let job = workshop.finish(job.id().unwrap());
    assert!(detail(&job).starts_with("3001 "), "{}", detail(&job));
}

#[test]
fn the_pipelines_role_binds() {
    let stack = Stack::get();
    let workshop = Workshop::new(&stack);
    // Outside of the folder that the role may write to.
    let update = stack.transcoder().create_job().pipeline_id(&workshop.pipeline);
    let output = CreateJobOutput::builder()
        .key(unique("outside"))
        .preset_id(WEB.elastic_transcoder_id)
        .build();
    let input = JobInput::builder().key(workshop.put(Sample::Clip)).build();
    let job = stack
        .run(update.input(input).outputs(output).send())
        .unwrap()
        .job
        .unwrap();
    let job = workshop.finish(job.id().unwrap());
    assert_eq!(job.status(), Some("Error"));
    assert!(detail(&job).starts_with("3004 "), "{}", detail(&job));
}

#[test]
fn a_paused_pipelines_jobs_wait_and_can_be_canceled() {
    let stack = Stack::get();
    let workshop = Workshop::new(&stack);
    let (client, pipeline) = (&workshop.client, &workshop.pipeline);
    stack
        .run(
            client
                .update_pipeline_status()
                .id(pipeline)
                .status("Paused")
                .send(),
        )
        .unwrap();
    let input = workshop.put(Sample::Clip);
    let (first, second) = (
        workshop.create(&input, &unique("made")),
        workshop.create(&input, &unique("made")),
    );

    let list = client
        .list_jobs_by_pipeline()
        .pipeline_id(pipeline)
        .ascending("true");
    let listed = stack.run(list.send()).unwrap().jobs.unwrap();
    let ids: Vec<_> = listed.iter().map(|job| (job.id(), job.status())).collect();
    assert_eq!(
        ids,
        [(first.id(), Some("Submitted")), (second.id(), Some("Submitted"))]
    );
    let refused = stack
        .run(client.delete_pipeline().id(pipeline).send())
        .unwrap_err();
    assert_eq!(refused.code(), Some("ResourceInUseException"));

    stack
        .run(client.cancel_job().id(first.id().unwrap()).send())
        .unwrap();
    assert_eq!(workshop.read(first.id().unwrap()).status(), Some("Canceled"));
    stack
        .run(
            client
                .update_pipeline_status()
                .id(pipeline)
                .status("Active")
                .send(),
        )
        .unwrap();
    assert_eq!(workshop.finish(second.id().unwrap()).status(), Some("Complete"));
    assert_eq!(workshop.read(first.id().unwrap()).status(), Some("Canceled"));
    let refused = stack
        .run(client.cancel_job().id(second.id().unwrap()).send())
        .unwrap_err();
    assert_eq!(refused.code(), Some("ResourceInUseException"));
}

#[test]
fn a_bad_request_gets_the_services_error() {
    let stack = Stack::get();
    let workshop = Workshop::new(&stack);
    let create = |pipeline: &str, preset: &str| {
        let output = CreateJobOutput::builder().key("a.mp4").preset_id(preset).build();
        let input = JobInput::builder().key("a.mp4").build();
        let create = workshop
            .client
            .create_job()
            .pipeline_id(pipeline)
            .input(input)
            .outputs(output);
        let refused = stack.run(create.send()).unwrap_err();
        (
            refused.code().map(str::to_owned),
            refused.message().map(str::to_owned),
        )
    };
    let web = WEB.elastic_transcoder_id;
    for (pipeline, preset, code, says) in [
        (
            workshop.pipeline.as_str(),
            "web",
            "ValidationException",
            "presetId",
        ),
        (
            &workshop.pipeline,
            "1351620000001-999999",
            "ResourceNotFoundException",
            "preset",
        ),
        (
            "1111111111111-abcde1",
            web,
            "ResourceNotFoundException",
            "pipeline",
        ),
    ] {
        let (found, message) = create(pipeline, preset);
        assert_eq!(found.as_deref(), Some(code));
        assert!(
            message.as_deref().is_some_and(|message| message.contains(says)),
            "{message:?}"
        );
    }
}

#[test]
fn an_unsigned_request_is_refused() {
    let stack = Stack::get();
    let answer = http::get(&format!("{}/2012-09-25/pipelines", stack.facts.transcoder_url));
    assert_eq!(answer.status, 403);
    assert_eq!(
        answer.header("x-amzn-errortype"),
        Some("MissingAuthenticationTokenException")
    );
    assert!(answer.json()["message"].is_string());
}
