//! How ghosthunt ends.

use crate::language::Errors;
use crate::scenario::{Judgement, UnmetKind, is_about_what_was_given};
use crate::search::Completeness;
use std::io;

/// The exit status. Of several checks the gravest counts; the gravest stands first here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// A bug in ghosthunt.
    Internal,
    /// Output could not be written.
    Output,
    /// The user interrupted.
    Interrupted,
    /// The command line makes no sense, or asks for a scenario, a kernel, an option or a file that is not there.
    Usage,
    /// A model, scenario or schedule is wrong.
    BadInput,
    /// A state property or a step failed that was not expected to.
    Safety,
    /// A bad end that was not expected.
    BadEnd,
    /// A liveness property failed that was not expected to.
    Liveness,
    /// The ends or violations are not those expected.
    Different,
    /// A `reach` was never witnessed, or the cause of an `after` never held.
    Vacuous,
    /// A limit was reached, or a sample left open what is expected.
    Incomplete,
    /// Everything as expected.
    AsExpected,
}

/// Every status with its words in `--help`, by code.
const ALL: [(Exit, &str); 12] = [
    (Exit::AsExpected, "everything as expected"),
    (Exit::Usage, "usage: the command line makes no sense, or asks for what is not there"),
    (Exit::BadEnd, "stuck or ghost: a bad end that is not expected"),
    (Exit::Safety, "safety violated: a property or an assert fails, and is not expected to"),
    (Exit::Liveness, "liveness violated"),
    (Exit::Different, "an expected outcome or violation did not occur, or another did"),
    (
        Exit::Vacuous,
        "vacuous: a `reach` was never witnessed, an `after` never begun, a mutant not distinguished",
    ),
    (Exit::Incomplete, "incomplete: a limit was reached, or a sample left open what is expected"),
    (Exit::BadInput, "bad model, scenario or schedule"),
    (Exit::Internal, "internal error: a bug in ghosthunt"),
    (Exit::Output, "output could not be written"),
    (Exit::Interrupted, "interrupted"),
];

impl Exit {
    /// The status as the system sees it.
    pub fn code(self) -> u8 {
        match self {
            Exit::AsExpected => 0,
            Exit::Usage => 2,
            Exit::BadEnd => 11,
            Exit::Safety => 12,
            Exit::Liveness => 13,
            Exit::Different => 14,
            Exit::Vacuous => 20,
            Exit::Incomplete => 21,
            Exit::BadInput => 65,
            Exit::Internal => 70,
            Exit::Output => 74,
            Exit::Interrupted => 130,
        }
    }

    /// The graver of two.
    #[must_use]
    pub fn and(self, other: Exit) -> Exit {
        self.min(other)
    }

    /// The status of texts that do not compile: what the command line asks for and the model does not
    /// have is no mistake of theirs.
    pub fn of_errors(errors: &Errors) -> Exit {
        if is_about_what_was_given(errors) { Exit::Usage } else { Exit::BadInput }
    }

    /// The status of a file that cannot be read: it is not there, or there is something wrong with it.
    pub fn of_reading(error: &io::Error) -> Exit {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::IsADirectory => Exit::Usage,
            _ => Exit::BadInput,
        }
    }

    /// The status of one check.
    pub fn of(judgement: &Judgement, completeness: Completeness) -> Exit {
        let exit = judgement.gravest().map_or(Exit::AsExpected, Exit::from);
        let interrupted = completeness == Completeness::Interrupted;
        exit.and(if interrupted { Exit::Interrupted } else { Exit::AsExpected })
    }
}

impl From<UnmetKind> for Exit {
    fn from(kind: UnmetKind) -> Exit {
        match kind {
            UnmetKind::Safety => Exit::Safety,
            UnmetKind::BadEnd => Exit::BadEnd,
            UnmetKind::Liveness => Exit::Liveness,
            UnmetKind::Different => Exit::Different,
            UnmetKind::Vacuous => Exit::Vacuous,
            UnmetKind::Incomplete => Exit::Incomplete,
        }
    }
}

/// The exit codes, for `--help`.
pub(super) fn help() -> String {
    let lines = ALL.iter().map(|(exit, words)| format!("{:5}  {words}\n", exit.code()));
    format!("Exit codes (of several checks, the gravest):\n{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::{ALL, Exit};

    #[test]
    fn the_table_is_sorted_and_says_each_code_once() {
        assert!(ALL.windows(2).all(|pair| pair[0].0.code() < pair[1].0.code()));
    }

    #[test]
    fn the_gravest_counts() {
        assert_eq!(Exit::AsExpected.and(Exit::Incomplete), Exit::Incomplete);
        assert_eq!(Exit::BadEnd.and(Exit::Vacuous), Exit::BadEnd);
        assert_eq!(Exit::BadEnd.and(Exit::Safety), Exit::Safety);
    }
}
