//! `ghosthunt list`: the built-in scenarios.

use super::output::{Failure, Output};
use super::{Exit, Format, WidthArgument};
use crate::report::{self, style, text};
use crate::scenario::{Named, Scenario};
use clap::Args;

/// List the built-in scenarios, with what they show and expect
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// For whom the output is
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    #[command(flatten)]
    width: WidthArgument,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    let width = arguments.width.columns();
    for named in Named::built_in() {
        let scenario = named.parse()?;
        output.print(&match arguments.format {
            Format::Human => entry(&scenario, width),
            Format::Json => report::json_list(&scenario),
        })?;
    }
    Ok(Exit::AsExpected)
}

/// A scenario's name, what it shows, and what is expected under which kernels.
fn entry(scenario: &Scenario, width: usize) -> String {
    let mut entry = format!("{}\n", style::paint(style::STRONG, &scenario.name));
    let mut lines = text::wrap(&scenario.about, width - 4, usize::MAX);
    if let Some(source) = &scenario.source {
        lines.extend(text::wrap(&format!("[{source}]"), width - 4, usize::MAX));
    }
    // Kernels that expect the same share a line.
    let mut expectations: Vec<(String, Vec<&str>)> = Vec::new();
    for kernel in scenario.kernel_names() {
        let summary = scenario.expectation(kernel).summary();
        match expectations.iter_mut().find(|(known, _)| *known == summary) {
            Some((_, kernels)) => kernels.extend(kernel),
            None => expectations.push((summary, kernel.into_iter().collect())),
        }
    }
    for (summary, kernels) in expectations {
        let under =
            if kernels.is_empty() { String::new() } else { format!(" on {}", kernels.join(", ")) };
        lines.extend(text::wrap(&format!("expects {summary}{under}"), width - 4, usize::MAX));
    }
    for line in lines.iter().filter(|line| !line.is_empty()) {
        entry += &format!("    {line}\n");
    }
    entry
}
