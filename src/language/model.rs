//! Several texts to one model: what `use` brings in, names, options, hooks and overrides.

use super::diagnostic::{Diagnostic, Severity, Spanned};
use super::syntax::*;
use super::texts::Reading;
use super::{Cast, Library, Texts};
use crate::program::{Fairness, Sources, Span};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// The index of a proc in its model.
pub(super) type ProcId = usize;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symbol {
    Option(usize),
    Enum(usize),
    /// A value of an enum: which enum, which value.
    Value(usize, usize),
    Var(usize),
    /// The outermost override, or the proc itself.
    Proc(ProcId),
    Outcome(usize),
    /// An action, a handler or a preset: it is named by no expression.
    Other,
}

impl Symbol {
    pub(super) fn describe(self) -> &'static str {
        match self {
            Symbol::Option(_) => "an option",
            Symbol::Enum(_) => "an enum",
            Symbol::Value(..) => "an enum's value",
            Symbol::Var(_) => "a variable",
            Symbol::Proc(_) => "a proc",
            Symbol::Outcome(_) => "an outcome",
            Symbol::Other => "an action, a handler or a preset",
        }
    }
}

pub(super) struct OptionDecl {
    pub name: Name,
    pub ty: TypeExpr,
    pub default: Expr,
    /// Who sets it, the last one wins: a preset, a `use … with`, the scenario, the command line.
    pub settings: Vec<Expr>,
}

pub(super) struct EnumDecl {
    pub name: Name,
    pub values: Vec<Name>,
}

pub(super) struct ProcDef {
    pub decl: Rc<ProcDecl>,
    /// What a call of the proc's own name means in its body: the proc that it wraps.
    pub wraps: Option<ProcId>,
}

pub(super) struct ActionDecl {
    pub proc: Rc<ProcDecl>,
    pub when: Expr,
    pub fairness: Fairness,
}

pub(super) struct HandlerDecl {
    pub name: Name,
    pub thread: Name,
    pub when: Expr,
    pub body: Rc<Block>,
}

/// A condition of a thread: a gate, `lives`, `shows`.
pub(super) struct ThreadCondition {
    pub thread: Name,
    pub when: Expr,
}

pub(super) struct OutcomeDecl {
    pub name: Name,
    pub fine: bool,
    pub when: Expr,
}

pub(super) struct StartDecl {
    pub thread: Name,
    pub body: Block,
}

/// All the texts of a check, merged.
#[derive(Default)]
pub(super) struct Model {
    pub options: Vec<OptionDecl>,
    pub enums: Vec<EnumDecl>,
    pub vars: Vec<VarDecl>,
    pub procs: Vec<ProcDef>,
    pub actions: Vec<ActionDecl>,
    pub handlers: Vec<HandlerDecl>,
    pub user_gates: Vec<ThreadCondition>,
    pub kernel_gates: Vec<ThreadCondition>,
    pub lives: Vec<ThreadCondition>,
    pub shows: Vec<(Name, ThreadCondition)>,
    pub starts: BTreeMap<String, StartDecl>,
    pub on_entry: Vec<Rc<Block>>,
    pub on_exit: Vec<Rc<Block>>,
    pub outcomes: Vec<OutcomeDecl>,
    pub properties: Vec<(PropertyDecl, Span)>,
    /// The numbers of the readings that it is made of.
    pub readings: Vec<usize>,
    /// The head of the text that uses all others.
    pub header: Vec<String>,
    pub symbols: HashMap<String, Symbol>,
}

/// Reads `model` and all it uses, and merges them. `None` if a text is missing: whatever it declares
/// would be missed everywhere.
pub(super) fn load(
    model: &Spanned<String>,
    cast: &Cast,
    library: &dyn Library,
    texts: &Texts,
    sources: &mut Sources,
    errors: &mut Vec<Diagnostic>,
) -> Option<Model> {
    let mut loader = Loader::new(library, texts, sources, errors);
    loader.load(&model.value, model.span);
    if loader.missing {
        return None;
    }
    let modules = loader.modules;
    let all_read = errors.iter().all(|error| error.severity != Severity::Error);
    let (model, declared) = (Model::default(), HashMap::new());
    let mut merger = Merger { model, declared, all_read, errors };
    merger.merge(&modules, cast);
    Some(merger.model)
}

