//! The teaching pages: those that are committed are what ghosthunt writes; they stand alone; they
//! show what they say.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use ghosthunt::machine::Machine;
use ghosthunt::program::Program;
use ghosthunt::scenario::Named;
use ghosthunt::schedule::{Schedule, enabled};

/// A page is one file that opens at once.
const BYTES_MAX: usize = 1 << 20;

#[path = "support/drawing.rs"]
mod drawing;

use drawing::Drawing;

fn ghosthunt(arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_ghosthunt")).args(arguments).output();
    let output = output.expect("ghosthunt runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ghosthunt {arguments:?}: {errors}");
}

/// The JSON object that a command prints.
fn told(arguments: &[&str]) -> serde_json::Value {
    let output = Command::new(env!("CARGO_BIN_EXE_ghosthunt")).args(arguments).output();
    let output = output.expect("ghosthunt runs");
    assert!(output.status.success(), "ghosthunt {arguments:?}");
    serde_json::from_slice(&output.stdout).expect("one object")
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
    written_of(model, scenario, format, |_| None)
}

/// As [`written`], of the schedule that `make` makes of the compiled program, if any.
fn written_of(
    model: &str,
    scenario: &str,
    format: &str,
    make: impl FnOnce(&Program) -> Option<Schedule>,
) -> BTreeMap<String, String> {
    let directory = tempfile::tempdir().expect("there is room for files");
    let model_name = scenario.split("model = \"").nth(1).and_then(|rest| rest.split('"').next());
    let model_name = model_name.expect("the scenario names its model");
    fs::write(directory.path().join(format!("{model_name}.ghost")), model)
        .expect("there is room for files");
    let path = directory.path().join("cast.toml");
    fs::write(&path, scenario).expect("there is room for files");
    let out = directory.path().join("out").to_string_lossy().into_owned();
    let named = Named::read(&path).expect("it is there");
    let check = named.parse().expect("it is a scenario").compile(None, &[]).expect("it compiles");
    let path = path.to_string_lossy().into_owned();
    let mut arguments = vec!["report", &path, "--format", format, "--out", &out];
    let file = directory.path().join("own.schedule").to_string_lossy().into_owned();
    if let Some(schedule) = make(&check.program) {
        fs::write(&file, schedule.to_string()).expect("there is room for files");
        arguments.extend(["--schedule", &file]);
    }
    ghosthunt(&arguments);
    files(Path::new(&out))
}

/// The page of a built-in scenario.
fn page(scenario: &str, format: &str) -> BTreeMap<String, String> {
    let fresh = tempfile::tempdir().expect("there is room for files");
    ghosthunt(&["report", scenario, "--format", format, "--out", &fresh.path().to_string_lossy()]);
    files(fresh.path())
}

#[test]
fn committed_pages_are_what_ghosthunt_writes() {
    let reports = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports");
    let written = tempfile::tempdir().expect("there is room for files");
    // The index lists the findings that stand beside it.
    let findings = written.path().join("findings");
    fs::create_dir(&findings).expect("there is room for files");
    for (name, text) in files(&reports.join("findings")) {
        fs::write(findings.join(name), text).expect("there is room for files");
    }
    ghosthunt(&["report", "--all", "--out", &written.path().to_string_lossy()]);
    let fresh = files(written.path());
    for directory in ["", "course"] {
        let fresh = files(&written.path().join(directory));
        let committed = files(&reports.join(directory));
        let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&committed), names(&fresh), "run `ghosthunt report --all`");
        for (name, text) in &fresh {
            let same = committed[name] == *text;
            assert!(same, "reports/{directory}/{name} is stale: run `ghosthunt report --all`");
            assert!(text.len() < BYTES_MAX, "{name} has {} bytes", text.len());
        }
    }
    for (name, text) in files(&reports.join("findings")) {
        let title = text.lines().find_map(|line| line.strip_prefix("# ")).expect("a heading");
        let title = title.replace('_', "\\_");
        assert!(fresh["README.md"].contains(&format!("[{title}](findings/{name})")), "{name}");
        assert!(fresh["index.html"].contains(&format!("href=\"findings/{name}\"")), "{name}");
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
        let expected = fixed.compile(kernel, &[]).expect("its fix compiles").expectation;
        let bad = |outcome: &str| !["exited", "done"].contains(&outcome);
        let ends = expected.outcomes.iter().flatten().chain(&expected.outcome);
        let safe = expected.violates.is_empty() && ends.clone().all(|end| !bad(&end.value));
        assert!(safe, "{}: its fix is not safe", named.name);
    }
}

