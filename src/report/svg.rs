//! Draws the time-space diagram.
//!
//! Knows: pixels, colours, SVG. Must not know: how greens and bands were found.
//!
//! ```text
//!   title, subtitle, legend
//!   names | plot: rows of two thin bars (outbound above inbound), bands behind | offset, greens
//!         | time axis
//! ```

use super::diagram::{Diagram, DiagramBand, Row, Show};
use super::escape;
use crate::corridor::Direction;
use crate::units::Circle;
use std::fmt::Write as _;

const LEFT: f64 = 216.0;
const RIGHT: f64 = 132.0;
const TOP: f64 = 104.0;
const BOTTOM: f64 = 52.0;
const PLOT_WIDTH: f64 = 1180.0;
const BAR: f64 = 5.0;
/// A letter's mean width in the bold face of the bands' labels.
const LETTER: f64 = 7.2;
const INK: &str = "#1b1f24";
const FAINT: &str = "#6b7280";
const GREEN: &str = "#2f9e58";
const YELLOW: &str = "#e9b949";
const RED: &str = "#d6685f";
const OUTBOUND: &str = "#1f6fb4";
const INBOUND: &str = "#8a3fa0";

/// Where times and places lie on the picture.
struct Frame {
    /// Seconds shown.
    window: f64,
    /// Metres shown.
    length: f64,
    /// Pixels of the plot, downwards.
    height: f64,
}

impl Frame {
    fn new(diagram: &Diagram) -> Frame {
        let length = diagram.rows.last().map_or(1.0, |row| row.chainage_m).max(1.0);
        let closest = diagram.rows.windows(2).map(|w| w[1].chainage_m - w[0].chainage_m).fold(length, f64::min);
        // the closest neighbours' names stand 34 px apart if the picture does not get too tall for it
        let height = (34.0 / closest.max(1.0) * length).clamp(360.0, 1100.0);
        let cycle = diagram.rows.iter().map(|row| row.cycle_s).fold(1.0, f64::max);
        let longest = diagram.bands.iter().map(DiagramBand::lasts).fold(0.0, f64::max);
        let cycles = ((longest / cycle).ceil() + 1.0).clamp(3.0, 8.0);
        Frame { window: cycles * cycle, length, height }
    }

    fn x(&self, seconds: f64) -> f64 {
        LEFT + seconds / self.window * PLOT_WIDTH
    }

    fn y(&self, metres: f64) -> f64 {
        TOP + 20.0 + (1.0 - metres / self.length) * (self.height - 40.0)
    }

    fn floor(&self) -> f64 {
        TOP + self.height
    }
}

impl DiagramBand {
    /// From its head's first stop line to its tail's last, s.
    fn lasts(&self) -> f64 {
        let times = self.head_s.iter().copied();
        times.clone().fold(f64::MIN, f64::max) - times.fold(f64::MAX, f64::min) + self.width_s
    }

    const fn colour(&self) -> &'static str {
        colour(self.direction)
    }
}

const fn colour(direction: Direction) -> &'static str {
    match direction {
        Direction::Outbound => OUTBOUND,
        Direction::Inbound => INBOUND,
    }
}

/// The whole picture.
pub(super) fn draw(diagram: &Diagram) -> String {
    let frame = Frame::new(diagram);
    let (width, height) = (LEFT + PLOT_WIDTH + RIGHT, frame.floor() + BOTTOM);
    let mut out = String::new();
    let fonts = "system-ui, 'Noto Sans CJK SC', 'Noto Sans SC', 'Microsoft YaHei', 'PingFang SC', sans-serif";
    put(
        &mut out,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" font-family=\"{fonts}\" font-size=\"12\" fill=\"{INK}\">\n<title>{}</title>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<defs><clipPath id=\"plot\"><rect x=\"{LEFT}\" \
             y=\"{TOP}\" width=\"{PLOT_WIDTH}\" height=\"{:.1}\"/></clipPath></defs>\n",
            escape(&diagram.name.en),
            frame.height
        ),
    );
    head(&mut out, diagram);
    axes(&mut out, &frame, diagram);
    out.push_str("<g clip-path=\"url(#plot)\">\n");
    diagram.bands.iter().for_each(|band| repetitions(&mut out, &frame, diagram, band));
    diagram.rows.iter().for_each(|row| bars(&mut out, &frame, row));
    out.push_str("</g>\n");
    diagram.rows.iter().for_each(|row| labels(&mut out, &frame, row, diagram.cycle_s.is_none()));
    let mut taken = Vec::new();
    diagram.bands.iter().for_each(|band| widths(&mut out, &frame, diagram, band, &mut taken));
    out.push_str("</svg>\n");
    out
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    // a String takes whatever is written
    let _ = out.write_fmt(text);
}

