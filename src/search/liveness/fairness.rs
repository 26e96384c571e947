//! What fairness demands of an infinite run.
//!
//! A demand is weak (justice) or strong (compassion). A run that goes round in a strongly connected
//! set of states for ever, taking each of its edges again and again, meets a weak demand if an edge
//! of the set is one that the demand wants taken, or some state of the set does not enable it; it
//! meets a strong one if an edge is, or no state enables it.
//!
//! * A thread is demanded to step. It counts as enabled where it can take a step that is not
//!   `unfair` by itself; any step of it will do, also a turn of a spin loop. Where its gate is off,
//!   it is not enabled: a thread that is suspended again and again may starve under weak fairness.
//! * An action is demanded to happen.
//! * A `strong` step is demanded, strongly, once for each *way* that it can go: its branch, the place
//!   it leads to, and whether it changes a shared variable. So `strong cas(…)` succeeds if it could
//!   again and again while the thread stands there, and a `strong choose` takes each branch. No
//!   fairness of a thread does that.
//!
//! Steps that fail are enabled and never taken: whoever takes one does not run for ever.

use crate::machine::Actor;
use crate::program::{Fairness, PlaceId};
use crate::search::graph::{Graph, Label};

/// What fairness is assumed of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Assumed {
    /// A thread, by its index in the cast.
    Thread(usize),
    /// An action, by its index in the program.
    Action(usize),
    /// A step of a thread, from this place.
    Step(usize, PlaceId),
}

/// An assumption about who goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Assumption {
    /// About whom.
    pub of: Assumed,
    /// What can happen again and again happens, and not only what can happen all the time.
    pub strong: bool,
}

/// A demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Demand {
    pub(super) of: Assumed,
    pub(super) fairness: Fairness,
}

/// All demands of a program, and which labels speak to them.
pub(super) struct Demands {
    pub(super) all: Vec<Demand>,
    /// By label: the demands that an edge with it enables.
    enabled_by: Vec<Vec<u32>>,
    /// By label: the demands that an edge with it meets.
    met_by: Vec<Vec<u32>>,
}

/// How a set of states meets a demand.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Standing {
    /// States of the set that enable it.
    pub(super) enabled: usize,
    /// An edge within the set is what it wants taken.
    pub(super) taken: bool,
    /// The state that enabled it last, plus one.
    last: u64,
}

impl Demands {
    /// The demands of the graph's program.
    pub(super) fn of(graph: &Graph<'_>) -> Demands {
        let program = graph.program();
        let threads = program.threads.iter().enumerate();
        let threads = threads.map(|(index, thread)| Demand {
            of: Assumed::Thread(index),
            fairness: thread.fairness,
        });
        let actions = program.actions.iter().enumerate();
        let actions = actions.map(|(index, action)| Demand {
            of: Assumed::Action(index),
            fairness: action.fairness,
        });
        let mut all: Vec<Demand> = threads.chain(actions).collect();
        let mut ways: Vec<Label> = Vec::new();
        let whole = all.len();
        let (mut enabled_by, mut met_by) = (Vec::new(), Vec::new());
        for label in graph.labels() {
            let (mut enables, mut meets) = (Vec::new(), Vec::new());
            match label.transition.actor {
                Actor::Action(index) => {
                    let demand = program.threads.len() as u32 + u32::from(index);
                    enables.push(demand);
                    meets.push(demand);
                }
                Actor::Thread(index) => {
                    let thread = usize::from(index);
                    let places = &program.threads[thread].places;
                    let own = label.place.map(|place| places[place as usize].fairness);
                    meets.push(u32::from(index));
                    if own != Some(Fairness::Unfair) {
                        enables.push(u32::from(index));
                    }
                    if let (Some(place), Some(_)) = (label.place, label.way) {
                        let of = Assumed::Step(thread, place);
                        let way = |known: &Label| {
                            (known.transition, known.place, known.way)
                                == (label.transition, label.place, label.way)
                        };
                        let known = ways.iter().position(way);
                        let demand = whole + known.unwrap_or(ways.len());
                        if known.is_none() {
                            ways.push(*label);
                            all.push(Demand { of, fairness: Fairness::Strong });
                        }
                        enables.push(demand as u32);
                        meets.push(demand as u32);
                    }
                }
            }
            enabled_by.push(enables);
            met_by.push(meets);
        }
        Demands { all, enabled_by, met_by }
    }

    /// The same, but `of` has this fairness.
    #[must_use]
    pub(super) fn with(&self, of: Assumed, fairness: Fairness) -> Demands {
        let mut all = self.all.clone();
        all.iter_mut().filter(|demand| demand.of == of).for_each(|d| d.fairness = fairness);
        Demands { all, enabled_by: self.enabled_by.clone(), met_by: self.met_by.clone() }
    }

    /// Whether a run may stay in the state for ever, because everybody who could step is unfair.
    pub(super) fn may_rest(&self, graph: &Graph<'_>, state: u32) -> bool {
        graph.edges(state).all(|(_, label)| {
            let enabled = self.enabled_by[label as usize].iter();
            enabled.into_iter().all(|&demand| self.is_unfair(demand))
        })
    }

    fn is_unfair(&self, demand: u32) -> bool {
        self.all[demand as usize].fairness == Fairness::Unfair
    }

    /// How the set of states meets each demand, and whether it has an edge at all.
    pub(super) fn standings(
        &self,
        graph: &Graph<'_>,
        states: &[u32],
        inside: impl Fn(u32) -> bool,
        standings: &mut Vec<Standing>,
    ) -> bool {
        standings.clear();
        standings.resize(self.all.len(), Standing::default());
        let mut moves = false;
        for &state in states {
            for (target, label) in graph.edges(state) {
                self.see(label, u64::from(state) + 1, standings);
                if target != Graph::OUTSIDE && inside(target) {
                    moves = true;
                    self.take(label, standings);
                }
            }
        }
        moves
    }

    /// An edge leaves the state; `stamp` is the state's own.
    pub(super) fn see(&self, label: u32, stamp: u64, standings: &mut [Standing]) {
        for &demand in &self.enabled_by[label as usize] {
            let standing = &mut standings[demand as usize];
            standing.enabled += usize::from(standing.last != stamp);
            standing.last = stamp;
        }
    }

    /// An edge is taken.
    pub(super) fn take(&self, label: u32, standings: &mut [Standing]) {
        for &demand in &self.met_by[label as usize] {
            standings[demand as usize].taken = true;
        }
    }

    /// Whether an edge with this label enables the demand.
    pub(super) fn enables(&self, label: u32, demand: usize) -> bool {
        self.enabled_by[label as usize].contains(&(demand as u32))
    }

    /// Whether an edge with this label meets the demand.
    pub(super) fn meets(&self, label: u32, demand: usize) -> bool {
        self.met_by[label as usize].contains(&(demand as u32))
    }
}

impl Demand {
    /// Whether a set of so many states meets it, given how it stands to it.
    pub(super) fn is_met(self, standing: Standing, states: usize) -> bool {
        standing.taken
            || match self.fairness {
                Fairness::Weak => standing.enabled < states,
                Fairness::Strong => standing.enabled == 0,
                Fairness::Unfair => true,
            }
    }
}
