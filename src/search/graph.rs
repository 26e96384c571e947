//! The state graph: every reachable state and every transition between them, to be walked again
//! and again.
//!
//! A search needs no edges; what is about whole runs does. They are collected while a search goes on,
//! if it is to tell of whole runs and they are not too many, or made after it from the states that it
//! stored: one array of targets and one of labels, in the order of the machine,
//! and where each state's begin (compressed sparse rows). States keep the numbers of the search,
//! which are in the order of their distance from the initial state.

use super::hasher::WordHasher;
use super::store::Store;
use crate::machine::{Actor, Machine, Step, Successor, Transition};
use crate::program::{CheckId, Fairness, PlaceId, Program};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// Stored states, of whatever size.
pub(super) trait States {
    /// The state with this number.
    fn state(&self, index: u32) -> &[u64];
    /// The number of a state, if it is stored.
    fn find(&self, state: &[u64]) -> Option<u32>;
    /// How many there are.
    fn len(&self) -> usize;
}

impl<const W: usize> States for Store<W> {
    fn state(&self, index: u32) -> &[u64] {
        Store::state(self, index)
    }

    fn find(&self, state: &[u64]) -> Option<u32> {
        Store::find(self, state)
    }

    fn len(&self) -> usize {
        Store::len(self)
    }
}

/// The states of a store that a search has expanded: the first ones.
pub(super) struct Expanded<const W: usize> {
    pub(super) store: Store<W>,
    pub(super) len: usize,
}

impl<const W: usize> States for Expanded<W> {
    fn state(&self, index: u32) -> &[u64] {
        self.store.state(index)
    }

    fn find(&self, state: &[u64]) -> Option<u32> {
        self.store.find(state).filter(|&index| (index as usize) < self.len)
    }

    fn len(&self) -> usize {
        self.len
    }
}

/// A few states, in order.
struct Few(Vec<Box<[u64]>>);

impl States for Few {
    fn state(&self, index: u32) -> &[u64] {
        &self.0[index as usize]
    }

    fn find(&self, state: &[u64]) -> Option<u32> {
        let index = self.0.binary_search_by(|known| known.as_ref().cmp(state)).ok()?;
        Some(index as u32)
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// States of another graph, some of them twice.
struct Copies<'g> {
    of: &'g dyn States,
    /// By number: the state of the other graph.
    origins: Vec<u32>,
}

impl States for Copies<'_> {
    fn state(&self, index: u32) -> &[u64] {
        self.of.state(self.origins[index as usize])
    }

    /// The first copy.
    fn find(&self, state: &[u64]) -> Option<u32> {
        let origin = self.of.find(state)?;
        let copy = self.origins.iter().position(|&of| of == origin)?;
        Some(copy as u32)
    }

    fn len(&self) -> usize {
        self.origins.len()
    }
}

/// The graph of all reachable states of a program.
pub struct Graph<'p> {
    machine: Machine<'p>,
    states: Box<dyn States + 'p>,
    edges: Edges,
}

/// The edges of a graph.
pub(super) struct Edges {
    /// By state: where its edges begin; one more at the end.
    starts: Vec<u32>,
    targets: Vec<u32>,
    labels: Vec<u32>,
    table: Vec<Label>,
}

/// What an edge is, but for where it leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Label {
    /// Who steps, and which branch.
    pub transition: Transition,
    /// The place that the thread's step is taken from; `None` for an action, and for a step that
    /// enters a handler.
    pub place: Option<PlaceId>,
    /// Of a strongly fair step: where the thread stands after it, and whether it changed a shared
    /// variable. These, with the branch, are the ways that the step can go.
    pub way: Option<(PlaceId, bool)>,
    /// The step may be part of a spin.
    pub spins: bool,
    /// A turn of a yielding loop ends in it.
    pub yielded: bool,
    /// The check that it fails.
    pub fails: Option<CheckId>,
}

/// A state has no such copy yet.
const NO_COPY: u32 = u32::MAX;

/// The way of a step that fails.
const FAILING_WAY: (PlaceId, bool) = (PlaceId::MAX, false);

