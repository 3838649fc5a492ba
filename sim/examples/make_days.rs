//! Writes the counts files of the Dongchang Road's days beside its scenario.
//!
//! `cargo run -p greenwave-sim --example make_days`, from the workspace or from `sim`.
#![expect(clippy::print_stdout, reason = "says what it wrote")]

use std::path::Path;

use greenwave_sim::day::{DayKind, counts_csv, day, mean_day};
use greenwave_sim::scenario::Scenario;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let file = root.join("dongchang-road.toml");
    let scenario = Scenario::parse(&file.display().to_string(), &std::fs::read_to_string(&file)?)?;
    let folder = root.join("dongchang-road");
    std::fs::create_dir_all(&folder)?;
    let days = [
        ("mean-workday.csv", mean_day(&scenario)),
        ("workday-1.csv", day(&scenario, 1, DayKind::Workday)),
        ("tidal-2.csv", day(&scenario, 2, DayKind::Tidal)),
    ];
    for (name, day) in days {
        std::fs::write(folder.join(name), counts_csv(&scenario, &day, 6))?;
        println!("{}", folder.join(name).display());
    }
    Ok(())
}
