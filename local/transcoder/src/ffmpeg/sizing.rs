//! Sizing and padding policies: from a picture and a box to scale, crop and pad.

use crate::preset::{PaddingPolicy, Sizing, SizingPolicy};

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Across.
    pub width: u32,
    /// Down.
    pub height: u32,
}

/// What is done to a picture, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// The size it is scaled to.
    pub scale: Size,
    /// The middle that is kept.
    pub crop: Option<Size>,
    /// The black box that it is put in the middle of.
    pub pad: Option<Size>,
}

impl Geometry {
    /// How a picture of square pixels, upright, comes into the box.
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
        let inside = Size {
            width: scale.width.min(target.width),
            height: scale.height.min(target.height),
        };
        let padded = sizing.padding == PaddingPolicy::Pad && inside != target;
        Self {
            scale,
            crop: (inside != scale).then_some(inside),
            pad: padded.then_some(target),
        }
    }

    /// The size that comes out.
    pub fn size(self) -> Size {
        self.pad.or(self.crop).unwrap_or(self.scale)
    }

    /// The filters that do it.
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

/// The even number at or below, since 4:2:0 has a colour for each 2x2 pixels. The small term is for products such as 719.9999….
fn even(pixels: f64) -> u32 {
    let half = ((pixels + 1e-6) / 2.0).floor().clamp(1.0, 16_384.0);
    half as u32 * 2
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn every_shrunk_size_is_even_inside_the_box_and_near_the_aspect() {
        for width in (2..4200).step_by(37) {
            for height in (2..4200).step_by(41) {
                let (w, h) = shrunk(width, height);
                assert!(
                    w % 2 == 0 && h % 2 == 0 && w <= 1280 && h <= 720,
                    "{width}x{height} -> {w}x{h}"
                );
                assert!(w <= width.max(2) && h <= height.max(2));
                let factor = ratio(1280, width).min(ratio(720, height)).min(1.0);
                let lost =
                    (f64::from(width) * factor - f64::from(w)).max(f64::from(height) * factor - f64::from(h));
                assert!(lost < 2.0, "{width}x{height} -> {w}x{h}");
            }
        }
    }

    #[test]
    fn each_policy_scales_crops_and_pads() {
        let of = |policy, padding| sized(1000, 1000, policy, padding).filters().join(",");
        use PaddingPolicy::{NoPad, Pad};
        assert_eq!(
            of(SizingPolicy::Fit, NoPad),
            "scale=720:720:flags=bicubic,setsar=1"
        );
        assert_eq!(
            of(SizingPolicy::Fit, Pad),
            "scale=720:720:flags=bicubic,pad=1280:720:(ow-iw)/2:(oh-ih)/2,setsar=1"
        );
        assert_eq!(
            of(SizingPolicy::Fill, NoPad),
            "scale=1280:1280:flags=bicubic,crop=1280:720,setsar=1"
        );
        assert_eq!(
            of(SizingPolicy::Stretch, NoPad),
            "scale=1280:720:flags=bicubic,setsar=1"
        );
        assert_eq!(
            of(SizingPolicy::Keep, NoPad),
            "scale=1000:1000:flags=bicubic,crop=1000:720,setsar=1"
        );
        assert_eq!(
            of(SizingPolicy::ShrinkToFill, NoPad),
            "scale=1000:1000:flags=bicubic,crop=1000:720,setsar=1"
        );
        let small = sized(640, 360, SizingPolicy::Fit, PaddingPolicy::NoPad);
        assert_eq!(
            small.size(),
            Size {
                width: 1280,
                height: 720
            },
            "Fit enlarges"
        );
    }
}
