//! A profile as Markdown, for the person who implements it in a controller: every register with its address, form and meaning.
//!
//! Knows: how tables are drawn. Must not know: what registers mean; `meaning` does.

use super::super::ClockZero;
use super::meaning::{self, Row, Unit};
use super::{Block, Carrier, Form, OffsetEdge, Plans, RegisterProfile, RegisterTable, WordOrder};
use std::fmt::Write;

/// The register table of a profile as Markdown.
pub fn markdown(profile: &RegisterProfile) -> String {
    let mut page = Page { profile, text: String::new() };
    page.preface();
    page.blocks();
    page.section("Status", &profile.status.block, "", &meaning::status(profile));
    if let Some(detectors) = &profile.detectors {
        let (stride, channels) = (detectors.stride, detectors.channels);
        let note = format!("A record of {stride} a channel, k = 1 to {channels}. Channels that do not exist read 0.");
        page.open("Detectors", &detectors.block, &note);
        page.rows(&[detectors.block.at], Some(stride), &meaning::detectors(detectors));
    }
    if let Some(limits) = &profile.limits {
        let [header, record] = meaning::limits(limits);
        let note = "The cabinet's own limits. A record a stage, k = 1 to the number of stages.";
        page.section("Limits", &limits.block, note, &header);
        page.rows(&[limits.block.at + limits.first], Some(limits.stride), &record);
    }
    page.plans();
    page.section("Heartbeat", &profile.heartbeat.block, "", &meaning::heartbeat(&profile.heartbeat));
    if let Some(clock) = &profile.clock {
        page.section("Clock", &clock.block, "", &meaning::clock(clock));
    }
    let note = "Hands the cabinet back to its own plan.";
    page.section("Release", &profile.release.block, note, &meaning::release(&profile.release.marks));
    if let Some(request) = &profile.stage_request {
        page.section("Stage request", &request.block, "", &meaning::stage_request(request));
    }
    page.text
}

/// `0 to 39`, or one register.
fn range(at: u16, words: u16) -> String {
    let last = u32::from(at) + u32::from(words) - 1;
    if words == 1 { at.to_string() } else { format!("{at} to {last}") }
}

struct Page<'p> {
    profile: &'p RegisterProfile,
    text: String,
}

