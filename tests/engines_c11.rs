//! loom under C11: the litmus texts come to what the standard allows, where loom differs is listed,
//! and each of its limits is pinned, so that a loom without it is noticed.

#[path = "support/binary.rs"]
mod binary;
#[path = "support/mod.rs"]
mod support;

use binary::ghosthunt;
use ghosthunt::engines::loom::Limits;
use ghosthunt::engines::loom::c11::{self, Gates};
use ghosthunt::language::Spanned;
use ghosthunt::program::Program;
use ghosthunt::scenario::{Named, Scenario, finding_name};
use ghosthunt::search::{self, Completeness, Finding, Report};
use std::collections::BTreeSet;
use std::sync::Arc;
use support::Scene;

fn litmus() -> Vec<Scenario> {
    let named = Named::built_in().filter(|named| named.name.starts_with("litmus/"));
    named.map(|named| named.parse().expect("it is right")).collect()
}

fn program(scenario: &Scenario) -> Arc<Program> {
    Arc::new(scenario.compile(None, &[]).expect("it compiles").program)
}

fn run(program: &Arc<Program>) -> Report {
    c11::check(program, Limits::default()).expect("it can be run")
}

/// The ends, and `race` if there is one.
fn shown(report: &Report) -> BTreeSet<String> {
    let ends = report.ends.iter().map(|end| end.outcome.clone());
    let races = report.violations.iter().any(|found| matches!(found.what, Finding::Race(_)));
    ends.chain(races.then(|| "race".to_string())).collect()
}

fn names(names: &[Spanned<String>]) -> BTreeSet<String> {
    names.iter().map(|name| name.value.clone()).collect()
}

#[test]
fn the_litmus_texts_come_to_what_c11_allows_and_loom_differs_where_it_is_said() {
    let (mut weak, mut differing) = (0, 0);
    for scenario in litmus() {
        let name = &scenario.name;
        let program = program(&scenario);
        let listed = scenario.c11.as_ref().unwrap_or_else(|| panic!("{name} lists nothing"));
        let (allows, forbids) = (names(&listed.allows), names(&listed.forbids));
        let (shows, hides) = (names(&listed.loom_shows), names(&listed.loom_hides));
        let ran = run(&program);
        let by_loom = shown(&ran);
        let expected: BTreeSet<String> = allows.union(&shows).cloned().collect();
        let expected: BTreeSet<String> = expected.difference(&hides).cloned().collect();
        if expected.contains("race") {
            assert!(by_loom.contains("race"), "{name}: {by_loom:?}");
        } else {
            assert_eq!(by_loom, expected, "{name}");
        }
        assert!(forbids.is_disjoint(&allows), "{name}");
        // What loom may hide, it says.
        if !hides.is_empty() {
            assert_eq!(ran.completeness, Completeness::PartOfC11, "{name}");
        }
        let searched = search::search(&program, &search::Limits::default(), &mut |_| true);
        let searched: BTreeSet<String> =
            searched.ends.iter().map(|end| end.outcome.clone()).collect();
        if !allows.contains("race") {
            assert!(searched.is_subset(&allows), "{name}: {searched:?}");
            weak += usize::from(!allows.is_subset(&searched));
        }
        differing += usize::from(!shows.is_empty() || !hides.is_empty());
    }
    assert!(weak >= 10, "{weak} texts behave as no order of their steps does");
    assert!(differing >= 5, "{differing} texts differ");
}

#[test]
fn the_reduction_loses_no_outcome() {
    let mut compared = 0;
    // With every access dependent on every other, four threads take too long.
    for scenario in litmus().iter().filter(|scenario| scenario.threads.len() < 4) {
        let program = program(scenario);
        let all = c11::check_with(&program, Limits::default(), Gates::Common).expect("as before");
        let reduced = run(&program);
        assert_eq!(shown(&reduced), shown(&all), "{}", scenario.name);
        assert_eq!(reduced.states, all.states, "{}", scenario.name);
        assert!(reduced.runs <= all.runs, "{}", scenario.name);
        compared += 1;
    }
    assert!(compared > 20);
}

