//! The results of a run: medians, minima and ratios.

use std::time::Duration;

use serde::Serialize;

use crate::machine::Machine;
use crate::rounds::{CallCounts, Sample};

/// The results, as `bench/results.json` has them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BenchResults {
    /// The machine.
    pub machine: Machine,
    /// The number of rounds.
    pub rounds: usize,
    /// The number of warm invocations of a process.
    pub warm: usize,
    /// Why the CPU share of 128 MB was not measured, if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_unavailable: Option<String>,
    /// The function that does nothing.
    pub floor: Measurements,
    /// The cases.
    pub cases: Vec<CaseResults>,
}

/// The results of a case.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CaseResults {
    /// The function and the work.
    pub name: String,
    /// The AWS calls of our function.
    pub calls: CallCounts,
    /// Our function.
    pub ours: Measurements,
    /// The least that the same calls need.
    pub limit: Measurements,
    /// The same work in Python.
    pub python: Measurements,
    /// The ratios of the medians.
    pub ratios: Ratios,
}

/// The measurements of a variant. Times are in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Measurements {
    /// From the start of the program until it asks for an event.
    pub start_ms: Statistic,
    /// The first invocation.
    pub first_ms: Statistic,
    /// Both.
    pub cold_ms: Statistic,
    /// The CPU time of both.
    pub cold_cpu_ms: Statistic,
    /// A later invocation.
    pub warm_ms: Statistic,
    /// Its CPU time.
    pub warm_cpu_ms: Statistic,
    /// The maximum of the resident memory, in KiB.
    pub peak_kib: Statistic,
    /// With the CPU share of 128 MB, for each period of its limit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<ShareMeasurements>,
}

/// Measurements with the CPU share of 128 MB.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ShareMeasurements {
    /// The period of the limit: a process that has used its share waits for the next one.
    pub period_ms: u64,
    /// Start and first invocation.
    pub cold_ms: Statistic,
    /// The first invocation.
    pub first_ms: Statistic,
}

/// The median and the minimum of samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Statistic {
    /// The median.
    pub median: f64,
    /// The minimum.
    pub min: f64,
    /// The number of samples.
    pub samples: usize,
}

/// Ratios, of medians unless they are named otherwise: `…_to_limit` is ours divided by the limit, `…_of_python` is Python divided by ours.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Ratios {
    /// Start and first invocation.
    pub cold_to_limit: f64,
    /// Start and first invocation.
    pub cold_of_python: f64,
    /// The minima of start and first invocation, which load on the machine affects least.
    pub cold_min_to_limit: f64,
    /// The minima of start and first invocation.
    pub cold_min_of_python: f64,
    /// CPU time of start and first invocation.
    pub cold_cpu_to_limit: f64,
    /// CPU time of start and first invocation.
    pub cold_cpu_of_python: f64,
    /// A later invocation.
    pub warm_to_limit: f64,
    /// A later invocation.
    pub warm_of_python: f64,
    /// The maximum of the resident memory.
    pub peak_to_limit: f64,
    /// With the CPU share of 128 MB, for each period of its limit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<ShareRatios>,
}

/// The ratios of start and first invocation with the CPU share of 128 MB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ShareRatios {
    /// The period of the limit.
    pub period_ms: u64,
    /// Ours divided by the limit.
    pub cold_to_limit: f64,
    /// Python divided by ours.
    pub cold_of_python: f64,
}

impl Statistic {
    /// Returns the statistic of samples; of none, zeros.
    pub fn of(samples: impl IntoIterator<Item = f64>) -> Self {
        let mut samples: Vec<f64> = samples.into_iter().collect();
        samples.sort_by(f64::total_cmp);
        let middle = samples.len() / 2;
        let median = match (
            samples.get(middle),
            middle.checked_sub(1).and_then(|at| samples.get(at)),
        ) {
            (Some(upper), Some(lower)) if samples.len().is_multiple_of(2) => f64::midpoint(*lower, *upper),
            (Some(upper), _) => *upper,
            (None, _) => 0.0,
        };
        Self {
            median: round(median),
            min: round(samples.first().copied().unwrap_or_default()),
            samples: samples.len(),
        }
    }
}

