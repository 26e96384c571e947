//! Being the scheduler: the session, how it looks, and the real thing on a pseudo-terminal.

use ghosthunt::scenario::{Check, Named};
use ghosthunt::schedule::{Schedule, replay};
use ghosthunt::search::{Limits, search};
use ghosthunt::terminal::{Session, draw, draw_help};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

fn ghost() -> Check {
    let scenario =
        Named::find("go/cgo-exit-1.14beta1").expect("built in").parse().expect("built in");
    scenario.compile(Some("windows_10"), &[]).expect("it compiles")
}

/// The screen as text.
fn screen(session: &Session, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a screen in memory");
    terminal.draw(|frame| draw(session, frame)).expect("it draws");
    terminal.backend().to_string()
}

#[test]
fn steps_are_taken_undone_and_taken_again() {
    let check = ghost();
    let mut session = Session::new(&check.program, &[], &[]).expect("an empty run");
    session.choose(0);
    session.choose(1);
    session.choose(99);
    assert_eq!(session.position(), (2, 2));
    let there = session.state().to_vec();
    session.undo();
    assert_eq!(session.position(), (1, 2));
    assert_eq!(session.selected(), 1, "what was undone is selected");
    session.choose(1);
    assert_eq!((session.position(), session.state()), ((2, 2), &there[..]));
    session.undo();
    session.choose(0);
    assert_eq!(session.position(), (2, 2), "another step forgets what was undone");
    session.to_the_start();
    session.undo();
    assert_eq!(session.position(), (0, 2));
    session.to_the_next_switch();
    assert_eq!(session.position(), (2, 2), "both steps are main's");
}

#[test]
fn a_thread_runs_on_to_the_next_switch() {
    let check = ghost();
    let mut session = Session::new(&check.program, &[], &[]).expect("an empty run");
    session.to_the_next_switch();
    let (at, _) = session.position();
    assert!(at > 5, "main runs on, {at} steps");
    assert!(session.history().all(|words| words.actor == "main"));
}

#[test]
fn a_schedule_is_gone_on_from_and_saved() {
    let check = ghost();
    let report = search(&check.program, &Limits::default(), &mut |_| true);
    let ghost = &report.violations.last().expect("a ghost").trace;
    let mut session = Session::new(&check.program, ghost, &[]).expect("the search ran it");
    let (standing, bad) = session.standing();
    assert_eq!((standing.as_str(), bad), ("The run is over: ghost.", true));
    let text = session.schedule().to_string();
    assert!(text.contains("\nshows    ghost\n"), "{text}");
    session.undo();
    let text = session.schedule().to_string();
    assert!(text.contains("\nshows    unfinished\n"), "{text}");
    let schedule = Schedule::parse("saved", &text).expect("what was written is read");
    let replayed = replay(&check.program, &schedule).expect("what was played replays");
    assert_eq!(replayed.trace, ghost[..ghost.len() - 1]);
}

#[test]
fn every_size_of_screen_shows_what_matters() {
    let check = ghost();
    let mut session = Session::new(&check.program, &[], &[]).expect("an empty run");
    for _ in 0..6 {
        session.choose(0);
    }
    for (width, height) in [(120, 40), (80, 24), (200, 60)] {
        let screen = screen(&session, width, height);
        for words in
            ["step 6 of 6", "main: can run", "sysmon", "What happens next?", "lock(heap_lock)"]
        {
            assert!(screen.contains(words), "{width}×{height}: {words} is not in\n{screen}");
        }
    }
    // Where there is no room for the text, a thread is a line, and keys and choices are still there.
    for (width, height) in [(50, 16), (40, 12)] {
        let screen = screen(&session, width, height);
        for words in ["step 6 of 6", "main: can run", "sysmon: can run", "next?", "q leave"] {
            assert!(screen.contains(words), "{width}×{height}: {words} is not in\n{screen}");
        }
        assert!(!screen.contains("So far"), "{width}×{height}:\n{screen}");
    }
    for size in 1..20 {
        screen(&session, size, size);
    }
}

