//! Random protocols: what `mutate` says of each mutant is what a plain search of it in every check
//! says, and how it compares is what the definitions say (`src/mutate/compare.rs`).
//!
//! `mutate` leaves out what it can: checks in which no thread gets to what is changed, programs that run
//! alike, graphs that are the same, what another check has found already. `draw` draws protocols with two
//! casts each, whose expectations are what the originals do; `oracle.rs` compares whole graphs.
//! `GHOSTHUNT_MUTANTS` sets how many protocols are drawn.

mod draw;
mod oracle;

use draw::{Cast, Drawn, NAMES};
use ghosthunt::language::{Library, Operator, mutations, outline};
use ghosthunt::mutate::{
    Class, Control, Fate, Mutant, Plan, SourceText, Survival, examine, search_originals,
};
use ghosthunt::program::{NONE, Value};
use ghosthunt::scenario::{Check, Named, Scenario, finding_name};
use ghosthunt::search::{Completeness, Finding, Limits, Report, search};
use oracle::{Graph, Pair};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::{env, fs, thread};

/// Protocols with more states are left alone.
const STATES_MAX: usize = 400;
/// Mutants with more states are searched, and their graphs are not compared.
const COMPARED_MAX: usize = 2000;

/// The texts that a scenario's directory holds, the protocol changed.
struct Changed<'a> {
    texts: &'a BTreeMap<&'static str, String>,
    protocol: &'a str,
    directory: &'a Path,
}

impl Library for Changed<'_> {
    fn model(&self, name: &str) -> Option<(String, String)> {
        let text = if name == "main" { self.protocol } else { self.texts.get(name)? };
        Some((file(self.directory, name), text.to_string()))
    }

    fn names(&self) -> Vec<String> {
        self.texts.keys().map(|name| (*name).to_string()).collect()
    }
}

fn file(directory: &Path, name: &str) -> String {
    directory.join(format!("{name}.ghost")).to_string_lossy().replace('\\', "/")
}

fn plain(check: &Check) -> Report {
    search(&check.program, &Limits::default(), &mut |_| true)
}

/// The scenario of a cast, without what is expected.
fn cast_text(cast: &Cast, properties: &[String]) -> String {
    let mut text = format!("about = \"drawn\"\nmodel = \"main\"\nproperties = {properties:?}\n");
    writeln!(text, "[options]\nquick = {}\n[init]\nx = {}\n[threads]", cast.quick, cast.x)
        .expect("a string has room");
    for (name, runs) in NAMES.iter().zip(&cast.runs) {
        writeln!(text, "{name} = \"{runs}\"").expect("a string has room");
    }
    text
}

/// What the search has found, as an expectation; `how` much of it.
fn expectation(report: &Report, check: &Check, how: usize) -> String {
    let names = |fine: bool| {
        report.ends.iter().filter(move |end| end.fine == fine).map(|end| end.outcome.as_str())
    };
    let broken = report.violations.iter();
    let broken = broken.filter(|found| !matches!(found.what, Finding::End { .. }));
    let broken: BTreeSet<_> =
        broken.map(|found| finding_name(&found.what, &check.program)).collect();
    let known = check.program.outcomes.iter().map(|outcome| outcome.name.as_str());
    let mut absent: Vec<_> = known.chain(["done", "stuck"]).collect();
    absent.retain(|name| report.ends.iter().all(|end| end.outcome != *name));
    let ends = match (how, names(false).next()) {
        (1, Some(bad)) => format!("outcome = {bad:?}\n"),
        (1, None) => String::new(),
        (2, _) if !absent.is_empty() => format!("must_not = {absent:?}\n"),
        _ => format!("outcomes = {:?}\n", names(true).chain(names(false)).collect::<Vec<_>>()),
    };
    let list = broken.into_iter().collect::<Vec<_>>();
    format!("[expect]\n{ends}violates = {list:?}\n")
}