/// Why there is no graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoGraph {
    /// The edges do not fit in the memory that there is, or 32 bits do not number them.
    TooLarge,
    /// It was not wanted any more.
    Stopped,
}

/// States between two questions whether the graph is still wanted.
const STATES_PER_QUESTION: u32 = 1 << 14;

impl Edges {
    /// All edges of `states`, of which there are `count`. They may take `bytes_max` bytes. `go_on`
    /// is asked now and then.
    pub(super) fn of(
        machine: &Machine<'_>,
        states: &dyn States,
        count: u64,
        bytes_max: u64,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Edges, NoGraph> {
        let fits = bytes(states.len(), count) <= bytes_max;
        let Some(count) = u32::try_from(count).ok().filter(|_| fits) else {
            return Err(NoGraph::TooLarge);
        };
        let mut collector = Collector::default();
        let Collector { starts, targets, labels, .. } = &mut collector;
        starts.try_reserve_exact(states.len() + 1).map_err(|_| NoGraph::TooLarge)?;
        targets.try_reserve_exact(count as usize).map_err(|_| NoGraph::TooLarge)?;
        labels.try_reserve_exact(count as usize).map_err(|_| NoGraph::TooLarge)?;
        let mut scratch = machine.scratch();
        for state in 0..states.len() as u32 {
            if state % STATES_PER_QUESTION == 0 && !go_on() {
                return Err(NoGraph::Stopped);
            }
            let before = states.state(state);
            collector.next_state();
            machine.successors(before, &mut scratch, |successor| {
                let target = match successor.step {
                    Step::Violation(_) => Graph::OUTSIDE,
                    _ => states.find(successor.state).unwrap_or(Graph::OUTSIDE),
                };
                collector.add(machine, &successor, before, target);
            });
        }
        Ok(collector.edges())
    }
}

/// Edges that are being collected, state for state.
#[derive(Default)]
pub(super) struct Collector {
    starts: Vec<u32>,
    targets: Vec<u32>,
    labels: Vec<u32>,
    table: Vec<Label>,
    /// By label: its place in `table`.
    numbers: HashMap<Label, u32, BuildHasherDefault<WordHasher>>,
    /// Edges before this one have a target for good.
    settled: usize,
}

impl Collector {
    /// The edges that follow are those of the next state.
    pub(super) fn next_state(&mut self) {
        self.starts.push(self.targets.len() as u32);
    }

    /// Adds what a step from `before` leads to.
    pub(super) fn add(
        &mut self,
        machine: &Machine<'_>,
        successor: &Successor<'_>,
        before: &[u64],
        target: u32,
    ) {
        let label = label(machine, successor, before);
        let next = self.table.len() as u32;
        let number = *self.numbers.entry(label).or_insert(next);
        if number == next {
            self.table.push(label);
        }
        self.targets.push(target);
        self.labels.push(number);
    }

    /// Says where the next edge leads whose target is not known yet; one that fails leads nowhere.
    pub(super) fn settle(&mut self, target: u32) {
        let fails = |edge: usize| self.table[self.labels[edge] as usize].fails.is_some();
        while fails(self.settled) {
            self.settled += 1;
        }
        self.targets[self.settled] = target;
        self.settled += 1;
    }

    /// How many edges there are.
    pub(super) fn len(&self) -> usize {
        self.targets.len()
    }

    /// Bytes that are allocated.
    pub(super) fn bytes(&self) -> usize {
        let Collector { starts, targets, labels, .. } = self;
        (starts.capacity() + targets.capacity() + labels.capacity()) * size_of::<u32>()
    }

