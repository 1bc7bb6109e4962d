//! Sizing and padding policies: from a picture and a box to scale, crop and pad.

use media::Size;

use crate::encoding::{PaddingPolicy, Sizing, SizingPolicy};

/// Returns the filters that fit and pad frames of another size into frames of this one, whose sides become even. They look
/// at each frame: with `-reinit_filter 0` ffmpeg keeps its filters where the size changes.
pub fn same_size_filters(Size { width, height }: Size) -> Vec<String> {
    let (across, down) = (width & !1, height & !1);
    let fit = |side: u32, other: u32, from: &str, by: &str| {
        format!("'if(eq(iw,{width})*eq(ih,{height}),{side},2*trunc(min({side},{other}*{from}/{by})/2))'")
    };
    vec![
        format!(
            "scale={}:{}:flags=bicubic:eval=frame",
            fit(across, down, "iw", "ih"),
            fit(down, across, "ih", "iw")
        ),
        format!("pad={across}:{down}:-1:-1:eval=frame"),
    ]
}

/// The scaling, cropping and padding of a picture, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// The size it is scaled to.
    pub scale: Size,
    /// The size of the middle that is kept.
    pub crop: Option<Size>,
    /// The size of the black box around it.
    pub pad: Option<Size>,
}

impl Geometry {
    /// Fits a picture of square pixels, upright, into the box.
    pub fn new(source: Size, sizing: Sizing) -> Self {
        let target = Size {
            width: sizing.max_width,
            height: sizing.max_height,
        };
        let (across, down) = (
            ratio(target.width, source.width),
            ratio(target.height, source.height),
        );
        let scale = match sizing.policy {
            SizingPolicy::Stretch => target,
            SizingPolicy::Keep => scaled(source, 1.0),
            SizingPolicy::Fit => scaled(source, across.min(down)),
            SizingPolicy::Fill => scaled(source, across.max(down)),
            SizingPolicy::ShrinkToFit => scaled(source, across.min(down).min(1.0)),
            SizingPolicy::ShrinkToFill => scaled(source, across.max(down).min(1.0)),
        };
        let inside = match sizing.policy {
            SizingPolicy::ShrinkToFill => scale,
            _ => Size {
                width: scale.width.min(target.width),
                height: scale.height.min(target.height),
            },
        };
        let filled = Size {
            width: inside.width.max(target.width),
            height: inside.height.max(target.height),
        };
        let padded = sizing.padding == PaddingPolicy::Pad && inside != filled;
        Self {
            scale,
            crop: (inside != scale).then_some(inside),
            pad: padded.then_some(filled),
        }
    }

    /// Returns the size of the result.
    pub fn size(self) -> Size {
        self.pad.or(self.crop).unwrap_or(self.scale)
    }

    /// Returns the filters.
    pub fn filters(self) -> Vec<String> {
        let mut filters = vec![format!(
            "scale={}:{}:flags=bicubic",
            self.scale.width, self.scale.height
        )];
        filters.extend(
            self.crop
                .map(|size| format!("crop={}:{}", size.width, size.height)),
        );
        filters.extend(
            self.pad
                .map(|size| format!("pad={}:{}:(ow-iw)/2:(oh-ih)/2", size.width, size.height)),
        );
        filters.push("setsar=1".into());
        filters
    }
}

fn ratio(target: u32, source: u32) -> f64 {
    f64::from(target) / f64::from(source.max(1))
}

fn scaled(source: Size, factor: f64) -> Size {
    Size {
        width: even(f64::from(source.width) * factor),
        height: even(f64::from(source.height) * factor),
    }
}

