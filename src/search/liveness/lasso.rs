//! The shortest way to a fair cycle, and a short fair cycle.
//!
//! The stem is as short as can be. The cycle is short and no more: to find a shortest cycle that meets
//! several demands is NP-complete. (E. M. Clarke, O. Grumberg, K. L. McMillan and X. Zhao, "Efficient
//! generation of counterexamples and witnesses in symbolic model checking", 1995.)

use super::cycles::FairComponents;
use super::fairness::{Demands, Standing};
use super::promise::Promise;
use crate::machine::Transition;
use crate::program::Fairness;
use crate::search::graph::{Graph, Tree};
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

/// The state was not reached.
const NONE: u32 = u32::MAX;
/// The state is a start.
const START: u32 = u32::MAX - 1;

/// The states from which what is promised is still missing.
pub(super) struct Region {
    /// In the order of their distance from the initial state, on ways that pass a start and do not
    /// leave the region after it.
    pub(super) members: Vec<u32>,
    /// By distance: how many members are as near, or nearer.
    level_ends: Vec<u32>,
    /// By state: the one before it on such a way.
    parent: Vec<u32>,
}

/// A run that never does what was promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lasso {
    pub(super) trace: Vec<Transition>,
    /// Steps before the cycle; all of them if the run rests in its last state for ever.
    pub(super) stem: usize,
}

impl Region {
    /// What can be reached from where the promise is made, through states in which what is promised
    /// is missing.
    pub(super) fn of(graph: &Graph<'_>, tree: &Tree, promise: &Promise) -> Region {
        let (mut members, mut level_ends) = (Vec::new(), Vec::new());
        let mut parent = vec![NONE; graph.len()];
        let mut starts = promise.starts.iter().copied().peekable();
        let (mut begin, mut depth) = (0, 0);
        loop {
            while let Some(start) = starts.next_if(|&start| tree.depth[start as usize] <= depth) {
                if parent[start as usize] == NONE {
                    parent[start as usize] = START;
                    members.push(start);
                }
            }
            let end = members.len();
            if begin == end {
                match starts.peek() {
                    Some(&start) => depth = tree.depth[start as usize],
                    None => return Region { members, level_ends, parent },
                }
                continue;
            }
            level_ends.push(end as u32);
            for at in begin..end {
                let state = members[at];
                for &target in graph.targets(state) {
                    if target != Graph::OUTSIDE
                        && parent[target as usize] == NONE
                        && promise.lacking[target as usize]
                    {
                        parent[target as usize] = state;
                        members.push(target);
                    }
                }
            }
            (begin, depth) = (end, depth + 1);
        }
    }

    /// Whether a fair run can stay in the region.
    pub(super) fn holds_a_run(
        &self,
        graph: &Graph<'_>,
        demands: &Demands,
        finder: &mut FairComponents,
    ) -> bool {
        if self.members.iter().any(|&state| demands.may_rest(graph, state)) {
            return true;
        }
        let mut found = false;
        finder.find(graph, &self.members, demands, |_| {
            found = true;
            false
        });
        found
    }

    /// A fair run that stays in the region, with the shortest stem there is.
    pub(super) fn lasso(
        &self,
        graph: &Graph<'_>,
        tree: &Tree,
        demands: &Demands,
        finder: &mut FairComponents,
    ) -> Option<Lasso> {
        let entry = self.nearest(graph, demands, finder).into_iter().next()?;
        let mut trace = self.stem(graph, tree, entry.state);
        let stem = trace.len();
        trace.extend(entry.cycle(graph, demands));
        Some(Lasso { trace, stem })
    }

    /// The nearest states that a fair run can go round or rest in, the first found first.
    pub(super) fn nearest(
        &self,
        graph: &Graph<'_>,
        demands: &Demands,
        finder: &mut FairComponents,
    ) -> Vec<Entry> {
        let mut rank = vec![NONE; graph.len()];
        (0..).zip(&self.members).for_each(|(at, &state)| rank[state as usize] = at);
        let rests = |state: &u32| demands.may_rest(graph, *state);
        let resting = self.members.iter().position(rests);
        // Members of the level of the nearest entry so far, and of all before it.
        let mut end = resting.map_or(u32::MAX, |at| self.level_end(at as u32));
        let mut fair: Vec<Rc<[u32]>> = Vec::new();
        finder.find(graph, &self.members, demands, |states| {
            let first = states.iter().map(|&state| rank[state as usize]).min();
            let first = first.expect("a component has states");
            if first < end {
                end = end.min(self.level_end(first));
                fair.push(states.into());
            }
            true
        });
        let near = |state: &u32| rank[*state as usize] < end;
        let resting = self.members.iter().take(end as usize).copied().filter(rests);
        let mut entries: Vec<Entry> =
            resting.map(|state| Entry { state, component: None }).collect();
        for component in &fair {
            let states = component.iter().copied().filter(near);
            entries.extend(states.map(|state| Entry { state, component: Some(component.clone()) }));
        }
        // Where a run may rest it need not go round: sorting keeps that first.
        entries.sort_by_key(|entry| rank[entry.state as usize]);
        entries.dedup_by_key(|entry| entry.state);
        entries
    }