    /// All of them, if they may take `bytes_max` bytes, and `go_on` does not say otherwise.
    pub(super) fn edges_within(
        self,
        bytes_max: u64,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Edges, NoGraph> {
        if bytes(self.starts.len(), self.targets.len() as u64) > bytes_max {
            return Err(NoGraph::TooLarge);
        }
        if go_on() { Ok(self.edges()) } else { Err(NoGraph::Stopped) }
    }

    fn edges(self) -> Edges {
        let Collector { mut starts, targets, labels, table, .. } = self;
        starts.push(targets.len() as u32);
        Edges { starts, targets, labels, table }
    }
}

/// Bytes of the edges of so many states.
fn bytes(states: usize, edges: u64) -> u64 {
    edges.saturating_mul(8) + 4 * (states as u64 + 1)
}

/// The label of a step from `before`.
fn label(machine: &Machine<'_>, successor: &Successor<'_>, before: &[u64]) -> Label {
    let (yielded, fails) = match successor.step {
        Step::Done { yielded } => (yielded, None),
        Step::Violation(violation) => (false, Some(violation.check)),
        Step::Disabled => unreachable!("a successor is enabled"),
    };
    let (transition, spins) = (successor.transition, successor.spins);
    let mut label = Label { transition, place: None, way: None, spins, yielded, fails };
    let Actor::Thread(thread) = transition.actor else { return label };
    if successor.enters {
        return label;
    }
    let index = usize::from(thread);
    let program = machine.program();
    let place = machine.place(before, index);
    label.place = Some(place);
    label.way =
        (program.threads[index].places[place as usize].fairness == Fairness::Strong).then(|| {
            match successor.step {
                Step::Violation(_) => FAILING_WAY,
                Step::Done { .. } | Step::Disabled => {
                    let masks = &program.layout.shared_mask;
                    let words = before.iter().zip(successor.state).zip(masks);
                    let changed = words.map(|((b, a), mask)| (b ^ a) & mask).any(|bits| bits != 0);
                    (machine.place(successor.state, index), changed)
                }
            }
        });
    label
}

impl<'p> Graph<'p> {
    /// The target of a step that fails, which ends the run; in the graph of some states only, also
    /// of one that leads to another.
    pub const OUTSIDE: u32 = u32::MAX;

    pub(super) fn new(machine: Machine<'p>, states: Box<dyn States + 'p>, edges: Edges) -> Self {
        Graph { machine, states, edges }
    }

    /// The graph of these states alone.
    pub(super) fn of_few(program: &'p Program, mut states: Vec<Box<[u64]>>) -> Graph<'p> {
        let machine = Machine::new(program);
        states.sort_unstable();
        states.dedup();
        let mut scratch = machine.scratch();
        let mut count = 0;
        states.iter().for_each(|state| machine.successors(state, &mut scratch, |_| count += 1));
        let states = Few(states);
        let edges = Edges::of(&machine, &states, count, u64::MAX, &mut || true);
        Graph::new(machine, Box::new(states), edges.expect("a few edges fit"))
    }

    /// The graph with a bit of memory beside each state, which begins as `initial`, and `next` says
    /// what it is in a state, given what it was before. Only what can be reached is in it, in the
    /// order of its distance from the initial state. Also says of each state which it is a copy of,
    /// and the bit. `None` if 32 bits do not number the edges.
    pub(super) fn unfold<'g>(
        &'g self,
        initial: bool,
        next: impl Fn(bool, u32) -> bool,
    ) -> Option<(Graph<'g>, Vec<u32>, Vec<bool>)> {
        u32::try_from(self.edge_count() as u64 * 2).ok()?;
        let mut numbers = vec![[NO_COPY; 2]; self.len()];
        numbers[0][usize::from(initial)] = 0;
        let (mut origins, mut bits) = (vec![0], vec![initial]);
        let table = self.edges.table.clone();
        let mut edges = Edges { starts: vec![0], targets: Vec::new(), labels: Vec::new(), table };
        let mut at = 0;
        while at < origins.len() {
            for (target, label) in self.edges(origins[at]) {
                let copy = if target == Graph::OUTSIDE {
                    Graph::OUTSIDE
                } else {
                    let bit = next(bits[at], target);
                    let number = &mut numbers[target as usize][usize::from(bit)];
                    if *number == NO_COPY {
                        *number = origins.len() as u32;
                        origins.push(target);
                        bits.push(bit);
                    }
                    *number
                };
                edges.targets.push(copy);
                edges.labels.push(label);
            }
            edges.starts.push(edges.targets.len() as u32);
            at += 1;
        }
        let states = Copies { of: self.states(), origins: origins.clone() };
        let graph = Graph::new(Machine::new(self.program()), Box::new(states), edges);
        Some((graph, origins, bits))
    }

