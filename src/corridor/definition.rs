//! The definition file word for word: what was written and where, before anyone asks whether it makes sense.
//!
//! Knows: the keys of `kind = "corridor"` and `kind = "intersections"`; `city` those of `kind = "city"`, `profile` those of
//! `kind = "profile"`. A kind that joins
//! becomes a variant of [`File`] with a reader of its own.
//! Must not know: how values relate to each other. `None` stands where something is missing or was already told.

use super::city::{self, CityDef, DaysDef};
use super::device::Line;
use super::layout::LayoutDef;
use super::line;
use super::model::{Arm, Name};
use super::operation::ClockZero;
use super::probe::Shape;
use super::problem::{At, Findings, Spot};
use super::profile::{self, ProfileDef};
use super::reader::{Fault, Table};
use super::rule::Rule;
use super::values;
use crate::units::{Metres, MetresPerSecond, Tenths};
use toml::de::{DeTable, DeValue};

/// A definition file by its kind.
pub(super) enum File {
    /// `kind = "corridor"`.
    Corridor(Box<CorridorDef>),
    /// `kind = "intersections"`.
    Intersections(SitesDef),
    /// `kind = "city"`.
    City(Box<CityDef>),
    /// `kind = "profile"`.
    Profile(Box<ProfileDef>),
}

/// The kinds of definition files there are.
pub(super) const KINDS: [&str; 4] = ["corridor", "intersections", "city", "profile"];

/// The intersections a file defines, with the layouts they are built after.
pub(super) struct SitesDef {
    pub(super) layouts: Vec<LayoutDef>,
    pub(super) intersections: Vec<IntersectionDef>,
}

/// A corridor with the intersections, layouts and links its file defines, and its members that are defined elsewhere.
pub(super) struct CorridorDef {
    pub(super) spot: Spot,
    pub(super) id: Option<At<String>>,
    pub(super) name: Option<Name>,
    pub(super) days: DaysDef,
    pub(super) outbound_from: Option<At<Arm>>,
    pub(super) sites: SitesDef,
    pub(super) members: Vec<MemberDef>,
    pub(super) weights: Vec<WeightDef>,
    pub(super) links: Vec<LinkDef>,
}

/// A member of a corridor that is defined elsewhere.
pub(super) struct MemberDef {
    pub(super) spot: Spot,
    pub(super) intersection: Option<At<String>>,
    pub(super) chainage: Option<At<Metres>>,
}

/// What the directions are worth in the periods of a name.
pub(super) struct WeightDef {
    pub(super) period: Option<At<String>>,
    pub(super) outbound: Option<At<f64>>,
    pub(super) inbound: Option<At<f64>>,
}

/// An intersection: its layout, its place (in a corridor's file), its cabinet, and what it has of its own.
pub(super) struct IntersectionDef {
    pub(super) spot: Spot,
    pub(super) id: Option<At<String>>,
    pub(super) name: Option<Name>,
    pub(super) layout: Option<At<String>>,
    pub(super) chainage: Option<At<Metres>>,
    pub(super) latitude: Option<At<f64>>,
    pub(super) longitude: Option<At<f64>>,
    pub(super) cabinet: Option<CabinetDef>,
    pub(super) cycle_min: Option<At<Tenths>>,
    pub(super) cycle_max: Option<At<Tenths>>,
    pub(super) local_green: Option<At<Vec<Option<At<Tenths>>>>>,
    pub(super) stored: Vec<StoredDef>,
    pub(super) entry: Vec<(At<String>, At<Metres>)>,
    pub(super) pedestrians: Vec<(At<String>, At<f64>)>,
}

/// A cabinet.
pub(super) struct CabinetDef {
    /// Where it says how it is reached.
    pub(super) line: Option<At<Line>>,
    pub(super) unit: Option<At<u16>>,
    pub(super) profile: Option<At<String>>,
    pub(super) heartbeat_timeout: Option<At<Tenths>>,
    pub(super) clock_zero: Option<At<ClockZero>>,
    pub(super) countdown: bool,
}

