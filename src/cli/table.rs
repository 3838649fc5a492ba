//! The comparison table of a replay, as text within 80 columns.

use super::count;
use crate::replay::{Arm, Results, means};
use crate::rig::gain::Comparison;
use std::fmt::Write as _;

/// The report of a study for people.
pub(super) fn results(results: &Results) -> String {
    let mut text = String::new();
    let arms: Vec<Arm> = results.arms.iter().map(|r| r.arm).collect();
    let columns: Vec<Vec<_>> = results.arms.iter().map(means).collect();
    let _ = write!(text, "{:<31}", "mean over the runs");
    for arm in &arms {
        let _ = write!(text, "{:>13}", arm.name());
    }
    let rows = columns.first().map_or(0, Vec::len);
    for row in 0..rows {
        let (name, unit, _) = columns[0][row];
        let label = if unit == "1" { name.to_string() } else { format!("{name}, {unit}") };
        let _ = write!(text, "\n{label:<31}");
        for column in &columns {
            let cell = column[row].2.map_or("absent".into(), number);
            let _ = write!(text, "{cell:>13}");
        }
    }
    text.push('\n');
    for (place, arm) in arms.iter().enumerate().rev() {
        for base in arms[..place].iter() {
            let _ = write!(text, "\n{arm} against {base}: paired difference with 95 % interval\n");
            let mine = |c: &&Comparison| c.arm == arm.name() && c.against == base.name();
            for c in results.comparisons.iter().filter(mine).filter(|c| shown(c, results)) {
                let _ = writeln!(text, "{}", comparison(c));
            }
        }
    }
    for row in &results.arms {
        let violations: usize = row.seeds.iter().map(|s| s.violations).sum();
        let changes: usize = row.seeds.iter().map(|s| s.plan_changes).sum();
        if row.arm == Arm::Greenwave {
            let _ = writeln!(
                text,
                "\njoint changes of plan, steps of transitions included: {changes} in {}",
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
            [] => writeln!(text, "side streets against fixed: no approach lost more than 5 % and 3 s"),
            names => writeln!(text, "SIDE STREETS that lost more than 5 % and 3 s against fixed: {}", names.join(", ")),
        };
    }
    text
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

fn comparison(c: &Comparison) -> String {
    let relative = c.unit == "1";
    let show = |v: Option<f64>| match v {
        None => "absent".into(),
        Some(v) if relative => format!("{:+.1}", v * 100.0),
        Some(v) => format!("{v:+.2}"),
    };
    let unit = if relative { "%" } else { c.unit.as_str() };
    let interval = match (c.lo, c.hi) {
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
