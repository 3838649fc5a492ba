//! Draws the time-space diagram of plans.
//!
//! Knows: pixels, colours, SVG. Must not know: how greens and bands were found.
//!
//! ```text
//!   title, subtitle, legend
//!   names | plot: rows of two thin bars (outbound above inbound), bands behind | offset, greens
//!         | time axis
//! ```
//! With the axes exchanged time rises, and names, offsets and greens stand below.

use super::diagram::{Diagram, DiagramBand, Row, Show};
use super::escape;
use super::frame::{Axes, BAR, FAINT, Frame, GREEN, RED, YELLOW, colour, legend, put, swatch};
use crate::corridor::Direction;
use crate::units::Circle;

const RIGHT: f64 = 132.0;
/// Pixels of the time axis.
const LONG: f64 = 1180.0;
/// A letter's mean width in the bold face of the bands' labels.
const LETTER: f64 = 7.2;

fn frame(diagram: &Diagram, axes: Axes) -> Frame {
    spanning(diagram, axes, span(diagram), LONG)
}

/// Seconds that show every band whole.
pub(super) fn span(diagram: &Diagram) -> f64 {
    let cycle = diagram.rows.iter().map(|row| row.cycle_s).fold(1.0, f64::max);
    let longest = diagram.bands.iter().map(DiagramBand::lasts).fold(0.0, f64::max);
    ((longest / cycle).ceil() + 1.0).clamp(3.0, 8.0) * cycle
}

/// The frame of a corridor over some seconds, `long` pixels along the time axis.
pub(super) fn spanning(diagram: &Diagram, axes: Axes, seconds: f64, long: f64) -> Frame {
    let lines: Vec<f64> = diagram.rows.iter().map(|row| row.chainage_m).collect();
    let road = lines.first().copied().unwrap_or(0.0)..lines.last().copied().unwrap_or(1.0);
    Frame::new(axes, 0.0..seconds, &lines, road, long)
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

/// The whole picture.
pub(super) fn draw(diagram: &Diagram, axes: Axes) -> String {
    let frame = frame(diagram, axes);
    let mut out = String::new();
    frame.open(&mut out, &diagram.name.en, if axes == Axes::TimeDistance { RIGHT } else { 24.0 });
    head(&mut out, &frame, diagram);
    ticks(&mut out, &frame, diagram);
    plot(&mut out, &frame, diagram);
    for row in &diagram.rows {
        name(&mut out, &frame, row, diagram.cycle_s != Some(row.cycle_s));
        timing(&mut out, &frame, row);
    }
    bands(&mut out, &frame, diagram);
    out.push_str("</svg>\n");
    out
}

/// Bands and, before them, bars.
pub(super) fn plot(out: &mut String, frame: &Frame, diagram: &Diagram) {
    let mut inside = String::new();
    diagram.bands.iter().for_each(|band| repetitions(&mut inside, frame, diagram, band));
    diagram.rows.iter().for_each(|row| bars(&mut inside, frame, row));
    frame.cut(out, &inside);
}

/// The bands' widths and speeds.
pub(super) fn bands(out: &mut String, frame: &Frame, diagram: &Diagram) {
    let mut taken = Vec::new();
    diagram.bands.iter().for_each(|band| widths(out, frame, diagram, band, &mut taken));
}

/// A number of seconds without a needless decimal.
pub(super) fn seconds(value: f64) -> String {
    let tenths = (value * 10.0).round() / 10.0;
    if tenths.fract() == 0.0 { format!("{tenths:.0}") } else { format!("{tenths:.1}") }
}

/// Title, what the bands amount to, legend.
fn head(out: &mut String, frame: &Frame, diagram: &Diagram) {
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
    let mut entries = Vec::new();
    for (direction, word, arrow) in
        [(Direction::Outbound, "上行 outbound", "↗"), (Direction::Inbound, "下行 inbound", "↘")]
    {
        let text = match (diagram.whole(direction), diagram.bands.iter().filter(|b| b.direction == direction).count()) {
            (Some(band), _) => {
                let (width, percent) = (seconds(band.width_s), band.width_percent);
                format!("{arrow} {word} band {width} s ({percent:.0} %) over all, {:.0} km/h", band.speed_km_h)
            }
            (None, 0) => format!("{arrow} {word}: no band"),
            (None, 1) => format!("{arrow} {word}: no band over all; one over a part"),
            (None, parts) => format!("{arrow} {word}: no band over all; {parts} over parts"),
        };
        entries.push((passage(direction), text));
    }
    let narrow = frame.axes == Axes::DistanceTime;
    if narrow {
        legend(out, (24.0, 76.0), &entries);
        entries.clear();
    }
    entries.extend(lamps(frame.axes));
    legend(out, (24.0, if narrow { 94.0 } else { 80.0 }), &entries);
}

/// The legend's entries for the bars.
pub(super) fn lamps(axes: Axes) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    for (fill, word) in [(GREEN, "绿 green"), (YELLOW, "黄 yellow"), (RED, "红 red")] {
        entries.push((swatch(fill), word.to_owned()));
    }
    let narrow = axes == Axes::DistanceTime;
    let which = if narrow { "left bar outbound, right bar inbound" } else { "upper bar outbound, lower bar inbound" };
    entries.push((String::new(), which.to_owned()));
    entries
}