impl Measurements {
    /// Returns the measurements of samples, and of others with the CPU share of 128 MB, by the period of its limit.
    pub fn of(samples: &[Sample], shared: &[(u64, Vec<Sample>)]) -> Self {
        let all = |value: &dyn Fn(&Sample) -> f64| Statistic::of(samples.iter().map(value));
        let cold = |sample: &Sample| milliseconds(sample.start + sample.first);
        let shares = shared.iter().map(|(period_ms, samples)| ShareMeasurements {
            period_ms: *period_ms,
            cold_ms: Statistic::of(samples.iter().map(cold)),
            first_ms: Statistic::of(samples.iter().map(|sample| milliseconds(sample.first))),
        });
        let with_warm = || samples.iter().filter(|sample| !sample.warm.is_empty());
        Self {
            start_ms: all(&|sample| milliseconds(sample.start)),
            first_ms: all(&|sample| milliseconds(sample.first)),
            cold_ms: all(&cold),
            cold_cpu_ms: all(&|sample| milliseconds(sample.cold_cpu)),
            warm_ms: Statistic::of(
                with_warm()
                    .flat_map(|sample| &sample.warm)
                    .map(|took| milliseconds(*took)),
            ),
            warm_cpu_ms: Statistic::of(
                with_warm().map(|sample| milliseconds(sample.warm_cpu) / sample.warm.len() as f64),
            ),
            peak_kib: all(&|sample| sample.peak_kib as f64),
            shares: shares.collect(),
        }
    }
}

impl Ratios {
    /// Returns the ratios of three variants.
    pub fn of(ours: &Measurements, limit: &Measurements, python: &Measurements) -> Self {
        let ratio = |upper: Statistic, lower: Statistic| round(upper.median / lower.median);
        let min_ratio = |upper: Statistic, lower: Statistic| round(upper.min / lower.min);
        let all = ours.shares.iter().zip(&limit.shares).zip(&python.shares);
        let shares = all.map(|((ours, limit), python)| ShareRatios {
            period_ms: ours.period_ms,
            cold_to_limit: ratio(ours.cold_ms, limit.cold_ms),
            cold_of_python: ratio(python.cold_ms, ours.cold_ms),
        });
        Self {
            cold_to_limit: ratio(ours.cold_ms, limit.cold_ms),
            cold_of_python: ratio(python.cold_ms, ours.cold_ms),
            cold_min_to_limit: min_ratio(ours.cold_ms, limit.cold_ms),
            cold_min_of_python: min_ratio(python.cold_ms, ours.cold_ms),
            cold_cpu_to_limit: ratio(ours.cold_cpu_ms, limit.cold_cpu_ms),
            cold_cpu_of_python: ratio(python.cold_cpu_ms, ours.cold_cpu_ms),
            warm_to_limit: ratio(ours.warm_ms, limit.warm_ms),
            warm_of_python: ratio(python.warm_ms, ours.warm_ms),
            peak_to_limit: ratio(ours.peak_kib, limit.peak_kib),
            shares: shares.collect(),
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Rounds to three decimals.
fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_the_middle_or_the_mean_of_both() {
        let statistic = |samples: &[f64]| {
            let statistic = Statistic::of(samples.iter().copied());
            (statistic.median, statistic.min)
        };
        assert_eq!(statistic(&[3.0, 1.0, 2.0]), (2.0, 1.0));
        assert_eq!(statistic(&[4.0, 1.0, 2.0, 3.0]), (2.5, 1.0));
        assert_eq!(statistic(&[]), (0.0, 0.0));
    }

    #[test]
    fn ratios_compare_medians() {
        let sample = |start: u64, shared: u64| {
            let of = |start| Sample {
                start: Duration::from_millis(start),
                first: Duration::from_millis(1),
                warm: vec![Duration::from_millis(start)],
                ..Sample::default()
            };
            Measurements::of(&[of(start)], &[(100, vec![of(shared)])])
        };
        let ratios = Ratios::of(&sample(5, 11), &sample(2, 5), &sample(599, 5999));
        assert_eq!((ratios.cold_to_limit, ratios.cold_of_python), (2.0, 100.0));
        let share = ShareRatios {
            period_ms: 100,
            cold_to_limit: 2.0,
            cold_of_python: 500.0,
        };
        assert_eq!(ratios.shares, [share]);
        assert_eq!(ratios.warm_to_limit, 2.5);
    }
}
