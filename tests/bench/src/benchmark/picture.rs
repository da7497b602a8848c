//! Pictures, as SVG.

use std::fmt::Write as _;

use super::spread::Spread;

const ROW: f64 = 24.0;
const LABELS: f64 = 270.0;
const BARS: f64 = 420.0;
const WIDTH: f64 = LABELS + BARS + 110.0;
/// Room for the title.
const TOP: f64 = 48.0;

/// A bar for each median, on a logarithmic scale, with a line over the middle half.
pub(super) fn bars(title: &str, unit: &str, rows: &[(String, Spread)]) -> String {
    let [least, most] = decades(rows);
    let x = |value: f64| LABELS + BARS * (value.log10() - least).max(0.0) / (most - least);
    let mut y = TOP;
    let mut shapes = format!(r#"<text x="12" y="28" font-size="17">{}, {unit} (logarithmic)</text>"#, escaped(title));
    for (label, Spread { median, low, high, .. }) in rows {
        let (middle, end) = (y + ROW / 2.0, x(*median));
        let (label, text_y, height, width) = (escaped(label), middle + 4.0, ROW - 8.0, end - LABELS);
        let (low, high, after) = (x(*low), x(*high), x(*high).max(end) + 6.0);
        let _ = write!(
            shapes,
            r##"<text x="{left:.1}" y="{text_y:.1}" text-anchor="end">{label}</text><rect x="{LABELS}" y="{top:.1}" width="{width:.1}" height="{height}" fill="#4477aa"/><path d="M{low:.1} {middle:.1}H{high:.1}" stroke="#222" stroke-width="2"/><text x="{after:.1}" y="{text_y:.1}">{median:.2}</text>"##,
            left = LABELS - 8.0,
            top = y + 4.0,
        );
        y += ROW;
    }
    let height = y + 12.0;
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>{shapes}</svg>
"#
    )
}

/// The powers of ten around all values.
fn decades(rows: &[(String, Spread)]) -> [f64; 2] {
    let values = || rows.iter().flat_map(|(_, spread)| [spread.low, spread.high]).filter(|value| *value > 0.0);
    let least = values().fold(f64::INFINITY, f64::min).log10().floor();
    let most = values().fold(0.0, f64::max).log10().ceil();
    if least < most { [least, most] } else { [0.0, 1.0] }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_has_a_bar_and_its_median() {
        let rows = [("ours".to_owned(), Spread::of([9.0, 10.0, 11.0])), ("a < b".to_owned(), Spread::of([900.0]))];
        let picture = bars("Start", "ms", &rows);
        assert_eq!(picture.matches("<rect x=").count(), 2);
        assert!(picture.contains(">10.00<") && picture.contains("a &lt; b") && picture.ends_with("</svg>\n"));
    }

    #[test]
    fn the_scale_is_in_powers_of_ten() {
        let bounds = |rows: &[_]| format!("{:?}", decades(rows));
        assert_eq!(bounds(&[("x".to_owned(), Spread::of([3.0, 250.0]))]), "[1.0, 3.0]");
        assert_eq!(bounds(&[("x".to_owned(), Spread::of([30.0, 31.0]))]), "[1.0, 2.0]");
        assert_eq!(bounds(&[]), "[0.0, 1.0]");
    }
}