/// Random texts of loads, stores and compare-and-swaps: 64-bit congruences by Knuth's constants.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.roll(words.len())]
    }

    fn text(&mut self, threads: usize, accesses: usize) -> String {
        let mut text = String::from("var x: atomic 0..9 = 0\nvar y: atomic 0..9 = 0\n");
        let mut procs = String::new();
        for thread in 0..threads {
            procs += &format!("proc t{thread}() {{\n");
            for access in 0..accesses {
                let (at, value) = (self.pick(&["x", "y"]), 1 + thread * accesses + access);
                let name = format!("r{thread}{access}");
                let (loads, stores) = (["relaxed", "acquire"], ["relaxed", "release"]);
                procs += &match self.roll(3) {
                    0 => format!("    store.{}({at}, {value})\n", self.pick(&stores)),
                    1 => {
                        text += &format!("aux var {name}: 0..9 = 0\n");
                        format!(
                            "    let {name}_ = load.{}({at})  {name} = {name}_\n",
                            self.pick(&loads)
                        )
                    }
                    _ => {
                        text += &format!("aux var {name}: bool = false\n");
                        let (success, failure) = (self.pick(&stores), self.pick(&loads));
                        format!(
                            "    let {name}_ = cas.{success}.{failure}({at}, 0, {value})  {name} = {name}_\n"
                        )
                    }
                };
            }
            procs += "}\n";
        }
        text + &procs
    }
}

#[test]
fn the_reduction_loses_nothing_of_random_texts() {
    let mut dice = Dice(2020);
    let mut weak = 0;
    for (threads, accesses, texts) in [(2, 2, 60), (2, 3, 6)] {
        for _ in 0..texts {
            let text = dice.text(threads, accesses);
            let scene = scene(&text, &["t0()", "t1()"][..threads]);
            let program = Arc::new(scene.program());
            let searched = search::search(&program, &search::Limits::default(), &mut |_| true);
            let ends = searched.ends.iter().map(|end| end.count).sum::<u64>();
            let reduced = run(&program);
            let all = c11::check_with(&program, Limits::default(), Gates::Common);
            assert_eq!(reduced.states, all.expect("as before").states, "{text}");
            assert!(ends <= reduced.states, "{text}");
            weak += usize::from(ends < reduced.states);
        }
    }
    assert!(weak > 5, "{weak} texts behave as no order of their steps does");
}

const LOCKS: &str = "
var a: mutex
var b: mutex
var data: plain 0..4 = 0
var word: atomic 0..1 = 0
var flag: atomic 0..1 = 0
aux var tried: bool = false

proc adds() { lock(a)  let t = data  data = t + 1  unlock(a) }
proc a_then_b() { lock(a)  lock(b)  unlock(b)  unlock(a) }
proc b_then_a() { lock(b)  lock(a)  unlock(a)  unlock(b) }
proc tries() { if try_lock(a) { let t = data  data = t + 1  unlock(a) } else { tried = true } }
proc spins() { while !cas.acquire(word, 0, 1) { yield }  let t = data  data = t + 1  store.release(word, 0) }
proc takes_and_keeps() { while !cas.acquire(word, 0, 1) { yield } }
proc waits() { await load.acquire(flag) == 1  let t = data  assert t == 1 }
proc raises() { data = 1  store.release(flag, 1) }
proc unlocks() { unlock(a) }
proc counts() { fetch_add(flag, 1)  fetch_add(flag, 1) }
outcome not_taken fine when tried
";

fn scene(text: &str, threads: &[&str]) -> Scene {
    let names = ["a", "b", "c", "d", "e", "f"];
    let named = names.iter().zip(threads);
    named.fold(Scene::new(text), |scene, (name, run)| scene.thread(name, run))
}

fn locks(threads: &[&str]) -> Report {
    run(&Arc::new(scene(LOCKS, threads).program()))
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| name.to_string()).collect()
}

