//! loom: the program on loom's threads, sequentially consistent.
//!
//! Each thread of the cast runs on a loom thread, and so do agents for what the kernel does (see
//! [`Plan`]). Before each a gate stands, a loom channel that holds a message while the thread has a
//! step to make; a step is a receipt at one's own gate. With it a thread closes all other gates, which
//! is how loom learns that the step depends on every other, takes the step, and opens the gates of
//! those that can go on. loom explores receipts at one's own gate only: what happens between them is
//! one step. An execution of loom is thus one walk of the program ([`Walk`]), and loom takes each
//! once.
//!
//! loom is exhaustive up to its limits: five threads; a number of branches in an execution, which is
//! as many here as the longest walk needs (threads that spin would use up any number, but here they
//! wait); and the bound on preemptions, if one is set. It can abort the process, so the command line
//! runs it in a child.

pub mod c11;
mod plan;
mod replay;
mod wire;

pub use plan::{Plan, Refusal, STEPS_MAX, THREADS_MAX};
pub use replay::replay;
pub use wire::{Answer, WireReport, WireRun};

use super::Ran;
use crate::machine::{SharedMachine, Transition};
use crate::program::{FINISHED, Program};
use crate::schedule::{Runs, Walk};
use crate::search::{Completeness, Report};
use ::loom::sync::mpsc::{Receiver, Sender, channel};
use ::loom::thread;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Programs with more states are not for loom.
pub const STATES_MAX: usize = 200_000;
/// Branches of an execution, at most; loom stops a model that has more. A step closes and opens each
/// gate once.
const BRANCHES_PER_STEP: usize = 2 * THREADS_MAX;
/// And when threads start and end.
const BRANCHES_BESIDE: usize = 100;

/// When to stop, and what to leave out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// How many executions, at most.
    pub runs: Option<u64>,
    /// How long, give or take an execution.
    pub time: Option<Duration>,
    /// Executions with more preemptions are left out.
    pub preemptions: Option<u8>,
}

/// When loom's threads end.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Leaving {
    /// When the walk is over, however it ended.
    AtTheEnd,
    /// When the threads of the cast have finished: whoever is left waits for ever.
    WhenFinished,
    /// When these steps, and no others, have been taken, or the next cannot be.
    After(Vec<Transition>),
}

/// What the executions have in common.
struct Session {
    machine: SharedMachine,
    plan: Plan,
    leaving: Leaving,
    runs: Runs,
    executions: u64,
    /// By loom thread: it waits at its gate for the first time.
    arrived: Vec<bool>,
    /// By loom thread: its gate is open.
    open: Vec<bool>,
}

type Shared = Arc<Mutex<Session>>;

fn lock(session: &Shared) -> MutexGuard<'_, Session> {
    session.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    fn new(program: &Arc<Program>, plan: Plan, leaving: Leaving) -> Session {
        let machine = SharedMachine::new(Arc::clone(program));
        let walk = match leaving {
            Leaving::After(_) => Walk::anywhere(&machine.machine()),
            Leaving::AtTheEnd | Leaving::WhenFinished => Walk::new(&machine.machine()),
        };
        Session {
            runs: Runs::new(walk, &machine.machine()),
            arrived: vec![false; plan.threads.len()],
            open: vec![false; plan.threads.len()],
            executions: 0,
            machine,
            plan,
            leaving,
        }
    }

    fn begin(&mut self) {
        self.executions += 1;
        self.runs.begin(&self.machine.machine());
        self.arrived.fill(false);
        self.open.fill(false);
    }

    /// Where the steps are given: the move that is the next of them.
    fn given(&self, steps: &[Transition]) -> Option<usize> {
        let walk = self.runs.walk();
        let next = steps.get(walk.trace().len())?;
        walk.moves().iter().position(|offered| offered.transition == *next)
    }

    /// The threads of loom are to end.
    fn leaves(&self) -> bool {
        match &self.leaving {
            Leaving::After(steps) => self.given(steps).is_none(),
            Leaving::AtTheEnd => self.runs.is_over(),
            Leaving::WhenFinished => {
                let program = self.machine.program();
                let mut places = program.threads.iter().map(|thread| {
                    program.layout.fields[usize::from(thread.place)].get(self.runs.walk().state())
                });
                places.all(|place| place == FINISHED as i32)
            }
        }
    }

    /// The move that this loom thread can make.
    fn move_of(&self, thread: usize) -> Option<usize> {
        let own = &self.plan.threads[thread];
        let moves = self.runs.walk().moves();
        let chosen = match &self.leaving {
            Leaving::After(steps) => self.given(steps),
            _ => moves.iter().position(|offered| own.contains(&offered.transition)),
        };
        chosen.filter(|&chosen| own.contains(&moves[chosen].transition))
    }

    /// The gates that are to be open now.
    fn opening(&self) -> Vec<usize> {
        let all = self.leaves();
        (0..self.open.len()).filter(|&thread| all || self.move_of(thread).is_some()).collect()
    }

    /// Takes a step.
    fn take(&mut self, chosen: usize) {
        self.runs.take(chosen, &self.machine.machine());
    }
}

/// Where a thread waits until it has a step to make.
struct Gate {
    sender: Sender<()>,
    receiver: Receiver<()>,
}

impl Gate {
    fn new() -> Gate {
        let (sender, receiver) = channel();
        Gate { sender, receiver }
    }

    fn open(&self) {
        self.sender.send(()).expect("the gate has both its ends");
    }

    /// Closes it, once it is open.
    fn close(&self) {
        self.receiver.recv().expect("the gate has both its ends");
    }
}

