//! The optimiser: flows in, one proposal out, with what it would bring and how far it was searched.
//!
//! Knows: the network, flows, plans as data. Bounded work, deterministic, no side effects.
//! Must not know: safety (it may not learn to please it), field, clock or plant.
//!
//! ```text
//!  Network + Flows --scene, lanes--> roads, lane groups, who feeds whom
//!        plans ----state--> profile, queue, stopline --delay--> Prediction        (predict)
//!
//!  splits, cycle_length   critical movements, then delay of one intersection       (isolated, webster_of)
//!  offsets, fixed_profiles, link_price --network
//!                         offsets and orders exact while profiles hold, iterated   (optimise_offsets: bound and gap)
//!  heuristics             the same without a proof, to be measured against        (descend_offsets, pairwise_offsets)
//!  delay_problem --network  bare problems with given profiles, or several samples  (solve_delay: proof or gap)
//!  pareto                 least delay of a street for every width of its bands     (front)
//!  street_front           the same for a real street, confirmed by the whole evaluation (street_front)
//!  alignment, bandwidth   exact two-way bands, cycle and speeds fixed              (widest)
//!  multiband, lp          exact bands link by link                                 (widest_links)
//!  flexible               cycle and speeds chosen too: exact, or its gap           (widest_flexible)
//!  whole_steps, street    the best whole steps, best sub-arterials                 (widest_on_grid, widest_bands, partition)
//!  samples, tail, early   several days at once, the worst of them weighed, early return to green
//!  coupling, cycle_prices who shares a cycle with whom, halves and doubles         (couple: estimate and bound)
//!  climb                  small moves the whole evaluation confirms, and kicks
//!  propose                all of it together --> Proposal                          (propose, polish)
//! ```

mod alignment;
mod bandwidth;
mod brief;
mod climb;
mod coupling;
mod cycle_length;
mod cycle_prices;
mod delay;
mod delay_problem;
mod delay_tables;
mod early;
mod filtering;
mod fixed_profiles;
mod flexible;
mod flexible_model;
mod grid;
mod heuristics;
mod lanes;
mod link_price;
mod lp;
mod measured;
mod multiband;
mod multiple;
mod network;
mod offsets;
mod pareto;
mod platoon;
mod profile;
mod propose;
mod queue;
mod samples;
mod scene;
mod seeds;
mod settings;
mod splits;
mod state;
mod stopline;
mod street;
mod street_front;
mod tail;
#[cfg(test)]
mod testing;
mod whole_steps;

pub use bandwidth::{Aim, BandAnswer, BandPattern, BandProblem, Overclaimed, widest};
pub use brief::{Brief, Measured};
pub use coupling::{Coupling, CycleGroup, IntersectionCoupling, LinkCoupling, couple, worth_of_coordination};
pub use cycle_length::{webster_of, webster_s};
pub use delay::{ApproachPrediction, Prediction, predict};
pub use delay_problem::{DelayAnswer, DelayFault, DelayLink, DelayProblem, solve_delay};
pub use flexible::{
    Bands, FlexibleAim, FlexibleAnswer, FlexibleLink, FlexibleProblem, NoFlexibleAnswer, widest_flexible,
};
pub use heuristics::{descend_offsets, pairwise_offsets};
pub use multiband::{LinkBands, NoLinkBands, widest_links};
pub use multiple::{Multiple, one_rhythm};
pub use network::{Budget, OffsetLink, OffsetProblem, OffsetSolution, Prices, Setting, solve_offsets};
pub use offsets::{OffsetAnswer, OffsetBound, optimise_offsets};
pub use pareto::{FrontPoint, FrontProblem, front};
pub use platoon::RectangularPlatoon;
pub use propose::{NoProposal, Proposal, polish, propose};
pub use samples::Samples;
pub use settings::{EarlyReturn, Grouping, Model, Objective, Search, Settings, SideGuard};
pub use splits::{free, isolated};
pub use street::{BandPart, BandPlans, partition, widest_bands};
pub use street_front::{FrontChoice, FrontStreet, NoFront, StreetFront, banded_parts, street_front};
pub use tail::Tail;
pub use whole_steps::widest_on_grid;