#[test]
fn locks_keep_apart_and_ends_are_told_as_ever() {
    for (threads, ends) in [
        (&["adds()", "adds()", "adds()"][..], &["done"][..]),
        (&["spins()", "spins()"], &["done"]),
        (&["adds()", "tries()"], &["done", "not_taken"]),
        (&["a_then_b()", "b_then_a()"], &["done", "stuck"]),
        (&["a_then_b()", "a_then_b()"], &["done"]),
        (&["takes_and_keeps()", "takes_and_keeps()"], &["stuck"]),
        (&["raises()", "waits()"], &["done"]),
        (&["waits()"], &["stuck"]),
        (&["raises()", "waits()", "waits()"], &["done"]),
    ] {
        let report = locks(threads);
        assert_eq!(shown(&report), set(ends), "{threads:?}");
        // A try_lock may fail for no reason, which loom's never does.
        let whole = match threads.contains(&"tries()") {
            true => Completeness::PartOfC11,
            false => Completeness::Exhaustive,
        };
        assert_eq!(report.completeness, whole, "{threads:?}");
        let stuck = report.ends.iter().find(|end| end.outcome == "stuck");
        let spins = threads[0] == "takes_and_keeps()";
        assert!(stuck.is_none_or(|end| end.spinning == spins), "{threads:?}");
    }
    let kinds = |threads: &[&str]| -> Vec<String> {
        let program = Arc::new(scene(LOCKS, threads).program());
        let found = run(&program).violations;
        found.iter().map(|found| finding_name(&found.what, &program).to_string()).collect()
    };
    assert_eq!(kinds(&["unlocks()"]), ["unlock"]);
    assert_eq!(kinds(&["counts()"]), ["range"]);
    assert_eq!(kinds(&["adds()", "spins()"]), ["race"]);
}

#[test]
fn a_race_names_both_accesses_and_comes_with_an_execution() {
    let scenario = Named::find("litmus/mp-plain-relaxed").expect("it is built in").parse();
    let report = run(&program(&scenario.expect("it is right")));
    let race = report.violations.iter().find_map(|found| match &found.what {
        Finding::Race(what) => Some(what.as_str()),
        _ => None,
    });
    assert_eq!(
        race,
        Some(
            "`parcel`: writer writes it at writes:18 `parcel = 1`, and reader reads it at reads:28 \
             `let found = parcel`; neither happens before the other"
        )
    );
    let execution = report.executions.iter().find(|one| one.shows == "race").expect("there is one");
    let steps: Vec<String> = execution
        .steps
        .iter()
        .map(|step| format!("{} {}: {}", step.actor, step.label, step.what))
        .collect();
    assert_eq!(
        steps,
        [
            "writer parcel = 1: writes 1",
            "writer store.publish(flag, 1): writes 1",
            "reader let raised = load.observe(flag): reads 1",
            "reader let found = parcel: reads 1",
        ]
    );
}

const PLAIN: &str = "
var x: atomic 0..9 = 0
var y: atomic 0..9 = 0
var kept: atomic mod 4 = 0
var unsaid: 0..3 = 0
thread var mine: 0..3 = 0
aux var of_all: 0..3 = 0
aux var seen: bool = false
option order_of_x: 0..1 = 0

proc writes() { x = 1 }
proc writes_y() { y = 1 }
proc says_nothing() { unsaid = 1 }
proc own() { mine[self] = 1  let t = mine[self]  assert t == 1 }
proc wraps() { kept += 1 }
proc at_once() { atomic { x = 1  y = 1 } }
proc history() { x = 1  of_all = 1 }
proc endless() { loop { x = 1  x = 0 } }
proc many() { x = 1  x = 2  x = 3  x = 4  x = 5  x = 6  x = 7 }
proc reads_twice() { let t = load.relaxed(x)  let u = load.relaxed(x)  seen = t == 1 }
proc reads_then_writes() { let t = load.relaxed(x)  store.relaxed(x, 1) }
proc reads() { let t = load.relaxed(x)  seen = t == 1 }
proc picks() { choose { x = 1 } or { x = 2 } or { y = 1 } }
never both: x == 1 && y == 1
reach x_is_1: x == 1
outcome saw fine when seen
";

