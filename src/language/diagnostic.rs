//! What is wrong with a text, where, and the way out.

use crate::program::Span;

/// A value and where it stands in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The text has no meaning until it is mended.
    Error,
    /// It has one, but perhaps not the one that was meant.
    Warning,
}

/// One error or warning, in the manner of rustc: a message, labelled places, helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, without a full stop.
    pub message: String,
    /// Where; the first is the cause, the others are what it clashes with.
    pub labels: Vec<(Span, String)>,
    /// Ways out.
    pub helps: Vec<String>,
}

impl Diagnostic {
    /// An error at `span`; `label` may be empty.
    pub fn error(message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Diagnostic {
            severity: Severity::Error,
            message: message.into(),
            labels: vec![(span, label.into())],
            helps: Vec::new(),
        }
    }

    /// A warning at `span`; `label` may be empty.
    pub fn warning(message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(message, span, label) }
    }

    /// Adds a second place.
    #[must_use]
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.labels.push((span, label.into()));
        self
    }

    /// Adds a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.helps.push(help.into());
        self
    }

    /// Adds the nearest of `names` as a way out, if one is near `name`.
    #[must_use]
    pub fn nearest<'a>(self, name: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest_name(name, names) {
            Some(near) => self.help(format!("there is `{near}`")),
            None => self,
        }
    }

    /// Adds the nearest of `names`, if one is near `name`, and all of them; `what` is what each is.
    #[must_use]
    pub fn among(self, name: &str, what: &str, names: &[&str]) -> Self {
        let all = match names {
            [] => format!("there is no {what}"),
            [one] => format!("the only {what} is `{one}`"),
            names => format!("the {what}s are {}", listed(names)),
        };
        self.nearest(name, names.iter().copied()).help(all)
    }
}

/// Names for a sentence: "`a`, `b` and `c`".
pub fn listed(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => "none".to_string(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// The name closest to `name` (Damerau-Levenshtein), if it is at most a third of its length away.
pub fn nearest_name<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|&(distance, _)| distance <= (name.chars().count() / 3).max(1))
        .min()
        .map(|(_, known)| known)
}
