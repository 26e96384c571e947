//! Many mutants at a time.

use super::examine::Court;
use super::{Fate, Plan};
use crate::search::Limits;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How mutants are examined.
pub struct Control<'a> {
    /// How many at a time, at least 1.
    pub jobs: usize,
    /// The limits of each search. Without one on states, a mutant may have some 30 times as many as
    /// the original.
    pub limits: Limits,
    /// Go on after the first check that kills.
    pub all_checks: bool,
    /// Keep the schedules that kill, with the programs they are of.
    pub keep_schedules: bool,
    /// Whether to stop. What has been found until then is kept.
    pub interrupted: &'a (dyn Fn() -> bool + Sync),
    /// Told how many mutants are done.
    pub progress: &'a (dyn Fn(usize) + Sync),
}

/// The fates of the plan's mutants, in their order; `None` for those not examined when interrupted.
pub fn examine(plan: &Plan, control: &Control) -> Vec<Option<Fate>> {
    let court = Court::new(plan, control);
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let fates: Vec<Mutex<Option<Fate>>> = plan.mutants.iter().map(|_| Mutex::new(None)).collect();
    let work = || {
        while !(control.interrupted)() {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(mutant) = plan.mutants.get(index) else { break };
            let fate = court.judge(mutant);
            *lock(&fates[index]) = fate;
            (control.progress)(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    thread::scope(|scope| {
        for _ in 0..control.jobs.clamp(1, plan.mutants.len().max(1)) {
            scope.spawn(work);
        }
    });
    fates
        .into_iter()
        .map(|fate| fate.into_inner().unwrap_or_else(|broken| broken.into_inner()))
        .collect()
}

/// A worker that panics ends the whole examination, so nobody sees what it left behind.
fn lock<'m>(fate: &'m Mutex<Option<Fate>>) -> std::sync::MutexGuard<'m, Option<Fate>> {
    fate.lock().unwrap_or_else(|broken| broken.into_inner())
}

impl std::fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").field("jobs", &self.jobs).field("limits", &self.limits).finish()
    }
}
