//! Diagnostics, drawn in the manner of rustc.

use super::text::wrap;
use crate::language::{Diagnostic, Errors, Severity};
use crate::program::{Sources, Span};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// What stands before a help, for lines with numbers of up to four digits.
const HELP_MARGIN: usize = "     = help: ".len();

/// All of `errors`, errors and warnings, with colours; the first is where to start.
pub fn errors(errors: &Errors, width: usize) -> String {
    diagnostics(&errors.diagnostics, &errors.sources, width)
}

/// Each diagnostic with the text it points at, with colours, one blank line between two.
pub fn diagnostics(diagnostics: &[Diagnostic], sources: &Sources, width: usize) -> String {
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii).term_width(width);
    let mut text = String::new();
    for diagnostic in diagnostics {
        let helps: Vec<String> = diagnostic.helps.iter().map(|help| fitting(help, width)).collect();
        let group = group(diagnostic, &helps, sources);
        let _ = writeln!(text, "{}\n", renderer.render(&[group]));
    }
    text
}

/// A help in as many lines as it takes.
fn fitting(help: &str, width: usize) -> String {
    let width = width.saturating_sub(HELP_MARGIN);
    match help.width() <= width {
        true => help.to_string(),
        false => wrap(help, width, usize::MAX).join("\n"),
    }
}

fn group<'a>(diagnostic: &'a Diagnostic, helps: &'a [String], sources: &'a Sources) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()));
    let mut labels: &[(Span, String)] = &diagnostic.labels;
    let mut first = true;
    // One snippet a text: labels that stand together in one text are drawn together.
    while let Some(((span, _), _)) = labels.split_first() {
        let here = labels.iter().take_while(|(other, _)| other.file == span.file).count();
        let file = &sources.files[usize::from(span.file)];
        let mut snippet = Snippet::source(file.text.as_str()).path(file.name.as_str());
        for (span, label) in &labels[..here] {
            let kind = if first { AnnotationKind::Primary } else { AnnotationKind::Context };
            first = false;
            let range = drawable(*span, &file.text);
            snippet = snippet.annotation(match label.is_empty() {
                true => kind.span(range),
                false => kind.span(range).label(label.as_str()),
            });
        }
        group = group.element(snippet);
        labels = &labels[here..];
    }
    for help in helps {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    group
}

/// The span inside its text and on character boundaries, whatever it says.
fn drawable(span: Span, text: &str) -> std::ops::Range<usize> {
    let boundary = |at: u32| {
        let at = (at as usize).min(text.len());
        (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
    };
    let start = boundary(span.start);
    start..boundary(span.end).max(start)
}
