//! The breadth-first loop.
//!
//! Looking a state up is a cache miss or two, and would take longer than the step that led to it.
//! States are therefore expanded in batches: first all table slots of a batch are read, then all
//! states that these point at, each pass a row of independent loads that the processor overlaps;
//! then what is not known yet is inserted, in order, so that batching cannot be observed.

use super::ends::{Census, Unclassified};
use super::graph::{Collector, Edges, Expanded, Graph, NoGraph};
use super::parents::Parents;
use super::report::{Completeness, EndClass, Finding, Found, Report, Trace};
use super::store::{Full, Guess, Inserted, Store};
use super::{Limits, Progress, Wanted, liveness};
use crate::machine::{Machine, Scratch, Step, Transition, Violation};
use crate::program::{Addr, Program, Property, PropertyKind};
use std::ops::Range;
use std::time::Instant;

/// Successors of a batch, give or take those of one state.
const BATCH: usize = 128;

/// Expanded states between two looks at the clock.
const STATES_PER_LOOK: u32 = 1 << 10;

/// Expanded states between two calls of the observer.
const STATES_PER_REPORT: u32 = 1 << 16;

/// Edges that are collected on the way, at most; more are made when the search is over, and what only
/// it needs has given its memory back.
const EDGES_MAX: usize = 1 << 24;

/// A search under way.
pub(super) struct Explorer<'p, const W: usize> {
    machine: Machine<'p>,
    scratch: Scratch,
    limits: Limits,
    started: Instant,
    store: Store<W>,
    parents: Parents,
    batch: Batch,
    /// States whose successors are all stored: those with a lower number than this.
    expanded: u32,
    transitions: u64,
    depth: u32,
    /// The first state that is further from the initial one than `depth`.
    level_end: u32,
    census: Census,
    findings: Findings,
    /// All edges so far, if liveness needs them and there is room.
    edges: Option<Collector>,
}

/// States whose successors are being looked up.
#[derive(Default)]
struct Batch {
    families: Vec<Family>,
    states: Vec<u64>,
    hashes: Vec<u64>,
    guesses: Vec<Guess>,
    promising: Vec<bool>,
}

/// What the expansion of one state told, its successors aside.
struct Family {
    /// One past its last successor in the batch.
    end: usize,
    transitions: u32,
    rest: Rest,
}

/// Whether a state is, or may be part of, an end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// Nothing is enabled.
    Blocked,
    /// Every enabled transition may be part of a spin.
    Spins,
    /// Something else can happen.
    Runs,
}

/// What was found of properties and checks.
struct Findings {
    /// State properties that have not been decided yet.
    open: Vec<Open>,
    /// By property: the first state that decided it.
    deciding: Vec<Option<u32>>,
    /// By check.
    failures: Vec<Failures>,
}

/// A state property that no state has decided yet.
struct Open {
    property: usize,
    /// Its condition, and the value that decides it.
    condition: Addr,
    decided_by: bool,
    /// The bits of a state that the condition reads, if that is all that it looks at.
    reads: Option<Box<[u64]>>,
}

impl Open {
    /// `None` for a liveness property.
    fn of(machine: &Machine, property: usize) -> Option<Open> {
        let (condition, decided_by) = match machine.program().properties[property].kind {
            PropertyKind::Never(condition) | PropertyKind::Reach(condition) => (condition, true),
            PropertyKind::Always(condition) => (condition, false),
            PropertyKind::After(..) | PropertyKind::Eventually(_) => return None,
        };
        Some(Open { property, condition, decided_by, reads: machine.bits_read(condition) })
    }

    /// Whether the condition looks at something in which the states differ.
    fn tells_apart(&self, one: &[u64], other: &[u64]) -> bool {
        let Some(reads) = &self.reads else { return true };
        reads
            .iter()
            .zip(one.iter().zip(other))
            .any(|(reads, (one, other))| (one ^ other) & reads != 0)
    }
}

