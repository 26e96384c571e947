//! Strongly connected components of a part of a graph.
//!
//! R. Tarjan, "Depth-first search and linear graph algorithms", 1972, with a stack of its own: a
//! graph may be deeper than a thread's.

use super::graph::Graph;
use std::ops::Deref;

/// Not visited yet.
const UNSEEN: u32 = u32::MAX;
/// Outside the part, or in a component that is complete.
const CLOSED: u32 = u32::MAX - 1;

/// A strongly connected component.
pub(super) struct Component<'a> {
    /// Its states, in no order that means anything.
    pub(super) states: &'a [u32],
    /// No edge leads out of it.
    pub(super) is_bottom: bool,
}

/// Calls `sink` with each strongly connected component of the graph that `members` induce, every one
/// after those that it leads to. `work` is empty, or what another call left.
pub(super) fn components(
    graph: &Graph<'_>,
    members: &[u32],
    work: &mut Vec<u32>,
    sink: impl FnMut(Component<'_>),
) {
    work.resize(graph.len(), CLOSED);
    components_by(|state| graph.targets(state), members, work, sink);
}

/// A state whose edges are being followed.
struct Visit<T> {
    state: u32,
    /// States visited before it.
    order: u32,
    targets: T,
    /// The next edge.
    next: usize,
    /// An edge of it, or of a state of its component that was visited from it, leads out.
    leaves: bool,
}

/// As [`components`], of a graph that is given by where the edges of a state lead, which is asked once
/// for each member. A target that is [`Graph::OUTSIDE`] is no state; any other is an index into `work`,
/// where all is [`CLOSED`].
fn components_by<T: Deref<Target = [u32]>>(
    mut targets: impl FnMut(u32) -> T,
    members: &[u32],
    work: &mut [u32],
    mut sink: impl FnMut(Component<'_>),
) {
    members.iter().for_each(|&state| work[state as usize] = UNSEEN);
    // While a state is open, `work` holds the least order that is known to be reachable from it.
    let low = work;
    let mut path: Vec<u32> = Vec::new();
    let mut visits: Vec<Visit<T>> = Vec::new();
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
                let targets = targets(state);
                visits.push(Visit { state, order: seen, targets, next: 0, leaves: false });
                seen += 1;
            }
            let Some(visit) = visits.last_mut() else { break };
            let state = visit.state as usize;
            while let Some(&target) = visit.targets.get(visit.next) {
                visit.next += 1;
                match if target == Graph::OUTSIDE { CLOSED } else { low[target as usize] } {
                    UNSEEN => {
                        entering = Some(target);
                        break;
                    }
                    CLOSED => visit.leaves = true,
                    reached => low[state] = low[state].min(reached),
                }
            }
            if entering.is_some() {
                continue;
            }
            let Some(Visit { order, leaves, .. }) = visits.pop() else { break };
            let least = low[state];
            let parent = visits.last_mut();
            if least < order {
                let parent = parent.expect("the component's first state is still open");
                low[parent.state as usize] = low[parent.state as usize].min(least);
                parent.leaves |= leaves;
                continue;
            }
            let start = path.iter().rposition(|&member| member as usize == state);
            let start = start.expect("a state is on its own path");
            path[start..].iter().for_each(|&member| low[member as usize] = CLOSED);
            sink(Component { states: &path[start..], is_bottom: !leaves });
            path.truncate(start);
            // The edge that was followed here leads into another component.
            if let Some(parent) = parent {
                parent.leaves = true;
            }
        }
    }
}

/// The components that no edge leaves, of a graph with so many nodes. `targets` says where the edges
/// of a node lead, [`Graph::OUTSIDE`] if to no node.
pub(super) fn bottom_components(
    nodes: usize,
    targets: impl FnMut(u32) -> Vec<u32>,
) -> Vec<Vec<u32>> {
    let all: Vec<u32> = (0..nodes as u32).collect();
    let mut bottoms = Vec::new();
    components_by(targets, &all, &mut vec![CLOSED; nodes], |component| {
        if component.is_bottom {
            bottoms.push(component.states.to_vec());
        }
    });
    bottoms
}

#[cfg(test)]
mod tests {
    use super::{Graph, bottom_components};

    const OUT: u32 = Graph::OUTSIDE;

    #[track_caller]
    fn check(edges: &[(u32, u32)], nodes: usize, expected: &[&[u32]]) {
        let mut bottoms = bottom_components(nodes, |node| {
            edges.iter().filter(|edge| edge.0 == node).map(|edge| edge.1).collect()
        });
        bottoms.iter_mut().for_each(|component| component.sort_unstable());
        bottoms.sort();
        assert_eq!(bottoms, expected);
    }

    #[test]
    fn bottom_components_are_those_that_no_edge_leaves() {
        check(&[], 2, &[&[0], &[1]]);
        check(&[(0, 0), (1, OUT)], 2, &[&[0]]);
        check(&[(0, 1), (1, 2), (2, 1)], 3, &[&[1, 2]]);
        check(&[(0, 1), (1, 0), (1, OUT)], 2, &[]);
        check(&[(0, 1), (1, 0), (1, 2), (2, 3), (3, 2), (4, 0)], 5, &[&[2, 3]]);
        // A cycle that is entered in its middle, with a chord.
        check(&[(2, 0), (0, 1), (1, 2), (1, 0)], 3, &[&[0, 1, 2]]);
        // The edge out is that of a state which is visited last, and not of the one visited first.
        check(&[(0, 1), (1, 2), (2, 0), (2, 3)], 4, &[&[3]]);
        // The edge out leads to a component that was complete before.
        check(&[(1, 2), (2, 1), (2, 0)], 3, &[&[0]]);
    }
}