    /// The machine whose runs these are.
    pub fn machine(&self) -> &Machine<'p> {
        &self.machine
    }

    /// The program whose runs these are.
    pub fn program(&self) -> &'p Program {
        self.machine.program()
    }

    /// How many states there are. The initial one is 0.
    #[allow(clippy::len_without_is_empty, reason = "there is always an initial state")]
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// How many edges there are.
    pub fn edge_count(&self) -> usize {
        self.edges.targets.len()
    }

    /// The state with this number.
    pub fn state(&self, state: u32) -> &[u64] {
        self.states.state(state)
    }

    /// The number of a state, if it is reachable.
    pub fn find(&self, state: &[u64]) -> Option<u32> {
        self.states.find(state)
    }

    /// The stored states, whatever their size.
    pub(super) fn states(&self) -> &dyn States {
        &*self.states
    }

    /// Where the edges of a state lead, in the machine's order; [`Graph::OUTSIDE`] for those that fail.
    #[inline]
    pub fn targets(&self, state: u32) -> &[u32] {
        let starts = &self.edges.starts[state as usize..];
        &self.edges.targets[starts[0] as usize..starts[1] as usize]
    }

    /// The edges of a state: where each leads, and the number of its label.
    #[inline]
    pub fn edges(&self, state: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        let starts = &self.edges.starts[state as usize..];
        let range = starts[0] as usize..starts[1] as usize;
        let targets = self.edges.targets[range.clone()].iter().copied();
        targets.zip(self.edges.labels[range].iter().copied())
    }

    /// What the labels say, by number.
    pub fn labels(&self) -> &[Label] {
        &self.edges.table
    }

    /// The shortest distances from the initial state, and the state that finds each on the way, as
    /// the search did.
    pub fn tree(&self) -> Tree {
        let mut tree = Tree { depth: vec![u32::MAX; self.len()], parent: vec![0; self.len()] };
        tree.depth[0] = 0;
        for state in 0..self.len() as u32 {
            for &target in self.targets(state).iter().filter(|&&target| target != Graph::OUTSIDE) {
                if tree.depth[target as usize] == u32::MAX {
                    tree.depth[target as usize] = tree.depth[state as usize] + 1;
                    tree.parent[target as usize] = state;
                }
            }
        }
        tree
    }

    /// The states that a run leads through, but for the one that a failing step would lead to; `None`
    /// if it leaves the graph.
    pub fn path(&self, trace: &[Transition]) -> Option<Vec<u32>> {
        let mut path = vec![0];
        for transition in trace {
            let mut edges = self.edges(path[path.len() - 1]);
            let taken = |label: u32| self.labels()[label as usize].transition == *transition;
            let (target, _) = edges.find(|(_, label)| taken(*label))?;
            if target != Graph::OUTSIDE {
                path.push(target);
            }
        }
        Some(path)
    }

    /// The transitions along these states, each the first that leads to the next state.
    ///
    /// # Panics
    /// If there is no edge from one to the next.
    pub(super) fn way(&self, path: &[u32]) -> Vec<Transition> {
        let step = |pair: &[u32]| {
            let (_, label) = self.edges(pair[0]).find(|(target, _)| *target == pair[1])?;
            Some(self.labels()[label as usize].transition)
        };
        path.windows(2).map(|pair| step(pair).expect("an edge leads there")).collect()
    }
}

/// Shortest ways from the initial state.
pub struct Tree {
    /// By state: its distance. It never decreases.
    pub depth: Vec<u32>,
    /// By state: the one before it.
    parent: Vec<u32>,
}

impl Tree {
    /// The state that finds this one; the initial state's is itself.
    pub fn parent(&self, state: u32) -> u32 {
        self.parent[state as usize]
    }

    /// The states of a shortest way to `state`, the initial one first.
    pub fn path(&self, state: u32) -> Vec<u32> {
        let mut path = vec![state];
        while path[path.len() - 1] != 0 {
            path.push(self.parent(path[path.len() - 1]));
        }
        path.reverse();
        path
    }
}
