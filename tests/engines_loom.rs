//! loom runs the same program: complete, it finds what the search finds, once a run. And what loom
//! cannot do: each limit is pinned, so that a loom without it is noticed.

#[path = "support/binary.rs"]
mod binary;
#[path = "support/compared.rs"]
mod compared;
#[path = "support/mod.rs"]
mod support;

use compared::{COUNTER, built_in, check_same_as_search, kernel_rules, outcomes};
use ghosthunt::engines;
use ghosthunt::engines::loom::{self as engine, Limits, Plan, Refusal};
use ghosthunt::program::Program;
use ghosthunt::search::{Completeness, Report};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use support::Scene;

/// Complete, with the facts of the search, and one execution for each run. Returns the report.
#[track_caller]
fn check_agreement(program: &Arc<Program>) -> Report {
    let ran = engine::check(program, Limits::default()).expect("it is small enough");
    check_same_as_search(program, &ran);
    if let Some(runs) = engines::runs(program, 100_000) {
        assert_eq!(ran.runs.map(u128::from), Some(runs));
    }
    ran
}

/// Complete, once a run, with exactly these ends.
#[track_caller]
fn check_cast(name: &str, ends: &[&str]) {
    let program = built_in(name);
    assert!(engines::runs(&program, 100_000).is_some(), "{name}");
    let report = check_agreement(&program);
    assert_eq!(outcomes(&report), ends);
}

#[test]
fn the_ghost_and_its_absence_are_shown_complete() {
    check_cast("engines/cgo-exit-1.14beta1@wine_8", &["exited", "ghost"]);
    check_cast("engines/cgo-exit-1.14@wine_8", &["exited"]);
    check_cast("engines/in-c-exit-1.14beta1", &["exited", "ghost"]);
    check_cast("engines/in-c-exit-1.14", &["exited"]);
    check_cast("engines/racefini-1.14beta1@wine_8", &["exited", "ghost", "done"]);
    check_cast("engines/racefini-1.14@wine_8", &["exited", "done"]);
    check_cast("engines/racefini-1.14@windows_10", &["exited", "done"]);
}

#[test]
fn the_kernel_rules_agree_wherever_there_are_few_runs() {
    let mut casts = kernel_rules(600);
    casts.retain(|program| Plan::of(program, engine::STATES_MAX).is_ok());
    for program in &casts {
        check_agreement(program);
    }
    assert!(casts.len() >= 10, "{} casts are small enough", casts.len());
}

#[test]
fn loom_itself_calls_the_ghost_a_deadlock() {
    let deadlock = |name: &str| engine::deadlock(&built_in(name), Limits::default());
    let ghost = deadlock("nt/mutual-suspension@windows_10").expect("it is small enough");
    assert!(ghost.is_some_and(|message| message.starts_with("deadlock")));
    assert_eq!(deadlock("engines/cgo-exit-1.14"), Ok(None));
}

#[test]
fn choices_waits_and_failures_are_runs_too() {
    let scene = |runs: &[&str]| {
        let names = ["a", "b", "c", "d", "e", "f"];
        let threads = names.iter().zip(runs);
        threads.fold(Scene::new(COUNTER), |scene, (name, run)| scene.thread(name, run))
    };
    let runs = |threads: &[&str]| check_agreement(&Arc::new(scene(threads).program())).runs;
    assert_eq!(runs(&["add()", "add()"]), Some(6));
    assert_eq!(runs(&["pick()", "add()"]), Some(15));
    assert_eq!(runs(&["wait()", "add()"]), Some(1));
    assert_eq!(runs(&["wait()"]), Some(1));
    assert!(runs(&["add()", "add()", "check()"]) > Some(6));
    // Five threads fill loom, and a sixth is refused before the run.
    assert_eq!(runs(&["add()", "wait()", "wait()", "wait()", "wait()"]), Some(24));
    let six = Arc::new(scene(&["add()"; 6]).program());
    let refused = engine::check(&six, Limits::default()).expect_err("loom has five threads");
    assert!(matches!(&refused, Refusal::Threads { needed } if needed.len() == 6));
    assert!(refused.to_string().contains("loom has 5 threads, and this cast needs 6: a; b"));
}

#[test]
fn what_is_left_out_is_said() {
    let program = built_in("engines/cgo-exit-1.14");
    let check = |limits| engine::check(&program, limits).expect("it is small enough");
    let few = check(Limits { runs: Some(10), ..Limits::default() });
    assert_eq!((few.runs, few.completeness), (Some(10), Completeness::RunLimit));
    let bounded = check(Limits { preemptions: Some(1), ..Limits::default() });
    assert_eq!(bounded.completeness, Completeness::PreemptionBound);
    assert!(bounded.runs < engines::runs(&program, 100_000).map(|runs| runs as u64));
    let short = check(Limits { time: Some(Duration::ZERO), ..Limits::default() });
    assert_eq!(short.completeness, Completeness::TimeLimit);
    let promise = "var x: bool = false  proc p() { x = true }  eventually x";
    let promises = Arc::new(Scene::new(promise).thread("a", "p()").program());
    let finite = engine::check(&promises, Limits::default()).expect("it is small enough");
    assert_eq!(finite.completeness, Completeness::FiniteRuns);
}

/// As ever, whatever the environment tells loom.
fn ghosthunt(arguments: &[&str]) -> (i32, String, String) {
    binary::finish(binary::command(arguments).env("LOOM_MAX_PREEMPTIONS", "0"))
}

const WHOLE: &str = "engines/cgo-exit-1.14@wine_8";

