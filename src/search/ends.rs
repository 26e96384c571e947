//! The census of ends.
//!
//! An end is a bottom strongly connected component of the state graph in which only spin turns can
//! be taken. While states are expanded, those with nothing enabled are counted at once: each is an
//! end of its own. Those in which every enabled transition may be part of a spin are remembered.
//! Only they can make up the other ends, so the strongly connected components are those of the
//! graph that they induce, and such a component is an end if no edge leaves it and each thread that
//! moves in it ends a turn there: a thread that goes round without a `yield` is not waiting.

use super::components::bottom_components;
use super::graph::Graph;
use super::store::Store;
use crate::machine::{Actor, Machine, Scratch, Step, Violation};

/// The ends found so far.
pub(super) struct Census {
    /// By class, as [`Program::end_classes`](crate::program::Program::end_classes) orders them.
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
        let classes = vec![Class::default(); machine.program().end_classes().count()];
        Census { classes, spinners: Vec::new() }
    }

    /// The ends by class, as [`Program::end_classes`](crate::program::Program::end_classes) orders them.
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
        let bottoms = bottom_components(spinners.len(), |rank| {
            let state = store.state(spinners[rank as usize]);
            let mut targets = Vec::new();
            machine.successors(state, scratch, |successor| {
                let target = store.find(successor.state);
                let rank = target.and_then(|target| spinners.binary_search(&target).ok());
                targets.push(rank.map_or(Graph::OUTSIDE, |rank| rank as u32));
            });
            targets
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
        let class = machine.end_class(states.iter().map(|&state| store.state(state)), scratch);
        let stuck = self.classes.len() - 1;
        let entry = &mut self.classes[class.unwrap_or(stuck)];
        entry.count += 1;
        if entry.nearest.is_none_or(|nearest| states[0] < nearest.state) {
            entry.nearest = Some(Nearest { state: states[0], spinning });
        }
        class
            .map(|_| ())
            .map_err(|(number, violation)| Unclassified { state: states[number], violation })
    }
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
