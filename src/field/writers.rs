//! Who writes to a cabinet: we, a predecessor whose plans we found, or somebody else, with whom we do not fight.

use super::news::News;
use super::status::Status;

/// What is known of the writers.
#[derive(Debug, Clone, Default)]
pub(super) struct Writers {
    /// The newest generation that is ours or a predecessor's; `None` before the cabinet was heard.
    newest: Option<u32>,
    /// Numbers of stored plans that we chose, the last two, and what was found at the start.
    chosen: [u32; 3],
    other: Option<u32>,
}

impl Writers {
    /// Somebody else's plan, as long as it runs or waits.
    pub(super) fn other(&self) -> Option<u32> {
        self.other
    }

    /// We send this generation.
    pub(super) fn own(&mut self, generation: u32) {
        self.newest = self.newest.max(Some(generation));
    }

    /// We choose this stored plan.
    pub(super) fn choose(&mut self, number: u32) {
        if self.chosen[1] != number {
            self.chosen = [self.chosen[0], number, self.chosen[1]];
        }
    }

    /// What a status shows. Generations are the seconds of their pushes: one newer than ours is somebody else's. Numbers have no
    /// age: one we did not choose is.
    pub(super) fn hear(&mut self, status: &Status, numbers: bool, news: &mut Vec<News>) {
        let shown = [status.running, status.pending];
        let Some(newest) = self.newest else {
            self.newest = Some(status.running.max(status.pending));
            self.chosen[0] = if status.pending != 0 { status.pending } else { status.running };
            self.chosen[2] = status.running;
            return;
        };
        let strange = |&plan: &u32| plan != 0 && if numbers { !self.chosen.contains(&plan) } else { plan > newest };
        let other = shown.into_iter().find(strange);
        if let Some(generation) = other.filter(|_| other != self.other) {
            news.push(News::OtherWriter { generation });
        }
        self.other = other;
    }
}
