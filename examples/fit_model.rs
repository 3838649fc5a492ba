//! Holds the optimiser's delay model against a replay, approach by approach, for several values of its platoon parameters:
//! how the defaults of `optimise::Model` were fitted, on training days.
//!
//!     cargo run --release -- replay corridors/dongchang-road.toml --days 1-6 --arms fixed --from 09:40 --to 11:00 --json fit.json
//!     cargo run --release --example fit_model -- fit.json 09:30
//!
//! The second argument is the beginning of the period of the day plan that the replay lay in.

#![expect(clippy::print_stdout, reason = "an example prints")]

use anyhow::{Context, Result, anyhow};
use greenwave::corridor::load;
use greenwave::demand::DayProfile;
use greenwave::optimise::{Prediction, Settings, predict};
use greenwave::plan::DayPlans;
use std::collections::BTreeMap;
use std::fs;

const STREET: &str = "corridors/dongchang-road.toml";
const COUNTS: &str = "sim/scenarios/dongchang-road/mean-workday.csv";
const BOOK: &str = "corridors/plans/dongchang-road.toml";

/// Mean control delay of every approach over all runs, s a vehicle.
fn measured(report: &str) -> Result<BTreeMap<String, f64>> {
    let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(report)?)?;
    let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for run in report["arms"][0]["seeds"].as_array().context("no runs in the report")? {
        for approach in run["measures"]["approaches"].as_array().context("no approaches in the report")? {
            let (vehicles, delay) = (approach["vehicles"].as_f64(), approach["mean_delay_s"].as_f64());
            if let (Some(name), Some(vehicles), Some(delay)) = (approach["link"].as_str(), vehicles, delay) {
                let sum = sums.entry(name.to_string()).or_default();
                *sum = (sum.0 + vehicles, sum.1 + vehicles * delay);
            }
        }
    }
    Ok(sums.into_iter().map(|(name, (vehicles, delay))| (name, delay / vehicles)).collect())
}

/// Root mean square error and bias on corridor approaches, bias on side streets, s.
fn errors(prediction: &Prediction, ids: &[&str], measured: &BTreeMap<String, f64>) -> (f64, f64, f64) {
    let error = |a: &greenwave::optimise::ApproachPrediction| {
        let there = measured.get(&format!("{}.{}", ids[a.intersection.0], a.from))?;
        Some((a.corridor.is_some(), a.delay_s? - there))
    };
    let all: Vec<(bool, f64)> = prediction.approaches.iter().filter_map(error).collect();
    let mean = |corridor: bool, of: fn(f64) -> f64| {
        let mine: Vec<f64> = all.iter().filter(|e| e.0 == corridor).map(|e| of(e.1)).collect();
        mine.iter().sum::<f64>() / mine.len().max(1) as f64
    };
    (mean(true, |e| e * e).sqrt(), mean(true, |e| e), mean(false, |e| e))
}

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let (report, from) = args.next().zip(args.next()).context("usage: fit_model REPORT.json HH:MM")?;
    let network = load(&[(STREET.to_string(), fs::read(STREET)?)]).map_err(|p| anyhow!("{} problems", p.len()))?;
    let profile = DayProfile::parse(&network, &fs::read(COUNTS)?).map_err(|p| anyhow!("{} problems", p.len()))?;
    let book = DayPlans::parse(&network, &fs::read_to_string(BOOK)?)?;
    let clock = |s: u32| format!("{:02}:{:02}", s / 3600, s / 60 % 60);
    let place = network.periods().iter().position(|p| clock(p.from_s) == from).context("no such period")?;
    let period = &network.periods()[place];
    let flows = profile.mean(period.from_s, period.to_s);
    let measured = measured(&report)?;
    let ids: Vec<&str> = network.intersections().iter().map(|i| i.id.as_str()).collect();
    println!("cruise share  alpha  beta   corridor: rms   bias   side streets: bias   (model less plant, s a vehicle)");
    for cruise_share in [0.84, 0.88, 0.92, 0.96, 1.0] {
        for dispersion_alpha in [0.2, 0.3, 0.45] {
            for dispersion_beta in [0.8, 0.9, 1.0] {
                let mut settings = Settings::default();
                settings.model.cruise_share = cruise_share;
                settings.model.dispersion_alpha = dispersion_alpha;
                settings.model.dispersion_beta = dispersion_beta;
                let prediction =
                    predict(&network, &flows, &book.periods()[place], &settings).context("no prediction")?;
                let (rms, bias, side) = errors(&prediction, &ids, &measured);
                println!(
                    "{cruise_share:>12.2} {dispersion_alpha:>6.2} {dispersion_beta:>5.1} {rms:>15.1} {bias:>6.1} {side:>20.1}"
                );
            }
        }
    }
    Ok(())
}
