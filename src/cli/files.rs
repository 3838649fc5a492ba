//! Reading what commands are pointed at, and finding what stands beside it.

use super::count;
use crate::corridor::{Corridor, Network, Problem, load};
use crate::demand::DayProfile;
use crate::plan::DayPlans;
use crate::rig::{Scenario, Scene};
use crate::safety::{Limits, judge};
use anyhow::{Context, Result, anyhow, bail};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Definition files as bytes: folders are read one level deep, in the order of their names.
pub(super) fn definitions(paths: &[PathBuf]) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for path in paths {
        let meta = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
        if meta.is_dir() {
            let mut inside: Vec<PathBuf> = fs::read_dir(path)
                .with_context(|| format!("cannot read {}", path.display()))?
                .map(|entry| entry.map(|e| e.path()))
                .collect::<std::io::Result<_>>()?;
            inside.retain(|p| p.is_file() && p.extension().is_some_and(|e| e == "toml"));
            inside.sort();
            if inside.is_empty() {
                bail!("{} holds no .toml file", path.display());
            }
            files.extend(inside);
        } else {
            files.push(path.clone());
        }
    }
    files.into_iter().map(|p| Ok((p.display().to_string(), read(&p)?))).collect()
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

pub(super) fn text(path: &Path) -> Result<String> {
    String::from_utf8(read(path)?).map_err(|e| {
        let line = e.as_bytes()[..e.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
        anyhow!("{}:{line}: not UTF-8", path.display())
    })
}

/// The text of a file; of standard input for `-`.
pub(super) fn text_or_stdin(path: &Path) -> Result<String> {
    if path == Path::new("-") {
        return std::io::read_to_string(std::io::stdin()).context("cannot read standard input");
    }
    text(path)
}

/// The network of some paths, or every problem as text.
pub(super) fn network(paths: &[PathBuf]) -> Result<Network> {
    load(&definitions(paths)?).map_err(|problems| {
        let all: Vec<String> = problems.iter().map(Problem::render).collect();
        anyhow!("{} in the definitions:\n{}", count(problems.len(), "problem"), all.join("\n"))
    })
}

/// The corridor that was named, or the first.
pub(super) fn corridor<'n>(network: &'n Network, id: Option<&str>) -> Result<&'n Corridor> {
    let all = network.corridors();
    let found = id.map_or(all.first(), |id| all.iter().find(|c| c.id == id));
    found.ok_or_else(|| {
        let there: Vec<&str> = all.iter().map(|c| c.id.as_str()).collect();
        anyhow!("there is no corridor {}; there is {}", id.unwrap_or_default(), there.join(", "))
    })
}

/// Where a network's counts, scenario and day plans are looked for, and by what name: of a folder that holds several corridors
/// beside it, by the folder's name; otherwise where the definitions lie, by the corridor's id.
fn beside(network: &Network, paths: &[PathBuf]) -> Result<(PathBuf, String)> {
    let first = &paths[0];
    let parent = || first.parent().map(Path::to_path_buf).unwrap_or_default();
    let several = network.corridors().len() > 1;
    if let Some(name) = first.file_name().filter(|_| several && first.is_dir()) {
        return Ok((parent(), name.to_string_lossy().into_owned()));
    }
    let main = network.corridors().first().ok_or_else(|| anyhow!("the definitions hold no corridor"))?;
    Ok((if first.is_dir() { first.clone() } else { parent() }, main.id.clone()))
}

