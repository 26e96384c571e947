//! What runs have shown: ends, failures, properties, states and statements.
//!
//! Whoever takes runs, here or in an engine of others, shows every one to an [`Observed`], so that
//! all of them can be compared with each other and with the search.

use super::walk::{Over, Walk};
use crate::machine::{Machine, Scratch, Transition, Violation};
use crate::program::{Program, PropertyKind};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Everything that runs have shown so far.
#[derive(Debug, Clone)]
pub struct Observed {
    /// Runs seen to their end, to a failing step, or to the point where they went in a circle.
    pub runs: u64,
    /// Of these, those that could only go round in a circle.
    pub circles: u64,
    /// Steps of all runs.
    pub steps: u64,
    /// Steps of the longest run.
    pub longest: usize,
    /// Ends by the outcome's name.
    pub ends: BTreeMap<String, SeenEnds>,
    /// Failed checks.
    pub failures: BTreeMap<Violation, Seen>,
    /// Properties decided by a state: violated, or a `reach` witnessed; by index.
    pub properties: BTreeMap<usize, Seen>,
    /// The states seen, each with what it decides.
    states: HashMap<Box<[u64]>, Vec<Decided>>,
    /// What the run that is under way has decided: a run counts once.
    of_this_run: BTreeSet<Decided>,
    scratch: Scratch,
}

/// What a state decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Decided {
    /// The property with this index.
    Property(usize),
    /// A property cannot be evaluated in it.
    Failed(Violation),
}

/// Runs that showed one thing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// How many runs.
    pub runs: u64,
    /// The shortest of them.
    pub trace: Vec<Transition>,
}

/// The ends of one outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenEnds {
    /// It is a good one.
    pub fine: bool,
    /// The end of the shortest run spins.
    pub spinning: bool,
    /// The runs that ended so.
    pub seen: Seen,
    /// One state of each such end: its least, as words.
    pub states: HashSet<Box<[u64]>>,
}

impl Seen {
    /// A run more; whether it is the shortest so far.
    fn add(&mut self, trace: &[Transition]) -> bool {
        self.runs += 1;
        let shortest = self.runs == 1 || trace.len() < self.trace.len();
        if shortest {
            self.trace = trace.to_vec();
        }
        shortest
    }
}

impl Observed {
    /// Nothing yet.
    pub fn new(machine: &Machine) -> Observed {
        Observed {
            runs: 0,
            circles: 0,
            steps: 0,
            longest: 0,
            ends: BTreeMap::new(),
            failures: BTreeMap::new(),
            properties: BTreeMap::new(),
            states: HashMap::new(),
            of_this_run: BTreeSet::new(),
            scratch: machine.scratch(),
        }
    }

    /// Distinct states seen.
    pub fn states(&self) -> u64 {
        self.states.len() as u64
    }

    /// A run stands where `walk` stands: after each step, and before the first.
    pub fn see(&mut self, walk: &Walk, machine: &Machine) {
        if matches!(walk.over(), Some(Over::Failed(_))) {
            return;
        }
        if walk.trace().is_empty() {
            self.of_this_run.clear();
        }
        let steps = walk.trace().len();
        self.look_at(walk.state(), machine, steps, || walk.trace().to_vec());
        let Some(rest) = walk.rest() else { return };
        for (index, state) in rest.states.iter().enumerate().skip(1) {
            let further = rest.steps_to(index);
            let steps = steps + further.len();
            self.look_at(state, machine, steps, || [walk.trace(), &further].concat());
        }
    }

    /// A run is in `state`, after `steps` steps; `trace` leads to it.
    fn look_at(
        &mut self,
        state: &[u64],
        machine: &Machine,
        steps: usize,
        trace: impl Fn() -> Vec<Transition>,
    ) {
        if !self.states.contains_key(state) {
            let decided = self.decided_by(state, machine);
            self.states.insert(state.into(), decided);
        }
        for what in &self.states[state] {
            let seen = match what {
                Decided::Property(index) => self.properties.entry(*index).or_default(),
                Decided::Failed(violation) => self.failures.entry(*violation).or_default(),
            };
            let is_new = self.of_this_run.insert(*what);
            if is_new && seen.runs == 0 || steps < seen.trace.len() {
                seen.trace = trace();
            }
            seen.runs += u64::from(is_new);
        }
    }

    fn decided_by(&mut self, state: &[u64], machine: &Machine) -> Vec<Decided> {
        let mut decided = Vec::new();
        for (index, property) in machine.program().properties.iter().enumerate() {
            let (condition, deciding) = match property.kind {
                PropertyKind::Never(addr) | PropertyKind::Reach(addr) => (addr, true),
                PropertyKind::Always(addr) => (addr, false),
                PropertyKind::After(..) | PropertyKind::Eventually(_) => continue,
            };
            match machine.eval(condition, state, &mut self.scratch) {
                Ok(value) if value == deciding => decided.push(Decided::Property(index)),
                Ok(_) => {}
                Err(violation) => decided.push(Decided::Failed(violation)),
            }
        }
        decided
    }

    /// A run is over as `walk` is.
    ///
    /// # Panics
    /// If `walk` goes on.
    pub fn finish(&mut self, walk: &Walk) {
        self.runs += 1;
        self.steps += walk.trace().len() as u64;
        self.longest = self.longest.max(walk.trace().len());
        match walk.over().expect("the run is over") {
            Over::Circle => self.circles += 1,
            Over::Failed(violation) => {
                self.failures.entry(*violation).or_default().add(walk.trace());
            }
            Over::End(end) => {
                let ends = self.ends.entry(end.outcome.clone()).or_insert_with(|| SeenEnds {
                    fine: end.fine,
                    spinning: end.spinning,
                    seen: Seen::default(),
                    states: HashSet::new(),
                });
                if ends.seen.add(walk.trace()) {
                    ends.spinning = end.spinning;
                }
                let rest = walk.rest().expect("the run is in an end");
                let least = rest.states.iter().min().expect("an end has a state");
                ends.states.insert(least.clone());
                if let Some((index, violation)) = rest.unclassified {
                    let trace = [walk.trace(), &rest.steps_to(index)].concat();
                    self.failures.entry(violation).or_default().add(&trace);
                }
            }
        }
    }

    /// The properties that were violated, by name; a `reach` is none of them.
    pub fn violated<'a>(
        &'a self,
        program: &'a Program,
    ) -> impl Iterator<Item = (&'a str, &'a Seen)> {
        self.properties.iter().filter_map(|(&index, seen)| {
            let property = &program.properties[index];
            let wrong = !matches!(property.kind, PropertyKind::Reach(_));
            wrong.then_some((property.name.as_str(), seen))
        })
    }

    /// Everything that went wrong, each with its name and the shortest run seen to it.
    pub fn failing<'a>(&'a self, program: &'a Program) -> Vec<(&'a str, &'a [Transition])> {
        let properties = self.violated(program).map(|(name, seen)| (name, seen.trace.as_slice()));
        let failures = self.failures.iter().map(|(violation, seen)| {
            let name = program.checks[usize::from(violation.check)].kind.name();
            (name, seen.trace.as_slice())
        });
        let ends = self.ends.iter().filter(|(_, ends)| !ends.fine);
        let ends = ends.map(|(name, ends)| (name.as_str(), ends.seen.trace.as_slice()));
        let mut failing: Vec<_> = ends.chain(failures).chain(properties).collect();
        // Two checks of one kind have one name; a file shows the nearer.
        failing.sort_by_key(|(name, trace)| (*name, trace.len()));
        failing.dedup_by_key(|(name, _)| *name);
        failing
    }
}
