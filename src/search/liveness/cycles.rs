//! Where a fair run can go round for ever.
//!
//! The strongly connected components of the region are computed; one that meets all demands is
//! fair. One that misses a weak demand has no fair part: all its states enable what none of its
//! edges takes. One that misses a strong demand is searched again without the states that enable it:
//! a fair run in it leaves them behind for ever. (O. Lichtenstein and A. Pnueli, "Checking that finite
//! state concurrent programs satisfy their linear specification", 1985; E. A. Emerson and C.-L. Lei,
//! "Modalities for model checking", 1987; the same analysis is TLC's, S. Merz, 2000.)

use super::fairness::{Demands, Standing};
use crate::program::Fairness;
use crate::search::components::{Component, components};
use crate::search::graph::Graph;

/// Finds fair components, with memory that is kept from one search to the next.
#[derive(Default)]
pub(super) struct FairComponents {
    tarjan: Vec<u32>,
    /// By state: the component that it was last seen in.
    component: Vec<u32>,
    next: u32,
}

impl FairComponents {
    /// Calls `sink` with the states of each fair component of the graph that `members` induce: sets
    /// that are strongly connected, have an edge and meet all demands, the greatest of their kind.
    /// Stops when `sink` returns false.
    pub(super) fn find(
        &mut self,
        graph: &Graph<'_>,
        members: &[u32],
        demands: &Demands,
        mut sink: impl FnMut(&[u32]) -> bool,
    ) {
        self.component.resize(graph.len(), 0);
        let mut wanted = true;
        let mut parts = vec![members.to_vec()];
        let mut standings = Vec::new();
        while let Some(part) = parts.pop() {
            let FairComponents { tarjan, component, next } = self;
            components(graph, &part, tarjan, |Component { states, .. }| {
                if !wanted {
                    return;
                }
                *next += 1;
                states.iter().for_each(|&state| component[state as usize] = *next);
                let inside = |state: u32| component[state as usize] == *next;
                if !demands.standings(graph, states, inside, &mut standings) {
                    return;
                }
                match missed(demands, &standings, states.len()) {
                    Missed::Nothing => wanted = sink(states),
                    Missed::Weak => {}
                    Missed::Strong(missed) => {
                        let enables = |state: u32| {
                            graph.edges(state).any(|(_, label)| {
                                missed.iter().any(|&demand| demands.enables(label, demand))
                            })
                        };
                        let rest = states.iter().copied().filter(|&state| !enables(state));
                        parts.push(rest.collect());
                    }
                }
            });
            if !wanted {
                return;
            }
        }
    }
}

/// The demands that a component does not meet.
enum Missed {
    Nothing,
    Weak,
    Strong(Vec<usize>),
}

fn missed(demands: &Demands, standings: &[Standing], states: usize) -> Missed {
    let missed = |&demand: &usize| !demands.all[demand].is_met(standings[demand], states);
    let missed: Vec<usize> = (0..standings.len()).filter(missed).collect();
    if missed.iter().any(|&demand| demands.all[demand].fairness == Fairness::Weak) {
        Missed::Weak
    } else if missed.is_empty() {
        Missed::Nothing
    } else {
        Missed::Strong(missed)
    }
}
