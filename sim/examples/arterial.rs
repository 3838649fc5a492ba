//! Drives a workload of 10, 50 or 140 intersections for its hour and prints what it cost and how long trips took by class.
//!
//! `cargo run --release -p greenwave-sim --example arterial -- FOLDER [--seed N] [--threads N] [--csv FILE] [--json FILE]`
//!
//! `--csv` writes every trip, `--json` all measures. FOLDER holds `spec.json` and `trips.csv.gz` (neutral form, schema `gw-corridor-workload/1`). CPU seconds are those of the
//! whole process, reading included. Arterials that never meet share the threads; measures and trips are the same bytes however many
//! there are.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints")]

#[path = "kit/machine.rs"]
mod machine;
#[path = "kit/workload.rs"]
mod workload;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use greenwave_sim::city::City;
use greenwave_sim::measure::Window;
use greenwave_sim::traffic::STEP_S;
use machine::cost;

struct Args {
    folder: PathBuf,
    seed: u64,
    threads: usize,
    csv: Option<PathBuf>,
    json: Option<PathBuf>,
}

fn args() -> Result<Args, String> {
    let mut args = Args { folder: PathBuf::new(), seed: 1, threads: 1, csv: None, json: None };
    let mut given = std::env::args().skip(1);
    while let Some(a) = given.next() {
        let mut value = || given.next().ok_or(format!("{a} needs a value"));
        match a.as_str() {
            "--seed" => args.seed = value()?.parse().map_err(|e| format!("--seed: {e}"))?,
            "--threads" => args.threads = value()?.parse().map_err(|e| format!("--threads: {e}"))?,
            "--csv" => args.csv = Some(value()?.into()),
            "--json" => args.json = Some(value()?.into()),
            _ => args.folder = a.into(),
        }
    }
    match args.folder.as_os_str().is_empty() {
        true => Err("arterial FOLDER [--seed N] [--threads N] [--csv FILE] [--json FILE]".to_owned()),
        false => Ok(args),
    }
}

fn main() -> ExitCode {
    match args().and_then(|a| drive(&a)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures the machine's time")]
fn drive(args: &Args) -> Result<(), String> {
    let work = workload::read(&args.folder, args.seed)?;
    let (street, wished) = (Arc::new(work.street), work.departures.len());
    let wishes: Vec<f64> = work.departures.iter().map(|d| d.at_s).collect();
    let window = Window { start_s: 0.0, from_s: 0.0, to_s: 3600.0 };
    let mut city = City::new(street.clone(), work.departures, args.seed, window);
    let (read, _) = cost(args.threads);
    let begun = std::time::Instant::now();
    let mut travel = [(0.0, 0_u32); workload::CLASSES.len()];
    let mut rows = String::from("id,class,wish_s,travel_s\n");
    while !city.idle() && city.now_s() < 7200.0 {
        city.drive(city.now_s() + 600.0, args.threads, &|t, groups: &[usize], lamps: &mut [_]| {
            work.plan.lamps(t, groups, lamps);
        });
        for exit in city.take_exits() {
            let (id, took) = (exit.vehicle as usize, exit.at_s - wishes[exit.vehicle as usize]);
            let class = usize::from(work.class[id]);
            travel[class].0 += took;
            travel[class].1 += 1;
            if args.csv.is_some() {
                rows += &format!("{id},{class},{:.2},{took:.2}\n", wishes[id]);
            }
        }
    }
    let wall = begun.elapsed().as_secs_f64();
    let (end, most, pieces) = (city.now_s(), city.most_on_road(), city.pieces());
    let m = city.finish();
    let (cpu, peak) = cost(args.threads);
    println!("intersections {} in {pieces} pieces, vehicles {wished} (most at once {most})", street.nodes());
    println!("run {end:.0} s, step {STEP_S} s, threads {}, driving {wall:.3} s of wall time", args.threads);
    println!("vehicle-seconds {:.0}, CPU {cpu:.3} s, of which reading {read:.3} s", m.vehicle_seconds);
    println!("vehicle-seconds per CPU second {:.2} million, peak memory {peak:.1} MB", m.vehicle_seconds / cpu / 1e6);
    for (name, (sum, n)) in workload::CLASSES.iter().zip(travel) {
        println!("{name:<18} {n:>6} trips, mean {:.2} s", sum / f64::from(n));
    }
    println!("missed turns {}, guard acted {}, unserved {}", m.missed_turns, m.guarded, m.all.unserved);
    let measures = serde_json::to_string(&m).map_err(|e| e.to_string())?;
    for (path, text) in [(&args.csv, rows), (&args.json, measures)] {
        if let Some(path) = path {
            std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))?;
        }
    }
    Ok(())
}