/// A number of seconds without a needless decimal.
fn seconds(value: f64) -> String {
    let tenths = (value * 10.0).round() / 10.0;
    if tenths.fract() == 0.0 { format!("{tenths:.0}") } else { format!("{tenths:.1}") }
}

/// Title, what the bands amount to, legend.
fn head(out: &mut String, diagram: &Diagram) {
    let cycle = diagram.cycle_s.map_or("different cycles".to_owned(), |c| format!("cycle {} s", seconds(c)));
    let (zh, en) = (escape(&diagram.name.zh), escape(&diagram.name.en));
    put(
        out,
        format_args!(
            "<text x=\"24\" y=\"34\" font-size=\"20\" font-weight=\"600\">{zh} {en} <tspan font-weight=\"400\" \
             fill=\"{FAINT}\">· {cycle}</tspan></text>\n<text x=\"24\" y=\"56\" fill=\"{FAINT}\">{}</text>\n",
            escape(&diagram.caption)
        ),
    );
    let mut x = LEFT;
    for (direction, word, arrow) in [(Direction::Outbound, "outbound", "↗"), (Direction::Inbound, "inbound", "↘")] {
        let text = match (diagram.whole(direction), diagram.bands.iter().filter(|b| b.direction == direction).count()) {
            (Some(band), _) => {
                let (width, percent) = (seconds(band.width_s), band.width_percent);
                format!("{arrow} {word} band {width} s ({percent:.0} %) over all, {:.0} km/h", band.speed_km_h)
            }
            (None, 0) => format!("{arrow} {word}: no band"),
            (None, parts) => format!("{arrow} {word}: no band over all; {parts} over parts"),
        };
        put(
            out,
            format_args!(
                "<rect x=\"{x}\" y=\"74\" width=\"18\" height=\"12\" fill=\"{c}\" fill-opacity=\".25\" stroke=\"{c}\"/>\
                 <text x=\"{}\" y=\"84\">{text}</text>\n",
                x + 26.0,
                c = colour(direction),
            ),
        );
        x += 330.0;
    }
    for (fill, word) in [(GREEN, "green"), (YELLOW, "yellow"), (RED, "red")] {
        put(
            out,
            format_args!(
                "<rect x=\"{x}\" y=\"78\" width=\"18\" height=\"{BAR}\" fill=\"{fill}\"/><text x=\"{}\" y=\"84\">{word}</text>\n",
                x + 24.0
            ),
        );
        x += 76.0;
    }
    put(out, format_args!("<text x=\"{x}\" y=\"84\" fill=\"{FAINT}\">upper bar outbound, lower bar inbound</text>\n"));
}

/// Time axis with a line at every start of the cycle, and the headings of the columns.
fn axes(out: &mut String, frame: &Frame, diagram: &Diagram) {
    let floor = frame.floor();
    let step = [10.0, 20.0, 30.0, 60.0, 120.0].into_iter().find(|s| frame.window / s <= 24.0).unwrap_or(300.0);
    let mut time = 0.0;
    while time <= frame.window + 1e-9 {
        let x = frame.x(time);
        put(
            out,
            format_args!(
                "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{floor:.1}\" stroke=\"#eceef1\"/><text x=\"{x:.1}\" \
                 y=\"{:.1}\" text-anchor=\"middle\" fill=\"{FAINT}\">{time:.0}</text>\n",
                floor + 17.0
            ),
        );
        time += step;
    }
    let mut start = 0.0;
    while let Some(cycle) = diagram.cycle_s.filter(|_| start <= frame.window + 1e-9) {
        let x = frame.x(start);
        put(
            out,
            format_args!(
                "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{floor:.1}\" stroke=\"#b6bcc6\" stroke-dasharray=\"2 4\"/>\n"
            ),
        );
        start += cycle;
    }
    let zero = match diagram.cycle_s {
        Some(_) => "seconds after the clock's zero, modulo the cycle; dashed: every cycle",
        None => "seconds; every row starts at its own cycle's zero, for their cycles differ",
    };
    let (right, mid) = (LEFT + PLOT_WIDTH, LEFT + PLOT_WIDTH / 2.0);
    put(
        out,
        format_args!(
            "<line x1=\"{LEFT}\" y1=\"{floor:.1}\" x2=\"{right}\" y2=\"{floor:.1}\" stroke=\"{FAINT}\"/>\n\
             <text x=\"{mid}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"{FAINT}\">{zero}</text>\n<g font-size=\"11\" fill=\"{FAINT}\"><text x=\"{:.1}\" y=\"{:.1}\" \
             text-anchor=\"end\">m</text><text x=\"{}\" y=\"{:.1}\">offset</text><text x=\"{}\" y=\"{:.1}\">green ↗ / ↘</text></g>\n",
            floor + 38.0,
            LEFT - 10.0,
            TOP - 4.0,
            right + 10.0,
            TOP - 4.0,
            right + 60.0,
            TOP - 4.0
        ),
    );
}

