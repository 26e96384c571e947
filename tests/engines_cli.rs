//! The engines as people use them: `ghosthunt engines`, and `ghosthunt replay --engine`.

#[path = "support/binary.rs"]
mod binary;

mod common;

use binary::ghosthunt;
use ghosthunt::engines::loom::{self, Refusal};
use ghosthunt::engines::shuttle;
use ghosthunt::machine::{Actor, Transition};
use ghosthunt::report::{Compared, Findings};
use ghosthunt::scenario::Named;
use ghosthunt::schedule;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The objects that the command prints, and its exit code.
fn objects(arguments: &[&str]) -> (i32, Vec<Value>) {
    let (code, stdout, stderr) = ghosthunt(&[arguments, &["--format", "json"]].concat());
    assert_eq!(stderr, "");
    let object = |line: &str| serde_json::from_str(line).expect("a line of JSON");
    (code, stdout.lines().map(object).collect())
}

#[test]
fn engines_agree_on_every_scenario_that_is_small_enough() {
    let (code, all) = objects(&["engines", "--runs", "150"]);
    assert_eq!(code, 0);
    let name = |object: &Value| format!("{}@{}", object["scenario"], object["kernel"]);
    let names: BTreeSet<String> = all.iter().map(name).collect();
    let kernels = |named: Named| named.parse().expect("it is right").kernel_names().len();
    assert_eq!(names.len(), all.len());
    assert_eq!(names.len(), Named::built_in().map(kernels).sum::<usize>(), "every check is listed");
    let mut complete = 0;
    for object in &all {
        assert_eq!(object["agree"], true, "{object}");
        let of = |engine: &str| &object["engines"][engine];
        if object["complete"] == false {
            assert!(of("loom")["not_run"].is_string(), "{object}");
            continue;
        }
        complete += 1;
        assert_eq!(of("shuttle")["runs"], of("loom")["runs"]);
        if !object["runs"].is_null() {
            assert_eq!(of("shuttle")["runs"], object["runs"]);
        }
        for engine in ["shuttle", "loom"] {
            for what in ["states", "outcomes", "violated", "reached"] {
                assert_eq!(of(engine)[what], of("search")[what], "{object}");
            }
        }
    }
    assert!(complete >= 40, "{complete} checks");
}

#[test]
fn the_table_says_what_was_not_run_and_why() {
    let small = ["engines", "nt/barrier@windows_10", "nt/mutual-suspension@wine_8"];
    let (code, stdout, stderr) = ghosthunt(&small);
    assert_eq!((code, stderr.as_str()), (0, ""));
    for line in
        ["nt/barrier\n  windows_10", " exited 1\n", " done 1, stuck", "2 checks on all three"]
    {
        assert!(stdout.contains(line), "{line}\n{stdout}");
    }
    let large = ["engines", "go/cgo-exit-1.14@wine_8", "go/cgo-exit-1.14-two", "--width", "140"];
    let (code, stdout, _) = ghosthunt(&large);
    assert_eq!(code, 21, "what was asked for was not done");
    for line in [
        "0 checks on all three engines",
        "1 check for the search alone (more than 10,000 runs):\n  go/cgo-exit-1.14 (wine_8)",
        "3 checks for the search alone (more than 20,000 states):",
    ] {
        assert!(stdout.contains(line), "{line}\n{stdout}");
    }
    let directory = tempfile::tempdir().expect("there is room for files");
    let path = |name: &str| directory.path().join(name).display().to_string();
    let write = |name: &str, text: &str| std::fs::write(path(name), text).expect("there is room");
    write("six.ghost", "var x: atomic 0..6 = 0\nproc add() { x += 1 }\neventually x == 6\n");
    let threads = ["a", "b", "c", "d", "e", "f"].map(|name| format!("{name} = \"add()\"\n"));
    write("six.toml", &format!("model = \"six\"\n[threads]\n{}", threads.concat()));
    let (code, stdout, _) = ghosthunt(&["engines", &path("six.toml")]);
    assert_eq!(code, 21);
    for line in [
        "720  ",
        " done 1 *",
        "1 check for the search and shuttle alone (more than loom's 5 threads):\n  six\n",
        "* has properties of runs that never end",
    ] {
        assert!(stdout.contains(line), "{line}\n{stdout}");
    }
    assert_eq!(ghosthunt(&["engines", "no/such"]).0, 2);
    assert_eq!(ghosthunt(&["engines", "--runs", "0"]).0, 2);
}

