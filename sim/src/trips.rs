//! Trips files: who drives when, from where and which way, instead of flows and turning shares.
//!
//! Knows: a street's links by name, rows of a table. Must not know: days, lamps, why anybody drives.
//!
//! A CSV file with a header, one trip a row, in any order:
//!
//! | column | what | |
//! |---|---|---|
//! | `depart_s` | when it wishes to enter, s of the day | always |
//! | `route`, or `edges` | names of all links from entry to exit, blanks between | or `entry` and `exit` |
//! | `entry`, `exit` | names of the first and the last link; the way of least free travel time is taken | or `route` |
//! | `class` | `car` or `heavy`; empty: drawn by the street's share of heavy vehicles | optional |
//! | `id` | not read | optional |
//!
//! Drivers are drawn from the entry's own stream in order of time, all of the file, whichever part of it is driven.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::arrivals::{Departure, driver};
use crate::random::{Entity, Stream};
use crate::street::Street;
use crate::weather::Weather;

/// The columns there are.
const COLUMNS: [&str; 7] = ["id", "depart_s", "route", "edges", "entry", "exit", "class"];
/// Names of links that a message lists.
const LISTED: usize = 8;
/// The last second of the day that a trip may begin in.
const LAST_S: f64 = 86_400.0;

/// What is wrong with one row, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {problem}")]
pub struct TripProblem {
    /// Line of the file, from 1.
    pub line: u64,
    /// The rule that is broken, and the mend.
    pub problem: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    at_s: f64,
    route: u32,
    heavy: Option<bool>,
}

/// A checked trips file: rows in order of time, and each route once.
#[derive(Debug, Clone, PartialEq)]
pub struct Trips {
    rows: Vec<Row>,
    routes: Vec<Vec<u32>>,
}

impl Trips {
    /// Reads trips of a street.
    ///
    /// # Errors
    /// Every row that is no trip of this street.
    pub fn parse(street: &Street, text: &str) -> Result<Trips, Vec<TripProblem>> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
        let header = reader.headers().cloned().map_err(|e| vec![TripProblem { line: 1, problem: e.to_string() }])?;
        let mut problems: Vec<TripProblem> = header
            .iter()
            .filter(|name| !COLUMNS.contains(name))
            .map(|name| TripProblem {
                line: 1,
                problem: format!("there is no column `{name}`; columns are {}", COLUMNS.join(", ")),
            })
            .collect();
        let place = |name: &str| header.iter().position(|h| h == name);
        if place("depart_s").is_none() {
            problems.push(TripProblem { line: 1, problem: "column depart_s is missing; give it".to_owned() });
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let places = COLUMNS.map(place);
        let mut ways = Ways { street, routes: Vec::new(), known: BTreeMap::new() };
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(e) => {
                    let line = e.position().map_or(0, csv::Position::line);
                    problems.push(TripProblem { line, problem: e.to_string() });
                    continue;
                }
            };
            let cells = places.map(|p| p.and_then(|p| record.get(p)).unwrap_or_default());
            match ways.row(cells) {
                Ok(row) => rows.push(row),
                Err(problem) => {
                    let line = record.position().map_or(0, csv::Position::line);
                    problems.push(TripProblem { line, problem });
                }
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let routes = ways.routes;
        let entry = |r: &Row| routes[r.route as usize][0];
        rows.sort_by(|a, b| a.at_s.total_cmp(&b.at_s).then(entry(a).cmp(&entry(b))));
        Ok(Trips { rows, routes })
    }

    /// How many begin with `from_s <= depart_s < to_s`.
    pub fn within(&self, from_s: f64, to_s: f64) -> usize {
        let before = |t: f64| self.rows.partition_point(|r| r.at_s < t);
        before(to_s).saturating_sub(before(from_s))
    }

    /// The departures with `from_s <= at_s < to_s`, in order of time.
    pub fn coming(
        self: &Arc<Trips>,
        seed: u64,
        heavy_share: f64,
        weather: Weather,
        (from_s, to_s): (f64, f64),
    ) -> Travellers {
        let mut all =
            Travellers { trips: self.clone(), at: 0, who: BTreeMap::new(), seed, heavy_share, weather, from_s, to_s };
        all.pass_by();
        all
    }
}

/// Trips one after the other.
#[derive(Debug, Clone)]
pub struct Travellers {
    trips: Arc<Trips>,
    at: usize,
    who: BTreeMap<u32, Stream>,
    seed: u64,
    heavy_share: f64,
    weather: Weather,
    from_s: f64,
    to_s: f64,
}

impl Travellers {
    /// When the next one wishes to enter, s of the day.
    pub(crate) fn next_s(&self) -> Option<f64> {
        self.trips.rows.get(self.at).map(|r| r.at_s).filter(|t| *t < self.to_s)
    }

    fn draw(&mut self) -> Option<Departure> {
        let row = *self.trips.rows.get(self.at)?;
        self.at += 1;
        let route = self.trips.routes[row.route as usize].clone();
        let seed = self.seed;
        let who = self.who.entry(route[0]).or_insert_with_key(|&l| Stream::new(seed, Entity::EntryDrivers(l)));
        let driver = self.weather.with(driver(who, self.heavy_share, row.heavy));
        Some(Departure { at_s: row.at_s, route, driver })
    }

    /// Draws those who came before the run.
    fn pass_by(&mut self) {
        while self.next_s().is_some_and(|t| t < self.from_s) {
            self.draw();
        }
    }
}

impl Iterator for Travellers {
    type Item = Departure;

    fn next(&mut self) -> Option<Departure> {
        self.next_s()?;
        self.draw()
    }
}

