//! Many searches at a time: those of the original, then those of the mutants.

use super::examine::{Changed, Court};
use super::plan::Room;
use super::{Base, Fate, Plan};
use crate::language::{Errors, Texts};
use crate::scenario::Scenario;
use crate::search::{Completeness, Limits, search_verdicts};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::thread;

/// How originals are searched and mutants examined.
pub struct Control<'a> {
    /// How many at a time, at least 1.
    pub jobs: usize,
    /// The limits of each search. Without one on states, a mutant may have some 30 times as many as
    /// the original has.
    pub limits: Limits,
    /// Go on after the first check that kills.
    pub all_checks: bool,
    /// Keep the schedules that kill, with the programs they are of.
    pub keep_schedules: bool,
    /// Whether to stop. What has been found until then is kept.
    pub interrupted: &'a (dyn Fn() -> bool + Sync),
    /// Told how many originals, or mutants, are done.
    pub progress: &'a (dyn Fn(usize) + Sync),
}

/// Searches the original in each of these checks (a scenario and a kernel), and adds them to the plan.
/// False if that was interrupted.
///
/// # Errors
/// Those of the first scenario that does not compile.
pub fn search_originals(
    plan: &mut Plan,
    checks: &[(Scenario, Option<String>)],
    control: &Control,
) -> Result<bool, Errors> {
    let goes_on = || !(control.interrupted)();
    let room = Room::default();
    let originals = in_parallel(checks.len(), control, |index, texts| {
        let (scenario, kernel) = &checks[index];
        let library = Changed { models: scenario.models(), changes: &[], texts };
        let check = match scenario.compile_with(kernel.as_deref(), &[], &library) {
            Ok(check) => check,
            Err(errors) => return Some(Err(errors)),
        };
        let report = search_verdicts(&check.program, &control.limits, &mut |_| goes_on());
        let searched = report.completeness != Completeness::Interrupted;
        searched.then(|| Ok(Base::new(scenario.clone(), kernel.clone(), check, report, &room)))
    });
    for original in originals {
        let Some(original) = original else { return Ok(false) };
        plan.add(original?);
    }
    Ok(true)
}

/// The fates of the plan's mutants, in their order; `None` for those not examined when interrupted.
pub fn examine(plan: &Plan, control: &Control) -> Vec<Option<Fate>> {
    let court = Court::new(plan, control);
    let judge = |index: usize, texts: &Texts| court.judge(&plan.mutants[index], texts);
    in_parallel(plan.mutants.len(), control, judge)
}

/// What `work` makes of each number below `count`; `None` where it says so, and where it was not
/// asked because of an interrupt. Each worker keeps the texts that it has read.
fn in_parallel<T: Send>(
    count: usize,
    control: &Control,
    work: impl Fn(usize, &Texts) -> Option<T> + Sync,
) -> Vec<Option<T>> {
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<T>>> = (0..count).map(|_| Mutex::new(None)).collect();
    let worker = || {
        let texts = Texts::default();
        while !(control.interrupted)() {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(result) = results.get(index) else { break };
            *lock(result) = work(index, &texts);
            (control.progress)(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    thread::scope(|scope| {
        for _ in 0..control.jobs.clamp(1, count.max(1)) {
            scope.spawn(worker);
        }
    });
    let results = results.into_iter().map(Mutex::into_inner);
    results.map(|result| result.unwrap_or_else(|broken| broken.into_inner())).collect()
}

/// A worker that panics ends the whole examination, so nobody sees what it left behind.
fn lock<T>(result: &Mutex<Option<T>>) -> MutexGuard<'_, Option<T>> {
    result.lock().unwrap_or_else(|broken| broken.into_inner())
}

impl std::fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").field("jobs", &self.jobs).field("limits", &self.limits).finish()
    }
}