#[test]
fn what_c11_does_not_have_is_refused_before_the_run() {
    for (threads, said) in [
        (&["says_nothing()", "says_nothing()"][..], "`unsaid` is shared and says neither"),
        (&["wraps()"], "`kept` is a `mod` type"),
        (&["at_once()"], "makes several accesses in one step, and C11 has no such step"),
        (&["history()", "history()"], "the history `of_all` is kept by several threads"),
        (&["writes()"; 6], "loom has 5 threads, and this cast 6"),
    ] {
        let program = Arc::new(scene(PLAIN, threads).program());
        let refused = c11::check(&program, Limits::default()).expect_err("it cannot be run");
        assert!(refused.to_string().contains(said), "{refused}");
    }
    // What one thread alone touches is its own.
    let program = Arc::new(scene(PLAIN, &["says_nothing()", "own()", "history()"]).program());
    assert_eq!(shown(&run(&program)), set(&["done"]));
}

#[test]
fn what_was_not_looked_at_is_said() {
    let completeness = |threads: &[&str], limits| {
        let program = Arc::new(scene(PLAIN, threads).program());
        c11::check(&program, limits).expect("it can be run").completeness
    };
    let all = Limits::default();
    assert_eq!(completeness(&["writes()"], all), Completeness::EndsOnly);
    assert_eq!(completeness(&["endless()"], all), Completeness::CutOff);
    assert_eq!(completeness(&["many()", "reads()"], all), Completeness::PartOfC11);
    // A state that is no end may be the one to be reached.
    let passes = "var x: atomic 0..2 = 0  proc p() { x = 1  x = 2 }  reach one: x == 1";
    let passes = Arc::new(scene(passes, &["p()"]).program());
    assert_eq!(run(&passes).completeness, Completeness::EndsOnly);
    // Load buffering through the elements of one array.
    let buffering = "
        enum I { i0, i1 }
        var x[I]: atomic 0..1 = 0
        proc copies() {
            let from: I = i0
            let to: I = i1
            choose { } or { from = i1  to = i0 }
            let r = load.relaxed(x[from])
            store.relaxed(x[to], r)
        }
    ";
    let buffering = Arc::new(scene(buffering, &["copies()", "copies()"]).program());
    assert_eq!(run(&buffering).completeness, Completeness::PartOfC11);
    let few = Limits { runs: Some(3), ..all };
    assert_eq!(completeness(&["writes()", "reads_twice()"], few), Completeness::RunLimit);
    let bounded = Limits { preemptions: Some(0), ..all };
    assert_eq!(completeness(&["writes()", "reads()"], bounded), Completeness::PreemptionBound);
    // Every branch of a `choose` is taken.
    let program = Arc::new(scene(PLAIN, &["picks()"]).program());
    assert_eq!(run(&program).states, 3);
    // In an end, what must never hold is seen.
    let report = run(&Arc::new(scene(PLAIN, &["writes()", "writes_y()"]).program()));
    assert!(report.violations.iter().any(|found| matches!(found.what, Finding::Property(_))));
}

/// loom's fences order more than C11's: what may have been missed for it is not called complete.
#[test]
fn fences_that_order_too_much_in_loom_are_said() {
    let fences = "
        var x: atomic 0..1 = 0
        var y: atomic 0..1 = 0
        var data: plain 0..1 = 0
        proc sets_x() { store.relaxed(x, 1) }
        proc sets_y() { store.relaxed(y, 1) }
        proc acquires() { let r = load.relaxed(x)  fence.acquire() }
        proc orders() { let r = load.relaxed(x)  fence.seq_cst() }
        proc writes() { data = 1 }
    ";
    let completeness =
        |threads: &[&str]| run(&Arc::new(scene(fences, threads).program())).completeness;
    assert_eq!(completeness(&["sets_x()", "acquires()"]), Completeness::Exhaustive);
    assert_eq!(completeness(&["sets_x()", "acquires()", "sets_y()"]), Completeness::PartOfC11);
    assert_eq!(completeness(&["sets_x()", "orders()"]), Completeness::Exhaustive);
    assert_eq!(completeness(&["writes()", "orders()"]), Completeness::PartOfC11);
}

/// loom's own reduction loses the run in which the other thread's store comes first.
#[test]
fn a_thread_s_own_load_hides_nothing() {
    let report = run(&Arc::new(scene(PLAIN, &["reads()", "reads_then_writes()"]).program()));
    assert_eq!(shown(&report), set(&["done", "saw"]));
}

const C11: [&str; 4] = ["--engine", "loom", "--memory", "c11"];

