//! Typed access to the tables of a scenario file. What does not fit becomes a diagnostic, and
//! reading goes on, so that several mistakes are shown at once.

use super::span;
use crate::language::{Diagnostic, Spanned, listed};
use crate::program::{FileId, Span};
use std::ops::Range;
use toml_edit::{Item, Key, TableLike, Value};

/// A scenario's text while it is read.
pub(super) struct Reader<'a> {
    /// The whole text.
    pub text: &'a str,
    /// Its index in the sources.
    pub file: FileId,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    pub fn error(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    pub fn span(&self, range: Range<usize>) -> Span {
        span(self.file, range.start, range.end)
    }

    /// The first line: where a diagnostic points that is about what is not there.
    pub fn first_line(&self) -> Span {
        self.span(0..self.text.lines().next().unwrap_or("").len())
    }

    /// The span of `item`, or of its key if it has none of its own, as a dotted table has not.
    pub fn item_span(&self, key: &Spanned<String>, item: &Item) -> Span {
        item.span().map_or(key.span, |range| self.span(range))
    }

    /// A key of `table` with its place.
    pub fn key(&self, table: &dyn TableLike, name: &str) -> Spanned<String> {
        let range = table.key(name).and_then(Key::span).unwrap_or(0..0);
        self.literal(name, range)
    }

    /// The text inside the quotes, if it stands there as it is: then the span fits the value byte
    /// for byte, and whoever reads on in it can point into it.
    fn literal(&self, value: &str, range: Range<usize>) -> Spanned<String> {
        let written = &self.text[range.clone()];
        let quote = (written.len().saturating_sub(value.len())) / 2;
        let inside = range.start + quote..range.end - quote;
        let range = if self.text.get(inside.clone()) == Some(value) { inside } else { range };
        Spanned { value: value.to_string(), span: self.span(range) }
    }

    /// Complains about an item that is no `wanted`.
    pub fn wrong_type(&mut self, key: &Spanned<String>, item: &Item, wanted: &str) {
        let found = match item.type_name() {
            "array of tables" => "an array of tables".to_string(),
            name if name.starts_with(['a', 'i']) => format!("an {name}"),
            name => format!("a {name}"),
        };
        let place = self.item_span(key, item);
        self.error(Diagnostic::error(
            format!("`{}` is {found}, not {wanted}", key.value),
            place,
            format!("{wanted} is expected"),
        ));
    }

    /// Complains about a key that has no meaning there.
    pub fn unknown_key<'n>(
        &mut self,
        key: &Spanned<String>,
        place: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) {
        let known: Vec<_> = known.into_iter().collect();
        let diagnostic =
            Diagnostic::error(format!("unknown key `{}` in {place}", key.value), key.span, "")
                .nearest(&key.value, known.iter().copied());
        let diagnostic = match diagnostic.helps.is_empty() {
            true => diagnostic.help(format!("the keys are {}", listed(&known))),
            false => diagnostic,
        };
        self.error(diagnostic);
    }

    pub fn string(&mut self, key: &Spanned<String>, item: &Item) -> Option<Spanned<String>> {
        match item.as_value() {
            Some(Value::String(text)) => {
                Some(self.literal(text.value(), text.span().unwrap_or(0..0)))
            }
            _ => {
                self.wrong_type(key, item, "a string");
                None
            }
        }
    }

    pub fn strings(&mut self, key: &Spanned<String>, item: &Item) -> Vec<Spanned<String>> {
        let Some(array) = item.as_array() else {
            self.wrong_type(key, item, "an array of strings");
            return Vec::new();
        };
        let mut strings = Vec::new();
        for value in array {
            let element = Item::Value(value.clone());
            let named = Spanned { value: format!("element of {}", key.value), span: key.span };
            strings.extend(self.string(&named, &element));
        }
        strings
    }

    /// A constant of the language: a string, a number or a truth value.
    fn constant(&mut self, key: &Spanned<String>, item: &Item) -> Option<Spanned<String>> {
        let written = |text: String| {
            let range = item.span().unwrap_or(0..0);
            Some(Spanned { value: text, span: self.span(range) })
        };
        match item.as_value() {
            Some(Value::Integer(number)) => written(number.value().to_string()),
            Some(Value::Boolean(truth)) => written(truth.value().to_string()),
            Some(Value::String(_)) => self.string(key, item),
            _ => {
                self.wrong_type(key, item, "a constant: a string, a number, true or false");
                None
            }
        }
    }

    /// A table of constants, in the order written.
    pub fn constants(
        &mut self,
        key: &Spanned<String>,
        item: &Item,
    ) -> Vec<(Spanned<String>, Spanned<String>)> {
        let Some(table) = self.table(key, item) else { return Vec::new() };
        let mut constants = Vec::new();
        for (name, value) in table.iter() {
            let name = self.key(table, name);
            constants.extend(self.constant(&name, value).map(|value| (name, value)));
        }
        constants
    }

    pub fn table<'i>(
        &mut self,
        key: &Spanned<String>,
        item: &'i Item,
    ) -> Option<&'i dyn TableLike> {
        let table = item.as_table_like();
        if table.is_none() {
            self.wrong_type(key, item, "a table");
        }
        table
    }
}
