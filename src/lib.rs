//! ghosthunt: a model checker for suspend/exit protocols.
//!
//! A protocol is a short text in the language of `models/README.md`; a scenario says which threads
//! run it and on which kernel. [`scenario`] reads both, [`language`] compiles them to a
//! [`program::Program`], [`search`] explores every interleaving on the [`machine`], [`schedule`] writes
//! down and replays single runs, [`graph`] puts words to a state graph, [`report`]
//! shows what was found, [`export`] writes it for other tools, [`terminal`] lets a person
//! be the scheduler, [`course`] teaches all of it, and [`cli`] is the command line.
//! `ARCHITECTURE.md` is the map, and says what each room must never know.

pub mod cli;
pub mod course;
pub mod engines;
pub mod export;
pub mod graph;
pub mod language;
pub mod machine;
pub mod mutate;
pub mod program;
pub mod report;
pub mod scenario;
pub mod schedule;
pub mod search;
pub mod terminal;
