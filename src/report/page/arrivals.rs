//! Arrivals on green along the corridor: a chart and a table a direction.
//!
//! Knows: shares and platoon ratios. Must not know: how they were counted.

use super::super::escape;
use super::charts::{WIDTH, legend, open};
use super::{Arrivals, Page};
use std::fmt::Write as _;

const TOP: f64 = 34.0;
const FLOOR: f64 = 174.0;
/// Intersections of which a chart says more than its table.
const LEAST: usize = 4;

pub(super) fn all(page: &Page) -> String {
    let mut out = String::new();
    for rows in page.arrivals.chunk_by(|a, b| a.way == b.way) {
        if rows.len() >= LEAST {
            chart(&mut out, page, rows);
        } else {
            let _ = writeln!(out, "<h3>{}</h3>", escape(&rows[0].way));
        }
        table(&mut out, page, rows);
    }
    if !out.is_empty() {
        out.push_str(
            "<p class=\"note\">绿灯到达率 Share of vehicles going straight on that reach the stop line, or the queue before it, while \
             their head is green; all runs together. 车队比 Platoon ratio R: that share over the share of time that is green. 1 is what \
             chance gives, above 1 the platoon meets the green, below 1 it meets the red. The share alone misleads: a longer green \
             raises it without any progression.</p>\n",
        );
    }
    out
}

fn chart(out: &mut String, page: &Page, rows: &[Arrivals]) {
    let Some(first) = rows.first() else { return };
    open(out, FLOOR + 36.0, &first.way);
    let _ = writeln!(out, "<text x=\"0\" y=\"16\" font-weight=\"600\">{}</text>", escape(&first.way));
    legend(out, page);
    let y = |share: f64| FLOOR - share * (FLOOR - TOP);
    let x = |k: usize| 80.0 + k as f64 * (WIDTH - 140.0) / rows.len().saturating_sub(1).max(1) as f64;
    for k in 0..=4 {
        let share = f64::from(k) / 4.0;
        let _ = writeln!(
            out,
            "<line class=\"grid\" x1=\"40\" x2=\"{WIDTH}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/><text class=\"faint\" x=\"32\" y=\"{1:.1}\" \
             text-anchor=\"end\">{2:.0}%</text>",
            y(share),
            y(share) + 4.0,
            share * 100.0
        );
    }
    for (k, row) in rows.iter().enumerate() {
        // "dc01 建设路 Jianshe Road" has room for its id and Chinese name only
        let short: Vec<&str> = row.name.split(' ').take(2).collect();
        let lower = if k % 2 == 1 && rows.len() > 10 { 32.0 } else { 18.0 };
        let _ = writeln!(
            out,
            "<text class=\"faint\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            x(k),
            FLOOR + lower,
            escape(&short.join(" "))
        );
    }
    for arm in 0..page.arms.len() {
        let look = page.look(arm);
        let at = |k: usize| rows[k].arms.get(arm).copied().flatten().map(|(share, _)| (x(k), y(share)));
        let points: Vec<Option<(f64, f64)>> = (0..rows.len()).map(at).collect();
        for part in points.split(Option::is_none) {
            let part: Vec<String> = part.iter().flatten().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            if part.len() > 1 {
                let _ = writeln!(out, "<polyline class=\"curve s{look}\" points=\"{}\"/>", part.join(" "));
            }
        }
        for (x, y) in points.into_iter().flatten() {
            let _ = writeln!(out, "<circle class=\"f{look}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\"/>");
        }
    }
    out.push_str("</svg>\n");
}

fn table(out: &mut String, page: &Page, rows: &[Arrivals]) {
    out.push_str("<div class=\"wide\"><table>\n<tr><th>路口 intersection</th>");
    for arm in &page.arms {
        let _ = write!(out, "<th>{}</th>", escape(arm));
    }
    out.push_str("</tr>\n");
    for row in rows {
        let _ = write!(out, "<tr><td>{}</td>", escape(&row.name));
        for arm in &row.arms {
            let cell = arm.map_or("absent".to_owned(), |(share, ratio)| {
                format!("{:.0} %<small>R {ratio:.2}</small>", share * 100.0)
            });
            let _ = write!(out, "<td>{cell}</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table></div>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_has_a_point_an_arm_and_a_gap_where_nobody_arrived() {
        let row = |k: usize| Arrivals {
            way: "<way>".to_owned(),
            name: format!("x{k} 路 Road"),
            arms: vec![Some((0.25 * k as f64, 1.0)), (k != 1).then_some((0.5, 0.9))],
        };
        let arms = vec!["one".to_owned(), "two".to_owned()];
        let page = Page { arms, arrivals: (0..4).map(row).collect(), ..Page::default() };
        let html = all(&page);
        assert_eq!((html.matches("<circle").count(), html.matches("<polyline").count()), (7, 2), "{html}");
        assert!(html.contains("absent") && html.contains("R 0.90") && html.contains("&lt;way&gt;"));
        let short = Page { arrivals: (0..3).map(row).collect(), ..page };
        assert!(!all(&short).contains("<svg") && all(&short).contains("<h3>&lt;way&gt;</h3>"));
        assert!(all(&Page::default()).is_empty());
    }
}
