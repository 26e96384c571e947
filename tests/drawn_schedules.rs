//! A schedule as people read it.

mod common;

use common::{deliver, ghost, program, thread};
use ghosthunt::machine::Transition;
use ghosthunt::report;
use ghosthunt::schedule::Run;
use unicode_width::UnicodeWidthStr;

fn drawn(trace: &[Transition], width: usize) -> String {
    let program = program();
    let run = Run::new(&program, trace).expect("it runs");
    anstream::adapter::strip_str(&report::columns(&run, width)).to_string()
}

#[track_caller]
fn check(trace: &[Transition], width: usize, expected: &str) {
    let drawn = drawn(trace, width);
    assert_eq!(drawn.trim_end(), expected.trim_matches('\n'), "\n{drawn}");
    assert!(drawn.lines().all(|line| line.width() <= width), "\n{drawn}");
}

#[test]
fn one_column_a_thread_and_one_for_the_kernel() {
    check(
        &ghost(),
        100,
        "
 #  main       sysmon                         kernel         changes
 1  │          sysmon: choose, branch 1 of 2
 2  │          busy = true                                   busy: true
    │          finished
 3  suspended                                 deliver(main)  stopped[main]: true
",
    );
}

#[test]
fn spin_turns_are_folded() {
    let mut trace = vec![thread(1, 0), thread(1, 0)];
    trace.extend([thread(0, 0); 40]);
    trace.push(deliver());
    let drawn = drawn(&trace, 100);
    assert!(drawn.contains("× 40 turns"), "{drawn}");
    assert!(drawn.lines().count() < 10, "{drawn}");
    assert!(drawn.lines().any(|line| line.starts_with("43")), "{drawn}");
}

#[test]
fn narrow_columns_wrap() {
    let drawn = drawn(&ghost(), 60);
    assert!(drawn.lines().all(|line| line.width() <= 60), "{drawn}");
    assert!(drawn.contains("│          1 of 2"), "{drawn}");
}

#[test]
fn what_does_not_fit_in_columns_is_a_list() {
    let drawn = drawn(&ghost(), 40);
    assert!(drawn.lines().all(|line| line.width() <= 40), "{drawn}");
    assert!(drawn.contains("kernel  deliver(main)"), "{drawn}");
    assert!(drawn.contains("main: suspended"), "{drawn}");
}
