//! A schedule made smaller, without a search: what can be left out is left out.
//!
//! First loops are cut, then stretches are dropped that are not needed, from half of the schedule
//! down to single steps (the idea is delta debugging's: A. Zeller and R. Hildebrandt, "Simplifying
//! and isolating failure-inducing input", 2002), then a thread's steps are moved up to its last ones
//! where that saves a switch. Every candidate is run, and kept only if it still shows what it is to
//! show. The result cannot be improved by one such change; whether it is shortest only a search can
//! say.

use super::Run;
use super::replay::leads_to;
use crate::machine::Transition;
use crate::program::Program;
use std::collections::HashMap;

/// A smaller run that shows the same. `cycle_from` says where the cycle begins if there is one; the
/// cycle itself is left as it is.
pub fn shrink(
    program: &Program,
    trace: &[Transition],
    cycle_from: Option<usize>,
    shows: &str,
) -> (Vec<Transition>, Option<usize>) {
    let stem = cycle_from.unwrap_or(trace.len());
    let mut shrinking = Shrinking {
        program,
        shows,
        stem: trace[..stem].to_vec(),
        cycle: cycle_from.map(|from| trace[from..].to_vec()),
    };
    shrinking.cut_loops();
    loop {
        let before = shrinking.stem.clone();
        shrinking.drop_stretches();
        shrinking.join_blocks();
        if shrinking.stem == before {
            break;
        }
    }
    let Shrinking { stem, cycle, .. } = shrinking;
    let cycle_from = cycle.as_ref().map(|_| stem.len());
    ([stem, cycle.unwrap_or_default()].concat(), cycle_from)
}

struct Shrinking<'p> {
    program: &'p Program,
    shows: &'p str,
    stem: Vec<Transition>,
    cycle: Option<Vec<Transition>>,
}

impl Shrinking<'_> {
    /// Takes `stem` if it still shows the same.
    fn accept(&mut self, stem: Vec<Transition>) -> bool {
        let cycle_from = self.cycle.as_ref().map(|_| stem.len());
        let trace = [stem.as_slice(), self.cycle.as_deref().unwrap_or(&[])].concat();
        let shows = Run::new(self.program, &trace)
            .is_ok_and(|run| leads_to(self.program, &run.with_cycle(cycle_from), self.shows));
        if shows {
            self.stem = stem;
        }
        shows
    }

    /// Between two visits of a state nothing is needed.
    fn cut_loops(&mut self) {
        let Ok(run) = Run::new(self.program, &self.stem) else { return };
        let last_visit: HashMap<&[u64], usize> =
            run.states.iter().enumerate().map(|(index, state)| (state.as_ref(), index)).collect();
        let (mut stem, mut at) = (Vec::new(), 0);
        loop {
            at = last_visit[run.states[at].as_ref()];
            let Some(&transition) = self.stem.get(at) else { break };
            stem.push(transition);
            at += 1;
        }
        self.accept(stem);
    }

    fn drop_stretches(&mut self) {
        let mut size = (self.stem.len() / 2).max(1);
        loop {
            let mut dropped = false;
            let mut at = self.stem.len();
            while at > 0 {
                let start = at.saturating_sub(size);
                let shorter = [&self.stem[..start], &self.stem[at..]].concat();
                dropped |= self.accept(shorter);
                at = start.min(self.stem.len());
            }
            if size > 1 {
                size /= 2;
            } else if !dropped {
                return;
            }
        }
    }

    /// Moves each block of steps of one actor up to the block of that actor before it.
    fn join_blocks(&mut self) {
        let mut at = 1;
        while at < self.stem.len() {
            let actor = self.stem[at].actor;
            let starts = self.stem[at - 1].actor != actor;
            let end = self.stem[at..].iter().position(|t| t.actor != actor);
            let end = end.map_or(self.stem.len(), |length| at + length);
            let before = self.stem[..at].iter().rposition(|t| t.actor == actor);
            if let (true, Some(before)) = (starts, before) {
                let mut moved = self.stem[..=before].to_vec();
                moved.extend_from_slice(&self.stem[at..end]);
                moved.extend_from_slice(&self.stem[before + 1..at]);
                moved.extend_from_slice(&self.stem[end..]);
                if blocks(&moved) < blocks(&self.stem) && self.accept(moved) {
                    at = before + 1;
                    continue;
                }
            }
            at += 1;
        }
    }
}

/// Stretches of steps of one actor.
fn blocks(trace: &[Transition]) -> usize {
    trace.windows(2).filter(|pair| pair[0].actor != pair[1].actor).count()
}
