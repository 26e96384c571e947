//! `ghosthunt list`: the built-in scenarios.

use super::output::{Failure, Output};
use super::story::{FIXED, RACE};
use super::{Exit, Format, WidthArgument};
use crate::language::nearest_name;
use crate::report::{self, style, text};
use crate::scenario::{Named, Scenario};
use clap::Args;

/// List the built-in scenarios, with what they show and expect
///
/// Go's race and its fix come first, then the other scenarios, by family.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Only a family, as in `go/`; names that fit a pattern, as in 'go/*-1.14'; or what says a word, as
    /// in `loader` [default: all]
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,
    /// For whom the output is
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    #[command(flatten)]
    width: WidthArgument,
}

/// The version of Go that got the first fix: most begin with it.
const HEADLINE: &str = "1.14";

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Failure> {
    let width = arguments.width.columns();
    let all = Named::built_in().map(|named| Ok(named.parse()?));
    let all: Vec<Scenario> = all.collect::<Result<_, Failure>>()?;
    for pattern in &arguments.patterns {
        if !all.iter().any(|scenario| fits(pattern, scenario)) {
            return Err(Failure::Usage(nothing_fits(pattern, &all)));
        }
    }
    let wanted = |scenario: &&Scenario| {
        let patterns = &arguments.patterns;
        patterns.is_empty() || patterns.iter().any(|pattern| fits(pattern, scenario))
    };
    let mut listed: Vec<&Scenario> = all.iter().filter(wanted).collect();
    listed.sort_by_cached_key(|scenario| rank(&scenario.name, &all));
    for scenario in &listed {
        output.print(&match arguments.format {
            Format::Human => entry(scenario, width),
            Format::Json => report::json_list(scenario),
        })?;
    }
    if arguments.format == Format::Human {
        output.print(&format!("\n{}", summary(listed.len(), &all, width)))?;
    }
    Ok(Exit::AsExpected)
}

fn family(name: &str) -> &str {
    name.split_once('/').map_or(name, |(family, _)| family)
}

/// What comes first: the story, then the headline, then the largest families.
fn rank(name: &str, all: &[Scenario]) -> (usize, usize, String) {
    let of_story = family(name) == family(RACE);
    let group = match [RACE, FIXED].iter().position(|told| *told == name) {
        Some(place) => place,
        None if of_story && name.contains(HEADLINE) => 2,
        None if of_story => 3,
        None => 4,
    };
    let size = all.iter().filter(|one| family(&one.name) == family(name)).count();
    (group, all.len() - size, name.to_string())
}

/// A pattern with `*` or `?` is of the whole name, one with `/` is how the name begins, and any other
/// stands in the name, or in what the scenario says of itself.
fn fits(pattern: &str, scenario: &Scenario) -> bool {
    let name = &scenario.name;
    if pattern.contains(['*', '?']) {
        // Files that are named after scenarios have `-` for `/`.
        return globs(pattern, name) || globs(pattern, &name.replace('/', "-"));
    }
    if pattern.contains('/') {
        return name.starts_with(pattern);
    }
    let source = scenario.source.as_deref().unwrap_or("");
    let pattern = pattern.to_lowercase();
    [name, &scenario.about, source].iter().any(|text| text.to_lowercase().contains(&pattern))
}

/// `*` stands for any text and `?` for one character.
fn globs(pattern: &str, name: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => name.is_empty(),
        Some('*') => {
            let mut ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            ends.any(|at| globs(rest.as_str(), &name[at..]))
        }
        Some(wanted) => {
            let mut name = name.chars();
            let found = name.next();
            found.is_some_and(|found| wanted == '?' || wanted == found)
                && globs(rest.as_str(), name.as_str())
        }
    }
}

fn nothing_fits(pattern: &str, all: &[Scenario]) -> String {
    let names = all.iter().map(|scenario| scenario.name.as_str());
    let families = names.clone().map(family);
    match nearest_name(pattern.trim_end_matches('/'), families.chain(names)) {
        Some(near) => format!("no scenario fits `{pattern}`; there is `{near}`"),
        None => format!("no scenario fits `{pattern}`; `ghosthunt list` shows all"),
    }
}

/// How many there are, and what to do with them.
fn summary(listed: usize, all: &[Scenario], width: usize) -> String {
    let mut families: Vec<&str> = all.iter().map(|scenario| family(&scenario.name)).collect();
    families.dedup();
    let number = match listed == all.len() {
        true => format!("{listed} scenarios in {} families", families.len()),
        false => format!("{listed} of {} scenarios", all.len()),
    };
    let words = format!("{number}; `list go/` lists a family, `check NAME` searches a scenario");
    text::wrap(&words, width, usize::MAX).iter().map(|line| format!("{line}\n")).collect()
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

#[cfg(test)]
mod tests {
    use super::globs;

    #[test]
    fn globs_are_of_the_whole_name() {
        for (pattern, fits) in [
            ("go/*", true),
            ("*/cgo-exit*", true),
            ("go/cgo-exit-1.1?", true),
            ("*", true),
            ("go/*exit", false),
            ("cgo*", false),
            ("go/cgo-exit-1.14?", false),
        ] {
            assert_eq!(globs(pattern, "go/cgo-exit-1.14"), fits, "{pattern}");
        }
    }
}
