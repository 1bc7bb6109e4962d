//! A large upload goes directly to the store: no function holds it in memory.

use tests::Stack;
use tests::media::{LARGE_BYTES, Sample};

/// Memory limit in bytes: more than a function needs, and less than half of the upload.
const MAX_MEMORY: u64 = 80_000_000;

#[test]
fn large_upload_is_not_held_in_memory() {
    let stack = Stack::shared();
    let ann = stack.respondent();
    let key = ann.submit(&stack.sample(Sample::Large));
    let ready = ann.until("ready");
    assert_eq!(ready["upload"]["size"], LARGE_BYTES);
    assert_eq!(ready["playback"]["width"], 320);

    let functions = stack.functions();
    assert!(
        functions.len() >= 3,
        "each function must have a process: {functions:#?}"
    );
    for function in functions {
        assert!(
            function.memory < MAX_MEMORY,
            "{} bytes: {}",
            function.memory,
            function.command
        );
    }
    // Otherwise the file would stay in the stack's state.
    stack.remove_upload(&key);
}
