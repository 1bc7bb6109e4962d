//! The packets of an input, read from ffmpeg's `framecrc` output.

use std::collections::BTreeMap;

/// The maximum time without a packet, in seconds; a longer one is a gap.
pub const MAX_GAP: f64 = 10.0;

/// The packets of each stream, by the stream's position among the requested ones.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Packets {
    streams: BTreeMap<usize, StreamPackets>,
    encrypted: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct StreamPackets {
    /// The unit of the timestamps, in seconds.
    time_base: f64,
    count: u64,
    /// The latest start of a packet so far, in seconds.
    latest: f64,
    /// The gaps between starts of packets; the first gap has no start.
    gaps: Vec<Gap>,
}

/// A time without packets, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// The start of the last packet before it.
    pub start: f64,
    /// The start of the first packet after it.
    pub end: f64,
}

impl Packets {
    /// Reads a line of ffmpeg's output. Returns whether it describes a packet.
    pub fn read(&mut self, line: &str) -> bool {
        if let Some(time_base) = line.strip_prefix("#tb ") {
            self.add_stream(time_base);
            return false;
        }
        if line.starts_with('#') {
            return false;
        }
        self.encrypted |= line.contains(", Encryption info,");
        self.add_packet(line).is_some()
    }

    /// Returns whether samples are encrypted.
    pub fn are_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Returns the number of packets of a stream.
    pub fn count(&self, stream: usize) -> u64 {
        self.streams.get(&stream).map_or(0, |stream| stream.count)
    }

    /// Returns the start of the latest packet of a stream, in seconds.
    pub fn latest(&self, stream: usize) -> Option<f64> {
        let latest = self.streams.get(&stream)?.latest;
        latest.is_finite().then_some(latest)
    }

    /// Returns the times without a packet of any of these streams, in their order.
    pub fn common_gaps(&self, streams: &[usize]) -> Vec<Gap> {
        let mut gaps = streams
            .iter()
            .filter_map(|stream| self.streams.get(stream))
            .filter(|stream| stream.count > 0)
            .map(StreamPackets::all_gaps);
        let first = gaps.next().unwrap_or_default();
        let common = gaps.fold(first, |common, gaps| intersection(&common, &gaps));
        let inner = |gap: &Gap| gap.start.is_finite() && gap.end.is_finite();
        common.into_iter().filter(inner).collect()
    }

    /// Reads `0: 1/1000`.
    fn add_stream(&mut self, text: &str) -> Option<()> {
        let (stream, base) = text.split_once(": ")?;
        let (over, under) = base.split_once('/')?;
        let time_base = over.parse::<f64>().ok()? / under.trim().parse::<f64>().ok()?;
        let packets = StreamPackets {
            time_base,
            count: 0,
            latest: f64::NEG_INFINITY,
            gaps: Vec::new(),
        };
        self.streams.insert(stream.parse().ok()?, packets);
        Some(())
    }

    /// Reads `0, 7202000, 7202000, 33, …`: the stream, the decoding time, the presentation time.
    fn add_packet(&mut self, line: &str) -> Option<()> {
        let mut fields = line.split(',').map(str::trim);
        let stream = self.streams.get_mut(&fields.next()?.parse().ok()?)?;
        let (decoding, presentation) = (fields.next()?, fields.next()?);
        stream.count += 1;
        let units: f64 = presentation.parse().or_else(|_| decoding.parse()).ok()?;
        stream.add(units * stream.time_base);
        Some(())
    }
}

impl StreamPackets {
    fn add(&mut self, begin: f64) {
        if begin - self.latest > MAX_GAP {
            self.gaps.push(Gap {
                start: self.latest,
                end: begin,
            });
        }
        self.latest = self.latest.max(begin);
    }

    /// Returns its gaps, with the times before its first packet and after its last one.
    fn all_gaps(&self) -> Vec<Gap> {
        let after = Gap {
            start: self.latest,
            end: f64::INFINITY,
        };
        self.gaps.iter().copied().chain([after]).collect()
    }
}

/// Returns the gaps that two ordered lists have in common.
fn intersection(left: &[Gap], right: &[Gap]) -> Vec<Gap> {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    let mut common = Vec::new();
    while let (Some(one), Some(other)) = (left.peek(), right.peek()) {
        let gap = Gap {
            start: one.start.max(other.start),
            end: one.end.min(other.end),
        };
        if gap.end - gap.start > MAX_GAP {
            common.push(gap);
        }
        if one.end < other.end {
            left.next();
        } else {
            right.next();
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(lines: &str) -> Packets {
        let mut packets = Packets::default();
        for line in lines.lines() {
            packets.read(line);
        }
        packets
    }

    const PAUSED: &str = "\
#tb 0: 1/1000
#tb 1: 1/100
0, 0, 0, 33, 1, 0x1
0, 2000, 2000, 33, 1, 0x1
1, -1, -1, 2, 1, 0x1, S=1, Skip Samples, 10, 0x1
1, 195, 195, 2, 1, 0x1
0, 60000, 60000, 33, 1, 0x1
0, NOPTS, NOPTS, 33, 1, 0x1
1, 6010, 6010, 2, 1, 0x1";

    #[test]
    fn gap_is_common_to_all_streams() {
        let packets = packets(PAUSED);
        let gap = Gap {
            start: 2.0,
            end: 60.0,
        };
        assert_eq!(packets.common_gaps(&[0, 1]), [gap]);
        assert_eq!((packets.count(0), packets.count(1), packets.count(2)), (4, 3, 0));
        assert!(!packets.are_encrypted());
    }

    #[test]
    fn continuous_stream_prevents_a_gap() {
        let slow = "#tb 0: 1/1\n#tb 1: 1/1\n0, 0, 0, 1, 1, 0x1\n0, 30, 30, 1, 1, 0x1\n";
        let steady: String = (0..5)
            .map(|at| format!("1, {0}, {0}, 1, 1, 0x1\n", at * 8))
            .collect();
        let packets = packets(&format!("{slow}{steady}"));
        assert_eq!(packets.common_gaps(&[0, 1]), []);
        assert_eq!(packets.common_gaps(&[0]).len(), 1);
    }

    #[test]
    fn gap_between_one_stream_and_the_next_is_found() {
        let packets = packets("#tb 0: 1/1\n#tb 1: 1/1\n0, 0, 0, 1, 1, 0x1\n1, 7200, 7200, 1, 1, 0x1");
        let gap = Gap {
            start: 0.0,
            end: 7200.0,
        };
        assert_eq!(packets.common_gaps(&[0, 1]), [gap]);
    }
}
