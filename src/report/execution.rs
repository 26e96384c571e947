//! An execution of a memory-model engine: which access was made, and what it read.

use super::text::{pad, wrap};
use crate::search::Execution;
use unicode_width::UnicodeWidthStr;

/// The accesses of `execution`, one a line, in an order in which the engine made them; what does not
/// fit in `width` columns goes on below.
pub fn execution(execution: &Execution, width: usize) -> String {
    let steps = &execution.steps;
    let widest = |words: &dyn Fn(usize) -> usize| (0..steps.len()).map(words).max().unwrap_or(0);
    let numbers = steps.len().to_string().len();
    let actors = widest(&|step| steps[step].actor.width());
    let places = widest(&|step| steps[step].place.width());
    let before = numbers + actors + places + 8;
    // What a step found matters more than its words.
    let whats = widest(&|step| steps[step].what.width()).min(WHAT_MAX);
    let labels = widest(&|step| steps[step].label.width());
    let labels = labels.min(width.saturating_sub(before + whats + 2)).max(LABEL_MIN);
    let mut text = String::new();
    for (index, step) in steps.iter().enumerate() {
        let (actor, place) = (pad(&step.actor, actors), pad(&step.place, places));
        let start = format!("  {:>numbers$}  {actor}  {place}  ", index + 1);
        let label = wrap(&step.label, labels, usize::MAX);
        let what = wrap(&step.what, whats.max(1), usize::MAX);
        let none = String::new();
        for line in 0..label.len().max(what.len()) {
            let start = if line == 0 { start.clone() } else { " ".repeat(start.width()) };
            let part = |lines: &[String]| lines.get(line).unwrap_or(&none).clone();
            let line = format!("{start}{}  {}", pad(&part(&label), labels), part(&what));
            text += &format!("{}\n", line.trim_end());
        }
    }
    text
}

/// The widest that what a step found may get before it goes on in the next line.
const WHAT_MAX: usize = 23;
/// The narrowest that a step's words are made.
const LABEL_MIN: usize = 20;