#[test]
fn the_command_line_runs_it_in_a_child() {
    let (code, stdout, stderr) =
        ghosthunt(&["check", WHOLE, "--engine", "loom", "--format", "json"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains(" executions to take, on these threads: main; sysmon"), "{stderr}");
    let json: serde_json::Value = serde_json::from_str(&stdout).expect("one line of JSON");
    assert_eq!((&json["engine"], &json["verdict"]), (&"loom".into(), &"safe".into()));
    assert_eq!(json["completeness"], "exhaustive");
    let runs = engines::runs(&built_in(WHOLE), 100_000);
    assert_eq!(json["runs"].as_u64().map(u128::from), runs);
    let bounded = ["check", WHOLE, "--engine", "loom", "--preemptions", "1"];
    let (code, stdout, stderr) = ghosthunt(&bounded);
    assert_eq!(code, 21);
    assert!(stderr.contains(" executions to take, bounded to those with at most 1 preemption, "));
    assert!(
        stdout.contains("incomplete") && stdout.contains("bounded: runs with more"),
        "{stdout}"
    );
    let bounded = [&bounded[..], &["--format", "json"]].concat();
    let json: serde_json::Value =
        serde_json::from_str(&ghosthunt(&bounded).1).expect("one line of JSON");
    assert_eq!(
        (&json["completeness"], &json["verdict"]),
        (&"bounded".into(), &"incomplete".into())
    );
    let directory = tempfile::tempdir().expect("there is room for files");
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).expect("there is room for files");
        path.display().to_string()
    };
    file("counter.ghost", COUNTER);
    let threads = ["a", "b", "c", "d", "e", "f"].map(|name| format!("{name} = \"add()\"\n"));
    let six = format!("model = \"counter\"\n[threads]\n{}", threads.concat());
    let (code, _, stderr) = ghosthunt(&["check", &file("six.toml", &six), "--engine", "loom"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("six is not for loom: loom has 5 threads"), "{stderr}");
}

#[test]
fn options_of_other_engines_are_refused() {
    for (arguments, said) in [
        (&["--scheduler", "dfs"][..], "--scheduler needs --engine shuttle"),
        (&["--runs", "3"], "--runs needs --engine shuttle or loom"),
        (&["--engine", "loom", "--seed", "3"], "--seed needs --engine shuttle"),
        (&["--engine", "shuttle", "--seed", "3"], "--seed needs --scheduler"),
        (&["--engine", "shuttle", "--depth", "3"], "--depth needs --scheduler pct"),
        (&["--engine", "shuttle", "--preemptions", "3"], "--preemptions needs --engine loom"),
        (&["--engine", "loom", "--max-states", "3"], "loom stores no states"),
    ] {
        let arguments = [&["check", "engines/cgo-exit-1.14"], arguments].concat();
        let (code, _, stderr) = ghosthunt(&arguments);
        assert_eq!(code, 2, "{arguments:?}");
        assert!(stderr.contains(said), "{stderr}");
    }
}

/// What loom says when it stops a model.
fn stopped(model: impl Fn() + Send + Sync + 'static) -> String {
    let run = AssertUnwindSafe(|| loom::model::Builder::new().check(model));
    let panic = catch_unwind(run).expect_err("loom stops it");
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => panic.downcast_ref::<&str>().expect("a message").to_string(),
    }
}

#[test]
fn limit_five_threads() {
    assert_eq!(loom::MAX_THREADS, 5);
}

/// Threads that count to 3000, one alone and one beside another.
const LONG: &str = "
var x: plain 0..20001 = 0
var y: plain bool = false
proc count(n: 0..20001) { let i: 0..20001 = 0  while i < n { x = i  i += 1 } }
proc other() { y = true }
";

#[test]
fn limit_branches_grow_with_the_runs_or_are_refused() {
    let long = |run: &str, beside: bool| {
        let scene = Scene::new(LONG).thread("a", run);
        let scene = if beside { scene.thread("b", "other()") } else { scene };
        Arc::new(scene.program())
    };
    // loom's own limit is 1000 branches, and a step takes some.
    let ran =
        engine::check(&long("count(3000)", true), Limits { runs: Some(3), ..Limits::default() });
    assert_eq!(ran.expect("it is short enough").depth, 3001);
    let refused = engine::check(&long("count(20001)", false), Limits::default());
    let refused = refused.expect_err("it is too long");
    assert_eq!(refused, Refusal::Steps { needed: 20_001 });
    assert!(refused.to_string().contains("loom has a limit on the branches of an execution"));
}

#[test]
fn limit_branches_do_not_matter_to_threads_that_spin() {
    let spins = "
    var x: atomic 0..2 = 0
    proc waits(n: 0..2) { while x < n { yield } }
    proc comes() { x += 1  x += 1 }
    ";
    let scene = Scene::new(spins).thread("a", "waits(1)").thread("b", "waits(2)");
    let program = Arc::new(scene.thread("c", "comes()").program());
    let report = engine::check(&program, Limits::default()).expect("it is small enough");
    assert_eq!(report.completeness, Completeness::Exhaustive);
    assert_eq!((report.runs, report.depth), (Some(3), 4));
}

#[test]
fn limit_branches_against_a_spin_loop() {
    let message = stopped(|| {
        let flag = loom::sync::atomic::AtomicBool::new(false);
        while !flag.load(loom::sync::atomic::Ordering::Acquire) {}
    });
    assert!(message.contains("exceeded maximum number of branches"), "{message}");
}
