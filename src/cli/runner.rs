//! One check, run: searched under limits, with progress on a terminal, and judged.

use super::interrupt;
use crate::report::Checked;
use crate::report::text::{bytes, count};
use crate::scenario::{Check, Scenario};
use crate::search::{Graph, Limits, Progress, Report, polish, search_graph};
use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// Nothing is said about a search that takes no longer.
const SILENT: Duration = Duration::from_secs(1);
/// Between two lines of progress.
const INTERVAL: Duration = Duration::from_millis(100);

/// Transitions of graphs that are made for better schedules alone.
const POLISHED_TRANSITIONS_MAX: u64 = 1 << 20;

/// Searches. Ctrl-C ends the search, not ghosthunt. Where it is cheap, the schedules are those with
/// the fewest switches.
pub(super) fn run(check: &Check, limits: &Limits, quiet: bool) -> Report {
    let (mut report, graph) = search_to(check, limits, POLISHED_TRANSITIONS_MAX, quiet);
    if let Some(graph) = graph {
        polish(&graph, &mut report);
    }
    report
}

/// Searches, and keeps the graph if it fits.
pub(super) fn run_and_keep<'p>(
    check: &'p Check,
    limits: &Limits,
    quiet: bool,
) -> (Report, Option<Graph<'p>>) {
    search_to(check, limits, u64::MAX, quiet)
}

fn search_to<'p>(
    check: &'p Check,
    limits: &Limits,
    transitions_max: u64,
    quiet: bool,
) -> (Report, Option<Graph<'p>>) {
    let mut line = ProgressLine::new(check.program.check_name(), quiet);
    let found = search_graph(&check.program, limits, transitions_max, &mut |progress| {
        line.show(progress);
        !interrupt::requested()
    });
    line.erase();
    found
}

/// The check and its report, judged.
pub(super) fn judged<'a>(
    scenario: &'a Scenario,
    check: &'a Check,
    report: &'a Report,
) -> Checked<'a> {
    let judgement = check.expectation.judge(report, &check.program);
    Checked { scenario, check, report, judgement, saved: Vec::new() }
}

/// A line on the terminal that says how far a search has got.
struct ProgressLine {
    name: String,
    /// stderr is a terminal, and progress is wanted.
    wanted: bool,
    shown_at: Option<Instant>,
}

impl ProgressLine {
    fn new(name: String, quiet: bool) -> ProgressLine {
        ProgressLine { name, wanted: !quiet && stderr().is_terminal(), shown_at: None }
    }

    fn show(&mut self, progress: &Progress) {
        let recent = self.shown_at.is_some_and(|at| at.elapsed() < INTERVAL);
        if !self.wanted || recent || progress.elapsed < SILENT {
            return;
        }
        let rate = progress.states as f64 / progress.elapsed.as_secs_f64();
        let text = format!(
            "{}: {} states, {} to expand, {}/s, depth {}, {}",
            self.name,
            count(progress.states),
            count(progress.frontier),
            count(rate as u64),
            progress.depth,
            bytes(progress.store_bytes)
        );
        let width = terminal_size::terminal_size_of(stderr()).map_or(80, |(width, _)| width.0);
        // A line that fills the terminal would wrap, and could not be erased.
        let fitting: String = text.chars().take(usize::from(width).saturating_sub(1)).collect();
        // Nobody is there to be told where stderr is gone.
        let _ = write!(stderr(), "\r\x1b[2K{fitting}");
        self.shown_at = Some(Instant::now());
    }

    fn erase(&mut self) {
        if self.shown_at.take().is_some() {
            let _ = write!(stderr(), "\r\x1b[2K");
        }
    }
}
