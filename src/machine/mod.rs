//! The deterministic simulator: from a state, what can happen, and what it leads to.

use crate::program::CheckId;

/// Who takes a step: a thread (its index in the cast), or a kernel action (its index in the
/// program's actions).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Actor {
    /// A thread of the cast.
    Thread(u16),
    /// A move of the kernel.
    Action(u16),
}

/// One step: who, and which branch of a `choose` (0 elsewhere).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Transition {
    /// Who steps.
    pub actor: Actor,
    /// Which branch, from 0.
    pub branch: u16,
}

/// A step that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Violation {
    /// Which check.
    pub check: CheckId,
}
