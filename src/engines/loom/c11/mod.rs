//! loom under C11: what `atomic` and `plain` variables do when they are not sequentially consistent.
//!
//! Each thread of the cast runs on a loom thread, from place to place as in every engine. An `atomic`
//! variable is a loom atomic, accessed with the orders that the text writes down; a `plain` one is
//! watched by loom cells, whose report of a race becomes a finding; a `mutex` is taken with acquire
//! and freed with release. Places, locals and what only one thread touches are that thread's. How a
//! thread waits, and how choices are made, stands in `world.rs`; which programs are refused in
//! `plan.rs`; in what an exhaustive run of loom is not one of C11 in `gaps.rs`.
//!
//! There is no state that all threads see, but at the end: what can be said of states is said of
//! ends. An execution ends where all threads have stopped and none could go on if it saw the stores
//! that came last, which it does at last (N3047, 7.17.3).
//!
//! loom's reports, its branch limit among them, are panics; none is expected here but that of a
//! race, which is caught where it arises.

mod gaps;
mod plan;
mod world;

pub use plan::Refusal;
pub use world::{Gates, RACE};

use super::{Limits, THREADS_MAX, builder};
use crate::machine::{SharedMachine, Step, Violation};
use crate::program::{FINISHED, Program, PropertyKind, StatementId};
use crate::schedule::end_at;
use crate::search::{Completeness, EndClass, Execution, ExecutionStep, Finding, Found, Report};
use gaps::Writes;
use plan::Plan;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use world::{ACCESSES_MAX, HISTORY_MAX, Made, Race, Script, View, World};

/// Branches of an execution; loom stops a model that has more.
const BRANCHES_MAX: usize = 10_000;
// An access has a gate, a choice of the thread and one of the store.
const _: () = assert!(ACCESSES_MAX * 4 < BRANCHES_MAX);

/// What the executions have shown.
#[derive(Default)]
struct Shown {
    /// Executions of loom.
    taken: u64,
    /// Of these, those that came to an end, a failing check or a race.
    runs: u64,
    accesses: u64,
    longest: usize,
    ends: BTreeMap<String, Ends>,
    failures: BTreeMap<Violation, Vec<Made>>,
    races: BTreeMap<Race, Vec<Made>>,
    /// Properties that an end decides: violated, or a `reach` witnessed.
    properties: BTreeMap<usize, Vec<Made>>,
    ran: BTreeSet<StatementId>,
    unscripted: BTreeMap<(usize, usize), u16>,
    writes: Writes,
    cut: bool,
    most_stores: u32,
}

struct Ends {
    fine: bool,
    spinning: bool,
    states: HashSet<Vec<u64>>,
    shortest: Vec<Made>,
}

type Shared = Arc<Mutex<Shown>>;

fn lock(shown: &Shared) -> MutexGuard<'_, Shown> {
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a thread until it has finished or stops.
fn act(world: &Rc<World>, machine: &SharedMachine, shown: &Shared, thread: usize) {
    let program = &world.program;
    let machine = machine.machine();
    let mut work = machine.workspace();
    let mut been: HashSet<Vec<u64>> = HashSet::new();
    let field = program.layout.fields[usize::from(program.threads[thread].place)];
    loop {
        let before = world.own[thread].borrow().clone();
        let place = field.get(&before);
        if place == FINISHED as i32 {
            break;
        }
        if world.made.borrow().len() >= ACCESSES_MAX {
            world.cut.set(true);
            break;
        }
        let place = &program.threads[thread].places[place as usize];
        let way = match place.branches {
            0 | 1 => Some(0),
            ways => world.choose(thread, ways as u16),
        };
        let Some(branch) = way.map(u32::from) else {
            world.abandoned.set(true);
            break;
        };
        let accesses = world.made.borrow().len();
        let mut view = View {
            world: Rc::clone(world),
            thread,
            statement: place.statement,
            branch,
            wrote: false,
            abandoned: false,
        };
        let role = crate::machine::Role::Thread(thread);
        let mut tried = work.clone();
        let step = machine.run(place.entry, role, branch, &mut view, &mut tried);
        if view.abandoned || step == Step::Disabled {
            // As it was: whoever waits stands where it waits.
            *world.own[thread].borrow_mut() = before;
            break;
        }
        work = tried;
        if let Step::Violation(violation) = step {
            world.failed.borrow_mut().get_or_insert(violation);
            break;
        }
        if !world.made.borrow()[accesses..].iter().any(|made| made.thread == thread) {
            let (statement, what) = (place.statement, String::new());
            world.made.borrow_mut().push(Made { thread, statement, branch, what });
        }
        if view.wrote {
            been.clear();
        }
        let mut memory = world.own[thread].borrow().clone();
        memory.iter_mut().zip(&program.layout.aux_mask).for_each(|(word, aux)| *word &= !aux);
        if !been.insert(memory) {
            break;
        }
    }
    let statements = 0..program.statements.len() as StatementId;
    lock(shown).ran.extend(statements.filter(|&statement| work.has_run(statement)));
}

