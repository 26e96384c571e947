//! Strongly connected components of a part of the state graph.
//!
//! R. Tarjan, "Depth-first search and linear graph algorithms", 1972, with a stack of its own: a
//! graph may be deeper than a thread's.

use super::graph::Graph;

/// Not visited yet.
const UNSEEN: u32 = u32::MAX;
/// Outside the part, or in a component that is complete.
const CLOSED: u32 = u32::MAX - 1;

/// Calls `sink` with the states of each strongly connected component of the graph that `members`
/// induce, every one after those that it leads to. `work` is empty, or what another call left.
pub(super) fn components(
    graph: &Graph<'_>,
    members: &[u32],
    work: &mut Vec<u32>,
    mut sink: impl FnMut(&[u32]),
) {
    work.resize(graph.len(), CLOSED);
    members.iter().for_each(|&state| work[state as usize] = UNSEEN);
    // While a state is open, `work` holds the least order that is known to be reachable from it.
    let low = work;
    let mut path: Vec<u32> = Vec::new();
    // State, its order, and its next edge.
    let mut visits: Vec<(u32, u32, usize)> = Vec::new();
    let mut seen = 0;
    for &root in members {
        if low[root as usize] != UNSEEN {
            continue;
        }
        let mut entering = Some(root);
        loop {
            if let Some(state) = entering.take() {
                low[state as usize] = seen;
                path.push(state);
                visits.push((state, seen, 0));
                seen += 1;
            }
            let Some((state, order, next)) = visits.last_mut() else { break };
            let (state, order) = (*state as usize, *order);
            let targets = graph.targets(state as u32);
            let mut child = None;
            while let Some(&target) = targets.get(*next) {
                *next += 1;
                if target == Graph::OUTSIDE {
                    continue;
                }
                match low[target as usize] {
                    UNSEEN => {
                        child = Some(target);
                        break;
                    }
                    CLOSED => {}
                    reached => low[state] = low[state].min(reached),
                }
            }
            if child.is_some() {
                entering = child;
                continue;
            }
            let least = low[state];
            if least == order {
                let start = path.iter().rposition(|&member| member as usize == state);
                let start = start.expect("a state is on its own path");
                path[start..].iter().for_each(|&member| low[member as usize] = CLOSED);
                sink(&path[start..]);
                path.truncate(start);
            }
            visits.pop();
            if let Some((parent, _, _)) = visits.last() {
                let parent = *parent as usize;
                if low[state] != CLOSED {
                    low[parent] = low[parent].min(least);
                }
            }
        }
    }
}
