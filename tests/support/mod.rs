//! Compiling and searching small texts.

#![allow(dead_code, reason = "each test uses its part of this")]

use ghosthunt::language::{Cast, CastThread, Diagnostic, Errors, Library, Spanned, compile};
use ghosthunt::program::{Program, Sources, Span};
use ghosthunt::search::{Limits, Report, search};
use std::collections::BTreeMap;

/// Texts by name; `main` is the model that is compiled.
pub struct Texts(pub BTreeMap<String, String>);

impl Library for Texts {
    fn model(&self, name: &str) -> Option<(String, String)> {
        self.0.get(name).map(|text| (format!("{name}.ghost"), text.clone()))
    }

    fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

/// A cast under construction; its texts get positions in a scenario that is made up line by line.
pub struct Scene {
    texts: Texts,
    scenario: String,
    pub cast: Cast,
}

impl Scene {
    pub fn new(model: &str) -> Scene {
        let texts = Texts(BTreeMap::from([("main".to_string(), model.to_string())]));
        Scene { texts, scenario: String::new(), cast: Cast::default() }
    }

    fn spanned(&mut self, text: &str) -> Spanned<String> {
        let start = self.scenario.len() as u32;
        self.scenario.push_str(text);
        let span = Span { file: 0, start, end: start + text.len() as u32 };
        self.scenario.push('\n');
        Spanned { value: text.to_string(), span }
    }

    pub fn text(mut self, name: &str, text: &str) -> Scene {
        self.texts.0.insert(name.to_string(), text.to_string());
        self
    }

    pub fn thread(mut self, name: &str, runs: &str) -> Scene {
        let thread = CastThread { name: self.spanned(name), runs: self.spanned(runs), start: None };
        self.cast.threads.push(thread);
        self
    }

    pub fn starts(mut self, start: &str) -> Scene {
        let start = self.spanned(start);
        self.cast.threads.last_mut().expect("a thread to start").start = Some(start);
        self
    }

    pub fn preset(mut self, preset: &str) -> Scene {
        self.cast.preset = Some(self.spanned(preset));
        self
    }

    pub fn option(mut self, name: &str, value: &str) -> Scene {
        let option = (self.spanned(name), self.spanned(value));
        self.cast.options.push(option);
        self
    }

    pub fn init(mut self, target: &str, value: &str) -> Scene {
        let init = (self.spanned(target), self.spanned(value));
        self.cast.init.push(init);
        self
    }

    pub fn property(mut self, property: &str) -> Scene {
        let property = self.spanned(property);
        self.cast.properties.push(property);
        self
    }

    pub fn without_aux(mut self) -> Scene {
        self.cast.without_aux = true;
        self
    }

    pub fn compile(mut self) -> Result<(Program, Vec<Diagnostic>), Errors> {
        let model = self.spanned("main");
        let mut sources = Sources::default();
        sources.add("scenario.toml", self.scenario);
        compile(&model, &self.cast, &self.texts, sources)
    }

    #[track_caller]
    pub fn program(self) -> Program {
        match self.compile() {
            Ok((program, _)) => program,
            Err(errors) => panic!("{}", show(&errors)),
        }
    }

    /// The errors, each as `message | label | help…`.
    #[track_caller]
    pub fn errors(self) -> Vec<String> {
        match self.compile() {
            Ok(_) => panic!("the text compiles"),
            Err(errors) => {
                assert!(!errors.diagnostics.is_empty(), "an error without a diagnostic");
                errors.diagnostics.iter().map(line).collect()
            }
        }
    }

    #[track_caller]
    pub fn search(self) -> Found {
        let program = self.program();
        let report = search(&program, &Limits::default(), &mut |_| true);
        Found { program, report }
    }
}

/// Searches `model` with one thread.
#[track_caller]
pub fn one(model: &str, runs: &str) -> Found {
    Scene::new(model).thread("a", runs).search()
}

/// Searches `model` with two threads.
#[track_caller]
pub fn two(model: &str, a: &str, b: &str) -> Found {
    Scene::new(model).thread("a", a).thread("b", b).search()
}

/// A search and what it searched.
pub struct Found {
    pub program: Program,
    pub report: Report,
}

impl Found {
    /// The names of the ends that occur, with their counts.
    pub fn ends(&self) -> Vec<(String, u64)> {
        self.report.ends.iter().map(|end| (end.outcome.clone(), end.count)).collect()
    }

    pub fn outcomes(&self) -> Vec<&str> {
        self.report.ends.iter().map(|end| end.outcome.as_str()).collect()
    }

    /// What is violated, by name.
    pub fn violations(&self) -> Vec<String> {
        use ghosthunt::search::Finding;
        let name = |what: &Finding| match what {
            Finding::Property(index) => self.program.properties[*index].name.clone(),
            Finding::Step(violation) => {
                format!("{:?}", self.program.checks[usize::from(violation.check)].kind)
            }
            Finding::End { outcome, .. } => outcome.clone(),
            Finding::Race(what) => what.clone(),
        };
        self.report.violations.iter().map(|found| name(&found.what)).collect()
    }

    /// The `reach` properties that were not witnessed.
    pub fn unreached(&self) -> Vec<String> {
        let missing = self.report.reach.iter().filter(|(_, trace)| trace.is_none());
        missing.map(|(index, _)| self.program.properties[*index].name.clone()).collect()
    }
}

fn line(diagnostic: &Diagnostic) -> String {
    let labels = diagnostic.labels.iter().map(|(_, label)| label.clone());
    let parts = std::iter::once(diagnostic.message.clone()).chain(labels);
    parts.chain(diagnostic.helps.clone()).collect::<Vec<_>>().join(" | ")
}

pub fn show(errors: &Errors) -> String {
    let mut shown = String::new();
    for diagnostic in &errors.diagnostics {
        let (span, _) = diagnostic.labels[0];
        let at = errors.sources.location(span);
        let file = &errors.sources.files[usize::from(at.file)].name;
        shown.push_str(&format!("{file}:{}:{}: {}\n", at.line, at.column, line(diagnostic)));
    }
    shown
}
