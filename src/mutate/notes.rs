//! What people have said about the mutants of a model: `NAME.mutate.toml` beside `NAME.ghost`.
//!
//! ```toml
//! procs = ["preemptM"]          # what is mutated if the command line does not say; else all procs
//!
//! [[hunk]]                      # a part of a change, to be taken out as a whole
//! name   = "the CAS in preemptM"
//! remove = [{ proc = "preemptM", statement = "if !cas(ext[mp], 0, 1)" }]
//!
//! [[reason]]                    # why mutants need not be distinguished
//! mutants = ["preemptM: delete `CloseHandle(handle)`"]
//! reason  = "closing a handle touches nothing that the model has"
//! ```
//!
//! A statement is named by its words without the blocks it opens, or by all its words; of several
//! in a proc, `number` says which, from 1.

use crate::language::{Diagnostic, Errors, Spanned};
use crate::program::{Sources, Span};
use std::ops::Range;
use toml_edit::{Document, Item, TableLike, Value};

/// Notes on the mutants of a model.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    /// The procs that are the protocol; `None`: all.
    pub procs: Option<Vec<String>>,
    /// Parts of a change.
    pub hunks: Vec<Hunk>,
    /// Why mutants need not be distinguished.
    pub reasons: Vec<Reason>,
    /// The text of the notes.
    pub sources: Sources,
}

/// A part of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// What it is called.
    pub name: String,
    /// The statements it consists of.
    pub remove: Vec<Part>,
}

/// A statement of a hunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The proc.
    pub proc: String,
    /// The statement's words.
    pub statement: Spanned<String>,
    /// Which of those with these words in the proc, from 1.
    pub number: usize,
}

/// Why some mutants need not be distinguished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The mutants, by name: `proc: description`.
    pub mutants: Vec<Spanned<String>>,
    /// The reason, a sentence.
    pub reason: String,
}

impl Notes {
    /// Reads notes. `file` is what diagnostics call them.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn parse(file: &str, text: &str) -> Result<Notes, Errors> {
        let mut sources = Sources::default();
        sources.add(file, text);
        let document = match Document::parse(text) {
            Ok(document) => document,
            Err(error) => {
                let place = span(error.span().unwrap_or(0..0));
                let message = format!("this is not TOML: {}", error.message());
                let diagnostics = vec![Diagnostic::error(message, place, "")];
                return Err(Errors { sources, diagnostics });
            }
        };
        let mut reader = Reader { diagnostics: Vec::new() };
        let mut notes = Notes { sources, ..Notes::default() };
        for (key, item) in document.as_table().iter() {
            match key {
                "procs" => {
                    let procs = reader.strings(item, "`procs`");
                    notes.procs = Some(procs.into_iter().map(|proc| proc.value).collect());
                }
                "hunk" => {
                    for table in reader.tables(item, "`hunk`") {
                        notes.hunks.extend(reader.hunk(table, item));
                    }
                }
                "reason" => {
                    for table in reader.tables(item, "`reason`") {
                        notes.reasons.extend(reader.reason(table, item));
                    }
                }
                _ => reader.unknown(key, item, "notes", "`procs`, `hunk` and `reason`"),
            }
        }
        if reader.diagnostics.is_empty() {
            Ok(notes)
        } else {
            Err(Errors { sources: notes.sources, diagnostics: reader.diagnostics })
        }
    }

    /// Why the mutant of that name need not be distinguished.
    pub fn reason(&self, mutant: &str) -> Option<&str> {
        self.reasons
            .iter()
            .find(|reason| reason.mutants.iter().any(|name| name.value == mutant))
            .map(|reason| reason.reason.as_str())
    }
}

struct Reader {
    diagnostics: Vec<Diagnostic>,
}

impl Reader {
    fn wrong(&mut self, item: &Item, message: String) {
        let place = span(item.span().unwrap_or(0..0));
        self.diagnostics.push(Diagnostic::error(message, place, ""));
    }

