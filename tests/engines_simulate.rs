//! `ghosthunt simulate`: random runs, what they saw, and the same again for the same seed.

#[path = "support/binary.rs"]
mod binary;
mod support;

use binary::ghosthunt;
use ghosthunt::schedule::{RandomWalk, Scheduler, UniformWalk, simulate as take_runs};
use serde_json::Value;
use std::path::Path;
use support::Scene;

const RACE: &str = "go/cgo-exit-1.14beta1@windows_10";

/// Runs, and returns the exit code and what was printed.
fn simulate(arguments: &[&str]) -> (i32, String) {
    let (code, stdout, stderr) = ghosthunt(&[&["simulate"], arguments].concat());
    assert_eq!(stderr, "", "nothing went wrong");
    (code, stdout)
}

fn json(arguments: &[&str]) -> Value {
    let arguments = [arguments, &["--format", "json"]].concat();
    serde_json::from_str(&simulate(&arguments).1).expect("one line of JSON")
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

#[test]
fn the_same_seed_gives_the_same_runs() {
    for scheduler in ["random", "pct", "urw"] {
        let seeded =
            |seed| json(&[RACE, "--scheduler", scheduler, "--runs", "200", "--seed", seed]);
        assert_eq!(seeded("5"), seeded("5"), "{scheduler}");
        assert_ne!(seeded("5")["ended"], seeded("7")["ended"], "{scheduler}");
    }
    assert_ne!(json(&[RACE, "--runs", "9"])["seed"], json(&[RACE, "--runs", "9"])["seed"]);
}

#[test]
fn every_scheduler_meets_the_ghost() {
    for scheduler in ["random", "pct", "urw"] {
        let sample = json(&[RACE, "--scheduler", scheduler, "--runs", "2000", "--seed", "1"]);
        assert_eq!(sample["verdict"], "violated", "{scheduler}");
        assert_eq!(sample["completeness"], "sampled");
        let ended = &sample["ended"];
        let (exited, ghost) = (number(&ended["exited"]["runs"]), number(&ended["ghost"]["runs"]));
        assert!(ghost > 0, "{scheduler}");
        assert_eq!(exited + ghost + number(&sample["circles"]), 2000, "each run ends once");
        let share = ended["ghost"]["share"].as_f64().expect("a share");
        let bound = |name: &str| ended["ghost"][name].as_f64().expect("a bound");
        assert!(bound("low") < share && share < bound("high"));
        for seen in ["states", "outcomes", "lines"] {
            assert!(number(&sample["seen"][seen]) <= number(&sample["of"][seen]), "{seen}");
        }
    }
}

/// A thread of one step beside one of nine is first in one interleaving of ten, but in every other run
/// if each step is drawn by itself.
#[test]
fn uniform_walks_draw_interleavings_and_random_walks_steps() {
    let text = "
        var x: atomic 0..9 = 0
        var came_first: bool = false
        proc short() { atomic { if x == 0 { came_first = true } } }
        proc long() { for i in 1..9 { x += 1 } }
        outcome first fine when came_first
        outcome later fine when !came_first";
    let program = Scene::new(text).thread("a", "short()").thread("b", "long()").program();
    let share = |scheduler: &mut dyn Scheduler| {
        let seen = take_runs(&program, scheduler, &mut |runs| runs < 4000).observed;
        seen.ends["first"].seen.runs as f64 / seen.runs as f64
    };
    let (steps, walks) = (share(&mut RandomWalk::new(1)), share(&mut UniformWalk::new(1)));
    assert!((0.45..0.55).contains(&steps), "{steps}");
    assert!((0.08..0.125).contains(&walks), "{walks}");
}

#[test]
fn depth_decides_what_pct_can_find() {
    let ended = |depth| json(&[RACE, "--scheduler", "pct", "--depth", depth, "--seed", "1"]);
    // Without a change of priority nobody is ever overtaken.
    assert_ne!(ended("1")["ended"], ended("4")["ended"]);
}

#[test]
fn a_sample_is_never_safe() {
    let (code, text) = simulate(&["go/cgo-exit-1.14@windows_10", "--runs", "50", "--seed", "1"]);
    assert_eq!(code, 21);
    assert!(text.contains("incomplete (sampled)"), "{text}");
    assert!(text.contains("--seed 1"), "{text}");
    assert!(text.contains("50 runs"), "{text}");
    // What the scenario does not expect is told by the exit code, sampled or not.
    let (code, _) = simulate(&["go/cgo-exit-1.14@windows_10", "--set", "ext_lock=false"]);
    assert_eq!(code, 12);
}

/// Two threads increment without a lock: an update is lost in each run that ends as `lost`.
const COUNTER: &str = "\
var x: plain 0..2 = 0
proc add_one() { let seen = x  x = seen + 1 }
never lost_update: x < number(t: finished(t))
outcome kept fine when x == 2
outcome lost when x == 1
";

/// What the sample of the counter comes to under this expectation: exit code, text and JSON.
fn counted(expect: &str, arguments: &[&str]) -> (i32, String, Value) {
    let directory = tempfile::tempdir().expect("there is room for files");
    let file = directory.path().join("counter.toml");
    let cast = "model = \"counter\"\n[threads]\na = \"add_one()\"\nb = \"add_one()\"\n[expect]\n";
    std::fs::write(directory.path().join("counter.ghost"), COUNTER).expect("there is room");
    std::fs::write(&file, format!("{cast}{expect}\n")).expect("there is room");
    let arguments = [&[file.to_str().expect("a plain path")], arguments].concat();
    let (code, text) = simulate(&arguments);
    (code, text, json(&arguments))
}

#[test]
fn a_sample_is_judged_by_what_it_saw() {
    let many = &["--runs", "400", "--seed", "1"];
    let expected = "outcome = \"lost\"\nviolates = [\"never lost_update\"]";
    let (code, text, object) = counted(expected, many);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("lost, as expected (sampled)") || text.contains("lost_update, as"));
    assert_eq!(object["as_expected"], true);
    let lost = number(&object["ended"]["lost"]["runs"]);
    assert!(lost > 50 && lost < 350, "{lost}");
    assert_eq!(number(&object["violated"]["never lost_update"]["runs"]), lost);
    let row = text.lines().find(|line| line.trim_start().starts_with("never lost_update"));
    assert!(row.expect("it is listed").contains(&format!(" {lost} ")), "{text}");

    for (expect, code, said) in [
        ("outcome = \"safe\"", 12, "`never lost_update` fails, and is not expected"),
        ("outcome = \"lost\"", 12, "`never lost_update` fails, and is not expected"),
        ("must_not = [\"lost\"]\nviolates = [\"never lost_update\"]", 11, "`lost` occurs"),
        ("outcomes = [\"lost\"]\nviolates = [\"never lost_update\"]", 14, "`kept` occurs"),
    ] {
        let (found, text, object) = counted(expect, many);
        assert_eq!((found, &object["as_expected"]), (code, &Value::from(false)), "{text}");
        assert!(text.contains(said) && text.contains("(sampled; expected: "), "{text}");
    }
}

