//! What becomes of mutants: `ghosthunt mutate` on small protocols, as people and programs use it.

#[path = "support/binary.rs"]
mod binary;

use binary::ghosthunt_in;
use ghosthunt::language::Operator;
use ghosthunt::mutate::{Notes, Plan, Target};
use serde_json::Value;
use std::fs;

/// A lock of one word, and what it protects.
const LOCK: &str = "\
//! A lock.
var held: atomic 0..1 = 0
var x: plain 0..2 = 0
thread var inside: bool = false

proc enter() {
    while !cas(held, 0, 1) { yield }
}

proc leave() {
    held = 0
}

proc worker() {
    enter()
    let seen = x
    x = seen + 1
    leave()
}

never lost_update: x < number(t: finished(t))
reach both: x == 2
";

const TWO: &str = "\
about = \"two threads\"
model = \"lock\"
[threads]
a = \"worker()\"
b = \"worker()\"
[expect]
outcomes = [\"done\"]
";

/// Runs in a directory with these files; the exit code, stdout and stderr.
fn run(files: &[(&str, &str)], arguments: &[&str]) -> (i32, String, String) {
    let directory = tempfile::tempdir().expect("there is room for files");
    for (name, text) in files {
        fs::write(directory.path().join(name), text).expect("there is room for files");
    }
    ghosthunt_in(directory.path(), arguments)
}

/// The text on one line, however it was wrapped.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The mutants of a model and its scenario, each as `description: fate`, the class of a survivor or
/// what killed it behind.
fn fates(model: &str, scenario: &str, more: &[&str]) -> Vec<String> {
    let files = [("lock.ghost", model), ("two.toml", scenario)];
    let arguments = [&["mutate", "two.toml", "--format", "json"], more].concat();
    let (_, stdout, stderr) = run(&files, &arguments);
    assert_eq!(stderr, "");
    let table: Value = serde_json::from_str(&stdout).expect("it is JSON");
    assert_eq!(table["schema"], "ghosthunt.mutate/1");
    let mutants = table["mutants"].as_array().expect("a list");
    let words = |value: &Value| value.as_str().unwrap_or("").to_string();
    let told = mutants.iter().map(|mutant| {
        let more = match mutant["fate"].as_str() {
            Some("killed") => words(&mutant["kills"][0]["by"]),
            Some("survived") => words(&mutant["survival"]["class"]),
            _ => words(&mutant["message"]),
        };
        format!("{}: {} {more}", words(&mutant["description"]), words(&mutant["fate"]))
    });
    told.collect()
}

/// The table of the lock has these rows and no other.
#[test]
fn every_line_of_a_lock_is_load_bearing() {
    assert_eq!(
        fates(LOCK, TWO, &[]),
        [
            "delete `while !cas(held, 0, 1)`: killed never lost_update",
            "split `cas(held, 0, 1)` into a read and a write: killed never lost_update",
            "negate the condition of `while !cas(held, 0, 1)`: killed never lost_update",
            "`0` becomes `1` in `while !cas(held, 0, 1)`: killed stuck",
            "`1` becomes `0` in `while !cas(held, 0, 1)`: killed never lost_update",
            "delete `yield`: survived slower_only",
            "delete `held = 0`: killed stuck",
            "`0` becomes `1` in `held = 0`: killed stuck",
            "delete `enter()`: killed never lost_update",
            "swap `enter()` and `let seen = x`: killed never lost_update",
            "delete `let seen = x`: rejected there is no `seen`",
            "swap `let seen = x` and `x = seen + 1`: rejected there is no `seen`",
            "delete `x = seen + 1`: killed never lost_update",
            "swap `x = seen + 1` and `leave()`: killed never lost_update",
            "`1` becomes `0` in `x = seen + 1`: killed never lost_update",
            "delete `leave()`: killed stuck",
        ]
    );
}

#[test]
fn a_line_that_makes_no_difference_is_equivalent() {
    let model = LOCK.replace("    held = 0\n", "    atomic { held = 0  held = 0 }\n");
    let told = fates(&model, TWO, &["--procs", "leave", "--operators", "delete"]);
    assert_eq!(told[1], "delete `held = 0`: survived equivalent");
}

/// Without it the thread would go on.
#[test]
fn a_wait_that_is_never_over_is_load_bearing() {
    let model = "var x: atomic 0..1 = 0\nvar y: atomic 0..1 = 0\n\
                 proc worker() {\n    atomic { await x == 1  y = 1 }\n}\n";
    let scenario = "about = \"a wait\"\nmodel = \"lock\"\n[threads]\na = \"worker()\"\n\
                    [expect]\noutcomes = [\"stuck\"]\n";
    let told = fates(model, scenario, &["--operators", "delete"]);
    assert!(told.contains(&"delete `await x == 1`: killed done".to_string()), "{told:?}");
}

/// It makes a spin loop of the loop around it, and so an end of what goes round there.
#[test]
fn a_yield_that_never_runs_is_load_bearing() {
    for skips in ["if x == 0 { continue }\n        yield", "if quick { yield }"] {
        let model = format!(
            "option quick: bool = false\nvar x: atomic 0..1 = 0\nvar y: atomic 0..1 = 0\n\
             proc worker() {{\n    loop {{\n        step s\n        \
             while y == 0 {{ yield break }}\n        {skips}\n    }}\n}}\n\
             proc nobody() {{ x = 1  y = 1 }}\n"
        );
        let scenario = "about = \"it goes round\"\nmodel = \"lock\"\n[threads]\na = \"worker()\"\n\
                        [expect]\noutcomes = [\"stuck\"]\n";
        let told = fates(&model, scenario, &["--procs", "worker", "--operators", "delete"]);
        let yields: Vec<_> = told.iter().filter(|told| told.contains("yield`")).collect();
        let killed = "delete `yield`: killed stuck";
        assert_eq!(yields, [killed, killed], "{told:?}");
    }
}

/// Both fail, at the same step, and not in the same way.
#[test]
fn failures_of_two_kinds_are_not_the_same_graph() {
    let model = "var x: atomic 0..1 = 0\nproc worker() {\n    let a: 0..7 = x\n    \
                 if a == 0 { let b: 3..7 = a } else { assert a > 5 }\n    x = 1\n}\n";
    let scenario = "about = \"a check\"\nmodel = \"lock\"\n[threads]\na = \"worker()\"\n\
                    [expect]\nviolates = [\"range\"]\n";
    let told = fates(model, scenario, &["--operators", "negate"]);
    assert_eq!(told, ["negate the condition of `if a == 0`: killed assert"]);
}

#[test]
fn a_longer_critical_section_is_slower_only() {
    let model = "var m: mutex\nvar x: plain 0..2 = 0\nproc worker() {\n    lock(m)\n    let seen = x\n    \
                 x = seen + 1\n    unlock(m)\n    step rest\n}\n\
                 never lost_update: x < number(t: finished(t))\n";
    let told = fates(model, TWO, &["--operators", "move-lock,delete"]);
    let told: Vec<_> = told.iter().map(String::as_str).collect();
    assert!(
        told.contains(&"`unlock(m)` later, behind `step rest`: survived slower_only"),
        "{told:#?}"
    );
    assert!(told.contains(&"delete `step rest`: survived slower_only"), "{told:#?}");
    assert!(told.contains(&"`lock(m)` later, behind `let seen = x`: killed never lost_update"));
    assert!(told.contains(&"delete `unlock(m)`: killed stuck"), "{told:#?}");
}

#[test]
fn weaker_orders_are_out_of_reach_of_the_search_and_said_to_be() {
    let model = LOCK.replace("held = 0\n}", "store.release(held, 0)\n}");
    let files = [("lock.ghost", model.as_str()), ("two.toml", TWO)];
    let (code, stdout, _) = run(&files, &["mutate", "two.toml", "--operators", "weaken"]);
    assert_eq!(code, 0, "{stdout}");
    assert!(stdout.contains("only an engine with a memory model can tell"), "{stdout}");
}

/// A write that nobody reads.
fn with_a_mark() -> String {
    LOCK.replace("    enter()\n    let", "    enter()\n    inside[self] = true\n    let")
}

#[test]
fn a_survivor_that_does_something_else_needs_a_reason() {
    let model = with_a_mark();
    let arguments = ["mutate", "lock.ghost", "--operators", "delete", "--survivors"];
    let files = [("lock.ghost", model.as_str()), ("two.toml", TWO)];
    let (code, stdout, stderr) = run(&files, &arguments);
    assert_eq!(code, 20, "{stdout}{stderr}");
    assert!(stdout.contains("worker:16 delete `inside[self] = true`"), "{stdout}");
    assert!(flat(&stdout).contains("1 not distinguished (1 without a reason)"), "{stdout}");
    assert!(!stdout.contains("killed:"), "only survivors are listed: {stdout}");
    assert!(stdout.lines().all(|line| line.chars().count() <= 100), "{stdout}");
    let notes = "[[reason]]\nmutants = [\"worker: delete `inside[self] = true`\"]\n\
                 reason = \"nobody reads it\"\n";
    let files = [files[0], files[1], ("lock.mutate.toml", notes)];
    let (code, stdout, _) = run(&files, &arguments);
    assert_eq!(code, 0);
    assert!(stdout.contains("nobody reads it"), "{stdout}");
}

const HUNKS: &str = "\
procs = [\"leave\"]
[[hunk]]
name = \"the lock\"
remove = [
    { proc = \"worker\", statement = \"enter()\" },
    { proc = \"worker\", statement = \"leave()\" },
]
[[hunk]]
name = \"the mark\"
remove = [{ proc = \"worker\", statement = \"inside[self] = true\" }]
";

#[test]
fn hunks_are_taken_out_one_by_one() {
    let model = with_a_mark();
    let files = [("lock.ghost", model.as_str()), ("two.toml", TWO), ("lock.mutate.toml", HUNKS)];
    let (code, stdout, stderr) = run(&files, &["mutate", "lock.ghost", "--hunks", "--verbose"]);
    assert_eq!(code, 0, "{stderr}");
    for part in [
        "the lock\n  worker:15 delete `enter()`\n  worker:19 delete `leave()`\n",
        "needed: without it the check that runs it finds something else than expected:",
        "never lost_update",
        "A shortest schedule to `never lost_update`",
        "not needed here: not distinguished",
        "\n2 hunks: 1 needed, 1 not needed here\n",
    ] {
        assert!(stdout.contains(part), "{part}\n{stdout}");
    }
    // The notes say which procs are the protocol.
    let (_, stdout, _) = run(&files, &["mutate", "lock.ghost"]);
    assert!(stdout.contains("delete `held = 0`") && !stdout.contains("enter()"), "{stdout}");
}

#[test]
fn a_hunk_can_do_harm() {
    let model = LOCK.replace("    let seen = x\n", "    leave()\n    let seen = x\n");
    let scenario = TWO.replace("[\"done\"]", "[\"done\"]\nviolates = [\"never lost_update\"]");
    let notes = "[[hunk]]\nname = \"too early\"\n\
                 remove = [{ proc = \"worker\", statement = \"leave()\", number = 1 }]\n";
    let files =
        [("lock.ghost", model.as_str()), ("two.toml", &scenario), ("lock.mutate.toml", notes)];
    let (code, stdout, _) = run(&files, &["mutate", "lock.ghost", "--hunks"]);
    assert_eq!(code, 0);
    assert!(stdout.contains("does harm: with it the check that runs it finds what is"), "{stdout}");
    assert!(flat(&stdout).contains("finds what is nowhere without it: never lost_update"));
}

#[test]
fn mutants_are_written_out_and_can_be_checked_by_hand() {
    let directory = tempfile::tempdir().expect("there is room for files");
    fs::write(directory.path().join("lock.ghost"), LOCK).expect("there is room");
    fs::write(directory.path().join("two.toml"), TWO).expect("there is room");
    let arguments = ["mutate", "two.toml", "--procs", "leave", "--write", "out"];
    assert_eq!(ghosthunt_in(directory.path(), &arguments).0, 0);
    let mutant = directory.path().join("out/001-delete-leave-11");
    let text = fs::read_to_string(mutant.join("lock.ghost")).expect("it is written");
    assert_eq!(text, LOCK.replace("    held = 0\n", "    \n"));
    let (code, stdout, _) = ghosthunt_in(&mutant, &["check", "two.toml"]);
    assert!(code == 11 && stdout.contains("`stuck` occurs"), "{stdout}");
}

#[test]
fn results_do_not_depend_on_how_many_run_at_a_time() {
    let told = |jobs| fates(LOCK, TWO, &["--jobs", jobs]);
    assert_eq!(told("1"), told("7"));
}

#[test]
fn a_check_that_is_not_as_expected_judges_nothing() {
    let files = [("lock.ghost", LOCK), ("two.toml", TWO)];
    let (code, stdout, stderr) = run(&files, &["mutate", "two.toml", "--max-states", "3"]);
    assert_eq!((code, stdout.as_str()), (21, ""), "{stderr}");
    assert!(stderr.contains("two judges no mutant"), "{stderr}");
}

#[test]
fn a_limit_that_the_original_keeps_leaves_a_mutant_undecided() {
    // Without its `if`, the loop counts on.
    let model = "var x: atomic 0..900 = 0\nproc worker() {\n    loop {\n        if x == 2 { break }\n        \
                 x += 1\n    }\n}\n";
    let scenario =
        "model = \"lock\"\n[threads]\na = \"worker()\"\n[expect]\noutcomes = [\"done\"]\n";
    let files = [("lock.ghost", model), ("two.toml", scenario)];
    let arguments = ["mutate", "two.toml", "--operators", "delete", "--max-states", "20"];
    let (code, stdout, _) = run(&files, &arguments);
    // Graver: without its loop, the thread ends in another way, and nothing objects.
    assert_eq!(code, 20, "{stdout}");
    assert!(
        flat(&stdout).contains("undecided: in two the limit on states was reached"),
        "{stdout}"
    );
}

/// The notes of a built-in model speak of mutants and statements that there are.
#[test]
fn built_in_notes_are_up_to_date() {
    for (model, text) in ghosthunt::scenario::built_in_notes() {
        let notes = Notes::parse(model, text).expect("the notes are right");
        let target = Target::find(model).expect("notes stand beside a model");
        let mut plan = Plan::new(&target.expect("a model has no mistakes"));
        plan.add_hunks(&notes).expect("hunks name statements");
        plan.add_mutations(&Operator::ALL, notes.procs.as_deref()).expect("procs are there");
        let names: Vec<String> = plan.mutants.iter().map(|mutant| mutant.name()).collect();
        for name in notes.reasons.iter().flat_map(|reason| &reason.mutants) {
            assert!(names.contains(&name.value), "{model} has no mutant {}", name.value);
        }
    }
}

#[test]
fn wrong_arguments_and_notes_are_shown() {
    let files = [("lock.ghost", LOCK), ("two.toml", TWO)];
    for (arguments, expected, said) in [
        (&["mutate", "two.toml", "--procs", "entr"][..], 2, "there is `enter`"),
        (&["mutate", "two.toml", "--scenario", "three"], 2, "no scenario `three`"),
        (&["mutate", "two.toml", "--kernel", "nt"], 2, "no scenario of `lock` runs on nt"),
        (&["mutate", "two.toml", "--hunks"], 2, "there are no hunks"),
        (&["mutate", "two.toml", "--operators", "bend"], 2, "possible values"),
        (&["mutate", "gone.ghost"], 2, "cannot read gone.ghost"),
        (&["mutate", "gone"], 2, "no scenario `gone`"),
        (&["mutate", "nt"], 2, "no protocol"),
    ] {
        let (code, stdout, stderr) = run(&files, arguments);
        assert_eq!((code, stdout.as_str()), (expected, ""), "{arguments:?} {stderr}");
        assert!(stderr.contains(said), "{said}\n{stderr}");
    }
    for (notes, said) in [
        ("hunks = 1", "unknown key `hunks`"),
        ("[[hunk]]\nname = 1", "`name` is a string"),
        ("[[hunk]]\nname = \"x\"", "statements to `remove`"),
        (
            "[[hunk]]\nname = \"x\"\nremove = [{ proc = \"enter\", statement = \"yeld\" }]",
            "there is `yield`",
        ),
        (
            "[[hunk]]\nname = \"x\"\nremove = [{ proc = \"enter\", statement = \"yield\", number = 0 }]",
            "counts from 1",
        ),
        ("[[reason]]\nreason = \"x\"", "a reason has `mutants`"),
        ("procs = ", "not TOML"),
    ] {
        let files = [files[0], files[1], ("lock.mutate.toml", notes)];
        let (code, _, stderr) = run(&files, &["mutate", "two.toml", "--hunks"]);
        assert_eq!(code, 65, "{notes}\n{stderr}");
        assert!(stderr.contains(said), "{said}\n{stderr}");
    }
}