    /// How many members are as near as the one with this number, or nearer.
    fn level_end(&self, member: u32) -> u32 {
        let at = self.level_ends.partition_point(|&end| end <= member);
        self.level_ends[at]
    }

    fn stem(&self, graph: &Graph<'_>, tree: &Tree, entry: u32) -> Vec<Transition> {
        let mut way = vec![entry];
        while self.parent[way[way.len() - 1] as usize] != START {
            way.push(self.parent[way[way.len() - 1] as usize]);
        }
        let mut path = tree.path(way.pop().expect("the entry"));
        path.extend(way.into_iter().rev());
        graph.way(&path)
    }
}

/// Where a run can begin to break a promise for ever.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) state: u32,
    /// The fair component that it lies in; `None` if a run may rest in the state.
    component: Option<Rc<[u32]>>,
}

impl Entry {
    /// A short fair cycle from the state back to it; no steps if a run may rest there.
    pub(super) fn cycle(&self, graph: &Graph<'_>, demands: &Demands) -> Vec<Transition> {
        let Some(component) = &self.component else { return Vec::new() };
        let steps = Cycle::new(graph, demands, component, self.state).find();
        let transition = |step: &Step| graph.labels()[step.label as usize].transition;
        steps.iter().map(transition).collect()
    }
}

/// An edge taken.
#[derive(Debug, Clone, Copy)]
struct Step {
    from: u32,
    label: u32,
    to: u32,
}

/// A search for a cycle in a fair component.
struct Cycle<'g, 'p> {
    graph: &'g Graph<'p>,
    demands: &'g Demands,
    inside: HashSet<u32>,
    entry: u32,
    steps: Vec<Step>,
}

impl<'g, 'p> Cycle<'g, 'p> {
    fn new(
        graph: &'g Graph<'p>,
        demands: &'g Demands,
        component: &[u32],
        entry: u32,
    ) -> Cycle<'g, 'p> {
        let inside = component.iter().copied().collect();
        Cycle { graph, demands, inside, entry, steps: Vec::new() }
    }

    /// The shortest cycle through the entry if it is fair. Else one that goes on, again and again, to
    /// the nearest edge or state that meets a demand not met before, and then home.
    fn find(mut self) -> Vec<Step> {
        self.go(|this, step| step.to == this.entry);
        if self.unmet().is_empty() {
            return self.steps;
        }
        self.steps.clear();
        loop {
            // The way home may pass states that enable a strong demand: it is met then, too.
            let unmet = self.unmet();
            if !unmet.is_empty() {
                self.go(|this, step| {
                    unmet.iter().any(|&demand| {
                        this.demands.meets(step.label, demand)
                            || this.demands.all[demand].fairness == Fairness::Weak
                                && !this.enabled(step.to, demand)
                    })
                });
            } else if self.here() != self.entry || self.steps.is_empty() {
                self.go(|this, step| step.to == this.entry);
            } else {
                return self.steps;
            }
        }
    }

    fn here(&self) -> u32 {
        self.steps.last().map_or(self.entry, |step| step.to)
    }

    fn enabled(&self, state: u32, demand: usize) -> bool {
        self.graph.edges(state).any(|(_, label)| self.demands.enables(label, demand))
    }

    /// The demands that the states and edges so far do not meet.
    fn unmet(&self) -> Vec<usize> {
        let mut standings = vec![Standing::default(); self.demands.all.len()];
        let mut states: Vec<u32> = self.steps.iter().map(|step| step.from).collect();
        states.push(self.here());
        states.sort_unstable();
        states.dedup();
        for &state in &states {
            for (_, label) in self.graph.edges(state) {
                self.demands.see(label, u64::from(state) + 1, &mut standings);
            }
        }
        self.steps.iter().for_each(|step| self.demands.take(step.label, &mut standings));
        let demands = self.demands.all.iter().enumerate();
        let unmet =
            demands.filter(|(index, demand)| !demand.is_met(standings[*index], states.len()));
        unmet.map(|(index, _)| index).collect()
    }

    /// Goes the shortest way, of one step at least, whose last step is wanted.
    fn go(&mut self, wanted: impl Fn(&Self, Step) -> bool) {
        let start = self.here();
        let mut found_by: HashMap<u32, Step> = HashMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(from) = queue.pop_front() {
            for (to, label) in self.graph.edges(from) {
                if !self.inside.contains(&to) {
                    continue;
                }
                let step = Step { from, label, to };
                if wanted(self, step) {
                    let mut way = vec![step];
                    while way[way.len() - 1].from != start {
                        way.push(found_by[&way[way.len() - 1].from]);
                    }
                    self.steps.extend(way.into_iter().rev());
                    return;
                }
                if to != start && !found_by.contains_key(&to) {
                    found_by.insert(to, step);
                    queue.push_back(to);
                }
            }
        }
        unreachable!("a fair component meets every demand");
    }
}
