//! Two sets of plans of one corridor side by side, to one scale.
//!
//! Knows: diagrams, pixels. Must not know: what the two sets are; their captions say it.
//!
//! ```text
//!   title, subtitle, legend
//!   caption                            caption
//!   names | plot | offset, greens      ids | plot | offset, greens
//! ```

use super::diagram::Diagram;
use super::escape;
use super::frame::{Axes, FAINT, Frame, legend, put};
use super::svg::{bands, lamps, name, passage, plot, seconds, span, spanning, ticks, timing};
use crate::corridor::{Direction, Name};

/// Pixels of one time axis.
const LONG: f64 = 640.0;
/// Pixels of a distance axis, at most.
const BROAD: f64 = 900.0;
/// Pixels on a plot's right: offsets and greens.
const RIGHT: f64 = 140.0;
/// Pixels on the right plot's left where time goes to the right: ids and chainages.
const IDS: f64 = 104.0;
/// Pixels more on the left where names stand aslant below their lines.
const SLANT: f64 = 40.0;
/// Pixels of a caption above each plot.
const CAPTION: f64 = 74.0;
/// Pixels from line to line.
const LINE: f64 = 18.0;

/// One of the two.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// What is drawn.
    pub diagram: Diagram,
    /// What it is called.
    pub heading: String,
    /// What is said of it, two lines at most.
    pub lines: Vec<String>,
}

/// Two panels of one corridor.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The corridor.
    pub name: Name,
    /// What both are.
    pub caption: String,
    /// Left and right.
    pub panels: [Panel; 2],
}

impl Pair {
    /// Both as one self-contained SVG picture.
    pub fn svg(&self, axes: Axes) -> String {
        let time = self.panels.iter().map(|panel| span(&panel.diagram)).fold(0.0, f64::max);
        let mut frames = [0, 1].map(|k| spanning(&self.panels[k].diagram, axes, time, LONG));
        let margin = match axes {
            Axes::TimeDistance => RIGHT + IDS,
            Axes::DistanceTime => frames[1].left + SLANT + 24.0,
        };
        for frame in &mut frames {
            frame.top += CAPTION;
            if axes == Axes::DistanceTime {
                frame.width = frame.width.min(BROAD);
                frame.left += SLANT;
            }
        }
        frames[1].left = frames[0].right() + margin;
        let mut out = String::new();
        frames[1].open(&mut out, &self.name.en, if axes == Axes::TimeDistance { RIGHT } else { 24.0 });
        self.head(&mut out, axes);
        for (k, (panel, frame)) in self.panels.iter().zip(&frames).enumerate() {
            panel.draw(&mut out, frame, k == 0);
        }
        out.push_str("</svg>\n");
        out
    }

    /// Title, subtitle, legend.
    fn head(&self, out: &mut String, axes: Axes) {
        let cycle = self.panels[0].diagram.cycle_s.map_or(String::new(), |c| format!("· cycle {} s", seconds(c)));
        put(
            out,
            format_args!(
                "<text x=\"24\" y=\"34\" font-size=\"20\" font-weight=\"600\">{} {} <tspan font-weight=\"400\" \
                 fill=\"{FAINT}\">{cycle}</tspan></text>\n<text x=\"24\" y=\"56\" fill=\"{FAINT}\">{}</text>\n",
                escape(&self.name.zh),
                escape(&self.name.en),
                escape(&self.caption)
            ),
        );
        let ways = [(Direction::Outbound, "↗ 上行 outbound band"), (Direction::Inbound, "↘ 下行 inbound band")];
        let mut entries: Vec<_> = ways.map(|(way, words)| (passage(way), words.to_owned())).into();
        entries.extend(lamps(axes));
        legend(out, (24.0, 80.0), &entries);
    }
}

impl Panel {
    fn draw(&self, out: &mut String, frame: &Frame, first: bool) {
        // Where distance goes to the right, offsets and greens stand between caption and plot.
        let above = if frame.axes == Axes::DistanceTime { 26.0 } else { 0.0 };
        let (x, top) = (if first { 24.0 } else { frame.left }, frame.top - CAPTION - above + 14.0);
        put(
            out,
            format_args!(
                "<text x=\"{x:.1}\" y=\"{top:.1}\" font-size=\"15\" font-weight=\"600\">{}</text>\n",
                escape(&self.heading)
            ),
        );
        for (k, line) in self.lines.iter().enumerate() {
            let y = top + LINE * (k + 1) as f64;
            put(out, format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\">{}</text>\n", escape(line)));
        }
        ticks(out, frame, &self.diagram);
        plot(out, frame, &self.diagram);
        for row in &self.diagram.rows {
            if first || frame.axes == Axes::DistanceTime {
                name(out, frame, row, self.diagram.cycle_s != Some(row.cycle_s));
            } else {
                let (y, id) = (frame.across(row.chainage_m) + 4.0, escape(&row.id));
                put(
                    out,
                    format_args!(
                        "<g text-anchor=\"end\"><text x=\"{:.1}\" y=\"{y:.1}\">{id}</text><text x=\"{:.1}\" y=\"{y:.1}\" \
                         font-size=\"11\" fill=\"{FAINT}\">{:.0}</text></g>\n",
                        frame.left - 48.0,
                        frame.left - 10.0,
                        row.chainage_m
                    ),
                );
            }
            timing(out, frame, row);
        }
        bands(out, frame, &self.diagram);
    }
}