#[test]
fn engines_that_differ_do_not_agree() {
    let program = common::program();
    let findings = |runs, state: u64| Findings {
        states: state,
        runs,
        elapsed: Duration::ZERO,
        ends: [("ghost".to_string(), 2)].into(),
        violated: BTreeSet::new(),
        reached: BTreeSet::new(),
    };
    let compared = |shuttle: Findings, loom: Findings| Compared {
        program: &program,
        expected: Some(7),
        search: Ok(findings(None, 5)),
        shuttle: Ok(shuttle),
        loom: Ok(loom),
    };
    let right = || findings(Some(7), 5);
    assert!(compared(right(), right()).agree());
    assert!(!compared(findings(Some(6), 5), right()).agree(), "runs");
    assert!(!compared(right(), findings(Some(7), 4)).agree(), "states");
    let mut other = right();
    other.ends.insert("ghost".to_string(), 1);
    assert!(!compared(other, right()).agree(), "ends");
    let mut other = right();
    other.violated.insert("range".to_string());
    assert!(!compared(right(), other).agree(), "violations");
    let mut other = right();
    other.reached.insert("reach x".to_string());
    assert!(!compared(right(), other).agree(), "goals");
}

/// Saves the schedule of a check that shows this: the file's path, and its text.
fn saved(directory: &Path, check: &str, shows: &str) -> (String, String) {
    let path = directory.join("g.schedule").display().to_string();
    ghosthunt(&["check", check, "-q", "--show", shows, "--save", &path]);
    let text = std::fs::read_to_string(&path).expect("it was saved");
    (path, text)
}

#[test]
fn a_schedule_drives_each_engine() {
    let directory = tempfile::tempdir().expect("there is room for files");
    for (check, shows) in [
        ("engines/cgo-exit-1.14beta1@windows_10", "ghost"),
        ("nt/barrier@windows_2003", "never victim_in_user_mode"),
        ("go/cgo-exit-1.14beta1@wine_8", "ghost"),
        // Goes round a cycle, and rests in a state for ever.
        ("go/live-enter-1.14@windows_10", "eventually exited"),
        ("go/live-cgo-exit-1.14beta1@windows_10", "eventually exited"),
    ] {
        let (path, _) = saved(directory.path(), check, shows);
        for engine in ["search", "shuttle", "loom"] {
            let (code, stdout, stderr) = ghosthunt(&["replay", &path, "--engine", engine]);
            assert_eq!((code, stderr.as_str()), (0, ""), "{engine} {check}");
            assert!(stdout.contains(&format!("shows {shows}")), "{stdout}");
            let told = stdout.contains(&format!("{engine} has taken them too"));
            assert_eq!(told, engine != "search", "{stdout}");
            let (_, stdout, _) =
                ghosthunt(&["replay", &path, "--engine", engine, "--format", "json"]);
            let object: Value = serde_json::from_str(&stdout).expect("a line of JSON");
            assert_eq!(object["engine"], engine);
        }
    }
}

