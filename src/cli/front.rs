//! What wider bands cost, for `plan --front` and `diagram --front`.

use super::args::FrontStreet as Asked;
use super::table::wrapped;
use super::{count, files, say};
use crate::corridor::{Corridor, Network};
use crate::demand::{DayProfile, Flows};
use crate::optimise::{
    FrontChoice, FrontStreet, Prediction, Settings, StreetFront, banded_parts, propose, street_front,
};
use crate::plan::Plan;
use crate::safety::{Limits, judge};
use anyhow::{Result, anyhow, bail};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::ops::Range;

/// Both bands of a part are at least this wide where the whole has none: less carries no platoon, s.
const LEAST_BAND_S: f64 = 8.0;

/// One corridor in one period.
pub(super) struct Case<'n> {
    pub(super) network: &'n Network,
    pub(super) number: usize,
    pub(super) flows: Flows,
    pub(super) settings: Settings,
    /// Whose cycles and splits stay.
    pub(super) plans: Vec<Plan>,
    pub(super) inbound_share: f64,
}

/// What is told of a corridor.
pub(super) struct Told {
    /// Members nobody can have a two-way band through at these splits; the fronts are those of its parts then.
    pub(super) without: Option<Range<usize>>,
    pub(super) fronts: Vec<StreetFront>,
}

