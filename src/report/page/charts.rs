//! The page's pictures, as SVG whose colours are the page's.

use super::super::{escape, words};
use super::{Difference, Mark, Page};
use crate::units::clock;
use std::fmt::Write as _;

pub(super) const WIDTH: f64 = 1040.0;
const LEFT: f64 = 210.0;
const RIGHT: f64 = 190.0;
/// Differences beyond this are cut off in the picture, so that one wide interval does not hide the others.
const WIDEST: f64 = 0.6;

/// What an interval says.
pub(super) enum Judged {
    /// Better, by the whole interval.
    Better,
    /// Worse, by the whole interval.
    Worse,
    /// It holds zero, or there is none.
    Open,
}

pub(super) fn judged(d: &Difference) -> Judged {
    let more = words::of(&d.measure).is_none_or(|w| w.more);
    match (d.lo, d.hi) {
        (Some(lo), Some(_)) if lo > 0.0 => {
            if more {
                Judged::Better
            } else {
                Judged::Worse
            }
        }
        (Some(_), Some(hi)) if hi < 0.0 => {
            if more {
                Judged::Worse
            } else {
                Judged::Better
            }
        }
        _ => Judged::Open,
    }
}

/// Round steps that give about so many marks.
fn step(range: f64, marks: f64) -> f64 {
    let raw = (range / marks).max(1e-9);
    let power = 10f64.powf(raw.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|k| k * power).find(|s| *s >= raw).unwrap_or(raw)
}

pub(super) fn open(out: &mut String, height: f64, title: &str) {
    let _ = writeln!(
        out,
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\"><title>{}</title>",
        escape(title)
    );
}

/// Relative differences as points with their intervals, pair by pair of arms, on one scale.
pub(super) fn forest(page: &Page) -> String {
    let shown: Vec<(&str, &str, Vec<&Difference>)> = page
        .pairs()
        .into_iter()
        .filter(|(arm, _)| page.arms.last().is_some_and(|last| last == arm))
        .map(|(arm, against)| {
            let mut seen: Vec<&str> = Vec::new();
            let mine = page.differences.iter().filter(|d| d.arm == arm && d.against == against && d.unit == "1");
            // the relative one is the first of its measure; what is absent has no row
            let first = mine.filter(|d| d.mean.is_some()).filter(|d| {
                !seen.contains(&d.measure.as_str()) && {
                    seen.push(&d.measure);
                    true
                }
            });
            (arm, against, first.collect())
        })
        .filter(|(_, _, rows): &(_, _, Vec<&Difference>)| !rows.is_empty())
        .collect();
    if shown.is_empty() {
        return String::new();
    }
    let all = shown.iter().flat_map(|(_, _, rows)| rows).flat_map(|d| [d.mean, d.lo, d.hi]).flatten();
    let (low, high) = all.fold((-0.02f64, 0.02f64), |(a, b), v| (a.min(v).max(-WIDEST), b.max(v).min(WIDEST)));
    let by = step(high - low, 8.0);
    let (low, high) = ((low / by).floor() * by, (high / by).ceil() * by);
    let x = |v: f64| LEFT + (v.clamp(low, high) - low) / (high - low) * (WIDTH - LEFT - RIGHT);
    let rows: usize = shown.iter().map(|(_, _, rows)| rows.len()).sum();
    let height = rows as f64 * 22.0 + shown.len() as f64 * 36.0 + 34.0;
    let mut out = String::new();
    open(&mut out, height, "Paired differences with 95 % intervals");
    let marks = ((high - low) / by).round() as i32;
    for k in 0..=marks {
        let v = low + f64::from(k) * by;
        let class = if v.abs() < by / 2.0 { "zero" } else { "grid" };
        let _ = writeln!(
            out,
            "<line class=\"{class}\" x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"8\" y2=\"{1:.1}\"/><text class=\"faint\" x=\"{0:.1}\" \
             y=\"{2:.1}\" text-anchor=\"middle\">{3}</text>",
            x(v),
            height - 26.0,
            height - 8.0,
            if v.abs() < by / 2.0 { "0".to_owned() } else { format!("{:+.0} %", v * 100.0) }
        );
    }
    let mut y = 0.0;
    for (arm, against, rows) in shown {
        y += 30.0;
        let _ = writeln!(
            out,
            "<text x=\"0\" y=\"{:.1}\" font-weight=\"600\">{} against {}</text>",
            y - 6.0,
            escape(arm),
            escape(against)
        );
        for d in rows {
            y += 22.0;
            let class = match judged(d) {
                Judged::Better => "good",
                Judged::Worse => "bad",
                Judged::Open => "none",
            };
            let Some(mean) = d.mean else { continue };
            let _ = writeln!(out, "<text x=\"0\" y=\"{:.1}\">{}</text>", y - 6.0, escape(&d.measure));
            let mut said = format!("{:+.1} %", mean * 100.0);
            if let (Some(lo), Some(hi)) = (d.lo, d.hi) {
                let _ = writeln!(
                    out,
                    "<line class=\"s{class}\" stroke-width=\"3\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{2:.1}\" y2=\"{2:.1}\"/>",
                    x(lo),
                    x(hi),
                    y - 10.0
                );
                for (beyond, end, way) in [(lo < low, x(lo), -7.0), (hi > high, x(hi), 7.0)] {
                    if beyond {
                        let (y, back) = (y - 10.0, end - way);
                        let _ = writeln!(
                            out,
                            "<path class=\"f{class}\" d=\"M{end:.1} {y:.1}L{back:.1} {:.1}L{back:.1} {:.1}Z\"/>",
                            y - 5.0,
                            y + 5.0
                        );
                    }
                }
                let _ = write!(said, "  [{:+.1} .. {:+.1}]", lo * 100.0, hi * 100.0);
            }
            let _ = writeln!(
                out,
                "<circle class=\"f{class}\" r=\"4.5\" cx=\"{:.1}\" cy=\"{:.1}\"/><text x=\"{WIDTH}\" y=\"{:.1}\" \
                 text-anchor=\"end\">{said}</text>",
                x(mean),
                y - 10.0,
                y - 6.0
            );
        }
        y += 6.0;
    }
    out.push_str(
        "</svg>\n<p class=\"note\">蓝 blue: better by the whole interval; 品红 magenta: worse; grey: the interval holds zero. An arrow: it goes on \
         beyond the picture.</p>\n",
    );
    out
}

