//! What a solution may not do: change what is given, or know what only the kernel knows.
//!
//! The search believes every text. A protocol that reads `stopped[t]`, or that does three things in
//! one `atomic` step, could not be built, so it is refused before it is searched.

use super::Hole;
use crate::language::{Declaration, Declared, Diagnostic, Library, Word, declarations};
use crate::program::{FileId, Span};
use crate::scenario::Models;
use std::ops::Range;

/// Words that user code has no instruction for, and why.
const REFUSED: [(&str, &str); 5] = [
    ("atomic", "a processor does one access at a time"),
    ("finish", "only the kernel ends threads"),
    ("strong", "a fairness word is a promise of the scheduler, not a protocol"),
    ("fair", "a fairness word is a promise of the scheduler, not a protocol"),
    ("unfair", "a fairness word is a promise of the scheduler, not a protocol"),
];

/// Whatever `given`, the text of the solution, does and may not. Its spans point into `file`. Nothing
/// is said of a text that cannot be read: compiling it says it better.
pub(super) fn broken(hole: &Hole, handout: &str, given: &str, file: FileId) -> Vec<Diagnostic> {
    let Some(theirs) = declarations(given) else { return Vec::new() };
    let ours = declarations(handout).expect("a handout can be read");
    let rules = Rules { hole, file, given };
    let mut broken = rules.given_parts(&ours, &theirs);
    let names = Names::of(hole, &ours);
    for own in theirs.iter().filter(|theirs| rules.is_own(theirs, &ours)) {
        broken.extend(rules.declaration(own, &ours, &names));
        broken.extend(own.words.iter().filter_map(|word| rules.word(own, word, &names)));
    }
    broken
}

struct Rules<'a> {
    hole: &'a Hole,
    file: FileId,
    given: &'a str,
}

/// What a solution cannot name.
struct Names {
    /// The kernel's own.
    kernel: Vec<String>,
    /// What the exercise is judged by.
    judge: Vec<String>,
    /// Procs of the kernel that another of that name would fill in.
    hooks: Vec<String>,
}

impl Names {
    fn of(hole: &Hole, handout: &[Declaration]) -> Names {
        let declared = hole.kernel.text.map_or(Vec::new(), |name| {
            let (_, text) = Models::default().model(name).expect("the kernel is built in");
            declarations(&text).expect("the kernel can be read")
        });
        let open = |name: &str| {
            let listed = [hole.kernel.user, hole.names, hole.change];
            listed.iter().any(|names| names.contains(&name))
        };
        let names = |from: &[Declaration], wanted: &dyn Fn(Declared) -> bool| -> Vec<String> {
            let wanted = from.iter().filter(|one| wanted(one.kind) && !one.name.is_empty());
            wanted.map(|one| one.name.clone()).filter(|name| !open(name)).collect()
        };
        let is_variable = |kind| matches!(kind, Declared::Var | Declared::Aux);
        let mut judge = names(handout, &is_variable);
        judge.extend(hole.hidden.iter().map(|name| (*name).to_string()));
        Names {
            kernel: names(&declared, &|_| true),
            judge,
            hooks: names(&declared, &|kind| kind == Declared::Hook),
        }
    }
}

impl Rules<'_> {
    fn span(&self, range: &Range<usize>) -> Span {
        Span { file: self.file, start: range.start as u32, end: range.end as u32 }
    }

    fn may_change(&self, one: &Declaration) -> bool {
        self.hole.change.contains(&one.name.as_str())
    }

    /// The solution's own: what it may change, and what it adds.
    fn is_own(&self, theirs: &Declaration, ours: &[Declaration]) -> bool {
        self.may_change(theirs) || !ours.iter().any(|ours| same(ours, theirs))
    }

    /// Everything that is not to be changed must be there, as it was.
    fn given_parts(&self, ours: &[Declaration], theirs: &[Declaration]) -> Vec<Diagnostic> {
        let kept = ours.iter().filter(|ours| !self.may_change(ours));
        let missing = kept.filter(|ours| !theirs.iter().any(|theirs| same(ours, theirs)));
        let error = |ours: &Declaration| {
            let changed = theirs.iter().find(|t| !t.name.is_empty() && t.name == ours.name);
            let what = if ours.name.is_empty() { "this part" } else { &ours.name };
            let yours = format!("yours to change: {}", self.hole.change.join(", "));
            match changed {
                Some(theirs) => Diagnostic::error(
                    format!("`{what}` is not yours to change"),
                    self.span(&theirs.span),
                    "not as it was handed out",
                ),
                None => {
                    let words: Vec<_> = ours.words.iter().map(|w| w.text.as_str()).collect();
                    let message = format!("this is missing: `{}`", shortened(&words.join(" ")));
                    Diagnostic::error(message, self.span(&self.first_line()), "")
                }
            }
            .help(yours)
        };
        missing.map(error).collect()
    }

    fn first_line(&self) -> Range<usize> {
        0..self.given.lines().next().map_or(0, str::len)
    }

    /// What kinds of declarations there may be.
    fn declaration(
        &self,
        own: &Declaration,
        ours: &[Declaration],
        names: &Names,
    ) -> Option<Diagnostic> {
        let place = self.span(&own.words[0].span);
        if let Some(handout) = ours.iter().find(|ours| ours.name == own.name)
            && self.may_change(own)
        {
            let head = |one: &Declaration| -> Vec<String> {
                one.words[..one.head].iter().map(|word| word.text.clone()).collect()
            };
            let is_code = matches!(handout.kind, Declared::Proc | Declared::Override);
            return (is_code && head(handout) != head(own)).then(|| {
                Diagnostic::error(format!("`{}` has another head", own.name), place, "")
                    .help(format!("it was `{}`", head(handout).join(" ")))
            });
        }
        let may_be_added = match own.kind {
            Declared::Var => self.hole.kernel.variables,
            Declared::Aux | Declared::Enum => true,
            Declared::Proc => !names.hooks.contains(&own.name),
            _ => false,
        };
        (!may_be_added).then(|| {
            Diagnostic::error("this cannot be declared here", place, "not in the handout").help(
                match self.hole.kernel.variables {
                    true => "you may add variables, enums, and procs that are no hooks",
                    false => "you may add enums, and procs that are no hooks",
                },
            )
        })
    }

    /// What a word of the solution may not be.
    fn word(&self, own: &Declaration, word: &Word, names: &Names) -> Option<Diagnostic> {
        let is_code = matches!(own.kind, Declared::Proc | Declared::Override);
        let place = self.span(&word.span);
        let refused = REFUSED.iter().find(|(refused, _)| is_code && *refused == word.text);
        if let Some((refused, why)) = refused {
            let message = format!("there is no `{refused}` in user code");
            return Some(Diagnostic::error(message, place, *why));
        }
        if own.name == word.text {
            return None;
        }
        let (whose, why) = if names.kernel.contains(&word.text) {
            ("the kernel's own", "code in user mode can neither read, call nor declare it")
        } else if names.judge.contains(&word.text) {
            ("what you are judged by", "your code can neither read nor write it")
        } else {
            return None;
        };
        Some(Diagnostic::error(format!("`{}` is {whose}", word.text), place, why))
    }
}

/// The same declaration, word for word.
fn same(one: &Declaration, other: &Declaration) -> bool {
    one.words.iter().map(|word| &word.text).eq(other.words.iter().map(|word| &word.text))
}

fn shortened(words: &str) -> String {
    const LETTERS_MAX: usize = 60;
    match words.char_indices().nth(LETTERS_MAX) {
        Some((end, _)) => format!("{} …", &words[..end]),
        None => words.to_string(),
    }
}
