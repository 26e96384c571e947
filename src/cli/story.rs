//! Bare `ghosthunt`: the story of one ghost in one run.

use super::limits::default_limits;
use super::output::{Failure, Output};
use super::{Exit, WidthArgument, interrupt, runner};
use crate::report::{self, style, text};
use crate::scenario::Named;

/// The race as Go 1.14beta1 had it, and the same cast with the lock that Go 1.14 took.
pub(super) const RACE: &str = "go/cgo-exit-1.14beta1";
pub(super) const FIXED: &str = "go/cgo-exit-1.14";

const OPENING: &str = "\
A ghost is a process that has killed all its threads but one, and that one is suspended: nothing \
left in the process can resume it, so it never exits. Go met it on Windows in 2019, while 1.14 was \
in beta. Here is the race, on a model of the kernel, in every interleaving.";

const BETWEEN: &str = "\
Go's fix is a lock that a thread takes before it runs code outside Go, and that whoever suspends \
it must take first. The same threads, with the lock:";

const CLOSING: &str = "\
`ghosthunt list` shows more such cases, `ghosthunt check NAME` searches one of them, and \
`ghosthunt new NAME` begins a model and a scenario of your own.";

pub(super) fn run(width: WidthArgument, output: &mut Output) -> Result<Exit, Failure> {
    interrupt::catch();
    let width = width.columns();
    let mut exit = Exit::AsExpected;
    for (words, name) in [(OPENING, RACE), (BETWEEN, FIXED)] {
        output.print(&format!("{}\n", paragraph(words, width)))?;
        exit = exit.and(tell(name, width, output)?);
        output.print("\n")?;
        if interrupt::requested() {
            return Ok(exit);
        }
    }
    output.print(&paragraph(CLOSING, width))?;
    Ok(exit)
}

/// Checks one scenario on the first of its kernels, and tells all of it.
fn tell(name: &str, width: usize, output: &mut Output) -> Result<Exit, Failure> {
    let scenario = Named::find(name)?.parse()?;
    let kernel = scenario.kernel_names()[0].map(str::to_string);
    let check = scenario.compile(kernel.as_deref(), &[])?;
    let report = runner::run(&check, &default_limits(), false);
    let checked = runner::judged(&scenario, &check, &report);
    output.print(&report::details(&checked, None, width))?;
    Ok(Exit::of(&checked.judgement, report.completeness))
}

fn paragraph(words: &str, width: usize) -> String {
    let lines = text::wrap(words, width, usize::MAX);
    lines.iter().map(|line| format!("{}\n", style::paint(style::NOTE, line))).collect()
}