/// The first violations of a check. Which one is nearer shows when their schedules are known.
#[derive(Debug, Clone, Copy, Default)]
struct Failures {
    /// The first state with a step that fails, and that step.
    by_step: Option<(u32, Transition)>,
    /// The first state in which a property or an outcome cannot be evaluated.
    in_state: Option<u32>,
}

impl<'p, const W: usize> Explorer<'p, W> {
    pub(super) fn new(program: &'p Program, limits: &Limits) -> Explorer<'p, W> {
        let machine = Machine::new(program).tabulated();
        let most = |limit: Option<u64>| {
            limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
        };
        // The initial state is always there.
        let (states_max, bytes_max) = (most(limits.states).max(1), most(limits.memory_bytes));
        let properties = &program.properties;
        let open = (0..properties.len()).filter_map(|property| Open::of(&machine, property));
        let open = open.collect();
        Explorer {
            scratch: machine.scratch(),
            census: Census::new(&machine),
            machine,
            limits: *limits,
            started: Instant::now(),
            // Links take two bits a state, and twice that while they grow: less than a sixteenth.
            store: Store::new(program.layout.words, states_max, bytes_max - bytes_max / 16),
            parents: Parents::default(),
            batch: Batch::default(),
            expanded: 0,
            transitions: 0,
            depth: 0,
            level_end: 1,
            edges: properties
                .iter()
                .any(|property| property.kind.is_liveness())
                .then(Collector::default),
            findings: Findings {
                open,
                deciding: vec![None; properties.len()],
                failures: vec![Failures::default(); program.checks.len()],
            },
        }
    }

    /// Searches; keeps the graph if that is wanted.
    pub(super) fn run(
        mut self,
        wanted: &Wanted,
        observer: &mut dyn FnMut(&Progress) -> bool,
    ) -> (Report, Option<Graph<'p>>) {
        let completeness = self.explore(observer);
        let Explorer { census, store, machine, scratch, findings, .. } = &mut self;
        census.add_spinning(store, machine, scratch, |Unclassified { state, violation }| {
            findings.add_failed_state(violation, state);
        });
        let mut report = self.report(completeness);
        let is_live = |property: &Property| property.kind.is_liveness();
        let program = self.machine.program();
        let live = program.properties.iter().any(is_live);
        let whole = completeness == Completeness::Exhaustive;
        let keep = whole && self.transitions <= wanted.transitions_max;
        // After another limit there is no memory, time or patience left for a graph.
        let part = live && completeness == Completeness::StateLimit && self.expanded > 0;
        let mut graph = None;
        if whole && (live || keep) || part {
            match self.into_graph(observer) {
                Ok(made) => graph = Some(made),
                // Without the graph, what was to be said of infinite runs has not been checked.
                Err(reason) if live && (whole || reason == Completeness::Interrupted) => {
                    report.completeness = reason;
                }
                Err(_) => {}
            }
        }
        if live {
            match &graph {
                Some(graph) => liveness::decide(graph, whole, wanted.assumptions, &mut report),
                None => liveness::leave_open(program, &mut report),
            }
        }
        (report, graph.filter(|_| keep))
    }

    /// The graph of everything that was expanded, or what keeps it from being made.
    fn into_graph(
        self,
        observer: &mut dyn FnMut(&Progress) -> bool,
    ) -> Result<Graph<'p>, Completeness> {
        let progress = self.progress();
        let Explorer { machine, store, limits, started, transitions, expanded, edges, .. } = self;
        // Those of a search that was stopped lead to states that were not expanded.
        let collected = edges.filter(|_| expanded as usize == store.len());
        let bytes_max = limits.memory_bytes.unwrap_or(u64::MAX);
        let bytes_max = bytes_max.saturating_sub(store.bytes() as u64);
        let mut late = false;
        let mut go_on = || {
            late = limits.time.is_some_and(|time| started.elapsed() >= time);
            !late && observer(&Progress { elapsed: started.elapsed(), ..progress })
        };
        let states = Expanded { store, len: expanded as usize };
        let made = match collected {
            Some(collected) => collected.edges_within(bytes_max, &mut go_on),
            None => Edges::of(&machine, &states, transitions, bytes_max, &mut go_on),
        };
        match made {
            Ok(edges) => Ok(Graph::new(machine, Box::new(states), edges)),
            Err(NoGraph::TooLarge) => Err(Completeness::MemoryLimit),
            Err(NoGraph::Stopped) if late => Err(Completeness::TimeLimit),
            Err(NoGraph::Stopped) => Err(Completeness::Interrupted),
        }
    }

