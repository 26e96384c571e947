//! A schedule file is what a person reads and what replays.

mod common;
mod support;

use common::{deliver, ghost, program, thread};
use ghosthunt::language::Errors;
use ghosthunt::program::Program;
use ghosthunt::schedule::{ReplayError, Schedule, replay, shrink};
use proptest::prelude::*;
use support::Scene;

#[test]
fn a_smaller_schedule_spares_switches() {
    let two_steps = "proc p() { step one  step two }";
    let program = Scene::new(two_steps).thread("a", "p()").thread("b", "p()").program();
    let (a, b) = (thread(0, 0), thread(1, 0));
    let (small, cycle_from) = shrink(&program, &[a, b, a, b], None, "done");
    assert_eq!((small, cycle_from), (vec![a, a, b, b], None));
}

/// The file of the shortest run to the ghost.
fn file(program: &Program) -> String {
    let set = [("exit_locks".to_string(), "false".to_string())];
    Schedule::of(program, &ghost(), &set, "search", "ghost").expect("it runs").to_string()
}

fn parse(text: &str) -> Result<Schedule, Errors> {
    Schedule::parse("test.schedule", text)
}

/// `LINE: MESSAGE` of each diagnostic.
fn messages(errors: &Errors) -> Vec<String> {
    let line = |d: &ghosthunt::language::Diagnostic| errors.sources.location(d.labels[0].0).line;
    errors.diagnostics.iter().map(|d| format!("{}: {}", line(d), d.message)).collect()
}

#[track_caller]
fn check_mangled(mangle: impl Fn(String) -> String, expected: &[&str]) {
    let errors = parse(&mangle(file(&program()))).expect_err("it is mangled");
    assert_eq!(messages(&errors), expected);
}

/// Replays a changed file, which must be refused.
#[track_caller]
fn refused(from: &str, to: &str) -> (ReplayError, String) {
    let program = program();
    let text = file(&program);
    assert!(text.contains(from), "{text}");
    let schedule = parse(&text.replacen(from, to, 1)).expect("it still reads");
    let error = replay(&program, &schedule).expect_err("it does not replay");
    let diagnostic = error.diagnostic();
    (error, format!("{}: {:?}", diagnostic.message, diagnostic.helps))
}

#[test]
fn the_bytes_are_those_of_the_format() {
    let program = program();
    let expected = format!(
        "ghosthunt-schedule 1\n\
         scenario race\n\
         kernel   nt\n\
         set      exit_locks=false\n\
         model    by_hand {:016x}\n\
         engine   search\n\
         shows    ghost\n\
         1  sysmon  sysmon:6  choose, branch 1 of 2\n\
         2  sysmon  sysmon:6  busy = true\n\
         3  kernel  deliver(main)\n",
        program.hash()
    );
    assert_eq!(file(&program), expected);
}

#[test]
fn what_is_written_is_read_and_replays() {
    let program = program();
    let text = file(&program);
    let schedule = parse(&text).expect("it reads");
    assert_eq!(schedule.to_string(), text);
    assert_eq!(schedule.set, [("exit_locks".to_string(), "false".to_string())]);
    let replay = replay(&program, &schedule).expect("it replays");
    assert_eq!(replay.trace, ghost());
}

#[test]
fn spacing_has_no_meaning() {
    let program = program();
    let text = file(&program).replace("  ", "\t   ").replace('\n', "  \r\n\r\n");
    let replay = replay(&program, &parse(&text).expect("it reads")).expect("it replays");
    assert_eq!(replay.trace, ghost());
}

#[test]
fn a_schedule_for_another_program_is_refused_with_both_hashes() {
    let hash = format!("{:016x}", program().hash());
    let (error, words) = refused(&hash, "0123456789abcdef");
    assert!(matches!(error, ReplayError::OtherProgram { .. }));
    assert!(words.contains(&hash), "{words}");
    assert!(error.diagnostic().labels[0].1.contains("0123456789abcdef"));
}

