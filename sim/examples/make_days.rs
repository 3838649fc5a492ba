//! Writes the counts files of the shipped streets' days beside their scenarios.
//!
//! `cargo run -p greenwave-sim --example make_days`, from the workspace or from `sim`.
#![expect(clippy::print_stdout, reason = "says what it wrote")]

use std::path::Path;

use greenwave_sim::counted::Counted;
use greenwave_sim::day::{DayKind, counts_csv, day, mean_day};
use greenwave_sim::scenario::Scenario;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    for (street, drawn) in [("dongchang-road", true), ("three", false)] {
        let file = root.join(format!("{street}.toml"));
        let scenario = Scenario::parse(&file.display().to_string(), &std::fs::read_to_string(&file)?)?;
        let folder = root.join(street);
        std::fs::create_dir_all(&folder)?;
        let mut days = vec![("mean-workday.csv", mean_day(&scenario))];
        if drawn {
            days.push(("workday-1.csv", day(&scenario, 1, DayKind::Workday)));
            days.push(("tidal-2.csv", day(&scenario, 2, DayKind::Tidal)));
        }
        for (name, day) in days {
            std::fs::write(folder.join(name), counts_csv(&scenario, &day, 6))?;
            println!("{}", folder.join(name).display());
        }
    }
    for street in ["jinan-r2", "jinan"] {
        let file = root.join(format!("{street}.toml"));
        let beside = |name: &str| std::fs::read_to_string(root.join(name)).map_err(|e| e.to_string());
        let hour = Counted::parse(&file.display().to_string(), &std::fs::read_to_string(&file)?, beside)?;
        let mean = root.join(street).join("mean-workday.csv");
        // Whole approaches are for the plant's entries; by movement is all a mean day needs.
        let mut counts = hour.mean().coarser(6);
        counts.series.retain(|(_, _, movement), _| movement.is_some());
        std::fs::write(&mean, counts.to_csv())?;
        println!("{}", mean.display());
    }
    Ok(())
}