    fn explore(&mut self, observer: &mut dyn FnMut(&Progress) -> bool) -> Completeness {
        let initial = &self.machine.program().initial;
        let inserted = self.store.insert(initial, Store::<W>::hash(initial));
        assert!(inserted == Ok(Inserted::New), "the smallest store holds a state");
        self.check_state(0, None);
        let (mut next, mut looked, mut reported) = (0, 0, 0);
        loop {
            while self.batch.has_room() && (next as usize) < self.store.len() {
                self.expand(next);
                next += 1;
            }
            if self.batch.families.is_empty() {
                return Completeness::Exhaustive;
            }
            self.bound_edges();
            match self.settle() {
                Ok(()) => {}
                Err(Full::States) => return Completeness::StateLimit,
                Err(Full::Memory) => return Completeness::MemoryLimit,
            }
            if self.expanded - looked >= STATES_PER_LOOK {
                looked = self.expanded;
                if self.limits.time.is_some_and(|time| self.started.elapsed() >= time) {
                    return Completeness::TimeLimit;
                }
                if self.limits.memory_bytes.is_some_and(|bytes| self.bytes() > bytes) {
                    return Completeness::MemoryLimit;
                }
            }
            if self.expanded - reported >= STATES_PER_REPORT {
                reported = self.expanded;
                if !observer(&self.progress()) {
                    return Completeness::Interrupted;
                }
            }
        }
    }

    /// Puts the successors of a state into the batch.
    fn expand(&mut self, index: u32) {
        let Explorer { machine, scratch, store, batch, findings, edges, .. } = self;
        let (mut transitions, mut all_spin) = (0, true);
        let before = store.state(index);
        if let Some(edges) = edges {
            edges.next_state();
        }
        machine.successors(before, scratch, |successor| {
            transitions += 1;
            if let Some(edges) = edges {
                edges.add(machine, &successor, before, Graph::OUTSIDE);
            }
            all_spin &= successor.spins;
            match successor.step {
                Step::Violation(violation) => {
                    findings.add_failed_step(violation, index, successor.transition);
                }
                Step::Done { .. } | Step::Disabled => {
                    batch.states.extend_from_slice(successor.state);
                    batch.hashes.push(Store::<W>::hash(successor.state));
                }
            }
        });
        let rest = match transitions {
            0 => Rest::Blocked,
            _ if all_spin => Rest::Spins,
            _ => Rest::Runs,
        };
        batch.families.push(Family { end: batch.hashes.len(), transitions, rest });
    }

    /// Collects no more edges if there are too many.
    fn bound_edges(&mut self) {
        let bytes_max = self.limits.memory_bytes.unwrap_or(u64::MAX);
        let too_many = |edges: &Collector| {
            edges.len() > EDGES_MAX || self.bytes() + edges.bytes() as u64 > bytes_max
        };
        if self.edges.as_ref().is_some_and(too_many) {
            self.edges = None;
        }
    }

    /// Stores the successors in the batch and empties it.
    ///
    /// # Errors
    /// If the store is full. States whose successors could not all be stored count as not expanded.
    fn settle(&mut self) -> Result<(), Full> {
        let words = self.store.words();
        let Batch { hashes, guesses, promising, states, .. } = &mut self.batch;
        guesses.clear();
        guesses.extend(hashes.iter().map(|&hash| self.store.first_slot(hash)));
        for (guess, &hash) in guesses.iter_mut().zip(&*hashes) {
            *guess = self.store.guess(hash, *guess);
        }
        promising.clear();
        let pairs = guesses.iter().zip(states.chunks_exact(words));
        promising.extend(pairs.map(|(&guess, state)| self.store.may_confirm(guess, state)));
        let families = std::mem::take(&mut self.batch.families);
        let mut start = 0;
        for family in &families {
            self.settle_family(start..family.end)?;
            start = family.end;
            self.finish_family(family)?;
        }
        self.batch.clear(families);
        Ok(())
    }

