//! The search against Spin, on the same state space, in the same run.
//!
//! Spin (Debian's) is built for speed and for the same job: exhaustive, exact, without partial-order
//! reduction, safety only, `gcc -O2`. Both must find the same states and the same transitions, or
//! there is nothing to compare. Run it with `cargo bench --bench against_spin`.

use ghosthunt::machine::{Machine, Transition};
use ghosthunt::program::Program;
use ghosthunt::scenario::Named;
use ghosthunt::search::{Limits, Report, search};
use std::hint::black_box;
use std::io::{Error, ErrorKind};
use std::path::Path;
use std::process::{Command, ExitCode, Output};
use std::time::{Duration, Instant};

/// TLC, Spin and Stateright agree on these.
const STATES: u64 = 3_892_125;
const TRANSITIONS: u64 = 13_955_872;

/// Each side runs this often; its best run counts.
const RUNS: u32 = 3;

/// What the search is held to.
const BYTES_PER_STATE_MAX: f64 = 24.0;
const RATIO_MIN: f64 = 2.0;

fn main() -> ExitCode {
    match compare() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("against_spin: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare() -> Result<(), Error> {
    let program = counter();
    let directory = tempfile::tempdir()?;
    build_spin(directory.path())?;
    let mut ours: Option<Report> = None;
    let mut spins: Option<Spin> = None;
    // In turns, so that a busy machine is unfair to both.
    for _ in 0..RUNS {
        let report = search(&program, &Limits::default(), &mut |_| true);
        if ours.as_ref().is_none_or(|best| report.elapsed < best.elapsed) {
            ours = Some(report);
        }
        let spin = run_spin(directory.path())?;
        if spins.as_ref().is_none_or(|best| spin.seconds < best.seconds) {
            spins = Some(spin);
        }
    }
    let (ours, spin) = ours.zip(spins).expect("at least one run");
    expect("our states", ours.states, STATES)?;
    expect("our transitions", ours.transitions, TRANSITIONS)?;
    expect("our kinds of ends", ours.ends.len() as u64, 1)?;
    expect("our ends that are `done`", u64::from(ours.ends[0].outcome == "done"), 1)?;
    expect("Spin's states", spin.states, STATES)?;
    // Spin counts how it got to the initial state, too.
    expect("Spin's transitions", spin.transitions, TRANSITIONS + 1)?;

    let rate = STATES as f64 / ours.elapsed.as_secs_f64();
    let spin_rate = STATES as f64 / spin.seconds;
    let bytes = ours.store_bytes as f64 / STATES as f64;
    let spin_bytes = spin.megabytes * f64::from(1 << 20) / STATES as f64;
    println!("4 threads, 4 turns: {STATES} states, {TRANSITIONS} transitions");
    println!("                    ghosthunt        Spin");
    println!("states a second  {rate:12.0}{spin_rate:12.0}");
    println!("bytes a state    {bytes:12.1}{spin_bytes:12.1}");
    println!("ratio            {:12.2}", rate / spin_rate);
    println!("a step           {:12.1} ns", nanoseconds_per_step(&program));
    if rate < RATIO_MIN * spin_rate || bytes > BYTES_PER_STATE_MAX {
        let goal = format!("{RATIO_MIN} times Spin at {BYTES_PER_STATE_MAX} bytes a state");
        return Err(Error::other(format!("short of {goal}")));
    }
    Ok(())
}

fn expect(what: &str, found: u64, expected: u64) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(Error::other(format!("{what}: {found}, but {expected} is known to be right")))
}

/// What Spin reports of a run.
struct Spin {
    states: u64,
    transitions: u64,
    megabytes: f64,
    seconds: f64,
}

fn build_spin(directory: &Path) -> Result<(), Error> {
    std::fs::write(directory.join("counter.pml"), include_str!("counter.pml"))?;
    run(directory, "spin", &["-a", "counter.pml"])?;
    run(directory, "gcc", &["-O2", "-DNOREDUCE", "-DSAFETY", "-o", "pan", "pan.c"])?;
    Ok(())
}

/// One run of the verifier, its hash table (of 2^23 slots) as large as the states need.
fn run_spin(directory: &Path) -> Result<Spin, Error> {
    let pan = directory.join("pan");
    let started = Instant::now();
    let output = run(directory, &pan.to_string_lossy(), &["-w23", "-m1000"])?;
    // Spin's own clock starts with its search; it is coarse, and says nothing if too little.
    let elapsed = started.elapsed().as_secs_f64();
    let text = String::from_utf8_lossy(&output.stdout);
    let number = |before: &str, after: &str| -> Result<f64, Error> {
        let line = text.lines().find(|line| line.contains(before) && line.contains(after));
        let words = line.map(|line| line.strip_prefix(before).unwrap_or(line).trim_start());
        let word = words.and_then(|words| words.split_whitespace().next());
        word.and_then(|word| word.parse().ok())
            .ok_or_else(|| Error::other(format!("Spin does not say `{before}…{after}`:\n{text}")))
    };
    if !text.contains("errors: 0") {
        return Err(Error::other(format!("Spin found errors:\n{text}")));
    }
    Ok(Spin {
        states: number("", "states, stored")? as u64,
        transitions: number("", "transitions (= stored+matched)")? as u64,
        megabytes: number("", "total actual memory usage")?,
        seconds: number("pan: elapsed time", "seconds").unwrap_or(elapsed),
    })
}

fn run(directory: &Path, program: &str, arguments: &[&str]) -> Result<Output, Error> {
    let output = Command::new(program).args(arguments).current_dir(directory).output();
    let output = output.map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::other(format!(
            "`{program}` is not installed, and there is nothing to compare with; on Debian: \
             apt-get install spin gcc"
        )),
        _ => error,
    })?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(Error::other(format!("`{program}` failed ({}):\n{text}", output.status)));
    }
    Ok(output)
}

/// What one step takes, lookups aside: enabled steps in a loop, round and round through the
/// program.
fn nanoseconds_per_step(program: &Program) -> f64 {
    let machine = Machine::new(program);
    let mut scratch = machine.scratch();
    let mut state = program.initial.clone();
    let mut steps = 0u64;
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(300) {
        for _ in 0..1_000 {
            let mut taken: Option<(Transition, u64)> = None;
            machine.successors(black_box(&state), &mut scratch, |successor| {
                steps += 1;
                // Not always the same thread.
                if taken.is_none() || steps.is_multiple_of(3) {
                    taken = Some((successor.transition, successor.state[0]));
                }
            });
            match taken {
                Some((_, next)) => state[0] = next,
                None => state.copy_from_slice(&program.initial),
            }
        }
    }
    started.elapsed().as_nanos() as f64 / steps as f64
}

/// The program that both sides search, from the text beside this file.
fn counter() -> Program {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/benches/counter.toml");
    let named = Named::read(&path).expect("the scenario beside this file");
    let scenario = named.parse().expect("a scenario");
    scenario.compile(None, &[]).expect("a model").program
}