/// A scenario whose original does as expected; `None` if the cast does not compile or is too large.
fn scenario(name: &str, cast: &Cast, directory: &Path) -> Option<Scenario> {
    let path = directory.join(format!("{name}.toml"));
    let parse = |text: &str| {
        fs::write(&path, text).expect("there is room for files");
        let read = Named::read(&path).expect("it was written").parse();
        read.unwrap_or_else(|errors| panic!("{:?}\n{text}", errors.diagnostics))
    };
    let check = parse(&cast_text(cast, &cast.properties)).compile(None, &[]).ok()?;
    let limits = Limits { states: Some(STATES_MAX as u64), ..Limits::default() };
    let report = search(&check.program, &limits, &mut |_| true);
    if report.completeness != Completeness::Exhaustive || !report.ran_unexpectedly.is_empty() {
        return None;
    }
    // What is vacuous is left out.
    let unseen = report.reach.iter().filter(|(_, trace)| trace.is_none()).map(|reach| reach.0);
    let unmade = report.liveness.iter().filter(|live| !live.triggered).map(|live| live.property);
    let idle: Vec<usize> = unseen.chain(unmade).collect();
    let program = &check.program;
    let first = program.properties.len() - cast.properties.len();
    let kept = (first..).zip(&cast.properties).filter(|(index, _)| !idle.contains(index));
    let kept: Vec<String> = kept.map(|(_, property)| property.clone()).collect();
    let expected = expectation(&report, &check, cast.expects);
    Some(parse(&(cast_text(cast, &kept) + &expected)))
}

/// How often there was what.
#[derive(Debug, Default, Clone)]
struct Tally(BTreeMap<&'static str, u32>);

impl Tally {
    fn add(&mut self, what: &'static str, is_so: bool) {
        *self.0.entry(what).or_default() += u32::from(is_so);
    }
}

/// A protocol with its checks, and what is known of the originals.
struct Subject<'a> {
    drawn: &'a Drawn,
    directory: &'a Path,
    plan: &'a Plan,
    graphs: Vec<Graph>,
}

/// A mutant in a check.
struct Mutated {
    check: Check,
    report: Report,
    killed: bool,
    alike: bool,
    /// How it compares; `None` if it is too large.
    compared: Option<Compared>,
}

#[derive(Debug, Clone, Copy)]
struct Compared {
    bisimilar: bool,
    /// Even the places correspond.
    placed: bool,
    strong: bool,
    covered: bool,
}

impl Subject<'_> {
    fn mutated(&self, mutant: &Mutant, index: usize) -> Option<Mutated> {
        let base = &self.plan.checks[index];
        let text = mutant.edits[0].1.apply(&self.drawn.texts["main"]);
        let library =
            Changed { texts: &self.drawn.texts, protocol: &text, directory: self.directory };
        let check = base.scenario.compile_with(None, &[], &library).ok()?;
        let report = plain(&check);
        assert_eq!(report.completeness, Completeness::Exhaustive);
        let judgement = check.expectation.judge(&report, &check.program);
        let alike = base.check.program.runs_alike(&check.program);
        let compared = if alike {
            assert_eq!(told(&report), told(&base.report), "alike, and another report");
            Some(Compared { bisimilar: true, placed: true, strong: false, covered: true })
        } else {
            self.compared(index, &check, &report)
        };
        Some(Mutated { killed: !judgement.as_expected(), check, report, alike, compared })
    }

    fn compared(&self, index: usize, check: &Check, report: &Report) -> Option<Compared> {
        let graph = Graph::of(&check.program, COMPARED_MAX)?;
        assert_eq!(graph.states.len() as u64, report.states);
        let initial = |name: &str| self.initial(index, name);
        let pair = Pair { one: &self.graphs[index], other: &graph, initial: &initial };
        let bisimilar = pair.bisimilar();
        Some(Compared {
            bisimilar,
            placed: bisimilar && pair.places_correspond(),
            strong: pair.one.strong || pair.other.strong,
            covered: pair.covers(),
        })
    }

    /// What a variable of the texts is at the beginning.
    fn initial(&self, check: usize, name: &str) -> Value {
        let second = self.plan.checks[check].name() == "two";
        match name.split('[').next() {
            Some("x") => self.drawn.casts[usize::from(second)].x,
            Some("m" | "n") => NONE,
            _ => 0,
        }
    }
}

/// All of a report that does not depend on the machine, or on how the search was asked.
fn told(report: &Report) -> String {
    let violations = report.violations.iter().map(|found| (&found.what, &found.trace));
    let violations: Vec<_> = violations.collect();
    let (states, transitions, depth) = (report.states, report.transitions, report.depth);
    format!("{states} {transitions} {depth} {violations:?} {:?}", report.ends)
}