    fn settle_family(&mut self, members: Range<usize>) -> Result<(), Full> {
        let words = self.store.words();
        for member in members {
            let state = &self.batch.states[member * words..][..words];
            let guess = self.batch.guesses[member];
            let number = if self.batch.promising[member] && self.store.confirms(guess, state) {
                guess - 1
            } else {
                self.parents.reserve()?;
                match self.store.insert(state, self.batch.hashes[member])? {
                    Inserted::Known(number) => number,
                    Inserted::New => {
                        self.parents.push_child();
                        let number = self.store.len() as u32 - 1;
                        self.check_state(number, Some(self.expanded));
                        number
                    }
                }
            };
            if let Some(edges) = &mut self.edges {
                edges.settle(number);
            }
        }
        Ok(())
    }

    /// All successors of the next state are stored.
    fn finish_family(&mut self, family: &Family) -> Result<(), Full> {
        self.parents.reserve()?;
        self.parents.next_parent();
        let index = self.expanded;
        self.expanded += 1;
        self.transitions += u64::from(family.transitions);
        match family.rest {
            Rest::Runs => {}
            Rest::Spins => self.census.add_spinner(index),
            Rest::Blocked => {
                let Explorer { census, store, machine, scratch, .. } = self;
                let added = census.add_blocked(index, store, machine, scratch);
                if let Err(Unclassified { state, violation }) = added {
                    self.findings.add_failed_state(violation, state);
                }
            }
        }
        let states = self.store.len() as u32;
        if self.expanded == self.level_end && states > self.level_end {
            self.depth += 1;
            self.level_end = states;
        }
        Ok(())
    }

    /// Evaluates the properties that are still open in a state just stored, and found from `parent`.
    #[inline(always)]
    fn check_state(&mut self, index: u32, parent: Option<u32>) {
        if !self.findings.open.is_empty() {
            self.check_properties(index, parent);
        }
    }

    fn check_properties(&mut self, index: u32, parent: Option<u32>) {
        let Explorer { machine, scratch, store, findings, .. } = self;
        let state = store.state(index);
        let before = parent.map(|parent| store.state(parent));
        let mut open = std::mem::take(&mut findings.open);
        open.retain(|property| {
            // What has not decided it in the state before does not here.
            if before.is_some_and(|before| !property.tells_apart(before, state)) {
                return true;
            }
            match machine.eval(property.condition, state, scratch) {
                Ok(value) if value == property.decided_by => {
                    findings.deciding[property.property] = Some(index);
                    false
                }
                Ok(_) => true,
                Err(violation) => {
                    findings.add_failed_state(violation, index);
                    true
                }
            }
        });
        findings.open = open;
    }

    fn bytes(&self) -> u64 {
        (self.store.bytes() + self.parents.bytes() + self.census.bytes()) as u64
    }

    fn progress(&self) -> Progress {
        let states = self.store.len() as u64;
        Progress {
            states,
            frontier: states - u64::from(self.expanded),
            depth: self.depth,
            store_bytes: self.bytes(),
            elapsed: self.started.elapsed(),
        }
    }