/// A band in a legend.
pub(super) fn passage(direction: Direction) -> String {
    let c = colour(direction);
    format!("<rect y=\"-6\" width=\"18\" height=\"12\" fill=\"{c}\" fill-opacity=\".25\" stroke=\"{c}\"/>")
}

/// Time axis with a line at every start of the cycle, and the headings of the columns.
pub(super) fn ticks(out: &mut String, frame: &Frame, diagram: &Diagram) {
    let window = frame.time.end;
    let labels = if frame.axes == Axes::TimeDistance { (frame.width / 49.0).floor() } else { 24.0 };
    let step = [10.0, 20.0, 30.0, 60.0, 120.0].into_iter().find(|s| window / s <= labels).unwrap_or(300.0);
    let mut time = 0.0;
    while time <= window + 1e-9 {
        frame.tick(out, time, &format!("{time:.0}"));
        time += step;
    }
    let mut start = 0.0;
    while let Some(cycle) = diagram.cycle_s.filter(|_| start <= window + 1e-9) {
        frame.moment(out, start, "stroke=\"#b6bcc6\" stroke-dasharray=\"2 4\"");
        start += cycle;
    }
    let zero = match diagram.cycle_s {
        Some(_) => "秒 seconds after the clock's zero, modulo the cycle; dashed: every cycle",
        None => "秒 seconds; every intersection starts at its own cycle's zero, for their cycles differ",
    };
    frame.time_axis(out, zero);
    if frame.axes == Axes::DistanceTime {
        let (x, y) = (frame.left - 2.0, frame.top - 6.0);
        put(
            out,
            format_args!(
                "<g font-size=\"11\" fill=\"{FAINT}\" text-anchor=\"end\"><text x=\"{x:.1}\" y=\"{:.1}\">offset, s</text><text \
                 x=\"{x:.1}\" y=\"{y:.1}\">green, s</text></g>\n",
                y - 13.0
            ),
        );
    } else {
        let (right, y) = (frame.right(), frame.top - 4.0);
        put(
            out,
            format_args!(
                "<g font-size=\"11\" fill=\"{FAINT}\"><text x=\"{:.1}\" y=\"{y:.1}\" text-anchor=\"end\">m</text><text \
                 x=\"{:.1}\" y=\"{y:.1}\">offset</text><text x=\"{:.1}\" y=\"{y:.1}\">green ↗ / ↘</text></g>\n",
                frame.left - 10.0,
                right + 10.0,
                right + 60.0,
            ),
        );
    }
}

