//! A question to the solvers and their answer in the format's words.
//!
//! Knows: the optimiser. Must not know: text, files, clocks. What is told was confirmed by geometry first.

use super::band::KM_H;
use crate::optimise::{
    Aim, BandAnswer, BandProblem, Bands, Budget, DelayProblem, FlexibleAim, FlexibleProblem, LinkBands,
    NoFlexibleAnswer, NoLinkBands, solve_delay, widest, widest_flexible, widest_links,
};
use serde::Serialize;
use serde_json::Value;

/// Bounds so close to a value prove it, in parts of it.
const PROVEN: f64 = 1e-7;

/// One thing that is asked of one problem.
#[derive(Debug, Clone)]
pub struct Question {
    pub(super) id: Value,
    pub(super) asked: Asked,
}

#[derive(Debug, Clone)]
pub(super) enum Asked {
    Bands { variant: Variant, street: Street, aim: Aim, weights: Vec<[f64; 2]>, names: Vec<Vec<&'static str>> },
    Delay(DelayProblem),
}

#[derive(Debug, Clone)]
pub(super) enum Street {
    /// With its speeds outbound and inbound, m/s.
    Fixed(BandProblem, Vec<[f64; 2]>),
    Flexible(FlexibleProblem),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Variant {
    Sum,
    Ratio,
    Multiband,
}

/// An answer; its keys are the format's.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// Bands and how to have them.
    Bands(Box<BandsAnswer>),
    /// There are no such bands.
    None(NoBands),
    /// Offsets of least delay.
    Delay(DelayAnswer),
}

/// The answer to a bandwidth problem.
#[derive(Debug, Clone, Serialize)]
pub struct BandsAnswer {
    id: Value,
    variant: Variant,
    offsets_s: Vec<f64>,
    patterns: Vec<&'static str>,
    cycle_s: f64,
    speeds_out_kmh: Vec<f64>,
    speeds_in_kmh: Vec<f64>,
    b_out_s: f64,
    b_in_s: f64,
    /// Link bands, only with `multiband`; `b_out_s` and `b_in_s` are then the through bands that happen to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    links_out_s: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    links_in_s: Option<Vec<f64>>,
    value: f64,
    bound: f64,
    proof: bool,
    solve_ms: f64,
}

/// Nothing to be had, and why.
#[derive(Debug, Clone, Serialize)]
pub struct NoBands {
    id: Value,
    variant: Variant,
    value: Option<f64>,
    bound: Option<f64>,
    reason: String,
    proof: bool,
    solve_ms: f64,
}

/// The answer to a delay problem.
#[derive(Debug, Clone, Serialize)]
pub struct DelayAnswer {
    id: Value,
    theta_s: Vec<usize>,
    cost: f64,
    bound: f64,
    proof: bool,
    solve_ms: f64,
}

impl Answer {
    /// Notes how long the solver took.
    pub fn took(&mut self, milliseconds: f64) {
        *match self {
            Answer::Bands(answer) => &mut answer.solve_ms,
            Answer::None(answer) => &mut answer.solve_ms,
            Answer::Delay(answer) => &mut answer.solve_ms,
        } = milliseconds;
    }

    /// Whether the answer is proven.
    pub fn proof(&self) -> bool {
        match self {
            Answer::Bands(answer) => answer.proof,
            Answer::None(answer) => answer.proof,
            Answer::Delay(answer) => answer.proof,
        }
    }
}

/// Bands with the street they are on, before they are put into the format's words.
struct Solved {
    street: BandProblem,
    speeds_m_s: Vec<[f64; 2]>,
    bands: Bands,
    /// What the value is counted in, s.
    unit_s: f64,
    bound: f64,
}

impl Question {
    /// Solves; a long search ends with its best answer so far once `stop` says yes.
    ///
    /// # Panics
    /// Where an answer claims more than its offsets attain: a bug in a solver, which must not be told as a result.
    pub fn answer(&self, stop: &dyn Fn() -> bool) -> Answer {
        match &self.asked {
            Asked::Delay(problem) => self.delay(problem, stop),
            Asked::Bands { variant, street, aim, weights, names } => {
                let solved = match street {
                    Street::Fixed(problem, speeds) => fixed(problem, speeds, *variant, *aim, weights),
                    Street::Flexible(problem) => flexible(problem, *variant, *aim, weights, stop),
                };
                match solved {
                    Ok(solved) => Answer::Bands(Box::new(self.bands(*variant, *aim, solved, names))),
                    Err((reason, proof)) => {
                        let (value, bound, id) = (None, None, self.id.clone());
                        Answer::None(NoBands { id, variant: *variant, value, bound, reason, proof, solve_ms: 0.0 })
                    }
                }
            }
        }
    }

