//! Every scenario, on every kernel it names: searched whole, as expected, not vacuous; and every
//! schedule that comes out of it replays, byte for byte.

use ghosthunt::program::Program;
use ghosthunt::scenario::Named;
use ghosthunt::schedule::{Schedule, replay};
use ghosthunt::search::{Completeness, Limits, Report, search};

/// One check and its search.
struct Searched {
    program: Program,
    report: Report,
    /// What was not as expected, in words.
    unmet: Vec<String>,
}

fn scenarios(wanted: impl Fn(&str) -> bool) -> Vec<Searched> {
    let named = Named::built_in().filter(|named| wanted(&named.name));
    let mut searched = Vec::new();
    for named in named {
        let scenario = named.parse().unwrap_or_else(|_| panic!("{} does not parse", named.name));
        for kernel in scenario.kernel_names() {
            let check = scenario.compile(kernel, &[]).unwrap_or_else(|errors| {
                let first = &errors.diagnostics[0];
                panic!("{}: {}", named.name, first.message)
            });
            let report = search(&check.program, &Limits::default(), &mut |_| true);
            let judgement = check.expectation.judge(&report, &check.program);
            let unmet = judgement.unmet.iter().map(|unmet| unmet.text.clone()).collect();
            searched.push(Searched { program: check.program, report, unmet });
        }
    }
    assert!(!searched.is_empty(), "there is no such scenario");
    searched
}

fn hold(wanted: impl Fn(&str) -> bool) {
    for check in scenarios(wanted) {
        let name = check.program.check_name();
        assert_eq!(check.report.completeness, Completeness::Exhaustive, "{name}");
        assert_eq!(check.unmet, Vec::<String>::new(), "{name}");
        assert!(!check.report.reach.is_empty(), "{name} has no goal to reach");
        replays(&check);
    }
}

/// Writes, reads and replays the schedule of every violation and every end.
fn replays(check: &Searched) {
    let Searched { program, report, .. } = check;
    let name = program.check_name();
    let found = report.violations.iter().map(|found| (&found.trace, found.cycle_from));
    let ends = report.ends.iter().map(|end| (&end.trace, None));
    for (index, (trace, cycle_from)) in found.chain(ends).enumerate() {
        let shows = match report.violations.get(index) {
            Some(found) => ghosthunt::scenario::finding_name(&found.what, program).to_string(),
            None => report.ends[index - report.violations.len()].outcome.clone(),
        };
        let schedule = Schedule::of(program, trace, &[], "search", &shows)
            .unwrap_or_else(|_| panic!("{name}: the trace to {shows} is none"));
        let schedule = schedule.with_cycle(cycle_from);
        let text = schedule.to_string();
        let read = Schedule::parse("a.schedule", &text)
            .unwrap_or_else(|_| panic!("{name}: the schedule of {shows} cannot be read\n{text}"));
        assert_eq!(read.to_string(), text, "{name}");
        if let Err(error) = replay(program, &read) {
            panic!("{name}: {shows} does not replay: {}\n{text}", error.diagnostic().message);
        }
    }
}

#[test]
fn the_kernel_keeps_its_rules() {
    hold(|name| name.starts_with("nt/"));
}

#[test]
fn go_is_as_the_record_says() {
    hold(|name| name.starts_with("go/"));
}

#[test]
fn the_other_protocols_are_as_the_record_and_the_search_say() {
    hold(|name| !name.starts_with("nt/") && !name.starts_with("go/"));
}

/// Nothing of a run depends on the machine, the time or the order of a hash table.
#[test]
fn two_runs_are_one() {
    let first = scenarios(|name| name.starts_with("go/cgo-exit-1.14beta1"));
    let second = scenarios(|name| name.starts_with("go/cgo-exit-1.14beta1"));
    for (a, b) in first.iter().zip(&second) {
        assert_eq!(a.program.hash(), b.program.hash());
        let traces = |report: &Report| {
            let ends = report.ends.iter().map(|end| (end.count, end.trace.clone()));
            ends.collect::<Vec<_>>()
        };
        assert_eq!(traces(&a.report), traces(&b.report));
    }
}