/// Routes found so far.
struct Ways<'s> {
    street: &'s Street,
    routes: Vec<Vec<u32>>,
    /// By what was asked for, its route.
    known: BTreeMap<(String, String), u32>,
}

impl Ways<'_> {
    fn row(&mut self, [_, depart, route, edges, entry, exit, class]: [&str; 7]) -> Result<Row, String> {
        let at_s = depart.parse::<f64>().ok().filter(|t| (0.0..LAST_S).contains(t)).ok_or_else(|| {
            format!("depart_s `{depart}` is no second of the day; give a number from 0 to below {LAST_S}")
        })?;
        let heavy = match class {
            "" => None,
            "car" => Some(false),
            "heavy" => Some(true),
            other => {
                return Err(format!("class `{other}` is neither car nor heavy; give one of them, or leave it empty"));
            }
        };
        let listed = if route.is_empty() { edges } else { route };
        let key = match (listed, entry, exit) {
            ("", "", _) | ("", _, "") => {
                return Err("a trip needs its way; give route, or entry and exit".to_owned());
            }
            ("", entry, exit) => (entry.to_owned(), exit.to_owned()),
            (listed, "", "") => (listed.to_owned(), String::new()),
            _ => return Err("a trip has one way; give route, or entry and exit, not both".to_owned()),
        };
        let route = match self.known.get(&key) {
            Some(&route) => route,
            None => {
                let links = if listed.is_empty() { self.quickest(&key.0, &key.1) } else { self.listed(&key.0) }?;
                self.routes.push(links);
                let route = self.routes.len() as u32 - 1;
                self.known.insert(key, route);
                route
            }
        };
        Ok(Row { at_s, route, heavy })
    }

    /// The links that somebody may enter by (or leave by), some of them.
    fn some(&self, which: impl Fn(&crate::street::Link) -> bool) -> String {
        let names: Vec<&str> = self.street.links().iter().filter(|l| which(l)).map(|l| l.name.as_str()).collect();
        let more = if names.len() > LISTED { ", …" } else { "" };
        format!("{}{more}", names[..names.len().min(LISTED)].join(", "))
    }

    fn entry(&self, name: &str) -> Result<usize, String> {
        let link = self.street.link(name).filter(|&l| self.street.links()[l].entry);
        link.ok_or_else(|| format!("`{name}` is no entry of the street; entries are {}", self.some(|l| l.entry)))
    }

    /// The links that a name may mean: of an arm with traffic both ways, the one in and the one out.
    fn named(&self, name: &str) -> impl Iterator<Item = usize> + '_ {
        [self.street.link(name), self.street.link(&format!("{name}.out"))].into_iter().flatten()
    }

    fn exit(&self, name: &str) -> Result<usize, String> {
        let link = self.named(name).find(|&l| self.street.links()[l].node.is_none());
        link.ok_or_else(|| format!("`{name}` is no exit of the street; exits are {}", self.some(|l| l.node.is_none())))
    }

    /// The links that a turn leads to.
    fn after(&self, link: usize) -> impl Iterator<Item = usize> + '_ {
        self.street.links()[link].lanes.iter().flat_map(|l| &l.turns).map(|t| t.to_link)
    }

    fn listed(&self, names: &str) -> Result<Vec<u32>, String> {
        let mut route: Vec<u32> = Vec::new();
        for name in names.split_whitespace() {
            let link = match route.last() {
                None => self.entry(name)?,
                Some(&before) => {
                    if self.named(name).next().is_none() {
                        return Err(format!("the street has no link `{name}`; name its links"));
                    }
                    let next = self.named(name).find(|&link| self.after(before as usize).any(|to| to == link));
                    let Some(link) = next else {
                        let turns: Vec<&str> =
                            self.after(before as usize).map(|to| self.street.links()[to].name.as_str()).collect();
                        let before = &self.street.links()[before as usize].name;
                        return Err(format!(
                            "no turn leads from {before} to {name}; from there go to {}",
                            turns.join(", ")
                        ));
                    };
                    link
                }
            };
            route.push(link as u32);
        }
        let last = route.last().map_or(0, |&l| l as usize);
        match self.street.links()[last].node {
            None => Ok(route),
            Some(_) => {
                let name = &self.street.links()[last].name;
                Err(format!("a route ends where one leaves the street, not on {name}; go on to an exit"))
            }
        }
    }

    /// The way of least free travel time.
    fn quickest(&self, entry: &str, exit: &str) -> Result<Vec<u32>, String> {
        let (first, last) = (self.entry(entry)?, self.exit(exit)?);
        let links = self.street.links();
        let mut at = vec![(f64::INFINITY, usize::MAX); links.len()];
        let mut open = vec![true; links.len()];
        at[first].0 = 0.0;
        for _ in 0..links.len() {
            let nearest = (0..links.len()).filter(|&l| open[l] && at[l].0.is_finite());
            let Some(link) = nearest.min_by(|&a, &b| at[a].0.total_cmp(&at[b].0)) else { break };
            open[link] = false;
            let end = at[link].0 + f64::from(links[link].length_m / links[link].limit_m_s);
            for to in self.after(link) {
                if end < at[to].0 {
                    at[to] = (end, link);
                }
            }
        }
        if !at[last].0.is_finite() {
            return Err(format!("no way leads from {entry} to {exit}; name another exit, or the route"));
        }
        let mut route = vec![last as u32];
        let mut link = last;
        while link != first {
            link = at[link].1;
            route.push(link as u32);
        }
        route.reverse();
        Ok(route)
    }
}