/// A plan that a cabinet has stored.
pub(super) struct StoredDef {
    /// What messages call it.
    pub(super) subject: String,
    pub(super) spot: Spot,
    pub(super) number: Option<At<u16>>,
    pub(super) offset: Option<At<Tenths>>,
    pub(super) greens: Option<At<Vec<Option<At<Tenths>>>>>,
    pub(super) order: Option<At<Vec<u16>>>,
}

/// The road between two neighbours; a carriageway is `None` where its length or speed is.
pub(super) struct LinkDef {
    pub(super) spot: Spot,
    pub(super) between: Option<[At<String>; 2]>,
    pub(super) outbound_distance: Option<At<Metres>>,
    pub(super) inbound_distance: Option<At<Metres>>,
    pub(super) outbound_speed: Option<At<MetresPerSecond>>,
    pub(super) inbound_speed: Option<At<MetresPerSecond>>,
}

/// Reads one file's tree; `None` when its kind is unknown.
pub(super) fn read(findings: &mut Findings, file: usize, tree: &DeTable<'_>) -> Option<File> {
    let start = Spot { file, start: 0, end: 0 };
    let mut table = Table::new(tree, start, "the file");
    let kind = table.need(findings, "kind", |value| {
        let kind = values::text(value)?;
        if let Some(known) = KINDS.into_iter().find(|known| *known == kind) {
            return Ok(known);
        }
        let message = format!("is \"{}\", which is no kind of definition", kind.escape_debug());
        let mend = match kind.as_str() {
            "scenario" | "plans" => {
                "Keep scenarios and plan books in folders of their own; commands take them by option."
            }
            _ => "Write kind = \"corridor\", \"intersections\", \"city\" or \"profile\".",
        };
        Err(Fault::new(Rule::Kind, message, mend))
    });
    match kind.map(|kind| kind.value) {
        Some(kind) => Some(of_kind(findings, table, kind)),
        // without the line we take it for a corridor: the missing line is told, and so is all the rest
        None => (!tree.contains_key("kind")).then(|| of_kind(findings, table, "corridor")),
    }
}

/// Reads a file of a kind.
fn of_kind(findings: &mut Findings, table: Table<'_>, kind: &str) -> File {
    match kind {
        "intersections" => File::Intersections(intersections(findings, table)),
        "city" => File::City(Box::new(city::city(findings, table))),
        "profile" => File::Profile(Box::new(profile::read(findings, table))),
        _ => File::Corridor(Box::new(corridor(findings, table))),
    }
}

/// Reads a file that is known to be of a kind, its `kind` included.
pub(super) fn read_kind(findings: &mut Findings, mut table: Table<'_>, kind: &'static str) {
    table.need(findings, "kind", |value| match value {
        DeValue::String(word) if word.as_ref() == kind => Ok(()),
        DeValue::String(_) => Err(Fault::new(Rule::Kind, "is another", "").shaped(Shape::Words(vec![kind]))),
        other => Err(Fault::of_type(other, "a text")),
    });
    of_kind(findings, table, kind);
}

/// A `{ zh = "…", en = "…" }` under `name`.
pub(super) fn name(findings: &mut Findings, table: &mut Table<'_>) -> Option<Name> {
    let subject = format!("{}, name", table.subject);
    let mut inner = table.need_table(findings, "name", subject)?;
    let zh = inner.need(findings, "zh", values::text);
    let en = inner.need(findings, "en", values::text);
    inner.close(findings);
    Some(Name { zh: zh?.value, en: en?.value })
}

/// The subject of a table that has an id: `what` and the id, or its number where it has none.
pub(super) fn subject(table: &mut Table<'_>, what: &str) {
    if let Some(id) = table.peek("id") {
        table.subject = if what.is_empty() { id.to_owned() } else { format!("{what} {id}") };
    }
}

fn corridor(findings: &mut Findings, mut table: Table<'_>) -> CorridorDef {
    subject(&mut table, "");
    let id = table.need(findings, "id", values::id);
    let spot = id.as_ref().map_or(table.spot, |id| id.spot);
    let name = name(findings, &mut table);
    let days = city::days(findings, &mut table, spot, "the corridor");
    let outbound_from = table.need(findings, "outbound_from", values::arm);
    let sites = sites(findings, &mut table, true);
    let members =
        table.tables(findings, "member", |n| format!("member {n}")).into_iter().map(|t| member(findings, t)).collect();
    let weights = table
        .tables(findings, "direction_weight", |n| format!("direction weight {n}"))
        .into_iter()
        .map(|t| weight(findings, t))
        .collect();
    let links =
        table.tables(findings, "link", |n| format!("link {n}")).into_iter().map(|t| link(findings, t)).collect();
    table.close(findings);
    CorridorDef { spot, id, name, days, outbound_from, sites, members, weights, links }
}

