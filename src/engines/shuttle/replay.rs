//! A schedule drives shuttle.

use super::super::Driven;
use super::{Session, lock, roles, run};
use crate::machine::Transition;
use crate::program::Program;
use crate::schedule::Walk;
use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};
use std::sync::{Arc, Mutex};

/// Drives one execution of shuttle through `steps`.
pub fn replay(program: &Arc<Program>, steps: &[Transition]) -> Driven {
    let session = Arc::new(Mutex::new(Session::new(program, Walk::anywhere)));
    let roles = roles(program);
    let script = Script { starting: 1 + roles.len(), roles, steps: steps.to_vec(), next: 0 };
    run(&session, Box::new(script), |runs| runs == 0);
    let session = lock(&session);
    let walk = session.runs.walk();
    Driven { trace: walk.trace().to_vec(), state: walk.state().into() }
}

/// Chooses as a schedule says, and stops the execution where it says no more, or where the step it
/// names is not offered.
struct Script {
    roles: Vec<Transition>,
    /// Tasks that are shown as they start, before the first choice.
    starting: usize,
    steps: Vec<Transition>,
    next: usize,
}

impl Scheduler for Script {
    fn new_execution(&mut self) -> Option<Schedule> {
        Some(Schedule::new(0))
    }

    fn next_task(&mut self, runnable: &[&Task], _: Option<TaskId>, _: bool) -> Option<TaskId> {
        if self.starting > 0 {
            self.starting -= 1;
            return Some(runnable[0].id());
        }
        let step = *self.steps.get(self.next)?;
        let takes_it = |task: &&&Task| self.roles.get(usize::from(task.id()) - 1) == Some(&step);
        let task = runnable.iter().find(takes_it)?;
        self.next += 1;
        Some(task.id())
    }

    fn next_u64(&mut self) -> u64 {
        unreachable!("tasks ask for no random numbers")
    }
}
