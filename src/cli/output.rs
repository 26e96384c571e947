//! stdout and stderr, and what becomes of a command that fails.

use super::{Exit, meant};
use crate::language::Errors;
use crate::report;
use crate::scenario::NotFound;
use anstream::AutoStream;
use std::io::{self, BufWriter, Stdout, Write};

/// stdout, buffered. Colours are taken out unless it is a terminal that wants them.
pub(super) struct Output {
    stream: AutoStream<BufferedStdout>,
}

/// `AutoStream` asks its stream whether it is a terminal; a `BufWriter` cannot tell.
type BufferedStdout = Box<dyn Write>;

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub(super) enum Failure {
    /// stdout or a file could not be written.
    Output(io::Error),
    /// The arguments make no sense, and why.
    Usage(String),
    /// There is no such scenario.
    NotFound(NotFound),
    /// A file that was to be read cannot be.
    Unreadable { path: String, error: io::Error },
    /// A text is wrong.
    Bad(Errors),
    /// A limit was reached before anything could be said.
    Incomplete(String),
    /// An engine does something else with a schedule than the machine, and what.
    Differs(String),
}

impl Output {
    pub fn new() -> Output {
        let stdout = io::stdout();
        let choice = AutoStream::choice(&stdout);
        let buffered: BufferedStdout = Box::new(BufWriter::<Stdout>::new(stdout));
        Output { stream: AutoStream::new(buffered, choice) }
    }

    /// Writes `text` and flushes: what has been found is on its way whatever comes next.
    pub fn print(&mut self, text: &str) -> Result<(), Failure> {
        self.stream
            .write_all(text.as_bytes())
            .and_then(|()| self.stream.flush())
            .map_err(Failure::Output)
    }
}

impl Failure {
    /// Says what is wrong on stderr, and with which status to end.
    pub fn report(self) -> Exit {
        match self {
            // Whoever reads the output has seen enough.
            Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::AsExpected,
            Failure::Output(error) => {
                complain(&format!("cannot write the output: {error}"));
                Exit::Output
            }
            Failure::Usage(message) => {
                complain(&message);
                Exit::Usage
            }
            Failure::NotFound(not_found @ (NotFound::Unknown { .. } | NotFound::Hunt { .. })) => {
                complain(&not_found.to_string());
                Exit::Usage
            }
            Failure::NotFound(ref not_found @ NotFound::Unreadable { ref error, .. }) => {
                complain(&not_found.to_string());
                Exit::of_reading(error)
            }
            Failure::Unreadable { path, error } => {
                complain(&format!("cannot read {path}: {error}"));
                Exit::of_reading(&error)
            }
            Failure::Incomplete(message) => {
                complain(&message);
                Exit::Incomplete
            }
            Failure::Differs(message) => {
                complain(&message);
                Exit::Internal
            }
            Failure::Bad(errors) => {
                say(&report::errors(&errors, super::WIDTH_DEFAULT));
                Exit::of_errors(&errors)
            }
        }
    }
}

impl From<NotFound> for Failure {
    fn from(not_found: NotFound) -> Failure {
        let meant = match &not_found {
            NotFound::Unknown { name, .. } => meant::instead(name),
            _ => None,
        };
        meant.map_or(Failure::NotFound(not_found), Failure::Usage)
    }
}

impl From<Errors> for Failure {
    fn from(errors: Errors) -> Failure {
        Failure::Bad(errors)
    }
}

/// One error line on stderr.
pub(super) fn complain(message: &str) {
    let label = report::style::paint(report::style::BAD, "error");
    say(&format!("{label}: {message}\n"));
}

/// Text on stderr. Where stderr is gone there is nobody to tell.
pub(super) fn say(text: &str) {
    let _ = anstream::stderr().write_all(text.as_bytes());
}