/// The time of day along the bottom of a picture, with lines upwards.
fn hours(out: &mut String, window: (u32, u32), x: &dyn Fn(f64) -> f64, top: f64, floor: f64) {
    let every = if window.1 - window.0 > 6 * 3600 {
        7200
    } else if window.1 - window.0 > 3600 {
        1800
    } else {
        600
    };
    for at in (window.0.div_ceil(every)..=window.1 / every).map(|k| k * every) {
        let _ = writeln!(
            out,
            "<line class=\"grid\" x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"{top}\" y2=\"{floor}\"/><text class=\"faint\" x=\"{0:.1}\" \
             y=\"{1}\" text-anchor=\"middle\">{2}</text>",
            x(f64::from(at)),
            floor + 18.0,
            clock(at)
        );
    }
}

/// Speed by direction: two pictures, a line an arm.
pub(super) fn speeds(page: &Page) -> String {
    let (from, to) = (f64::from(page.window_s.0), f64::from(page.window_s.1));
    let top = page.speeds.iter().flat_map(|s| &s.points).filter_map(|p| p.1).fold(10.0, f64::max);
    let by = step(top, 5.0);
    let top = (top / by).ceil() * by;
    let mut out = String::new();
    for (direction, heading) in [(0, "上行 outbound, km/h"), (1, "下行 inbound, km/h")] {
        let lines: Vec<_> = page.speeds.iter().filter(|s| s.direction == direction && !s.points.is_empty()).collect();
        if lines.is_empty() {
            continue;
        }
        let (head, floor) = (34.0, 224.0);
        let x = |s: f64| 40.0 + (s - from) / (to - from) * (WIDTH - 60.0);
        let y = |v: f64| floor - v / top * (floor - head);
        open(&mut out, 250.0, heading);
        let _ = writeln!(out, "<text x=\"0\" y=\"16\" font-weight=\"600\">{heading}</text>");
        hours(&mut out, page.window_s, &x, head, floor);
        for k in 0..=(top / by).round() as i32 {
            let v = f64::from(k) * by;
            let _ = writeln!(
                out,
                "<line class=\"grid\" x1=\"40\" x2=\"{0}\" y1=\"{1:.1}\" y2=\"{1:.1}\"/><text class=\"faint\" x=\"32\" y=\"{2:.1}\" \
                 text-anchor=\"end\">{v:.0}</text>",
                WIDTH - 20.0,
                y(v),
                y(v) + 4.0
            );
        }
        for line in lines {
            let colour = page.look(line.arm);
            // a bin without a drive leaves a gap
            for part in line.points.split(|p| p.1.is_none()).filter(|p| !p.is_empty()) {
                let points: Vec<String> =
                    part.iter().filter_map(|(s, v)| Some(format!("{:.1},{:.1}", x(*s), y((*v)?)))).collect();
                let _ = writeln!(out, "<polyline class=\"curve s{colour}\" points=\"{}\"/>", points.join(" "));
            }
        }
        legend(&mut out, page);
        let taken = page.changes.iter().flat_map(|run| &run.marks).filter(|(_, mark)| *mark != Mark::Step);
        for (at, mark) in taken.filter(|(at, _)| (from..=to).contains(at)) {
            let class = if *mark == Mark::Adopted { "fgood" } else { "f1" };
            let (x, foot) = (x(*at), floor + 1.0);
            let _ = writeln!(
                out,
                "<path class=\"{class}\" fill-opacity=\".7\" d=\"M{x:.1} {:.1}L{:.1} {foot}L{:.1} {foot}Z\"/>",
                foot - 9.0,
                x - 4.0,
                x + 4.0
            );
        }
        out.push_str("</svg>\n");
    }
    let mut marks = page.changes.iter().flat_map(|run| &run.marks);
    if !out.is_empty() && marks.any(|(_, mark)| *mark != Mark::Step) {
        out.push_str(
            "<p class=\"note\">▲ at the foot: a plan was taken in some run, blue because it saves enough, brown by the calendar.</p>\n",
        );
    }
    out
}