/// One loom thread: steps whenever its gate opens, until all is over.
fn act(session: &Shared, gates: &[Gate], index: usize) {
    loop {
        lock(session).arrived[index] = true;
        gates[index].close();
        let (chosen, others) = {
            let mut session = lock(session);
            session.open[index] = false;
            if session.leaves() {
                return;
            }
            let chosen = session.move_of(index).expect("a gate is open for whoever has a step");
            let others: Vec<usize> = (0..gates.len())
                .filter(|&other| std::mem::take(&mut session.open[other]))
                .collect();
            (chosen, others)
        };
        ::loom::stop_exploring();
        others.iter().for_each(|&other| gates[other].close());
        let leaves = {
            let mut session = lock(session);
            session.take(chosen);
            session.leaves()
        };
        open(session, gates);
        // What is left when all is over is no choice.
        if !leaves {
            ::loom::explore();
        }
    }
}

/// Opens the gates of all who have a step to make.
fn open(session: &Shared, gates: &[Gate]) {
    let opening = lock(session).opening();
    for thread in opening {
        lock(session).open[thread] = true;
        gates[thread].open();
    }
}

fn execution(session: &Shared) {
    lock(session).begin();
    let threads = lock(session).plan.threads.len();
    if threads == 0 {
        return;
    }
    ::loom::stop_exploring();
    let gates: Rc<Vec<Gate>> = Rc::new((0..threads).map(|_| Gate::new()).collect());
    for index in 1..threads {
        let (session, gates) = (Arc::clone(session), Rc::clone(&gates));
        thread::spawn(move || act(&session, &gates, index));
    }
    while !lock(session).arrived[1..].iter().all(|&arrived| arrived) {
        thread::yield_now();
    }
    open(session, &gates);
    if !lock(session).leaves() {
        ::loom::explore();
    }
    act(session, &gates, 0);
}

/// The branches of an execution of at most so many steps.
fn branches_max(steps_max: usize) -> usize {
    BRANCHES_BESIDE + BRANCHES_PER_STEP * steps_max
}

/// For executions of at most so many branches; loom stops a model that has more.
fn builder(limits: Limits, branches_max: usize) -> ::loom::model::Builder {
    let mut builder = ::loom::model::Builder::new();
    builder.max_threads = THREADS_MAX;
    builder.max_branches = branches_max;
    builder.preemption_bound = limits.preemptions.map(usize::from);
    builder.max_duration = limits.time;
    // loom stops before the execution with this number, counted from 1.
    builder.max_permutations = limits.runs.map(|runs| (runs + 1).try_into().unwrap_or(usize::MAX));
    builder.checkpoint_file = None;
    // How often loom looks at its limits.
    builder.checkpoint_interval = 1;
    builder.expect_explicit_explore = false;
    builder.location = false;
    builder.log = false;
    builder
}

/// Takes executions of `program` on loom until there are no more or a limit is reached, and says what
/// they come to.
///
/// # Errors
/// Why loom cannot run this program.
pub fn check(program: &Arc<Program>, limits: Limits) -> Result<Report, Refusal> {
    Ok(take(program, limits)?.report(program))
}

/// As [`check`]: the runs themselves.
///
/// # Errors
/// Why loom cannot run this program.
pub fn take(program: &Arc<Program>, limits: Limits) -> Result<Ran, Refusal> {
    let plan = Plan::of(program, STATES_MAX)?;
    let builder = builder(limits, branches_max(plan.steps_max));
    let started = Instant::now();
    let session = Arc::new(Mutex::new(Session::new(program, plan, Leaving::AtTheEnd)));
    let model = Arc::clone(&session);
    builder.check(move || execution(&model));
    let elapsed = started.elapsed();
    let session = lock(&session);
    let executions = session.executions;
    // loom does not say why it came back. What may have been a limit counts as one.
    let completeness = if limits.runs.is_some_and(|runs| executions >= runs) {
        Completeness::RunLimit
    } else if limits.time.is_some_and(|time| elapsed >= time) {
        Completeness::TimeLimit
    } else if limits.preemptions.is_some() {
        Completeness::PreemptionBound
    } else {
        Completeness::Exhaustive
    };
    let engine = match limits.preemptions {
        None => "loom".to_string(),
        Some(1) => "loom, at most 1 preemption".to_string(),
        Some(bound) => format!("loom, at most {bound} preemptions"),
    };
    let statements = session.runs.walk().ran(program);
    let observed = session.runs.observed().clone();
    Ok(Ran { observed, statements, engine, completeness, elapsed })
}

/// Whether loom itself calls some run of `program` a deadlock, where threads end when the cast has
/// finished and otherwise wait: this asks nothing of how ends are classified. In loom's words.
///
/// # Errors
/// Why loom cannot run this program.
pub fn deadlock(program: &Arc<Program>, limits: Limits) -> Result<Option<String>, Refusal> {
    let plan = Plan::of(program, STATES_MAX)?;
    let builder = builder(limits, branches_max(plan.steps_max));
    let session = Arc::new(Mutex::new(Session::new(program, plan, Leaving::WhenFinished)));
    let run = AssertUnwindSafe(|| builder.check(move || execution(&session)));
    match catch_unwind(run) {
        Ok(()) => Ok(None),
        Err(panic) => match panic.downcast::<String>() {
            Ok(message) if message.starts_with("deadlock") => Ok(Some(*message)),
            Ok(message) => resume_unwind(message),
            Err(panic) => resume_unwind(panic),
        },
    }
}
