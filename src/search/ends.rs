//! The census of ends.
//!
//! An end is a bottom strongly connected component of the state graph in which only spin turns can
//! be taken. While states are expanded, those with nothing enabled are counted at once: each is an
//! end of its own. Those in which every enabled transition may be part of a spin are remembered.
//! Only they can make up the other ends, so the strongly connected components are those of the
//! graph that they induce (R. Tarjan, "Depth-first search and linear graph algorithms", 1972), and
//! such a component is an end if no edge leaves it and each thread that moves in it ends a turn
//! there: a thread that goes round without a `yield` is not waiting.

use super::graph::States;
use super::store::Store;
use crate::machine::{Actor, Machine, Scratch, Step, Violation};
use crate::program::FINISHED;

/// The ends found so far.
pub(super) struct Census {
    /// By class: the program's outcomes, then `done`, then `stuck`.
    classes: Vec<Class>,
    /// Expanded states in which every enabled transition may be part of a spin, in order.
    spinners: Vec<u32>,
}

/// The ends of one outcome.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Class {
    /// How many there are.
    pub(super) count: u64,
    /// Of the end that is nearest to the initial state.
    pub(super) nearest: Option<Nearest>,
}

/// The end that is nearest to the initial state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nearest {
    /// Its first state in the order of discovery.
    pub(super) state: u32,
    /// Threads spin in it.
    pub(super) spinning: bool,
}

/// An outcome's condition, or one of a thread's life, could not be evaluated in a state.
pub(super) struct Unclassified {
    pub(super) state: u32,
    pub(super) violation: Violation,
}

impl Census {
    pub(super) fn new(machine: &Machine<'_>) -> Census {
        let classes = vec![Class::default(); machine.program().outcomes.len() + 2];
        Census { classes, spinners: Vec::new() }
    }

    /// By class: the program's outcomes, then `done`, then `stuck`.
    pub(super) fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// Bytes that are allocated.
    pub(super) fn bytes(&self) -> usize {
        self.spinners.capacity() * size_of::<u32>()
    }

    /// Counts a state with nothing enabled.
    pub(super) fn add_blocked<const W: usize>(
        &mut self,
        state: u32,
        store: &Store<W>,
        machine: &Machine<'_>,
        scratch: &mut Scratch,
    ) -> Result<(), Unclassified> {
        self.add(&[state], false, store, machine, scratch)
    }

    /// Remembers an expanded state in which only spin turns seem to be left. States come in order.
    pub(super) fn add_spinner(&mut self, state: u32) {
        self.spinners.push(state);
    }

    /// Counts the ends that spin, once no more states will be expanded. Goes on to the next end if
    /// one cannot be classified, and hands the reason to `unclassified`.
    pub(super) fn add_spinning<const W: usize>(
        &mut self,
        store: &Store<W>,
        machine: &Machine<'_>,
        scratch: &mut Scratch,
        mut unclassified: impl FnMut(Unclassified),
    ) {
        let spinners = std::mem::take(&mut self.spinners);
        let bottoms = bottom_components(spinners.len(), |rank, targets| {
            let state = store.state(spinners[rank as usize]);
            machine.successors(state, scratch, |successor| {
                let target = store.find(successor.state);
                let rank = target.and_then(|target| spinners.binary_search(&target).ok());
                targets.push(rank.map(|rank| rank as u32));
            });
        });
        for ranks in bottoms {
            let mut states: Vec<u32> = ranks.iter().map(|&rank| spinners[rank as usize]).collect();
            states.sort_unstable();
            if turns_end(&states, store, machine, scratch)
                && let Err(reason) = self.add(&states, true, store, machine, scratch)
            {
                unclassified(reason);
            }
        }
        self.spinners = spinners;
    }

    /// Counts an end, given its states in order.
    fn add<const W: usize>(
        &mut self,
        states: &[u32],
        spinning: bool,
        store: &Store<W>,
        machine: &Machine<'_>,
        scratch: &mut Scratch,
    ) -> Result<(), Unclassified> {
        let class = classify(states, store, machine, scratch);
        // What cannot be classified is stuck: the worst that an end can be.
        let class_index = *class.as_ref().unwrap_or(&(self.classes.len() - 1));
        let entry = &mut self.classes[class_index];
        entry.count += 1;
        if entry.nearest.is_none_or(|nearest| states[0] < nearest.state) {
            entry.nearest = Some(Nearest { state: states[0], spinning });
        }
        class.map(|_| ())
    }
}

/// The class of the end with these states: the first whose condition holds in all of them.
pub(super) fn classify(
    states: &[u32],
    store: &dyn States,
    machine: &Machine<'_>,
    scratch: &mut Scratch,
) -> Result<usize, Unclassified> {
    let outcomes = &machine.program().outcomes;
    for (class, outcome) in outcomes.iter().enumerate() {
        if all(states, |state| machine.eval(outcome.when, store.state(state), scratch))? {
            return Ok(class);
        }
    }
    let done = all(states, |state| done(store.state(state), machine, scratch))?;
    Ok(outcomes.len() + usize::from(!done))
}

