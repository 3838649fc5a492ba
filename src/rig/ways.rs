//! Trajectories: where every vehicle was, every second, written while the run goes.
//!
//! Knows: the plant's recorder, names of links, forms of rows. Must not know: arms, files.
//!
//! A row is written in the second it tells of, and the plant keeps no more than one second of samples; so memory does not grow
//! with the run, and what is written changes nothing of it.

use super::plant::{Rig, RigProblem};
use super::translate;
use crate::corridor::Network;
use greenwave_sim::traffic::Sample;
use std::fmt;
use std::io::{self, Write};
use std::ops::Range;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaysForm {
    /// A header, and a line of cells a row.
    Csv,
    /// An object a line.
    JsonLines,
}

/// Writes vehicles' ways in a window of one run.
pub struct Ways {
    links: Vec<String>,
    window: Range<u32>,
    form: WaysForm,
    out: Box<dyn Write + Send>,
    headed: bool,
    records: bool,
}

impl fmt::Debug for Ways {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ways").field("window", &self.window).field("form", &self.form).finish_non_exhaustive()
    }
}

impl Ways {
    /// Ways on a network's street in a window, s of the day.
    ///
    /// # Errors
    /// When the plant can not build the street.
    pub fn new(
        network: &Network,
        window: Range<u32>,
        form: WaysForm,
        out: Box<dyn Write + Send>,
    ) -> Result<Ways, RigProblem> {
        let name = |l: &greenwave_sim::street::Link| match form {
            WaysForm::Csv => l.name.clone(),
            WaysForm::JsonLines => serde_json::Value::from(l.name.as_str()).to_string(),
        };
        let links = translate::street(network)?.street.links().iter().map(name).collect();
        Ok(Ways { links, window, form, out, headed: false, records: false })
    }

    /// To be called in every second of the run, when the plant has come to it.
    ///
    /// # Errors
    /// When it can not be written.
    pub fn look(&mut self, rig: &Rig, second: u32) -> io::Result<()> {
        if self.records {
            let samples = rig.with_world(|world| world.traffic_mut().take_samples());
            samples.iter().filter(|s| s.at_s == f64::from(second)).try_for_each(|s| self.row(s))?;
        }
        if self.form == WaysForm::Csv && !std::mem::replace(&mut self.headed, true) {
            writeln!(self.out, "time_s,vehicle,class,link,lane,position_m,speed_m_s")?;
        }
        let records = self.window.contains(&(second + 1));
        if records != self.records {
            let links: Vec<usize> = (0..self.links.len()).collect();
            rig.with_world(|world| match records {
                true => world.traffic_mut().record_links(&links),
                false => world.traffic_mut().stop_recording(),
            });
            self.records = records;
        }
        Ok(())
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// When it can not be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn row(&mut self, s: &Sample) -> io::Result<()> {
        let Sample { at_s, vehicle, position_m, speed_m_s, .. } = *s;
        // Lanes as definitions and scenarios count them: from the median, the first is 1.
        let (link, lane) = (&self.links[s.link], s.lane + 1);
        let class = if s.heavy { "heavy" } else { "car" };
        match self.form {
            WaysForm::Csv => {
                writeln!(self.out, "{at_s},{vehicle},{class},{link},{lane},{position_m:.2},{speed_m_s:.2}")
            }
            WaysForm::JsonLines => writeln!(
                self.out,
                "{{\"time_s\":{at_s},\"vehicle\":{vehicle},\"class\":\"{class}\",\"link\":{link},\"lane\":{lane},\"position_m\":{position_m:.2},\"speed_m_s\":{speed_m_s:.2}}}"
            ),
        }
    }
}
