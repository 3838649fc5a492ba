//! A bandwidth problem out of its fields: a question for each variant that is asked.
//!
//! Knows: the format. Must not know: how it is solved.

use super::answer::{Asked, Question, Street, Variant};
use super::fault::Rule;
use super::fields::{Fields, Span, Table};
use crate::optimise::{Aim, BandPattern, BandProblem, FlexibleLink, FlexibleProblem};
use crate::units::Circle;
use serde_json::Value;

/// One km/h in m/s.
pub(super) const KM_H: f64 = 1.0 / 3.6;

const KEYS: [&str; 7] = ["id", "cycle", "signals", "links", "objective", "variants", "max_slowness_change_s_per_m"];
const VARIANTS: [(&str, Variant); 3] =
    [("sum", Variant::Sum), ("ratio", Variant::Ratio), ("multiband", Variant::Multiband)];
/// Whether the outbound and the inbound left turn leads.
pub(super) const PATTERNS: [(&str, [bool; 2]); 4] = [
    ("lead-lag", [true, false]),
    ("lag-lead", [false, true]),
    ("lead-lead", [true, true]),
    ("lag-lag", [false, false]),
];

/// Beyond these, seconds are not what a street has, and their fractions get lost.
const LENGTH: Span = Span::Between(1.0, 100_000.0);
const SPEED: Span = Span::Between(1.0, 400.0);
const CYCLE: Span = Span::Between(1.0, 3600.0);
const CLEARANCE: Span = Span::UpTo(3600.0);
const WEIGHT: Span = Span::UpTo(1e6);
/// Signals of a street at most: what a search over them may take has a bound.
const SIGNALS: usize = 500;

/// The cycle as asked for.
#[derive(Clone, Copy)]
enum Cycle {
    Fixed(Circle),
    Range([f64; 2]),
}

pub(super) fn questions(fields: &mut Fields<'_>, table: Table<'_>, id: &Value) -> Option<Vec<Question>> {
    fields.known(table, &KEYS);
    let cycle = cycle(fields, table);
    let mut signals = Vec::new();
    let mut names = Vec::new();
    let listed = list(fields, table, "signals");
    if listed.is_empty() || listed.len() > SIGNALS {
        let mend = format!("Give from 1 to {SIGNALS} of them.");
        fields.fault("signals".into(), Rule::Length, format!("{} signals", listed.len()), mend);
    }
    for (i, value) in listed.iter().enumerate() {
        if let Some((patterns, clearance, sequences)) = signal(fields, value, &format!("signals[{i}]"), cycle) {
            signals.push((patterns, clearance));
            names.push(sequences);
        }
    }
    let roads = list(fields, table, "links");
    if roads.len() + 1 != listed.len() && !listed.is_empty() {
        let message = format!("{} links between {} signals", roads.len(), listed.len());
        let mend = format!("Give {}: link i joins signals i and i + 1.", listed.len() - 1);
        fields.fault("links".into(), Rule::Length, message, mend);
    }
    let mut links = Vec::new();
    for (i, value) in roads.iter().enumerate() {
        links.extend(link(fields, value, &format!("links[{i}]"), cycle));
    }
    let change = match cycle {
        Some(Cycle::Range(_)) if table.has("max_slowness_change_s_per_m") => {
            fields.number(table, "max_slowness_change_s_per_m", Span::NotNegative, None)
        }
        Some(Cycle::Fixed(_)) if table.has("max_slowness_change_s_per_m") => {
            let mend = "Take it out, or give cycle.min_s and cycle.max_s.".into();
            let key = "max_slowness_change_s_per_m".to_owned();
            fields.fault(key, Rule::Unknown, "speeds are fixed with a fixed cycle".into(), mend);
            None
        }
        _ => None,
    };
    let variants = fields.words(table, "variants", &VARIANTS);
    let goals = objective(fields, table, roads.len(), variants.as_deref().unwrap_or_default());
    if !fields.faults.is_empty() {
        return None;
    }
    let (goals, variants) = (goals?, variants?);
    let mut clear = signals.iter().map(|s| s.1).collect::<Vec<_>>().into_iter();
    let mut before = clear.next()?;
    for (road, next) in links.iter_mut().zip(clear) {
        // A band arrives at the far end outbound, at the near end inbound.
        road.clearance_s = [next[0], before[1]];
        before = next;
    }
    let signals = signals.into_iter().map(|s| s.0).collect();
    let street = match cycle? {
        Cycle::Fixed(circle) => {
            let time = |l: &FlexibleLink, d: usize| l.length_m / l.speeds_m_s[d][0] - l.clearance_s[d];
            let speeds_m_s = links.iter().map(|l| l.speeds_m_s.map(|s| s[0])).collect();
            let links = links.iter().map(|l| [0, 1].map(|d| time(l, d))).collect();
            Street::Fixed(BandProblem { circle, signals, links }, speeds_m_s)
        }
        Cycle::Range(cycle_s) => {
            Street::Flexible(FlexibleProblem { cycle_s, signals, links, slowness_change_s_m: change })
        }
    };
    let question = |&variant: &Variant| {
        let (aim, weights) = match variant {
            Variant::Sum => (goals.sum, Vec::new()),
            Variant::Ratio => (goals.ratio, Vec::new()),
            Variant::Multiband => (goals.sum, goals.weights.clone()),
        };
        let asked = Asked::Bands { variant, street: street.clone(), aim, weights, names: names.clone() };
        Question { id: id.clone(), asked }
    };
    Some(variants.iter().map(question).collect())
}

