//! Text to program: lexer, parser, names and types, lowering; diagnostics with source spans.

mod declarations;
mod diagnostic;
mod lexer;
mod lower;
mod model;
mod mutation;
mod parser;
mod parser_code;
mod syntax;
mod texts;
mod types;

pub use declarations::{Declaration, Declared, Word, declarations};
pub use diagnostic::{Diagnostic, Severity, Spanned, listed, nearest_name};
pub use model::choices;
pub use mutation::{Edit, Operator, Outline, StatementText, mutations, outline};
pub use texts::Texts;

use crate::program::{Program, Sources};

/// The cast of one check: everything a scenario says about a model, with the spans of its text.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    /// The scenario's name; empty for a bare model.
    pub scenario: String,
    /// The preset whose options hold, by name.
    pub preset: Option<Spanned<String>>,
    /// Options set by the scenario or the command line, in the order they apply.
    pub options: Vec<(Spanned<String>, Spanned<String>)>,
    /// Initial values: a variable or an element of an array, and a constant.
    pub init: Vec<(Spanned<String>, Spanned<String>)>,
    /// The threads, oldest first.
    pub threads: Vec<CastThread>,
    /// More properties, each a declaration in the language.
    pub properties: Vec<Spanned<String>>,
    /// Leaves out aux variables, and the properties and outcomes that read one: what remains must
    /// have the same graph.
    pub without_aux: bool,
}

/// A thread of the cast.
#[derive(Debug, Clone)]
pub struct CastThread {
    /// Its name.
    pub name: Spanned<String>,
    /// What it runs: a fairness word if any, a proc and its arguments.
    pub runs: Spanned<String>,
    /// How it starts: the name of a `start` declaration.
    pub start: Option<Spanned<String>>,
}

/// Where `use` finds its texts.
pub trait Library {
    /// The name to report and the text of `models/NAME.ghost`.
    fn model(&self, name: &str) -> Option<(String, String)>;
    /// The names of all texts, for suggestions.
    fn names(&self) -> Vec<String>;
    /// The texts that have been read already; `None` if nobody keeps them.
    fn texts(&self) -> Option<&Texts> {
        None
    }
}

/// Texts that did not compile.
#[derive(Debug, Clone)]
pub struct Errors {
    /// All texts read so far, the scenario's among them.
    pub sources: Sources,
    /// At least one error, and the warnings.
    pub diagnostics: Vec<Diagnostic>,
}

/// Compiles `model` for `cast`. `sources` holds the scenario's text, which the spans in `cast` point
/// into; the texts of the models are added to it. Returns the program and the warnings.
pub fn compile(
    model: &Spanned<String>,
    cast: &Cast,
    library: &dyn Library,
    sources: Sources,
) -> Result<(Program, Vec<Diagnostic>), Errors> {
    let mut sources = sources;
    let mut diagnostics = Vec::new();
    let nobody_else = Texts::default();
    let texts = library.texts().unwrap_or(&nobody_else);
    let merged = model::load(model, cast, library, texts, &mut sources, &mut diagnostics);
    let failed = |diagnostics: &[Diagnostic]| {
        diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    };
    let program = merged.and_then(|merged| {
        let listing = texts.listing(&merged, &sources);
        lower::lower(&merged, &listing, cast, &sources, &mut diagnostics)
    });
    match program {
        Some(mut program) if !failed(&diagnostics) => {
            program.model = model.value.clone();
            Ok((program, diagnostics))
        }
        _ => Err(Errors { sources, diagnostics }),
    }
}
