//! A replay's page: results, journals and plans put into the report's plain data.

use super::record::Provenance;
use super::table::lighter;
use super::{count, scene};
use crate::calendar::Calendar;
use crate::corridor::{Corridor, Direction, Network};
use crate::journal::Journal;
use crate::replay::{Arm, Results, Row, Shared, Study, means};
use crate::report::{
    Arrivals, Axes, BeforeAfter, Diagram, Difference, Mark, Page, PageRow, RunChanges, Scene, SideStreet, SpeedLine,
    View,
};
use crate::rig::{ProgressionMeasure, Scenario, WaySeries};
use crate::units::clock;
use anyhow::Result;
use serde_json::Value;

/// Ways of vehicles a direction and arm that the page can bear.
const MOST_WAYS: usize = 200;
/// Pixels of the time axis of a scene, beside its names as wide as the page.
const LONG: f64 = 800.0;

/// The page of a study, with the diagrams of one corridor.
pub(super) fn of(
    shared: &Shared,
    scenario: &Scenario,
    corridor: &Corridor,
    study: &Study,
    (results, journals): (&Results, &[Vec<Journal>]),
    made: &Provenance,
) -> Result<Page> {
    let network = &shared.network;
    let corridors = network.corridors().iter().map(|c| format!("{} {}", c.name.zh, c.name.en));
    let columns: Vec<Vec<_>> = results.arms.iter().map(means).collect();
    let rows = columns.first().map_or(0, Vec::len);
    let row = |place: usize| {
        let (measure, unit, _) = columns[0][place];
        let means = columns.iter().map(|column| column[place].2).collect();
        PageRow { measure: measure.to_owned(), unit: unit.to_owned(), means }
    };
    Ok(Page {
        title: corridors.collect::<Vec<_>>().join(", "),
        facts: facts(study, made),
        arms: results.arms.iter().map(|r| r.arm.to_string()).collect(),
        rows: (0..rows).map(row).collect(),
        differences: results
            .comparisons
            .iter()
            .map(|c| Difference {
                measure: c.measure.clone(),
                unit: c.unit.clone(),
                arm: c.arm.clone(),
                against: c.against.clone(),
                mean: c.mean,
                lo: c.lo,
                hi: c.hi,
                n: c.n,
            })
            .collect(),
        speeds: results.arms.iter().enumerate().flat_map(|(arm, row)| [0, 1].map(|d| speed(arm, row, d))).collect(),
        changes: study
            .arms
            .iter()
            .position(|a| *a == Arm::Greenwave)
            .map_or(Vec::new(), |arm| changes(study, &journals[arm])),
        sides: sides(network, results),
        verdicts: verdicts(results),
        window_s: (study.from_s, study.to_s),
        diagram: diagram(shared, corridor, study),
        arrivals: arrivals(network, results),
        by_corridor: by_corridor(network, results),
        scenes: scenes(shared, scenario, corridor, study, results)?,
    })
}

