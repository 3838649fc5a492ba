//! The comparison table of a replay, as text within 80 columns.

use super::count;
use crate::replay::{Arm, Results, Study, means};
use crate::rig::gain::Comparison;
use std::fmt::Write as _;

/// Columns of a terminal.
pub(super) const WIDTH: usize = 80;
/// Columns of a measure's name and unit.
const LABEL: usize = 34;
/// Arms side by side; more stand in tables below each other.
const ARMS: usize = 4;

/// The report of a study for people.
pub(super) fn results(results: &Results) -> String {
    let mut text = String::new();
    let arms: Vec<Arm> = results.arms.iter().map(|r| r.arm).collect();
    let longest = results.arms.iter().map(|row| row.arm.name().len()).max().unwrap_or(1);
    let beside = ((WIDTH - LABEL) / (longest + 1)).clamp(1, ARMS);
    for rows in results.arms.chunks(beside) {
        let columns: Vec<Column<'_>> = rows.iter().map(|row| (row.arm.name(), means(row))).collect();
        text.push_str(&side_by_side("mean over the runs", &columns));
        text.push('\n');
    }
    for (place, arm) in arms.iter().enumerate().rev() {
        for base in arms[..place].iter() {
            let _ = writeln!(text, "{arm} against {base}: paired difference with 95 % interval");
            let mine = |c: &&Comparison| c.arm == arm.name() && c.against == base.name();
            for c in results.comparisons.iter().filter(mine).filter(|c| shown(c, results)) {
                let _ = writeln!(text, "{}", comparison(c));
            }
            text.push('\n');
        }
    }
    for row in &results.arms {
        let violations: usize = row.seeds.iter().map(|s| s.violations).sum();
        let changes: usize = row.seeds.iter().map(|s| s.plan_changes).sum();
        if row.arm == Arm::Greenwave {
            let _ = writeln!(
                text,
                "joint changes of plan, steps of transitions included: {changes} in {}",
                count(row.seeds.len(), "run")
            );
        }
        if violations > 0 {
            let _ = writeln!(text, "UNSAFE: {} saw {violations} violations by its conflict monitors", row.arm);
        }
    }
    if results.arms.iter().all(|r| r.seeds.iter().all(|s| s.violations == 0)) {
        let _ = writeln!(text, "conflict monitors: 0 violations in any run of any arm");
    }
    let both = arms.contains(&Arm::Fixed) && arms.contains(&Arm::Greenwave);
    if both {
        let _ = match results.side_street_breaches.as_slice() {
            [] if !results.has_side_streets() => {
                writeln!(text, "side streets: none, every approach carries a corridor")
            }
            [] => writeln!(text, "side streets against fixed: no approach lost more than 5 % and 3 s"),
            names => {
                let told = format!("SIDE STREETS that lost more than 5 % and 3 s against fixed: {}", names.join(", "));
                writeln!(text, "{}", wrapped(&told))
            }
        };
    }
    text
}

/// An arm, and its measures: name, unit, mean.
type Column<'c> = (&'c str, Vec<(&'c str, &'c str, Option<f64>)>);

/// A column an arm beside the measures' names.
fn side_by_side(heading: &str, columns: &[Column<'_>]) -> String {
    let longest = columns.iter().map(|(arm, _)| arm.len()).max().unwrap_or(1);
    let wide = ((WIDTH - LABEL) / columns.len().max(1)).min(13.max(longest + 1));
    let mut text = format!("{heading:<LABEL$}");
    for (arm, _) in columns {
        let _ = write!(text, "{arm:>wide$}");
    }
    text.push('\n');
    let rows = columns.first().map_or(0, |c| c.1.len());
    for row in 0..rows {
        let (name, unit, _) = columns[0].1[row];
        let label = if unit == "1" { name.to_string() } else { format!("{name}, {unit}") };
        let _ = write!(text, "{label:<LABEL$}");
        for (_, column) in columns {
            let cell = column[row].2.map_or("absent".into(), number);
            let _ = write!(text, "{cell:>wide$}");
        }
        text.push('\n');
    }
    text
}

/// How many columns of a terminal a text takes: what is not of the Latin alphabet is two wide.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|c| if c as u32 >= 0x1100 { 2 } else { 1 }).sum()
}

/// A sentence in lines that fit a terminal; those after the first are set in. A word longer than a line stays whole.
pub(super) fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let wide = columns(word);
        if used > 0 && used + 1 + wide > WIDTH {
            lines.push_str("\n  ");
            used = 2;
        } else if used > 0 {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used += wide;
    }
    lines
}

/// What is said of another demand than the whole.
pub(super) fn lighter(study: &Study) -> String {
    if study.demand == 1.0 { String::new() } else { format!("{} of the demand, ", study.demand) }
}

/// Relative rows say it best; absolute ones only where there is no relative one.
fn shown(c: &Comparison, results: &Results) -> bool {
    let twin = |o: &Comparison| o.unit == "1" && o.measure == c.measure && o.arm == c.arm && o.against == c.against;
    // "stops a vehicle" has unit 1 both ways: its relative row stands first.
    match c.unit.as_str() {
        "1" => results.comparisons.iter().find(|o| twin(o)).is_some_and(|first| std::ptr::eq(first, c)),
        _ => !results.comparisons.iter().any(twin),
    }
}

pub(super) fn comparison(c: &Comparison) -> String {
    let relative = c.unit == "1";
    let show = |v: Option<f64>| match v {
        None => "absent".into(),
        Some(v) if relative => format!("{:+.1}", v * 100.0),
        Some(v) => format!("{v:+.2}"),
    };
    let unit = match c.mean {
        None => "",
        Some(_) if relative => "%",
        Some(_) => c.unit.as_str(),
    };
    let interval = match (c.lo, c.hi) {
        _ if c.n == 0 => String::new(),
        // one pair says nothing of how much pairs differ
        (None, None) => "no interval".into(),
        _ => format!("[{} .. {}]", show(c.lo), show(c.hi)),
    };
    format!("  {:<30} {:>8} {:<6} {:<20} n = {}", c.measure, show(c.mean), unit, interval, c.n)
}

fn number(value: f64) -> String {
    if value.abs() >= 1000.0 {
        format!("{value:.0}")
    } else if value.abs() >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_arms_fits_a_terminal() {
        for arms in 1..=ARMS {
            let measures =
                vec![("total delay of all vehicles", "veh h", Some(123_456.0)), ("stops a vehicle", "1", None)];
            let name = if arms < 3 { "offsets-pairwise" } else { "placebo-a" };
            let columns: Vec<_> = (0..arms).map(|_| (name, measures.clone())).collect();
            let table = side_by_side("mean over the runs", &columns);
            let lines: Vec<&str> = table.lines().collect();
            assert_eq!(lines.len(), 3);
            assert!(lines.iter().all(|line| line.len() == lines[0].len() && line.len() <= WIDTH), "{table}");
            assert_eq!(lines[0].split_whitespace().count(), 4 + arms, "names do not touch: {table}");
        }
    }

    #[test]
    fn long_sentences_are_broken_between_words() {
        let long = format!("东昌路 {}", "dc01.N, ".repeat(40));
        let text = wrapped(&long);
        assert!(text.lines().count() > 3 && text.lines().all(|line| columns(line) <= WIDTH), "{text}");
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), long.split_whitespace().collect::<Vec<_>>());
        assert_eq!(columns("东昌路 a"), 8);
    }
}
