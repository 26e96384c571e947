//! Whether a state lies in an end, and which.
//!
//! An end is a bottom strongly connected component of the state graph in which nothing but spin
//! turns can run. Seen from one of its states it is small, so it is found without the search.

use crate::machine::{Machine, Scratch, Step};
use crate::program::{FINISHED, Program};
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
    let mut scratch = machine.scratch();
    let states = component(&machine, state, &mut scratch)?;
    let mut holds_in_all =
        |addr| states.iter().all(|state| machine.eval(addr, state, &mut scratch).unwrap_or(false));
    let declared = program.outcomes.iter().find(|outcome| holds_in_all(outcome.when));
    let (outcome, fine) = match declared {
        Some(outcome) => (outcome.name.as_str(), outcome.fine),
        None if states.iter().all(|state| done(&machine, state, &mut scratch)) => ("done", true),
        None => ("stuck", false),
    };
    Some(End { outcome: outcome.to_string(), fine, spinning: states.len() > 1 })
}

/// Every live thread has finished.
fn done(machine: &Machine, state: &[u64], scratch: &mut Scratch) -> bool {
    machine.program().threads.iter().enumerate().all(|(index, thread)| {
        let lives =
            thread.lives.is_none_or(|lives| machine.eval(lives, state, scratch).unwrap_or(true));
        !lives || machine.place(state, index) == FINISHED
    })
}

/// The states that can be reached from `start`, if each can come back to it and all steps spin.
fn component(machine: &Machine, start: &[u64], scratch: &mut Scratch) -> Option<Vec<Box<[u64]>>> {
    let mut index_of: HashMap<Box<[u64]>, usize> = HashMap::from([(start.into(), 0)]);
    let mut states: Vec<Box<[u64]>> = vec![start.into()];
    let mut comes_from: Vec<Vec<usize>> = vec![Vec::new()];
    let mut next = 0;
    while next < states.len() {
        let mut leaves = false;
        let state = states[next].clone();
        machine.successors(&state, scratch, |successor| {
            leaves |= !successor.spins || matches!(successor.step, Step::Violation(_));
            let to = *index_of.entry(successor.state.into()).or_insert_with(|| {
                states.push(successor.state.into());
                comes_from.push(Vec::new());
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
    returns.iter().all(|&returns| returns).then_some(states)
}