fn intersections(findings: &mut Findings, mut table: Table<'_>) -> SitesDef {
    let sites = sites(findings, &mut table, false);
    if sites.intersections.is_empty() {
        findings.tell(table.spot, Rule::Empty, "the file defines no intersection", "Add [[intersection]] tables.");
    }
    table.close(findings);
    sites
}

/// Layouts and intersections; on a corridor's file an intersection has its place on the road.
fn sites(findings: &mut Findings, table: &mut Table<'_>, placed: bool) -> SitesDef {
    let of = table.subject.clone();
    let layouts = match table.table(findings, "layout", of) {
        Some(layouts) => layouts
            .names()
            .into_iter()
            .filter_map(|(name, value)| {
                let table = value.table(findings, &name, format!("layout {}", name.value.escape_debug()))?;
                Some(LayoutDef::read(findings, name, table))
            })
            .collect(),
        None => Vec::new(),
    };
    let intersections = table
        .tables(findings, "intersection", |n| format!("intersection {n}"))
        .into_iter()
        .map(|t| intersection(findings, t, placed))
        .collect();
    SitesDef { layouts, intersections }
}

fn weight(findings: &mut Findings, mut table: Table<'_>) -> WeightDef {
    let period = table.need(findings, "period", values::text);
    let outbound = table.need(findings, "outbound", values::number(values::WEIGHT));
    let inbound = table.need(findings, "inbound", values::number(values::WEIGHT));
    table.close(findings);
    WeightDef { period, outbound, inbound }
}

fn member(findings: &mut Findings, mut table: Table<'_>) -> MemberDef {
    let spot = table.spot;
    let intersection = table.need(findings, "intersection", values::id);
    if let Some(id) = &intersection {
        table.subject = format!("member {}", id.value);
    }
    let chainage = table.need(findings, "chainage_m", values::metres(values::CHAINAGE));
    table.close(findings);
    MemberDef { spot, intersection, chainage }
}

fn intersection(findings: &mut Findings, mut table: Table<'_>, placed: bool) -> IntersectionDef {
    subject(&mut table, "");
    let spot = table.spot;
    let of = table.subject.clone();
    let id = table.need(findings, "id", values::id);
    let name = name(findings, &mut table);
    let layout = table.need(findings, "layout", values::text);
    let chainage = if placed { table.need(findings, "chainage_m", values::metres(values::CHAINAGE)) } else { None };
    // a place on the Earth is both or none
    let (latitude, longitude) = if table.has("latitude") || table.has("longitude") {
        let latitude = table.need(findings, "latitude", values::number(values::LATITUDE));
        (latitude, table.need(findings, "longitude", values::number(values::LONGITUDE)))
    } else {
        (None, None)
    };
    let cabinet = table.need_table(findings, "cabinet", format!("{of}, cabinet")).map(|t| cabinet(findings, t));
    let cycle_min = table.may(findings, "cycle_min_s", values::seconds(values::CYCLE));
    let cycle_max = table.may(findings, "cycle_max_s", values::seconds(values::CYCLE));
    let local_green = table.may_list(findings, "local_green_s", values::seconds(values::GREEN));
    let stored = table
        .tables(findings, "stored_plan", |n| format!("{of}, stored plan {n}"))
        .into_iter()
        .map(|t| stored_plan(findings, t))
        .collect();
    let entry = by_name(findings, &mut table, "entry_m", values::metres(values::ENTRY));
    let pedestrians = by_name(findings, &mut table, "pedestrians_per_h", values::number(values::PEDESTRIANS));
    table.close(findings);
    IntersectionDef {
        spot,
        id,
        name,
        layout,
        chainage,
        latitude,
        longitude,
        cabinet,
        cycle_min,
        cycle_max,
        local_green,
        stored,
        entry,
        pedestrians,
    }
}

