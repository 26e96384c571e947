//! What a text declares, as its words: for whoever compares two texts, or shows a piece of one.

use super::lexer::{Base, TokenKind, lex};
use super::parser::parse_module;
use super::syntax::{Item, ProcKind, ProcRole};
use std::ops::Range;

/// A declaration of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// What kind of declaration it is.
    pub kind: Declared,
    /// What it declares; of a `use`, the text. Empty for what has no name.
    pub name: String,
    /// Where it stands, in bytes of the text, without the documentation above it.
    pub span: Range<usize>,
    /// Its words and marks, comments left out.
    pub words: Vec<Word>,
    /// How many of the words stand before its body; all of them if there is none.
    pub head: usize,
}

/// A word or a mark of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As it is written.
    pub text: String,
    /// Where, in bytes of the text.
    pub span: Range<usize>,
}

/// Kinds of declarations, as far as anybody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// `use`
    Use,
    /// `var`, of a thread's own or not; not `aux`.
    Var,
    /// `aux var`
    Aux,
    /// `enum`
    Enum,
    /// A `proc` that is no hook, wraps nothing, and runs step by step in user mode.
    Proc,
    /// `hook proc`
    Hook,
    /// `syscall`
    Syscall,
    /// `override`
    Override,
    /// Whatever else there is: `atomic proc`, `action`, `option`, gates, ends, properties.
    Other,
}

/// What `text` declares, in its order; `None` if it cannot be read.
pub fn declarations(text: &str) -> Option<Vec<Declaration>> {
    let mut errors = Vec::new();
    u32::try_from(text.len()).ok()?;
    let module = parse_module(text, 0, &mut errors);
    if !errors.is_empty() {
        return None;
    }
    let tokens = lex(text, 0, Base::Offset(0), &mut errors);
    let word = |kind: &TokenKind| {
        !matches!(kind, TokenKind::Doc(_) | TokenKind::Header(_) | TokenKind::End)
    };
    let words: Vec<Word> = tokens
        .iter()
        .filter(|token| word(&token.kind))
        .map(|token| token.span.start as usize..token.span.end as usize)
        .map(|span| Word { text: text[span.clone()].to_string(), span })
        .collect();
    let items = module.items.iter().zip(&module.spans);
    let declared = items.map(|(item, span)| {
        let span = span.start as usize..span.end as usize;
        let inside = |word: &&Word| span.start <= word.span.start && word.span.end <= span.end;
        let words: Vec<Word> = words.iter().filter(inside).cloned().collect();
        let (kind, name) = kind_and_name(item);
        let head = words.iter().position(|word| word.text == "{").unwrap_or(words.len());
        Declaration { kind, name: name.to_string(), span, words, head }
    });
    Some(declared.collect())
}

fn kind_and_name(item: &Item) -> (Declared, &str) {
    match item {
        Item::Use { path, .. } => (Declared::Use, &path.text),
        Item::Var(var) if var.aux => (Declared::Aux, &var.name.text),
        Item::Var(var) => (Declared::Var, &var.name.text),
        Item::Enum { name, .. } => (Declared::Enum, &name.text),
        Item::Proc(proc) => {
            let kind = match (proc.role, proc.kind) {
                (ProcRole::Hook, _) => Declared::Hook,
                (ProcRole::Override, _) => Declared::Override,
                (ProcRole::Plain, ProcKind::Plain) => Declared::Proc,
                (ProcRole::Plain, ProcKind::Syscall) => Declared::Syscall,
                (ProcRole::Plain, _) => Declared::Other,
            };
            (kind, &proc.name.text)
        }
        Item::Action { proc, .. } => (Declared::Other, &proc.name.text),
        Item::Option { name, .. }
        | Item::Preset { name, .. }
        | Item::Handler { name, .. }
        | Item::Shows { name, .. }
        | Item::Start { name, .. }
        | Item::Outcome { name, .. } => (Declared::Other, &name.text),
        Item::Gate { .. } | Item::Lives { .. } | Item::OnKernel { .. } | Item::Property { .. } => {
            (Declared::Other, "")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Declared, declarations};

    #[test]
    fn declarations_are_words_without_comments() {
        let text = "//! Head.\nuse nt\n\n/// Doc.\nproc p(t: thread) { // why\n    skip\n}\naux var x: bool\n";
        let found = declarations(text).expect("it can be read");
        let kinds: Vec<_> = found.iter().map(|one| (one.kind, one.name.as_str())).collect();
        assert_eq!(kinds, [(Declared::Use, "nt"), (Declared::Proc, "p"), (Declared::Aux, "x")]);
        let proc = &found[1];
        let words: Vec<_> = proc.words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(words, ["proc", "p", "(", "t", ":", "thread", ")", "{", "skip", "}"]);
        assert_eq!(proc.head, 7);
        assert!(
            text[proc.span.clone()].starts_with("proc p") && text[proc.span.clone()].ends_with('}')
        );
        assert!(declarations("proc {").is_none());
    }
}