/// A file with the hash of its bytes.
pub(super) struct Hashed<T> {
    /// What it holds.
    pub(super) value: T,
    /// SHA-256 in hexadecimal.
    pub(super) hash: String,
    /// Where it lies.
    pub(super) path: PathBuf,
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// The counts of the mean day.
pub(super) fn profile(network: &Network, paths: &[PathBuf], given: Option<&Path>) -> Result<Hashed<DayProfile>> {
    let path = match given {
        Some(path) => path.to_path_buf(),
        None => {
            let (folder, name) = beside(network, paths)?;
            folder.join("../sim/scenarios").join(name).join("mean-workday.csv")
        }
    };
    let bytes = read(&path).context("the counts of the mean day are needed; name them with --counts")?;
    counted(network, path, &bytes)
}

/// The counts of a day.
pub(super) fn counts(network: &Network, path: &Path) -> Result<Hashed<DayProfile>> {
    counted(network, path.to_path_buf(), &read(path)?)
}

fn counted(network: &Network, path: PathBuf, bytes: &[u8]) -> Result<Hashed<DayProfile>> {
    let value = DayProfile::parse(network, bytes).map_err(|problems| {
        let all: Vec<String> = problems.iter().take(20).map(|p| format!("{}: {p}", path.display())).collect();
        anyhow!("{} in the counts:\n{}", count(problems.len(), "problem"), all.join("\n"))
    })?;
    Ok(Hashed { value, hash: hash(bytes), path })
}

/// The scenario that draws days.
pub(super) fn scenario(network: &Network, paths: &[PathBuf], given: Option<&Path>) -> Result<Hashed<Scenario>> {
    let path = match given {
        Some(path) => path.to_path_buf(),
        None => {
            let (folder, name) = beside(network, paths)?;
            folder.join("../sim/scenarios").join(format!("{name}.toml"))
        }
    };
    let text = text(&path).context("a scenario is needed to draw days; name it with --scenario")?;
    let mut counts = String::new();
    let beside = |name: &str| {
        let file = path.parent().unwrap_or(Path::new(".")).join(name);
        counts = fs::read_to_string(&file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
        Ok(counts.clone())
    };
    let value = Scenario::parse(&path.display().to_string(), &text, beside).map_err(|e| anyhow!("{e}"))?;
    Ok(Hashed { value, hash: hash((text + &counts).as_bytes()), path })
}

/// A scene of a file of its own, laid over a scenario; its hash and place.
pub(super) fn stage(scenario: &mut Scenario, path: &Path) -> Result<Hashed<()>> {
    let text = text(path)?;
    let scene = Scene::parse(&path.display().to_string(), &text).map_err(|e| anyhow!("{e}"))?;
    scenario.stage(scene);
    Ok(Hashed { value: (), hash: hash(text.as_bytes()), path: path.to_path_buf() })
}

/// The day plan book, if one is given or lies beside the definitions. Every plan of it is judged by the guard.
pub(super) fn day_plans(
    network: &Network,
    paths: &[PathBuf],
    given: Option<&Path>,
) -> Result<Option<Hashed<DayPlans>>> {
    let path = match given {
        Some(path) => path.to_path_buf(),
        None => {
            let (folder, name) = beside(network, paths)?;
            folder.join("plans").join(format!("{name}.toml"))
        }
    };
    if given.is_none() && !path.exists() {
        return Ok(None);
    }
    let text = text(&path)?;
    let value = DayPlans::parse(network, &text).map_err(|e| anyhow!("{}: {e}", path.display()))?;
    for (period, plans) in network.periods().iter().zip(value.periods()) {
        for (at, plan) in network.intersections().iter().zip(plans) {
            if let Some(breach) = judge(at, plan, &Limits::default()).first() {
                bail!("{}: {}, {}: {breach}", path.display(), period.name.en, at.id);
            }
        }
    }
    Ok(Some(Hashed { value, hash: hash(text.as_bytes()), path }))
}

/// Writes a file whole or not at all: beside it first, then renamed.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let whole = |file: &mut fs::File| file.write_all(bytes).and_then(|()| file.sync_all());
    // On the disk before it takes the old one's place, and its place too: a power cut leaves one of the two.
    fs::File::create(&beside)
        .and_then(|mut file| whole(&mut file))
        .and_then(|()| fs::rename(&beside, path))
        .and_then(|()| fs::File::open(folder)?.sync_all())
        .inspect_err(|_| drop(fs::remove_file(&beside)))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Opens a file to write it piece by piece.
pub(super) fn create(path: &Path) -> std::io::Result<std::io::BufWriter<fs::File>> {
    fs::File::create(path).map(std::io::BufWriter::new)
}

/// Trips instead of a scenario's own vehicles.
pub(super) fn trips(network: &Network, scenario: Scenario, path: PathBuf) -> Result<Hashed<Scenario>> {
    let text = text(&path)?;
    let value = scenario.with_trips(network, &path.display().to_string(), &text)?;
    Ok(Hashed { value, hash: hash(text.as_bytes()), path })
}

/// Finds out before minutes of work whether a file can be written there afterwards.
pub(super) fn writable(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if path.is_dir() {
        bail!("cannot write {}: it is a folder", path.display());
    }
    if !folder.is_dir() {
        bail!("cannot write {}: there is no folder {}", path.display(), folder.display());
    }
    Ok(())
}

/// The machine's cores, or what was asked for.
pub(super) fn threads(given: Option<usize>) -> usize {
    given.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get)).max(1)
}
