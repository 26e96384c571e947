//! Schedules: what a run did, as a file that people read and ghosthunt replays.
//!
//! The file is text, one line a step, and its bytes depend on nothing but the program and the run:
//!
//! ```text
//! ghosthunt-schedule 1
//! scenario go/cgo-exit-1.14beta1
//! kernel   windows_10
//! set      exit_locks=false
//! model    go/1.14beta1 5f0c21d09a7be334
//! engine   search
//! shows    ghost
//! 1  sysmon  preemptM:41  lock(suspendLock)
//! 2  main    main:50      choose, branch 2 of 3
//! 3  kernel  deliver(main)
//! ```
//!
//! A run that breaks a liveness property goes on for ever. Its schedule goes once round its cycle, and
//! its header says `cycle    from N`: after the last step the run stands where it stood before step
//! N. Without that line it stays in its last state for ever.
//!
//! `kernel` is missing for a model without presets; a `set` line stands for each option that was set
//! from outside the scenario; the model's hash is the compiled program's; `shows` is what the run
//! leads to: an outcome, a property, `assert`, `range` or `unlock`, or `unfinished`. How the columns are spaced has
//! no meaning; everything else has. This room knows the machine, and nothing of how runs are found.

mod chance;
mod end;
mod endless;
mod observed;
mod parse;
mod replay;
mod run;
mod runs;
mod schedulers;
mod shrink;
mod simulate;
mod walk;
mod write;

pub use chance::Chance;
pub use end::{End, end_at};
pub use observed::{Observed, Seen, SeenEnds};
pub use replay::{Replay, ReplayError, replay, shows};
pub use run::{Run, StepWords, Taken, enabled};
pub use runs::Runs;
pub use schedulers::{Pct, RandomWalk, Scheduler, UniformWalk};
pub use shrink::shrink;
pub use simulate::{Simulation, simulate};
pub use walk::{Move, Over, Walk};

use crate::machine::Transition;
use crate::program::{Program, Sources, Span};

/// The version of the format that this ghosthunt writes and reads.
pub const VERSION: u32 = 1;

/// What a schedule shows that ends before its run does.
pub const UNFINISHED: &str = "unfinished";

/// The first word of every schedule file.
pub const MAGIC: &str = "ghosthunt-schedule";

/// A schedule file, read or to be written.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// The scenario's name.
    pub scenario: String,
    /// The kernel preset, if the model has any.
    pub kernel: Option<String>,
    /// Options set from outside the scenario: name and value.
    pub set: Vec<(String, String)>,
    /// The model's name.
    pub model: String,
    /// The hash of the compiled program.
    pub hash: u64,
    /// What found the run.
    pub engine: String,
    /// What it leads to.
    pub shows: String,
    /// Steps before the cycle, if the run ends in one.
    pub cycle_from: Option<usize>,
    /// The steps.
    pub steps: Vec<Line>,
    /// The file's text, if it was read from one, for diagnostics.
    pub sources: Sources,
    /// Where the header says which program, and what is shown.
    places: HeaderPlaces,
}

/// One step of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// A thread's name, or `kernel`.
    pub actor: String,
    /// Where it stands, `owner:line`, or a kernel action with its arguments.
    pub place: String,
    /// The statement's words; empty for an action.
    pub label: String,
    /// The line in the file.
    pub span: Span,
}

#[derive(Debug, Clone, Copy)]
struct HeaderPlaces {
    model: Span,
    shows: Span,
    end: Span,
}

const NOWHERE: Span = Span { file: 0, start: 0, end: 0 };

impl Schedule {
    /// The schedule of a run of `program`. `set` holds the options given from outside its scenario,
    /// `engine` says what found the run, `shows` what it leads to.
    ///
    /// # Errors
    /// The index of the first transition that `program` cannot take there.
    pub fn of(
        program: &Program,
        trace: &[Transition],
        set: &[(String, String)],
        engine: &str,
        shows: &str,
    ) -> Result<Schedule, usize> {
        let run = Run::new(program, trace)?;
        let line = |taken: &Taken| Line {
            actor: taken.words.actor.clone(),
            place: taken.words.place.clone(),
            label: taken.words.label.clone(),
            span: NOWHERE,
        };
        Ok(Schedule {
            scenario: program.scenario.clone(),
            kernel: program.kernel.clone(),
            set: set.to_vec(),
            model: program.model.clone(),
            hash: program.hash(),
            engine: engine.to_string(),
            shows: shows.to_string(),
            cycle_from: None,
            steps: run.steps.iter().map(line).collect(),
            sources: Sources::default(),
            places: HeaderPlaces { model: NOWHERE, shows: NOWHERE, end: NOWHERE },
        })
    }

    /// The line of the file that has these words, however it is spaced.
    pub fn line_with(&self, words: &str) -> Option<Span> {
        let file = self.sources.files.first()?;
        let same = |line: &str| line.split_whitespace().eq(words.split_whitespace());
        let line = file.text.lines().find(|line| same(line))?;
        let start = line.as_ptr().addr() - file.text.as_ptr().addr();
        Some(Span { file: 0, start: start as u32, end: (start + line.len()) as u32 })
    }

    /// The same, ending in a cycle after so many steps.
    #[must_use]
    pub fn with_cycle(self, cycle_from: Option<usize>) -> Schedule {
        Schedule { cycle_from, ..self }
    }
}
