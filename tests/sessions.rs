//! Sessions with a protocol of one's own: check, save, replay, limits, Ctrl-C.

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const COUNTER: &str = "\
//! Two threads add one to a counter, without a lock.
var x: plain 0..4 = 0
proc add_one() {
    let seen = x
    x = seen + 1
}
never lost_update: x < number(t: finished(t))
reach both_ran: x == 2
";

const CAST: &str = "\
about = \"two threads increment without a lock\"
model = \"counter\"
[threads]
a = \"add_one()\"
b = \"add_one()\"
";

/// Too many states for a short search.
const BIG: &str = "\
option steps: 0..9 = 9
var x: plain 0..99 = 0
proc add() {
    let i: 0..9 = 0
    while i < steps { let t = x  x = t + 1  i += 1 }
}
outcome all fine when x >= 0
";

/// A directory with the counter, the scenario with this `[expect]`, and the big model.
fn session(expect: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("there is room for files");
    let big: String = ["a", "b", "c", "d", "e", "f"].map(|t| format!("{t} = \"add()\"\n")).concat();
    for (name, text) in [
        ("counter.ghost", COUNTER),
        ("counter.toml", &format!("{CAST}{expect}")),
        ("big.ghost", BIG),
        ("big.toml", &format!("model = \"big\"\n[threads]\n{big}")),
    ] {
        fs::write(directory.path().join(name), text).expect("there is room for files");
    }
    directory
}

const LOSES: &str = "[expect]\nviolates = [\"never lost_update\"]\n";

/// Runs, and returns the exit code, stdout and stderr.
fn run(directory: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ghosthunt"))
        .args(arguments)
        .current_dir(directory)
        .output()
        .expect("the binary runs");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("output is UTF-8");
    let code = output.status.code().expect("it ends by itself");
    (code, text(&output.stdout), text(&output.stderr))
}

fn json(directory: &Path, arguments: &[&str]) -> (i32, Value) {
    let (code, stdout, stderr) = run(directory, &[arguments, &["--format", "json"]].concat());
    (code, serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}\n{stderr}")))
}

