//! Small things that all texts for people share: numbers, wrapping, widths.

use std::time::Duration;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// `1234567` as `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 step`, `2 steps`.
pub fn plural(number: u64, singular: &str) -> String {
    format!("{} {singular}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A duration with two or three digits that matter: `0.42 s`, `3 min 5 s`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        ..10.0 => format!("{seconds:.2} s"),
        ..120.0 => format!("{seconds:.1} s"),
        _ => format!("{} min {} s", time.as_secs() / 60, time.as_secs() % 60),
    }
}

/// Bytes in binary units: `1.5 GiB`.
pub fn bytes(number: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = number as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{number} B") } else { format!("{value:.1} {}", units[unit]) }
}

/// `text` in at most `lines_max` lines of at most `width` columns, broken at spaces where there are
/// any; what does not fit ends in `…`. There is at least one line.
pub fn wrap(text: &str, width: usize, lines_max: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut word = word;
        let line = lines.last_mut().expect("there is a line");
        let gap = usize::from(!line.is_empty());
        if line.width() + gap + word.width() <= width {
            line.push_str(if gap == 1 { " " } else { "" });
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(String::new());
        }
        while word.width() > width {
            let (head, rest) = split_at_width(word, width);
            *lines.last_mut().expect("there is a line") = head.to_string();
            lines.push(String::new());
            word = rest;
        }
        lines.last_mut().expect("there is a line").push_str(word);
    }
    if lines.len() > lines_max.max(1) {
        lines.truncate(lines_max.max(1));
        let last = lines.last_mut().expect("there is a line");
        let kept = split_at_width(last, width - 1).0;
        *last = format!("{kept}…");
    }
    lines
}

/// The longest start of `text` that is at most `width` columns wide (one character at least), and
/// the rest.
fn split_at_width(text: &str, width: usize) -> (&str, &str) {
    let mut taken = 0;
    for (index, character) in text.char_indices() {
        taken += character.width().unwrap_or(0);
        if taken > width && index > 0 {
            return text.split_at(index);
        }
    }
    (text, "")
}

/// `text` filled up with spaces to `width` columns.
pub fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use super::{bytes, count, duration, wrap};
    use std::time::Duration;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 3_892_125].map(count), ["0", "999", "1,000", "3,892,125"]);
        assert_eq!([5, 1536, 3 << 30].map(bytes), ["5 B", "1.5 KiB", "3.0 GiB"]);
        assert_eq!(duration(Duration::from_millis(420)), "0.42 s");
        assert_eq!(duration(Duration::from_secs(185)), "3 min 5 s");
    }

    #[test]
    fn long_text_is_broken_at_spaces_and_cut_at_the_end() {
        assert_eq!(wrap("if SuspendThread(t)", 9, 9), ["if", "SuspendTh", "read(t)"]);
        assert_eq!(wrap("one two three four", 9, 2), ["one two", "three…"]);
        assert_eq!(wrap("one two three four", 4, 3), ["one", "two", "thr…"]);
        assert_eq!(wrap("", 9, 2), [""]);
        assert_eq!(wrap("→→→→", 2, 1), ["→…"]);
    }
}