/// The two thin bars of an intersection.
fn bars(out: &mut String, frame: &Frame, row: &Row) {
    let Some(circle) = Circle::new(row.cycle_s) else { return };
    for (show, aside) in [(row.outbound, BAR + 0.5), (row.inbound, -0.5)] {
        let Some(Show { start_s, green_s, yellow_s }) = show else { continue };
        frame.bar(out, frame.time.clone(), row.chainage_m, aside, RED);
        let mut start = circle.wrap(start_s) - row.cycle_s;
        while start < frame.time.end {
            frame.bar(out, start..start + green_s, row.chainage_m, aside, GREEN);
            frame.bar(out, start + green_s..start + green_s + yellow_s, row.chainage_m, aside, YELLOW);
            start += row.cycle_s;
        }
    }
}

/// Names, with the cycle where it is not the common one.
pub(super) fn name(out: &mut String, frame: &Frame, row: &Row, own_cycle: bool) {
    let cycle = if own_cycle { format!(" · {} s", seconds(row.cycle_s)) } else { String::new() };
    frame.name(out, row.chainage_m, &row.id, &row.name, &cycle);
}

/// Offset and greens.
pub(super) fn timing(out: &mut String, frame: &Frame, row: &Row) {
    let green = |show: Option<Show>| show.map_or("–".to_owned(), |s| seconds(s.green_s));
    let (offset, greens) = (seconds(row.offset_s), format!("{} / {} s", green(row.outbound), green(row.inbound)));
    if frame.axes == Axes::DistanceTime {
        let (x, y) = (frame.across(row.chainage_m), frame.top - 6.0);
        let greens = greens.replace(" s", "").replace(' ', "");
        return put(
            out,
            format_args!(
                "<g font-size=\"11\" text-anchor=\"middle\"><text x=\"{x:.1}\" y=\"{:.1}\">{offset}</text><text x=\"{x:.1}\" \
                 y=\"{y:.1}\">{greens}</text></g>\n",
                y - 13.0
            ),
        );
    }
    let (right, y) = (frame.right(), frame.across(row.chainage_m) + 4.0);
    put(
        out,
        format_args!(
            "<text x=\"{:.1}\" y=\"{y:.1}\">{offset} s</text><text x=\"{:.1}\" y=\"{y:.1}\">{greens}</text>\n",
            right + 10.0,
            right + 60.0,
        ),
    );
}

/// One passage of a band `shift` seconds after its first, as the corners of its outline.
fn outline(frame: &Frame, diagram: &Diagram, band: &DiagramBand, shift: f64) -> String {
    let at = |k: usize, time: f64| {
        let (x, y) = frame.at(time + shift, diagram.rows[band.members.start + k].chainage_m);
        format!("{x:.1},{y:.1}")
    };
    let heads = band.head_s.iter().enumerate().map(|(k, &time)| at(k, time));
    let tails = band.head_s.iter().enumerate().rev().map(|(k, &time)| at(k, time + band.width_s));
    heads.chain(tails).collect::<Vec<_>>().join(" ")
}

/// A band in every cycle that touches the window.
fn repetitions(out: &mut String, frame: &Frame, diagram: &Diagram, band: &DiagramBand) {
    let (Some(_), cycle) = (diagram.cycle_s, band.cycle_s) else { return };
    let first = band.head_s.iter().copied().fold(f64::MAX, f64::min);
    let mut shift = -((first + band.lasts()) / cycle).ceil() * cycle;
    while first + shift < frame.time.end {
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
    let cycle = diagram.cycle_s.and(Some(band.cycle_s))?;
    let metres = |k: usize| diagram.rows[band.members.start + k].chainage_m;
    let (t0, t1) = (band.head_s[link], band.head_s[link + 1]);
    let middle = (t0 + t1 + band.width_s) / 2.0;
    // outbound a little before the middle, inbound a little after, so that the two do not meet
    let aim = frame.time.end * if band.direction == Direction::Outbound { 0.4 } else { 0.6 };
    let shift = ((aim - middle) / cycle).round() * cycle;
    let (x, y) = frame.at(middle + shift, (metres(link) + metres(link + 1)) / 2.0);
    if taken.iter().any(|(a, b)| (a - x).abs() < 90.0 && (b - y).abs() < 40.0) {
        return None;
    }
    taken.push((x, y));
    let (a, b) = (frame.at(t0, metres(link)), frame.at(t1, metres(link + 1)));
    let (run, rise) = (b.0 - a.0, b.1 - a.1);
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
