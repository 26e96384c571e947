//! Characters to tokens.

use super::diagnostic::Diagnostic;
use crate::program::Span;

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub span: Span,
    /// It is the first token of its line.
    pub first_on_line: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    /// A name or a keyword; which of the two, the parser knows.
    Word(String),
    Number(i64),
    /// A quoted text, without escapes.
    Text(String),
    /// The model that follows `use`.
    Path(String),
    /// `/// …`, without the slashes.
    Doc(String),
    /// `//! …`, without the slashes.
    Header(String),
    /// An operator or a bracket.
    Mark(&'static str),
    End,
}

/// Longer marks stand before those they start with.
const MARKS: [&str; 30] = [
    "..", "->", "==", "!=", "<=", ">=", "&&", "||", "+=", "-=", "(", ")", "{", "}", "[", "]", ",",
    ":", ";", "=", "<", ">", "!", "+", "-", "*", "%", ".", "|", "&",
];

/// Where the text of a snippet stands in its file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Base {
    /// Its bytes stand one by one from this offset on.
    Offset(u32),
    /// Only the whole can be pointed at.
    Whole(Span),
}

pub(super) fn lex(text: &str, file: u16, base: Base, errors: &mut Vec<Diagnostic>) -> Vec<Token> {
    let mut lexer = Lexer { text, file, base, at: 0, tokens: Vec::new(), errors };
    lexer.run();
    lexer.tokens
}

struct Lexer<'a> {
    text: &'a str,
    file: u16,
    base: Base,
    at: usize,
    tokens: Vec<Token>,
    errors: &'a mut Vec<Diagnostic>,
}

impl Lexer<'_> {
    fn run(&mut self) {
        let mut first_on_line = true;
        let mut after_use = false;
        loop {
            let rest = &self.text[self.at..];
            let Some(next) = rest.chars().next() else { break };
            let start = self.at;
            // Editors begin files with a byte order mark.
            if next.is_whitespace() || next == '\u{feff}' && start == 0 {
                first_on_line |= next == '\n';
                self.at += next.len_utf8();
                continue;
            }
            let kind = if rest.starts_with("//") {
                let line = rest.lines().next().unwrap_or("");
                self.at += line.len();
                match line {
                    _ if line.starts_with("//!") => TokenKind::Header(line[3..].trim().into()),
                    _ if line.starts_with("////") => continue,
                    _ if line.starts_with("///") => TokenKind::Doc(line[3..].trim().into()),
                    _ => continue,
                }
            } else if after_use && is_path(next) {
                let path = self.take(is_path);
                TokenKind::Path(path)
            } else if next.is_alphabetic() || next == '_' {
                TokenKind::Word(self.take(|c| c.is_alphanumeric() || c == '_'))
            } else if next.is_ascii_digit() {
                self.number(start)
            } else if next == '"' {
                match self.quoted(start) {
                    Some(text) => TokenKind::Text(text),
                    None => continue,
                }
            } else if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) {
                self.at += mark.len();
                TokenKind::Mark(mark)
            } else {
                self.at += next.len_utf8();
                let span = self.span(start);
                let label = "no word, number or operator starts like this";
                self.errors.push(Diagnostic::error(
                    format!("unknown character `{next}`"),
                    span,
                    label,
                ));
                continue;
            };
            after_use = first_on_line && kind == TokenKind::Word("use".into());
            let span = self.span(start);
            self.tokens.push(Token { kind, span, first_on_line });
            first_on_line = false;
        }
        let span = self.span(self.at);
        self.tokens.push(Token { kind: TokenKind::End, span, first_on_line: true });
    }

    fn take(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let rest = &self.text[self.at..];
        let length = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        self.at += length;
        rest[..length].to_string()
    }

    fn number(&mut self, start: usize) -> TokenKind {
        let digits = self.take(|c| c.is_ascii_alphanumeric() || c == '_');
        match digits.replace('_', "").parse::<i64>() {
            Ok(value) if value <= i64::from(i32::MAX) => TokenKind::Number(value),
            _ => {
                let span = self.span(start);
                let message = format!("`{digits}` is not a number from 0 to {}", i32::MAX);
                self.errors.push(Diagnostic::error(message, span, ""));
                TokenKind::Number(0)
            }
        }
    }

    /// A text in quotes, on one line.
    fn quoted(&mut self, start: usize) -> Option<String> {
        let line = self.text[start + 1..].lines().next().unwrap_or("");
        match line.find('"') {
            Some(length) => {
                self.at = start + length + 2;
                Some(line[..length].to_string())
            }
            None => {
                self.at = start + 1 + line.len();
                let span = self.span(start);
                self.errors.push(Diagnostic::error(
                    "the quoted text does not end",
                    span,
                    "add `\"`",
                ));
                None
            }
        }
    }

    fn span(&self, start: usize) -> Span {
        match self.base {
            Base::Whole(span) => span,
            Base::Offset(offset) => {
                Span { file: self.file, start: offset + start as u32, end: offset + self.at as u32 }
            }
        }
    }
}

fn is_path(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '/' | '.' | '-')
}
