//! A schedule drives loom.
//!
//! Only the gate of whoever takes the next step is open, so that there is exactly one execution. As
//! nobody waits beside an open gate, one loom thread makes all steps of a thread of the cast, and one
//! all the kernel's.

use super::super::Driven;
use super::{
    Leaving, Limits, Plan, Refusal, STEPS_MAX, Session, THREADS_MAX, branches_max, builder,
    execution, lock,
};
use crate::machine::{Actor, Transition};
use crate::program::Program;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Drives one execution of loom through `steps`.
///
/// # Errors
/// Why loom cannot run this schedule.
///
/// # Panics
/// If loom finds a choice where there is none.
pub fn replay(program: &Arc<Program>, steps: &[Transition]) -> Result<Driven, Refusal> {
    let plan = plan(steps);
    if plan.threads.len() > THREADS_MAX {
        return Err(Refusal::Threads { needed: plan.describe(program) });
    }
    if steps.len() > STEPS_MAX {
        return Err(Refusal::Steps { needed: steps.len() });
    }
    let builder = builder(Limits::default(), branches_max(steps.len()));
    let leaving = Leaving::After(steps.to_vec());
    let session = Arc::new(Mutex::new(Session::new(program, plan, leaving)));
    let model = Arc::clone(&session);
    builder.check(move || execution(&model));
    let session = lock(&session);
    assert_eq!(session.executions, 1, "a schedule leaves loom no choice");
    let walk = session.runs.walk();
    Ok(Driven { trace: walk.trace().to_vec(), state: walk.state().into() })
}

/// A loom thread for each thread of the cast that steps, and one for the kernel if it does.
fn plan(steps: &[Transition]) -> Plan {
    let mut threads: BTreeMap<Option<u16>, Vec<Transition>> = BTreeMap::new();
    for step in steps {
        let thread = match step.actor {
            Actor::Thread(thread) => Some(thread),
            Actor::Action(_) => None,
        };
        let own = threads.entry(thread).or_default();
        if !own.contains(step) {
            own.push(*step);
        }
    }
    Plan { threads: threads.into_values().collect(), steps_max: steps.len() }
}