#[test]
fn the_command_line_says_what_it_is_worth() {
    let check = |more: &[&str]| ghosthunt(&[&["check"], more, &C11].concat());
    let (code, stdout, stderr) = check(&["litmus/sb-relaxed", "--format", "json"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let json: serde_json::Value = serde_json::from_str(&stdout).expect("one line of JSON");
    assert_eq!((&json["engine"], &json["verdict"]), (&"loom, C11".into(), &"safe".into()));
    assert_eq!(json["outcomes"]["neither_saw"], 1);
    // Where loom shows less than C11, nothing is safe.
    let (code, stdout, stderr) = check(&["litmus/lb-relaxed", "--format", "json"]);
    assert_eq!(code, 21);
    assert!(stderr.starts_with("loom: load buffering: an access to `x` or `y`"), "{stderr}");
    let json: serde_json::Value = serde_json::from_str(&stdout).expect("one line of JSON");
    assert_eq!((&json["verdict"], &json["limit"]), (&"incomplete".into(), &"C11".into()));
    // A race has its execution drawn, and no schedule: no order of the steps gives it.
    let (code, stdout, stderr) = check(&["litmus/mp-plain-relaxed", "--save", "nowhere.schedule"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("Race on `parcel`: writer writes it at writes:18"), "{stdout}");
    assert!(stdout.contains("An execution with `race`, 4 steps"), "{stdout}");
    assert!(stderr.contains("litmus/mp-plain-relaxed has no schedule to save"), "{stderr}");
    // Refused before the run, with the reason.
    let (code, _, stderr) = check(&["engines/cgo-exit-1.14"]);
    assert_eq!(code, 2);
    assert!(
        stderr.contains("engines/cgo-exit-1.14@windows_10 is not for loom under C11"),
        "{stderr}"
    );
    assert!(stderr.contains("its kernel acts by itself"), "{stderr}");
    let (code, _, stderr) = ghosthunt(&["check", "litmus/sb-relaxed", "--memory", "c11"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("--memory needs --engine loom"), "{stderr}");
}

#[test]
fn the_page_about_orders_is_what_the_command_prints() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/findings/memory-orders.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let quoted = page.split("```").nth(1).expect("the page has a table");
    let scenarios = ["litmus/preempt-ext-lock", "litmus/preempt-ext-lock-relaxed"];
    let (code, stdout, stderr) = ghosthunt(&[&["orders"], &scenarios[..]].concat());
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert_eq!(quoted.trim(), stdout.trim(), "{stdout}");
    assert!(stdout.lines().all(|line| line.chars().count() <= 100), "{stdout}");
    let (code, _, stderr) = ghosthunt(&["orders", "litmus/corr"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("litmus/corr leaves no memory order open"), "{stderr}");
    let (code, _, stderr) = ghosthunt(&["orders", "litmus/sb-relaxed", "litmus/mp-relaxed"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("leaves other orders open than the scenario before it"), "{stderr}");
}

#[test]
fn an_order_can_be_an_option() {
    let text = "
enum Order { relaxed, acquire, release, acq_rel, seq_cst }
option read: Order = acquire
option other: 0..1 = 0
var x: atomic 0..1 = 0
proc right() { let t = load.read(x)  x = 1 }
proc wrong() { store.read(x, 1) }
proc numbers() { let t = load.other(x) }
proc misspelt() { let t = load.aquire(x) }
";
    let errors = |proc: &str| {
        let lines = text.lines().filter(|line| !line.starts_with("proc") || line.contains(proc));
        scene(&lines.collect::<Vec<_>>().join("\n"), &[&format!("{proc}()")]).errors().concat()
    };
    let wrong = errors("wrong");
    assert!(
        wrong.contains("`store` does not take this memory order: `read` is acquire"),
        "{wrong}"
    );
    let number = errors("numbers");
    let said = "`other` is no memory order, and no option whose value is one";
    assert!(number.contains(said), "{number}");
    assert!(errors("misspelt").contains("acquire"));
    let right = text.replace("proc wrong() { store.read(x, 1) }\n", "");
    let right = right.replace("proc numbers() { let t = load.other(x) }\n", "");
    let right = right.replace("proc misspelt() { let t = load.aquire(x) }\n", "");
    assert_eq!(scene(&right, &["right()"]).program().order_options, ["read"]);
}