/// What can be chosen of a model from outside: the names of its presets and of its options, each in
/// the order of the texts. What cannot be read has none.
pub fn choices(model: &str, library: &dyn Library) -> (Vec<String>, Vec<String>) {
    let (mut sources, mut errors) = (Sources::default(), Vec::new());
    let texts = Texts::default();
    let mut loader = Loader::new(library, &texts, &mut sources, &mut errors);
    loader.load(model, Span { file: 0, start: 0, end: 0 });
    let (mut presets, mut options) = (Vec::new(), Vec::new());
    for item in loader.modules.iter().flat_map(|reading| &reading.module.items) {
        match item {
            Item::Preset { name, .. } if !presets.contains(&name.text) => {
                presets.push(name.text.clone());
            }
            Item::Option { name, .. } => options.push(name.text.clone()),
            _ => {}
        }
    }
    (presets, options)
}

struct Loader<'a> {
    library: &'a dyn Library,
    texts: &'a Texts,
    sources: &'a mut Sources,
    errors: &'a mut Vec<Diagnostic>,
    loaded: Vec<String>,
    /// What is used stands before what uses it.
    modules: Vec<Reading>,
    /// A text is not there.
    missing: bool,
}

impl<'a> Loader<'a> {
    fn new(
        library: &'a dyn Library,
        texts: &'a Texts,
        sources: &'a mut Sources,
        errors: &'a mut Vec<Diagnostic>,
    ) -> Self {
        let (loaded, modules) = (Vec::new(), Vec::new());
        Loader { library, texts, sources, errors, loaded, modules, missing: false }
    }
}

impl Loader<'_> {
    fn load(&mut self, name: &str, span: Span) {
        if self.loaded.iter().any(|loaded| loaded == name) {
            return;
        }
        self.loaded.push(name.to_string());
        let Some((file_name, text)) = self.library.model(name) else {
            let names = self.library.names();
            let error = Diagnostic::error(format!("there is no model `{name}`"), span, "not found");
            self.errors.push(error.nearest(name, names.iter().map(String::as_str)));
            self.missing = true;
            return;
        };
        let too_many = self.sources.files.len() >= usize::from(u16::MAX);
        if too_many || text.len() > u32::MAX as usize {
            self.errors.push(Diagnostic::error("the texts are too long", span, ""));
            return;
        }
        let file = self.sources.add(file_name.clone(), text.clone());
        let reading = self.texts.module(&file_name, &text, file, self.errors);
        for item in &reading.module.items {
            if let Item::Use { path, .. } = item {
                self.load(&path.text, path.span);
            }
        }
        self.modules.push(reading);
    }
}

struct Merger<'a> {
    model: Model,
    /// Where each name was first declared.
    declared: HashMap<String, Span>,
    /// All texts were read to their ends, so that what is not declared is not there.
    all_read: bool,
    errors: &'a mut Vec<Diagnostic>,
}