/// Whether the condition holds in all the states.
fn all(
    states: &[u32],
    mut holds: impl FnMut(u32) -> Result<bool, Violation>,
) -> Result<bool, Unclassified> {
    for &state in states {
        if !holds(state).map_err(|violation| Unclassified { state, violation })? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether every live thread has finished.
fn done(state: &[u64], machine: &Machine<'_>, scratch: &mut Scratch) -> Result<bool, Violation> {
    for (index, thread) in machine.program().threads.iter().enumerate() {
        if machine.place(state, index) != FINISHED
            && thread.lives.map_or(Ok(true), |lives| machine.eval(lives, state, scratch))?
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether each thread that moves in this component ends a turn of a yielding loop in it.
fn turns_end<const W: usize>(
    states: &[u32],
    store: &Store<W>,
    machine: &Machine<'_>,
    scratch: &mut Scratch,
) -> bool {
    let threads = machine.program().threads.len();
    let (mut moves, mut yields) = (vec![false; threads], vec![false; threads]);
    for &state in states {
        machine.successors(store.state(state), scratch, |successor| {
            if let Actor::Thread(thread) = successor.transition.actor {
                moves[usize::from(thread)] = true;
                yields[usize::from(thread)] |= successor.step == Step::Done { yielded: true };
            }
        });
    }
    moves == yields
}

/// The strongly connected components that no edge leaves, of a graph with this many nodes.
/// `successors` appends the targets of a node's edges; `None` is a node outside the graph.
fn bottom_components(
    nodes: usize,
    mut successors: impl FnMut(u32, &mut Vec<Option<u32>>),
) -> Vec<Vec<u32>> {
    const UNSEEN: u32 = u32::MAX;
    /// A node whose edges are being followed.
    struct Visit {
        node: u32,
        targets: Vec<Option<u32>>,
        next: usize,
    }
    let mut order = vec![UNSEEN; nodes];
    let mut low = vec![UNSEEN; nodes];
    let mut on_path = vec![false; nodes];
    // Whether an edge of the node leads out of its component.
    let mut leaves = vec![false; nodes];
    let mut path = Vec::new();
    let mut seen = 0;
    let mut bottoms = Vec::new();
    let mut visits: Vec<Visit> = Vec::new();
    for root in 0..nodes as u32 {
        if order[root as usize] != UNSEEN {
            continue;
        }
        let mut entering = Some(root);
        loop {
            if let Some(node) = entering.take() {
                (order[node as usize], low[node as usize]) = (seen, seen);
                seen += 1;
                on_path[node as usize] = true;
                path.push(node);
                let mut targets = Vec::new();
                successors(node, &mut targets);
                visits.push(Visit { node, targets, next: 0 });
            }
            let Some(visit) = visits.last_mut() else { break };
            let node = visit.node as usize;
            if let Some(&target) = visit.targets.get(visit.next) {
                match target {
                    Some(target) if order[target as usize] == UNSEEN => {
                        // Looked at again when it has been visited.
                        entering = Some(target);
                        continue;
                    }
                    Some(target) if on_path[target as usize] => {
                        low[node] = low[node].min(low[target as usize]);
                    }
                    _ => leaves[node] = true,
                }
                visit.next += 1;
                continue;
            }
            if low[node] == order[node] {
                let start = path.iter().rposition(|&member| member as usize == node);
                let component = path.split_off(start.expect("a node is on its own path"));
                for &member in &component {
                    on_path[member as usize] = false;
                }
                if !component.iter().any(|&member| leaves[member as usize]) {
                    bottoms.push(component);
                }
            }
            visits.pop();
        }
    }
    bottoms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(edges: &[(u32, Option<u32>)], nodes: usize, expected: &[&[u32]]) {
        let mut bottoms = bottom_components(nodes, |node, targets| {
            targets.extend(edges.iter().filter(|edge| edge.0 == node).map(|edge| edge.1));
        });
        bottoms.iter_mut().for_each(|component| component.sort_unstable());
        bottoms.sort();
        assert_eq!(bottoms, expected);
    }

    #[test]
    fn bottom_components_are_those_that_no_edge_leaves() {
        check(&[], 2, &[&[0], &[1]]);
        check(&[(0, Some(0)), (1, None)], 2, &[&[0]]);
        check(&[(0, Some(1)), (1, Some(2)), (2, Some(1))], 3, &[&[1, 2]]);
        check(&[(0, Some(1)), (1, Some(0)), (1, None)], 2, &[]);
        check(
            &[(0, Some(1)), (1, Some(0)), (1, Some(2)), (2, Some(3)), (3, Some(2)), (4, Some(0))],
            5,
            &[&[2, 3]],
        );
        // A cycle that is entered in its middle, with a chord.
        check(&[(2, Some(0)), (0, Some(1)), (1, Some(2)), (1, Some(0))], 3, &[&[0, 1, 2]]);
    }
}
