//! Runs taken one after the other, and all that they show.

use super::observed::Observed;
use super::walk::Walk;
use crate::machine::Machine;

/// A walk that is taken again and again by whoever chooses. Every state of it is observed, and every
/// end of it once.
#[derive(Debug, Clone)]
pub struct Runs {
    walk: Walk,
    observed: Observed,
}

impl Runs {
    /// No run yet; [`Runs::begin`] begins the first.
    pub fn new(walk: Walk, machine: &Machine) -> Runs {
        Runs { walk, observed: Observed::new(machine) }
    }

    /// A run begins.
    pub fn begin(&mut self, machine: &Machine) {
        self.walk.restart(machine);
        self.observe(machine);
    }

    /// Takes the move with this index, and says whether a turn of a yielding loop ended in it.
    ///
    /// # Panics
    /// If there is no such move.
    pub fn take(&mut self, index: usize, machine: &Machine) -> bool {
        let yielded = self.walk.take(index, machine);
        self.observe(machine);
        yielded
    }

    fn observe(&mut self, machine: &Machine) {
        self.observed.see(&self.walk, machine);
        if self.is_over() {
            self.observed.finish(&self.walk);
        }
    }

    /// Whether the run that began last is over.
    pub fn is_over(&self) -> bool {
        self.walk.over().is_some()
    }

    /// The run that began last.
    pub fn walk(&self) -> &Walk {
        &self.walk
    }

    /// What all runs have shown.
    pub fn observed(&self) -> &Observed {
        &self.observed
    }
}
