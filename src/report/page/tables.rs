//! The page's tables.

use super::super::{escape, words};
use super::charts::{Judged, judged};
use super::{Difference, Page};
use std::fmt::Write as _;

fn number(value: f64) -> String {
    match value.abs() {
        v if v >= 1000.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// "corridor speed, km/h" with its Chinese name.
fn label(measure: &str, unit: &str) -> String {
    let zh = words::of(measure).map_or("", |w| w.zh);
    let unit = if unit == "1" { String::new() } else { format!(", {}", escape(unit)) };
    format!("{}{unit}<small>{zh}</small>", escape(measure))
}

pub(super) fn means(page: &Page) -> String {
    let mut out = String::from("<div class=\"wide\"><table>\n<tr><th>指标 measure</th>");
    for arm in &page.arms {
        let _ = write!(out, "<th>{}</th>", escape(arm));
    }
    out.push_str("</tr>\n");
    for row in &page.rows {
        let _ = write!(out, "<tr><td>{}</td>", label(&row.measure, &row.unit));
        for mean in &row.means {
            let _ = write!(out, "<td>{}</td>", mean.map_or("absent".to_owned(), number));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table></div>\n");
    out
}

fn cell(d: Option<&&Difference>) -> String {
    let Some(d) = d else { return "<td></td>".to_owned() };
    let relative = d.unit == "1";
    let show = |v: f64| if relative { format!("{:+.1}", v * 100.0) } else { format!("{v:+.2}") };
    let unit = if relative { "%" } else { d.unit.as_str() };
    let class = match judged(d) {
        Judged::Better => " class=\"good\"",
        Judged::Worse => " class=\"bad\"",
        Judged::Open => "",
    };
    let mean = d.mean.map_or("absent".to_owned(), |m| format!("{} {}", show(m), escape(unit)));
    let range = match (d.lo, d.hi) {
        (Some(lo), Some(hi)) => format!("{} .. {}", show(lo), show(hi)),
        _ => "no interval".to_owned(),
    };
    format!("<td><span{class}>{mean}</span><small>[{range}]</small></td>")
}

pub(super) fn differences(page: &Page) -> String {
    let mut out = String::new();
    for (arm, against) in page.pairs() {
        let mine: Vec<&Difference> = page.differences.iter().filter(|d| d.arm == arm && d.against == against).collect();
        let n = mine.iter().map(|d| d.n).max().unwrap_or(0);
        let _ = write!(
            out,
            "<h3>{} against {} <small class=\"note\">n = {n}</small></h3>\n<div class=\"wide\"><table>\n<tr><th>指标 measure</th>\
             <th>相对 relative</th><th>绝对 absolute</th><th>n</th></tr>\n",
            escape(arm),
            escape(against)
        );
        for row in &page.rows {
            let of: Vec<&&Difference> = mine.iter().filter(|d| d.measure == row.measure).collect();
            // the relative one stands first where there are two, also where the measure's own unit is 1
            let (relative, absolute) = match of.as_slice() {
                [one] => (None, Some(*one)),
                [first, second, ..] => (Some(*first), Some(*second)),
                [] => (None, None),
            };
            let pairs = absolute.map_or(String::new(), |d| d.n.to_string());
            let absolute = match absolute {
                Some(d) if d.unit == "1" => cell(Some(&&Difference { unit: String::new(), ..(*d).clone() })),
                other => cell(other),
            };
            let _ = writeln!(
                out,
                "<tr><td>{}</td>{}{absolute}<td>{pairs}</td></tr>",
                label(&row.measure, "1"),
                cell(relative)
            );
        }
        out.push_str("</table></div>\n");
    }
    if !out.is_empty() {
        out.push_str(
            "<p class=\"note\">Ratio of means with a paired 95 % t interval over days and seeds. Coloured where the whole \
             interval lies on one side of zero.</p>\n",
        );
    }
    out
}

pub(super) fn sides(page: &Page) -> String {
    if page.sides.is_empty() {
        return String::new();
    }
    let mut sides: Vec<_> = page.sides.iter().collect();
    let last = |delays: &[Option<f64>]| delays.last().copied().flatten().unwrap_or(0.0);
    sides.sort_by(|a, b| last(&b.delay_s).total_cmp(&last(&a.delay_s)));
    let mut out =
        String::from("<p>Mean control delay, s, over the runs. ▲ = lost more than 5 % and 3 s against fixed.</p>\n");
    out.push_str("<div class=\"wide\"><table>\n<tr><th>进口 approach</th>");
    for arm in &page.arms {
        let _ = write!(out, "<th>{}</th>", escape(arm));
    }
    out.push_str("<th></th></tr>\n");
    for side in sides {
        let _ = write!(out, "<tr><td>{}</td>", escape(&side.name));
        for delay in &side.delay_s {
            let _ = write!(out, "<td>{}</td>", delay.map_or("absent".to_owned(), |d| format!("{d:.1}")));
        }
        let _ = writeln!(out, "<td>{}</td></tr>", if side.breach { "<span class=\"bad\">▲ breach</span>" } else { "" });
    }
    out.push_str("</table></div>\n");
    out
}

pub(super) fn definitions(page: &Page) -> String {
    let mut out = String::from("<dl>\n");
    for row in &page.rows {
        let (zh, means) = words::of(&row.measure).map_or(("", "not defined"), |w| (w.zh, w.means));
        let _ = writeln!(out, "<dt>{} {zh}</dt><dd>{means}</dd>", escape(&row.measure));
    }
    out.push_str("</dl>\n");
    out
}

pub(super) fn facts(page: &Page) -> String {
    let mut out = String::from("<dl class=\"facts\">\n");
    for (name, value) in &page.facts {
        let _ = writeln!(out, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(value));
    }
    out.push_str("</dl>\n");
    out
}

pub(super) fn by_corridor(page: &Page) -> String {
    if page.by_corridor.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "<p>Corridor speed, km/h, over all runs: the parts of the corridor speed above.</p>\n<div class=\"wide\"><table>\n<tr>\
         <th>干线 corridor</th>",
    );
    for arm in &page.arms {
        let _ = write!(out, "<th>{}</th>", escape(arm));
    }
    out.push_str("</tr>\n");
    for (way, speeds) in &page.by_corridor {
        let _ = write!(out, "<tr><td>{}</td>", escape(way));
        for speed in speeds {
            let _ = write!(out, "<td>{}</td>", speed.map_or("absent".to_owned(), |v| format!("{v:.1}")));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table></div>\n");
    out
}
