//! The teaching pages: those that are committed are what ghosthunt writes; they stand alone; they
//! show what they say.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use ghosthunt::scenario::Named;

/// A page is one file that opens at once.
const BYTES_MAX: usize = 1 << 20;

fn ghosthunt(arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_ghosthunt")).args(arguments).output();
    let output = output.expect("ghosthunt runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ghosthunt {arguments:?}: {errors}");
}

/// The files of a directory by name; what is below it is not generated.
fn files(directory: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(directory).expect("a directory of pages");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let read = |path: std::path::PathBuf| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).expect("a page is text"))
    };
    paths.filter(|path| path.is_file()).map(read).collect()
}

/// The pages of a scenario of one's own.
fn written(model: &str, scenario: &str, format: &str) -> BTreeMap<String, String> {
    let directory = tempfile::tempdir().expect("there is room for files");
    fs::write(directory.path().join("model.ghost"), model).expect("there is room for files");
    let path = directory.path().join("cast.toml");
    fs::write(&path, scenario).expect("there is room for files");
    let out = directory.path().join("out");
    let (path, out) = (path.to_string_lossy(), out.to_string_lossy());
    ghosthunt(&["report", &path, "--format", format, "--out", &out]);
    files(Path::new(&*out))
}

#[test]
fn committed_pages_are_what_ghosthunt_writes() {
    let written = tempfile::tempdir().expect("there is room for files");
    ghosthunt(&["report", "--all", "--out", &written.path().to_string_lossy()]);
    for directory in ["reports", "reports/course"] {
        let below = Path::new(directory).strip_prefix("reports").expect("all are below");
        let fresh = files(&written.path().join(below));
        let committed = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(directory));
        let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&committed), names(&fresh), "run `ghosthunt report --all`");
        for (name, text) in &fresh {
            let same = committed[name] == *text;
            assert!(same, "{directory}/{name} is stale: run `ghosthunt report --all`");
            assert!(text.len() < BYTES_MAX, "{name} has {} bytes", text.len());
        }
    }
}

#[test]
fn every_fix_that_a_scenario_names_is_there_and_is_safe() {
    for named in Named::built_in() {
        let scenario = named.parse().expect("it is built in");
        let Some(fixed) = scenario.find_fixed().expect("its fix is built in") else { continue };
        let fixed = fixed.parse().expect("it is built in");
        let cast = |s: &ghosthunt::scenario::Scenario| {
            s.threads.iter().map(|thread| thread.name.value.clone()).collect::<Vec<_>>()
        };
        assert_eq!(cast(&scenario), cast(&fixed), "{}: its fix has another cast", named.name);
        let kernel = scenario.kernel_names()[0];
        assert!(fixed.compile(kernel, &[]).is_ok(), "{}: its fix does not compile", named.name);
    }
}

#[test]
fn the_fix_forbids_the_step_that_it_is_about() {
    let fresh = tempfile::tempdir().expect("there is room for files");
    let out = fresh.path().to_string_lossy();
    ghosthunt(&["report", "go/cgo-exit-1.14beta1", "--format", "markdown", "--out", &out]);
    let page = &files(fresh.path())["go-cgo-exit-1.14beta1@windows_10.md"];
    assert!(page.contains("goes on with `while !cas(preemptExtLock[mp], 0, 1)`"), "{page}");
    assert!(page.contains("point of no return"), "{page}");
}

/// Threads that take turns: one run, and few states.
const TURNS: &str = "\
//! Each thread waits for its turn, works, and passes it on.
var turn: plain 0..5 = 0
var x: plain 0..1 = 0
proc takes_turn(me: 0..4) {
    await turn == me
    x = 1  x = 0  x = 1  x = 0  x = 1  x = 0
    turn = me + 1
}
never all_had_their_turn: turn == 5
";

