//! Scenarios: a model, the cast that runs it, and what is expected of the search.
//!
//! A scenario is a TOML file (the format is in `models/README.md`). Reading one keeps the span of
//! everything in it, so that whatever turns out wrong later is shown at its place. This room knows
//! the language and the search's report; it never searches.

mod causes;
mod find;
mod hunt;
mod judge;
mod library;
mod read;
mod table;

pub use causes::{Cause, LeftOut, Place};
pub use find::{Named, NotFound, SplitName};
pub use hunt::{Cell, Hunt};
pub use judge::{Judgement, Unmet, UnmetKind, finding_name, limit_reached};
pub use library::{Models, built_in_models, built_in_notes, built_in_scenarios};

use crate::language::{self, Cast, CastThread, Diagnostic, Errors, Library, Severity, Spanned};
use crate::program::{FileId, Program, Sources, Span};
use std::path::PathBuf;

/// A scenario file, read.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name, as in `go/cgo-exit`.
    pub name: String,
    /// What the cast shows, in a sentence; empty if the file does not say.
    pub about: String,
    /// Where the case is on record.
    pub source: Option<String>,
    /// The scenario of the same cast with the fix: a built-in name, or a path beside this one.
    pub fixed: Option<Spanned<String>>,
    /// The model: a built-in name, or a path beside the scenario.
    pub model: Spanned<String>,
    /// The kernel presets, one check each; empty for a model without presets.
    pub kernels: Vec<Spanned<String>>,
    /// Options of the model.
    pub options: Vec<(Spanned<String>, Spanned<String>)>,
    /// Initial values.
    pub init: Vec<(Spanned<String>, Spanned<String>)>,
    /// The cast, oldest first.
    pub threads: Vec<CastThread>,
    /// More properties.
    pub properties: Vec<Spanned<String>>,
    /// What is expected under a kernel that has no expectation of its own.
    pub expect: Expectation,
    /// What is expected under single kernels, instead.
    pub expect_under: Vec<(Spanned<String>, Expectation)>,
    /// What C11 makes of the cast, if the file says.
    pub c11: Option<Allowed>,
    /// The scenario's text, which all spans point into.
    pub sources: Sources,
    /// The directory that the model's path is relative to; `None` for a built-in scenario.
    directory: Option<PathBuf>,
}

/// What is expected of a search. The default is safety: no violation at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectation {
    /// This end occurs; others may. `safe`: no violation at all.
    pub outcome: Option<Spanned<String>>,
    /// These ends occur, and no other.
    pub outcomes: Option<Vec<Spanned<String>>>,
    /// These ends do not occur.
    pub must_not: Vec<Spanned<String>>,
    /// These properties fail, and no other: a property as reported (`never NAME`), `assert`, `range`
    /// or `unlock`.
    pub violates: Vec<Spanned<String>>,
}

/// What C11 allows a cast to come to, by the name of an outcome or `race`, and where loom differs. A
/// cast that may race means nothing, so that besides `race` nothing is said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    /// C11 allows these and no other.
    pub allows: Vec<Spanned<String>>,
    /// C11 forbids these, of those that one might think of.
    pub forbids: Vec<Spanned<String>>,
    /// loom shows these although C11 forbids them.
    pub loom_shows: Vec<Spanned<String>>,
    /// loom does not show these although C11 allows them.
    pub loom_hides: Vec<Spanned<String>>,
}

/// One check: a program that compiled, and what is expected of it.
#[derive(Debug, Clone)]
pub struct Check {
    /// What to search.
    pub program: Program,
    /// What is expected.
    pub expectation: Expectation,
    /// The options set from outside the scenario, as given: name and value.
    pub set: Vec<(String, String)>,
    /// Warnings of the compiler; their spans point into the program's sources.
    pub warnings: Vec<Diagnostic>,
}

impl Scenario {
    /// Reads the text of a scenario. `file` is what diagnostics call it.
    pub fn parse(name: &str, file: &str, text: &str) -> Result<Scenario, Errors> {
        read::scenario(name, file, text)
    }

    /// The kernels to check: those of the scenario, or `None` once if it names none.
    pub fn kernel_names(&self) -> Vec<Option<&str>> {
        if self.kernels.is_empty() {
            return vec![None];
        }
        self.kernels.iter().map(|kernel| Some(kernel.value.as_str())).collect()
    }