#[test]
fn what_a_sample_has_not_seen_is_left_open() {
    let expected = "outcome = \"lost\"\nviolates = [\"never lost_update\"]";
    let kept = (1..50).map(|seed| {
        let seed = seed.to_string();
        counted(expected, &["--runs", "1", "--seed", &seed])
    });
    let unseen = kept.into_iter().find(|(.., object)| !object["ended"]["kept"].is_null());
    let (code, text, object) = unseen.expect("half of the runs lose nothing");
    assert_eq!((code, &object["as_expected"]), (21, &Value::from(false)), "{text}");
    for part in [
        "incomplete (sampled)",
        "`lost` is expected, and has not been seen",
        "`never lost_update` is expected, and has not been seen",
        "a sample proves no absence",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn time_limits_the_runs() {
    let sample = json(&[RACE, "--time", "100ms"]);
    assert!(number(&sample["runs"]) > 0);
    assert_eq!(number(&json(&[RACE, "--time", "1h", "--runs", "3"])["runs"]), 3);
}

#[test]
fn failing_runs_are_saved_and_replay() {
    let directory = tempfile::tempdir().expect("there is room for files");
    let path = directory.path().join("runs");
    let path = path.to_str().expect("a plain path");
    let sample = json(&[RACE, "--seed", "2", "--save", path]);
    let saved = sample["saved"].as_object().expect("what was saved");
    assert!(saved.contains_key("ghost") && saved.len() == 2, "{saved:?}");
    for file in saved.values() {
        let file = file.as_str().expect("a path");
        let text = std::fs::read_to_string(Path::new(file)).expect("it was written");
        assert!(text.contains("engine   simulate, random walk, seed 2"), "{text}");
        let (code, _, stderr) = ghosthunt(&["replay", file]);
        assert_eq!(code, 0, "{file}: {stderr}");
    }
}
