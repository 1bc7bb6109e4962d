//! The chart of a run, as SVG: for each case, the time of a cold start of each variant, on a logarithmic axis.
//!
//! The chart has a background of its own, in the reader's scheme, so that it is legible on every page.

use std::fmt::Write;

use crate::results::{BenchResults, CaseResults, Measurements, Statistic};

/// The size of the picture, in pixels, and the places of its parts.
const WIDTH: f64 = 880.0;
const LABELS: f64 = 256.0;
const PLOT: f64 = 252.0;
const GAP: f64 = 52.0;
const TOP: f64 = 104.0;
const ROW: f64 = 42.0;
const BOTTOM: f64 = 52.0;

/// The ends of the axes, in milliseconds.
const AXIS: (f64, f64) = (1.0, 20_000.0);
const TICKS: [(f64, &str); 5] = [
    (1.0, "1 ms"),
    (10.0, "10 ms"),
    (100.0, "100 ms"),
    (1000.0, "1 s"),
    (10_000.0, "10 s"),
];

const STYLE: &str = "\
svg{--page:#fff;--text:#1f2328;--quiet:#59636e;--line:#d1d9e0;--ours:#b7410e;--limit:#59636e;--python:#2f6fb3}\
@media(prefers-color-scheme:dark){svg{--page:#151b23;--text:#f0f6fc;--quiet:#9198a1;--line:#3d444d;\
--ours:#ff9d5c;--limit:#9198a1;--python:#79b8ff}}\
text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;fill:var(--text)}\
.title{font-size:16px;font-weight:600}.quiet{fill:var(--quiet);font-size:12px}.value{font-size:12px}\
.page{fill:var(--page);stroke:var(--line)}.grid{stroke:var(--line)}.span{stroke:var(--line);stroke-width:3}\
.ours{fill:var(--ours)}.python{fill:var(--python)}.limit{fill:var(--page);stroke:var(--limit);stroke-width:2}\
.floor{stroke:var(--quiet);stroke-dasharray:3 3}.bold{font-weight:600}";

/// Returns the chart.
pub fn draw(results: &BenchResults) -> String {
    let height = TOP + ROW * results.cases.len() as f64 + BOTTOM;
    let mut svg = String::new();
    let description =
        "Cold starts of each function beside the least that the same calls need, and beside Python";
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" aria-label=\"{description}\">\n<style>{STYLE}</style>"
    );
    let _ = writeln!(
        svg,
        "<rect class=\"page\" x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"8\"/>",
        WIDTH - 1.0,
        height - 1.0
    );
    text(
        &mut svg,
        20.0,
        32.0,
        "title",
        "start",
        "Cold start: from the start of the process to its first response",
    );
    legend(&mut svg);
    for (number, case) in results.cases.iter().enumerate() {
        let y = row(number);
        let (function, work) = case.name.split_once(": ").unwrap_or((&case.name, ""));
        let label = format!(
            "<tspan class=\"bold\">{}</tspan> {}",
            escape(function),
            escape(work)
        );
        let _ = writeln!(svg, "<text x=\"20\" y=\"{}\">{label}</text>", y + 4.0);
    }
    let full = LABELS + 24.0;
    panel(&mut svg, results, full, "full CPU", |measurements| {
        Some(measurements.cold_ms)
    });
    let shared = full + PLOT + GAP;
    let title = if results.share_unavailable.is_none() {
        "CPU share of 128 MB (7 %)"
    } else {
        "CPU share of 128 MB: not measured"
    };
    panel(&mut svg, results, shared, title, |measurements| {
        Some(measurements.shares.first()?.cold_ms)
    });
    let note = format!(
        "Medians of {} rounds of `make bench`; logarithmic. The AWS calls go to a stub over TLS that answers at once.",
        results.rounds
    );
    text(&mut svg, 20.0, height - 16.0, "quiet", "start", &note);
    svg.push_str("</svg>\n");
    svg
}

fn row(number: usize) -> f64 {
    TOP + ROW * (number as f64 + 0.5)
}

/// Returns the place of a time on an axis that begins at `left`.
fn place(left: f64, milliseconds: f64) -> f64 {
    let (first, last) = AXIS;
    let part = (milliseconds.clamp(first, last) / first).ln() / (last / first).ln();
    ((left + part * PLOT) * 10.0).round() / 10.0
}

fn legend(svg: &mut String) {
    let mut x = 20.0;
    for (class, label, width) in [
        ("limit", "the same calls without an SDK", 226.0),
        ("ours", "this project", 112.0),
        ("python", "Python, boto3", 126.0),
    ] {
        let _ = writeln!(
            svg,
            "<circle class=\"{class}\" cx=\"{}\" cy=\"56\" r=\"5\"/>",
            x + 5.0
        );
        text(svg, x + 17.0, 60.0, "value", "start", label);
        x += width;
    }
    let _ = writeln!(svg, "<path class=\"floor\" d=\"M{} 49v14\"/>", x + 5.0);
    text(
        svg,
        x + 17.0,
        60.0,
        "value",
        "start",
        "a process that does nothing",
    );
}

