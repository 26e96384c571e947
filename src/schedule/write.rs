//! The schedule file, written.

use super::{MAGIC, Schedule, VERSION};
use std::fmt;
use unicode_width::UnicodeWidthStr;

impl fmt::Display for Schedule {
    /// The bytes of the file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{MAGIC} {VERSION}")?;
        writeln!(f, "scenario {}", self.scenario)?;
        if let Some(kernel) = &self.kernel {
            writeln!(f, "kernel   {kernel}")?;
        }
        for (name, value) in &self.set {
            writeln!(f, "set      {name}={value}")?;
        }
        writeln!(f, "model    {} {:016x}", self.model, self.hash)?;
        writeln!(f, "engine   {}", self.engine)?;
        writeln!(f, "shows    {}", self.shows)?;
        if let Some(steps) = self.cycle_from {
            writeln!(f, "cycle    from {}", steps + 1)?;
        }
        let number_width = self.steps.len().to_string().len();
        let widest = |width: fn(&super::Line) -> usize| self.steps.iter().map(width).max();
        let actor_width = widest(|line| line.actor.width()).unwrap_or(0);
        // Kernel moves have no label; they need not push the labels of the others to the right.
        let labelled =
            |line: &super::Line| if line.label.is_empty() { 0 } else { line.place.width() };
        let place_width = self.steps.iter().map(labelled).max().unwrap_or(0);
        for (index, line) in self.steps.iter().enumerate() {
            let actor_gap = " ".repeat(actor_width - line.actor.width());
            write!(f, "{:number_width$}  {}{actor_gap}  {}", index + 1, line.actor, line.place)?;
            if !line.label.is_empty() {
                let place_gap = " ".repeat(place_width - line.place.width());
                write!(f, "{place_gap}  {}", line.label)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
