//! The course: every exercise rejects what is handed out and typical mistakes, and accepts a solution;
//! nothing that is handed in may cheat; the files are handed out whole or not at all.

use ghosthunt::course::{self, Given, Judged, Lab};
use ghosthunt::machine::Machine;
use ghosthunt::schedule::{Schedule, enabled, end_at};
use ghosthunt::search::Limits;
use std::collections::{HashSet, VecDeque};
use std::fs;
use std::path::Path;
use std::process::Command;

#[path = "course/attempts.rs"]
mod attempts;

const SOLVED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/course/solved");
const WRONG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/course/wrong");

/// Runs ghosthunt there, and returns its exit code and all it says.
fn ghosthunt(arguments: &[&str], directory: &Path) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ghosthunt"))
        .args(arguments)
        .current_dir(directory)
        .output()
        .expect("the binary runs");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).expect("output is UTF-8");
    (output.status.code().expect("it ends by itself"), said)
}

fn names(directory: &str) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory of the tests");
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry.expect("an entry").file_name().into_string().expect("a name in UTF-8")
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

/// Hands in one text for an exercise, and returns the exit code and what is said.
fn hand_in(file: &str, text: &str) -> (i32, String) {
    let directory = tempfile::tempdir().expect("there is room for files");
    fs::write(directory.path().join(file), text).expect("there is room for files");
    ghosthunt(&["course", "check", file, "--width", "200"], directory.path())
}

fn solved(file: &str) -> String {
    fs::read_to_string(Path::new(SOLVED).join(file)).expect("a solution")
}

/// A shortest schedule to a ghost of chapter 3 in which GetThreadContext has answered.
fn ghost_that_did_everything_right() -> String {
    let named = ghosthunt::scenario::Named::find("nt/suspend-against-exit").expect("built in");
    let scenario = named.parse().expect("it is built in");
    let check = scenario.compile(Some("windows_10"), &[]).expect("it is built in");
    let program = &check.program;
    let machine = Machine::new(program);
    let mut scratch = machine.scratch();
    let initial: Box<[u64]> = program.initial.clone().into();
    let mut seen = HashSet::from([(initial.clone(), false)]);
    let mut queue = VecDeque::from([(initial, false, Vec::new())]);
    while let Some((state, answered, trace)) = queue.pop_front() {
        if answered && end_at(program, &state).is_some_and(|end| end.outcome == "ghost") {
            let schedule = Schedule::of(program, &trace, &[], "step", "ghost");
            return schedule.expect("it can be run").to_string();
        }
        for (transition, words) in enabled(&machine, &state) {
            let answers = words.actor == "suspender" && words.place.starts_with("await_answer:");
            let mut after = state.clone();
            machine.step(&state, transition, &mut after, &mut scratch);
            if seen.insert((after.clone(), answered || answers)) {
                let trace = [&trace[..], &[transition]].concat();
                queue.push_back((after, answered || answers, trace));
            }
        }
    }
    panic!("there is no such ghost");
}

/// The schedule that takes these steps: who, and a part of what the step is called.
fn schedule_of(scenario: &str, steps: &[(&str, &str)]) -> String {
    let named = ghosthunt::scenario::Named::find(scenario).expect("built in");
    let scenario = named.parse().expect("it is built in");
    let check = scenario.compile(scenario.kernel_names()[0], &[]).expect("it is built in");
    let machine = Machine::new(&check.program);
    let mut scratch = machine.scratch();
    let mut state: Box<[u64]> = check.program.initial.clone().into();
    let mut trace = Vec::new();
    for (actor, part) in steps {
        let mut choices = enabled(&machine, &state).into_iter();
        let (transition, _) = choices
            .find(|(_, words)| words.actor == *actor && words.to_string().contains(part))
            .unwrap_or_else(|| panic!("{actor} cannot step to {part}"));
        let mut after = state.clone();
        machine.step(&state, transition, &mut after, &mut scratch);
        state = after;
        trace.push(transition);
    }
    let schedule = Schedule::of(&check.program, &trace, &[], "step", "unfinished");
    schedule.expect("it can be run").to_string()
}