/// A table of values by name, such as `entry_m = { W = 600 }`.
pub(super) fn by_name<'t, T>(
    findings: &mut Findings,
    table: &mut Table<'t>,
    key: &'static str,
    parse: impl Fn(&'t DeValue<'t>) -> Result<T, Fault>,
) -> Vec<(At<String>, At<T>)> {
    let subject = format!("{}, {key}", table.subject);
    let Some(inner) = table.table(findings, key, subject) else { return Vec::new() };
    inner
        .names()
        .into_iter()
        .filter_map(|(name, value)| {
            let value = value.parse(findings, &name, &parse)?;
            Some((name, value))
        })
        .collect()
}

fn stored_plan(findings: &mut Findings, mut table: Table<'_>) -> StoredDef {
    let (spot, subject) = (table.spot, table.subject.clone());
    let number = table.need(findings, "number", values::whole(values::PLAN_NUMBER));
    let offset = table.need(findings, "offset_s", values::seconds(values::OFFSET));
    let greens = table.need_list(findings, "green_s", values::seconds(values::GREEN));
    let order = table.may(findings, "order", values::numbers);
    table.close(findings);
    StoredDef { subject, spot, number, offset, greens, order }
}

fn cabinet(findings: &mut Findings, mut table: Table<'_>) -> CabinetDef {
    let line = line::read(findings, &mut table);
    let unit = table.need(findings, "unit", values::whole(values::UNIT));
    let profile = table.need(findings, "profile", values::id);
    let heartbeat_timeout = table.need(findings, "heartbeat_timeout_s", values::seconds(values::HEARTBEAT));
    let clock_zero = table.may(findings, "clock_zero", values::word(values::CLOCK_ZEROS));
    let countdown = table.may(findings, "countdown", values::flag).is_some_and(|countdown| countdown.value);
    table.close(findings);
    CabinetDef { line, unit, profile, heartbeat_timeout, clock_zero, countdown }
}

/// A value stated once for both directions, or once for each.
fn both_ways<'t, T: Clone>(
    findings: &mut Findings,
    table: &mut Table<'t>,
    [both, outbound, inbound]: [&'static str; 3],
    parse: impl Fn(&'t DeValue<'t>) -> Result<T, Fault>,
) -> [Option<At<T>>; 2] {
    let split = table.has(outbound) || table.has(inbound);
    if table.has(both) && split {
        let message = format!("{}: {both} stands beside {outbound} or {inbound}", table.subject);
        let mend = format!("Keep {both} where both ways are the same, else {outbound} and {inbound}.");
        findings.tell(table.spot, Rule::KeysExclude, message, mend);
    }
    if split {
        return [table.need(findings, outbound, &parse), table.need(findings, inbound, &parse)];
    }
    let value = table.need(findings, both, parse);
    [value.clone(), value]
}

fn link(findings: &mut Findings, mut table: Table<'_>) -> LinkDef {
    let spot = table.spot;
    let ends = table.need_list(findings, "between", values::id);
    let between = ends.and_then(|list| {
        let count = list.value.len();
        match <[Option<At<String>>; 2]>::try_from(list.value) {
            Ok([from, to]) => Some([from?, to?]),
            Err(_) => {
                let message = format!("{}: between has {count} entries, not 2", table.subject);
                findings.tell(list.spot, Rule::ListLength, message, "Name the two neighbours, in outbound order.");
                None
            }
        }
    });
    if let Some([from, to]) = &between {
        table.subject = format!("link {} - {}", from.value, to.value);
    }
    let keys = ["distance_m", "outbound_distance_m", "inbound_distance_m"];
    let [outbound_distance, inbound_distance] = both_ways(findings, &mut table, keys, values::metres(values::SPACING));
    let keys = ["speed_km_h", "outbound_speed_km_h", "inbound_speed_km_h"];
    let [outbound_speed, inbound_speed] = both_ways(findings, &mut table, keys, values::speed);
    table.close(findings);
    LinkDef { spot, between, outbound_distance, inbound_distance, outbound_speed, inbound_speed }
}
