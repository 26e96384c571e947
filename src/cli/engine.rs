//! Which engine checks, and how it chooses runs.

use super::limits::LimitArguments;
use super::output::Failure;
use super::{interrupt, runner};
use crate::engines::{loom, shuttle};
use crate::scenario::{Check, Scenario};
use crate::search::Report;
use clap::{Args, ValueEnum};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Instant;

/// What searches, or replays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Engine {
    /// ghosthunt itself, which takes every state once
    Search,
    /// The shuttle crate, which takes runs one by one: all, or picked by chance
    Shuttle,
    /// The loom crate, which takes all runs one by one, for casts of two or three threads
    Loom,
}

/// What memory is to loom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Memory {
    /// Sequentially consistent, as in the search
    Sc,
    /// C11's: the orders count that the text writes down, and races
    C11,
}

/// How shuttle chooses runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scheduler {
    /// Every run, depth first
    Dfs,
    /// Each enabled task is as likely
    Random,
    /// Probabilistic concurrency testing
    Pct,
    /// Uniform random walk
    Urw,
}

/// An engine other than the search.
#[derive(Debug, Clone, Args)]
pub(super) struct EngineArguments {
    /// What searches
    #[arg(long, value_enum, default_value = "search")]
    engine: Engine,
    /// With shuttle: how runs are chosen [default: dfs]
    #[arg(long, value_enum)]
    scheduler: Option<Scheduler>,
    /// With shuttle or loom: take at most N runs [default: 1000 if they are picked by chance]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    runs: Option<u64>,
    /// With pct: how many ordering constraints a bug needs [default: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    depth: Option<u8>,
    /// With random, pct and urw: the seed of the runs [default: a new one]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// With loom: what atomic and plain variables are [default: sc]
    #[arg(long, value_enum)]
    memory: Option<Memory>,
    /// With loom: leave out runs with more than N preemptions; the check is then bounded
    #[arg(long, value_name = "N")]
    preemptions: Option<u8>,
}

/// Runs of a sampling scheduler, where nothing says how many.
const SAMPLED_RUNS: u64 = 1000;
const DEPTH: u8 = 3;

/// An engine, ready to check.
#[derive(Debug, Clone)]
pub(super) enum Prepared {
    Search,
    Shuttle { choice: shuttle::Choice, limits: shuttle::Limits },
    Loom { limits: loom::Limits, memory: Memory },
}

/// A seed, if none is given. Not for secrets: it only has to be another one each time.
pub(super) fn new_seed() -> u64 {
    RandomState::new().hash_one(Instant::now())
}

impl Memory {
    pub fn name(self) -> &'static str {
        match self {
            Memory::Sc => "sc",
            Memory::C11 => "c11",
        }
    }
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Engine::Search => "search",
            Engine::Shuttle => "shuttle",
            Engine::Loom => "loom",
        }
    }
}

impl EngineArguments {
    /// The engine, if what is said of it makes sense.
    pub fn prepare(&self, limits: &LimitArguments) -> Result<Prepared, Failure> {
        use Engine::{Loom, Shuttle};
        let usage = |message: &str| Err(Failure::Usage(message.to_string()));
        for (given, name, engines) in [
            (self.scheduler.is_some(), "--scheduler", &[Shuttle][..]),
            (self.runs.is_some(), "--runs", &[Shuttle, Loom]),
            (self.depth.is_some(), "--depth", &[Shuttle]),
            (self.seed.is_some(), "--seed", &[Shuttle]),
            (self.memory.is_some(), "--memory", &[Loom]),
            (self.preemptions.is_some(), "--preemptions", &[Loom]),
        ] {
            if given && !engines.contains(&self.engine) {
                let names = engines.iter().map(|engine| engine.name()).collect::<Vec<_>>();
                return usage(&format!("{name} needs --engine {}", names.join(" or ")));
            }
        }
        if self.engine != Engine::Search && limits.of_states() {
            let engine = self.engine.name();
            return usage(&format!("{engine} stores no states; limit it by --runs or --max-time"));
        }
        match self.engine {
            Engine::Search => Ok(Prepared::Search),
            Engine::Loom => {
                let (runs, time, preemptions) = (self.runs, limits.time(), self.preemptions);
                let memory = self.memory.unwrap_or(Memory::Sc);
                Ok(Prepared::Loom { limits: loom::Limits { runs, time, preemptions }, memory })
            }
            Engine::Shuttle => {
                let scheduler = self.scheduler.unwrap_or(Scheduler::Dfs);
                if self.depth.is_some() && scheduler != Scheduler::Pct {
                    return usage("--depth needs --scheduler pct");
                }
                if self.seed.is_some() && scheduler == Scheduler::Dfs {
                    return usage("--seed needs --scheduler random, pct or urw");
                }
                if let Some(refusal) = shuttle::refusal() {
                    return Err(Failure::Usage(refusal));
                }
                Ok(self.shuttle(scheduler, limits))
            }
        }
    }

    fn shuttle(&self, scheduler: Scheduler, limits: &LimitArguments) -> Prepared {
        let seed = self.seed.unwrap_or_else(new_seed);
        let depth = usize::from(self.depth.unwrap_or(DEPTH));
        let choice = match scheduler {
            Scheduler::Dfs => shuttle::Choice::Dfs,
            Scheduler::Random => shuttle::Choice::Random { seed },
            Scheduler::Pct => shuttle::Choice::Pct { seed, depth },
            Scheduler::Urw => shuttle::Choice::Urw { seed },
        };
        let time = limits.time();
        let sampled = scheduler != Scheduler::Dfs && time.is_none();
        let runs = self.runs.or(sampled.then_some(SAMPLED_RUNS));
        Prepared::Shuttle { choice, limits: shuttle::Limits { runs, time } }
    }
}

impl Prepared {
    /// It stores states, and so has a graph to tell more from.
    pub fn is_search(&self) -> bool {
        matches!(self, Prepared::Search)
    }

    /// The check, with what is expected of this engine: under C11 a scenario may expect more ends.
    pub fn expecting(&self, scenario: &Scenario, check: Check) -> Check {
        match (self, &scenario.c11) {
            (Prepared::Loom { memory: Memory::C11, .. }, Some(allowed)) => {
                Check { expectation: allowed.expectation(), ..check }
            }
            _ => check,
        }
    }

    /// Checks. Ctrl-C ends the engine, not ghosthunt.
    ///
    /// # Errors
    /// Why the engine cannot check this.
    pub fn check(
        &self,
        scenario: &Scenario,
        check: &Check,
        limits: &LimitArguments,
        quiet: bool,
    ) -> Result<Report, Failure> {
        Ok(match self {
            Prepared::Search => runner::run(check, &limits.limits(), quiet),
            Prepared::Loom { limits, memory } => {
                return super::loom::check(scenario, check, *limits, *memory, quiet);
            }
            Prepared::Shuttle { choice, limits } => {
                let program = Arc::new(check.program.clone());
                shuttle::check(&program, *choice, *limits, interrupt::requested)
            }
        })
    }
}
