//! The way back from what runs to the text it came from.

/// The index of a text in its [`Sources`].
pub type FileId = u16;

/// A stretch of a text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Which text.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// From the start of `self` to the end of `other`, both in one text.
    pub fn to(self, other: Span) -> Span {
        Span { end: other.end.max(self.end), ..self }
    }
}

/// A text that was compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// As reported: a path under `models/`, or as the user gave it.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// The texts of a program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// By [`FileId`].
    pub files: Vec<SourceFile>,
}

/// A line and column of a text, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// Which text.
    pub file: FileId,
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
}

/// Where the lines of a text begin, for whoever asks for many of them.
#[derive(Debug, Clone)]
pub struct Lines(Vec<usize>);

/// The index of a statement in its program.
pub type StatementId = u32;

/// A statement of the text, shared by every thread that runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The whole statement.
    pub span: Span,
    /// The proc, syscall, action or handler it stands in.
    pub owner: String,
    /// What a schedule prints for it: its own words on one line, without the block it opens.
    pub label: String,
    /// From 1.
    pub line: u32,
    /// The text says that this statement is not expected to run.
    pub unreachable: bool,
}

impl Lines {
    /// The lines of `text`.
    pub fn of(text: &str) -> Lines {
        Lines(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    /// The line that a byte of the text stands in, from 1.
    pub fn line(&self, offset: usize) -> u32 {
        self.0.partition_point(|&end| end < offset) as u32 + 1
    }
}

impl Sources {
    /// Adds a text and returns its index.
    ///
    /// # Panics
    /// If there are more than 65,535 texts.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        self.files.push(SourceFile { name: name.into(), text: text.into() });
        FileId::try_from(self.files.len() - 1).expect("at most 65,535 texts")
    }

    /// The text of `span`.
    pub fn text(&self, span: Span) -> &str {
        &self.files[usize::from(span.file)].text[span.start as usize..span.end as usize]
    }

    /// Where `span` starts.
    pub fn location(&self, span: Span) -> Location {
        let before = &self.files[usize::from(span.file)].text[..span.start as usize];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Location {
            file: span.file,
            line: before.matches('\n').count() as u32 + 1,
            column: before[line_start..].chars().count() as u32 + 1,
        }
    }
}
