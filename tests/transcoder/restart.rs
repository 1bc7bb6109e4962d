//! A transcoder that was stopped or killed resumes its jobs after a restart.

use std::env;
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tests::media::Sample;
use tests::processes::{self, Process};
use tests::wait::SOON;
use tests::{Stack, eventually, http, unique};

use crate::fixture::PipelineFixture;

/// A transcoder that belongs to one test and uses the stack's services. It runs one job at a time.
struct RestartedTranscoder<'a> {
    stack: &'a Stack,
    folder: PathBuf,
    port: u16,
    process: Child,
}

impl<'a> RestartedTranscoder<'a> {
    fn start(stack: &'a Stack) -> Self {
        let folder = stack.info.state.join("tmp").join(unique("transcoder"));
        fs::create_dir_all(&folder).unwrap();
        // A free port, which stays the same after a restart.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = spawn(stack, &folder, port);
        let transcoder = Self {
            stack,
            folder,
            port,
            process,
        };
        transcoder.until_it_answers();
        transcoder
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn until_it_answers(&self) {
        eventually(SOON, "the transcoder answers", || {
            http::try_get(&format!("{}/health", self.url()))
        });
    }

    /// Ends the transcoder with a signal, checks that its ffmpeg ends too, and starts it again with the same folder.
    fn restart_after(&mut self, signal: Signal) {
        if cfg!(target_os = "linux") {
            assert!(
                !self.ffmpegs().is_empty(),
                "an ffmpeg must run in the transcoder's folder"
            );
        }
        kill_process(Pid::from_child(&self.process), signal).unwrap();
        let status = self.process.wait().unwrap();
        assert_eq!(status.success(), signal == Signal::TERM, "{status}");
        eventually(SOON, "the transcoder's ffmpeg has ended", || {
            self.ffmpegs().is_empty().then_some(())
        });
        self.process = spawn(self.stack, &self.folder, self.port);
        self.until_it_answers();
    }

    /// Returns the processes whose working folder is the transcoder's; Linux only.
    fn ffmpegs(&self) -> Vec<Process> {
        processes::all()
            .into_iter()
            .filter(|process| process.folder.starts_with(&self.folder))
            .collect()
    }

    /// Waits until a job's ffmpeg reports progress.
    fn until_under_way(&self, job: &str) {
        eventually(SOON, "the job is under way", || {
            let seen = http::get(&format!("{}/local/jobs/{job}", self.url()))
                .expect(200)
                .json();
            assert_ne!(
                seen["status"], "Complete",
                "the sample is too short for this machine"
            );
            seen["percent"].as_f64().filter(|percent| *percent > 0.0)
        });
    }
}

impl Drop for RestartedTranscoder<'_> {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn spawn(stack: &Stack, folder: &PathBuf, port: u16) -> Child {
    // The program is next to the folder of the tests' programs.
    let program = env::current_exe()
        .unwrap()
        .parent()
        .unwrap()
        .with_file_name("transcoder");
    assert!(
        program.exists(),
        "{} is missing: `make test` builds it",
        program.display()
    );
    let log = fs::File::options()
        .create(true)
        .append(true)
        .open(stack.info.state.join("logs/transcoder.log"));
    Command::new(program)
        .args([
            "--port",
            &port.to_string(),
            "--max-jobs",
            "1",
            "--endpoint-url",
            &stack.info.aws_endpoint_url,
        ])
        .arg("--state")
        .arg(folder)
        .arg("--ffmpeg")
        .arg(&stack.info.ffmpeg)
        .arg("--credentials")
        .arg(stack.info.state.join("transcoder/credentials.json"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log.unwrap())
        .spawn()
        .expect("the transcoder starts")
}

#[test]
fn jobs_finish_after_a_stop_and_a_kill() {
    let stack = Stack::shared();
    let mut transcoder = RestartedTranscoder::start(&stack);
    let fixture = PipelineFixture::at(&stack, stack.transcoder_at(&transcoder.url()));
    let (long, short) = (fixture.put(Sample::Long), fixture.put(Sample::Clip));
    let first = fixture.create(&long, "first");
    let second = fixture.create(&short, "second");
    let (first, second) = (first.id().unwrap(), second.id().unwrap());

    for signal in [Signal::TERM, Signal::KILL] {
        transcoder.until_under_way(first);
        assert_eq!(
            fixture.read(second).status(),
            Some("Submitted"),
            "the jobs must run one at a time"
        );
        transcoder.restart_after(signal);
    }
    let ended = [fixture.finish(first), fixture.finish(second)];
    for (job, name) in ended.iter().zip(["first", "second"]) {
        assert_eq!(job.status(), Some("Complete"), "{job:?}");
        let rendition = stack.rendition(&format!("{}{name}.mp4", fixture.folder));
        assert!(stack.probe_bytes(&rendition).video.is_some());
        let notifications = fixture.notifications(job, 2);
        assert!(
            notifications
                .iter()
                .any(|message| message["state"] == "COMPLETED"),
            "{notifications:?}"
        );
    }
    let begun = ended
        .each_ref()
        .map(|job| job.timing().unwrap().start_time_millis().unwrap());
    assert!(
        begun[0] < begun[1],
        "the jobs must start in the order of their submission: {begun:?}"
    );
}
