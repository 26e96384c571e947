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

#[cfg(test)]
mod tests {
    use super::Unused;
    use crate::language::{Cast, CastThread, Library, Spanned, compile};
    use crate::program::{Program, Sources, Span};
    use crate::search::{Limits, search};

    const TEXT: &str = "\
option twice: bool = false
var x: atomic 0..3 = 0
proc p() {
    x = 1
    if twice { x = 2 }
    if x == 3 { unreached \"nobody writes 3\" x = 0 }
    if x == 3 { x = 1 }
}
";

    struct Text;

    impl Library for Text {
        fn model(&self, name: &str) -> Option<(String, String)> {
            (name == "m").then(|| ("m.ghost".to_string(), TEXT.to_string()))
        }

        fn names(&self) -> Vec<String> {
            vec!["m".to_string()]
        }
    }

    fn program(twice: &str) -> Program {
        let spanned = |text: &str| Spanned {
            value: text.to_string(),
            span: Span { file: 0, start: 0, end: 1 },
        };
        let thread = CastThread { name: spanned("a"), runs: spanned("p()"), start: None };
        let options = vec![(spanned("twice"), spanned(twice))];
        let cast = Cast { threads: vec![thread], options, ..Cast::default() };
        let mut sources = Sources::default();
        sources.add("a.toml", " ".to_string());
        compile(&spanned("m"), &cast, &Text, sources).expect("it compiles").0
    }

    fn words(runs: &[(&str, Limits)]) -> Option<String> {
        let mut unused = Unused::default();
        for (twice, limits) in runs {
            let program = program(twice);
            unused.add(&program, &search(&program, limits, &mut |_| true));
        }
        unused.words(80)
    }

    #[test]
    fn a_line_that_no_check_runs_is_named() {
        let all = Limits::default();
        let told = words(&[("false", all), ("true", all)]).expect("there is a line");
        assert!(told.contains("m.ghost") && told.contains("7 p: x = 1"), "{told}");
        assert_eq!(told.lines().filter(|line| line.starts_with("  ")).count(), 1, "{told}");
        // A check that was stopped might have run it.
        let few = Limits { states: Some(1), ..all };
        assert_eq!(words(&[("false", all), ("true", few)]), None);
    }
}