#[test]
fn the_fix_forbids_the_step_that_it_is_about() {
    let pages = page("go/cgo-exit-1.14beta1", "markdown");
    let page = &pages["go-cgo-exit-1.14beta1@windows_10.md"];
    assert!(page.contains("goes on with `while !cas(preemptExtLock[mp], 0, 1)`"), "{page}");
    assert!(page.contains("point of no return"), "{page}");
}

/// Threads that take turns: one run, and few states.
const TURNS: &str = include_str!("browser/turns.ghost");
const TURNS_CAST: &str = include_str!("browser/turns.toml");

#[test]
fn forty_steps_on_five_lifelines_are_forty_rows() {
    let pages = written(TURNS, TURNS_CAST, "markdown");
    let drawing = Drawing::read(&pages["cast.svg"]);
    assert_eq!(drawing.steps().len(), 40);
    assert_eq!(drawing.heads(), 5);
    drawing.is_readable();
}

/// One thread spins until the other lets it go.
const SPINS: &str = include_str!("browser/spins.ghost");
const SPINS_CAST: &str = include_str!("browser/spins.toml");

#[test]
fn a_thousand_turns_of_a_spin_loop_are_one_row() {
    let turns = |program: &Program| {
        let machine = Machine::new(program);
        let mut scratch = machine.scratch();
        let mut state = program.initial.clone();
        let mut trace = Vec::new();
        let mut take = |actor: &str| {
            let choices = enabled(&machine, &state);
            let (transition, _) = choices.iter().find(|(_, words)| words.actor == actor).unwrap();
            let mut after = state.clone();
            machine.step(&state, *transition, &mut after, &mut scratch);
            (state, _) = (after, trace.push(*transition));
        };
        (0..1000).for_each(|_| take("waiter"));
        ["other", "waiter", "waiter"].into_iter().for_each(take);
        Some(Schedule::of(program, &trace, &[], "step", "never over").expect("it was enabled"))
    };
    let pages = written_of(SPINS, SPINS_CAST, "markdown", turns);
    let drawing = Drawing::read(&pages["cast.svg"]);
    assert_eq!(drawing.steps(), [1, 1001, 1002, 1003]);
    assert_eq!(pages["cast.svg"].matches("× 1000 turns").count(), 1);
    drawing.is_readable();
    let row = pages["cast.md"].lines().filter(|line| line.contains("× 1000 turns"));
    assert_eq!(row.count(), 1, "{}", pages["cast.md"]);
    // The page is that of this schedule, not of a shortest one.
    assert!(pages["cast.md"].contains("A schedule to “never over”: 1,003 steps"));
    let page = &written_of(SPINS, SPINS_CAST, "html", turns)["cast.html"];
    assert!(page.contains("\"own\":true"), "{page}");
}

#[test]
fn a_cycle_is_a_band_with_its_steps_on_it() {
    let pages = page("go/live-enter-1.14", "markdown");
    let svg = &pages["go-live-enter-1.14@windows_10.svg"];
    let drawing = Drawing::read(svg);
    drawing.is_readable();
    let [band] = drawing.boxes("band")[..] else { panic!("one band: {svg}") };
    // Two steps lead into the cycle; the others are on the band.
    let steps = drawing.boxes("box");
    let outside = steps.iter().filter(|step| !band.holds(step));
    assert_eq!(outside.count(), 2);
    assert!(steps.len() > 20);
    assert!(svg.contains("from here, for ever") && svg.contains("and again from 3"), "{svg}");
    let text = &pages["go-live-enter-1.14@windows_10.md"];
    assert!(text.contains("**↻ and again from 3**"), "{text}");
    assert!(text.contains("Meanwhile, for ever:") && text.contains("never does"), "{text}");
    let page = &page("go/live-enter-1.14", "html")["go-live-enter-1.14@windows_10.html"];
    assert!(page.contains("\"endless\":true") && page.contains("\"cycle\":2"));
}

