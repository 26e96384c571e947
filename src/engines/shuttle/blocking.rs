//! The program on shuttle's own blocking, without the wrapper.
//!
//! Threads share the state under a shuttle mutex, and wait on a shuttle condition variable while they
//! cannot step. What can go on is for shuttle to find out, and a bad end is a deadlock of shuttle's.
//! So this shares nothing with the wrapper or with how ends are classified, and is slow.

use super::{Choice, Limits, config, roles, task_name};
use crate::machine::{Actor, SharedMachine, Step, Transition};
use crate::program::{FINISHED, Program, Thread};
use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};
use shuttle::sync::{Condvar, Mutex};
use shuttle::{Runner, thread};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What shuttle says of a program that blocks for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocked {
    /// No run deadlocked or failed; how many runs there were.
    Never(u64),
    /// A run deadlocked or a step failed, in shuttle's words.
    Failed(String),
}

/// Takes runs of `program` until one fails or there are enough.
pub fn blocking(program: &Arc<Program>, choice: Choice, limits: Limits) -> Blocked {
    let program = Arc::clone(program);
    let machine = Arc::new(SharedMachine::new(Arc::clone(&program)));
    let limited = Limited { inner: choice.scheduler(), left: limits.runs.unwrap_or(u64::MAX) };
    let mut config = config();
    config.max_time = limits.time;
    let runner = Runner::new(limited, config);
    match catch_unwind(AssertUnwindSafe(|| runner.run(move || execution(&program, &machine)))) {
        Ok(runs) => Blocked::Never(runs as u64),
        Err(panic) => Blocked::Failed(match panic.downcast::<String>() {
            Ok(message) => *message,
            Err(panic) => std::panic::resume_unwind(panic),
        }),
    }
}

/// A state, and who waits for it to change.
struct Shared {
    state: Mutex<Vec<u64>>,
    changed: Condvar,
}

fn execution(program: &Arc<Program>, machine: &Arc<SharedMachine>) {
    let shared = Shared { state: Mutex::new(program.initial.clone()), changed: Condvar::new() };
    let shared = Arc::new(shared);
    let mut tasks = Vec::new();
    for role in roles(program) {
        let (shared, machine) = (Arc::clone(&shared), Arc::clone(machine));
        let builder = thread::Builder::new().name(task_name(program, role));
        let task = builder.spawn(move || act(&shared, &machine, role));
        let task = task.expect("shuttle has threads to spare");
        tasks.push(task);
    }
    for task in tasks {
        task.join().expect("a task's panic ends the execution before this");
    }
}

/// Steps whenever it can, until the thread has finished; an action, until all have.
fn act(shared: &Shared, machine: &SharedMachine, role: Transition) {
    let machine = machine.machine();
    let mut scratch = machine.scratch();
    let mut after = machine.program().initial.clone();
    let mut state = shared.state.lock().expect("a panic ends the execution");
    loop {
        let program = machine.program();
        let finished = |thread: &Thread| {
            let place = program.layout.fields[usize::from(thread.place)].get(&state);
            place == FINISHED as i32
        };
        let leaves = match role.actor {
            Actor::Thread(thread) => finished(&program.threads[usize::from(thread)]),
            Actor::Action(_) => program.threads.iter().all(finished),
        };
        if leaves {
            return;
        }
        match machine.step(&state, role, &mut after, &mut scratch) {
            Step::Violation(violation) => {
                let check = &machine.program().checks[usize::from(violation.check)];
                std::panic::panic_any(format!("{}: {}", check.kind.name(), check.message));
            }
            Step::Done { .. } if *state != after => {
                state.copy_from_slice(&after);
                shared.changed.notify_all();
                drop(state);
                state = shared.state.lock().expect("a panic ends the execution");
            }
            // A step that changes nothing is a turn of a spin loop: it waits for somebody else.
            Step::Done { .. } | Step::Disabled => {
                state = shared.changed.wait(state).expect("a panic ends the execution");
            }
        }
    }
}

/// A scheduler that stops after so many executions.
struct Limited {
    inner: Box<dyn Scheduler>,
    left: u64,
}

impl Scheduler for Limited {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.left = self.left.checked_sub(1)?;
        self.inner.new_execution()
    }

    fn next_task(&mut self, tasks: &[&Task], last: Option<TaskId>, yields: bool) -> Option<TaskId> {
        self.inner.next_task(tasks, last, yields)
    }

    fn next_u64(&mut self) -> u64 {
        self.inner.next_u64()
    }
}