    /// The scenario that shows the fix, found but not read.
    ///
    /// # Errors
    /// A diagnostic where the scenario names it, if there is none.
    pub fn find_fixed(&self) -> Result<Option<Named>, Errors> {
        let Some(fixed) = &self.fixed else { return Ok(None) };
        let beside = self.directory.as_ref().map(|directory| {
            let name = fixed.value.strip_suffix(".toml").unwrap_or(&fixed.value);
            directory.join(format!("{name}.toml"))
        });
        let found = match beside.filter(|path| path.is_file()) {
            Some(path) => Named::read(&path),
            None => Named::find(&fixed.value),
        };
        found.map(Some).map_err(|error| Errors {
            sources: self.sources.clone(),
            diagnostics: vec![Diagnostic::error(error.to_string(), fixed.span, "named here")],
        })
    }

    /// What is expected under `kernel`.
    pub fn expectation(&self, kernel: Option<&str>) -> &Expectation {
        self.expect_under
            .iter()
            .find(|(name, _)| Some(name.value.as_str()) == kernel)
            .map_or(&self.expect, |(_, expectation)| expectation)
    }

    /// Compiles one check. `kernel` need not be among the scenario's; `set` holds options that go
    /// over its own, name and value.
    pub fn compile(&self, kernel: Option<&str>, set: &[(String, String)]) -> Result<Check, Errors> {
        self.compile_with(kernel, set, &self.models())
    }

    /// The presets and the options that its model has, by name.
    pub fn choices(&self) -> (Vec<String>, Vec<String>) {
        language::choices(&self.model.value, &self.models())
    }

    /// The models that this scenario can name.
    pub fn models(&self) -> Models {
        Models::beside(self.directory.as_deref())
    }

    /// As [`Scenario::compile`], with the texts of `models`.
    pub fn compile_with(
        &self,
        kernel: Option<&str>,
        set: &[(String, String)],
        models: &dyn Library,
    ) -> Result<Check, Errors> {
        let mut sources = self.sources.clone();
        let preset = kernel.map(|kernel| self.preset(kernel, &mut sources));
        let mut options = self.options.clone();
        options.extend(set.iter().map(|(name, value)| given_option(name, value, &mut sources)));
        let cast = Cast {
            scenario: self.name.clone(),
            preset,
            options,
            init: self.init.clone(),
            threads: self.threads.clone(),
            properties: self.properties.clone(),
            without_aux: false,
        };
        let (program, warnings) = language::compile(&self.model, &cast, models, sources)?;
        let expectation = self.expectation(kernel).clone();
        let mut wrong = expectation.names_unknown_to(&program);
        if let Some(allowed) = &self.c11 {
            wrong.extend(allowed.names_unknown_to(&program));
        }
        if wrong.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
            return Err(Errors { sources: program.sources, diagnostics: wrong });
        }
        Ok(Check { program, expectation, set: set.to_vec(), warnings })
    }

    /// The preset with its place: in the scenario, or on the command line.
    fn preset(&self, kernel: &str, sources: &mut Sources) -> Spanned<String> {
        self.kernels
            .iter()
            .find(|known| known.value == kernel)
            .cloned()
            .unwrap_or_else(|| given("--kernel ", kernel, sources))
    }
}

/// What diagnostics call the command line.
const COMMAND_LINE: &str = "the command line";

/// Whether the first error is about what was given from outside the scenario: a kernel or an option.
pub fn is_about_what_was_given(errors: &Errors) -> bool {
    let first = errors.diagnostics.iter().find(|one| one.severity == Severity::Error);
    let label = first.and_then(|error| error.labels.first());
    label.is_some_and(|(span, _)| errors.sources.files[usize::from(span.file)].name == COMMAND_LINE)
}

/// A value that was given from outside, which becomes a text of its own to point into.
fn given(before: &str, value: &str, sources: &mut Sources) -> Spanned<String> {
    let file = sources.add(COMMAND_LINE, format!("{before}{value}"));
    let (start, end) = (before.len(), before.len() + value.len());
    Spanned { value: value.to_string(), span: span(file, start, end) }
}

fn given_option(
    name: &str,
    value: &str,
    sources: &mut Sources,
) -> (Spanned<String>, Spanned<String>) {
    let flag = "--set ";
    let value = given(&format!("{flag}{name}="), value, sources);
    let span = span(value.span.file, flag.len(), flag.len() + name.len());
    (Spanned { value: name.to_string(), span }, value)
}

fn span(file: FileId, start: usize, end: usize) -> Span {
    Span { file, start: start as u32, end: end as u32 }
}
