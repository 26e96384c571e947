//! What `check --all` says of lines that no scenario runs: a model text that has them claims more
//! than is shown.

use crate::program::{Program, Span};
use crate::report::{style, text};
use crate::search::{Completeness, Report};
use std::collections::{BTreeMap, HashSet};

/// The statements of all texts, and whether any check has run them.
#[derive(Debug, Default)]
pub(super) struct Unused {
    /// By text, then by place in it.
    statements: BTreeMap<String, BTreeMap<Span, Line>>,
    /// A check was stopped, and might have run more.
    incomplete: bool,
}

/// A statement.
#[derive(Debug)]
struct Line {
    number: u32,
    owner: String,
    label: String,
    ran: bool,
}

impl Unused {
    /// Takes in what a check ran. Statements that the text marks as unreached are left out: one that
    /// runs is reported by its own check.
    pub fn add(&mut self, program: &Program, report: &Report) {
        self.incomplete |= report.completeness != Completeness::Exhaustive;
        let not_run: HashSet<_> = report.not_run.iter().copied().collect();
        for (id, statement) in (0..).zip(&program.statements).filter(|(_, s)| !s.unreachable) {
            let file = &program.sources.files[usize::from(statement.span.file)].name;
            if !self.statements.contains_key(file) {
                self.statements.insert(file.clone(), BTreeMap::new());
            }
            let lines = self.statements.get_mut(file).expect("it was just put there");
            // The number of a text differs from program to program.
            let line = lines.entry(Span { file: 0, ..statement.span }).or_insert_with(|| Line {
                number: statement.line,
                owner: statement.owner.clone(),
                label: statement.label.clone(),
                ran: false,
            });
            line.ran |= !not_run.contains(&id);
        }
    }

    /// The lines that never ran, with their places; `None` if there are none, or if a check that was
    /// stopped might have run them.
    pub fn words(&self, width: usize) -> Option<String> {
        if self.incomplete {
            return None;
        }
        let mut words = String::new();
        for (file, lines) in &self.statements {
            let unused: Vec<_> = lines.values().filter(|line| !line.ran).collect();
            if unused.is_empty() {
                continue;
            }
            let head =
                format!("\nNo scenario runs these lines of {file}, and it does not say why:");
            words += &format!("{}\n", style::paint(style::BAD, &head));
            for line in unused {
                let line = format!("{} {}: {}", line.number, line.owner, line.label);
                words += &format!("  {}\n", text::wrap(&line, width - 2, 1).concat());
            }
        }
        (!words.is_empty()).then_some(words)
    }
}
