//! What the tests of engines that take whole runs have in common.

use ghosthunt::engines;
use ghosthunt::program::Program;
use ghosthunt::scenario::{Named, SplitName, finding_name};
use ghosthunt::search::{Completeness, Limits, Report, search};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Threads with reads, writes, choices, waits and failing steps.
pub const COUNTER: &str = "
var x: plain 0..9 = 0
proc add() { let t = x  x = t + 1 }
proc pick() { choose { x = 1 } or { x = 2 } or { skip } }
proc wait() { while x == 0 { yield } }
proc check() { let t = x  assert t < 2 }
never two: x == 2
reach one: x == 1
";

/// A built-in scenario's check, on the kernel that is named after `@` or on its first.
pub fn built_in(name: &str) -> Arc<Program> {
    let split = SplitName::parse(name);
    let scenario =
        Named::find(split.scenario).expect("it is built in").parse().expect("it is right");
    let kernel = split.kernel.or(scenario.kernel_names()[0]);
    Arc::new(scenario.compile(kernel, &[]).expect("it compiles").program)
}

/// The checks of the kernel's rules that have at most so many runs.
pub fn kernel_rules(runs_max: u128) -> Vec<Arc<Program>> {
    let mut programs = Vec::new();
    for named in Named::built_in().filter(|named| named.name.starts_with("nt/")) {
        let scenario = named.parse().expect("it is right");
        for kernel in scenario.kernel_names() {
            let program = scenario.compile(kernel, &[]).expect("it compiles").program;
            if engines::runs(&program, 10_000).is_some_and(|runs| runs <= runs_max) {
                programs.push(Arc::new(program));
            }
        }
    }
    programs
}

/// What the search finds.
pub fn searched(program: &Program) -> Report {
    search(program, &Limits::default(), &mut |_| true)
}

/// The outcomes that occur, in the order of reports.
pub fn outcomes(report: &Report) -> Vec<&str> {
    report.ends.iter().map(|end| end.outcome.as_str()).collect()
}

/// Ends with their numbers, and what is violated or reached, by name.
pub fn facts(program: &Program, report: &Report) -> BTreeSet<String> {
    let ends = report.ends.iter().map(|end| format!("{} {}", end.outcome, end.count));
    let violations = report.violations.iter().map(|found| finding_name(&found.what, program));
    let reach = report.reach.iter().filter(|(_, trace)| trace.is_some());
    let reach = reach.map(|(index, _)| program.properties[*index].name.as_str());
    ends.chain(violations.chain(reach).map(str::to_string)).collect()
}

/// The runs were complete, and came to what the search finds.
#[track_caller]
pub fn check_same_as_search(program: &Program, ran: &Report) {
    let found = searched(program);
    assert_eq!(ran.completeness, Completeness::Exhaustive);
    assert_eq!(facts(program, ran), facts(program, &found));
    assert_eq!((ran.states, &ran.not_run), (found.states, &found.not_run));
}