#[test]
fn a_line_that_does_not_fit_is_named_with_what_could_happen_instead() {
    let (error, words) = refused("3  kernel  deliver(main)", "3  sysmon  sysmon:6  busy = true");
    let ReplayError::DoesNotFit { number: 3, reason, enabled, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(reason, "sysmon cannot step here");
    assert_eq!(enabled, ["main  main:2  while busy", "kernel  deliver(main)"]);
    assert!(words.starts_with("step 3 does not fit"), "{words}");
    for (from, to) in [
        ("branch 1 of 2", "branch 2 of 3"),
        ("sysmon:6  busy", "sysmon:7  busy"),
        ("deliver(main)", "deliver(sysmon)"),
        ("3  kernel  deliver(main)", "3  main  main:2  while busy now"),
    ] {
        assert!(matches!(refused(from, to).0, ReplayError::DoesNotFit { .. }), "{to}");
    }
}

#[test]
fn ending_early_is_no_pass() {
    let (error, words) = refused("3  kernel  deliver(main)\n", "");
    assert!(matches!(error, ReplayError::ShowsOther { .. }), "{error:?}");
    assert_eq!(words, "the schedule does not show `ghost`: []");
}

#[test]
fn what_is_shown_is_checked() {
    let (error, _) = refused("shows    ghost", "shows    stuck");
    let ReplayError::ShowsOther { found, .. } = error else { panic!("{error:?}") };
    assert_eq!(found, "the end `ghost`");
    for other in ["assert", "done", "reach exit: exiting", "nonsense"] {
        let (error, _) = refused("shows    ghost", &format!("shows    {other}"));
        assert!(matches!(error, ReplayError::ShowsOther { .. }), "{other}");
    }
}

#[test]
fn a_spinning_end_and_a_witness_replay_too() {
    let program = program();
    for (trace, shows) in [
        (vec![thread(0, 0), thread(0, 0)], "reach exit: exiting"),
        (vec![thread(1, 1), thread(0, 0), thread(0, 0)], "done"),
    ] {
        let schedule = Schedule::of(&program, &trace, &[], "search", shows).expect("it runs");
        let schedule = parse(&schedule.to_string()).expect("it reads");
        assert_eq!(replay(&program, &schedule).expect("it replays").trace, trace);
    }
}

#[test]
fn a_trace_that_the_program_cannot_take_is_no_schedule() {
    let trace = [deliver()];
    assert_eq!(Schedule::of(&program(), &trace, &[], "search", "ghost").err(), Some(0));
}

#[test]
fn mangled_files_are_explained() {
    check_mangled(|_| String::new(), &["1: this is not a schedule"]);
    check_mangled(
        |text| text.replace("schedule 1", "schedule 2"),
        &["1: a schedule of another version"],
    );
    check_mangled(
        |text| text.replace("engine   search\n", ""),
        &["1: the schedule has no `engine`"],
    );
    check_mangled(
        |text| text.replace("shows ", "show "),
        &["7: unknown key `show`", "1: the schedule has no `shows`"],
    );
    check_mangled(|text| text.replace("exit_locks=", "exit_locks "), &["4: this sets no option"]);
    check_mangled(|text| text.replace("by_hand ", "by_hand x"), &["5: this names no program"]);
    check_mangled(
        |text| text.replace("2  sysmon", "4  sysmon"),
        &["9: the steps are not numbered one by one"],
    );
    check_mangled(
        |text| text.replace("3  kernel  deliver(main)", "3  kernel"),
        &["10: the step is cut short"],
    );
    check_mangled(|text| text + "scenario twice\n", &["11: this is not a step"]);
}

proptest! {
    /// No file makes the reader panic, and no changed step replays as something else.
    #[test]
    fn damage_is_found(at in 0usize..400, replacement in "[ -~\\n]{0,3}") {
        let program = program();
        let text = file(&program);
        let at = at % text.len();
        let damaged = format!("{}{replacement}{}", &text[..at], &text[at + 1..]);
        if let Ok(schedule) = parse(&damaged)
            && let Ok(replay) = replay(&program, &schedule)
        {
            prop_assert_eq!(replay.trace, ghost());
            prop_assert_eq!(&schedule.shows, "ghost");
        }
    }
}