fn panel(
    svg: &mut String,
    results: &BenchResults,
    left: f64,
    title: &str,
    value: impl Fn(&Measurements) -> Option<Statistic>,
) {
    let end = TOP + ROW * results.cases.len() as f64;
    text(svg, left, TOP - 14.0, "bold", "start", title);
    for (milliseconds, label) in TICKS {
        let x = place(left, milliseconds);
        let _ = writeln!(svg, "<path class=\"grid\" d=\"M{x} {TOP}V{end}\"/>");
        text(svg, x, end + 16.0, "quiet", "middle", label);
    }
    if let Some(floor) = value(&results.floor) {
        let x = place(left, floor.median);
        let _ = writeln!(svg, "<path class=\"floor\" d=\"M{x} {TOP}V{end}\"/>");
    }
    for (number, case) in results.cases.iter().enumerate() {
        case_row(svg, case, left, row(number), &value);
    }
}

fn case_row(
    svg: &mut String,
    case: &CaseResults,
    left: f64,
    y: f64,
    value: &impl Fn(&Measurements) -> Option<Statistic>,
) {
    let (Some(limit), Some(ours), Some(python)) =
        (value(&case.limit), value(&case.ours), value(&case.python))
    else {
        return;
    };
    let [limit_x, ours_x, python_x] = [limit, ours, python].map(|statistic| place(left, statistic.median));
    let _ = writeln!(svg, "<path class=\"span\" d=\"M{ours_x} {y}H{python_x}\"/>");
    for (class, x) in [("python", python_x), ("limit", limit_x), ("ours", ours_x)] {
        let _ = writeln!(svg, "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"5\"/>");
    }
    let middle = f64::midpoint(ours_x, python_x);
    let times = format!("{:.0} x", python.median / ours.median);
    text(svg, middle, y - 6.0, "quiet", "middle", &times);
    text(
        svg,
        ours_x,
        y + 16.0,
        "value",
        "middle",
        &format_time(ours.median),
    );
    text(
        svg,
        python_x,
        y + 16.0,
        "value",
        "middle",
        &format_time(python.median),
    );
}

/// Returns a time with two digits, or three.
fn format_time(milliseconds: f64) -> String {
    match milliseconds {
        ..10.0 => format!("{milliseconds:.1} ms"),
        ..1000.0 => format!("{milliseconds:.0} ms"),
        _ => format!("{:.1} s", milliseconds / 1000.0),
    }
}

fn text(svg: &mut String, x: f64, y: f64, class: &str, anchor: &str, content: &str) {
    let content = escape(content);
    let _ = writeln!(
        svg,
        "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{content}</text>"
    );
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::ShareMeasurements;

    fn measurements(cold: f64, shared: Option<f64>) -> Measurements {
        let statistic = |median| Statistic {
            median,
            min: median,
            samples: 1,
        };
        let share = |cold| ShareMeasurements {
            period_ms: 100,
            cold_ms: statistic(cold),
            first_ms: Statistic::default(),
        };
        Measurements {
            cold_ms: statistic(cold),
            shares: shared.into_iter().map(share).collect(),
            ..Measurements::default()
        }
    }

    fn results(is_shared: bool) -> BenchResults {
        let case = |name: &str, factor: f64| {
            let shared = |cold| is_shared.then_some(cold * factor);
            CaseResults {
                name: name.into(),
                limit: measurements(4.0 * factor, shared(20.0)),
                ours: measurements(6.5 * factor, shared(52.0)),
                python: measurements(430.0 * factor, shared(5400.0)),
                ..CaseResults::default()
            }
        };
        BenchResults {
            rounds: 12,
            share_unavailable: (!is_shared).then(|| "no control group".into()),
            floor: measurements(1.2, is_shared.then_some(2.0)),
            cases: vec![case("api: request an upload", 1.0), case("on_job: a <job>", 1.5)],
            ..BenchResults::default()
        }
    }

    #[test]
    fn chart_of_both_panels() {
        insta::assert_snapshot!(draw(&results(true)));
    }

    #[test]
    fn chart_without_a_share_says_so() {
        let chart = draw(&results(false));
        assert!(chart.contains("not measured"));
        assert_eq!(
            chart.matches("class=\"span\"").count(),
            2,
            "only the first panel has rows"
        );
    }

    #[test]
    fn axis_is_logarithmic_within_its_ends() {
        assert_eq!((place(100.0, 0.5), place(100.0, 1e9)), (100.0, 100.0 + PLOT));
        let step = place(0.0, 10.0);
        assert!((place(0.0, 100.0) - 2.0 * step).abs() < 0.2);
    }
}