fn facts(study: &Study, made: &Provenance) -> Vec<(String, String)> {
    let days: Vec<String> = study.days.iter().map(ToString::to_string).collect();
    let list =
        |paths: &[std::path::PathBuf]| paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ");
    let files = &made.files;
    let plans = match (&files.plans, &made.plans) {
        (Some(path), Some(hash)) => format!("{} {hash}", path.display()),
        _ => "computed: the model's optimum, not improved in the plant".to_owned(),
    };
    let facts = [
        ("定义 definitions", format!("{} {}", list(&files.definitions), made.definition)),
        ("流量 counts", format!("{} {}", files.counts.display(), made.counts)),
        ("场景 scenario", format!("{} {}", files.scenario.display(), made.scenario)),
        ("日计划 day plans", plans),
        (
            "时段 window",
            format!(
                "{} to {}, {}warm-up of 15 minutes before it",
                clock(study.from_s),
                clock(study.to_s),
                lighter(study)
            ),
        ),
        ("日期 days", days.join(", ")),
        ("随机种子 seeds a day", study.seeds_per_day.to_string()),
        ("命令 command", format!("greenwave {}", made.command)),
        ("版本 version", format!("{} commit {} bus {}", made.version, made.commit, made.bus)),
        (
            "复核 verify",
            "greenwave replay --verify REPORT.json, with the JSON that --json wrote in the same run".to_owned(),
        ),
    ];
    let scene = files.scene.iter().map(|path| ("情景 scene", path.display().to_string()));
    facts.into_iter().chain(scene).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Speed over the time of day: sums over all runs of the arm (contract 18).
fn speed(arm: usize, row: &Row, direction: u8) -> SpeedLine {
    let mine: Vec<_> = row
        .seeds
        .iter()
        .flat_map(|run| run.measures.corridor_over_time.iter().filter(|w| w.direction == direction))
        .collect();
    let bins = mine.iter().map(|w| w.metres.len()).max().unwrap_or(0);
    let point = |bin: usize| {
        let sum = |of: &dyn Fn(usize) -> Option<f64>| (0..mine.len()).filter_map(of).sum::<f64>();
        let metres = sum(&|k| mine[k].metres.get(bin).copied());
        let seconds = sum(&|k| mine[k].seconds.get(bin).copied());
        let middle = mine[0].from_s + (bin as f64 + 0.5) * mine[0].bin_s;
        (middle, (seconds > 0.0).then(|| 3.6 * metres / seconds))
    };
    SpeedLine { arm, direction, points: (0..bins).map(point).collect() }
}

/// What the journals say of changes: candidates taken, and plans sent.
fn changes(study: &Study, journals: &[Journal]) -> Vec<RunChanges> {
    let mark = |line: &Value| match (line["decision"].as_str()?, line["verdict"].as_str()) {
        ("weighed", Some("adopted")) => Some(Mark::Adopted),
        ("weighed", Some("scheduled")) => Some(Mark::Scheduled),
        ("committed", _) => Some(Mark::Step),
        _ => None,
    };
    let marks = |journal: &Journal| {
        let lines = journal.lines().iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter_map(|line| Some((second(line["clock"].as_str()?)?, mark(&line)?))).collect()
    };
    let runs = study.pairs().into_iter().zip(journals);
    runs.map(|((day, seed), journal)| RunChanges { run: format!("{day} {seed}"), marks: marks(journal) }).collect()
}

/// "06:25:05" as seconds.
fn second(clock: &str) -> Option<f64> {
    let mut parts = clock.split(':').map(|p| p.parse::<f64>().ok());
    Some(parts.next()?? * 3600.0 + parts.next()?? * 60.0 + parts.next().flatten().unwrap_or(0.0))
}

/// Every side-street approach, its delay in each arm: the mean over the runs.
fn sides(network: &Network, results: &Results) -> Vec<SideStreet> {
    let Some(first) = results.arms.first().and_then(|r| r.seeds.first()) else { return Vec::new() };
    let delay = |row: &Row, place: usize| {
        let all: Option<Vec<f64>> = row.seeds.iter().map(|r| r.measures.approaches.get(place)?.mean_delay_s).collect();
        all.filter(|v| !v.is_empty()).map(|v| v.iter().sum::<f64>() / v.len() as f64)
    };
    let sides = first.measures.approaches.iter().enumerate().filter(|(_, a)| a.side);
    sides
        .map(|(place, approach)| SideStreet {
            name: match network.intersections().get(approach.node) {
                Some(at) => format!("{} · {} {}", approach.link, at.name.zh, at.name.en),
                None => approach.link.clone(),
            },
            delay_s: results.arms.iter().map(|row| delay(row, place)).collect(),
            breach: results.side_street_breaches.contains(&approach.link),
        })
        .collect()
}

fn verdicts(results: &Results) -> Vec<(bool, String)> {
    let mut said = Vec::new();
    let violations = |row: &Row| row.seeds.iter().map(|s| s.violations).sum::<usize>();
    let runs: usize = results.arms.iter().map(|r| r.seeds.len()).sum();
    match results.arms.iter().map(violations).sum::<usize>() {
        0 => said.push((false, format!("信号冲突监视 conflict monitors: 0 violations in {}", count(runs, "run")))),
        _ => {
            let arms = results.arms.iter().map(|r| format!("{} {}", r.arm, violations(r)));
            said.push((true, format!("UNSAFE: violations by arm: {}", arms.collect::<Vec<_>>().join(", "))));
        }
    }
    let unserved = |row: &Row| row.seeds.iter().map(|s| u64::from(s.measures.all.unserved)).sum::<u64>();
    let arms: Vec<String> = results.arms.iter().map(|r| format!("{} {}", r.arm, unserved(r))).collect();
    said.push((
        results.arms.iter().any(|r| unserved(r) > 0),
        format!("未驶离 unserved vehicles over all runs: {}", arms.join(", ")),
    ));
    let judged = [Arm::Fixed, Arm::Greenwave].iter().all(|arm| results.arms.iter().any(|r| r.arm == *arm));
    if judged {
        said.push(match results.side_street_breaches.as_slice() {
            [] if !results.has_side_streets() => {
                (false, "支路 side streets: none, every approach carries a corridor".to_owned())
            }
            [] => (false, "支路 side streets against fixed: no approach lost more than 5 % and 3 s".to_owned()),
            names => (true, format!("支路 side streets that lost more than 5 % and 3 s: {}", names.join(", "))),
        });
    }
    said
}

/// The day plans of the period that holds most of the window.
fn diagram(shared: &Shared, corridor: &Corridor, study: &Study) -> Option<(String, String)> {
    let network = &shared.network;
    let periods = network.periods();
    let calendar = Calendar::new(network);
    let minutes = (study.from_s..study.to_s).step_by(60).map(|s| calendar.period_of(s));
    let mut held = vec![0; periods.len()];
    minutes.for_each(|period| held[period] += 1);
    let most = (0..held.len()).max_by_key(|&p| (held[p], std::cmp::Reverse(p)))?;
    let period = &periods[most];
    let caption = format!(
        "{} {}, {} to {}: day plan of fixed",
        period.name.zh,
        period.name.en,
        clock(period.from_s),
        clock(period.to_s)
    );
    let diagram = Diagram::new(network, corridor, shared.book.fixed.periods().get(most)?, &caption)?;
    Some((caption, diagram.svg(Axes::default())))
}

/// Arrivals on green along every corridor, both ways, over all runs.
fn arrivals(network: &Network, results: &Results) -> Vec<Arrivals> {
    let mut list = Vec::new();
    for corridor in network.corridors() {
        for direction in Direction::BOTH {
            for member in &corridor.members {
                let at = network.intersection(member.intersection);
                let link = format!("{}.{}", at.id, corridor.comes_from(direction));
                let arms: Vec<Option<(f64, f64)>> = results.arms.iter().map(|row| on_green(row, &link)).collect();
                if arms.iter().any(Option::is_some) {
                    let way = way(corridor, direction);
                    list.push(Arrivals { way, name: format!("{} {} {}", at.id, at.name.zh, at.name.en), arms });
                }
            }
        }
    }
    list
}

/// Share of arrivals on green, and platoon ratio, of all runs of an arm together.
fn on_green(row: &Row, link: &str) -> Option<(f64, f64)> {
    let all = together(row, link)?;
    Some((all.share_on_green()?, all.platoon_ratio()?))
}

/// Progression at one approach over all runs of an arm.
fn together(row: &Row, link: &str) -> Option<ProgressionMeasure> {
    let mine = row.seeds.iter().filter_map(|run| run.measures.progression.iter().find(|p| p.link == link));
    mine.cloned().reduce(|a, b| ProgressionMeasure {
        arrivals: a.arrivals + b.arrivals,
        on_green: a.on_green + b.on_green,
        green_s: a.green_s + b.green_s,
        seconds: a.seconds + b.seconds,
        metres: a.metres + b.metres,
        driven_s: a.driven_s + b.driven_s,
        ..a
    })
}

/// Corridor speed of each corridor and direction, where there are several corridors.
fn by_corridor(network: &Network, results: &Results) -> Vec<(String, Vec<Option<f64>>)> {
    if network.corridors().len() < 2 {
        return Vec::new();
    }
    let ways = network.corridors().iter().flat_map(|c| Direction::BOTH.map(|d| (c, d)));
    ways.map(|(corridor, direction)| {
        let speed = |row: &Row| {
            let links = corridor.members.iter().filter_map(|member| {
                let at = network.intersection(member.intersection);
                together(row, &format!("{}.{}", at.id, corridor.comes_from(direction)))
            });
            let (metres, seconds) = links.fold((0.0, 0.0), |(m, s), p| (m + p.metres, s + p.driven_s));
            (seconds > 0.0).then(|| 3.6 * metres / seconds)
        };
        (way(corridor, direction), results.arms.iter().map(speed).collect())
    })
    .collect()
}

fn way(corridor: &Corridor, direction: Direction) -> String {
    let word = match direction {
        Direction::Outbound => "上行 outbound",
        Direction::Inbound => "下行 inbound",
    };
    format!("{} {} · {word}", corridor.name.zh, corridor.name.en)
}

/// Ten minutes in the peak of the first run, without and with the control: the same vehicles, drawn to one scale.
fn scenes(
    shared: &Shared,
    scenario: &Scenario,
    corridor: &Corridor,
    study: &Study,
    results: &Results,
) -> Result<Option<BeforeAfter>> {
    let Some((base, after)) = compared(&study.arms) else { return Ok(None) };
    let (Some(&pair), Some(first)) = (study.pairs().first(), results.arms.iter().find(|r| r.arm == base)) else {
        return Ok(None);
    };
    let Some(window) = first.seeds.first().and_then(|run| peak(&run.measures.corridor_over_time, study)) else {
        return Ok(None);
    };
    let two = Study { arms: vec![base, after], ..study.clone() };
    let scenes = scene::scenes(shared, scenario, &two, pair, (corridor, window))?;
    // the same vehicles in both
    let every = scenes.iter().map(|s| s.every(MOST_WAYS)).max().unwrap_or(1);
    let mut pictures = Vec::new();
    for (direction, word) in [(Direction::Outbound, "上行 outbound"), (Direction::Inbound, "下行 inbound")] {
        for (scene, arm) in scenes.iter().zip(&two.arms) {
            let view = View { axes: Axes::default(), directions: vec![direction], queues: true, every, long: LONG };
            pictures.push((format!("{word}: {arm}"), Scene::svg(scene, &view)));
        }
    }
    let intro = format!(
        "Day {}, seed {}, {} to {}: the ten minutes in which most vehicles were on the corridor under {base}. Above {base}, below \
         {after}; the same arrivals, the same vehicles, one scale.",
        pair.0,
        pair.1,
        clock(window.0),
        clock(window.1)
    );
    Ok(Some(BeforeAfter { intro, scenes: pictures }))
}

/// Without and with the control: the strongest plan before the core, and the core; `None` when the core was not run.
fn compared(arms: &[Arm]) -> Option<(Arm, Arm)> {
    let after = arms.iter().copied().find(|a| *a == Arm::Greenwave)?;
    let base = arms.iter().find(|a| **a == Arm::Fixed).or_else(|| arms.iter().find(|a| **a != after));
    Some((*base?, after))
}

/// The bin of the time of day in which most time was spent on the corridor.
fn peak(ways: &[WaySeries], study: &Study) -> Option<(u32, u32)> {
    let bins = ways.iter().map(|w| w.seconds.len()).max().unwrap_or(0);
    let spent = |bin: usize| ways.iter().filter_map(|w| w.seconds.get(bin)).sum::<f64>();
    let most = (0..bins).max_by(|&a, &b| spent(a).total_cmp(&spent(b)).then(b.cmp(&a)))?;
    let (first, length) = (ways.first()?.from_s, ways.first()?.bin_s);
    let from = (first + most as f64 * length) as u32;
    Some((from, (from + length as u32).min(study.to_s)))
}
