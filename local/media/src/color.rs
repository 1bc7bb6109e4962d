//! The color properties of a video stream.

use serde::{Deserialize, Serialize};

/// The color properties of a video stream, by ffmpeg's names; absent where the stream does not state them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Color {
    /// Whether samples use all their values (`pc`) or leave head and foot room (`tv`).
    pub full_range: Option<bool>,
    /// Matrix coefficients, such as `bt709`.
    pub matrix: Option<String>,
    /// Color primaries, such as `bt2020`.
    pub primaries: Option<String>,
    /// Transfer characteristics, such as `arib-std-b67` (HLG) or `smpte2084` (PQ).
    pub transfer: Option<String>,
}

impl Color {
    /// Reads the field of a stream that ffmpeg prints: `yuv420p10le(tv, bt2020nc/bt2020/arib-std-b67, progressive)`.
    pub fn parse(field: &str) -> Self {
        let (format, rest) = field.split_once('(').unwrap_or((field, ""));
        let mut color = Self {
            // The pixel formats of JPEG have the range in their name.
            full_range: format.starts_with("yuvj").then_some(true),
            ..Self::default()
        };
        for part in rest.trim_end_matches(')').split(',').map(str::trim) {
            match part {
                "tv" => color.full_range = Some(false),
                "pc" => color.full_range = Some(true),
                _ => color.read_names(part),
            }
        }
        color
    }

    /// `matrix/primaries/transfer`, or one name for all three.
    fn read_names(&mut self, part: &str) {
        let known = |name: &str| (name != "unknown" && !name.is_empty()).then(|| name.to_owned());
        match part.split('/').collect::<Vec<_>>()[..] {
            [matrix, primaries, transfer] => {
                (self.matrix, self.primaries, self.transfer) =
                    (known(matrix), known(primaries), known(transfer));
            }
            [name] if NAMES.contains(&name) => {
                let name = || Some(name.to_owned());
                (self.matrix, self.primaries, self.transfer) = (name(), name(), name());
            }
            _ => {}
        }
    }

    /// Whether the video has a high dynamic range: HLG or PQ.
    pub fn is_hdr(&self) -> bool {
        matches!(self.transfer.as_deref(), Some("arib-std-b67" | "smpte2084"))
    }
}

/// The names of color spaces that ffmpeg prints once for matrix, primaries and transfer alike.
const NAMES: [&str; 5] = ["bt709", "smpte170m", "bt470bg", "bt470m", "smpte240m"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn color_is_read_from_the_pixel_format_field() {
        let hlg = Color::parse("yuv420p10le(tv, bt2020nc/bt2020/arib-std-b67, progressive)");
        assert!(hlg.is_hdr());
        assert_eq!(
            (hlg.full_range, hlg.matrix.as_deref(), hlg.primaries.as_deref()),
            (Some(false), Some("bt2020nc"), Some("bt2020"))
        );
        let phone = Color::parse("yuv420p(tv, bt709, progressive)");
        assert_eq!(phone.transfer.as_deref(), Some("bt709"));
        assert_eq!(Color::parse("yuvj420p(progressive)").full_range, Some(true));
        assert_eq!(Color::parse("yuvj420p(pc, progressive)").full_range, Some(true));
        assert_eq!(Color::parse("yuv420p"), Color::default());
        let partly = Color::parse("yuv420p(tv, bt2020nc/unknown/unknown, top first)");
        assert_eq!((partly.primaries, partly.transfer), (None, None));
    }
}