fn execution(world: World, machine: &SharedMachine, shown: &Shared) {
    let world = Rc::new(world);
    let threads = world.program.threads.len();
    // Nobody joins anybody: that would be accesses more, in every order that loom can think of.
    for thread in 1..threads {
        let (world, machine, shown) = (Rc::clone(&world), machine.clone(), Arc::clone(shown));
        ::loom::thread::spawn(move || live(&world, &machine, &shown, thread));
    }
    if threads > 0 {
        live(&world, machine, shown, 0);
    }
}

/// A thread's whole life; the last one to stop sees what has come of all.
fn live(world: &Rc<World>, machine: &SharedMachine, shown: &Shared, thread: usize) {
    act(world, machine, shown, thread);
    world.running.set(world.running.get() - 1);
    if world.running.get() == 0 {
        let state = world.state();
        lock(shown).add(world, &state, machine);
    }
}

impl Shown {
    fn add(&mut self, world: &World, state: &[u64], machine: &SharedMachine) {
        self.taken += 1;
        self.most_stores = self.most_stores.max(world.most_stores());
        self.cut |= world.cut.get();
        self.writes.join(&mut world.writes.borrow_mut());
        for (&choice, &ways) in world.unscripted.borrow().iter() {
            let known = self.unscripted.entry(choice).or_insert(ways);
            *known = ways.max(*known);
        }
        let made = world.made.borrow();
        self.accesses += made.len() as u64;
        self.longest = self.longest.max(made.len());
        // What an abandoned execution did, it did: others begin the same way.
        let race = world.race.borrow().clone();
        if let Some(race) = race {
            self.runs += 1;
            keep(self.races.entry(race).or_default(), &made[..world.raced_at.get()]);
            // What comes after a race is undefined.
            return;
        }
        if let Some(violation) = *world.failed.borrow() {
            self.runs += 1;
            keep(self.failures.entry(violation).or_default(), &made);
            return;
        }
        if world.abandoned.get() || world.cut.get() {
            return;
        }
        let Some(end) = end_at(&world.program, state) else { return };
        self.runs += 1;
        let ends = self.ends.entry(end.outcome).or_insert_with(|| Ends {
            fine: end.fine,
            spinning: end.spinning,
            states: HashSet::new(),
            shortest: Vec::new(),
        });
        ends.states.insert(state.to_vec());
        keep(&mut ends.shortest, &made);
        let machine = machine.machine();
        let mut scratch = machine.scratch();
        for (index, property) in world.program.properties.iter().enumerate() {
            let (condition, deciding) = match property.kind {
                PropertyKind::Never(addr) | PropertyKind::Reach(addr) => (addr, true),
                PropertyKind::Always(addr) => (addr, false),
                PropertyKind::After(..) | PropertyKind::Eventually(_) => continue,
            };
            match machine.eval(condition, state, &mut scratch) {
                Ok(value) if value == deciding => {
                    keep(self.properties.entry(index).or_default(), &made);
                }
                Ok(_) => {}
                Err(violation) => keep(self.failures.entry(violation).or_default(), &made),
            }
        }
    }
}

/// Keeps the shorter of two executions.
fn keep(kept: &mut Vec<Made>, made: &[Made]) {
    if kept.is_empty() || made.len() < kept.len() {
        *kept = made.to_vec();
    }
}

/// Takes loom's executions of `program` under C11 until there are no more or a limit is reached.
///
/// # Errors
/// Why this program is not run.
pub fn check(program: &Arc<Program>, limits: Limits) -> Result<Report, Refusal> {
    check_with(program, limits, Gates::WhereNeeded)
}

