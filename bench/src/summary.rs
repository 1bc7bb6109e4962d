//! The table that a run prints.

use std::fmt::Write;

use crate::results::{BenchResults, CaseResults, Measurements};
use crate::rounds::totals;

/// Returns the table of a run: medians in milliseconds, and ratios.
pub fn of(results: &BenchResults) -> String {
    let mut text = String::new();
    let machine = &results.machine;
    let _ = writeln!(
        text,
        "{} rounds on {} x {} ({}), {} GiB, Linux {}; {}; {}",
        results.rounds,
        machine.processors,
        machine.processor,
        machine.architecture,
        machine.memory_gib,
        machine.kernel,
        machine.rust,
        machine.python,
    );
    if let Some(reason) = &results.share_unavailable {
        let _ = writeln!(text, "The CPU share of 128 MB was not measured: {reason}");
    }
    text.push_str(
        "Medians in ms. Calls: of the start + the first invocation + each later one. Ratios: ours to the limit, and \
         how many times as long Python takes.\n\n",
    );
    let _ = writeln!(
        text,
        "{:<8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9}   cold with the CPU share of 128 MB, by period",
        "", "start", "first", "cold", "CPU", "warm", "CPU", "peak MiB"
    );
    row(&mut text, "floor", &results.floor);
    for case in &results.cases {
        let [(_, start), (_, first), (_, warm)] = totals(&case.calls);
        let _ = writeln!(text, "{} ({start} + {first} + {warm} calls)", case.name);
        row(&mut text, "limit", &case.limit);
        row(&mut text, "ours", &case.ours);
        row(&mut text, "python", &case.python);
        ratios(&mut text, case);
    }
    text
}

fn row(text: &mut String, variant: &str, of: &Measurements) {
    let _ = write!(
        text,
        "{variant:<8} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>8.3} {:>8.3} {:>9.1}  ",
        of.start_ms.median,
        of.first_ms.median,
        of.cold_ms.median,
        of.cold_cpu_ms.median,
        of.warm_ms.median,
        of.warm_cpu_ms.median,
        of.peak_kib.median / 1024.0,
    );
    for share in &of.shares {
        let _ = write!(text, " {:.1} ({} ms)", share.cold_ms.median, share.period_ms);
    }
    text.push('\n');
}

fn ratios(text: &mut String, case: &CaseResults) {
    let of = &case.ratios;
    let _ = write!(
        text,
        "         cold {:.2}, {:.0} (minima {:.2}, {:.0}); CPU {:.2}, {:.0}; warm {:.2}, {:.1}; memory {:.2}",
        of.cold_to_limit,
        of.cold_of_python,
        of.cold_min_to_limit,
        of.cold_min_of_python,
        of.cold_cpu_to_limit,
        of.cold_cpu_of_python,
        of.warm_to_limit,
        of.warm_of_python,
        of.peak_to_limit,
    );
    for share in &of.shares {
        let (to_limit, of_python) = (share.cold_to_limit, share.cold_of_python);
        let _ = write!(
            text,
            "; 128 MB, {} ms: {to_limit:.2}, {of_python:.0}",
            share.period_ms
        );
    }
    text.push('\n');
}