/// Writes the schedules that solve their exercises.
fn find_schedules(directory: &Path) {
    let late = "never user_code_while_claimed";
    for (check, shows, file) in [
        ("nt/suspend-is-asynchronous@wine_8", late, "1.1-late.schedule"),
        ("go/extra-m-1.27.3@windows_10", "ghost", "6.2-rare.schedule"),
        ("course/flags-buffered", "never both_inside", "8.2-late-store.schedule"),
    ] {
        let (code, said) = ghosthunt(&["check", check, "--show", shows, "--save", file], directory);
        assert_eq!(code, 0, "{said}");
    }
    // As `step` saves it: what it shows is for the judge to see.
    let ghost = ghost_that_did_everything_right().replace("shows    ghost", "shows    unfinished");
    fs::write(directory.join("3.1-ghost.schedule"), ghost).expect("there is room for files");
}

#[test]
fn what_is_handed_out_is_not_solved_and_solutions_are() {
    let directory = tempfile::tempdir().expect("there is room for files");
    let (code, said) = ghosthunt(&["course", "start", "mine"], directory.path());
    assert_eq!(code, 0, "{said}");
    let mine = directory.path().join("mine");
    for page in ["pages/index.html", "pages/course/index.html", "pages/course/README.md"] {
        assert!(mine.join(page).is_file(), "{page}");
    }
    let (code, said) = ghosthunt(&["course", "check", "mine"], directory.path());
    assert_eq!(code, 14, "{said}");
    assert!(said.contains("\n0 of 19 solved\n"), "{said}");
    // As it was handed out, each by itself: the search says what is wrong.
    for file in names(&mine.to_string_lossy()) {
        if file.ends_with(".ghost") || file.ends_with(".txt") {
            let (code, said) = ghosthunt(&["course", "check", &file], &mine);
            assert!([11, 12, 13, 14].contains(&code), "{file}: {code}\n{said}");
            assert!(said.contains("not yet: "), "{said}");
        }
        if file.ends_with(".toml") {
            let (code, said) = ghosthunt(&["check", &file, "--quiet"], &mine);
            // That cast is there for a mistake that the handout does not make.
            let fails = file != "9.1-profiler-waits.toml";
            assert_eq!([11, 12, 13].contains(&code), fails, "{file}: {said}");
        }
    }

    for file in names(SOLVED) {
        fs::write(mine.join(&file), solved(&file)).expect("there is room for files");
    }
    find_schedules(&mine);
    let (code, said) = ghosthunt(&["course", "check", "mine"], directory.path());
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("\n19 of 19 solved\n"), "{said}");
    let (code, said) = ghosthunt(&["course"], &mine);
    assert_eq!(code, 0, "{said}");
    assert_eq!(said.matches(": solved\n").count(), 19, "{said}");
}

