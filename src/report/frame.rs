//! Where times and places lie on a time-space picture, whichever axis they have; and what all these pictures share.
//!
//! Knows: pixels, axes, colours. Must not know: plans, lamps, vehicles.

use super::escape;
use crate::corridor::{Direction, Name};
use std::fmt::Write as _;
use std::ops::Range;

pub(super) const INK: &str = "#1b1f24";
pub(super) const FAINT: &str = "#6b7280";
pub(super) const GREEN: &str = "#2f9e58";
pub(super) const YELLOW: &str = "#e9b949";
pub(super) const RED: &str = "#d6685f";
const OUTBOUND: &str = "#1f6fb4";
const INBOUND: &str = "#8a3fa0";
const FONTS: &str = "system-ui, 'Noto Sans CJK SC', 'Noto Sans SC', 'Microsoft YaHei', 'PingFang SC', sans-serif";
/// Pixels of a lamp's bar.
pub(super) const BAR: f64 = 5.0;
/// Pixels between the first and last stop line and the edge of the plot.
const PAD: f64 = 20.0;
/// Pixels between the stop lines of the closest neighbours: room for two lines of names.
const APART: f64 = 34.0;

/// Which axis is which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Axes {
    /// Time to the right, distance upwards: the outbound band rises, the inbound band falls.
    #[default]
    TimeDistance,
    /// Distance to the right, time upwards, as some Chinese texts draw it.
    DistanceTime,
}

/// A direction's colour.
pub(super) const fn colour(direction: Direction) -> &'static str {
    match direction {
        Direction::Outbound => OUTBOUND,
        Direction::Inbound => INBOUND,
    }
}

pub(super) fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    // a String takes whatever is written
    let _ = out.write_fmt(text);
}

