//! The page of a replay: self-contained HTML with tables and pictures, readable without a network and in the dark.
//!
//! Knows: the plain data of [`Page`]. Must not know: where it comes from, files, arms by meaning; all text is escaped here.

mod arrivals;
mod charts;
mod tables;

use super::escape;
use std::fmt::Write as _;

/// What the page shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// Corridors by name.
    pub title: String,
    /// Label and value: days, seeds, hashes, command, commit.
    pub facts: Vec<(String, String)>,
    /// Arms, in the order of the report.
    pub arms: Vec<String>,
    /// Means of every measure, a value an arm.
    pub rows: Vec<PageRow>,
    /// Paired differences.
    pub differences: Vec<Difference>,
    /// Corridor speed over the time of day.
    pub speeds: Vec<SpeedLine>,
    /// Changes of plan of the controlled arm, run by run.
    pub changes: Vec<RunChanges>,
    /// Side-street approaches.
    pub sides: Vec<SideStreet>,
    /// Sentences on safety: violations, breaches, unserved. `true` = something is wrong.
    pub verdicts: Vec<(bool, String)>,
    /// The measured window, s of the day.
    pub window_s: (u32, u32),
    /// A time-space diagram as SVG, with its heading.
    pub diagram: Option<(String, String)>,
    /// Speed of each corridor and direction, km/h, an arm each, where there are several corridors.
    pub by_corridor: Vec<(String, Vec<Option<f64>>)>,
    /// Arrivals on green, by direction and along the corridor.
    pub arrivals: Vec<Arrivals>,
    /// A stretch of time before and after.
    pub scenes: Option<BeforeAfter>,
}

/// The same stretch of time without and with the control.
#[derive(Debug, Clone, PartialEq)]
pub struct BeforeAfter {
    /// What is compared, in a sentence.
    pub intro: String,
    /// Scenes, each with its heading and its SVG.
    pub scenes: Vec<(String, String)>,
}

/// Arrivals on green at one stop line.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrivals {
    /// The corridor and the direction.
    pub way: String,
    /// Its intersection.
    pub name: String,
    /// An arm each: share of arrivals on green, and platoon ratio; `None` where nobody arrived.
    pub arms: Vec<Option<(f64, f64)>>,
}

/// A measure's means.
#[derive(Debug, Clone, PartialEq)]
pub struct PageRow {
    /// Its name.
    pub measure: String,
    /// Its unit; `1` where it has none.
    pub unit: String,
    /// The mean over the runs, an arm each.
    pub means: Vec<Option<f64>>,
}

/// A paired difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The measure.
    pub measure: String,
    /// `1` for a relative difference, else the measure's unit.
    pub unit: String,
    /// The arm judged.
    pub arm: String,
    /// The arm it is compared with.
    pub against: String,
    /// Mean, lower and upper end of the 95 % interval.
    pub mean: Option<f64>,
    /// Lower end.
    pub lo: Option<f64>,
    /// Upper end.
    pub hi: Option<f64>,
    /// Pairs.
    pub n: usize,
}

/// Corridor speed of one arm in one direction.
#[derive(Debug, Clone, PartialEq)]
pub struct SpeedLine {
    /// The arm's place in the list of arms.
    pub arm: usize,
    /// Direction, 0 outbound, 1 inbound.
    pub direction: u8,
    /// Middle of each bin, s of the day, and the speed, km/h; `None` where nobody drove.
    pub points: Vec<(f64, Option<f64>)>,
}

/// Changes of plan in one run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunChanges {
    /// Day and seed.
    pub run: String,
    /// Second of the day, and what was decided.
    pub marks: Vec<(f64, Mark)>,
}

/// What is marked on the time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A plan was taken because it saves enough.
    Adopted,
    /// The calendar's plan was taken.
    Scheduled,
    /// Cabinets were sent a plan: a change or a step towards it.
    Step,
}

/// One side-street approach.
#[derive(Debug, Clone, PartialEq)]
pub struct SideStreet {
    /// Its name.
    pub name: String,
    /// Its mean delay, s, an arm each.
    pub delay_s: Vec<Option<f64>>,
    /// Whether it lost more than the contract allows.
    pub breach: bool,
}

impl Page {
    /// The page.
    pub fn html(&self) -> String {
        let mut out = String::new();
        let title = escape(&self.title);
        let _ = write!(
            out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
             content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>{title} · greenwave replay</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n<header>\n\
             <p class=\"kind\">绿波回放报告 greenwave replay</p>\n<h1>{title}</h1>\n</header>\n",
            include_str!("style.css")
        );
        for (wrong, text) in &self.verdicts {
            let (class, mark) = if *wrong { ("wrong", "▲") } else { ("well", "●") };
            let _ = writeln!(out, "<p class=\"verdict {class}\"><span>{mark}</span> {}</p>", escape(text));
        }
        self.section(&mut out, "主要效益 Main differences", charts::forest(self));
        self.section(&mut out, "均值 Means over the runs", tables::means(self));
        self.section(&mut out, "配对差 Paired differences, 95 % intervals", tables::differences(self));
        self.section(&mut out, "分时行程车速 Corridor speed over the time of day", charts::speeds(self));
        self.section(&mut out, "各干线车速 Speed by corridor", tables::by_corridor(self));
        self.section(&mut out, "方案切换 Plan changes of greenwave", charts::changes(self));
        self.section(&mut out, "绿灯到达 Arrivals on green", arrivals::all(self));
        self.section(&mut out, "支路 Side streets, worst first", tables::sides(self));
        if let Some((heading, svg)) = &self.diagram {
            let text = format!("<p>{}</p>\n<div class=\"paper\">{svg}</div>\n", escape(heading));
            self.section(&mut out, "时距图 Time-space diagram", text);
        }
        if let Some(BeforeAfter { intro, scenes }) = &self.scenes {
            let mut text = format!("<p>{}</p>\n", escape(intro));
            for (heading, svg) in scenes {
                let _ = write!(text, "<h3>{}</h3>\n<div class=\"paper\">{svg}</div>\n", escape(heading));
            }
            self.section(&mut out, "前后对比 Before and after, as driven", text);
        }
        self.section(&mut out, "指标定义 What the measures mean", tables::definitions(self));
        self.section(&mut out, "来源 Where the numbers come from", tables::facts(self));
        out.push_str("</main>\n</body>\n</html>\n");
        out
    }

    /// A section, unless there is nothing in it.
    fn section(&self, out: &mut String, heading: &str, inside: String) {
        if !inside.is_empty() {
            let _ = write!(out, "<section>\n<h2>{heading}</h2>\n{inside}</section>\n");
        }
    }

    /// The look of an arm in the charts: the last arm has the same one however many stand before it.
    fn look(&self, place: usize) -> usize {
        match place {
            _ if place + 1 == self.arms.len() => 2,
            2.. => 3,
            place => place,
        }
    }

    /// Differences of the last arm against each before it, the nearest first; all of one pair together.
    fn pairs(&self) -> Vec<(&str, &str)> {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for d in &self.differences {
            let pair = (d.arm.as_str(), d.against.as_str());
            if !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
        let place = |name: &str| self.arms.iter().position(|a| a == name);
        pairs.sort_by_key(|(arm, against)| std::cmp::Reverse((place(arm), place(against))));
        pairs
    }
}