/// The two thin bars of an intersection.
fn bars(out: &mut String, frame: &Frame, row: &Row) {
    let y = frame.y(row.chainage_m);
    let Some(circle) = Circle::new(row.cycle_s) else { return };
    for (show, top) in [(row.outbound, y - BAR - 0.5), (row.inbound, y + 0.5)] {
        let Some(Show { start_s, green_s, yellow_s }) = show else { continue };
        put(
            out,
            format_args!(
                "<rect x=\"{LEFT}\" y=\"{top:.1}\" width=\"{PLOT_WIDTH}\" height=\"{BAR}\" fill=\"{RED}\"/>\n"
            ),
        );
        let mut start = circle.wrap(start_s) - row.cycle_s;
        while start < frame.window {
            for (from, length, fill) in [(start, green_s, GREEN), (start + green_s, yellow_s, YELLOW)] {
                let (x, width) = (frame.x(from), frame.x(from + length) - frame.x(from));
                put(
                    out,
                    format_args!(
                        "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{BAR}\" fill=\"{fill}\"/>\n"
                    ),
                );
            }
            start += row.cycle_s;
        }
    }
}

/// Names at the left (with the cycle where it is not the common one), offset and greens at the right.
fn labels(out: &mut String, frame: &Frame, row: &Row, own_cycle: bool) {
    let y = frame.y(row.chainage_m);
    let right = LEFT + PLOT_WIDTH;
    let cycle = if own_cycle { format!(" · {} s", seconds(row.cycle_s)) } else { String::new() };
    let green = |show: Option<Show>| show.map_or("–".to_owned(), |s| seconds(s.green_s));
    put(
        out,
        format_args!(
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"end\"><tspan font-weight=\"600\">{}</tspan> {}</text>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"end\" font-size=\"11\" fill=\"{FAINT}\">{}{cycle}</text>\
             <text x=\"{}\" y=\"{low:.1}\" text-anchor=\"end\" font-size=\"11\" fill=\"{FAINT}\">{:.0}</text>\
             <text x=\"{:.1}\" y=\"{low:.1}\">{} s</text><text x=\"{:.1}\" y=\"{low:.1}\">{} / {} s</text>\n",
            y - 1.0,
            escape(&row.name.zh),
            escape(&row.id),
            y + 12.0,
            escape(&row.name.en),
            LEFT - 10.0,
            row.chainage_m,
            right + 10.0,
            seconds(row.offset_s),
            right + 60.0,
            green(row.outbound),
            green(row.inbound),
            x = LEFT - 48.0,
            low = y + 4.0,
        ),
    );
}

/// One passage of a band `shift` seconds after its first, as the corners of its outline.
fn outline(frame: &Frame, diagram: &Diagram, band: &DiagramBand, shift: f64) -> String {
    let at = |k: usize, time: f64| {
        format!("{:.1},{:.1}", frame.x(time + shift), frame.y(diagram.rows[band.members.start + k].chainage_m))
    };
    let heads = band.head_s.iter().enumerate().map(|(k, &time)| at(k, time));
    let tails = band.head_s.iter().enumerate().rev().map(|(k, &time)| at(k, time + band.width_s));
    heads.chain(tails).collect::<Vec<_>>().join(" ")
}

