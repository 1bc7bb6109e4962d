//! A large upload passes by the functions: none of them ever holds it.

use tests::Stack;
use tests::media::{LARGE, Sample};

/// More than a function needs, and less than half of the upload.
const MOST_MEMORY: u64 = 80_000_000;

#[test]
fn an_upload_of_200_mb_is_held_by_no_function() {
    let stack = Stack::get();
    let ann = stack.respondent();
    let key = ann.submit(&stack.sample(Sample::Large));
    let ready = ann.until("ready");
    assert_eq!(ready["upload"]["size"], LARGE);
    assert_eq!(ready["playback"]["width"], 320);

    let functions = stack.functions();
    assert!(
        functions.len() >= 3,
        "each function has a process: {functions:#?}"
    );
    for function in functions {
        assert!(
            function.memory < MOST_MEMORY,
            "{} bytes: {}",
            function.memory,
            function.command
        );
    }
    // It would be kept with the stack's state.
    stack.remove_upload(&key);
}
