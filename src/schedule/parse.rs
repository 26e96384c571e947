//! The schedule file, read.

use super::{HeaderPlaces, Line, MAGIC, NOWHERE, Schedule, VERSION};
use crate::language::{Diagnostic, Errors};
use crate::program::{Sources, Span};

const KEYS: [&str; 7] = ["scenario", "kernel", "set", "model", "engine", "shows", "cycle"];

/// A line of the file and where it starts.
#[derive(Clone, Copy)]
struct Text<'a> {
    text: &'a str,
    start: usize,
}

impl<'a> Text<'a> {
    fn span(self) -> Span {
        Span { file: 0, start: self.start as u32, end: (self.start + self.text.len()) as u32 }
    }

    fn trimmed(self) -> Text<'a> {
        let start = self.start + self.text.len() - self.text.trim_start().len();
        Text { text: self.text.trim(), start }
    }

    /// The first word and the rest.
    fn split_word(self) -> (Text<'a>, Text<'a>) {
        let end = self.text.find(char::is_whitespace).unwrap_or(self.text.len());
        let rest = Text { text: &self.text[end..], start: self.start + end };
        (Text { text: &self.text[..end], ..self }, rest.trimmed())
    }
}

impl Schedule {
    /// Reads a schedule file. `file` is what diagnostics call it.
    ///
    /// # Errors
    /// Everything that is wrong with it, each at its place.
    pub fn parse(file: &str, text: &str) -> Result<Schedule, Errors> {
        let mut sources = Sources::default();
        sources.add(file, text);
        let mut parser = Parser { found: Vec::new(), lines: Vec::new(), diagnostics: Vec::new() };
        let mut lines = lines(text);
        let first = lines.next().unwrap_or(Text { text: "", start: 0 });
        if parser.version(first) {
            lines.for_each(|line| parser.line(line));
            parser.required(first);
        }
        if !parser.diagnostics.is_empty() {
            return Err(Errors { sources, diagnostics: parser.diagnostics });
        }
        Ok(parser.schedule(sources, text.len()))
    }
}

/// The lines that say something, without the space around them.
fn lines(text: &str) -> impl Iterator<Item = Text<'_>> {
    let mut start = 0;
    text.split_inclusive('\n')
        .map(move |line| {
            let at = start;
            start += line.len();
            Text { text: line, start: at }.trimmed()
        })
        .filter(|line| !line.text.is_empty())
}

