//! The historical profile: flows of the mean day, from a counts file.
//!
//! Counts files are CSV with the columns `intersection, approach, movement, start_s, vehicles`; movement empty = the whole
//! approach, which is split by the shares [`DEFAULT_SHARES`]. Every row counts one interval that begins at `start_s` seconds
//! after local midnight; all intervals of a file have the same length.

use super::flows::Flows;
use crate::corridor::{Arm, IntersectionIndex, Movement, Network};
use crate::units::VehiclesPerHour;
use std::collections::BTreeMap;

/// Left, through and right shares assumed where a file counts whole approaches.
const DEFAULT_SHARES: [(Movement, f64); 3] =
    [(Movement::Left, 0.15), (Movement::Through, 0.70), (Movement::Right, 0.15)];

/// What is wrong with a line of a counts file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct CountsProblem {
    /// Line in the file, from 1.
    pub line: u64,
    /// What is wrong, and what would be right.
    pub what: String,
}

/// Flows over the day in equal intervals.
#[derive(Debug, Clone, PartialEq)]
pub struct DayProfile {
    first_s: u32,
    width_s: u32,
    bins: Vec<Flows>,
}

impl DayProfile {
    /// Reads a counts file.
    ///
    /// # Errors
    /// Every line that is wrong, all at once; a file without rows, or with one interval only, is one problem.
    pub fn parse(network: &Network, csv: &[u8]) -> Result<DayProfile, Vec<CountsProblem>> {
        let mut problems = Vec::new();
        let mut rows: BTreeMap<u32, Vec<Row>> = BTreeMap::new();
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(csv);
        const HEADER: [&str; 5] = ["intersection", "approach", "movement", "start_s", "vehicles"];
        match reader.headers() {
            Ok(header) if header.iter().eq(HEADER) => {}
            _ => return Err(vec![problem(1, format!("the header is not `{}`", HEADER.join(",")))]),
        }
        for record in reader.records() {
            let parsed =
                record.map_err(|e| problem(e.position().map_or(0, csv::Position::line), e.to_string())).and_then(|r| {
                    let line = r.position().map_or(0, csv::Position::line);
                    parse_row(network, &r).map_err(|what| problem(line, what))
                });
            match parsed {
                Ok((start, row)) => rows.entry(start).or_default().push(row),
                Err(p) => problems.push(p),
            }
        }
        let starts: Vec<u32> = rows.keys().copied().collect();
        let width = starts.windows(2).map(|w| w[1] - w[0]).min();
        match width {
            None => problems.push(problem(1, "a counts file needs rows of at least two intervals".into())),
            Some(width) => {
                if let Some(bad) = starts.iter().find(|&&s| !(s - starts[0]).is_multiple_of(width)) {
                    problems.push(problem(1, format!("start_s {bad} is not on the file's grid of {width} s")));
                }
            }
        }
        let (Some(width_s), Some(&first_s), Some(&last)) = (width, starts.first(), starts.last()) else {
            return Err(problems);
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut bins = vec![Flows::none(network); ((last - first_s) / width_s + 1) as usize];
        for (start, rows) in rows {
            let bin = &mut bins[((start - first_s) / width_s) as usize];
            for (at, from, movement, vehicles) in rows {
                let per_hour = |share: f64| vehicles * share * 3600.0 / f64::from(width_s);
                match movement {
                    Some(movement) => add(bin, at, from, movement, per_hour(1.0)),
                    None => DEFAULT_SHARES.iter().for_each(|&(m, share)| add(bin, at, from, m, per_hour(share))),
                }
            }
        }
        Ok(DayProfile { first_s, width_s, bins })
    }

    /// Flows of the mean day at a second of the day, interpolated between the middles of intervals.
    pub fn at(&self, second_of_day: u32) -> Flows {
        let place = (f64::from(second_of_day) - f64::from(self.first_s)) / f64::from(self.width_s) - 0.5;
        let place = place.clamp(0.0, (self.bins.len() - 1) as f64);
        let low = place.floor() as usize;
        let high = (low + 1).min(self.bins.len() - 1);
        self.bins[low].blend(&self.bins[high], place - place.floor())
    }

    /// Mean flows between two seconds of the day.
    pub fn mean(&self, from_s: u32, to_s: u32) -> Flows {
        let steps = (to_s.saturating_sub(from_s) / 300).max(1);
        let mut mean = self.at(from_s + 150);
        for step in 1..steps {
            mean = mean.blend(&self.at(from_s + 150 + 300 * step), 1.0 / f64::from(step + 1));
        }
        mean
    }
}

type Row = (IntersectionIndex, Arm, Option<Movement>, f64);

fn problem(line: u64, what: String) -> CountsProblem {
    CountsProblem { line, what }
}

fn add(flows: &mut Flows, at: IntersectionIndex, from: Arm, movement: Movement, per_hour: f64) {
    let sum = flows.get(at, from, movement).get() + per_hour;
    if let Ok(sum) = VehiclesPerHour::new(sum) {
        flows.set(at, from, movement, sum);
    }
}

fn parse_row(network: &Network, record: &csv::StringRecord) -> Result<(u32, Row), String> {
    let field = |i: usize| record.get(i).unwrap_or("");
    let at = network.find(field(0)).ok_or_else(|| format!("no intersection `{}` in the network", field(0)))?;
    let from = Arm::ALL
        .into_iter()
        .find(|a| field(1) == a.letter().to_string())
        .ok_or_else(|| format!("approach `{}` is not N, E, S or W", field(1)))?;
    if network.intersection(at).approach(from).is_none() {
        return Err(format!("{} has no approach from {from}", field(0)));
    }
    let movement = match field(2) {
        "" => None,
        letter => Some(
            Movement::ALL
                .into_iter()
                .find(|m| letter == m.letter().to_string())
                .ok_or_else(|| format!("movement `{letter}` is not U, L, T, R or empty"))?,
        ),
    };
    let start: u32 =
        field(3).parse().map_err(|_| format!("start_s `{}` is not a whole number of seconds", field(3)))?;
    if start >= crate::calendar::DAY_S {
        return Err(format!("start_s {start} is not below {}", crate::calendar::DAY_S));
    }
    let vehicles: f64 = field(4).parse().map_err(|_| format!("vehicles `{}` is not a number", field(4)))?;
    if !vehicles.is_finite() || !(0.0..100_000.0).contains(&vehicles) {
        return Err(format!("vehicles {vehicles} is not a count"));
    }
    Ok((start, (at, from, movement, vehicles)))
}
