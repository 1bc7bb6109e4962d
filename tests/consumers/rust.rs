//! The consumer in Rust, whose types typify generates when it is built.

use std::process::Command;

use tests::media::Sample;
use tests::stack::{program, repository};
use tests::{Stack, tool};

#[test]
fn reads_and_writes_every_example() {
    tool::run(consumer("examples").arg(repository().join("schemas")));
}

#[test]
fn drives_the_stage() {
    let stack = Stack::shared();
    tool::run(
        consumer("drive")
            .env("STACK", stack.info.state.join("stack.json"))
            .env("CLIP", stack.sample(Sample::Clip)),
    );
}

fn consumer(command: &str) -> Command {
    let program = program("schema-consumer");
    assert!(
        program.exists(),
        "{} is missing: run `cargo build -p schema-consumer`",
        program.display()
    );
    let mut consumer = Command::new(program);
    consumer.arg(command);
    consumer
}