#[test]
fn a_lost_update_is_found_drawn_and_expected() {
    let directory = session(LOSES);
    let (code, stdout, stderr) = run(directory.path(), &["check", "counter.toml"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let drawn = "
 #  a                      b                      changes
 1  add_one: let seen = x  │                      seen: 0
 2  │                      add_one: let seen = x  seen: 0
 3  │                      x = seen + 1           x: 0→1
    │                      finished
 4  x = seen + 1
    finished
";
    assert!(stdout.starts_with("counter: never lost_update, as expected\n"), "{stdout}");
    assert!(stdout.contains(drawn), "{stdout}");
    assert!(stdout.contains("Searched all 12 states: 14 transitions, depth 4"), "{stdout}");
}

#[test]
fn each_kind_of_surprise_has_its_exit_code() {
    for (expect, code, said) in [
        ("", 12, "`never lost_update` fails, and is not expected"),
        ("[expect]\noutcome = \"stuck\"\nviolates = [\"never lost_update\"]", 14, "`stuck` is"),
        ("[expect]\nviolates = [\"never lost_updat\"]", 65, "there is `never lost_update`"),
    ] {
        let directory = session(expect);
        let (found, stdout, stderr) = run(directory.path(), &["check", "counter"]);
        assert_eq!(found, code, "{expect}: {stdout}{stderr}");
        assert!(format!("{stdout}{stderr}").contains(said), "{expect}: {stdout}{stderr}");
    }
    let directory = session(LOSES);
    let path = directory.path().join("counter.ghost");
    let vacuous = COUNTER.replace("reach both_ran: x == 2", "reach both_ran: x == 3");
    fs::write(&path, vacuous).expect("it can be written");
    let (code, stdout, _) = run(directory.path(), &["check", "counter", "--witness"]);
    assert_eq!(code, 20);
    assert!(stdout.contains("`reach both_ran` is never witnessed"), "{stdout}");
    assert!(!stdout.contains("schedule to `reach both_ran`"), "{stdout}");
    let promising = format!("{COUNTER}\nafter x == 3: x == 4\nafter x == 1: done\n");
    fs::write(&path, promising).expect("it can be written");
    let (code, stdout, _) = run(directory.path(), &["check", "counter", "--witness"]);
    assert_eq!(code, 20);
    assert!(stdout.starts_with("counter: never lost_update, but vacuous\n"), "{stdout}");
    assert!(stdout.contains("what `after x == 3: x == 4` begins with never holds"), "{stdout}");
    assert!(!stdout.contains("what `after x == 1: done` begins with"), "{stdout}");
    assert!(stdout.contains("A shortest schedule to `reach both_ran`: 4 steps"), "{stdout}");
    // What a search that was stopped has not seen, it does not call vacuous.
    let (code, stdout, _) = run(directory.path(), &["check", "counter", "--max-states", "1"]);
    assert_eq!(code, 21);
    assert!(stdout.contains("`after x == 1: done` is not decided"), "{stdout}");
    let stuck = COUNTER.replace("let seen = x", "await x == 1\n let seen = x");
    fs::write(&path, stuck).expect("it can be written");
    let (code, stdout, _) = run(directory.path(), &["check", "counter"]);
    assert_eq!(code, 11);
    assert!(stdout.contains("a  waits at add_one:4, `await x == 1` (x is 0)"), "{stdout}");
}

#[test]
fn a_saved_schedule_replays_from_anywhere_beside_its_scenario() {
    let directory = session(LOSES);
    let (code, ..) = run(directory.path(), &["check", "counter", "--save", "lost.schedule"]);
    assert_eq!(code, 0);
    let path = directory.path().join("lost.schedule");
    let saved = fs::read_to_string(&path).expect("it was saved");
    let path = path.to_str().expect("it is UTF-8");
    let (code, stdout, _) = run(Path::new("/"), &["replay", path]);
    assert_eq!(code, 0);
    assert!(stdout.starts_with("counter: shows never lost_update, 4 steps"), "{stdout}");
    let (code, object) = json(Path::new("/"), &["replay", path]);
    assert_eq!((code, object["steps"][3]["place"].as_str()), (0, Some("add_one:5")));
    // The bytes do not depend on the directory, the path that the scenario was named by, or the run.
    let elsewhere = session(LOSES);
    let scenario = elsewhere.path().join("counter.toml");
    let scenario = scenario.to_str().expect("it is UTF-8");
    let again = elsewhere.path().join("again.schedule");
    let again_path = again.to_str().expect("it is UTF-8");
    run(Path::new("/"), &["check", scenario, "--save", again_path]);
    assert_eq!(fs::read_to_string(again).expect("it was saved"), saved);
}

#[test]
fn a_schedule_for_a_changed_model_is_refused() {
    let directory = session(LOSES);
    run(directory.path(), &["check", "counter", "--save", "lost.schedule"]);
    let changed = COUNTER.replace("0..4", "0..5");
    fs::write(directory.path().join("counter.ghost"), changed).expect("it can be written");
    let (code, stdout, stderr) = run(directory.path(), &["replay", "lost.schedule"]);
    assert_eq!((code, stdout.as_str()), (65, ""));
    assert!(stderr.contains("made for another program"), "{stderr}");
}

#[test]
fn a_directory_gets_every_schedule() {
    let directory = session(LOSES);
    let (code, object) = json(directory.path(), &["check", "counter", "--save", "all/"]);
    assert_eq!(code, 0);
    assert_eq!(object["schedule"]["file"], "all/counter-never-lost_update.schedule");
    for name in ["never-lost_update", "done", "reach-both_ran"] {
        let path = format!("all/counter-{name}.schedule");
        assert_eq!(run(directory.path(), &["replay", &path]).0, 0, "{path}");
    }
    let (_, stdout, _) = run(directory.path(), &["check", "counter", "--show", "done"]);
    assert!(stdout.contains("A shortest schedule to `done`: 4 steps"), "{stdout}");
    assert_eq!(run(directory.path(), &["check", "counter", "--show", "ghost"]).0, 2);
}

#[test]
fn a_file_that_cannot_be_written_costs_no_verdict() {
    let directory = session(LOSES);
    // No file system takes so long a name.
    let name = "lost.schedule".repeat(99);
    let (code, stdout, stderr) = run(directory.path(), &["check", "counter", "--save", &name]);
    assert_eq!(code, 74);
    assert!(stdout.starts_with("counter: never lost_update, as expected"), "{stdout}");
    assert!(stderr.contains(&name), "{stderr}");
}

#[test]
fn limits_end_in_incomplete_with_what_was_learned() {
    let directory = session("");
    for (limit, value, name) in [
        ("--max-states", "1000", "states"),
        ("--max-memory", "4M", "memory"),
        ("--max-time", "100ms", "time"),
    ] {
        let (code, object) = json(directory.path(), &["check", "big", limit, value]);
        assert_eq!(code, 21, "{limit}");
        assert_eq!(object["verdict"], "incomplete");
        assert_eq!(object["limit"], name);
        assert!(object["states"].as_u64() >= Some(1000), "{limit}");
    }
}

#[test]
fn options_and_kernels_are_set_from_outside() {
    let directory = session("");
    let few = json(directory.path(), &["check", "big", "--set", "steps=1"]);
    assert_eq!((few.0, &few.1["set"]["steps"]), (0, &Value::from("1")));
    for (arguments, near) in [
        (["--set", "step=1"], "there is `steps`"),
        (["--set", "steps=10"], "the command line:1:13"),
        (["--kernel", "windows_10"], "there is no preset"),
    ] {
        let (code, _, stderr) =
            run(directory.path(), &[&["check", "big"], &arguments[..]].concat());
        assert_eq!(code, 2, "{arguments:?}");
        assert!(stderr.contains(near), "{arguments:?}: {stderr}");
    }
}

#[test]
fn quiet_says_only_what_is_not_as_expected() {
    let directory = session(LOSES);
    assert_eq!(run(directory.path(), &["check", "-q", "counter"]).1, "");
    let directory = session("");
    assert!(!run(directory.path(), &["check", "-q", "counter"]).1.is_empty());
}

#[test]
fn coverage_lists_what_never_ran() {
    let directory = session("");
    let arguments = ["check", "big", "--set", "steps=0", "--coverage"];
    let (_, stdout, _) = run(directory.path(), &arguments);
    assert!(stdout.contains("Never run in big.ghost\n  5 add: let t = x"), "{stdout}");
}

#[test]
fn output_fits_the_width_that_is_asked_for() {
    let directory = session(LOSES);
    for width in [40, 60, 80, 100] {
        let width_text = width.to_string();
        let (_, stdout, _) = run(directory.path(), &["check", "counter", "--width", &width_text]);
        assert!(stdout.lines().all(|line| line.chars().count() <= width), "{stdout}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_in_what_was_learned() {
    let directory = session("");
    let child = Command::new(env!("CARGO_BIN_EXE_ghosthunt"))
        .args(["check", "big", "--format", "json"])
        .current_dir(directory.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    std::thread::sleep(Duration::from_secs(1));
    let pid = child.id().to_string();
    let killed = Command::new("kill").args(["-INT", &pid]).status().expect("there is a kill");
    assert!(killed.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    let object: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(
        (&object["verdict"], &object["limit"]),
        (&Value::from("incomplete"), &Value::from("interrupt"),)
    );
}

/// A schedule of a thousand steps is drawn by its ends, and saved whole.
#[test]
fn a_long_schedule_is_drawn_without_its_middle() {
    let directory = tempfile::tempdir().expect("there is room for files");
    let model = "var x: atomic 0..1000 = 0 proc f() { loop { x += 1 } }";
    fs::write(directory.path().join("long.ghost"), model).expect("there is room for files");
    let cast = "model = \"long\"\n[threads]\na = \"f()\"\n[expect]\nviolates = [\"range\"]\n";
    fs::write(directory.path().join("long.toml"), cast).expect("there is room for files");
    let output = Command::new(env!("CARGO_BIN_EXE_ghosthunt"))
        .current_dir(directory.path())
        .args(["check", "long.toml", "--save", "long.schedule"])
        .output()
        .expect("ghosthunt runs");
    let drawn = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(0), "{drawn}");
    assert!(drawn.contains("… 601 rows left out"), "{drawn}");
    assert!(drawn.contains("1001  x += 1 — fails") && drawn.lines().count() < 450, "{drawn}");
    let saved = fs::read_to_string(directory.path().join("long.schedule")).expect("saved");
    assert!(saved.lines().count() > 1001);
}

/// All but the first step of a schedule with a step and two switches too many.
const ROUNDABOUT: &str = "\
2  b  add_one:4  let seen = x
3  a  wastes:8   step wasted
4  a  add_one:4  let seen = x
5  b  add_one:5  x = seen + 1
6  a  add_one:5  x = seen + 1
";

#[test]
fn a_schedule_is_made_minimal_and_explained() {
    let directory = session(LOSES);
    let at = |name: &str| directory.path().join(name);
    let wasteful = COUNTER.replace(
        "never",
        "proc wastes() {\n    choose { step wasted } or { skip }\n    add_one()\n}\nnever",
    );
    fs::write(at("counter.ghost"), wasteful).expect("there is room");
    let cast = format!("{CAST}{LOSES}").replace("a = \"add_one()\"", "a = \"wastes()\"");
    fs::write(at("counter.toml"), cast).expect("there is room");
    let (code, _, stderr) =
        run(directory.path(), &["check", "counter", "--save", "short", "--quiet"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let short = fs::read_to_string(at("short")).expect("it was saved");
    let header: String = short.lines().take(5).map(|line| format!("{line}\n")).collect();
    let long = format!("{header}1  a  wastes:8  choose, branch 1 of 2\n{ROUNDABOUT}");
    fs::write(at("long"), long).expect("there is room");
    let (code, stdout, stderr) = run(directory.path(), &["minimise", "long", "--save", "minimal"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("6 steps, 4 switches made 5 steps, 2 switches"), "{stdout}");
    assert!(stdout.contains("none is shorter"), "{stdout}");
    let (code, stdout, _) = run(directory.path(), &["minimise", "long", "--max-states", "3"]);
    assert!(code == 0 && stdout.contains("not proved to be shortest"), "{stdout}");
    let (code, stdout, _) = run(directory.path(), &["replay", "minimal", "--explain"]);
    assert_eq!(code, 0);
    for part in ["at the start", "from here on it cannot be avoided", "compares schedules"] {
        assert!(stdout.contains(part), "{part}\n{stdout}");
    }
    let json = ["replay", "minimal", "--explain", "--rate", "a=1000", "--format", "json"];
    let (_, rated, _) = run(directory.path(), &json);
    let (_, plain, _) =
        run(directory.path(), &["replay", "minimal", "--explain", "--format", "json"]);
    let start = |text: &str| {
        let object: Value = serde_json::from_str(text).expect("it is JSON");
        object["explained"]["prospects"][0]["danger"].as_f64().expect("a number")
    };
    assert!(start(&rated) < start(&plain) / 10.0, "{rated}\n{plain}");
}

#[test]
fn danger_is_told_for_every_end_and_violation() {
    let directory = session(LOSES);
    let (code, stdout, _) = run(directory.path(), &["danger", "counter"]);
    assert_eq!(code, 0);
    for part in ["100%  done", "50.00%  never lost_update", "0%  for ever without an end"] {
        assert!(stdout.contains(part), "{part}\n{stdout}");
    }
    let (code, _, stderr) = run(directory.path(), &["danger", "counter", "--rate", "c=2"]);
    assert!(code == 2 && stderr.contains("no thread or action `c`"), "{stderr}");
    let (code, _, stderr) = run(directory.path(), &["danger", "counter", "--rate", "a=0"]);
    assert!(code == 2 && stderr.contains("above 0"), "{stderr}");
    let (code, _, stderr) = run(directory.path(), &["danger", "big", "--max-states", "9"]);
    assert!(code == 21 && stderr.contains("cannot be searched whole"), "{stderr}");
    let json = ["danger", "counter", "--rate", "a=1000", "--format", "json"];
    let (_, stdout, _) = run(directory.path(), &json);
    let object: Value = serde_json::from_str(&stdout).expect("it is JSON");
    let lost = object["danger"]["never lost_update"].as_f64().expect("a number");
    assert!(lost < 0.01 && object["schema"] == "ghosthunt.danger/1", "{stdout}");
}

#[test]
fn witnesses_are_drawn_when_asked_for() {
    let directory = session(LOSES);
    let (_, without, _) = run(directory.path(), &["check", "counter"]);
    let (code, with, _) = run(directory.path(), &["check", "counter", "--witness"]);
    assert!(code == 0 && !without.contains("`reach both_ran"), "{without}");
    assert!(with.contains("A shortest schedule to `reach both_ran`: 4 steps, 1 switch"), "{with}");
}

#[test]
fn a_broken_promise_is_told_with_its_cycle_and_exit_code() {
    let directory = session("");
    let waits = "var flag: atomic bool = false\nproc waits() { while !flag { yield } }\nproc sets() { flag = true }\neventually flag\n";
    fs::write(directory.path().join("counter.ghost"), waits).expect("there is room");
    let cast = "model = \"counter\"\n[threads]\na = \"waits()\"\nb = \"unfair sets()\"\n";
    fs::write(directory.path().join("counter.toml"), cast).expect("there is room");
    let arguments = ["check", "counter", "--save", "lasso"];
    let (code, stdout, _) = run(directory.path(), &arguments);
    assert_eq!(code, 13, "{stdout}");
    for part in [
        "0 steps, then 1 step for ever",
        "↻ from here, for ever",
        "↻ and again from 1",
        "makes no progress: spins at waits:2, `while !flag` (flag is false); waits for b",
        "could go on at sets:3, `flag = true` all the time, and never does",
        "would hold with weak fairness of b",
    ] {
        assert!(
            stdout.split_whitespace().collect::<Vec<_>>().join(" ").contains(part),
            "{part}\n{stdout}"
        );
    }
    let (code, stdout, _) = run(directory.path(), &["replay", "lasso"]);
    assert!(code == 0 && stdout.contains("and its cycle closes"), "{stdout}");
    let (_, stdout, _) = run(directory.path(), &["check", "counter", "--format", "json"]);
    let object: Value = serde_json::from_str(&stdout).expect("it is JSON");
    assert_eq!(object["violation"]["kind"], "liveness");
    assert_eq!(object["violation"]["cycle_from"], 0);
    assert_eq!(object["liveness"][0]["turns_on"][0], "weak fairness of b");
    // Without its graph the property is not decided, and nothing is called safe.
    let (code, stdout, _) =
        run(directory.path(), &["check", "counter", "--format", "json", "--max-memory", "1"]);
    assert!(code == 21 && stdout.contains("\"incomplete\""), "{stdout}");
}

/// A lock that is taken and given back for ever, a thread that wants it once, and one that may go astray.
const LOCK: &str = "\
var l: atomic 0..1 = 0
var got: atomic bool = false
proc holds() { loop { await l == 0  if cas(l, 0, 1) { step work  l = 0 } } }
proc wants() { while !cas(l, 0, 1) { yield }  got = true  l = 0 }
proc strays() { choose { loop { step one  step two } } or { got = true } }
eventually got
";

fn lock(threads: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("there is room for files");
    let cast = format!(
        "model = \"lock\"\n[threads]\n{threads}\n[expect]\nviolates = [\"eventually got\"]\n"
    );
    fs::write(directory.path().join("lock.ghost"), LOCK).expect("there is room for files");
    fs::write(directory.path().join("lock.toml"), cast).expect("there is room for files");
    directory
}

#[test]
fn what_only_passes_a_way_out_has_no_danger_and_is_told_so() {
    let directory = lock("a = \"wants()\"\nb = \"holds()\"");
    let arguments = ["check", "lock.toml", "--danger", "--save", "run.schedule"];
    let (code, stdout, _) = run(directory.path(), &arguments);
    assert_eq!(code, 0, "{stdout}");
    assert!(stdout.contains("Danger of `eventually got`: 0% at every step"), "{stdout}");
    let arguments = ["replay", "run.schedule", "--explain"];
    let (code, stdout, _) = run(directory.path(), &arguments);
    assert_eq!(code, 0, "{stdout}");
    assert!(stdout.contains("It can be avoided to the end"), "{stdout}");
    assert!(!stdout.contains("cannot be avoided"), "{stdout}");
    let (_, explained) = json(directory.path(), &arguments);
    let passed = &explained["explained"]["passed_by"][0];
    assert_eq!(passed["actor"], "a", "{explained}");
    assert_eq!(passed["label"], "while !cas(l, 0, 1)", "{explained}");
}

#[test]
fn where_a_promise_is_broken_for_good_is_a_point_of_no_return() {
    let directory = lock("a = \"strays()\"");
    let arguments = ["check", "lock.toml", "--save", "run.schedule"];
    assert_eq!(run(directory.path(), &arguments).0, 0);
    let arguments = ["replay", "run.schedule", "--explain"];
    let (code, stdout, _) = run(directory.path(), &arguments);
    assert_eq!(code, 0, "{stdout}");
    assert!(stdout.contains("from here on it cannot be avoided"), "{stdout}");
    let (_, explained) = json(directory.path(), &arguments);
    let explained = &explained["explained"];
    assert_eq!(explained["prospects"][0]["danger"], 0.5);
    assert_eq!(explained["prospects"][1]["danger"], 1.0);
    assert_eq!(explained["prospects"][1]["no_return"], true);
    assert!(explained["passed_by"].is_null(), "{explained}");
}

#[test]
fn check_and_danger_tell_the_same() {
    let directory = session(LOSES);
    for rates in [&[][..], &["--rate", "a=3"]] {
        let check = [&["check", "counter.toml", "--danger"], rates].concat();
        let (code, checked) = json(directory.path(), &check);
        assert_eq!(code, 0);
        let (_, told) = json(directory.path(), &[&["danger", "counter.toml"], rates].concat());
        for key in ["rates", "danger", "endless", "residual", "schedules"] {
            assert_eq!(checked["danger"][key], told[key], "{key}");
        }
        let steps = checked["schedule"]["steps"].as_u64().expect("a number") as usize;
        let along = told["schedules"][0]["danger"].as_array().expect("one a step");
        assert_eq!((along.len(), &along[steps]), (steps + 1, &Value::from(1.0)));
        let (_, stdout, _) = run(directory.path(), &check);
        assert!(stdout.contains("Danger of `never lost_update`, step by step"), "{stdout}");
    }
    for (arguments, said) in [
        (&["--rate", "a=3"][..], "--danger"),
        (&["--danger", "--rate", "z=3"], "no thread or action `z`"),
        (&["--danger", "--engine", "shuttle"], "--engine search"),
    ] {
        let (code, _, stderr) =
            run(directory.path(), &[&["check", "counter.toml"], arguments].concat());
        assert_eq!(code, 2);
        assert!(stderr.contains(said), "{stderr}");
    }
    let limited = ["check", "counter.toml", "--danger", "--max-states", "3"];
    let (code, _, stderr) = run(directory.path(), &limited);
    assert_eq!(code, 21);
    assert!(stderr.contains("cannot be searched whole"), "{stderr}");
}
