//! Whether a state lies in an end, and which.
//!
//! An end is a bottom strongly connected component of the state graph in which nothing but spin
//! turns can run. Seen from one of its states it is small, so it is found without the search.

use crate::machine::{Actor, Machine, Scratch, Step, Transition, Violation};
use crate::program::Program;
use std::collections::HashMap;

/// States of one end that are looked at, at most.
const STATES_MAX: usize = 1 << 20;

/// The end that a state lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The outcome's name: a declared one, `done` or `stuck`.
    pub outcome: String,
    /// It is a good end.
    pub fine: bool,
    /// Something still runs in it, to no effect.
    pub spinning: bool,
}

/// The end that `state` lies in; `None` if the run can leave it, or does more than spin in it.
pub fn end_at(program: &Program, state: &[u64]) -> Option<End> {
    let machine = Machine::new(program);
    end_in(&machine, state, &mut machine.scratch())
}

/// As [`end_at`], for callers that have a machine.
fn end_in(machine: &Machine, state: &[u64], scratch: &mut Scratch) -> Option<End> {
    Rest::of(machine, state, scratch).map(|rest| rest.end)
}

/// An end that a run has got to, and where it can still be in it.
#[derive(Debug, Clone)]
pub(super) struct Rest {
    pub end: End,
    /// All its states; the first is the one that the run has got to.
    pub states: Vec<Box<[u64]>>,
    /// By state but the first: the state before it, and the step between them.
    from: Vec<(usize, Transition)>,
    /// An outcome, or whether a thread lives, cannot be evaluated in the state with this index.
    pub unclassified: Option<(usize, Violation)>,
}

impl Rest {
    /// The end that `state` lies in; `None` as for [`end_at`].
    pub fn of(machine: &Machine, state: &[u64], scratch: &mut Scratch) -> Option<Rest> {
        let Component { states, from, spinning } = Component::of(machine, state, scratch)?;
        let class = machine.end_class(states.iter().map(|state| &**state), scratch);
        let mut classes = machine.program().end_classes();
        let named = if let Ok(class) = class { classes.nth(class) } else { classes.next_back() };
        let (outcome, fine) = named.expect("a class has a name");
        let end = End { outcome: outcome.to_string(), fine, spinning };
        Some(Rest { end, states, from, unclassified: class.err() })
    }

    /// The steps from the first state to the one with this index.
    pub fn steps_to(&self, mut index: usize) -> Vec<Transition> {
        let mut steps = Vec::new();
        while index > 0 {
            let (before, step) = self.from[index - 1];
            steps.push(step);
            index = before;
        }
        steps.reverse();
        steps
    }
}

/// A bottom component in which threads at most spin.
struct Component {
    states: Vec<Box<[u64]>>,
    /// By state but the first: the state before it, and the step between them.
    from: Vec<(usize, Transition)>,
    spinning: bool,
}

impl Component {
    /// The states that can be reached from `start`, if each can come back to it, every step may be
    /// part of a spin, and each thread that moves ends a turn.
    fn of(machine: &Machine, start: &[u64], scratch: &mut Scratch) -> Option<Component> {
        let threads = machine.program().threads.len();
        let (mut moves, mut yields) = (vec![false; threads], vec![false; threads]);
        let mut index_of: HashMap<Box<[u64]>, usize> = HashMap::from([(start.into(), 0)]);
        let mut states: Vec<Box<[u64]>> = vec![start.into()];
        let mut comes_from: Vec<Vec<usize>> = vec![Vec::new()];
        let mut from = Vec::new();
        let mut next = 0;
        while next < states.len() {
            let mut leaves = false;
            let state = states[next].clone();
            machine.successors(&state, scratch, |successor| {
                match (successor.transition.actor, successor.step, successor.spins) {
                    (Actor::Thread(thread), Step::Done { yielded }, true) => {
                        moves[usize::from(thread)] = true;
                        yields[usize::from(thread)] |= yielded;
                    }
                    _ => leaves = true,
                }
                let to = *index_of.entry(successor.state.into()).or_insert_with(|| {
                    states.push(successor.state.into());
                    comes_from.push(Vec::new());
                    from.push((next, successor.transition));
                    states.len() - 1
                });
                comes_from[to].push(next);
            });
            if leaves || states.len() > STATES_MAX {
                return None;
            }
            next += 1;
        }
        let mut returns = vec![false; states.len()];
        let mut stack = vec![0];
        while let Some(index) = stack.pop() {
            if !std::mem::replace(&mut returns[index], true) {
                stack.extend(&comes_from[index]);
            }
        }
        let spinning = moves.contains(&true);
        let is_end = returns.iter().all(|&returns| returns) && moves == yields;
        is_end.then_some(Component { states, from, spinning })
    }
}