impl Merger<'_> {
    fn merge(&mut self, modules: &[Reading], cast: &Cast) {
        let mut procs: Vec<Rc<ProcDecl>> = Vec::new();
        let mut presets: Vec<(Name, Vec<(Name, Expr)>)> = Vec::new();
        let mut uses: Vec<(Name, Expr)> = Vec::new();
        self.model.readings = modules.iter().map(|reading| reading.number).collect();
        let last = modules.last().map(|reading| &reading.module);
        self.model.header = last.map(|module| module.header.clone()).unwrap_or_default();
        for item in modules.iter().flat_map(|reading| &reading.module.items) {
            match item.clone() {
                Item::Use { settings, .. } => uses.extend(settings),
                Item::Preset { name, settings } => {
                    if presets.iter().all(|(known, _)| known.text != name.text) {
                        self.declare(&name, Symbol::Other);
                    }
                    presets.push((name, settings));
                }
                Item::Proc(proc) => procs.push(proc),
                other => self.item(other),
            }
        }
        self.procs(procs);
        self.settings(&presets, uses, cast);
        for property in &cast.properties {
            let item = super::parser::parse_item(&property.value, property.span, self.errors);
            match item {
                Some(Item::Property { kind, .. }) => {
                    self.model.properties.push((kind, property.span));
                }
                Some(_) => self.errors.push(
                    Diagnostic::error("this is not a property", property.span, "").help(
                        "a scenario adds `never`, `always`, `reach`, `after` and `eventually`",
                    ),
                ),
                None => {}
            }
        }
    }

    fn declare(&mut self, name: &Name, symbol: Symbol) {
        if let Some(&first) = self.declared.get(&name.text) {
            let error = Diagnostic::error(
                format!("the name `{}` is declared twice", name.text),
                name.span,
                "declared again here",
            );
            self.errors.push(error.also(first, "first declared here").help(
                "options, variables, enums and their values, outcomes and procs share one namespace",
            ));
            return;
        }
        self.declared.insert(name.text.clone(), name.span);
        self.model.symbols.insert(name.text.clone(), symbol);
    }

    fn item(&mut self, item: Item) {
        match item {
            Item::Option { name, ty, value } => {
                self.declare(&name, Symbol::Option(self.model.options.len()));
                self.model.options.push(OptionDecl {
                    name,
                    ty,
                    default: value,
                    settings: Vec::new(),
                });
            }
            Item::Enum { name, values } => {
                let id = self.model.enums.len();
                self.declare(&name, Symbol::Enum(id));
                for (index, value) in values.iter().enumerate() {
                    self.declare(value, Symbol::Value(id, index));
                }
                if values.is_empty() {
                    let error =
                        Diagnostic::error("an enum needs a value", name.span, "it has none");
                    self.errors.push(error);
                }
                self.model.enums.push(EnumDecl { name, values });
            }
            Item::Var(decl) => {
                self.declare(&decl.name, Symbol::Var(self.model.vars.len()));
                self.model.vars.push(decl);
            }
            Item::Action { proc, when, fairness } => {
                self.declare(&proc.name, Symbol::Other);
                self.model.actions.push(ActionDecl { proc, when, fairness });
            }
            Item::Handler { name, thread, when, body } => {
                self.declare(&name, Symbol::Other);
                self.model.handlers.push(HandlerDecl { name, thread, when, body });
            }
            Item::Gate { kernel, thread, when } => {
                let gates =
                    if kernel { &mut self.model.kernel_gates } else { &mut self.model.user_gates };
                gates.push(ThreadCondition { thread, when });
            }
            Item::Lives { thread, when } => self.model.lives.push(ThreadCondition { thread, when }),
            Item::Shows { name, thread, when } => {
                self.model.shows.push((name, ThreadCondition { thread, when }));
            }
            Item::Start { name, thread, body } => {
                let start = StartDecl { thread, body };
                if self.model.starts.insert(name.text.clone(), start).is_some() {
                    let message = format!("the start `{}` is declared twice", name.text);
                    self.errors.push(Diagnostic::error(message, name.span, "declared again here"));
                }
            }
            Item::OnKernel { exit, body } => {
                let hooks = if exit { &mut self.model.on_exit } else { &mut self.model.on_entry };
                hooks.push(body);
            }
            Item::Outcome { name, fine, when } => {
                self.declare(&name, Symbol::Outcome(self.model.outcomes.len()));
                self.model.outcomes.push(OutcomeDecl { name, fine, when });
            }
            Item::Property { kind, span } => self.model.properties.push((kind, span)),
            Item::Use { .. } | Item::Preset { .. } | Item::Proc(_) => {}
        }
    }

    /// Fills in hooks and stacks overrides. A name's first definition comes first whatever the
    /// order of the texts; overrides wrap in the order of the texts.
    fn procs(&mut self, decls: Vec<Rc<ProcDecl>>) {
        let mut by_name: Vec<(String, Vec<Rc<ProcDecl>>)> = Vec::new();
        for decl in decls {
            match by_name.iter_mut().find(|(name, _)| *name == decl.name.text) {
                Some((_, same)) => same.push(decl),
                None => by_name.push((decl.name.text.clone(), vec![decl])),
            }
        }
        for (name, decls) in by_name {
            let (overrides, bases): (Vec<_>, Vec<_>) =
                decls.into_iter().partition(|decl| decl.role == ProcRole::Override);
            let (hooks, mut plain): (Vec<_>, Vec<_>) =
                bases.into_iter().partition(|decl| decl.role == ProcRole::Hook);
            for again in plain.iter().skip(1).chain(hooks.iter().skip(1)) {
                let first = if again.role == ProcRole::Hook { &hooks[0] } else { &plain[0] };
                let message = format!("the proc `{name}` is defined twice");
                self.errors.push(
                    Diagnostic::error(message, again.name.span, "defined again here")
                        .also(first.name.span, "first defined here")
                        .help("`override proc` wraps a proc; `hook proc` may be filled in once"),
                );
            }
            let filled = plain.drain(..).next();
            let mut outermost = None;
            for decl in hooks.into_iter().take(1) {
                if let Some(filling) = &filled {
                    self.same_signature(&decl, filling);
                }
                outermost = Some(self.add_proc(decl, None));
            }
            if let Some(decl) = filled {
                outermost = Some(self.add_proc(decl, None));
            }
            let Some(mut outermost) = outermost else {
                for decl in &overrides {
                    let message = format!("there is no proc `{name}` to override");
                    let error = Diagnostic::error(message, decl.name.span, "wraps nothing");
                    let names: Vec<&str> = self.model.symbols.keys().map(String::as_str).collect();
                    self.errors.push(error.nearest(&name, names));
                }
                continue;
            };
            for decl in overrides {
                let wrapped = self.model.procs[outermost].decl.clone();
                self.same_signature(&wrapped, &decl);
                outermost = self.add_proc(decl, Some(outermost));
            }
            let span = self.model.procs[outermost].decl.name.span;
            self.declare(&Name { text: name, span }, Symbol::Proc(outermost));
        }
    }

    fn add_proc(&mut self, decl: Rc<ProcDecl>, wraps: Option<ProcId>) -> ProcId {
        self.model.procs.push(ProcDef { decl, wraps });
        self.model.procs.len() - 1
    }

    fn same_signature(&mut self, first: &ProcDecl, second: &ProcDecl) {
        if first.params.len() != second.params.len()
            || first.result.is_some() != second.result.is_some()
        {
            let message = format!("`{}` has another signature here", second.name.text);
            self.errors.push(
                Diagnostic::error(message, second.head, "parameters or result differ")
                    .also(first.head, "from those declared here"),
            );
        }
    }

    fn settings(
        &mut self,
        presets: &[(Name, Vec<(Name, Expr)>)],
        uses: Vec<(Name, Expr)>,
        cast: &Cast,
    ) {
        if let Some(preset) = &cast.preset {
            let chosen = presets.iter().filter(|(name, _)| name.text == preset.value);
            let settings: Vec<_> = chosen.flat_map(|(_, settings)| settings.clone()).collect();
            if self.all_read && presets.iter().all(|(name, _)| name.text != preset.value) {
                let message = format!("there is no preset `{}`", preset.value);
                let error = Diagnostic::error(message, preset.span, "not found");
                let mut names: Vec<&str> = Vec::new();
                for (name, _) in presets {
                    // Several texts may add to one preset.
                    if !names.contains(&name.text.as_str()) {
                        names.push(&name.text);
                    }
                }
                self.errors.push(error.among(&preset.value, "preset", &names));
            }
            for (name, value) in settings {
                self.set_option(&name, value);
            }
        }
        for (name, settings) in presets {
            for (option, _) in settings {
                if cast.preset.as_ref().is_none_or(|chosen| chosen.value != name.text) {
                    self.known_option(option);
                }
            }
        }
        for (name, value) in uses {
            self.set_option(&name, value);
        }
        for (name, value) in &cast.options {
            if let Some(value) = super::parser::parse_expr(&value.value, value.span, self.errors) {
                self.set_option(&Name { text: name.value.clone(), span: name.span }, value);
            }
        }
    }

    fn set_option(&mut self, name: &Name, value: Expr) {
        if let Some(option) = self.known_option(name) {
            self.model.options[option].settings.push(value);
        }
    }

    fn known_option(&mut self, name: &Name) -> Option<usize> {
        if let Some(&Symbol::Option(option)) = self.model.symbols.get(&name.text) {
            return Some(option);
        }
        if self.all_read {
            let message = format!("there is no option `{}`", name.text);
            let error = Diagnostic::error(message, name.span, "not found");
            let names = self.model.options.iter().map(|option| option.name.text.as_str());
            self.errors.push(error.among(&name.text, "option", &names.collect::<Vec<_>>()));
        }
        None
    }
}
