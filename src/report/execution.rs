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
    let labels = widest(&|step| steps[step].label.width());
    let before = numbers + actors + places + labels + 8;
    let mut text = String::new();
    for (index, step) in steps.iter().enumerate() {
        let (actor, place) = (pad(&step.actor, actors), pad(&step.place, places));
        let start = format!("  {:>numbers$}  {actor}  {place}  ", index + 1);
        let words = wrap(&step.what, width.saturating_sub(before).max(20), usize::MAX);
        for (line, words) in words.iter().enumerate() {
            let (start, label) = match line {
                0 => (start.clone(), step.label.as_str()),
                _ => (" ".repeat(start.width()), ""),
            };
            let line = format!("{start}{}  {words}", pad(label, labels));
            text += &format!("{}\n", line.trim_end());
        }
    }
    text
}
