//! The colours of texts for people. They are written always; the stream that prints them takes them
//! out where they are not wanted.

use anstyle::{AnsiColor, Style};

/// Headings and verdicts in general.
pub const STRONG: Style = Style::new().bold();
/// What is said beside the point.
pub const FAINT: Style = Style::new().dimmed();
/// All is well.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Something is not.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What happens to a thread, and what is not certain.
pub const NOTE: Style = AnsiColor::Yellow.on_default();

/// `text` in that style.
pub fn paint(style: Style, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{style}{text}{style:#}") }
}