/// Compares everything that is said of the protocol's mutants; false if it is left alone.
fn compare(tape: &[u8], tally: &mut Tally) -> bool {
    let all_checks = tape[0].is_multiple_of(2);
    let drawn = draw::draw(&tape[1..]);
    let directory = tempfile::tempdir().expect("there is room for files");
    let directory = directory.path();
    for (name, text) in &drawn.texts {
        fs::write(directory.join(format!("{name}.ghost")), text).expect("there is room for files");
    }
    let casts = drawn.casts.iter().zip(["one", "two"]);
    let scenarios = casts.map(|(cast, name)| Some((scenario(name, cast, directory)?, None)));
    let Some(checks) = scenarios.collect::<Option<Vec<_>>>() else { return false };
    let mut plan = Plan::default();
    plan.model = "main".to_string();
    let text = drawn.texts["main"].clone();
    let known = SourceText {
        name: plan.model.clone(),
        file: file(directory, "main"),
        outline: outline(&text),
        text: text.clone(),
    };
    plan.texts.push(known);
    plan.add_mutations(&Operator::ALL, None).expect("no procs are asked for");
    let edits = mutations(&text, &["h"]);
    assert!(plan.mutants.iter().map(|mutant| &mutant.edits[0].1).eq(&edits));
    let control = Control {
        jobs: 1,
        limits: Limits::default(),
        all_checks,
        keep_schedules: false,
        interrupted: &|| false,
        progress: &|_| {},
    };
    assert!(matches!(search_originals(&mut plan, &checks, &control), Ok(true)));
    assert!(plan.unfit.is_empty(), "{:?}", plan.unfit);
    let fates = examine(&plan, &control);
    let graph = |check: &ghosthunt::mutate::Base| Graph::of(&check.check.program, STATES_MAX);
    let graphs = plan.checks.iter().map(|check| graph(check).expect("it is small")).collect();
    let subject = Subject { drawn: &drawn, directory, plan: &plan, graphs };
    tally.add("protocols", true);
    for (mutant, fate) in plan.mutants.iter().zip(&fates) {
        let fate = fate.as_ref().expect("nobody interrupts");
        judge(&subject, mutant, fate, all_checks, tally);
    }
    true
}

fn judge(subject: &Subject, mutant: &Mutant, fate: &Fate, all_checks: bool, tally: &mut Tally) {
    let plan = subject.plan;
    let name = mutant.name();
    tally.add("mutants", true);
    let judges = plan.judges(mutant);
    let found: Vec<Option<Mutated>> =
        (0..plan.checks.len()).map(|index| subject.mutated(mutant, index)).collect();
    let rejected = found.iter().filter(|found| found.is_none()).count();
    if let Fate::Rejected(_) = fate {
        tally.add("rejected", true);
        assert!(rejected > 0, "{name} is rejected");
        return;
    }
    assert_eq!(rejected, 0, "{name} is rejected by the language");
    let found: Vec<Mutated> = found.into_iter().flatten().collect();
    for (index, found) in found.iter().enumerate().filter(|(index, _)| !judges.contains(index)) {
        tally.add("left out", true);
        assert!(!found.killed, "{name} in {}, which is left out", plan.checks[index].name());
        assert!(
            found.compared.is_none_or(|compared| compared.placed),
            "{name} in {}, which is left out and has another graph",
            plan.checks[index].name()
        );
    }
    let kills: Vec<usize> = (0..found.len()).filter(|&index| found[index].killed).collect();
    match fate {
        Fate::Killed(told) => {
            let mut told: Vec<usize> = told.iter().map(|kill| kill.check).collect();
            told.sort_unstable();
            let expected = if all_checks { &kills[..] } else { &kills[..kills.len().min(1)] };
            assert_eq!(told, expected, "{name}");
            tally.add("killed", true);
            tally.add("killed by one of two", kills.len() == 1);
            let alike = plan.checks[0].check.program.runs_alike(&plan.checks[1].check.program);
            tally.add("killed by one twin", kills.len() == 1 && alike);
        }
        Fate::Survived(survival) => {
            assert!(kills.is_empty(), "{name} survives, and {kills:?} kill it");
            assert_eq!(survival.checks, judges, "{name}");
            survived(subject, mutant, survival, &found, tally);
        }
        Fate::Undecided { .. } => panic!("{name} is undecided"),
        Fate::Rejected(_) => unreachable!("seen above"),
    }
}

