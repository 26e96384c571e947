//! shuttle: the program on shuttle's threads.
//!
//! Each thread of the cast and each action of the kernel is a shuttle task of that name; a `choose`
//! or a handler that leaves several ways to go has one more task for each further way. A task waits
//! at a scheduling point, and takes one step of the machine whenever it is scheduled.
//!
//! A wrapper stands between shuttle and its scheduler. It offers the scheduler only the tasks whose
//! next step is enabled, offers nothing to choose from while tasks start or end, and leaves the rest
//! to it. One execution of shuttle is thus one walk of the program ([`Walk`]), and shuttle's
//! depth-first scheduler takes each walk once. Without the wrapper, the interleavings of waking up,
//! finding oneself disabled and going back to sleep are more than the program's own by many orders of
//! magnitude; [`blocking`] runs the program that way, as an oracle for the smallest casts.

mod blocking;
mod replay;

pub use blocking::{Blocked, blocking};
pub use replay::replay;

use super::Ran;
use crate::machine::{Actor, Machine, SharedMachine, Transition};
use crate::program::Program;
use crate::schedule::{Chance, Runs, Walk};
use crate::search::{Completeness, Report};
use shuttle::scheduler::{
    DfsScheduler, PctScheduler, RandomScheduler, Schedule, Scheduler, Task, TaskId,
    UrwRandomScheduler,
};
use shuttle::sync::atomic::{AtomicBool, Ordering};
use shuttle::{Config, FailurePersistence, Runner, thread};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Bytes of a task's stack. The interpreter does not recurse.
const STACK_BYTES: usize = 0x10000;

/// The variable that overrides all seeds of shuttle.
const SEED_VARIABLE: &str = "SHUTTLE_RANDOM_SEED";

/// shuttle's schedulers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Every run, depth first.
    Dfs,
    /// Each enabled task is as likely.
    Random {
        /// The same gives the same runs.
        seed: u64,
    },
    /// Probabilistic concurrency testing.
    Pct {
        /// The same gives the same runs.
        seed: u64,
        /// How many ordering constraints a bug needs, at least 1.
        depth: usize,
    },
    /// Uniform random walk.
    Urw {
        /// The same gives the same runs.
        seed: u64,
    },
}

/// When to stop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// How many runs, at most.
    pub runs: Option<u64>,
    /// How long, give or take a run.
    pub time: Option<Duration>,
}

/// What the runs have in common.
struct Session {
    machine: SharedMachine,
    /// What each task does, by its shuttle id less one: id 0 starts the others.
    roles: Vec<Transition>,
    runs: Runs,
    /// By task, less one: it waits at its scheduling point.
    ready: Vec<bool>,
    /// What the scheduled task is to take.
    chosen: Option<usize>,
    /// The step before ended a turn of a yielding loop.
    yielded: bool,
    /// There ever was something to choose.
    had_choice: bool,
}

type Shared = Arc<Mutex<Session>>;

/// The session. A task that panicked has ended the engine already, so poison tells nothing new.
fn lock(session: &Shared) -> MutexGuard<'_, Session> {
    session.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Every transition that the program can ever have, in the machine's order.
fn roles(program: &Program) -> Vec<Transition> {
    let mut roles = Vec::new();
    for (index, thread) in program.threads.iter().enumerate() {
        let branches = thread.places.iter().map(|place| place.branches as usize);
        let ways = branches.max().unwrap_or(1).max(thread.handlers.len()).max(1);
        let actor = Actor::Thread(index as u16);
        roles.extend((0..ways).map(|way| Transition { actor, branch: way as u16 }));
    }
    let actions = (0..program.actions.len() as u16).map(Actor::Action);
    roles.extend(actions.map(|actor| Transition { actor, branch: 0 }));
    roles
}

fn task_name(program: &Program, role: Transition) -> String {
    match role.actor {
        Actor::Action(action) => program.actions[usize::from(action)].name.clone(),
        Actor::Thread(thread) => {
            let name = &program.threads[usize::from(thread)].name;
            match role.branch {
                0 => name.clone(),
                branch => format!("{name}, branch {}", branch + 1),
            }
        }
    }
}

impl Session {
    fn new(program: &Arc<Program>, walk: fn(&Machine) -> Walk) -> Session {
        let machine = SharedMachine::new(Arc::clone(program));
        let roles = roles(program);
        Session {
            runs: Runs::new(walk(&machine.machine()), &machine.machine()),
            ready: vec![false; roles.len()],
            chosen: None,
            yielded: false,
            had_choice: false,
            roles,
            machine,
        }
    }

