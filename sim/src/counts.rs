//! Traffic counts: the one CSV format of the project, and how counts become demand.
//!
//! Knows: approaches by compass letter, movements, bins. Must not know: day types, lamps.
//!
//! Columns `intersection,approach,movement,start_s,vehicles`; an approach is named by where its traffic comes from, movement
//! is `L`, `T`, `R` or `U`, or empty for the whole approach; `start_s` is the bin's start, seconds of the day. All rows share
//! one bin width, and every series has every bin: a missing count is an error, never a zero.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::arrivals::{Demand, EntryFlow, TurnShares};
use crate::street::{Movement, Street};

/// Where an approach's traffic comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
pub enum Approach {
    /// From the west, heading east.
    W,
    /// From the east.
    E,
    /// From the south.
    S,
    /// From the north.
    N,
}

impl Approach {
    /// All four, in the order of files.
    pub const ALL: [Approach; 4] = [Approach::W, Approach::E, Approach::S, Approach::N];

    /// Its letter.
    pub fn letter(self) -> &'static str {
        match self {
            Approach::W => "W",
            Approach::E => "E",
            Approach::S => "S",
            Approach::N => "N",
        }
    }

    /// The approach of this letter.
    pub fn parse(text: &str) -> Option<Approach> {
        Approach::ALL.into_iter().find(|a| a.letter() == text)
    }
}

fn movement_letter(m: Option<Movement>) -> &'static str {
    match m {
        None => "",
        Some(Movement::UTurn) => "U",
        Some(Movement::Left) => "L",
        Some(Movement::Through) => "T",
        Some(Movement::Right) => "R",
    }
}

/// A series' name: intersection, approach, movement (`None` = whole approach).
pub type Key = (String, Approach, Option<Movement>);

/// Counts by intersection, approach and movement, in bins.
#[derive(Debug, Clone, PartialEq)]
pub struct Counts {
    /// Start of the first bin, s of the day.
    pub start_s: f64,
    /// Width of a bin, s.
    pub bin_s: f64,
    /// Vehicles a bin.
    pub series: BTreeMap<Key, Vec<f64>>,
}

