//! ghosthunt: a model checker for suspend/exit protocols.

pub mod cli;
pub mod language;
pub mod machine;
pub mod program;
pub mod report;
pub mod scenario;
pub mod schedule;
pub mod search;