/// The plot's rectangle, and what of time and road it shows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    pub(super) axes: Axes,
    /// Seconds shown.
    pub(super) time: Range<f64>,
    /// Metres shown between the pads.
    pub(super) road: Range<f64>,
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Frame {
    /// A frame for stop lines at these chainages, in ascending order; `long` pixels along the time axis when it lies
    /// downwards or to the right.
    pub(super) fn new(axes: Axes, time: Range<f64>, lines: &[f64], road: Range<f64>, long: f64) -> Frame {
        let length = (road.end - road.start).max(1.0);
        let closest = lines.windows(2).map(|w| w[1] - w[0]).fold(length, f64::min);
        // neighbours' names must not meet, if the picture does not get too large for it
        let across = APART / closest.max(1.0) * length + 2.0 * PAD;
        let (left, top) = match axes {
            Axes::TimeDistance => (216.0, 104.0),
            Axes::DistanceTime => (64.0, 130.0),
        };
        let (width, height) = match axes {
            Axes::TimeDistance => (long, across.clamp(320.0, 1100.0)),
            Axes::DistanceTime => ((across * 1.1).clamp(640.0, 1500.0), (long * 0.8).min(900.0)),
        };
        Frame { axes, time, road, left, top, width, height }
    }

    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn floor(&self) -> f64 {
        self.top + self.height
    }

    /// Pixels along the time axis.
    pub(super) fn along(&self, seconds: f64) -> f64 {
        let share = (seconds - self.time.start) / (self.time.end - self.time.start);
        match self.axes {
            Axes::TimeDistance => self.left + share * self.width,
            Axes::DistanceTime => self.floor() - share * self.height,
        }
    }

    /// Pixels along the distance axis.
    pub(super) fn across(&self, metres: f64) -> f64 {
        let share = (metres - self.road.start) / (self.road.end - self.road.start).max(1.0);
        match self.axes {
            Axes::TimeDistance => self.floor() - PAD - share * (self.height - 2.0 * PAD),
            Axes::DistanceTime => self.left + PAD + share * (self.width - 2.0 * PAD),
        }
    }

    /// A moment at a place, as x and y.
    pub(super) fn at(&self, seconds: f64, metres: f64) -> (f64, f64) {
        match self.axes {
            Axes::TimeDistance => (self.along(seconds), self.across(metres)),
            Axes::DistanceTime => (self.across(metres), self.along(seconds)),
        }
    }

    /// A bar over a time at a stop line, `aside` pixels upwards of it (or to its left).
    pub(super) fn bar(&self, out: &mut String, times: Range<f64>, metres: f64, aside: f64, fill: &str) {
        let (from, to) = (times.start.max(self.time.start), times.end.min(self.time.end));
        if from >= to {
            return;
        }
        let (a, b) = (self.along(from), self.along(to));
        let (start, length, side) = (a.min(b), (a - b).abs(), self.across(metres) - aside);
        let (x, y, w, h) = match self.axes {
            Axes::TimeDistance => (start, side, length, BAR),
            Axes::DistanceTime => (side, start, BAR, length),
        };
        put(
            out,
            format_args!("<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" fill=\"{fill}\"/>\n"),
        );
    }

    /// A line across the plot at a moment.
    pub(super) fn moment(&self, out: &mut String, seconds: f64, look: &str) {
        let at = self.along(seconds);
        let (x1, y1, x2, y2) = match self.axes {
            Axes::TimeDistance => (at, self.top, at, self.floor()),
            Axes::DistanceTime => (self.left, at, self.right(), at),
        };
        put(out, format_args!("<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" {look}/>\n"));
    }

    /// A grid line at a moment with its label on the time axis.
    pub(super) fn tick(&self, out: &mut String, seconds: f64, label: &str) {
        self.moment(out, seconds, "stroke=\"#eceef1\"");
        let at = self.along(seconds);
        let (x, y, anchor) = match self.axes {
            Axes::TimeDistance => (at, self.floor() + 17.0, "middle"),
            Axes::DistanceTime => (self.left - 8.0, at + 4.0, "end"),
        };
        put(
            out,
            format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{FAINT}\">{label}</text>\n"),
        );
    }

    /// The time axis itself, and what it counts.
    pub(super) fn time_axis(&self, out: &mut String, counts: &str) {
        let (right, floor) = (self.right(), self.floor());
        let (line, x, y, turn) = match self.axes {
            Axes::TimeDistance => {
                ((self.left, floor, right, floor), self.left + self.width / 2.0, floor + 38.0, String::new())
            }
            Axes::DistanceTime => {
                let (x, y) = (18.0, self.top + self.height / 2.0);
                ((self.left, self.top, self.left, floor), x, y, format!(" transform=\"rotate(-90 {x:.1} {y:.1})\""))
            }
        };
        put(
            out,
            format_args!(
                "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{FAINT}\"/>\n<text x=\"{x:.1}\" y=\"{y:.1}\" \
                 text-anchor=\"middle\" fill=\"{FAINT}\"{turn}>{counts}</text>\n",
                line.0, line.1, line.2, line.3
            ),
        );
    }

    /// An intersection's names and chainage beside its stop line, with `more` behind the English name.
    pub(super) fn name(&self, out: &mut String, metres: f64, id: &str, name: &Name, more: &str) {
        let (zh, en, id) = (escape(&name.zh), escape(&name.en), escape(id));
        let at = self.across(metres);
        match self.axes {
            Axes::TimeDistance => put(
                out,
                format_args!(
                    "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"end\"><tspan font-weight=\"600\">{zh}</tspan> {id}</text>\
                     <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"end\" font-size=\"11\" fill=\"{FAINT}\">{en}{more}</text>\
                     <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" font-size=\"11\" fill=\"{FAINT}\">{metres:.0}</text>\n",
                    at - 1.0,
                    at + 12.0,
                    self.left - 10.0,
                    at + 4.0,
                    x = self.left - 48.0,
                ),
            ),
            Axes::DistanceTime => {
                let y = self.floor() + 14.0;
                put(
                    out,
                    format_args!(
                        "<g transform=\"translate({at:.1} {y:.1}) rotate(-50)\" text-anchor=\"end\"><text y=\"2\"><tspan \
                         font-weight=\"600\">{zh}</tspan> {id} · {metres:.0} m</text><text y=\"15\" font-size=\"11\" \
                         fill=\"{FAINT}\">{en}{more}</text></g>\n"
                    ),
                );
            }
        }
    }

    /// Pixels below the plot.
    pub(super) fn below(&self) -> f64 {
        match self.axes {
            Axes::TimeDistance => 52.0,
            Axes::DistanceTime => 160.0,
        }
    }

    /// Opens the picture: its size, white paper, title.
    pub(super) fn open(&self, out: &mut String, title: &str, right: f64) {
        let (width, height) = (self.right() + right, self.floor() + self.below());
        put(
            out,
            format_args!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
                 height=\"{height:.0}\" font-family=\"{FONTS}\" font-size=\"12\" fill=\"{INK}\">\n<title>{}</title>\n\
                 <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
                escape(title)
            ),
        );
    }

    /// What is drawn inside is cut off at the plot's edges. An inner picture instead of a clip path, which would need an id
    /// that no other picture of a page has.
    pub(super) fn cut(&self, out: &mut String, inside: &str) {
        let (x, y, w, h) = (self.left, self.top, self.width, self.height);
        put(
            out,
            format_args!(
                "<svg x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" viewBox=\"{x:.1} {y:.1} {w:.1} {h:.1}\" \
                 overflow=\"hidden\">\n{inside}</svg>\n"
            ),
        );
    }
}

/// A legend's entries from left to right: a drawing of 18 px, then words.
pub(super) fn legend(out: &mut String, (mut x, y): (f64, f64), entries: &[(String, String)]) {
    for (drawing, words) in entries {
        put(
            out,
            format_args!(
                "<g transform=\"translate({x:.1} {y:.1})\">{drawing}<text x=\"24\" y=\"4\">{words}</text></g>\n"
            ),
        );
        x += 24.0 + width(words) + 18.0;
    }
}

/// About how wide a text of 12 px is.
pub(super) fn width(text: &str) -> f64 {
    text.chars().map(|c| if c.is_ascii() { 6.4 } else { 12.0 }).sum()
}

/// A legend's bar of one colour.
pub(super) fn swatch(fill: &str) -> String {
    format!("<rect y=\"{:.1}\" width=\"18\" height=\"{BAR}\" fill=\"{fill}\"/>", -BAR / 2.0)
}
