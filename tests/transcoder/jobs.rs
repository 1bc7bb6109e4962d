//! Notifications by SNS, and the permissions of the pipeline's role.

use aws_sdk_elastictranscoder::types::{CreateJobOutput, JobInput};
use model::preset::WEB;
use tests::media::Sample;
use tests::{Stack, unique};

use crate::fixture::{PipelineFixture, detail};

#[test]
fn complete_job_is_notified() {
    let stack = Stack::shared();
    let fixture = PipelineFixture::new(&stack);
    let name = unique("made");
    let job = fixture.create(&fixture.put(Sample::Clip), &name);
    fixture.finish(job.id().unwrap());
    let notifications = fixture.notifications(&job, 2);
    let of_state = |state: &str| {
        notifications
            .iter()
            .find(|message| message["state"] == state)
            .unwrap_or_else(|| panic!("{notifications:?}"))
    };

    let (begun, ended) = (of_state("PROGRESSING"), of_state("COMPLETED"));
    for message in [begun, ended] {
        assert_eq!(
            (&message["version"], &message["jobId"]),
            (&"2012-09-25".into(), &job.id().unwrap().into())
        );
        assert_eq!(message["pipelineId"], fixture.pipeline);
        assert_eq!(message["input"]["key"], job.input().unwrap().key().unwrap());
        assert_eq!(message["outputKeyPrefix"], fixture.folder);
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
    assert!(stack.has_rendition(&format!("{}{name}-00001.png", fixture.folder)));
}

#[test]
fn damaged_input_is_notified_as_a_warning() {
    let stack = Stack::shared();
    let fixture = PipelineFixture::new(&stack);
    let job = fixture.create(&fixture.put(Sample::Damaged), &unique("made"));
    let job = fixture.finish(job.id().unwrap());
    assert_eq!(job.status(), Some("Complete"));
    let notifications = fixture.notifications(&job, 3);
    let warning = notifications.iter().find(|message| message["state"] == "WARNING");
    assert!(
        warning.is_some_and(|warning| warning["messageDetails"].is_string()),
        "{notifications:?}"
    );
}

#[test]
fn existing_output_is_not_overwritten() {
    let stack = Stack::shared();
    let fixture = PipelineFixture::new(&stack);
    let (input, name) = (fixture.put(Sample::Clip), unique("made"));
    let first = fixture.create(&input, &name);
    assert_eq!(fixture.finish(first.id().unwrap()).status(), Some("Complete"));
    let before = stack.rendition(&format!("{}{name}.mp4", fixture.folder));

    let second = fixture.create(&fixture.put(Sample::Portrait), &name);
    let second = fixture.finish(second.id().unwrap());
    assert_eq!(second.status(), Some("Error"));
    assert!(detail(&second).starts_with("3002 "), "{}", detail(&second));
    assert_eq!(stack.rendition(&format!("{}{name}.mp4", fixture.folder)), before);
}

#[test]
fn missing_input_fails_the_job() {
    let stack = Stack::shared();
    let fixture = PipelineFixture::new(&stack);
    let job = fixture.create(&format!("{}nothing.mp4", fixture.folder), &unique("made"));
    let job = fixture.finish(job.id().unwrap());
    assert!(detail(&job).starts_with("3001 "), "{}", detail(&job));
}

#[test]
fn output_outside_the_roles_folder_fails() {
    let stack = Stack::shared();
    let fixture = PipelineFixture::new(&stack);
    let output = CreateJobOutput::builder()
        .key(unique("outside"))
        .preset_id(WEB.elastic_transcoder_id)
        .build();
    let create = fixture
        .client
        .create_job()
        .pipeline_id(&fixture.pipeline)
        .input(JobInput::builder().key(fixture.put(Sample::Clip)).build())
        .outputs(output);
    let job = stack.run(create.send()).unwrap().job.unwrap();
    let job = fixture.finish(job.id().unwrap());
    assert_eq!(job.status(), Some("Error"));
    assert!(detail(&job).starts_with("3004 "), "{}", detail(&job));
}