/// A band in every cycle that touches the window.
fn repetitions(out: &mut String, frame: &Frame, diagram: &Diagram, band: &DiagramBand) {
    let Some(cycle) = diagram.cycle_s else { return };
    let first = band.head_s.iter().copied().fold(f64::MAX, f64::min);
    let mut shift = -((first + band.lasts()) / cycle).ceil() * cycle;
    while first + shift < frame.window {
        put(
            out,
            format_args!(
                "<polygon points=\"{}\" fill=\"{c}\" fill-opacity=\".16\" stroke=\"{c}\" stroke-opacity=\".7\"/>\n",
                outline(frame, diagram, band, shift),
                c = band.colour()
            ),
        );
        shift += cycle;
    }
}

/// A band's width and speed, once, along its slope on its longest link; what one link has no room for stands on the next
/// longest: the bars must remain readable.
fn widths(out: &mut String, frame: &Frame, diagram: &Diagram, band: &DiagramBand, taken: &mut Vec<(f64, f64)>) {
    let length = |k: usize| {
        diagram.rows[band.members.start + k + 1].chainage_m - diagram.rows[band.members.start + k].chainage_m
    };
    let mut links: Vec<usize> = (0..band.members.len() - 1).collect();
    links.sort_by(|&a, &b| length(b).total_cmp(&length(a)));
    let (width, speed) = (seconds(band.width_s), format!("{:.0} km/h", band.speed_km_h));
    let percent = format!("{:.0} %", band.width_percent);
    let short = format!("{width} s · {percent}");
    let whole = format!("{short} · {speed}");
    let (mut links, narrow) = (links.into_iter(), format!("{width} s"));
    let Some(longest) = links.next() else { return };
    let written = along(out, frame, diagram, (band, longest), &[&whole, &short, &narrow], taken);
    let rest = match written {
        Some(text) if text == narrow => [format!("{percent} · {speed}"), percent],
        Some(text) if text == short => [speed.clone(), speed],
        _ => return,
    };
    if let Some(next) = links.next() {
        along(out, frame, diagram, (band, next), &[&rest[0], &rest[1]], taken);
    }
}

/// Writes the first of the wordings that fits on a link of a band (the last in any case), in the passage nearest the middle
/// of the picture; `None` where another label lies.
fn along<'w>(
    out: &mut String,
    frame: &Frame,
    diagram: &Diagram,
    (band, link): (&DiagramBand, usize),
    wordings: &[&'w str],
    taken: &mut Vec<(f64, f64)>,
) -> Option<&'w str> {
    let cycle = diagram.cycle_s?;
    let metres = |k: usize| diagram.rows[band.members.start + k].chainage_m;
    let (t0, t1) = (band.head_s[link], band.head_s[link + 1]);
    let middle = (t0 + t1 + band.width_s) / 2.0;
    // outbound a little before the middle, inbound a little after, so that the two do not meet
    let aim = frame.window * if band.direction == Direction::Outbound { 0.4 } else { 0.6 };
    let shift = ((aim - middle) / cycle).round() * cycle;
    let (x, y) = (frame.x(middle + shift), frame.y((metres(link) + metres(link + 1)) / 2.0));
    if taken.iter().any(|(a, b)| (a - x).abs() < 90.0 && (b - y).abs() < 40.0) {
        return None;
    }
    taken.push((x, y));
    let (run, rise) = (frame.x(t1) - frame.x(t0), frame.y(metres(link + 1)) - frame.y(metres(link)));
    let angle = (rise / run).atan().to_degrees();
    let room = run.hypot(rise) - 2.0 * BAR;
    let fits = wordings.iter().find(|text| text.chars().count() as f64 * LETTER < room);
    let text = fits.or(wordings.last())?;
    put(
        out,
        format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" transform=\"rotate({angle:.1} {x:.1} {y:.1})\" text-anchor=\"middle\" \
             dominant-baseline=\"central\" font-weight=\"600\" fill=\"{}\" stroke=\"#fff\" stroke-width=\"4\" \
             stroke-linejoin=\"round\" paint-order=\"stroke\">{text}</text>\n",
            band.colour()
        ),
    );
    Some(text)
}
