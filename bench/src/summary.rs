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
    match (&results.share.period_ms, &results.share.unavailable) {
        (Some(period), _) => {
            let _ = writeln!(
                text,
                "CPU share of 128 MB: 7.2 % of one processor, in periods of {period} ms"
            );
        }
        (None, reason) => {
            let _ = writeln!(
                text,
                "CPU share of 128 MB: not measured: {}",
                reason.as_deref().unwrap_or("")
            );
        }
    }
    let _ = writeln!(
        text,
        "calls: of start + first invocation + each later one. Medians in ms; the ratios are to the limit, and of Python.\n"
    );
    let _ = writeln!(
        text,
        "{:<42} {:<8} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>8}",
        "", "", "start", "first", "cold", "CPU", "warm", "CPU", "128 MB", "peak MiB"
    );
    row(&mut text, "", "floor", &results.floor);
    for case in &results.cases {
        let [(_, start), (_, first), (_, warm)] = totals(&case.calls);
        let _ = writeln!(text, "{} ({start} + {first} + {warm} calls)", case.name);
        row(&mut text, "", "limit", &case.limit);
        row(&mut text, "", "ours", &case.ours);
        row(&mut text, "", "python", &case.python);
        ratios(&mut text, case);
    }
    text
}

fn row(text: &mut String, name: &str, variant: &str, of: &Measurements) {
    let share = of
        .share_cold_ms
        .map_or_else(|| "-".to_owned(), |share| format!("{:.1}", share.median));
    let _ = writeln!(
        text,
        "{name:<42} {variant:<8} {:>7.2} {:>7.2} {:>7.2} {:>7.2} {:>7.3} {:>7.3} {share:>7} {:>8.1}",
        of.start_ms.median,
        of.first_ms.median,
        of.cold_ms.median,
        of.cold_cpu_ms.median,
        of.warm_ms.median,
        of.warm_cpu_ms.median,
        of.peak_kib.median / 1024.0,
    );
}

fn ratios(text: &mut String, case: &CaseResults) {
    let of = &case.ratios;
    let share = match (of.share_cold_to_limit, of.share_cold_of_python) {
        (Some(to_limit), Some(of_python)) => format!("{to_limit:.2} x, 1/{of_python:.0}"),
        _ => "-".to_owned(),
    };
    let _ = writeln!(
        text,
        "    cold {:.2} x, 1/{:.0}; CPU {:.2} x, 1/{:.0}; warm {:.2} x, 1/{:.1}; 128 MB {share}; memory {:.2} x",
        of.cold_to_limit,
        of.cold_of_python,
        of.cold_cpu_to_limit,
        of.cold_cpu_of_python,
        of.warm_to_limit,
        of.warm_of_python,
        of.peak_to_limit,
    );
}