fn survived(
    subject: &Subject,
    mutant: &Mutant,
    survival: &Survival,
    found: &[Mutated],
    tally: &mut Tally,
) {
    let plan = subject.plan;
    let name = mutant.name();
    if survival.checks.is_empty() || mutant.operator() == Operator::Weaken {
        tally.add("no check runs it", survival.checks.is_empty());
        tally.add("weaker orders", mutant.operator() == Operator::Weaken);
        assert_eq!(survival.class, Class::NotDistinguished, "{name}");
        return;
    }
    let mut class = Class::Equivalent;
    for &index in &survival.checks {
        let Mutated { check, report, alike, compared, .. } = &found[index];
        let Some(compared) = compared else {
            tally.add("too large to compare", true);
            return;
        };
        let same = *alike || compared.bisimilar && !compared.strong;
        let ends = |report: &Report| {
            report.ends.iter().map(|end| end.outcome.clone()).collect::<BTreeSet<_>>()
        };
        let base = &plan.checks[index];
        let less = compared.covered && ends(report) == ends(&base.report);
        class = class.max(match (same, less) {
            (true, _) => Class::Equivalent,
            (false, true) => Class::SlowerOnly,
            (false, false) => Class::NotDistinguished,
        });
        tally.add("runs alike", *alike);
        tally.add("same graph", same && !alike);
        tally.add("same graph but for ways", compared.bisimilar && !same);
        let twin = plan.checks[0].check.program.runs_alike(&plan.checks[1].check.program)
            && plan.checks[0].check.expectation.summary()
                == plan.checks[1].check.expectation.summary();
        let repeats =
            twin && index == 1 && !same && found[0].check.program.runs_alike(&check.program);
        tally.add("repeated for a twin", repeats);
    }
    assert_eq!(survival.class, class, "{name}");
    tally.add(class.name(), true);
}

/// How many protocols to compare.
fn wanted() -> u32 {
    env::var("GHOSTHUNT_MUTANTS").ok().and_then(|count| count.parse().ok()).unwrap_or(100)
}

/// Compares so many protocols; the same ones every time, unless it is said how many.
fn compare_many(wanted: u32, seed: u8) -> Tally {
    let tally = RefCell::new(Tally::default());
    let config = Config {
        cases: wanted,
        max_global_rejects: 4 * wanted + 100,
        failure_persistence: None,
        max_shrink_iters: 1000,
        ..Config::default()
    };
    let tapes = prop::collection::vec(any::<u8>(), 40..220);
    let mut runner = match env::var("GHOSTHUNT_MUTANTS") {
        Ok(_) => TestRunner::new(config),
        Err(_) => {
            TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
        }
    };
    let result = runner.run(&tapes, |tape| match compare(&tape, &mut tally.borrow_mut()) {
        true => Ok(()),
        false => Err(TestCaseError::reject("refused, or too large")),
    });
    match result {
        Err(TestError::Fail(why, tape)) => {
            let drawn = draw::draw(&tape[1..]);
            let texts: String = drawn.texts.values().map(String::as_str).collect();
            panic!("{why}\n{texts}{:?}", drawn.casts);
        }
        result => result.expect("enough protocols are small"),
    }
    tally.into_inner()
}

#[test]
fn mutants_are_judged_as_a_plain_search_judges_them() {
    let half = wanted().div_ceil(2);
    let tallies = thread::scope(|scope| {
        let other = scope.spawn(|| compare_many(half, 1));
        [compare_many(half, 2), other.join().expect("both halves agree")]
    });
    let mut tally = Tally::default();
    for (what, count) in tallies.iter().flat_map(|tally| &tally.0) {
        *tally.0.entry(what).or_default() += count;
    }
    println!("{tally:?}");
    // A comparison of nothing would agree as well; of every hundred protocols there are at least as many.
    for (what, least) in [
        ("mutants", 2500),
        ("rejected", 10),
        ("killed", 200),
        ("killed by one of two", 15),
        ("killed by one twin", 1),
        ("equivalent", 150),
        ("slower only", 400),
        ("not distinguished", 200),
        ("no check runs it", 800),
        ("weaker orders", 15),
        ("left out", 1500),
        ("runs alike", 30),
        ("same graph", 250),
        ("same graph but for ways", 5),
        ("repeated for a twin", 400),
    ] {
        let count = tally.0.get(what).copied().unwrap_or(0);
        assert!(count * 100 >= least * wanted(), "{what}: {tally:?}");
    }
    let unseen = tally.0.get("too large to compare").copied().unwrap_or(0);
    assert!(unseen * 200 <= tally.0["mutants"], "{tally:?}");
}
