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

/// Searches as [`run`] does, and keeps the graph if it fits.
pub(super) fn run_and_keep<'p>(
    check: &'p Check,
    limits: &Limits,
    quiet: bool,
) -> (Report, Option<Graph<'p>>) {
    let (mut report, graph) = search_to(check, limits, u64::MAX, quiet);
    if let Some(graph) = &graph
        && graph.edge_count() as u64 <= POLISHED_TRANSITIONS_MAX
    {
        polish(graph, &mut report);
    }
    (report, graph)
}

fn search_to<'p>(
    check: &'p Check,
    limits: &Limits,
    transitions_max: u64,
    quiet: bool,
) -> (Report, Option<Graph<'p>>) {
    let mut line = StatusLine::new(quiet);
    let name = check.program.check_name();
    let found = search_graph(&check.program, limits, transitions_max, &mut |progress| {
        line.show(|| words(&name, progress));
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
    Checked { scenario, check, report, judgement, saved: Vec::new(), chances: None }
}

/// A line on the terminal that says how far ghosthunt has got.
pub(super) struct StatusLine {
    /// stderr is a terminal, and progress is wanted.
    wanted: bool,
    started: Instant,
    shown_at: Option<Instant>,
}

impl StatusLine {
    pub(super) fn new(quiet: bool) -> StatusLine {
        let wanted = !quiet && stderr().is_terminal();
        StatusLine { wanted, started: Instant::now(), shown_at: None }
    }

    /// Shows a text, unless the last one is recent, or there is little to wait for.
    pub(super) fn show(&mut self, text: impl FnOnce() -> String) {
        let recent = self.shown_at.is_some_and(|at| at.elapsed() < INTERVAL);
        if !self.wanted || recent || self.started.elapsed() < SILENT {
            return;
        }
        let width = terminal_size::terminal_size_of(stderr()).map_or(80, |(width, _)| width.0);
        // A line that fills the terminal would wrap, and could not be erased.
        let fitting: String = text().chars().take(usize::from(width).saturating_sub(1)).collect();
        // Nobody is there to be told where stderr is gone.
        let _ = write!(stderr(), "\r\x1b[2K{fitting}");
        self.shown_at = Some(Instant::now());
    }

    pub(super) fn erase(&mut self) {
        if self.shown_at.take().is_some() {
            let _ = write!(stderr(), "\r\x1b[2K");
        }
    }
}

fn words(name: &str, progress: &Progress) -> String {
    let rate = progress.states as f64 / progress.elapsed.as_secs_f64();
    format!(
        "{name}: {} states, {} to expand, {}/s, depth {}, {}",
        count(progress.states),
        count(progress.frontier),
        count(rate as u64),
        progress.depth,
        bytes(progress.store_bytes)
    )
}