struct Parser<'a> {
    /// Header lines: key and value.
    found: Vec<(&'a str, Text<'a>)>,
    lines: Vec<Line>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Parser<'a> {
    fn error(&mut self, message: impl Into<String>, place: Text, label: &str, help: &str) {
        let error = Diagnostic::error(message, place.span(), label);
        self.diagnostics.push(if help.is_empty() { error } else { error.help(help) });
    }

    /// Whether the first line says that this is a schedule, of a version that can be read.
    fn version(&mut self, line: Text) -> bool {
        let (magic, version) = line.split_word();
        if magic.text != MAGIC {
            let help = format!("a schedule starts with `{MAGIC} {VERSION}`");
            self.error("this is not a schedule", line, "", &help);
        } else if version.text != VERSION.to_string() {
            let help = format!("this ghosthunt reads version {VERSION}");
            self.error("a schedule of another version", version, "", &help);
        }
        self.diagnostics.is_empty()
    }

    fn line(&mut self, line: Text<'a>) {
        let (word, rest) = line.split_word();
        if word.text.starts_with(|c: char| c.is_ascii_digit()) {
            self.step(line, word, rest);
        } else if !self.lines.is_empty() {
            self.error("this is not a step", line, "", "a step is `NUMBER  ACTOR  PLACE  WORDS`");
        } else if !KEYS.contains(&word.text) {
            let error = Diagnostic::error(format!("unknown key `{}`", word.text), word.span(), "");
            self.diagnostics.push(error.nearest(word.text, KEYS));
        } else if rest.text.is_empty() {
            self.error(format!("`{}` has no value", word.text), word, "", "");
        } else if word.text != "set" && self.found.iter().any(|(key, _)| *key == word.text) {
            self.error(format!("`{}` is given twice", word.text), word, "", "");
        } else {
            self.found.push((word.text, rest));
        }
    }

    fn step(&mut self, line: Text, number: Text, rest: Text) {
        let expected = self.lines.len() + 1;
        if number.text != expected.to_string() {
            let label = format!("step {expected} is expected here");
            self.error("the steps are not numbered one by one", number, &label, "");
        }
        let (actor, rest) = rest.split_word();
        let (place, label) = rest.split_word();
        if place.text.is_empty() {
            self.error(
                "the step is cut short",
                line,
                "",
                "a step is `NUMBER  ACTOR  PLACE  WORDS`",
            );
        }
        // Counted even if it is wrong, so that one mistake is not reported once a line.
        self.lines.push(Line {
            actor: actor.text.to_string(),
            place: place.text.to_string(),
            label: label.text.to_string(),
            span: line.span(),
        });
    }

    fn value(&self, key: &str) -> Option<Text<'a>> {
        self.found.iter().find(|(found, _)| *found == key).map(|(_, value)| *value)
    }

    /// Complains about header lines that are missing or malformed.
    fn required(&mut self, first: Text) {
        for key in ["scenario", "model", "engine", "shows"] {
            let wrong = self.diagnostics.iter().any(|d| d.message.contains(&format!("`{key}`")));
            if self.value(key).is_none() && !wrong {
                self.error(format!("the schedule has no `{key}`"), first, "", "");
            }
        }
        if let Some(model) = self.value("model")
            && model_and_hash(model.text).is_none()
        {
            self.error(
                "this names no program",
                model,
                "a model and its hash are expected",
                "the hash is 16 hexadecimal digits",
            );
        }
        if let Some(cycle) = self.value("cycle")
            && cycle_from(cycle.text).is_none_or(|steps| steps >= self.lines.len())
        {
            let help = "as in `from 3`";
            self.error("this is no cycle", cycle, "the step it begins with is expected", help);
        }
        let sets: Vec<_> = self.found.iter().filter(|(key, _)| *key == "set").collect();
        let malformed: Vec<_> =
            sets.iter().filter(|(_, value)| !value.text.contains('=')).map(|(_, v)| *v).collect();
        for value in malformed {
            self.error("this sets no option", value, "", "an option is set by `NAME=VALUE`");
        }
    }

    /// The schedule, once nothing is wrong.
    fn schedule(self, sources: Sources, length: usize) -> Schedule {
        let text = |key| self.value(key).map_or(String::new(), |value| value.text.to_string());
        let span = |key| self.value(key).map_or(NOWHERE, Text::span);
        let (model, hash) =
            self.value("model").and_then(|value| model_and_hash(value.text)).unwrap_or_default();
        let set = self.found.iter().filter(|(key, _)| *key == "set");
        let set = set.filter_map(|(_, value)| value.text.split_once('='));
        let end = Span { file: 0, start: length as u32, end: length as u32 };
        Schedule {
            scenario: text("scenario"),
            kernel: self.value("kernel").map(|value| value.text.to_string()),
            set: set.map(|(k, v)| (k.trim().to_string(), v.trim().to_string())).collect(),
            model,
            hash,
            engine: text("engine"),
            shows: text("shows"),
            cycle_from: self.value("cycle").and_then(|value| cycle_from(value.text)),
            places: HeaderPlaces {
                model: span("model"),
                shows: span("shows"),
                end: self.lines.last().map_or(end, |line| line.span),
            },
            steps: self.lines,
            sources,
        }
    }
}

fn model_and_hash(text: &str) -> Option<(String, u64)> {
    let (model, hash) = text.rsplit_once(char::is_whitespace)?;
    let digits = hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let hash = u64::from_str_radix(hash, 16).ok().filter(|_| digits)?;
    Some((model.trim().to_string(), hash))
}

/// The steps before the cycle.
fn cycle_from(text: &str) -> Option<usize> {
    let (from, step) = text.split_once(char::is_whitespace)?;
    step.trim().parse::<usize>().ok()?.checked_sub(1).filter(|_| from == "from")
}