impl<'n> Case<'n> {
    /// A period's case: its plans are those that `plan` computes.
    pub(super) fn new(
        network: &'n Network,
        profile: &DayProfile,
        period: usize,
        (corridor, asked): (Option<&str>, &Asked),
    ) -> Result<Case<'n>> {
        let named = files::corridor(network, corridor)?;
        let number = network.corridors().iter().position(|c| c.id == named.id).unwrap_or(0);
        let settings = Settings::default().weighing(network.weights(period));
        let times = &network.periods()[period];
        let flows = profile.mean(times.from_s, times.to_s);
        let plans = propose(network, &flows, None, &settings)?.plans;
        Ok(Case { network, number, flows, settings, plans, inbound_share: asked.inbound_share.unwrap_or(1.0) })
    }

    pub(super) fn corridor(&self) -> &'n Corridor {
        &self.network.corridors()[self.number]
    }

    /// A member's id.
    pub(super) fn id(&self, member: usize) -> &'n str {
        &self.network.intersection(self.corridor().members[member].intersection).id
    }

    /// "dc03-dc07": the way `--members` takes it.
    pub(super) fn named(&self, members: &Range<usize>) -> String {
        format!("{}-{}", self.id(members.start), self.id(members.end - 1))
    }

    /// The members asked for; all where nobody asked.
    pub(super) fn members(&self, asked: &Asked) -> Result<Range<usize>> {
        let all = 0..self.corridor().members.len();
        let Some(text) = &asked.members else { return Ok(all) };
        let place = |id: &str| all.clone().find(|&k| self.id(k) == id);
        // Ids may hold dashes themselves.
        let ends = text.match_indices('-').find_map(|(at, _)| Some((place(&text[..at])?, place(&text[at + 1..])?)));
        match ends {
            Some((a, b)) if a != b => Ok(a.min(b)..a.max(b) + 1),
            _ => bail!(
                "`{text}` is no part of {}; write two of its members, such as {}",
                self.corridor().id,
                self.named(&all)
            ),
        }
    }

    /// The front through some members; every plan of it is judged.
    fn front(&self, members: Range<usize>) -> Result<StreetFront> {
        let street = FrontStreet { corridor: self.number, members, inbound_share: self.inbound_share };
        let front = street_front(self.network, &self.flows, &self.plans, &self.settings, &street, &|| false)?;
        for (number, choice) in front.choices.iter().enumerate() {
            for (at, plan) in self.network.intersections().iter().zip(&choice.plans) {
                if let Some(breach) = judge(at, plan, &Limits::default()).first() {
                    bail!("choice {}: the plan made for {} is not safe: {breach}", number + 1, at.id);
                }
            }
        }
        Ok(front)
    }

    /// The front through the members asked for or, where they have no two-way band, the fronts of their best parts.
    pub(super) fn told(&self, asked: &Asked) -> Result<Told> {
        let members = self.members(asked)?;
        let whole = self.front(members.clone())?;
        let banded = whole.choices.iter().any(|choice| choice.guarantee_s > 0.0);
        if banded || asked.members.is_some() {
            return Ok(Told { without: (!banded).then_some(members), fronts: vec![whole] });
        }
        let fronts = self.parts().into_iter().map(|part| self.front(part)).collect::<Result<Vec<_>>>()?;
        let fronts = if fronts.is_empty() { vec![whole] } else { fronts };
        Ok(Told { without: Some(members), fronts })
    }

    /// The fewest parts of the corridor that have bands, those of one member left out.
    fn parts(&self) -> Vec<Range<usize>> {
        let parts = banded_parts(self.network, self.number, &self.plans, self.inbound_share, LEAST_BAND_S);
        parts.into_iter().filter(|part| part.len() > 1).collect()
    }

    /// One front with two choices at least, to choose from by number.
    pub(super) fn one(&self, asked: &Asked) -> Result<StreetFront> {
        let Told { without, mut fronts } = self.told(asked)?;
        match (without, fronts.pop()) {
            (None, Some(front)) => Ok(front),
            (Some(members), _) => {
                let parts: Vec<String> = self.parts().iter().map(|part| self.named(part)).collect();
                let there = if parts.is_empty() { String::new() } else { format!(", such as {}", parts.join(", ")) };
                bail!("{}: {}; name a part with --members{there}", self.corridor().id, self.none(&members))
            }
            (None, None) => Err(anyhow!("{} has no front", self.corridor().id)),
        }
    }

    /// The choice of a number.
    pub(super) fn choice(front: &StreetFront, number: usize) -> Result<&FrontChoice> {
        let many = front.choices.len();
        let chosen = number.checked_sub(1).and_then(|k| front.choices.get(k));
        chosen.ok_or_else(|| anyhow!("the front has {}; there is no choice {number}", count(many, "choice")))
    }

    /// That there is no two-way band.
    fn none(&self, members: &Range<usize>) -> String {
        format!("no two-way band runs through {} at these cycles and splits", self.named(members))
    }

    /// Widths outbound and inbound, s and % of the longest cycle of the members.
    pub(super) fn widths(&self, front: &StreetFront, choice: &FrontChoice) -> [(f64, f64); 2] {
        let members = &self.corridor().members[front.members.clone()];
        let cycles = members.iter().map(|member| self.plans[member.intersection.0].cycle.seconds());
        let cycle = cycles.fold(1.0, f64::max);
        choice.bands.map(|band| band.map_or((0.0, 0.0), |b| (b.width_s, 100.0 * b.width_s / cycle)))
    }

    /// Prints the fronts as tables.
    pub(super) fn print(&self, told: &Told) {
        let corridor = self.corridor();
        say(&format!("\n{} {} ({}): what wider bands cost", corridor.name.zh, corridor.name.en, corridor.id));
        if let Some(members) = &told.without {
            let rest = match told.fronts.as_slice() {
                [one] if one.members == *members => "there is nothing to choose.",
                _ => {
                    "these are the fewest parts that have bands of 8 s. Each is chosen by itself: its numbers are those of the \
                     whole network with the others as planned. --members FROM-TO asks for any part."
                }
            };
            say(&wrapped(&format!("{}; {rest}", capital(&self.none(members)))));
        }
        for front in &told.fronts {
            say(&self.table(front));
            if front.choices.len() == 1 && front.choices[0].guarantee_s > 0.0 {
                say("Nothing to choose: the least objective has the widest bands, too.");
            }
        }
        say(&wrapped(
            "\nBand: measured on the plans, s and % of the cycle. Delay and stops: a vehicle and intersection, in the whole network \
             and on the corridor's approaches. Objective: delay and stops of all, by what it exceeds choice 1. All is told by the \
             whole evaluation, with platoons as each choice makes them; with those of choice 1 held, each width's least cost \
             is proven (fixed_bound in --format json).",
        ));
        let part = if told.fronts.len() == 1 && told.without.is_none() { "" } else { " --members FROM-TO" };
        say(&wrapped(&format!(
            "The plans of a choice: --front{part} --choice N; two of them as a picture: greenwave diagram --front{part} N,M"
        )));
    }

    /// Mean delay on the corridor's approaches, both ways, s a vehicle and intersection.
    fn on_corridor(&self, predicted: &Prediction) -> f64 {
        let mine = predicted.approaches.iter().filter(|a| a.corridor.is_some_and(|(c, _)| c == self.number));
        let sum =
            mine.fold((0.0, 0.0), |sum, a| (sum.0 + a.flow_veh_h * a.delay_s.unwrap_or(0.0), sum.1 + a.flow_veh_h));
        if sum.1 > 0.0 { sum.0 / sum.1 } else { 0.0 }
    }

    fn table(&self, front: &StreetFront) -> String {
        let corridor = self.corridor();
        let [from, to] = [front.members.start, front.members.end - 1].map(|k| corridor.members[k].chainage.get());
        let many = front.members.len();
        let mut text = format!("\n{}: {}, {:.0} m\n", self.named(&front.members), count(many, "signal"), to - from);
        let _ = writeln!(
            text,
            "{:>17}{:>14}{:>13}{:>13}{:>9}{:>12}",
            "outbound band", "inbound band", "delay of all", "on corridor", "stops", "objective"
        );
        let _ = write!(
            text,
            "{:>4}{:>7}{:>6}{:>8}{:>6}{:>13}{:>13}{:>9}{:>12}",
            "no", "s", "%", "s", "%", "s a veh", "s a veh", "a veh", "against 1"
        );
        let least = front.choices.first().map_or(0.0, |c| c.predicted.objective);
        for (k, choice) in front.choices.iter().enumerate() {
            let [out, inbound] = self.widths(front, choice);
            let (delay, stops) = means(&choice.predicted);
            let excess = match k {
                0 => "least".to_owned(),
                _ => format!("{:+.2} %", 100.0 * (choice.predicted.objective / least - 1.0)),
            };
            let _ = write!(
                text,
                "\n{:>4}{:>7.1}{:>6.0}{:>8.1}{:>6.0}{delay:>13.2}{:>13.2}{stops:>9.3}{excess:>12}",
                k + 1,
                out.0,
                out.1,
                inbound.0,
                inbound.1,
                self.on_corridor(&choice.predicted),
            );
        }
        text
    }

    /// The fronts as data, plans included.
    pub(super) fn json(&self, told: &Told, plan: &dyn Fn(usize, &Plan) -> Value) -> Value {
        let front = |front: &StreetFront| {
            let choices =
                front.choices.iter().enumerate().map(|(k, choice)| self.choice_json(k + 1, (front, choice), plan));
            json!({
                "members": front.members.clone().map(|k| self.id(k)).collect::<Vec<_>>(),
                "choices": choices.collect::<Vec<_>>(),
            })
        };
        json!({
            "corridor": self.corridor().id,
            "inbound_share": self.inbound_share,
            "two_way_band_through_all": told.without.is_none(),
            "fronts": told.fronts.iter().map(front).collect::<Vec<_>>(),
        })
    }

    fn choice_json(
        &self,
        number: usize,
        (front, choice): (&StreetFront, &FrontChoice),
        plan: &dyn Fn(usize, &Plan) -> Value,
    ) -> Value {
        let [out, inbound] = self.widths(front, choice).map(|(s, percent)| json!({ "width_s": s, "percent": percent }));
        json!({
            "number": number,
            "guarantee_s": choice.guarantee_s,
            "outbound": out,
            "inbound": inbound,
            "fixed_cost": choice.fixed_cost,
            "fixed_bound": choice.fixed_bound,
            "predicted": choice.predicted,
            "plans": choice.plans.iter().enumerate().map(|(i, p)| plan(i, p)).collect::<Vec<_>>(),
        })
    }

    /// A choice's lines in a picture.
    pub(super) fn lines(&self, front: &StreetFront, choice: &FrontChoice) -> Vec<String> {
        let [out, inbound] = self.widths(front, choice);
        let (delay, stops) = means(&choice.predicted);
        let least = front.choices.first().map_or(0.0, |c| c.predicted.objective);
        let excess = 100.0 * (choice.predicted.objective / least - 1.0);
        let excess = if excess <= 0.0 {
            "目标值最小 least objective".to_owned()
        } else {
            format!("目标值 objective {excess:+.2} %")
        };
        let band = |(width, percent): (f64, f64)| match width > 0.0 {
            true => format!("{width:.1} s ({percent:.0} %)"),
            false => "全程无 none over all".to_owned(),
        };
        let corridor = self.on_corridor(&choice.predicted);
        vec![
            format!("带宽 band: ↗ 上行 outbound {} · ↘ 下行 inbound {}", band(out), band(inbound)),
            format!(
                "预测 predicted: 延误 delay {delay:.2}, 干线 corridor {corridor:.2} s/veh · 停车 stops {stops:.3}/veh · {excess}"
            ),
        ]
    }
}

/// Delay, s, and stops a vehicle and intersection.
fn means(predicted: &Prediction) -> (f64, f64) {
    let stops = if predicted.passages_per_h > 0.0 { predicted.stops_per_h / predicted.passages_per_h } else { 0.0 };
    (predicted.mean_delay_s().unwrap_or(0.0), stops)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
