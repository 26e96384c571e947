//! Whether a run that goes on for ever breaks a liveness property.

use super::Run;
use crate::machine::Machine;
use crate::program::{Program, PropertyKind};
use crate::search::{Assumed, Assumption, denied};

/// Whether the run owes, from some state on, what the property promises, never gives it, and may
/// go on so for ever; if not, what it does.
pub(super) fn shows(machine: &Machine, run: &Run, kind: PropertyKind) -> Result<(), String> {
    let mut scratch = machine.scratch();
    // What cannot be evaluated is a failure of its own: it is no cause, and owes nothing.
    let mut holds = |addr, state: &[u64], otherwise| {
        machine.eval(addr, state, &mut scratch).unwrap_or(otherwise)
    };
    let (cause, promise) = match kind {
        PropertyKind::After(cause, promise) => (Some(cause), promise),
        PropertyKind::Eventually(promise) => (None, promise),
        _ => return Err("a property of states".to_string()),
    };
    let kept = run.states.iter().rposition(|state| holds(promise, state, true));
    let since = kept.map_or(0, |kept| kept + 1);
    let cycle_from = run.cycle_from.unwrap_or(run.steps.len());
    let owes = match cause {
        Some(cause) => run.states[since..].iter().any(|state| holds(cause, state, false)),
        None => since == 0,
    };
    if !owes || since > cycle_from {
        return Err("a run that keeps what the property promises".to_string());
    }
    if run.states[cycle_from] != run.states[run.steps.len()] {
        return Err("another state than the one that its cycle begins with".to_string());
    }
    let cycle = run.states[cycle_from..run.steps.len().max(cycle_from + 1)].to_vec();
    let steps: Vec<_> = run.steps[cycle_from..].iter().map(|taken| taken.transition).collect();
    match denied(run.program, &cycle, &steps).first() {
        None => Ok(()),
        Some(assumption) => {
            let who = name(run.program, assumption);
            Err(format!("a run that is unfair: {who} is assumed to go on, and does not"))
        }
    }
}

/// Of whom something is assumed.
fn name(program: &Program, assumption: &Assumption) -> String {
    match assumption.of {
        Assumed::Thread(thread) => program.threads[thread].name.clone(),
        Assumed::Action(action) => program.actions[action].name.clone(),
        Assumed::Step(thread, place) => {
            let thread = &program.threads[thread];
            let statement = thread.places[place as usize].statement;
            let statement = &program.statements[statement as usize];
            format!("{} at {}:{}", thread.name, statement.owner, statement.line)
        }
    }
}
