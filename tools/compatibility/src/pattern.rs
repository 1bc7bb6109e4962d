//! Compares the texts that two patterns allow.

use std::collections::BTreeSet;

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};

/// The memory of an automaton, in bytes, above which patterns are not compared.
const SIZE_LIMIT: usize = 64 << 20;

/// Returns whether each text with a match of the first pattern has a match of the second one.
///
/// Returns `None` if a pattern is too large, or has a construct without an automaton, such as a lookahead.
pub fn includes(first: &str, second: &str) -> Option<bool> {
    if first == second {
        return Some(true);
    }
    let (first, second) = (automaton(first)?, automaton(second)?);
    let begin = start::Config::new().anchored(Anchored::Yes);
    let begin = (first.start_state(&begin).ok()?, second.start_state(&begin).ok()?);
    let (mut seen, mut open) = (BTreeSet::from([begin]), vec![begin]);
    while let Some((one, two)) = open.pop() {
        if ends(&first, one) && !ends(&second, two) {
            return Some(false);
        }
        for byte in 0..=u8::MAX {
            let next = (first.next_state(one, byte), second.next_state(two, byte));
            if !first.is_dead_state(next.0) && seen.insert(next) {
                open.push(next);
            }
        }
    }
    Some(true)
}

fn ends(automaton: &impl Automaton, state: StateID) -> bool {
    automaton.is_match_state(automaton.next_eoi_state(state))
}

/// Returns an automaton of all texts that have a match.
fn automaton(pattern: &str) -> Option<dense::DFA<Vec<u32>>> {
    let config = dense::Config::new()
        .match_kind(MatchKind::All)
        .start_kind(StartKind::Anchored)
        .dfa_size_limit(Some(SIZE_LIMIT))
        .determinize_size_limit(Some(SIZE_LIMIT));
    dense::Builder::new()
        .configure(config)
        .thompson(thompson::Config::new().nfa_size_limit(Some(SIZE_LIMIT)))
        .build(&format!("^(?s:.*)(?:{pattern})(?s:.*)$"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wider_pattern_includes_narrower() {
        for (narrow, wide) in [
            ("^a$", "^[ab]$"),
            ("^a$", "a"),
            (
                "^(video/mp4|video/webm)(;.*)?$",
                "^(video/mp4|video/webm|video/ogg)\\s*(;.*)?$",
            ),
            ("^[a-z]{1,10}$", "^[a-zé]{1,12}$"),
            ("^$", "^a*$"),
        ] {
            assert_eq!(includes(narrow, wide), Some(true), "{narrow} in {wide}");
            assert_eq!(includes(wide, narrow), Some(false), "{wide} in {narrow}");
        }
    }

    #[test]
    fn different_spelling_is_equal() {
        assert_eq!(includes("^[ab]+$", "^(?:a|b)(?:a|b)*$"), Some(true));
        assert_eq!(includes("^(?:a|b)(?:a|b)*$", "^[ab]+$"), Some(true));
    }

    #[test]
    fn lookahead_is_not_compared() {
        assert_eq!(includes("^(?=a)", "^a"), None);
    }
}
