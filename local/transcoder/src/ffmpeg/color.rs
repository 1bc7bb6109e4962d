//! The filters that convert colors to BT.709 in limited range.

use media::Color;

use crate::encoding::ColorConversion;

const BT709: &str = "bt709";

/// An untagged video is BT.601 below this number of lines, else BT.709, as players assume.
const HIGH_DEFINITION_LINES: u32 = 720;

/// Returns whether the primaries include colors that BT.709 lacks.
fn is_wide(color: &Color) -> bool {
    matches!(
        color.primaries.as_deref(),
        Some("bt2020" | "smpte428" | "smpte431" | "smpte432")
    )
}

/// Returns whether samples of this many stored lines are BT.709.
fn is_rec709(color: &Color, lines: u32) -> bool {
    match color.matrix.as_deref() {
        None => lines >= HIGH_DEFINITION_LINES,
        Some(matrix) => matrix == BT709,
    }
}

/// Returns the filters that convert a video of this many stored lines. They follow its scaling.
pub fn filters(color: &Color, lines: u32, wanted: ColorConversion) -> Vec<String> {
    let is_full = color.full_range == Some(true);
    let range = if is_full && !wanted.limited_range {
        "pc"
    } else {
        "tv"
    };
    if !wanted.rec709 {
        // swscale converts only the range.
        return match is_full && wanted.limited_range {
            true => vec![
                format!("scale=out_range={range}"),
                format!("setparams=range={range}"),
            ],
            false => Vec::new(),
        };
    }
    let tags = format!("setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range={range}");
    if color.is_hdr() || is_wide(color) {
        return wide(color, range).into_iter().chain([tags]).collect();
    }
    let from = if is_full { "pc" } else { "tv" };
    if is_rec709(color, lines) && from == range {
        return vec![tags];
    }
    // Where the stream names its matrix, swscale knows it from each frame.
    let matrix = match (&color.matrix, is_rec709(color, lines)) {
        (Some(_), _) => "auto",
        (None, true) => BT709,
        (None, false) => "smpte170m",
    };
    vec![
        format!("scale=in_color_matrix={matrix}:out_color_matrix=bt709:in_range={from}:out_range={range}"),
        tags,
    ]
}

/// Converts in linear light: the primaries first, then a high dynamic range.
fn wide(color: &Color, range: &str) -> Vec<String> {
    let from = if color.full_range == Some(true) {
        "pc"
    } else {
        "tv"
    };
    let matrix = one_of(&color.matrix, &["bt2020nc", BT709, "smpte170m", "bt470bg"]);
    let primaries = one_of(&color.primaries, &["bt2020", BT709, "smpte431", "smpte432"]);
    let transfer = one_of(
        &color.transfer,
        &[BT709, "arib-std-b67", "smpte2084", "iec61966-2-1", "bt2020-10"],
    );
    let mut filters = vec![
        "format=yuv420p10le".to_owned(),
        format!("zscale=rin={from}:min={matrix}:pin={primaries}:tin={transfer}:t=linear:npl=100"),
        "format=gbrpf32le".to_owned(),
        "zscale=p=bt709".to_owned(),
    ];
    if color.is_hdr() {
        filters.push("tonemap=tonemap=hable:desat=0".to_owned());
    }
    filters.push(format!("zscale=t=bt709:m=bt709:r={range}"));
    filters
}

/// Returns a known name, else the first one: zscale refuses unknown names.
fn one_of<'a>(name: &Option<String>, known: &[&'a str]) -> &'a str {
    let found = known.iter().find(|known| name.as_deref() == Some(**known));
    found.or(known.first()).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: ColorConversion = ColorConversion {
        rec709: true,
        limited_range: true,
    };

    fn color(field: &str) -> Color {
        Color::parse(field)
    }

    #[test]
    fn conversions_of_color() {
        let lines = [
            ("BT.709", "yuv420p(tv, bt709, progressive)", 1080),
            ("unnamed, high definition", "yuv420p", 1080),
            ("unnamed, standard definition", "yuv420p", 480),
            ("BT.601, full range", "yuvj420p(pc, smpte170m)", 480),
            ("BT.709, full range", "yuvj420p(pc, bt709)", 1080),
            ("HLG", "yuv420p10le(tv, bt2020nc/bt2020/arib-std-b67)", 1080),
            ("PQ", "yuv420p10le(tv, bt2020nc/bt2020/smpte2084)", 1080),
            ("Display P3", "yuv420p(tv, bt709/smpte432/bt709)", 1080),
        ];
        let limited = ColorConversion {
            rec709: false,
            limited_range: true,
        };
        let mut shown = Vec::new();
        for (name, field, lines) in lines {
            for (how, wanted) in [("all", ALL), ("range", limited), ("none", ColorConversion::NONE)] {
                let filters = filters(&color(field), lines, wanted).join(",");
                shown.push(format!("{name} ({how}): {filters}"));
            }
        }
        insta::assert_snapshot!(shown.join("\n"));
    }
}
