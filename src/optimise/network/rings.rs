//! The shortest rings of a network.
//!
//! Knows: who is joined to whom. Must not know: prices.

use super::problem::OffsetProblem;

/// A ring of links in the order of a walk, each with whether it is walked from its near to its far end.
pub(super) type Ring = Vec<(usize, bool)>;

/// Steps looked out from a signal. Longer rings say little about offsets and cost much.
const FARTHEST: usize = 6;

/// A least basis of rings (Horton 1987): for every signal and link the ring of two shortest ways and the link, shortest
/// first, kept where it is no sum of those kept.
pub(super) fn basis(core: &OffsetProblem) -> Vec<Ring> {
    let words = core.links.len().div_ceil(64);
    let mut kept: Vec<Ring> = Vec::new();
    let mut sums: Vec<(usize, Vec<u64>)> = Vec::new();
    let most = independent(core);
    for links in candidates(core) {
        if kept.len() >= most {
            break;
        }
        let mut bits = vec![0_u64; words];
        links.iter().for_each(|l| bits[l >> 6] ^= 1 << (l & 63));
        for (lead, sum) in &sums {
            if (bits[lead >> 6] >> (lead & 63)) & 1 == 1 {
                bits.iter_mut().zip(sum).for_each(|(b, s)| *b ^= s);
            }
        }
        let Some(word) = bits.iter().position(|&b| b != 0) else { continue };
        sums.push((64 * word + bits[word].trailing_zeros() as usize, bits));
        kept.push(walk(core, &links));
    }
    kept
}

/// Rings of a basis: the links that join what was joined before.
fn independent(core: &OffsetProblem) -> usize {
    let count = core.signals.len();
    let mut part: Vec<usize> = (0..count).collect();
    let mut joined = 0;
    for link in &core.links {
        let [one, other] = link.ends.map(|e| part[e]);
        if one != other {
            part.iter_mut().filter(|p| **p == other).for_each(|p| *p = one);
            joined += 1;
        }
    }
    core.links.len() - joined
}

/// Links of rings, sorted, shortest ring first.
fn candidates(core: &OffsetProblem) -> Vec<Vec<usize>> {
    let count = core.signals.len();
    let mut at: Vec<Vec<(usize, usize)>> = vec![Vec::new(); count];
    for (l, link) in core.links.iter().enumerate() {
        at[link.ends[0]].push((l, link.ends[1]));
        at[link.ends[1]].push((l, link.ends[0]));
    }
    let mut rings: Vec<Vec<usize>> = Vec::new();
    for root in 0..count {
        // Breadth first: the links and signals of the way back to the root.
        let mut ways: Vec<Option<(Vec<usize>, Vec<usize>)>> = vec![None; count];
        ways[root] = Some((Vec::new(), Vec::new()));
        let mut queue = vec![root];
        let mut next = 0;
        while let Some(&here) = queue.get(next) {
            next += 1;
            let Some((links, signals)) = ways[here].clone() else { continue };
            if links.len() >= FARTHEST {
                break;
            }
            for &(link, there) in &at[here] {
                if ways[there].is_none() {
                    let (mut links, mut signals) = (links.clone(), signals.clone());
                    links.push(link);
                    signals.push(there);
                    ways[there] = Some((links, signals));
                    queue.push(there);
                }
            }
        }
        for (l, link) in core.links.iter().enumerate() {
            let [Some((one, here)), Some((other, there))] = link.ends.map(|e| ways[e].as_ref()) else { continue };
            if !one.contains(&l) && !other.contains(&l) && !here.iter().any(|s| there.contains(s)) {
                let mut ring = [&one[..], &other[..], &[l]].concat();
                ring.sort_unstable();
                rings.push(ring);
            }
        }
    }
    rings.sort_unstable_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    rings.dedup();
    rings
}

/// Puts a ring's links in the order of a walk.
fn walk(core: &OffsetProblem, links: &[usize]) -> Ring {
    let mut left = links[1..].to_vec();
    let mut ring = vec![(links[0], true)];
    let mut here = core.links[links[0]].ends[1];
    while let Some(k) = left.iter().position(|&l| core.links[l].ends.contains(&here)) {
        let l = left.remove(k);
        let forward = core.links[l].ends[0] == here;
        here = core.links[l].ends[usize::from(forward)];
        ring.push((l, forward));
    }
    ring
}