    fn unknown(&mut self, key: &str, item: &Item, place: &str, known: &str) {
        let place_of = span(item.span().unwrap_or(0..0));
        let error = Diagnostic::error(format!("unknown key `{key}` in {place}"), place_of, "");
        self.diagnostics.push(error.help(format!("the keys are {known}")));
    }

    fn hunk(&mut self, table: &dyn TableLike, around: &Item) -> Option<Hunk> {
        let (mut name, mut remove) = (None, Vec::new());
        for (key, item) in table.iter() {
            match key {
                "name" => name = self.string(item, "`name`"),
                "remove" => {
                    for part in self.tables(item, "`remove`") {
                        remove.extend(self.part(part, item));
                    }
                }
                _ => self.unknown(key, item, "a hunk", "`name` and `remove`"),
            }
        }
        if name.is_none() || remove.is_empty() {
            self.wrong(around, "a hunk has a `name` and statements to `remove`".to_string());
        }
        Some(Hunk { name: name?.value, remove })
    }

    fn part(&mut self, table: &dyn TableLike, around: &Item) -> Option<Part> {
        let (mut proc, mut statement, mut number) = (None, None, 1);
        for (key, item) in table.iter() {
            match key {
                "proc" => proc = self.string(item, "`proc`"),
                "statement" => statement = self.string(item, "`statement`"),
                "number" => match item.as_integer().map(usize::try_from) {
                    Some(Ok(value)) if value > 0 => number = value,
                    _ => self.wrong(item, "`number` counts from 1".to_string()),
                },
                _ => self.unknown(
                    key,
                    item,
                    "a statement to remove",
                    "`proc`, `statement` and `number`",
                ),
            }
        }
        if proc.is_none() || statement.is_none() {
            self.wrong(around, "what is removed has a `proc` and a `statement`".to_string());
        }
        Some(Part { proc: proc?.value, statement: statement?, number })
    }

    fn reason(&mut self, table: &dyn TableLike, around: &Item) -> Option<Reason> {
        let (mut mutants, mut reason) = (Vec::new(), None);
        for (key, item) in table.iter() {
            match key {
                "mutants" => mutants = self.strings(item, "`mutants`"),
                "reason" => reason = self.string(item, "`reason`"),
                _ => self.unknown(key, item, "a reason", "`mutants` and `reason`"),
            }
        }
        if mutants.is_empty() || reason.is_none() {
            self.wrong(around, "a reason has `mutants` and a `reason`".to_string());
        }
        Some(Reason { mutants, reason: reason?.value })
    }

    fn string(&mut self, item: &Item, what: &str) -> Option<Spanned<String>> {
        let value = item.as_str().map(str::to_string);
        if value.is_none() {
            self.wrong(item, format!("{what} is a string"));
        }
        Some(Spanned { value: value?, span: span(item.span().unwrap_or(0..0)) })
    }

    fn strings(&mut self, item: &Item, what: &str) -> Vec<Spanned<String>> {
        let Some(array) = item.as_array() else {
            self.wrong(item, format!("{what} is an array of strings"));
            return Vec::new();
        };
        let elements = array.iter().map(|value| Item::Value(value.clone()));
        elements
            .filter_map(|element| self.string(&element, &format!("an element of {what}")))
            .collect()
    }

    fn tables<'i>(&mut self, item: &'i Item, what: &str) -> Vec<&'i dyn TableLike> {
        if let Some(tables) = item.as_array_of_tables() {
            return tables.iter().map(|table| table as &dyn TableLike).collect();
        }
        let inline = item
            .as_array()
            .map(|array| array.iter().map(Value::as_inline_table).collect::<Option<Vec<_>>>());
        match inline {
            Some(Some(tables)) => tables.into_iter().map(|table| table as &dyn TableLike).collect(),
            _ => {
                self.wrong(item, format!("{what} is an array of tables"));
                Vec::new()
            }
        }
    }
}

fn span(range: Range<usize>) -> Span {
    Span { file: 0, start: range.start as u32, end: range.end as u32 }
}
