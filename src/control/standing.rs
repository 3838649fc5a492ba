//! Orders that stand: taking them, refusing them with every reason, ending them.
//!
//! ```text
//!            Begin, sound                 End, expiry, stop
//!  nothing ───────────────► standing ──────────────────────► nothing
//!      └── Begin, unsound: RefusedOrder, nothing changes
//! ```
//! What stands is carried out by [`overrides`](super::overrides): not by what happened when an order came, but by what stands now, so that
//! a core that is handed the same orders again after a restart does the same.

use super::coordinator::Coordinator;
use super::decision::Decision;
use super::escort::{Escort, Place};
use super::event::Output;
use super::mode::Mode;
use super::order::{EndedBy, Intervention, Kind, Order, OrderProblem, Standing};
use crate::corridor::{Intersection, IntersectionIndex, Movement, RightTurn};
use crate::safety::judge;
use crate::units::{Moment, Tenths};
use std::collections::BTreeSet;

/// Most orders that stand at once: a search through them is part of every step.
const MOST: usize = 1000;
/// A position may be reported this far ahead of our clock.
const AHEAD: Tenths = Tenths::from_seconds(5);
/// An escort may have started this long ago.
const LATE: Tenths = Tenths::from_seconds(600);
/// The fastest anybody is escorted.
const FASTEST_KM_H: f64 = 120.0;

impl Coordinator {
    /// The orders that stand, in the order in which they came.
    pub fn standing(&self) -> impl Iterator<Item = &Standing> {
        self.orders.standing.iter()
    }

    /// Takes an order.
    pub(super) fn order(&mut self, now: Moment, order: &Order, out: &mut Output) {
        match order {
            Order::Begin { id, what, until } => {
                let problems = self.problems(now, *id, what, *until);
                let kind = what.kind();
                if !problems.is_empty() {
                    out.decisions.push(Decision::RefusedOrder { order: *id, kind: Some(kind), problems });
                    return;
                }
                let intersections = what.intersections().into_iter().map(|i| self.id(i)).collect();
                out.decisions.push(Decision::Began { order: *id, kind, intersections, until: *until });
                self.orders.standing.push(Standing { id: *id, what: what.clone(), since: now, until: *until });
                self.orders.changed = true;
                self.begin_escort(now, *id, out);
            }
            Order::Position { id, at, place } => self.seen(now, *id, (*at, *place), out),
            Order::End { id } => {
                if self.orders.standing.iter().any(|s| s.id == *id) {
                    self.end(|s| s.id == *id, EndedBy::Person, out);
                    self.close_escorts(now);
                } else {
                    let mend = "Look at what stands: it may have ended by itself.";
                    let problems = vec![OrderProblem::new(format!("order {id}"), "no such order stands", mend)];
                    out.decisions.push(Decision::RefusedOrder { order: *id, kind: None, problems });
                }
            }
        }
    }

    /// Ends what is over.
    pub(super) fn expire(&mut self, now: Moment, out: &mut Output) {
        if self.orders.standing.iter().any(|s| s.until <= now) {
            self.end(|s| s.until <= now, EndedBy::Expiry, out);
            self.close_escorts(now);
        }
    }

    /// Ends orders.
    pub(super) fn end(&mut self, which: impl Fn(&Standing) -> bool, by: EndedBy, out: &mut Output) {
        for ended in self.orders.standing.extract_if(.., |s| which(s)) {
            out.decisions.push(Decision::Ended { order: ended.id, kind: ended.what.kind(), by });
            self.orders.changed = true;
        }
    }

    /// An escorted vehicle was seen.
    fn seen(&mut self, now: Moment, id: u64, (at, place): (Moment, Place), out: &mut Output) {
        let run = self.escorts.iter_mut().find(|run| run.id == id && run.is_under_way());
        let (rule, mend) = if at > now + AHEAD {
            ("it was seen in the future", "Set the clock that says when it was seen.")
        } else if let Some(run) = run {
            if run.see(at, place) {
                return;
            }
            ("it was seen behind where it is known to be, or off its way", "Give positions as they come.")
        } else {
            ("no vehicle of this number is escorted", "Look at what stands: it may have arrived.")
        };
        let problems = vec![OrderProblem::new(format!("order {id}"), rule, mend)];
        out.decisions.push(Decision::RefusedOrder { order: id, kind: Some(Kind::Escort), problems });
    }