/// What is wrong with a counts file, and where.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CountsError {
    /// A line cannot be read.
    #[error("{file}:{line}: {problem}")]
    Line {
        /// File as given.
        file: String,
        /// Line, from 1.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// The file as a whole does not fit.
    #[error("{file}: {problem}")]
    File {
        /// File as given.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// Counts that the street has no approach for.
    #[error("counts of {0}, approach {1}: the street has no such approach")]
    Unknown(String, &'static str),
}

impl Counts {
    /// Reads the format above from `text`; `file` is for messages.
    pub fn parse(file: &str, text: &str) -> Result<Counts, CountsError> {
        let whole = |problem: &str| CountsError::File { file: file.to_owned(), problem: problem.to_owned() };
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let header = reader.headers().map_err(|e| whole(&e.to_string()))?;
        if header.iter().ne(["intersection", "approach", "movement", "start_s", "vehicles"]) {
            return Err(whole("the first line must be intersection,approach,movement,start_s,vehicles"));
        }
        let mut rows: BTreeMap<Key, Vec<(f64, f64)>> = BTreeMap::new();
        for record in reader.records() {
            let record = record.map_err(|e| whole(&e.to_string()))?;
            let line = record.position().map_or(0, csv::Position::line);
            let bad = |problem: String| CountsError::Line { file: file.to_owned(), line, problem };
            let approach = Approach::parse(&record[1])
                .ok_or_else(|| bad(format!("approach {:?} is not W, E, S or N", &record[1])))?;
            let movement = match &record[2] {
                "" => None,
                "L" => Some(Movement::Left),
                "T" => Some(Movement::Through),
                "R" => Some(Movement::Right),
                "U" => Some(Movement::UTurn),
                other => return Err(bad(format!("movement {other:?} is not L, T, R, U or empty"))),
            };
            let number = |i: usize, what: &str| match record[i].parse::<f64>() {
                Ok(x) if x.is_finite() && x >= 0.0 => Ok(x),
                _ => Err(bad(format!("{what} {:?} is not a number of at least 0", &record[i]))),
            };
            let row = (number(3, "start_s")?, number(4, "vehicles")?);
            rows.entry((record[0].to_owned(), approach, movement)).or_default().push(row);
        }
        Counts::regular(file, rows)
    }

    fn regular(file: &str, mut rows: BTreeMap<Key, Vec<(f64, f64)>>) -> Result<Counts, CountsError> {
        let whole = |problem: String| CountsError::File { file: file.to_owned(), problem };
        rows.values_mut().for_each(|list| list.sort_by(|a, b| a.0.total_cmp(&b.0)));
        let first = rows.values().max_by_key(|list| list.len()).ok_or_else(|| whole("has no counts".to_owned()))?;
        if first.len() < 2 {
            return Err(whole("needs at least two bins, to tell their width".to_owned()));
        }
        let (start_s, bin_s, bins) = (first[0].0, first[1].0 - first[0].0, first.len());
        let mut series = BTreeMap::new();
        for (key, list) in &rows {
            let even = list.iter().enumerate().all(|(b, r)| (r.0 - (start_s + bin_s * b as f64)).abs() < 1e-6);
            if list.len() != bins || !even || bin_s <= 0.0 {
                let (name, approach, movement) = (&key.0, key.1.letter(), movement_letter(key.2));
                return Err(whole(format!(
                    "{name} {approach}{movement} has not exactly one count for each of the {bins} bins of {bin_s} s from {start_s} s"
                )));
            }
            series.insert(key.clone(), list.iter().map(|r| r.1).collect());
        }
        Ok(Counts { start_s, bin_s, series })
    }

    /// The counts as CSV, one decimal.
    pub fn to_csv(&self) -> String {
        let mut out = String::from("intersection,approach,movement,start_s,vehicles\n");
        for ((name, approach, movement), bins) in &self.series {
            for (b, vehicles) in bins.iter().enumerate() {
                let start = self.start_s + self.bin_s * b as f64;
                let (a, m) = (approach.letter(), movement_letter(*movement));
                // Writing to a String cannot fail.
                let _ = writeln!(out, "{name},{a},{m},{start},{vehicles:.1}");
            }
        }
        out
    }

    /// End of the last bin, s of the day.
    pub fn end_s(&self) -> f64 {
        self.start_s + self.bin_s * self.series.values().map(Vec::len).max().unwrap_or(0) as f64
    }

    /// Sums neighbouring bins, `by` at a time; a rest at the end is dropped.
    pub fn coarser(&self, by: usize) -> Counts {
        let by = by.max(1);
        let sum = |bins: &Vec<f64>| bins.chunks_exact(by).map(|c| c.iter().sum()).collect();
        let series = self.series.iter().map(|(k, v)| (k.clone(), sum(v))).collect();
        Counts { start_s: self.start_s, bin_s: self.bin_s * by as f64, series }
    }

    /// Demand of a street: flows where an approach is an entry (the others follow from upstream), turning shares by bin
    /// everywhere. `link_of` names the approach link of an intersection. Counts are taken at the stop line, so vehicles enter
    /// late by the drive along their entry link (under a minute).
    pub fn demand(
        &self,
        street: &Street,
        heavy_share: f64,
        link_of: impl Fn(&str, Approach) -> Option<usize>,
    ) -> Result<Demand, CountsError> {
        let mut by_approach: BTreeMap<(&str, Approach), Vec<[f64; 4]>> = BTreeMap::new();
        for ((name, approach, movement), bins) in &self.series {
            let list = by_approach.entry((name, *approach)).or_insert_with(|| vec![[0.0; 4]; bins.len()]);
            let slot = match movement {
                Some(Movement::Left | Movement::UTurn) => 0,
                Some(Movement::Through) => 1,
                Some(Movement::Right) => 2,
                None => 3,
            };
            for (row, v) in list.iter_mut().zip(bins) {
                row[slot] += v;
            }
        }
        let (mut entries, mut shares) = (Vec::new(), Vec::new());
        for ((name, approach), bins) in by_approach {
            let unknown = || CountsError::Unknown(name.to_owned(), approach.letter());
            let link = link_of(name, approach).filter(|&l| l < street.links().len()).ok_or_else(unknown)?;
            let turned = |r: &[f64; 4]| r[0] + r[1] + r[2];
            if street.links()[link].entry {
                // A count of the whole approach, where given, outranks the sum of its movements.
                let vehicles = bins.iter().map(|r| if r[3] > 0.0 { r[3] } else { turned(r) }).collect();
                entries.push(EntryFlow { link, vehicles });
            }
            let all = bins.iter().fold([0.0; 3], |s, r| [s[0] + r[0], s[1] + r[1], s[2] + r[2]]);
            if all.iter().sum::<f64>() > 0.0 {
                let by_bin = bins.iter().map(|r| if turned(r) > 0.0 { [r[0], r[1], r[2]] } else { all });
                shares.push(TurnShares { link, by_bin: by_bin.collect() });
            }
        }
        entries.sort_by_key(|e| e.link);
        shares.sort_by_key(|s| s.link);
        Ok(Demand { start_s: self.start_s, bin_s: self.bin_s, entries, shares, heavy_share })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "intersection,approach,movement,start_s,vehicles\na,W,T,0,10.0\na,W,T,1800,12.5\na,W,L,0,1.0\na,W,L,1800,2.0\n";

    #[test]
    fn reads_what_it_writes() {
        let counts = Counts::parse("a.csv", TEXT).unwrap();
        assert_eq!(counts.bin_s, 1800.0);
        assert_eq!(Counts::parse("b.csv", &counts.to_csv()).unwrap(), counts);
    }

    #[test]
    fn says_where_a_count_is_wrong() {
        let bad = TEXT.replace("12.5", "many");
        let message = Counts::parse("a.csv", &bad).unwrap_err().to_string();
        assert_eq!(message, "a.csv:3: vehicles \"many\" is not a number of at least 0");
        let gap = TEXT.replace("a,W,L,1800,2.0\n", "");
        let message = Counts::parse("a.csv", &gap).unwrap_err().to_string();
        assert!(message.contains("a WL has not exactly one count"), "{message}");
    }
}