    /// An execution begins.
    fn begin(&mut self) {
        self.runs.begin(&self.machine.machine());
        self.ready.fill(false);
        (self.chosen, self.yielded) = (None, false);
    }

    /// Takes the step that was chosen, if any.
    fn take(&mut self) {
        let Some(chosen) = self.chosen.take() else { return };
        self.yielded = self.runs.take(chosen, &self.machine.machine());
    }

    /// The move that the task would make; `None` if it can make none.
    fn move_of(&self, task: TaskId) -> Option<usize> {
        let role = *self.roles.get(usize::from(task).checked_sub(1)?)?;
        self.runs.walk().moves().iter().position(|offered| offered.transition == role)
    }

    fn is_ready(&self, task: TaskId) -> bool {
        usize::from(task).checked_sub(1).is_some_and(|index| self.ready[index])
    }
}

/// What one execution runs: starts all tasks and waits for them.
fn execution(session: &Shared) {
    let point = Arc::new(AtomicBool::new(false));
    let (roles, program) = {
        let session = lock(session);
        (session.roles.clone(), Arc::clone(session.machine.program()))
    };
    let tasks: Vec<_> = roles
        .into_iter()
        .enumerate()
        .map(|(index, role)| {
            let name = task_name(&program, role);
            let (session, point) = (Arc::clone(session), Arc::clone(&point));
            let body = move || task(&session, &point, index);
            thread::Builder::new().name(name).spawn(body).expect("shuttle has threads to spare")
        })
        .collect();
    for task in tasks {
        task.join().expect("a task's panic ends the execution before this");
    }
}

/// A task: waits at the scheduling point, and steps each time it is scheduled.
fn task(session: &Shared, point: &AtomicBool, index: usize) {
    loop {
        lock(session).ready[index] = true;
        // The one scheduling point of a step. The value has no meaning.
        point.load(Ordering::SeqCst);
        let mut session = lock(session);
        // Once the walk is over, tasks end when they are scheduled.
        if session.runs.is_over() {
            return;
        }
        session.take();
    }
}

/// Stands between shuttle and the scheduler that chooses.
struct Wrapper {
    session: Shared,
    inner: Box<dyn Scheduler>,
    /// Whether to begin one more execution, given how many there were.
    goes_on: Box<dyn FnMut(u64) -> bool>,
    executions: u64,
    /// The scheduler has no more runs; until then, it was stopped.
    exhausted: Arc<Mutex<bool>>,
    /// The task that stepped last.
    last: Option<TaskId>,
}

impl Scheduler for Wrapper {
    fn new_execution(&mut self) -> Option<Schedule> {
        // Without a choice there is one run. Some schedulers cannot do with so little.
        let only_one = self.executions > 0 && !lock(&self.session).had_choice;
        let more = !only_one && (self.goes_on)(self.executions);
        if !more && !only_one {
            return None;
        }
        let schedule = if only_one { None } else { self.inner.new_execution() };
        match schedule {
            Some(_) => {
                self.executions += 1;
                self.last = None;
                lock(&self.session).begin();
            }
            None => *self.exhausted.lock().unwrap_or_else(PoisonError::into_inner) = true,
        }
        schedule
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<TaskId>,
        _is_yielding: bool,
    ) -> Option<TaskId> {
        let mut session = lock(&self.session);
        let starter = TaskId::from(0);
        if current.is_none() {
            return self.inner.next_task(&runnable[..1], None, false);
        }
        if session.runs.is_over() {
            return Some(runnable[0].id());
        }
        // The first task goes on until it waits for the others.
        if runnable[0].id() == starter {
            return Some(starter);
        }
        if let Some(starting) = runnable.iter().find(|task| !session.is_ready(task.id())) {
            // Schedulers that count tasks are shown each as it starts.
            return self.inner.next_task(&[*starting], current, false);
        }
        let enabled: Vec<&Task> =
            runnable.iter().copied().filter(|task| session.move_of(task.id()).is_some()).collect();
        assert!(!enabled.is_empty(), "a walk that goes on has a move, and a task for it");
        session.had_choice |= enabled.len() > 1;
        let current = self.last.or(current);
        let task = self.inner.next_task(&enabled, current, session.yielded)?;
        session.chosen = session.move_of(task);
        self.last = Some(task);
        Some(task)
    }

    fn next_u64(&mut self) -> u64 {
        unreachable!("tasks ask for no random numbers")
    }
}

/// shuttle's random walk. Each execution has a scheduler of its own: one that is dropped in the
/// middle of its executions prints a seed that nobody can use here.
struct RandomRuns {
    chance: Chance,
    current: RandomScheduler,
}