    /// Everything that speaks against an order.
    fn problems(&self, now: Moment, id: u64, what: &Intervention, until: Moment) -> Vec<OrderProblem> {
        let mut problems = Vec::new();
        let mut tell = |place: String, rule: String, mend: &str| problems.push(OrderProblem::new(place, rule, mend));
        let place = || format!("order {id}");
        if self.mode == Mode::Released {
            tell(place(), "every cabinet was handed back, the core takes no orders".into(), "Start the core again.");
        }
        if self.orders.standing.iter().any(|s| s.id == id) {
            tell(place(), "an order of this number stands already".into(), "Give it a number of its own.");
        }
        if self.orders.standing.len() >= MOST {
            tell(place(), format!("{MOST} orders stand already"), "End some of them.");
        }
        if until <= now {
            tell(place(), "it would be over before it begins".into(), "Give a moment that lies ahead.");
        }
        let longest = what.kind().longest();
        if until.elapsed_since(now) > longest {
            tell(place(), format!("it would stand for more than {longest}"), "Give it a shorter time, and renew it.");
        }
        let mut seen = BTreeSet::new();
        let mut sound = true;
        for index in what.intersections() {
            if index.0 >= self.setup.network.intersections().len() {
                tell(format!("intersection {}", index.0), "there is no such intersection".into(), "Name one there is.");
                sound = false;
            } else if !seen.insert(index) {
                tell(self.id(index), "it is named twice".into(), "Name it once.");
            }
        }
        if sound {
            self.against(what, &mut problems);
        }
        if let Intervention::Escort(escort) = what {
            against_escort(escort, now, until, &mut problems);
        }
        problems
    }

    /// What speaks against an intervention whose intersections are there.
    fn against(&self, what: &Intervention, problems: &mut Vec<OrderProblem>) {
        let at = |index: IntersectionIndex| -> &Intersection { self.setup.network.intersection(index) };
        let nobody = "it names no intersection";
        match what {
            Intervention::Plans(plans) => {
                if plans.is_empty() {
                    problems.push(OrderProblem::new("plans", nobody, "Give a plan for at least one."));
                }
                for (index, plan) in plans {
                    let Some(reached) = self.within_reach(*index, plan) else {
                        let rule = format!("no plan of a cycle of {} is stored there", plan.cycle);
                        problems.push(OrderProblem::new(self.id(*index), rule, "Give a stored plan's cycle."));
                        continue;
                    };
                    let breaches = judge(at(*index), &reached, &self.setup.limits);
                    let mend = "Mend the plan: the guard lets nothing pass.";
                    problems.extend(breaches.iter().map(|b| OrderProblem::new(self.id(*index), b.to_string(), mend)));
                }
            }
            Intervention::Local(all) if all.is_empty() => {
                problems.push(OrderProblem::new("local", nobody, "Name at least one."));
            }
            Intervention::Exclude { intersection, channel } => {
                if !at(*intersection).detectors.iter().any(|d| d.channel == *channel) {
                    let place = format!("{}, channel {channel}", self.id(*intersection));
                    problems.push(OrderProblem::new(
                        place,
                        "no detector is on this channel",
                        "Name one of its channels.",
                    ));
                }
            }
            Intervention::Lane { intersection, from, lane, .. } => {
                let lanes = at(*intersection).approach(*from).map_or(0, |approach| approach.lanes.len());
                let place = format!("{}, from {from}, lane {}", self.id(*intersection), lane + 1);
                if *lane >= lanes {
                    let rule = match lanes {
                        0 => "nothing comes from there".to_owned(),
                        n => format!("the approach has {n} lanes"),
                    };
                    problems.push(OrderProblem::new(place, rule, "Name a lane there is, counted from the median."));
                } else if self.orders.standing.iter().any(|s| same_lane(&s.what, what)) {
                    problems.push(OrderProblem::new(place, "an order on this lane stands", "End that one first."));
                }
            }
            Intervention::Escort(escort) => {
                for leg in &escort.route {
                    let slips = at(leg.intersection)
                        .approach(leg.from)
                        .is_some_and(|a| a.right_turn == RightTurn::Channelised && leg.movement == Movement::Right);
                    if at(leg.intersection).phase_for(leg.from, leg.movement).is_none() && !slips {
                        let rule = format!("no phase serves {} from {}", leg.movement, leg.from);
                        problems.push(OrderProblem::new(self.id(leg.intersection), rule, "Choose another way."));
                    }
                }
            }
            Intervention::Local(_) | Intervention::Hold | Intervention::Freeze | Intervention::Weather(_) => {}
        }
    }
}

fn against_escort(escort: &Escort, now: Moment, until: Moment, problems: &mut Vec<OrderProblem>) {
    let mut tell = |rule: &str, mend: &str| problems.push(OrderProblem::new(escort.name.clone(), rule, mend));
    if escort.route.is_empty() {
        tell("its route names no intersection", "Name every intersection on the way, in order.");
    }
    if escort.starts >= until {
        tell("it starts after its order is over", "Let the order last until it has arrived.");
    }
    if now.elapsed_since(escort.starts) > LATE {
        tell("it started long ago", "Give the moment at which it starts, or its position.");
    }
    if escort.route.iter().any(|leg| leg.speed.km_h() > FASTEST_KM_H) {
        tell("nobody drives so fast here", "Give its speed in km/h.");
    }
}

fn same_lane(a: &Intervention, b: &Intervention) -> bool {
    let lane = |what: &Intervention| match *what {
        Intervention::Lane { intersection, from, lane, .. } => Some((intersection, from, lane)),
        _ => None,
    };
    lane(a).is_some() && lane(a) == lane(b)
}