#[test]
fn a_graph_that_is_too_large_is_not_embedded_and_the_page_says_so() {
    let page = &page("bdwgc/exit-before", "html")["bdwgc-exit-before@windows_10.html"];
    assert!(page.contains("11,966 states, too many for a page to hold"), "{page}");
    assert!(page.contains("\"whole\":false"));
    // Danger and the point of no return are those of the whole graph.
    let told = told(&["danger", "bdwgc/exit-before@windows_10", "--format", "json"]);
    let data = page.split("id=\"data\">").nth(1).and_then(|rest| rest.split("</script>").next());
    let data: serde_json::Value = serde_json::from_str(data.expect("data")).expect("it is JSON");
    let cast = &data["casts"][0];
    let shows = cast["shows"].as_str().expect("it shows something");
    let probability = told["danger"][shows].as_f64().expect("its danger");
    let first = cast["danger"][0].as_f64().expect("thousandths");
    assert!((first - probability * 1000.0).abs() <= 0.5, "{first} and {probability}");
    let dangers = cast["danger"].as_array().expect("one a state");
    assert_eq!(dangers.len(), cast["path"].as_array().expect("a path").len());
    assert_eq!(dangers.last().and_then(serde_json::Value::as_f64), Some(1000.0));
    assert!(cast["no_return"].as_u64().is_some_and(|step| step > 0), "{cast}");
}

#[test]
fn a_small_graph_is_drawn_whole() {
    let name = "nt-close-handle@windows_10";
    let svg = &page("nt/close-handle", "markdown")[&format!("{name}-states.svg")];
    let drawing = Drawing::read(svg);
    drawing.is_readable();
    assert_eq!(svg.matches("<g class=\"node").count(), 27, "{svg}");
    assert!(svg.contains("✗ stuck"), "a bad end is named: {svg}");
    let page = &page("nt/close-handle", "html")[&format!("{name}.html")];
    assert!(page.contains("id=\"main-graph\""));
    // Its 206 states would be no picture any more.
    let page = &self::page("nt/suspend-against-exit", "html");
    assert!(!page["nt-suspend-against-exit@windows_10.html"].contains("id=\"main-graph\""));
}