fn list<'v>(fields: &mut Fields<'_>, table: Table<'v>, key: &str) -> &'v [Value] {
    let value = fields.need(table, key, &format!("Give {key}, a list of objects."));
    value.and_then(|value| fields.list(value, key.to_owned())).unwrap_or_default()
}

fn cycle(fields: &mut Fields<'_>, table: Table<'_>) -> Option<Cycle> {
    let value = fields.need(table, "cycle", "Give cycle.s, or cycle.min_s and cycle.max_s.")?;
    let cycle = Table { map: fields.object(value, "cycle")?, path: "cycle" };
    if cycle.has("s") {
        fields.known(cycle, &["s"]);
        return fields.number(cycle, "s", CYCLE, None).and_then(Circle::new).map(Cycle::Fixed);
    }
    fields.known(cycle, &["s", "min_s", "max_s"]);
    let low = fields.number(cycle, "min_s", CYCLE, None);
    let high = fields.number(cycle, "max_s", CYCLE, None);
    in_order(fields, "cycle.max_s", low?, high?).map(Cycle::Range)
}

fn in_order(fields: &mut Fields<'_>, path: &str, low: f64, high: f64) -> Option<[f64; 2]> {
    if low > high {
        let message = format!("{high} is under the least, {low}");
        fields.fault(path.to_owned(), Rule::Range, message, format!("Set it to {low} at least."));
        return None;
    }
    Some([low, high])
}