/// The arms and their lines, at the top of a chart.
pub(super) fn legend(out: &mut String, page: &Page) {
    for (place, arm) in page.arms.iter().enumerate() {
        let left = 330.0 + place as f64 * 130.0;
        let _ = writeln!(
            out,
            "<line class=\"curve s{0}\" x1=\"{left}\" x2=\"{1}\" y1=\"12\" y2=\"12\"/><text x=\"{2}\" y=\"16\">{3}</text>",
            page.look(place),
            left + 22.0,
            left + 28.0,
            escape(arm)
        );
    }
}

/// Changes of plan: a row a run.
pub(super) fn changes(page: &Page) -> String {
    if page.changes.is_empty() {
        return String::new();
    }
    let (from, to) = (f64::from(page.window_s.0), f64::from(page.window_s.1));
    let floor = 30.0 + page.changes.len() as f64 * 20.0;
    let x = |s: f64| 170.0 + (s - from) / (to - from) * (WIDTH - 190.0);
    let mut out = String::new();
    open(&mut out, floor + 28.0, "Plan changes over the time of day");
    let _ = writeln!(
        out,
        "<circle class=\"fgood\" cx=\"176\" cy=\"10\" r=\"5\"/><text x=\"186\" y=\"14\">自适应 adopted because it saves enough</text>\
         <rect class=\"f1\" x=\"471\" y=\"5\" width=\"10\" height=\"10\"/><text x=\"486\" y=\"14\">时段 scheduled by the calendar</text>\
         <line class=\"snone\" x1=\"716\" x2=\"716\" y1=\"4\" y2=\"16\" stroke-width=\"1.5\"/><text x=\"724\" y=\"14\">过渡 step of a transition sent</text>"
    );
    hours(&mut out, page.window_s, &x, 26.0, floor);
    for (row, run) in page.changes.iter().enumerate() {
        let y = 40.0 + row as f64 * 20.0;
        let _ = writeln!(out, "<text class=\"faint\" x=\"0\" y=\"{:.0}\">{}</text>", y + 4.0, escape(&run.run));
        for (at, mark) in run.marks.iter().filter(|(at, _)| (from..=to).contains(at)) {
            let x = x(*at);
            let _ = match mark {
                Mark::Adopted => writeln!(out, "<circle class=\"fgood\" cx=\"{x:.1}\" cy=\"{y}\" r=\"5\"/>"),
                Mark::Scheduled => writeln!(
                    out,
                    "<rect class=\"f1\" x=\"{:.1}\" y=\"{}\" width=\"10\" height=\"10\"/>",
                    x - 5.0,
                    y - 5.0
                ),
                Mark::Step => writeln!(
                    out,
                    "<line class=\"snone\" stroke-width=\"1.5\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{}\" y2=\"{}\"/>",
                    y - 6.0,
                    y + 6.0
                ),
            };
        }
    }
    out.push_str("</svg>\n");
    out
}