#[test]
fn every_exercise_with_a_hole_rejects_typical_mistakes() {
    // The mistake, the exit code, and what is said of it.
    let mistakes = [
        ("1.2-wait+vacuous", 12, "`never nothing_was_read` fails"),
        ("1.2-wait+no-use", 12, "`never moved_while_read` fails"),
        ("1.2-wait+elsewhere", 65, "`works` is not yours to change"),
        ("1.2-wait+kernel", 65, "`stopped` is the kernel's own"),
        ("1.2-wait+head", 65, "`samples` has another head"),
        ("2.1-flush+no-lock", 12, "`never half_an_entry` fails"),
        ("2.1-flush+pretends", 65, "`flushed` is what you are judged by"),
        ("2.1-flush+vacuous", 12, "`never left_unflushed` fails"),
        ("4.1-hold+late", 11, "still leaves a ghost"),
        ("4.1-hold+held-for-ever", 11, "can hang (`stuck`)"),
        ("4.1-hold+kills", 65, "`TerminateThread` is the kernel's own"),
        ("4.1-hold+vacuous", 20, "nothing useful happens"),
        ("4.2-foreign+until-resumed", 11, "still leaves a ghost"),
        ("4.2-foreign+one-step", 65, "there is no `atomic` in user code"),
        ("5.1-exclude+never-leaves", 12, "`never passed_over_in_go` fails"),
        ("5.1-exclude+waits-for-c", 11, "can hang (`stuck`)"),
        ("5.1-exclude+flag", 12, "`never suspended_in_c` fails"),
        ("5.1-exclude+vacuous", 12, "`never passed_over_in_go` fails"),
        ("8.1-fence+own-flags", 65, "this cannot be declared here"),
        ("7.2-starve+promise", 65, "there is no `strong` in user code"),
        ("7.2-starve+polite", 12, "`never both_inside` fails"),
        ("8.1-fence+before", 12, "`never both_inside` fails"),
        ("8.1-fence+vacuous", 20, "nothing useful happens"),
        ("8.1-fence+looks-into-the-buffer", 65, "`buffer` is the kernel's own"),
        ("9.1-profiler+suspend-lock-only", 11, "still leaves a ghost"),
        ("9.1-profiler+no-samples", 20, "nothing useful happens"),
        ("9.2-prove+own-lock", 11, "still leaves a ghost"),
        ("9.2-prove+vacuous", 20, "nothing useful happens"),
        ("9.2-prove+never-exits", 12, "`never main_gives_up` fails"),
        ("9.2-prove+hook", 65, "this cannot be declared here"),
    ];
    let known: Vec<String> = mistakes.iter().map(|(name, ..)| format!("{name}.ghost")).collect();
    let mut sorted = known.clone();
    sorted.sort();
    assert_eq!(sorted, names(WRONG));
    for (file, (name, code, words)) in known.iter().zip(mistakes) {
        let text = fs::read_to_string(Path::new(WRONG).join(file)).expect("a mistake");
        let exercise = name.split('+').next().expect("the exercise stands first");
        let (found, said) = hand_in(&format!("{exercise}.ghost"), &text);
        assert_eq!(found, code, "{name}: {said}");
        assert!(said.contains(words), "{name}: {said}");
    }
    let with_holes = names(SOLVED).into_iter().filter(|name| name.ends_with(".ghost"));
    for file in with_holes {
        let stem = file.trim_end_matches(".ghost");
        assert!(mistakes.iter().any(|(name, ..)| name.starts_with(stem)), "{file}");
    }
}

#[test]
fn students_are_judged_by_what_they_write() {
    for attempt in attempts::ATTEMPTS {
        let file = format!("{}.ghost", attempt.exercise);
        let handouts = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/course/exercises");
        let handout = fs::read_to_string(handouts.join(&file)).expect("a handout");
        let (code, said) = hand_in(&file, &attempt.text(&handout));
        let name = format!("{} {}", attempt.exercise, attempt.what);
        assert_eq!(code, attempt.code, "{name}: {said}");
        assert!(said.contains(attempt.said), "{name}: {said}");
        assert!(code == 0 || code == 65 || said.contains("course hint"), "{name}: {said}");
    }
}

#[test]
fn a_solution_that_is_not_searched_whole_is_none() {
    let limits = Limits { states: Some(50), ..Limits::default() };
    let lab = Lab::new(limits, &|| true, &|_, _| None);
    let exercise = course::exercises().find(|exercise| exercise.number() == "4.1");
    let file = "4.1-hold.ghost".to_string();
    let given = Given { text: solved(&file), file };
    match course::judge(exercise.expect("there is one"), &given, &lab) {
        Judged::Wrong(wrong) => assert!(wrong.words.contains("has more than 50 states")),
        judged => panic!("{judged:?}"),
    }
}

#[test]
fn a_protocol_with_a_ghost_is_told_by_a_schedule() {
    let text = fs::read_to_string(Path::new(WRONG).join("4.1-hold+late.ghost")).expect("a mistake");
    let (_, said) = hand_in("4.1-hold.ghost", &text);
    assert!(said.contains("A shortest schedule to `ghost`"), "{said}");
    assert!(said.contains("deliver(main)"), "{said}");
}

