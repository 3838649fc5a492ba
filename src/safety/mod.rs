//! The guard: judges any plan by any author and is the only maker of [`Safe`] values.
//!
//! Knows: the intersection's own limits, the plan that runs, the moment of the change.
//! Must not know: who proposed a plan or why (optimise, demand, control), nor how it travels (field).
//!
//! ```text
//! Plan --target rules--> may be aimed at        (judge)
//! Plan --target rules + change rules--> Safe<Plan>   (admit: this plan, here, at this moment, after that plan)
//! StageRequest --request rules--> Safe<StageRequest>  (admit_stage_request: here, now, in that plan)
//! ```
//!
//! One function a rule in `rules` and `stages`; every breach is told, not only the first. A breach is data, not an error.

mod admit;
mod rules;
mod stages;

pub use admit::{Change, Release, Safe, admit, admit_release, admit_stage_request, judge};
pub use rules::{Breach, Limits};
pub use stages::{Asked, LONGEST_REQUEST, RequestBreach, StageAsk, StageRequest, judge_request};
