//! Exhaustive exploration: every interleaving, each state once.

mod report;

pub use report::{Completeness, EndClass, Finding, Found, Report, Trace};