#[test]
fn answers_are_compared_with_the_search() {
    for (file, text, code) in [
        ("1.3-stopped.txt", "# a comment\n 3 \n", 0),
        ("1.3-stopped.txt", "4\n", 14),
        ("1.3-stopped.txt", "# only a comment\n", 14),
        ("1.3-stopped.txt", "three or so\n", 65),
        ("1.3-stopped.txt", "3 # by --witness\n", 0),
        ("1.3-stopped.txt", "\u{feff}`3`.\n", 0),
        ("1.3-stopped.txt", "2\n3\n", 65),
        ("6.1-runs.txt", "1,4\n", 65),
        ("2.2-beside.txt", "windows 2003\n", 0),
        ("2.2-beside.txt", "windows_2003 wine_8\n", 14),
        ("2.2-beside.txt", "Windows_2003\n", 0),
        ("2.2-beside.txt", "wine_8\n", 14),
        ("3.2-no-return.txt", "9\n", 14),
        ("5.2-needed.txt", "7\n", 14),
        ("6.1-runs.txt", "13\n", 14),
    ] {
        let (found, said) = hand_in(file, text);
        assert_eq!(found, code, "{file} {text:?}: {said}");
    }
}

#[test]
fn properties_must_hold_here_and_fail_there() {
    for (line, code, words) in [
        ("after exit_begun: exited", 0, "solved"),
        ("eventually exited", 0, "solved"),
        ("never ghost: ghost", 14, "to begin with `after`"),
        ("after exit_begun: exit_begun", 14, "holds in go/live-cgo-exit-1.14beta1"),
        ("after exit_begun: !exit_begun", 13, "fails in go/live-cgo-exit-1.14@"),
        ("after exit_begun: !ghost", 14, "holds in go/detach-calls-go-exit-1.14@windows_10"),
        ("after exit_begun: exited\neventually exited", 65, "in the lines above already"),
        ("after ghost: exited", 20, "never holds in go/live-cgo-exit-1.14@"),
        ("after exit_begun: exitted", 65, "7.1-promise.txt:1:19"),
    ] {
        let (found, said) = hand_in("7.1-promise.txt", line);
        assert_eq!(found, code, "{line}: {said}");
        assert!(said.contains(words), "{line}: {said}");
    }
}

#[test]
fn schedules_must_go_the_way_they_should() {
    let directory = tempfile::tempdir().expect("there is room for files");
    let save = |check: &str, shows: &str, file: &str| {
        let arguments = ["check", check, "--show", shows, "--save", file];
        assert_eq!(ghosthunt(&arguments, directory.path()).0, 0);
    };
    let told =
        |file: &str| ghosthunt(&["course", "check", file, "--width", "200"], directory.path());
    // A ghost, but not the one that is asked for.
    save("nt/suspend-against-exit@windows_10", "ghost", "3.1-ghost.schedule");
    let (code, said) = told("3.1-ghost.schedule");
    assert!(code == 14 && said.contains("no step in `await_answer`"), "{said}");
    // Another end, another scenario, other options, and no schedule at all.
    save("nt/suspend-against-exit@windows_10", "exited", "3.1-ghost.schedule");
    let (code, said) = told("3.1-ghost.schedule");
    assert!(code == 65 && said.contains("does not show `ghost`"), "{said}");
    save("patterns/01-nothing@windows_10", "ghost", "6.2-rare.schedule");
    let (code, said) = told("6.2-rare.schedule");
    assert!(code == 14 && said.contains("this is a schedule of patterns/01-nothing"), "{said}");
    let arguments = [
        "check",
        "course/flags-buffered",
        "--set",
        "fenced=true",
        "--save",
        "8.2-late-store.schedule",
    ];
    ghosthunt(&[&arguments[..], &["--show", "done"]].concat(), directory.path());
    let (code, said) = told("8.2-late-store.schedule");
    assert!(code == 14 && said.contains("sets options"), "{said}");
    // To the right place, by a way that is too long.
    let detour = [
        ("a", "raises"),
        ("b", "raises"),
        ("a", "sees"),
        ("b", "sees"),
        ("kernel", "arrive(a)"),
        ("a", "step inside"),
        ("b", "step inside"),
    ];
    let text = schedule_of("course/flags-buffered", &detour);
    let (code, said) = hand_in("8.2-late-store.schedule", &text);
    assert!(code == 14 && said.contains("in 7 steps; at most 6 are wanted"), "{said}");
    let text = schedule_of("nt/suspend-is-asynchronous", &[("target", "user_code")]);
    let (code, said) = hand_in("1.1-late.schedule", &text);
    assert!(code == 65 && said.contains("does not show `never user_code_while_claimed`"), "{said}");
    fs::write(directory.path().join("1.1-late.schedule"), "hello\n").expect("there is room");
    let (code, said) = told("1.1-late.schedule");
    assert!(code == 65 && said.contains("this is not a schedule"), "{said}");
}