impl Page<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// What holds for all registers.
    fn preface(&mut self) {
        let p = self.profile;
        let step = p.time.step;
        let order = match p.words.order {
            WordOrder::HighFirst => "high word first",
            WordOrder::LowFirst => "low word first",
        };
        let zero = match p.time.zero {
            ClockZero::UnixEpoch => "1970-01-01 00:00 UTC",
            ClockZero::LocalMidnight => "the last local midnight",
        };
        let edge = match p.offset {
            OffsetEdge::GreenStart => "start",
            OffsetEdge::GreenEnd => "end",
        };
        let reference = match &p.plans {
            Plans::Download(download) if download.form.reference_stage.is_some() => "the reference stage",
            _ => "stage 1",
        };
        let carrier = match p.transitions {
            Carrier::Centre => {
                "The centre brings a plan to its offset, by plans of stretched cycles one after the other.".to_owned()
            }
            Carrier::Cabinet { shortest_percent, longest_percent } => format!(
                "The cabinet brings a plan to its offset, by cycles of {shortest_percent} to {longest_percent} % of the plan's."
            ),
        };
        let id = &p.id;
        self.line(&format!("# Registers of profile `{id}`: {} / {}\n", p.name.en, p.name.zh));
        self.line(&format!(
            "Made by `greenwave check --registers {id}`; the profile's file says the same to the program. How a cabinet behaves, \
             and when it refuses, is told of the reference layout in `src/field/registers.md` and holds here with the places below.\n"
        ));
        self.line(
            "- Addresses are zero-based protocol addresses, decimal. Registers that are not named are reserved and 0.",
        );
        self.line(&format!(
            "- Read with FC03 (holding) or FC04 (input), at most {} registers a request; written with FC16, a block whole in one \
             request, at most {} registers.",
            p.words.most_read, p.words.most_written
        ));
        self.line(&format!(
            "- A value of several registers has its {order}; within a register the high byte comes first. All are unsigned."
        ));
        self.line(
            "- CRC is CRC-32 (IEEE 802.3, reflected, as in zlib) over registers' bytes, each register high byte first.",
        );
        self.line(&format!("- Times count in {step}; instants in {step} since {zero}."));
        self.line(&format!(
            "- An offset counts from the same zero to the {edge} of the programmed green of {reference}."
        ));
        self.line(&format!("- {carrier}"));
        self.line(&format!("- Plans are followed: {}.", meaning::operations(p)));
        self.line(match p.sequences {
            true => "- A plan runs the stages in any order that the intersection's definition permits.",
            false => "- A plan runs the stages in their programmed order, from stage 1 upwards.",
        });
    }

    /// Every block with its place, and what lies side by side.
    fn blocks(&mut self) {
        let p = self.profile;
        let mut blocks: Vec<(String, Block, bool, bool)> = vec![("status".to_owned(), p.status.block, true, false)];
        blocks.extend(p.detectors.map(|d| ("detectors".to_owned(), d.block, true, false)));
        blocks.extend(p.limits.map(|l| ("limits".to_owned(), l.block, true, false)));
        match &p.plans {
            Plans::Download(download) => {
                blocks.push(("running".to_owned(), download.running, true, false));
                blocks.extend(
                    (0..download.slots).map(|slot| (staged(slot, download.slots), at(download, slot), true, true)),
                );
                blocks.push(("commit".to_owned(), download.commit.block, false, true));
            }
            Plans::Select(select) => blocks.push(("select".to_owned(), select.block, true, true)),
        }
        blocks.push(("heartbeat".to_owned(), p.heartbeat.block, false, true));
        blocks.extend(p.clock.map(|c| ("clock".to_owned(), c.block, false, true)));
        blocks.push(("release".to_owned(), p.release.block, false, true));
        blocks.extend(p.stage_request.map(|r| ("stage_request".to_owned(), r.block, false, true)));
        blocks.sort_by_key(|(_, block, ..)| (block.table, block.at));
        self.line("\n## Blocks\n");
        self.line("| block | addresses | registers | table | read | written |");
        self.line("| --- | --- | --- | --- | --- | --- |");
        for (name, block, read, written) in &blocks {
            let (table, code) = match block.table {
                RegisterTable::Holding => ("holding", "FC03"),
                RegisterTable::Input => ("input", "FC04"),
            };
            let requests = block.words.div_ceil(p.words.most_read);
            let read = match (read, requests) {
                (false, _) => String::new(),
                (true, 1) => code.to_owned(),
                (true, n) => format!("{code}, in {n}"),
            };
            let written = if *written { "FC16" } else { "" };
            let line = format!(
                "| {name} | {} | {} | {table} | {read} | {written} |",
                range(block.at, block.words),
                block.words
            );
            self.line(&line);
        }
        let readable: Vec<_> = blocks.iter().filter(|(_, _, read, _)| *read).collect();
        let side = |pair: &&[&(String, Block, bool, bool)]| {
            let (first, next) = (&pair[0].1, &pair[1].1);
            let end = u32::from(first.at) + u32::from(first.words);
            let fits = first.words.saturating_add(next.words) <= p.words.most_read;
            first.table == next.table && end == u32::from(next.at) && fits
        };
        let pairs: Vec<String> =
            readable.windows(2).filter(side).map(|pair| format!("{} and {}", pair[0].0, pair[1].0)).collect();
        if !pairs.is_empty() {
            self.line(&format!("\nLie side by side and are read in one request: {}.", pairs.join("; ")));
        }
    }

    fn plans(&mut self) {
        match &self.profile.plans {
            Plans::Download(download) => {
                let most = download.form.most_stages;
                let mut note = format!(
                    "The plan that runs, and the staging {}",
                    if download.slots == 1 { "area" } else { "areas" }
                );
                let places = (0..download.slots).map(|slot| range(at(download, slot).at, download.running.words));
                let places: Vec<String> = places.collect();
                let _ = write!(
                    note,
                    " at {}, in one form: a header, then a record a stage, k = 1 to {most}.",
                    places.join(" and ")
                );
                if download.slots > 1 {
                    let _ = write!(note, " A push goes to slot (generation mod {}) + 1.", download.slots);
                }
                let [header, record] = meaning::plan(&download.form, self.profile);
                self.open("Plan", &download.running, &note);
                let starts = [download.running.at, download.staged.at];
                self.rows(&starts, None, &header);
                let first = download.form.first;
                self.rows(&starts.map(|start| start + first), Some(download.form.stride), &record);
                self.section("Commit", &download.commit.block, "", &meaning::commit(&download.commit));
            }
            Plans::Select(select) => {
                let note = "Plans lie stored in the cabinet; which, the intersection's definition says.";
                self.section("Select", &select.block, note, &meaning::select(select));
            }
        }
    }

    fn section(&mut self, title: &str, block: &Block, note: &str, rows: &[Row]) {
        self.open(title, block, note);
        self.rows(&[block.at], None, rows);
    }

    /// A heading, and that of the table below.
    fn open(&mut self, title: &str, block: &Block, note: &str) {
        let places = match &self.profile.plans {
            Plans::Download(download) if title == "Plan" => vec!["running", staged_heading(download.slots)],
            _ => vec!["address"],
        };
        self.line(&format!("\n## {title}, {}\n", range(block.at, block.words)));
        if !note.is_empty() {
            self.line(&format!("{note}\n"));
        }
        self.line(&format!("| {} | name | 名称 | type | unit | meaning |", places.join(" | ")));
        self.line(&format!("{}|", "| --- ".repeat(places.len() + 5)));
    }

    /// Rows of values that begin at `starts`; of records, `stride` apart.
    fn rows(&mut self, starts: &[u16], stride: Option<u16>, rows: &[Row]) {
        for row in rows {
            let words = row.item.form.words();
            let place = |start: &u16| {
                let at = start + row.item.word;
                let by = |at: u16| stride.map_or(String::new(), |stride| format!("{at} + {stride}(k-1)"));
                match (stride, words) {
                    (None, words) => range(at, words),
                    (Some(_), 1) => by(at),
                    (Some(_), words) => format!("{}, {words} registers", by(at)),
                }
            };
            let places: Vec<String> = starts.iter().map(place).collect();
            let form = match row.item.form {
                Form::U16 => "u16",
                Form::U32 => "u32",
                Form::U64 => "u64",
            };
            let step = self.profile.time.step;
            let unit = match row.unit {
                Unit::Plain => String::new(),
                Unit::Time => step.to_string(),
                Unit::Instant => format!("{step}, instant"),
                Unit::Minutes => "min".to_owned(),
                Unit::Check => "CRC".to_owned(),
            };
            self.line(&format!(
                "| {} | {} | {} | {form} | {unit} | {} |",
                places.join(" | "),
                row.name,
                row.zh,
                row.says
            ));
        }
    }
}

fn at(download: &super::Download, slot: u16) -> Block {
    Block { at: download.staged.at + slot * download.staged.words, ..download.staged }
}

fn staged(slot: u16, slots: u16) -> String {
    if slots == 1 { "staged".to_owned() } else { format!("staged, slot {}", slot + 1) }
}

fn staged_heading(slots: u16) -> &'static str {
    if slots == 1 { "staged" } else { "staged, slot 1" }
}