    fn delay(&self, problem: &DelayProblem, stop: &dyn Fn() -> bool) -> Answer {
        let budget = Budget { stop, ..Budget::default() };
        let answer = solve_delay(problem, &budget);
        let answer = answer.unwrap_or_else(|faults| panic!("problem {}: {faults:?} after it was read", self.id));
        let crate::optimise::DelayAnswer { theta_s, cost, bound, proof } = answer;
        Answer::Delay(DelayAnswer { id: self.id.clone(), theta_s, cost, bound, proof, solve_ms: 0.0 })
    }

    fn bands(&self, variant: Variant, aim: Aim, solved: Solved, names: &[Vec<&'static str>]) -> BandsAnswer {
        let Solved { street, speeds_m_s, bands, unit_s, bound } = solved;
        let (offsets_s, patterns, widths, links, value) = match bands {
            Bands::Through(answer) => {
                let answer = answer
                    .confirmed(&street, aim)
                    .unwrap_or_else(|overclaimed| panic!("problem {}: {overclaimed}", self.id));
                (answer.offsets_s, answer.patterns, answer.widths_s, None, answer.value)
            }
            // Their widths are measured, not claimed.
            Bands::Links(LinkBands { offsets_s, patterns, widths_s, value, .. }) => {
                let through = street.attained(&offsets_s, &patterns).map(|b| b.map_or(0.0, |b| b.length_s));
                (offsets_s, patterns, through, Some(widths_s), value)
            }
        };
        let links = |d: usize| links.as_ref().map(|links| links.iter().map(|l| l[d]).collect::<Vec<f64>>());
        let speeds = |d: usize| speeds_m_s.iter().map(|s| s[d] / KM_H).collect();
        let value = value / unit_s;
        let bound = bound.max(value);
        BandsAnswer {
            id: self.id.clone(),
            variant,
            patterns: patterns.iter().zip(names).map(|(&p, names)| names[p]).collect(),
            offsets_s,
            cycle_s: street.circle.seconds(),
            speeds_out_kmh: speeds(0),
            speeds_in_kmh: speeds(1),
            b_out_s: widths[0],
            b_in_s: widths[1],
            links_out_s: links(0),
            links_in_s: links(1),
            value,
            bound,
            proof: bound - value <= PROVEN * value.abs().max(1.0),
            solve_ms: 0.0,
        }
    }
}

/// Why there is nothing, and whether that is proven.
type Nothing = (String, bool);

fn fixed(
    problem: &BandProblem,
    speeds_m_s: &[[f64; 2]],
    variant: Variant,
    aim: Aim,
    weights: &[[f64; 2]],
) -> Result<Solved, Nothing> {
    let (bands, bound) = if variant == Variant::Multiband {
        let links = widest_links(problem, weights).map_err(|none: NoLinkBands| (none.to_string(), true))?;
        let bound = links.bound;
        (Bands::Links(links), bound)
    } else {
        let answer: Option<BandAnswer> = widest(problem, aim);
        let answer = answer.ok_or_else(|| ("no offsets keep the least widths".to_owned(), true))?;
        // The method's optimum is its own bound.
        let bound = answer.value;
        (Bands::Through(answer), bound)
    };
    Ok(Solved { street: problem.clone(), speeds_m_s: speeds_m_s.to_vec(), bands, unit_s: 1.0, bound })
}

fn flexible(
    problem: &FlexibleProblem,
    variant: Variant,
    aim: Aim,
    weights: &[[f64; 2]],
    stop: &dyn Fn() -> bool,
) -> Result<Solved, Nothing> {
    let aim = match variant {
        Variant::Multiband => FlexibleAim::Links(weights.to_vec()),
        Variant::Sum | Variant::Ratio => FlexibleAim::Through(aim),
    };
    let answer =
        widest_flexible(problem, &aim, stop).map_err(|none| (none.to_string(), none != NoFlexibleAnswer::NotFound))?;
    let unit_s = answer.fixed.circle.seconds();
    let (street, speeds_m_s) = (answer.fixed, answer.speeds_m_s);
    Ok(Solved { street, speeds_m_s, bands: answer.bands, unit_s, bound: answer.bound })
}