/// As [`check`], with other gates.
///
/// # Errors
/// Why this program is not run.
pub fn check_with(program: &Arc<Program>, limits: Limits, gates: Gates) -> Result<Report, Refusal> {
    let plan = admit(program)?;
    let plan = Arc::new(plan);
    let started = Instant::now();
    let shown: Shared = Arc::default();
    let mut scripts = vec![Script::new()];
    let mut limited = None;
    while let Some(script) = scripts.pop() {
        let script = Arc::new(script);
        let left = limits.runs.map(|runs| runs.saturating_sub(lock(&shown).taken));
        let time = limits.time.map(|time| time.saturating_sub(started.elapsed()));
        if left == Some(0) {
            limited = Some(Completeness::RunLimit);
            break;
        }
        if time.is_some_and(|time| time.is_zero()) {
            limited = Some(Completeness::TimeLimit);
            break;
        }
        let before = lock(&shown).taken;
        {
            let (program, plan, script) =
                (Arc::clone(program), Arc::clone(&plan), Arc::clone(&script));
            let (shown, machine) = (Arc::clone(&shown), SharedMachine::new(Arc::clone(&program)));
            builder(Limits { runs: left, time, ..limits }, BRANCHES_MAX).check(move || {
                execution(World::new(&program, &plan, &script, gates), &machine, &shown);
            });
        }
        let mut shown = lock(&shown);
        // loom does not say why it came back. What may have been a limit counts as one.
        if left.is_some_and(|left| shown.taken - before >= left) {
            limited = Some(Completeness::RunLimit);
        } else if limits.time.is_some_and(|time| started.elapsed() >= time) {
            limited = Some(Completeness::TimeLimit);
        }
        if limited.is_some() {
            break;
        }
        // All choices beyond the script went the first way. What is left goes another way first
        // here, or there.
        let mut first_ways = Script::clone(&script);
        for (choice, ways) in std::mem::take(&mut shown.unscripted) {
            for way in 1..ways {
                let mut other = first_ways.clone();
                other.insert(choice, way);
                scripts.push(other);
            }
            first_ways.insert(choice, 0);
        }
    }
    if limited.is_none() && limits.preemptions.is_some() {
        limited = Some(Completeness::PreemptionBound);
    }
    let shown = lock(&shown);
    Ok(report(program, &plan, &shown, limited, started))
}

/// What this engine says before the run: the reasons why C11 may do more than it will show, and why
/// it may show what C11 forbids.
///
/// # Errors
/// Why this program is not run.
pub fn remarks(program: &Program) -> Result<Vec<String>, Refusal> {
    let plan = admit(program)?;
    Ok(gaps::not_shown(&plan, program).into_iter().chain(gaps::shown_in_vain(&plan)).collect())
}

fn admit(program: &Program) -> Result<Plan, Refusal> {
    let threads = program.threads.len();
    if threads > THREADS_MAX {
        return Err(Refusal(format!("loom has {THREADS_MAX} threads, and this cast {threads}")));
    }
    Plan::of(program)
}