/// Rounds down to an even number: 4:2:0 has a color for each 2x2 pixels. The small term is for products such as 719.9999….
fn even(pixels: f64) -> u32 {
    let half = ((pixels + 1e-6) / 2.0).floor().clamp(1.0, 16_384.0);
    half as u32 * 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sized(width: u32, height: u32, policy: SizingPolicy, padding: PaddingPolicy) -> Geometry {
        Geometry::new(
            Size { width, height },
            Sizing {
                max_width: 1280,
                max_height: 720,
                policy,
                padding,
            },
        )
    }

    fn shrunk(width: u32, height: u32) -> (u32, u32) {
        let size = sized(width, height, SizingPolicy::ShrinkToFit, PaddingPolicy::NoPad).size();
        (size.width, size.height)
    }

    #[test]
    fn shrink_to_fit_keeps_the_aspect_and_never_enlarges() {
        assert_eq!(shrunk(1920, 1080), (1280, 720));
        assert_eq!(shrunk(3840, 2160), (1280, 720));
        assert_eq!(shrunk(1080, 1920), (404, 720), "portrait stays portrait");
        assert_eq!(shrunk(1440, 1080), (960, 720));
        assert_eq!(shrunk(640, 480), (640, 480));
        assert_eq!(shrunk(853, 481), (852, 480), "dimensions are even");
        assert_eq!(shrunk(4000, 100), (1280, 32));
        assert_eq!(shrunk(1, 1), (2, 2));
        assert_eq!(shrunk(100_000, 2), (1280, 2));
    }

    const POLICIES: [SizingPolicy; 6] = [
        SizingPolicy::Fit,
        SizingPolicy::Fill,
        SizingPolicy::Stretch,
        SizingPolicy::Keep,
        SizingPolicy::ShrinkToFit,
        SizingPolicy::ShrinkToFill,
    ];

    proptest! {
        #[test]
        fn every_policy_keeps_its_word(width in 2_u32..5000, height in 2_u32..5000, policy in 0..6_usize) {
            let policy = POLICIES[policy];
            let plain = sized(width, height, policy, PaddingPolicy::NoPad);
            let Size { width: w, height: h } = plain.size();
            prop_assert!(w % 2 == 0 && h % 2 == 0 && w > 0 && h > 0, "{w}x{h}");
            if policy != SizingPolicy::ShrinkToFill {
                prop_assert!(w <= 1280 && h <= 720, "{w}x{h}");
            }
            match policy {
                SizingPolicy::Fit => prop_assert!(w == 1280 || h == 720),
                SizingPolicy::Fill | SizingPolicy::Stretch => prop_assert!((w, h) == (1280, 720)),
                SizingPolicy::Keep => prop_assert!(w == (width & !1).min(1280) && h == (height & !1).min(720)),
                SizingPolicy::ShrinkToFit => prop_assert!(w <= width && h <= height),
                SizingPolicy::ShrinkToFill => {
                    prop_assert!(w <= width && h <= height);
                    prop_assert!(w >= (width & !1).min(1280) && h >= (height & !1).min(720));
                }
            }
            let odd = width.max(height) > 16 * width.min(height);
            if policy != SizingPolicy::Stretch && !odd {
                let Size { width: w, height: h } = plain.scale;
                let lost = (f64::from(w) * f64::from(height) - f64::from(h) * f64::from(width)).abs();
                // Each side is rounded down by less than two pixels, but never below two.
                prop_assert!(lost <= 2.0 * f64::from(width.max(height)), "{width}x{height} -> {w}x{h}");
            }
            let Size { width: w, height: h } = sized(width, height, policy, PaddingPolicy::Pad).size();
            prop_assert!(w >= 1280 && h >= 720, "a padded picture fills the box");
        }
    }

    proptest! {
        #[test]
        fn every_box_is_kept_to_and_filled_where_it_is_padded(
            (width, height) in (2_u32..5000, 2_u32..5000),
            (half_width, half_height) in (16_u32..2048, 16_u32..1536),
            policy in 0..6_usize,
            pad in any::<bool>(),
        ) {
            let policy = POLICIES[policy];
            let sizing = Sizing {
                max_width: half_width * 2,
                max_height: half_height * 2,
                policy,
                padding: if pad { PaddingPolicy::Pad } else { PaddingPolicy::NoPad },
            };
            let made = Geometry::new(Size { width, height }, sizing);
            let inside = made.crop.unwrap_or(made.scale);
            prop_assert!(inside.width <= made.scale.width && inside.height <= made.scale.height, "a crop does not enlarge");
            let size = made.size();
            prop_assert!(size.width >= inside.width && size.height >= inside.height, "padding does not shrink");
            prop_assert!(pad || made.pad.is_none());
            let (across, down) = (sizing.max_width, sizing.max_height);
            if policy == SizingPolicy::ShrinkToFill {
                prop_assert_eq!(made.crop, None);
                prop_assert!(!pad || (size.width >= across && size.height >= down));
            } else if pad {
                prop_assert_eq!((size.width, size.height), (across, down));
            } else {
                prop_assert!(size.width <= across && size.height <= down);
            }
            let cuts = matches!(policy, SizingPolicy::Fill | SizingPolicy::Keep);
            prop_assert!(cuts || made.crop.is_none(), "{policy:?} does not crop");
        }
    }

    #[test]
    fn each_policy_scales_crops_and_pads() {
        let of = |policy, padding| sized(1000, 1000, policy, padding).filters().join(",");
        let lines: Vec<String> = POLICIES
            .iter()
            .flat_map(|policy| [PaddingPolicy::NoPad, PaddingPolicy::Pad].map(|padding| (*policy, padding)))
            .map(|(policy, padding)| format!("{policy:?} {padding:?}: {}", of(policy, padding)))
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
