//! Single facts of live runs, as templates name them.

use super::lab::Lab;
use super::memory;
use super::tables::{one_in, percent, verdict};
use crate::engines;
use crate::report::searched;
use crate::report::text::count;

/// A graph with more states is not asked for its runs.
const STATES_MAX: usize = 1_000_000;

/// The fact that `words` asks for: its name, a reference as [`Lab::tried`] takes one, and what else
/// it needs, behind `:` (an outcome or a property) or `+` (a number).
///
/// # Panics
/// If there is no such fact: templates are built in.
pub(super) fn fact(lab: &Lab, words: &str) -> String {
    let (name, rest) = words.split_once(' ').unwrap_or((words, ""));
    let (rest, more) = match rest.split_once(" + ") {
        Some((rest, more)) => (rest, more.trim().parse().expect("a number is added")),
        None => (rest, 0),
    };
    let (reference, what) = match rest.split_once(" : ") {
        Some((reference, what)) => (reference.trim(), Some(what.trim())),
        None => (rest.trim(), None),
    };
    if name == "c11" {
        return memory::word(lab, reference);
    }
    let tried = lab.tried(reference);
    let (report, checked) = (&tried.report, tried.checked());
    let number = |number: Option<usize>| match number {
        Some(number) => count((number + more) as u64),
        // Of a search that was interrupted nothing is kept.
        None if !(lab.goes_on)() => String::new(),
        None => panic!("{words}: there is no such number"),
    };
    let shown = || match what {
        Some(what) => tried.schedule(what),
        None => checked.told_first().map(|found| found.trace.clone()),
    };
    let danger = || {
        let what = what.expect("a danger is one of something");
        lab.danger(reference, what).unwrap_or(f64::NAN)
    };
    match name {
        "verdict" => verdict(&checked),
        "states" => number(Some(report.states as usize)),
        "transitions" => number(Some(report.transitions as usize)),
        "depth" => number(Some(report.depth as usize)),
        "steps" => number(shown().map(|trace| trace.len())),
        "switches" => number(shown().map(|trace| {
            crate::schedule::Run::new(&tried.check.program, &trace).map_or(0, |run| run.switches())
        })),
        "no-return" => number(lab.lesson(reference, |lesson| lesson.no_return())),
        "searched" => searched(&checked),
        "danger" => percent(danger()),
        "one-in" => one_in(danger()),
        "runs" => {
            let runs = engines::runs(&tried.check.program, STATES_MAX);
            runs.map_or_else(|| panic!("{words}: they are not known"), grouped)
        }
        // Where the fix leaves the schedule, as a sentence.
        "forbidden" => {
            let fixed = lab.lesson(reference, |lesson| lesson.fixed("unused"));
            fixed.expect("it has a fix").1
        }
        _ => panic!("there is no fact `{name}`"),
    }
}

/// A large number in groups of three, or its size.
fn grouped(number: u128) -> String {
    match u64::try_from(number) {
        Ok(number) if number < 1_000_000_000 => count(number),
        _ => format!("about 10^{}", number.ilog10()),
    }
}