type Signal = (Vec<BandPattern>, [f64; 2], Vec<&'static str>);

fn signal(fields: &mut Fields<'_>, value: &Value, path: &str, cycle: Option<Cycle>) -> Option<Signal> {
    let table = Table { map: fields.object(value, path)?, path };
    // With a range, greens are shares of a cycle: seconds of a cycle of one.
    let ([group, out, inbound], whole) = match cycle {
        Some(Cycle::Range(_)) => (["group_f", "left_out_f", "left_in_f"], 1.0),
        Some(Cycle::Fixed(circle)) => (["group_s", "left_out_s", "left_in_s"], circle.seconds()),
        None => return None,
    };
    fields.known(table, &[group, out, inbound, "patterns", "tau_out_s", "tau_in_s"]);
    let group = fields.number(table, group, Span::PositiveUpTo(whole), None);
    let most = Span::UpTo(group.unwrap_or(whole));
    let lefts = [out, inbound].map(|key| fields.number(table, key, most, Some(0.0)));
    let clearance = ["tau_out_s", "tau_in_s"].map(|key| fields.number(table, key, CLEARANCE, Some(0.0)));
    let choices: Vec<_> = PATTERNS.iter().map(|p| (p.0, *p)).collect();
    // Without left turns all sequences are the same.
    let sequences = if !table.has("patterns") && lefts == [Some(0.0); 2] {
        Some(vec![PATTERNS[3]])
    } else {
        fields.words(table, "patterns", &choices)
    };
    let (group, lefts, clearance) = (group?, [lefts[0]?, lefts[1]?], [clearance[0]?, clearance[1]?]);
    let sequences = sequences?;
    let pattern = |(_, leads): &(&str, [bool; 2])| BandPattern {
        // A direction's through green waits for the other direction's leading left turn.
        start_s: [1, 0].map(|other| if leads[other] { lefts[other] } else { 0.0 }),
        green_s: [1, 0].map(|other| group - lefts[other]),
    };
    Some((sequences.iter().map(pattern).collect(), clearance, sequences.iter().map(|s| s.0).collect()))
}

fn link(fields: &mut Fields<'_>, value: &Value, path: &str, cycle: Option<Cycle>) -> Option<FlexibleLink> {
    let table = Table { map: fields.object(value, path)?, path };
    let length_m = fields.number(table, "length_m", LENGTH, None);
    let mut speed = |key: &str| fields.number(table, key, SPEED, None).map(|v| v * KM_H);
    let speeds = match cycle? {
        Cycle::Fixed(_) => ["speed_out_kmh", "speed_in_kmh"].map(|key| speed(key).map(|v| [v, v])),
        Cycle::Range(_) => {
            let limits = ["vmin_out_kmh", "vmax_out_kmh", "vmin_in_kmh", "vmax_in_kmh"].map(&mut speed);
            let [low, high, low_in, high_in] = limits;
            [("vmax_out_kmh", low, high), ("vmax_in_kmh", low_in, high_in)]
                .map(|(key, low, high)| in_order(fields, &table.at(key), low?, high?))
        }
    };
    match cycle? {
        Cycle::Fixed(_) => fields.known(table, &["length_m", "speed_out_kmh", "speed_in_kmh"]),
        Cycle::Range(_) => {
            fields.known(table, &["length_m", "vmin_out_kmh", "vmax_out_kmh", "vmin_in_kmh", "vmax_in_kmh"]);
        }
    }
    Some(FlexibleLink { length_m: length_m?, speeds_m_s: [speeds[0]?, speeds[1]?], clearance_s: [0.0; 2] })
}

struct Goals {
    sum: Aim,
    ratio: Aim,
    weights: Vec<[f64; 2]>,
}

fn objective(fields: &mut Fields<'_>, table: Table<'_>, links: usize, variants: &[Variant]) -> Option<Goals> {
    let none = serde_json::Map::new();
    let map = match table.map.get("objective") {
        Some(value) => fields.object(value, "objective")?,
        None => &none,
    };
    let objective = Table { map, path: "objective" };
    fields.known(objective, &["w_out", "w_in", "k", "multiband", "b_min_out_s", "b_min_in_s"]);
    let weights = ["w_out", "w_in"].map(|key| fields.number(objective, key, WEIGHT, Some(1.0)));
    let least = ["b_min_out_s", "b_min_in_s"].map(|key| fields.number(objective, key, Span::NotNegative, Some(0.0)));
    let k = fields.number(objective, "k", Span::Between(0.001, 1000.0), Some(1.0));
    if weights == [Some(0.0); 2] {
        let mend = "Set w_out or w_in above 0.".into();
        fields.fault("objective.w_out".into(), Rule::Range, "both weights are 0".into(), mend);
    }
    let mut lists = [vec![1.0; links], vec![1.0; links]];
    if let Some(value) = objective.map.get("multiband") {
        let multiband = Table { map: fields.object(value, "objective.multiband")?, path: "objective.multiband" };
        fields.known(multiband, &["a_out", "a_in"]);
        for (list, key) in lists.iter_mut().zip(["a_out", "a_in"]) {
            *list = fields.numbers(multiband, key, WEIGHT, Some(links)).unwrap_or_default();
        }
    }
    if links == 0 && variants.contains(&Variant::Multiband) {
        let mend = "Give two signals at least, or do not ask for multiband.".into();
        fields.fault("variants".into(), Rule::Length, "there is no link to have a band".into(), mend);
    }
    Some(Goals {
        sum: Aim::Sum { weights: [weights[0]?, weights[1]?], least_s: [least[0]?, least[1]?] },
        ratio: Aim::Ratio { k: k? },
        weights: lists[0].iter().zip(&lists[1]).map(|(a, b)| [*a, *b]).collect(),
    })
}
