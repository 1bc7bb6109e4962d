//! Invalid input: one clear line with the remedy, exit code 1, no process left.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::Duration;

use tests::stack::program;

use crate::checkout::{Checkout, FinishedRun};

/// Time limit of a run that fails before it starts anything.
const SOON: Duration = Duration::from_secs(60);

fn assert_refused(checkout: &Checkout, variables: &[&str], expected: &[&str]) -> FinishedRun {
    let ended = checkout.demo(variables).end(SOON);
    ended.expect_failure(expected);
    checkout.assert_nothing_left();
    ended
}

#[test]
fn unreadable_video_is_refused() {
    let checkout = Checkout::prepared("no-video");
    let file = |name: &str, content: &str| {
        fs::write(checkout.root.join(name), content).unwrap();
        format!("VIDEO={name}")
    };
    assert_refused(
        &checkout,
        &["VIDEO=nowhere.mp4"],
        &["nowhere.mp4", "give the path of a video"],
    );
    assert_refused(&checkout, &["VIDEO=bin"], &["bin", "not a file"]);
    assert_refused(&checkout, &[&file("empty.mp4", "")], &["empty.mp4", "is empty"]);
    assert_refused(
        &checkout,
        &[&file("text.mp4", "no video")],
        &["text.mp4", "cannot read", "give another file"],
    );
}

#[test]
fn invalid_port_or_engine_is_refused() {
    let checkout = Checkout::prepared("port");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    assert_refused(
        &checkout,
        &[&format!("PORT={port}")],
        &[&port.to_string(), "in use", "choose another PORT"],
    );
    assert_refused(&checkout, &["PORT=http"], &["PORT=http", "1 to 65535"]);
    assert_refused(
        &checkout,
        &["ENGINE=x264"],
        &["ENGINE=x264", "elastic-transcoder or media-convert"],
    );
}

#[test]
fn outdated_tool_is_refused() {
    let checkout = Checkout::prepared("old-tools");
    checkout.program("terraform", "#!/bin/sh\necho Terraform v1.5.7\n");
    assert_refused(
        &checkout,
        &[],
        &["Terraform 1.5.7", "too old", "install 1.11 or newer"],
    );
    fs::remove_file(checkout.root.join("bin/terraform")).unwrap();
    for python in ["python3", "python"]
        .into_iter()
        .map(str::to_owned)
        .chain((10..16).map(|minor| format!("python3.{minor}")))
    {
        checkout.program(&python, "#!/bin/sh\necho version 3.9.2\n");
    }
    assert_refused(
        &checkout,
        &[],
        &["Python 3.9.2", "too old", "install Python 3.10 or newer"],
    );
}

#[test]
fn missing_tool_is_named() {
    let checkout = Checkout::prepared("no-tools");
    let program = program("demo");
    for (named, linked) in [("Terraform", &["python3"]), ("Python", &["terraform"])] {
        let folder = checkout.root.join(named);
        fs::create_dir(&folder).unwrap();
        for tool in linked {
            symlink(which(tool), folder.join(tool)).unwrap();
        }
        let mut demo = Command::new("/usr/bin/env");
        demo.arg(format!("PATH={}", folder.display())).arg(&program);
        let ended = checkout.start(&mut demo).end(SOON);
        ended.expect_failure(&[named, "not on the PATH", "install"]);
        checkout.assert_nothing_left();
    }
}

/// Returns the path of a tool.
fn which(tool: &str) -> std::path::PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let mut found = std::env::split_paths(&path)
        .map(|folder| folder.join(tool))
        .filter(|file| file.exists());
    found
        .next()
        .unwrap_or_else(|| panic!("{tool} is not on the PATH"))
}

#[test]
fn full_disk_is_reported() {
    let checkout = Checkout::prepared("full-disk");
    // A log that cannot be written: this device always reports that no space is left.
    fs::create_dir_all(checkout.local("logs")).unwrap();
    symlink("/dev/full", checkout.local("logs/local.log")).unwrap();
    assert_refused(
        &checkout,
        &[],
        &["local.log", "the disk is full", "free some space"],
    );
    fs::remove_file(checkout.local("logs/local.log")).unwrap();

    // A file-size limit, which the generated video exceeds.
    let mut limited = Command::new("bash");
    limited.args(["-c", "ulimit -f 4096; exec make demo"]);
    let ended = checkout.start(&mut limited).end(SOON);
    ended.expect_failure(&["demo failed at video", "limit on the size of a file"]);
    checkout.assert_nothing_left();
    assert!(
        !checkout.local("output/source.mp4").exists(),
        "an incomplete video must not be kept"
    );
}
