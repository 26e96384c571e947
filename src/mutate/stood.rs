//! The statements at which a thread stands in some state, whether or not it ever takes the step.
//!
//! A statement that waits for ever, or that a gate keeps from going on, does not run, and yet the check
//! turns on it: without it the thread would go on. So does a `yield` that never runs in a loop in which a
//! thread stands: without it the thread's steps there would be no part of a spin. And what fails in the
//! step of a statement before it has not run either.

use crate::machine::{Machine, Step};
use crate::program::{CheckId, PlaceId, Program, Span, StatementId};
use crate::search::Distinct;
use std::collections::HashSet;

/// Those statements: of the places that threads reach, with the calls that lead there, and with what
/// stands inside them and has no place of its own; and all states. `states` says how many the program
/// has.
pub(super) fn stood(program: &Program, states: u64) -> (HashSet<StatementId>, Distinct<0>) {
    let machine = Machine::new(program).tabulated();
    let mut scratch = machine.scratch();
    let mut known = Distinct::<0>::new(program.layout.words, states as usize + 1);
    let mut reached: Vec<Vec<bool>> =
        program.threads.iter().map(|thread| vec![false; thread.places.len()]).collect();
    known.add(&program.initial).expect("there is room for all states");
    let mut failed: HashSet<CheckId> = HashSet::new();
    let mut next = 0;
    let mut state = Vec::new();
    while next < known.len() {
        state.clear();
        state.extend_from_slice(known.get(next));
        next += 1;
        for (index, thread) in program.threads.iter().enumerate() {
            let own = program.layout.fields[usize::from(thread.place)].get(&state);
            for place in [own as PlaceId, machine.place(&state, index)] {
                reached[index][place as usize] = true;
            }
        }
        machine.successors(&state, &mut scratch, |successor| {
            if let Step::Violation(violation) = successor.step {
                failed.insert(violation.check);
            } else {
                known.add(successor.state).expect("there is room for all states");
            }
        });
    }
    let places = program.threads.iter().zip(&reached).flat_map(|(thread, reached)| {
        thread
            .places
            .iter()
            .zip(reached)
            .skip(1)
            .filter(|(_, reached)| **reached)
            .map(|(place, _)| place)
    });
    let mut stood = HashSet::new();
    let mut spinning = HashSet::new();
    for place in places {
        let here = || place.calls.iter().copied().chain([place.statement]);
        stood.extend(here());
        if place.spins {
            spinning.extend(here().map(|id| program.statements[id as usize].owner.as_str()));
        }
    }
    let all = program.threads.iter().flat_map(|thread| thread.places.iter().skip(1));
    let with_places: HashSet<StatementId> = all.map(|place| place.statement).collect();
    let span = |id: StatementId| program.statements[id as usize].span;
    let outer: Vec<Span> = stood.iter().map(|&id| span(id)).collect();
    let ids = || 0..program.statements.len() as StatementId;
    let is_part = |id: &StatementId| {
        !with_places.contains(id) && outer.iter().any(|outer| holds(*outer, span(*id)))
    };
    stood.extend(ids().filter(is_part));
    let failed: Vec<Span> =
        failed.iter().map(|&check| program.checks[usize::from(check)].span).collect();
    stood.extend(ids().filter(|&id| failed.iter().any(|&failed| holds(span(id), failed))));
    // A `yield` makes a spin loop of the loop around it also where it never runs.
    let statements = (0..).zip(&program.statements);
    let yields = statements.filter(|(_, statement)| statement.label == "yield");
    let spun = yields.filter(|(_, statement)| spinning.contains(statement.owner.as_str()));
    stood.extend(spun.map(|(id, _): (StatementId, _)| id));
    (stood, known)
}

/// Whether one stretch of a text lies in another.
fn holds(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}