#[test]
fn a_schedule_that_does_not_fit_drives_no_engine_to_success() {
    let directory = tempfile::tempdir().expect("there is room for files");
    let (path, text) = saved(directory.path(), "engines/cgo-exit-1.14beta1@windows_10", "ghost");
    let lines: Vec<&str> = text.lines().collect();
    let without = |dropped: usize| {
        let kept = lines.iter().enumerate().filter(|(index, _)| *index != dropped);
        kept.map(|(_, line)| format!("{line}\n")).collect::<String>()
    };
    let header = lines.iter().position(|line| line.starts_with("shows")).expect("a header") + 1;
    let renumbered = |text: String| {
        let mut number = 0;
        let line = |line: &str| match line.trim_start().split_once(' ') {
            Some((first, rest)) if first.parse::<u32>().is_ok() => {
                number += 1;
                format!("{number} {rest}\n")
            }
            _ => format!("{line}\n"),
        };
        text.lines().map(line).collect::<String>()
    };
    for (mangled, said) in [
        (text.replace("shows    ghost", "shows    exited"), "the schedule does not show `exited`"),
        (without(lines.len() - 1), "leads to a state from which the run goes on"),
        (renumbered(without(header + 3)), "does not fit"),
    ] {
        std::fs::write(&path, mangled).expect("there is room for files");
        for engine in ["search", "shuttle", "loom"] {
            let (code, stdout, stderr) = ghosthunt(&["replay", &path, "--engine", engine]);
            assert_eq!((code, stdout.as_str()), (65, ""), "{engine}");
            assert!(stderr.contains(said), "{engine}: {stderr}");
        }
    }
}

/// The engines themselves, without the replay on our machine before them, stop where a step is not
/// enabled.
#[test]
fn an_engine_stops_at_a_step_that_it_cannot_take() {
    let program = Arc::new(common::program());
    let ghost = common::ghost();
    let both = |steps: &[Transition]| {
        let driven = loom::replay(&program, steps).expect("loom has threads enough");
        assert_eq!(driven, shuttle::replay(&program, steps));
        driven
    };
    assert_eq!(both(&ghost).trace, ghost);
    assert_eq!(schedule::shows(&program, &both(&ghost).trace, None, "ghost"), Ok(()));
    let early = both(&ghost[..2]);
    assert_eq!(early.trace.len(), 2);
    assert!(schedule::shows(&program, &early.trace, None, "ghost").is_err());
    let disabled = [ghost[0], common::deliver(), ghost[1]];
    assert_eq!(both(&disabled).trace, ghost[..1]);
    assert_eq!(both(&[]).trace, []);
    // Turns of a spin loop too, which no walk takes.
    let turns = [ghost[0], ghost[1], common::thread(0, 0), common::thread(0, 0), ghost[2]];
    assert_eq!(both(&turns).trace, turns);
}

#[test]
fn limit_loom_is_not_driven_by_six_threads() {
    let program = Arc::new(common::program());
    let steps: Vec<_> =
        (0..6).map(|index| Transition { actor: Actor::Thread(index % 2), branch: index }).collect();
    assert!(loom::replay(&program, &steps).is_ok(), "two threads, whatever they do");
    let text = "var x: atomic 0..6 = 0\nproc add() { x += 1 }\nreach six: x == 6\n";
    let directory = tempfile::tempdir().expect("there is room for files");
    let path = |name: &str| directory.path().join(name).display().to_string();
    std::fs::write(path("six.ghost"), text).expect("there is room for files");
    let threads = ["a", "b", "c", "d", "e", "f"].map(|name| format!("{name} = \"add()\"\n"));
    let cast = format!("model = \"six\"\n[threads]\n{}", threads.concat());
    std::fs::write(path("six.toml"), cast).expect("there is room for files");
    let (path, _) = saved(directory.path(), &path("six.toml"), "reach six");
    assert_eq!(ghosthunt(&["replay", &path, "--engine", "shuttle"]).0, 0);
    let (code, _, stderr) = ghosthunt(&["replay", &path, "--engine", "loom"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("six is not for loom: loom has 5 threads"), "{stderr}");
    let refused = Refusal::Threads { needed: vec!["a".to_string(); 6] };
    assert!(refused.to_string().contains("this cast needs 6"));
}