fn report(
    program: &Program,
    plan: &Plan,
    shown: &Shown,
    limited: Option<Completeness>,
    started: Instant,
) -> Report {
    let mut remarks = Vec::new();
    let torn = shown.writes.torn(plan);
    let history = (shown.most_stores > HISTORY_MAX).then(|| {
        format!("a location has more than {HISTORY_MAX} stores, and loom remembers no more")
    });
    let not_shown = [gaps::not_shown(plan, program), torn, history];
    let part = not_shown.iter().any(Option::is_some);
    remarks.extend(not_shown.into_iter().flatten());
    remarks.extend(gaps::shown_in_vain(plan));
    let mut executions: Vec<Execution> = Vec::new();
    let mut execution = |shows: &str, made: &[Made]| {
        let steps = made.iter().map(|made| step(program, made)).collect();
        executions.push(Execution { shows: shows.to_string(), steps });
    };
    let mut violations = Vec::new();
    for (race, made) in &shown.races {
        violations.push(Found::new(Finding::Race(words(program, plan, race)), Vec::new()));
        execution("race", made);
    }
    for (violation, made) in &shown.failures {
        violations.push(Found::new(Finding::Step(*violation), Vec::new()));
        execution(program.checks[usize::from(violation.check)].kind.name(), made);
    }
    let mut reach = Vec::new();
    let mut of_states = false;
    for (index, property) in program.properties.iter().enumerate() {
        let made = shown.properties.get(&index);
        match (property.kind, made) {
            // What a racing program reaches is nothing to ask.
            (PropertyKind::Reach(_), None) if !shown.races.is_empty() => {}
            (PropertyKind::Reach(_), made) => {
                of_states |= made.is_none();
                reach.push((index, made.map(|_| Vec::new())));
            }
            (_, Some(_)) => violations.push(Found::new(Finding::Property(index), Vec::new())),
            (PropertyKind::Never(_) | PropertyKind::Always(_), None) => of_states = true,
            _ => {}
        }
        if let Some(made) = made {
            execution(&property.name, made);
        }
    }
    let mut ends = Vec::new();
    for (name, seen) in
        program.end_classes().filter_map(|(name, _)| Some((name, shown.ends.get(name)?)))
    {
        let (outcome, spinning) = (name.to_string(), seen.spinning);
        if !seen.fine {
            let what = Finding::End { outcome: outcome.clone(), spinning };
            violations.push(Found::new(what, Vec::new()));
        }
        let count = seen.states.len() as u64;
        ends.push(EndClass { outcome, fine: seen.fine, count, spinning, trace: Vec::new() });
        execution(name, &seen.shortest);
    }
    let live = program.properties.iter().any(|property| property.kind.is_liveness());
    let completeness = limited.unwrap_or(match () {
        () if shown.cut => Completeness::CutOff,
        () if part => Completeness::PartOfC11,
        () if of_states => Completeness::EndsOnly,
        () if live => Completeness::FiniteRuns,
        () => Completeness::Exhaustive,
    });
    let statements = 0..program.statements.len() as StatementId;
    let started_with = |statement: &StatementId| program.started.contains(statement);
    let (ran, not_run): (Vec<_>, Vec<_>) =
        statements.partition(|statement| shown.ran.contains(statement) || started_with(statement));
    let unreachable = |statement: &StatementId| program.statements[*statement as usize].unreachable;
    Report {
        engine: match limits_words(limited) {
            None => "loom, C11".to_string(),
            Some(words) => format!("loom, C11, {words}"),
        },
        runs: Some(shown.taken),
        completeness,
        states: ends.iter().map(|end| end.count).sum(),
        transitions: shown.accesses,
        depth: shown.longest as u32,
        frontier: 0,
        store_bytes: 0,
        state_bytes: (program.layout.words * size_of::<u64>()) as u32,
        elapsed: started.elapsed(),
        violations,
        ends,
        reach,
        liveness: Vec::new(),
        fewest_switches: false,
        not_run: not_run.into_iter().filter(|statement| !unreachable(statement)).collect(),
        ran_unexpectedly: ran.into_iter().filter(unreachable).collect(),
        executions,
        remarks,
    }
}

fn limits_words(limited: Option<Completeness>) -> Option<&'static str> {
    (limited == Some(Completeness::PreemptionBound)).then_some("few preemptions")
}

fn step(program: &Program, made: &Made) -> ExecutionStep {
    let statement = &program.statements[made.statement as usize];
    let branch = match made.branch {
        0 => String::new(),
        branch => format!(", branch {}", branch + 1),
    };
    ExecutionStep {
        actor: program.threads[made.thread].name.clone(),
        place: format!("{}:{}", statement.owner, statement.line),
        label: format!("{}{branch}", statement.label),
        what: made.what.clone(),
    }
}

/// Who accesses what, in no order.
fn words(program: &Program, plan: &Plan, race: &Race) -> String {
    let one = |(thread, statement, writes): (usize, StatementId, bool)| {
        let statement = &program.statements[statement as usize];
        format!(
            "{} {} it at {}:{} `{}`",
            program.threads[thread].name,
            if writes { "writes" } else { "reads" },
            statement.owner,
            statement.line,
            statement.label
        )
    };
    let name = &plan.names[usize::from(race.field)];
    format!(
        "`{name}`: {}, and {}; neither happens before the other",
        one(race.first),
        one(race.second)
    )
}
