//! What an end is called.

use super::{Machine, Scratch, Violation};
use crate::program::FINISHED;

impl Machine<'_> {
    /// The class of the end with these states, an index into
    /// [`Program::end_classes`](crate::program::Program::end_classes): the first outcome whose
    /// condition holds in all of them, else `done` if every live thread has finished in all of them,
    /// else `stuck`.
    ///
    /// # Errors
    /// The number of the first state, from 0, in which an outcome or a thread's life cannot be
    /// evaluated, and the check that this fails. Such an end counts as `stuck`: the worst that it
    /// can be.
    pub fn end_class<'s>(
        &self,
        states: impl Iterator<Item = &'s [u64]> + Clone,
        scratch: &mut Scratch,
    ) -> Result<usize, (usize, Violation)> {
        let outcomes = &self.program.outcomes;
        for (class, outcome) in outcomes.iter().enumerate() {
            if all(states.clone(), |state| self.eval(outcome.when, state, scratch))? {
                return Ok(class);
            }
        }
        let done = all(states, |state| self.done(state, scratch))?;
        Ok(outcomes.len() + usize::from(!done))
    }

    /// Whether every live thread has finished.
    fn done(&self, state: &[u64], scratch: &mut Scratch) -> Result<bool, Violation> {
        for (index, thread) in self.program.threads.iter().enumerate() {
            if self.place(state, index) != FINISHED
                && thread.lives.map_or(Ok(true), |lives| self.eval(lives, state, scratch))?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether the condition holds in all the states.
fn all<'s>(
    states: impl Iterator<Item = &'s [u64]>,
    mut holds: impl FnMut(&[u64]) -> Result<bool, Violation>,
) -> Result<bool, (usize, Violation)> {
    for (index, state) in states.enumerate() {
        if !holds(state).map_err(|violation| (index, violation))? {
            return Ok(false);
        }
    }
    Ok(true)
}
