//! A street taken apart into pieces that never meet: corridors of one city with nothing in common but the sky.
//!
//! Knows: who can ever meet whom. Must not know: who drives.
//!
//! Two links are of one piece when a turn leads from one to the other, when they end at the same intersection, or when
//! somebody on one gives way to somebody on the other. Each piece is a street of its own, numbered anew; it remembers the
//! whole street's numbers where random streams hang on them, so taking apart changes nobody's draws.

use super::{BikeLane, BikeSite, Crossing, GiveWay, Lane, Link, LoopSite, Street, Turn, WaitingArea};

/// One piece, and what its parts are called in the whole: by its own index, theirs.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) street: Street,
    pub(crate) links: Vec<usize>,
    pub(crate) groups: Vec<usize>,
    pub(crate) crossings: Vec<usize>,
    pub(crate) bike_lanes: Vec<usize>,
}

/// The place of each whole number in a sorted list of them.
fn place(of: &[usize], what: usize) -> usize {
    of.binary_search(&what).unwrap_or(0)
}

impl Street {
    /// The pieces, in the order of their first links.
    pub(crate) fn pieces(&self) -> Vec<Piece> {
        let piece = self.piece_of_links();
        let count = piece.iter().max().map_or(0, |m| m + 1);
        (0..count).map(|k| self.piece(k, &piece)).collect()
    }

    /// By link, its piece.
    fn piece_of_links(&self) -> Vec<usize> {
        let mut root: Vec<usize> = (0..self.links.len()).collect();
        fn find(root: &mut [usize], mut i: usize) -> usize {
            while root[i] != i {
                root[i] = root[root[i]];
                i = root[i];
            }
            i
        }
        let mut join = |a: usize, b: usize| {
            let (a, b) = (find(&mut root, a), find(&mut root, b));
            let (first, last) = (a.min(b), a.max(b));
            root[last] = first;
        };
        let mut ends_at = vec![None; self.nodes];
        for (i, link) in self.links.iter().enumerate() {
            if let Some(node) = link.node {
                join(i, *ends_at[node].get_or_insert(i));
            }
        }
        let mut by_crossing = |join: &mut dyn FnMut(usize, usize), i: usize, crossing: usize| {
            join(i, *ends_at[self.crossings[crossing].node].get_or_insert(i));
        };
        for (i, link) in self.links.iter().enumerate() {
            for turn in link.lanes.iter().flat_map(|l| &l.turns) {
                join(i, turn.to_link);
                for y in &turn.yields {
                    match *y {
                        GiveWay::Exit { crossing, .. } | GiveWay::Own { crossing, .. } => {
                            by_crossing(&mut join, i, crossing);
                        }
                        GiveWay::Vehicles { link, to_link } => {
                            join(i, link);
                            join(i, to_link);
                        }
                        GiveWay::Bikes { lane } => join(i, self.bike_lanes[lane].link),
                    }
                }
            }
        }
        for lane in &self.bike_lanes {
            if let Some(hook) = lane.hook {
                join(lane.link, self.bike_lanes[hook].link);
            }
        }
        let roots: Vec<usize> = (0..root.len()).map(|i| find(&mut root, i)).collect();
        let mut firsts: Vec<usize> = roots.clone();
        firsts.sort_unstable();
        firsts.dedup();
        roots.iter().map(|&r| place(&firsts, r)).collect()
    }

    fn piece(&self, k: usize, piece: &[usize]) -> Piece {
        let mine = |l: usize| piece[l] == k;
        let links: Vec<usize> = (0..self.links.len()).filter(|&l| mine(l)).collect();
        let mut nodes: Vec<usize> = links.iter().filter_map(|&l| self.links[l].node).collect();
        nodes.sort_unstable();
        nodes.dedup();
        // A crossing at an intersection without approaches belongs to the first piece.
        let known = |node: usize| self.links.iter().any(|l| l.node == Some(node));
        let here = |c: &Crossing| nodes.binary_search(&c.node).is_ok() || (k == 0 && !known(c.node));
        let crossings: Vec<usize> = (0..self.crossings.len()).filter(|&c| here(&self.crossings[c])).collect();
        nodes.extend(crossings.iter().map(|&c| self.crossings[c].node));
        nodes.sort_unstable();
        nodes.dedup();
        let bike_lanes: Vec<usize> = (0..self.bike_lanes.len()).filter(|&b| mine(self.bike_lanes[b].link)).collect();
        let lanes = || links.iter().flat_map(|&l| &self.links[l].lanes);
        let mut groups: Vec<usize> = lanes().flat_map(|l| &l.turns).map(|t| t.group).collect();
        groups.extend(lanes().filter_map(|l| l.waiting).map(|w| w.group));
        groups.extend(crossings.iter().map(|&c| self.crossings[c].group));
        groups.extend(bike_lanes.iter().map(|&b| self.bike_lanes[b].group));
        groups.sort_unstable();
        groups.dedup();
        let group = |g: usize| place(&groups, g);
        let link = |l: usize| place(&links, l);
        let yields = |y: &GiveWay| match *y {
            GiveWay::Exit { crossing, at_m } => GiveWay::Exit { crossing: place(&crossings, crossing), at_m },
            GiveWay::Own { crossing, at_m } => GiveWay::Own { crossing: place(&crossings, crossing), at_m },
            GiveWay::Vehicles { link: l, to_link } => GiveWay::Vehicles { link: link(l), to_link: link(to_link) },
            GiveWay::Bikes { lane } => GiveWay::Bikes { lane: place(&bike_lanes, lane) },
        };
        let turn = |t: &Turn| Turn {
            group: group(t.group),
            to_link: link(t.to_link),
            yields: t.yields.iter().map(yields).collect(),
            ..t.clone()
        };
        let lane = |l: &Lane| Lane {
            turns: l.turns.iter().map(turn).collect(),
            waiting: l.waiting.map(|w| WaitingArea { group: group(w.group), ..w }),
            ..*l
        };
        let street = Street {
            links: links
                .iter()
                .map(|&l| &self.links[l])
                .map(|l| Link {
                    node: l.node.map(|n| place(&nodes, n)),
                    lanes: l.lanes.iter().map(lane).collect(),
                    ..l.clone()
                })
                .collect(),
            nodes: nodes.len(),
            loops: self.loops.iter().filter(|s| mine(s.link)).map(|s| LoopSite { link: link(s.link), ..*s }).collect(),
            crossings: crossings
                .iter()
                .map(|&c| &self.crossings[c])
                .map(|c| Crossing { node: place(&nodes, c.node), group: group(c.group), ..c.clone() })
                .collect(),
            groups: groups.len(),
            bike_lanes: bike_lanes
                .iter()
                .map(|&b| &self.bike_lanes[b])
                .map(|b| BikeLane {
                    link: link(b.link),
                    group: group(b.group),
                    hook: b.hook.map(|h| place(&bike_lanes, h)),
                    ..b.clone()
                })
                .collect(),
            bike_sites: self
                .bike_sites
                .iter()
                .filter(|s| mine(self.bike_lanes[s.lane].link))
                .map(|s| BikeSite { lane: place(&bike_lanes, s.lane), ..*s })
                .collect(),
            crossing_ids: crossings.iter().map(|&c| self.crossing_ids[c]).collect(),
            bike_ids: bike_lanes.iter().map(|&b| self.bike_ids[b]).collect(),
            driving: links.iter().filter_map(|&l| self.driving.get(l).cloned()).collect(),
        };
        Piece { street, links, groups, crossings, bike_lanes }
    }
}
