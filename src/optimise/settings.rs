//! What the optimiser is told: how traffic behaves (`Model`), what is worth what (`Objective`), how far to look (`Search`).
//!
//! Knows: numbers with their units and sources. Must not know: any network or plan.

use super::tail::Tail;
use crate::units::{CycleLength, Tenths};
use serde::Serialize;

/// Everything the optimiser is told.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Settings {
    /// How traffic behaves.
    pub model: Model,
    /// What is worth what.
    pub objective: Objective,
    /// How far to look.
    pub search: Search,
}

impl Settings {
    /// The same settings where each corridor's directions are worth this much.
    #[must_use]
    pub fn weighing(&self, direction_weights: Vec<[f64; 2]>) -> Settings {
        Settings { objective: Objective { direction_weights, ..self.objective.clone() }, ..self.clone() }
    }
}

/// How traffic behaves in the evaluation model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Model {
    /// Robertson's dispersion factor, `F = 1 / (1 + alpha * t')`. TRANSYT-7F prints 0.25 to 0.50; fitted together with `beta` and
    /// `cruise_share` to the plant's delays on corridor approaches of training days (rms error 8.5 s with 0.20, 0.80, 1.0;
    /// 3.7 s with these).
    pub dispersion_alpha: f64,
    /// Robertson's travel-time factor: the platoon's head arrives after `beta` times the cruise time.
    pub dispersion_beta: f64,
    /// Cruise speed as a share of the link's design speed.
    pub cruise_share: f64,
    /// Green lost until the queue runs at saturation flow, s (HCM default 2.0).
    pub startup_loss_s: f64,
    /// Yellow no longer used, s: effective green ends this long before yellow does.
    pub clearance_loss_s: f64,
    /// The analysis period T of HCM's incremental delay, h.
    pub analysis_period_h: f64,
    /// k of HCM's incremental delay; 0.5 for pretimed control.
    pub incremental_k: f64,
    /// Longest greens of free operation as a share of the best fixed ones; from training days (FHWA Signal Timing Manual, 2nd
    /// ed., chapter 6: 1.25 to 1.5).
    pub free_green_share: f64,
    /// Plans are judged as followed coordinated-actuated where the loops allow it: a stage whose queue is gone gives the rest of its
    /// green to the reference stage, which then starts early.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_return: Option<EarlyReturn>,
    /// Whether what loops upstream count over the cycle corrects the model's platoons, where a question carries it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub measured_platoons: bool,
}

impl Default for Model {
    fn default() -> Self {
        Model {
            dispersion_alpha: 0.30,
            dispersion_beta: 0.90,
            cruise_share: 0.92,
            startup_loss_s: 2.0,
            clearance_loss_s: 1.0,
            analysis_period_h: 0.25,
            incremental_k: 0.5,
            free_green_share: 1.25,
            early_return: None,
            measured_platoons: false,
        }
    }
}

/// Early return to green: what coordinated-actuated operation does to a plan.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EarlyReturn {
    /// How long a stage waits for the next vehicle before it gives up its green, s.
    pub passage_s: f64,
}

/// What is worth what. The objective is in vehicle seconds an hour:
/// `corridor_weight * corridor delay + side_weight * side delay + stop_penalty_s * stops + pedestrian_weight * walkers' wait`
/// plus the penalties of breached guards.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Objective {
    /// Weight of delay on approaches that carry a corridor, per direction: outbound, inbound.
    pub corridor_weight: [f64; 2],
    /// By corridor, what the definitions say that its directions are worth, times `corridor_weight`; 1 where nothing is said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub direction_weights: Vec<[f64; 2]>,
    /// Weight of delay on all other approaches.
    pub side_weight: f64,
    /// What one stop is worth, s of delay.
    pub stop_penalty_s: f64,
    /// Weight of pedestrians' waiting, per pedestrian second.
    pub pedestrian_weight: f64,
    /// Degree of saturation above which a lane group is penalised.
    pub saturation_bound: f64,
    /// Penalty for every vehicle and unit of degree of saturation above the bound, s.
    pub saturation_penalty_s: f64,
    /// What several samples of flows are worth together.
    #[serde(skip_serializing_if = "Tail::is_mean")]
    pub tail: Tail,
    /// Keeps side streets from paying for the wave; only where a start is given.
    pub side_guard: Option<SideGuard>,
}

impl Default for Objective {
    fn default() -> Self {
        Objective {
            corridor_weight: [1.0, 1.0],
            direction_weights: Vec::new(),
            side_weight: 1.0,
            stop_penalty_s: 8.0,
            pedestrian_weight: 0.0,
            saturation_bound: 0.92,
            saturation_penalty_s: 1200.0,
            tail: Tail::MEAN,
            side_guard: None,
        }
    }
}

impl Objective {
    /// Weight of delay on a corridor (its index in the network) in a direction (0 outbound, 1 inbound).
    pub fn weight(&self, corridor: usize, direction: usize) -> f64 {
        self.corridor_weight[direction] * self.direction_weights.get(corridor).map_or(1.0, |w| w[direction])
    }
}

/// A side approach is in breach when its mean delay exceeds the start's by more than **both** allowances.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SideGuard {
    /// Allowed increase as a share of the start's delay, such as 0.05.
    pub share: f64,
    /// Allowed increase, s a vehicle.
    pub seconds: f64,
    /// Penalty for each vehicle second in breach; large enough to refuse any trade.
    pub penalty: f64,
}

impl Default for SideGuard {
    fn default() -> Self {
        SideGuard { share: 0.05, seconds: 3.0, penalty: 1000.0 }
    }
}

/// Who may run another cycle than the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grouping {
    /// Nobody beyond the start's own halves and doubles: one common cycle.
    #[default]
    Common,
    /// Halves and doubles of a common cycle, where an intersection's range and minima allow and it pays.
    Multiples,
    /// The same, and groups of intersections with a cycle of their own.
    Groups,
}

impl Grouping {
    /// Whether there is nothing to decide.
    pub const fn is_common(&self) -> bool {
        matches!(self, Grouping::Common)
    }
}

/// How far to look, and in what steps. All bounds are counts: the same input gives the same answer on any machine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Search {
    /// Shortest common cycle to try; the intersections' own ranges bind as well.
    pub cycle_min: CycleLength,
    /// Longest common cycle to try.
    pub cycle_max: CycleLength,
    /// Step between common cycles tried.
    pub cycle_step: Tenths,
    /// Whether another cycle than the start's may be proposed.
    pub change_cycle: bool,
    /// Whether stages may be put into another order that their intersection permits.
    pub reorder: bool,
    /// Who may run another cycle than the rest; only where no start is given, for one keeps what its intersections run.
    #[serde(skip_serializing_if = "Grouping::is_common")]
    pub grouping: Grouping,
    /// Resolution of greens and offsets.
    pub resolution: Tenths,
    /// Bound on the work: evaluations of one approach (a 12-signal arterial has 48 approaches).
    pub work: u64,
    /// `polish` only: how far each green and offset may move from the start's.
    pub polish_reach: Tenths,
}

impl Default for Search {
    fn default() -> Self {
        let cycle = |s| CycleLength::new(Tenths::from_seconds(s)).expect("a constant above zero");
        Search {
            cycle_min: cycle(60),
            cycle_max: cycle(180),
            cycle_step: Tenths::from_seconds(10),
            change_cycle: true,
            reorder: true,
            grouping: Grouping::Common,
            resolution: Tenths::from_seconds(1),
            work: 300_000,
            polish_reach: Tenths::from_seconds(4),
        }
    }
}