#[test]
fn forty_steps_on_five_lifelines_are_forty_rows() {
    let threads: String =
        (0..5).map(|me| format!("thread_{me} = \"takes_turn({me})\"\n")).collect();
    let cast = format!(
        "model = \"model\"\n[threads]\n{threads}[expect]\nviolates = [\"never all_had_their_turn\"]\n"
    );
    let pages = written(TURNS, &cast, "markdown");
    let drawing = &pages["cast.svg"];
    assert_eq!(drawing.matches("<g class=\"step\"").count(), 40, "{drawing}");
    assert_eq!(drawing.matches("class=\"head\"").count(), 5, "{drawing}");
}

#[test]
fn text_of_a_model_is_no_markup() {
    let model = "\
//! </script><script>alert(1)</script> <b>bold</b>
var x: plain 0..1 = 0
proc sets() { x = 1 }
never one: x == 1
";
    let cast = "about = \"<img src=x> & | more\"\nmodel = \"model\"\n[threads]\na = \"sets()\"\n\
                [expect]\nviolates = [\"never one\"]\n";
    let page = &written(model, cast, "html")["cast.html"];
    for raw in ["<script>alert", "<b>bold", "<img src"] {
        assert!(!page.contains(raw), "{raw}");
    }
    assert_eq!(page.matches("</script>").count(), 2);
    let page = &written(model, cast, "markdown")["cast.md"];
    assert!(page.contains("\\<img src=x\\> & \\| more"), "{page}");
}

/// What a page says beside a state is what `ghosthunt danger` says of it: one law, with a `choose` whose
/// branches share the chance of the one actor that takes them, and one idea of unavoidable, which a
/// run that goes on for ever is not.
#[test]
fn a_page_and_the_command_line_speak_of_one_danger() {
    use ghosthunt::search::{Bottoms, Danger, Fate, Finding, Goal, Outlook, small_graph};
    let model = "\
var x: atomic 0..2 = 0
proc chooses() { choose { x = 1 } or { skip } or { loop { x = 2  x = 0 } } }
proc looks() { if x == 1 { await x == 2 } }
";
    let cast = "model = \"model\"\n[threads]\na = \"chooses()\"\nb = \"looks()\"\n[expect]\noutcome = \"stuck\"\n";
    let page = &written(model, cast, "html")["cast.html"];
    let data = page.split("id=\"data\">").nth(1).expect("the data").split("</script>").next();
    let data: serde_json::Value = serde_json::from_str(data.expect("the data")).expect("JSON");
    let shown = &data["casts"][0];

    let directory = tempfile::tempdir().expect("there is room for files");
    fs::write(directory.path().join("model.ghost"), model).expect("there is room for files");
    let path = directory.path().join("cast.toml");
    fs::write(&path, cast).expect("there is room for files");
    let scenario = Named::read(&path).expect("it was written").parse().expect("it is right");
    let program = scenario.compile(None, &[]).expect("it compiles").program;
    let graph = small_graph(&program, 1000).expect("it is small");
    let bottoms = Bottoms::of(&graph);
    let what = Finding::End { outcome: "stuck".to_string(), spinning: false };
    let goal = Goal::of(&graph, &bottoms, &what).expect("an end is in states");
    let danger = Danger::of(&graph, &bottoms, &goal, &[]);
    let outlook = Outlook::of(&graph, &bottoms, &goal);
    let mut seen = Vec::new();
    for (state, letter) in (0..graph.len() as u32).zip(shown["fates"].as_str().unwrap().chars()) {
        let expected = match outlook.fate(state) {
            Fate::Met => 'h',
            Fate::Certain => 'd',
            Fate::Open => 'o',
            Fate::Excluded => 'e',
        };
        assert_eq!(letter, expected, "state {state}");
        seen.push(letter);
        let permille = shown["danger"][state as usize].as_u64().expect("a number") as f64;
        let expected = danger.probability[state as usize] * 1000.0;
        assert!((permille - expected).abs() <= 1.0, "state {state}: {permille}, not {expected}");
    }
    assert!("hdoe".chars().all(|letter| seen.contains(&letter)), "{seen:?}");
}
