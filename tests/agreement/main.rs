//! The engines agree: random model texts with two to four threads on the search, shuttle and loom.
//!
//! Compared are the ends, state by state, every property, the number of runs, and what ran; and each
//! run that shows something is replayed from its schedule file on our machine and by both engines.
//! Texts are drawn as in `tests/random_texts`, and those with few enough runs are compared.
//!
//! `texts/` holds texts that are always compared. One that fails is made smaller, and written there.
//! `GHOSTHUNT_AGREEMENT` sets how many random texts are compared.

#[expect(dead_code, reason = "nothing is asked of fairness here")]
#[path = "../random_programs/graph.rs"]
mod graph;
#[path = "../support/mod.rs"]
mod support;
#[expect(dead_code, reason = "nothing is evaluated here")]
#[path = "../random_texts/text.rs"]
mod text;
#[expect(dead_code, reason = "nothing is evaluated here")]
#[path = "../random_texts/value.rs"]
mod value;

mod compare;
#[path = "../random_texts/draw/mod.rs"]
mod draw;

use compare::{Seen, compare, has_claims};
use ghosthunt::program::Program;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};
use std::cell::RefCell;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};
use support::Scene;
use text::{Ex, Op, St, Y};

const NAMES: [&str; 4] = ["first", "second", "third", "fourth"];

/// Where the texts are that are always compared.
const TEXTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/agreement/texts");

/// What the line of a text says that gives a thread.
const CAST: &str = "//! cast ";

/// A text and its cast, as one file. `moves`: the kernel acts when a thread has finished.
fn file(tape: &[u8], threads: usize, moves: bool) -> String {
    let mut text = draw::text(tape);
    if moves {
        let read = |var| Ex::Bin(Op::Eq, Ex::Read(var, vec![]).into(), Ex::Num(1).into());
        let finished = Ex::Finished(Ex::Local("q".to_string()).into());
        let when = Ex::Bin(Op::And, read(Y).into(), finished.into());
        text.actions.push((when, vec![St::Set(Y, vec![], None, Ex::Num(0))]));
    }
    let mut file = String::new();
    for (name, &(proc, about)) in NAMES.iter().zip(text.cast.iter().cycle()).take(threads) {
        let proc = &text.procs[proc].name;
        writeln!(file, "{CAST}{name}: {proc}({})", NAMES[about as usize]).expect("a string");
    }
    file + &text.print()
}

/// The program of such a file, or why the compiler refuses it.
fn compiled(file: &str) -> Result<Program, String> {
    let cast = file.lines().filter_map(|line| line.strip_prefix(CAST)?.split_once(": "));
    let scene = cast.fold(Scene::new(file), |scene, (name, run)| scene.thread(name, run));
    let (mut program, _) = scene.compile().map_err(|errors| support::show(&errors))?;
    program.scenario = "text".to_string();
    Ok(program)
}

/// What the texts compared were like.
#[derive(Debug, Default)]
struct Tally {
    refused: u32,
    too_large: u32,
    compared: u32,
    loom_refuses: u32,
    with_claims: u32,
    by_threads: [u32; 5],
    several_walks: u32,
    several_ends: u32,
    violations: u32,
    kernel_moves: u32,
    circles: u32,
}

impl Tally {
    fn add(&mut self, seen: &Seen, threads: usize, claims: bool) {
        self.compared += 1;
        self.by_threads[threads] += 1;
        for (count, is_so) in [
            (&mut self.loom_refuses, seen.loom_refuses),
            (&mut self.with_claims, claims),
            (&mut self.several_walks, seen.walks > 5),
            (&mut self.several_ends, seen.ends > 1),
            (&mut self.violations, seen.violations > 0),
            (&mut self.kernel_moves, seen.kernel_moves),
            (&mut self.circles, seen.circles),
        ] {
            *count += u32::from(is_so);
        }
    }
}

/// How many texts to compare.
fn wanted() -> u32 {
    env::var("GHOSTHUNT_AGREEMENT").ok().and_then(|count| count.parse().ok()).unwrap_or(500)
}

#[test]
fn engines_agree_on_random_texts() {
    let wanted = wanted();
    let tally = RefCell::new(Tally::default());
    let config = Config {
        // Half of the texts are too large; the cases beyond those that are wanted are skipped.
        cases: 6 * wanted,
        failure_persistence: None,
        max_shrink_iters: 5_000,
        ..Config::default()
    };
    let moves = prop::bool::weighted(0.2);
    let drawn = (2..5usize, moves, prop::collection::vec(any::<u8>(), 150..700));
    let result = TestRunner::new(config).run(&drawn, |(threads, moves, tape)| {
        let mut tally = tally.borrow_mut();
        if tally.compared >= wanted {
            return Ok(());
        }
        let file = file(&tape, threads, moves);
        let Ok(program) = compiled(&file) else {
            tally.refused += 1;
            return Ok(());
        };
        let claims = has_claims(&program);
        match compare(program) {
            None => tally.too_large += 1,
            Some(seen) => tally.add(&seen, threads, claims),
        }
        Ok(())
    });
    if let Err(TestError::Fail(_, (threads, moves, tape))) = &result {
        let file = file(tape, *threads, *moves);
        let name = format!("{TEXTS}/found-{:x}.ghost", checksum(file.as_bytes()));
        fs::write(&name, file).expect("there is room for files");
        panic!("the engines do not agree on {name}; keep it: it is compared whenever tests run");
    }
    result.expect("every text can be compared");
    let tally = tally.into_inner();
    println!("{tally:?}");
    let Tally { compared, loom_refuses, .. } = tally;
    assert_eq!(compared, wanted, "{tally:?}");
    // Nothing that should be compared is missing.
    assert!(loom_refuses * 3 <= compared, "{tally:?}");
    for (count, share) in [
        (tally.with_claims, 3),
        (tally.by_threads[2], 8),
        (tally.by_threads[3], 12),
        (tally.by_threads[4], 20),
        (tally.several_walks, 3),
        (tally.several_ends, 20),
        (tally.violations, 4),
        (tally.kernel_moves, 20),
        (tally.circles, 60),
    ] {
        assert!(count * share >= compared, "{tally:?}");
    }
}

/// A checksum, for names of files: FNV-1a.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[test]
fn engines_agree_on_the_texts_that_are_kept() {
    let mut texts = Vec::new();
    for entry in fs::read_dir(Path::new(TEXTS)).expect("the texts are there") {
        texts.push(entry.expect("an entry").path());
    }
    texts.sort();
    assert!(texts.len() >= 8);
    for path in texts {
        println!("{}", path.display());
        let file = fs::read_to_string(&path).expect("a text");
        let program = compiled(&file).expect("it compiles");
        let seen = compare(program).expect("it is small enough");
        assert!(!seen.loom_refuses, "loom is to compare it too");
    }
}