#[test]
fn links_of_the_chapters_lead_somewhere() {
    let course = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/course");
    let mut followed = 0;
    for file in names(&course.to_string_lossy()) {
        let text = fs::read_to_string(course.join(&file)).expect("a page is text");
        let (before, after) = if file.ends_with(".md") { ("](", ')') } else { ("href=\"", '"') };
        for link in text.split(before).skip(1) {
            let link = link.split(after).next().unwrap_or("");
            // An icon, and places on the page itself.
            if file.ends_with(".svg") || link.starts_with("data:") || link.starts_with('#') {
                continue;
            }
            assert!(course.join(link).exists(), "{file}: {link} leads nowhere");
            followed += 1;
        }
    }
    assert!(followed > 80, "{followed}");
}

#[test]
fn nothing_is_overwritten() {
    let directory = tempfile::tempdir().expect("there is room for files");
    let path = directory.path().join("9.2-prove.toml");
    fs::write(&path, "my work").expect("there is room for files");
    let (code, said) = ghosthunt(&["course", "start", "."], directory.path());
    assert!(code == 2 && said.contains("9.2-prove.toml is there already"), "{said}");
    assert_eq!(fs::read_to_string(&path).expect("it is still there"), "my work");
    assert_eq!(names(&directory.path().to_string_lossy()), ["9.2-prove.toml"]);
}

#[test]
fn the_command_line_leads_through() {
    let empty = tempfile::tempdir().expect("there is room for files");
    let (code, said) = ghosthunt(&["course", "check"], empty.path());
    assert!(code == 2 && said.contains("ghosthunt course start DIR"), "{said}");
    let (code, said) = ghosthunt(&["course", "check", "mine"], empty.path());
    assert!(code == 2 && said.contains("there is no directory `mine`"), "{said}");
    let (code, said) = ghosthunt(&["course", "check", "1.2"], empty.path());
    assert!(code == 14 && said.contains("1.2-wait.ghost is not there; `ghosthunt"), "{said}");
    let (code, said) = ghosthunt(&["course", "check", "8.2-late-store.schedule"], empty.path());
    assert!(code == 14 && said.contains("it is a schedule that you save"), "{said}");

    let begun = tempfile::tempdir().expect("there is room for files");
    fs::write(begun.path().join("1.3-stopped.txt"), "3\n").expect("there is room for files");
    let (code, said) = ghosthunt(&["course"], begun.path());
    assert!(
        code == 0 && said.contains("\nNext:  1.1 Be the scheduler  (1.1-late.schedule)"),
        "{said}"
    );
    assert!(
        said.contains("1.3 Ask the search: solved") && said.contains("course hint 1.1"),
        "{said}"
    );
    let (code, said) = ghosthunt(&["course", "hint", "1.3"], begun.path());
    assert!(
        code == 0 && said.contains("(1.3-stopped.txt)") && said.contains("`--witness`"),
        "{said}"
    );
    let (code, said) = ghosthunt(&["course", "hint", "0.1"], begun.path());
    assert_eq!(code, 2, "{said}");
}

#[test]
fn a_file_that_no_exercise_asks_for_is_named() {
    for (file, words) in [
        ("nothing.txt", "no exercise asks for a file `nothing.txt`"),
        ("4.1-hold.txt", "there is 4.1-hold.ghost"),
    ] {
        let (code, said) = hand_in(file, "");
        assert!(code == 2 && said.contains(words), "{said}");
    }
}