    fn report(&mut self, completeness: Completeness) -> Report {
        let program = self.machine.program();
        let mut violations = Vec::new();
        let mut reach = Vec::new();
        for (index, property) in program.properties.iter().enumerate() {
            let trace = self.findings.deciding[index].map(|state| self.trace(state));
            match (property.kind, trace) {
                (PropertyKind::Reach(_), trace) => reach.push((index, trace)),
                (_, Some(trace)) => {
                    violations.push(Found::new(Finding::Property(index), trace));
                }
                (_, None) => {}
            }
        }
        for check in 0..program.checks.len() {
            let Failures { by_step, in_state } = self.findings.failures[check];
            let by_step = by_step.map(|(state, step)| {
                let mut trace = self.trace(state);
                trace.push(step);
                trace
            });
            let in_state = in_state.map(|state| self.trace(state));
            if let Some(trace) = by_step.into_iter().chain(in_state).min_by_key(Vec::len) {
                let what = Finding::Step(Violation { check: check as u16 });
                violations.push(Found::new(what, trace));
            }
        }
        let ends = self.ends();
        for end in ends.iter().filter(|end| !end.fine) {
            let what = Finding::End { outcome: end.outcome.clone(), spinning: end.spinning };
            violations.push(Found::new(what, end.trace.clone()));
        }
        violations.sort_by_key(|found| found.trace.len());
        let statements = (0..).zip(&program.statements);
        let (not_run, ran_unexpectedly) = statements
            .filter(|(id, statement)| self.scratch.has_run(*id) == statement.unreachable)
            .map(|(id, _)| id)
            .partition(|&id| !self.scratch.has_run(id));
        let Progress { states, frontier, depth, store_bytes, elapsed } = self.progress();
        Report {
            engine: "search".to_string(),
            runs: None,
            completeness,
            states,
            transitions: self.transitions,
            depth,
            frontier,
            store_bytes,
            state_bytes: (self.store.words() * size_of::<u64>()) as u32,
            elapsed,
            violations,
            ends,
            reach,
            liveness: Vec::new(),
            fewest_switches: false,
            executions: Vec::new(),
            remarks: Vec::new(),
            not_run,
            ran_unexpectedly,
        }
    }

    /// The ends by class, those that do not occur left out.
    fn ends(&mut self) -> Vec<EndClass> {
        let program = self.machine.program();
        let classes = self.census.classes().to_vec();
        let mut ends = Vec::new();
        for ((outcome, fine), class) in program.end_classes().zip(classes) {
            if let Some(nearest) = class.nearest {
                ends.push(EndClass {
                    outcome: outcome.to_string(),
                    fine,
                    count: class.count,
                    spinning: nearest.spinning,
                    trace: self.trace(nearest.state),
                });
            }
        }
        ends
    }

    /// The schedule that found the state. Links say which state found which; by which transition,
    /// the machine tells again.
    fn trace(&mut self, state: u32) -> Trace {
        let path = self.parents.path(state);
        let mut trace = Vec::with_capacity(path.len() - 1);
        for step in path.windows(2) {
            let (parent, child) = (self.store.state(step[0]), self.store.state(step[1]));
            let mut first = None;
            self.machine.successors(parent, &mut self.scratch, |successor| {
                let leads_there = matches!(successor.step, Step::Done { .. });
                if first.is_none() && leads_there && successor.state == child {
                    first = Some(successor.transition);
                }
            });
            trace.push(first.expect("a state is a successor of the one that found it"));
        }
        trace
    }
}

impl Batch {
    fn has_room(&self) -> bool {
        self.hashes.len() < BATCH && self.families.len() < BATCH
    }

    /// Empties the batch, but keeps its memory and that of `families`.
    fn clear(&mut self, mut families: Vec<Family>) {
        families.clear();
        self.families = families;
        self.states.clear();
        self.hashes.clear();
    }
}

impl Findings {
    /// A step from a state, given in order, fails.
    fn add_failed_step(&mut self, violation: Violation, state: u32, step: Transition) {
        self.failures[usize::from(violation.check)].by_step.get_or_insert((state, step));
    }

    /// A condition cannot be evaluated in a state.
    fn add_failed_state(&mut self, violation: Violation, state: u32) {
        let first = &mut self.failures[usize::from(violation.check)].in_state;
        *first = Some(first.map_or(state, |first| first.min(state)));
    }
}