impl Scheduler for RandomRuns {
    fn new_execution(&mut self) -> Option<Schedule> {
        let over = self.current.new_execution();
        debug_assert!(over.is_none(), "it had one execution, at the end of which it is told so");
        self.current = RandomScheduler::new_from_seed(self.chance.next_u64(), 1);
        self.current.new_execution()
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<TaskId>,
        yields: bool,
    ) -> Option<TaskId> {
        self.current.next_task(runnable, current, yields)
    }

    fn next_u64(&mut self) -> u64 {
        self.current.next_u64()
    }
}

impl Drop for RandomRuns {
    fn drop(&mut self) {
        self.current.new_execution();
    }
}

impl Choice {
    fn scheduler(self) -> Box<dyn Scheduler> {
        match self {
            Choice::Dfs => Box::new(DfsScheduler::new(None, false)),
            Choice::Random { seed } => Box::new(RandomRuns {
                chance: Chance::new(seed),
                current: RandomScheduler::new_from_seed(seed, 0),
            }),
            Choice::Pct { seed, depth } => {
                Box::new(PctScheduler::new_from_seed(seed, depth, usize::MAX))
            }
            Choice::Urw { seed } => Box::new(UrwRandomScheduler::new_from_seed(seed, usize::MAX)),
        }
    }

    /// What reports call the engine with this scheduler.
    pub fn engine(self) -> String {
        match self {
            Choice::Dfs => "shuttle, dfs".to_string(),
            Choice::Random { seed } => format!("shuttle, random, seed {seed}"),
            Choice::Pct { seed, depth } => format!("shuttle, pct, depth {depth}, seed {seed}"),
            Choice::Urw { seed } => format!("shuttle, urw, seed {seed}"),
        }
    }
}

/// Why shuttle cannot be used as asked; `None` if it can.
pub fn refusal() -> Option<String> {
    std::env::var_os(SEED_VARIABLE).map(|_| {
        format!("{SEED_VARIABLE} is set, and would replace every seed of shuttle; unset it")
    })
}

fn config() -> Config {
    let mut config = Config::default();
    config.stack_size = STACK_BYTES;
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = shuttle::MaxSteps::None;
    config.silence_warnings = true;
    config
}

/// Runs `session` on shuttle, and says whether `inner` came to its end.
fn run(
    session: &Shared,
    inner: Box<dyn Scheduler>,
    goes_on: impl FnMut(u64) -> bool + 'static,
) -> bool {
    let exhausted = Arc::new(Mutex::new(false));
    let wrapper = Wrapper {
        session: Arc::clone(session),
        inner,
        goes_on: Box::new(goes_on),
        executions: 0,
        exhausted: Arc::clone(&exhausted),
        last: None,
    };
    let session = Arc::clone(session);
    Runner::new(wrapper, config()).run(move || execution(&session));
    *exhausted.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes runs of `program` on shuttle, until there are no more, a limit is reached, or `interrupted`
/// says so, and says what they come to.
pub fn check(
    program: &Arc<Program>,
    choice: Choice,
    limits: Limits,
    interrupted: impl Fn() -> bool + 'static,
) -> Report {
    take(program, choice, limits, interrupted).report(program)
}

/// As [`check`]: the runs themselves.
pub fn take(
    program: &Arc<Program>,
    choice: Choice,
    limits: Limits,
    interrupted: impl Fn() -> bool + 'static,
) -> Ran {
    let started = Instant::now();
    let session = Arc::new(Mutex::new(Session::new(program, Walk::new)));
    let stopped = Arc::new(Mutex::new(Completeness::Exhaustive));
    let stops = Arc::clone(&stopped);
    let exhausted = run(&session, choice.scheduler(), move |runs| {
        let reason = if interrupted() {
            Completeness::Interrupted
        } else if limits.time.is_some_and(|time| started.elapsed() >= time) {
            Completeness::TimeLimit
        } else if limits.runs.is_some_and(|limit| runs >= limit) {
            Completeness::RunLimit
        } else {
            return true;
        };
        *stops.lock().unwrap_or_else(PoisonError::into_inner) = reason;
        false
    });
    let stopped = *stopped.lock().unwrap_or_else(PoisonError::into_inner);
    let completeness = match (exhausted, choice, stopped) {
        (true, ..) => Completeness::Exhaustive,
        (false, _, Completeness::Interrupted) => Completeness::Interrupted,
        (false, Choice::Dfs, reason) => reason,
        (false, ..) => Completeness::Sampled,
    };
    let session = lock(&session);
    Ran {
        observed: session.runs.observed().clone(),
        statements: session.runs.walk().ran(program),
        engine: choice.engine(),
        completeness,
        elapsed: started.elapsed(),
    }
}