#[test]
fn the_largest_pages_open_at_once() {
    // Of all built-in scenarios, those with the longest pages beside the gallery's.
    for scenario in ["nt/count-limit", "go/callback-1.14beta1", "patterns/10-watchdog"] {
        for (name, text) in page(scenario, "html") {
            assert!(text.len() < BYTES_MAX, "{name} has {} bytes", text.len());
        }
    }
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

/// A lasso that breaks a promise: half the time, by a choice that cannot be taken back.
const GIVES_UP: &str = "\
var x: atomic 0..3 = 0
proc chooses() { choose { x = 3 } or { loop { x = 2  x = 0 } } }
eventually x == 3
";

/// What a page says of a run that breaks a promise is what `ghosthunt danger` and `ghosthunt replay
/// --explain` say of it: at every step, in the player's data and in the table of steps.
#[test]
fn a_page_of_a_broken_promise_says_what_the_command_line_says() {
    let directory = tempfile::tempdir().expect("there is room for files");
    let at = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
    fs::write(at("model.ghost"), GIVES_UP).expect("there is room for files");
    let cast = "model = \"model\"\n[threads]\na = \"chooses()\"\n[expect]\noutcome = \"done\"\n\
                violates = [\"eventually x == 3\"]\n";
    fs::write(at("cast.toml"), cast).expect("there is room for files");
    let own = at("cast.toml");
    // Decided on the way, never decided, and never decided in a graph that no page holds.
    let enters = "go/live-enter-1.14@windows_10".to_string();
    let unfair = "go/live-cgo-1.14-unfair-sysmon@windows_10".to_string();
    for (scenario, whole, decided) in
        [(own, true, Some(1)), (enters, true, None), (unfair, false, None)]
    {
        let (schedule, out) = (at("run.schedule"), at("out"));
        fs::create_dir_all(&out).expect("there is room for files");
        ghosthunt(&["check", &scenario, "--quiet", "--save", &schedule]);
        let replayed = told(&["replay", &schedule, "--explain", "--format", "json"]);
        let danger = told(&["danger", &scenario, "--format", "json"]);
        for format in ["html", "markdown"] {
            let file = if format == "html" { "page.html" } else { "page.md" };
            let out = format!("{out}/{file}");
            ghosthunt(&[
                "report",
                &scenario,
                "--schedule",
                &schedule,
                "--format",
                format,
                "--out",
                &out,
            ]);
        }
        let pages = files(Path::new(&out));
        let page = &pages["page.html"];
        let data =
            page.split("id=\"data\">").nth(1).and_then(|rest| rest.split("</script>").next());
        let data: serde_json::Value = serde_json::from_str(data.expect("data")).expect("JSON");
        let shown = &data["casts"][0];
        assert_eq!((&shown["whole"], &shown["promise"]), (&whole.into(), &true.into()));

        let explained = &replayed["explained"];
        let prospects = explained["prospects"].as_array().expect("one a state");
        let path = shown["path"].as_array().expect("one a state");
        let said = shown["prospects"].as_array().expect("one a state");
        assert_eq!((path.len(), said.len()), (prospects.len(), prospects.len()), "{scenario}");
        for ((prospect, node), words) in prospects.iter().zip(path).zip(said) {
            let probability = prospect["danger"].as_f64().expect("a number");
            let permille = shown["danger"][node.as_u64().expect("a number") as usize].as_f64();
            let permille = permille.expect("a number");
            assert!((permille - probability * 1000.0).abs() <= 1.0, "{permille}, {probability}");
            let phrases = [
                ("enabled", "now possible"),
                ("disabled", "no longer possible"),
                ("lost", "no longer an outcome"),
            ];
            let expected = phrases.iter().filter_map(|(key, words)| {
                let names = prospect[key].as_array().expect("a list").iter();
                let names: Vec<_> = names.map(|name| name.as_str().expect("a name")).collect();
                (!names.is_empty()).then(|| format!("{words}: {}", names.join(", ")).into())
            });
            assert_eq!(*words, serde_json::Value::Array(expected.collect()), "{scenario}");
        }
        let no_return = prospects.iter().position(|prospect| prospect["no_return"] == true);
        assert_eq!(no_return, decided);
        assert_eq!(shown["no_return"].as_u64().map(|step| step as usize), decided);
        let passed = explained["passed_by"].as_array().map_or(0, Vec::len);
        assert_eq!(shown["passed_by"].as_array().map(Vec::len), Some(passed));
        assert_eq!(passed == 0, decided.is_some(), "what is not decided passes ways out by");
        let first = danger["danger"][shown["shows"].as_str().expect("its name")].as_f64();
        assert_eq!(first, prospects[0]["danger"].as_f64());

        let text = &pages["page.md"];
        let mut rows = 0;
        for line in text.lines().filter(|line| line.ends_with(" % |")) {
            let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            let step = cells[0].parse().unwrap_or(0_usize);
            let percent = 100.0 * prospects[step]["danger"].as_f64().expect("a number");
            let said = cells[cells.len() - 1].trim_end_matches(" %");
            let said: f64 = said.parse().expect("none of these is below 1 % or above 99 %");
            assert!((said - percent).abs() <= 0.5, "{line}: {percent}");
            rows += 1;
        }
        assert!(rows > 2, "{text}");
        assert_eq!(text.contains("point of no return"), decided.is_some(), "{text}");
        for page in [page, text] {
            assert_eq!(page.contains("passes these ways out"), decided.is_none());
        }
    }
}