#[test]
fn what_does_not_fit_ends_in_an_ellipsis() {
    let check = ghost();
    let files = &check.program.sources.files;
    let lines: Vec<&str> = files.iter().flat_map(|file| file.text.lines()).collect();
    let mut session = Session::new(&check.program, &[], &[]).expect("an empty run");
    let (mut whole, mut cut) = (0, 0);
    while !session.choices().is_empty() {
        let screen = screen(&session, 80, 24);
        for cell in screen.lines().flat_map(|line| line.split('│')) {
            // A line of the model: perhaps a mark, its number in four columns, its text.
            let Some(cell) = cell.strip_prefix(['▶', ' ']) else { continue };
            let Some((number, text)) = cell.split_at_checked(4) else { continue };
            let Some(text) = text.strip_prefix(' ') else { continue };
            if number.trim_start().parse::<usize>().is_err() {
                continue;
            }
            match text.strip_suffix('…') {
                Some(start) => {
                    cut += 1;
                    assert!(lines.iter().any(|line| line.starts_with(start)), "{text}");
                }
                None => {
                    whole += 1;
                    let text = text.trim_end();
                    assert!(lines.contains(&text), "cut without a word: {text}\n{screen}");
                }
            }
        }
        session.choose(0);
    }
    assert!(whole > 100 && cut > 20, "{whole} lines whole, {cut} cut");
}

#[test]
fn the_help_fits_on_the_smallest_usual_screen() {
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).expect("a screen in memory");
    terminal.draw(draw_help).expect("it draws");
    let screen = terminal.backend().to_string();
    for words in ["Enter  or  Space", "n  ", "? ", "Esc        leave", "rest."] {
        assert!(screen.contains(words), "{words} is not in\n{screen}");
    }
    assert_eq!(screen.matches('…').count(), 1, "only the one that it speaks of:\n{screen}");
    for size in 1..20 {
        let mut terminal = Terminal::new(TestBackend::new(size, size)).expect("a screen in memory");
        terminal.draw(draw_help).expect("it draws");
    }
}

/// Runs `ghosthunt step` on a pseudo-terminal (util-linux's `script` makes one) and presses `keys`.
fn press(directory: &Path, arguments: &str, keys: &str) -> String {
    let ghosthunt = env!("CARGO_BIN_EXE_ghosthunt");
    let command = format!("stty rows 24 cols 80; exec '{ghosthunt}' step {arguments}");
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .current_dir(directory)
        .env("TERM", "xterm-256color")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("`script` of util-linux is there");
    let mut stdin = child.stdin.take().expect("it was piped");
    stdin.write_all(keys.as_bytes()).expect("it listens");
    // The end of the keys must not end the session: only `q` does.
    let output = child.wait_with_output().expect("it ends");
    drop(stdin);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

#[test]
fn a_real_terminal_plays_saves_and_loads() {
    let directory = tempfile::tempdir().expect("there is room for files");
    let scenario = "go/cgo-exit-1.14beta1@windows_10";
    let screen = press(directory.path(), &format!("{scenario} --save one.schedule"), "111usq");
    // Blanks are skipped over, not written: a word is what can be looked for.
    assert!(screen.contains("happens") && screen.contains("\u{1b}[?1049l"), "{screen}");
    let one = fs::read_to_string(directory.path().join("one.schedule")).expect("it was saved");
    let steps = |text: &str| text.lines().filter(|line| line.starts_with(char::is_numeric)).count();
    assert_eq!(steps(&one), 2, "{one}");
    let arguments = format!("{scenario} --load one.schedule --save two.schedule");
    press(directory.path(), &arguments, "j sq");
    let two = fs::read_to_string(directory.path().join("two.schedule")).expect("it was saved");
    assert_eq!(steps(&two), 3, "{two}");
    let replayed = Command::new(env!("CARGO_BIN_EXE_ghosthunt"))
        .args(["replay", "two.schedule"])
        .current_dir(directory.path())
        .status();
    assert!(replayed.expect("ghosthunt runs").success());
}

#[test]
fn the_help_opens_and_closes_and_takes_no_step() {
    let directory = tempfile::tempdir().expect("there is room for files");
    let arguments = "go/cgo-exit-1.14beta1@windows_10 --save one.schedule";
    let screen = press(directory.path(), arguments, "?11?qsq");
    assert!(screen.contains("select") && screen.contains("Keys,"), "{screen}");
    let one = fs::read_to_string(directory.path().join("one.schedule")).expect("it was saved");
    // The first `1` leaves the help, and so does the first `q`.
    assert_eq!(one.lines().filter(|line| line.starts_with(char::is_numeric)).count(), 1, "{one}");
}

#[test]
fn without_a_terminal_it_says_so() {
    let output = Command::new(env!("CARGO_BIN_EXE_ghosthunt"))
        .args(["step", "nt/barrier"])
        .stdin(Stdio::null())
        .output()
        .expect("ghosthunt runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("needs a terminal"));
}
