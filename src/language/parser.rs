//! Tokens to syntax: the parser's footing and the items. Statements and expressions have rooms of
//! their own.
//!
//! A plain recursive descent. It never fails as a whole: what cannot be read becomes a diagnostic,
//! and reading goes on at the next line (in a block) or the next declaration.

use super::diagnostic::Diagnostic;
use super::lexer::{Base, Token, TokenKind, lex};
use super::syntax::*;
use crate::program::{Fairness, Span};
use std::rc::Rc;

/// How deep blocks and expressions may nest, and how many operators one expression may chain.
pub(super) const NESTING_MAX: usize = 64;

/// Errors after which a text is read no further: it is hardly a model.
const ERRORS_MAX: usize = 30;

/// Words that cannot name anything, because a statement or an expression starts with them.
const RESERVED: [&str; 42] = [
    "if",
    "else",
    "while",
    "loop",
    "for",
    "choose",
    "or",
    "await",
    "atomic",
    "assert",
    "yield",
    "skip",
    "break",
    "continue",
    "return",
    "let",
    "lock",
    "unlock",
    "try_lock",
    "finish",
    "unreached",
    "step",
    "self",
    "none",
    "true",
    "false",
    "exists",
    "forall",
    "number",
    "fair",
    "strong",
    "unfair",
    "cas",
    "swap",
    "fetch_add",
    "fetch_sub",
    "load",
    "store",
    "fence",
    "in_kernel",
    "finished",
    "done",
];

pub(super) struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    pub(super) depth: usize,
    pub(super) errors: &'a mut Vec<Diagnostic>,
}

/// A piece of text that could not be read; the diagnostic is already filed.
pub(super) struct Unreadable;

pub(super) type Parsed<T> = Result<T, Unreadable>;

/// Reads a whole text.
pub(super) fn parse_module(text: &str, file: u16, errors: &mut Vec<Diagnostic>) -> Module {
    Parser::new(text, file, Base::Offset(0), errors).module()
}

/// Reads one declaration out of a scenario.
pub(super) fn parse_item(text: &str, span: Span, errors: &mut Vec<Diagnostic>) -> Option<Item> {
    let mut parser = Parser::new(text, span.file, base_of(text, span), errors);
    let item = parser.item(Vec::new()).ok()?;
    parser.expect_end().ok()?;
    Some(item)
}

/// Reads one expression out of a scenario.
pub(super) fn parse_expr(text: &str, span: Span, errors: &mut Vec<Diagnostic>) -> Option<Expr> {
    let mut parser = Parser::new(text, span.file, base_of(text, span), errors);
    let expr = parser.expr().ok()?;
    parser.expect_end().ok()?;
    Some(expr)
}

/// Reads what a thread runs: a fairness word, if any, and a call.
pub(super) fn parse_run(
    text: &str,
    span: Span,
    errors: &mut Vec<Diagnostic>,
) -> Option<(Fairness, Call)> {
    let mut parser = Parser::new(text, span.file, base_of(text, span), errors);
    let fairness = parser.fairness();
    let expr = parser.expr().ok()?;
    parser.expect_end().ok()?;
    match expr.kind {
        ExprKind::Call(call) => Some((fairness, call)),
        _ => {
            let error = Diagnostic::error("a thread runs a call", expr.span, "not a call");
            errors.push(error.help("name a proc and its arguments, as in `preempt(m0, 2)`"));
            None
        }
    }
}

/// A value may stand bare in its file or in quotes; a text with escapes has no exact positions.
fn base_of(text: &str, span: Span) -> Base {
    match (span.end - span.start) as usize {
        length if length == text.len() => Base::Offset(span.start),
        length if length == text.len() + 2 => Base::Offset(span.start + 1),
        _ => Base::Whole(span),
    }
}

impl<'a> Parser<'a> {
    fn new(text: &str, file: u16, base: Base, errors: &'a mut Vec<Diagnostic>) -> Self {
        let tokens = lex(text, file, base, errors);
        Parser { tokens, at: 0, depth: 0, errors }
    }

    fn module(mut self) -> Module {
        let mut module = Module::default();
        let mut doc = Vec::new();
        let filed_before = self.errors.len();
        loop {
            match self.peek().clone() {
                TokenKind::End => return module,
                TokenKind::Header(line) => {
                    self.next();
                    module.header.push(line);
                }
                TokenKind::Doc(line) => {
                    self.next();
                    doc.push(line);
                }
                _ => {
                    let start = self.span();
                    match self.item(std::mem::take(&mut doc)) {
                        Ok(item) => {
                            module.items.push(item);
                            module.spans.push(start.to(self.previous_span()));
                        }
                        Err(Unreadable) => self.skip_to_item(),
                    }
                }
            }
            if self.errors.len() - filed_before > ERRORS_MAX {
                return module;
            }
        }
    }

    /// Goes on at the next line that starts at the margin of declarations: with a word, outside
    /// every bracket as far as can be told.
    fn skip_to_item(&mut self) {
        let mut open = 0usize;
        loop {
            match self.peek() {
                TokenKind::End => return,
                TokenKind::Mark("{") => open += 1,
                TokenKind::Mark("}") => open = open.saturating_sub(1),
                TokenKind::Word(word)
                    if self.tokens[self.at].first_on_line
                        && (open == 0 || is_item_word(word))
                        && starts_item(word) =>
                {
                    return;
                }
                _ => {}
            }
            self.next();
        }
    }

    pub(super) fn item(&mut self, doc: Vec<String>) -> Parsed<Item> {
        let start = self.span();
        let fairness = self.fairness();
        let word = match self.peek() {
            TokenKind::Word(word) => word.clone(),
            _ => return self.unexpected("a declaration, as `var` or `proc`"),
        };
        self.next();
        match word.as_str() {
            "action" => {
                let proc = self.proc_after_word(start, ProcKind::Action, ProcRole::Plain, doc)?;
                Ok(Item::Action {
                    when: proc.1.expect("an action has a guard"),
                    proc: proc.0,
                    fairness,
                })
            }
            "use" => self.use_item(),
            "option" => {
                let name = self.name("an option's name")?;
                self.mark(":")?;
                let ty = self.type_expr()?;
                self.mark("=")?;
                Ok(Item::Option { name, ty, value: self.expr()? })
            }
            "preset" => {
                let name = self.name("a preset's name")?;
                Ok(Item::Preset { name, settings: self.settings()? })
            }
            "enum" => {
                let name = self.name("an enum's name")?;
                self.mark("{")?;
                let mut values = Vec::new();
                while !self.eat("}") {
                    values.push(self.name("a value")?);
                    if !self.eat(",") && !self.at_mark("}") {
                        return self.unexpected("`,` or `}`");
                    }
                }
                Ok(Item::Enum { name, values })
            }
            "thread" | "aux" | "var" => {
                let per_thread = word == "thread" || (word == "aux" && self.eat_word("thread"));
                let aux = word == "aux" || (word == "thread" && self.eat_word("aux"));
                if word != "var" {
                    self.word("var")?;
                }
                self.var_item(per_thread, aux)
            }
            "proc" => Ok(Item::Proc(self.proc(start, ProcKind::Plain, ProcRole::Plain, doc)?)),
            "syscall" => {
                Ok(Item::Proc(self.proc(start, ProcKind::Syscall, ProcRole::Plain, doc)?))
            }
            "atomic" => {
                self.word("proc")?;
                Ok(Item::Proc(self.proc(start, ProcKind::Atomic, ProcRole::Plain, doc)?))
            }
            "hook" | "override" => {
                let role = if word == "hook" { ProcRole::Hook } else { ProcRole::Override };
                let kind = match () {
                    _ if self.eat_word("syscall") => ProcKind::Syscall,
                    _ if self.eat_word("atomic") => {
                        self.word("proc")?;
                        ProcKind::Atomic
                    }
                    _ => {
                        self.word("proc")?;
                        ProcKind::Plain
                    }
                };
                Ok(Item::Proc(self.proc(start, kind, role, doc)?))
            }
            "handler" => {
                let name = self.name("a handler's name")?;
                let thread = self.bound_thread()?;
                let when = self.when()?;
                Ok(Item::Handler { name, thread, when, body: Rc::new(self.block()?) })
            }
            "runs" => {
                let kernel = self.eat_word("kernel");
                if !kernel {
                    self.word("user")?;
                }
                Ok(Item::Gate { kernel, thread: self.bound_thread()?, when: self.when()? })
            }
            "lives" => Ok(Item::Lives { thread: self.bound_thread()?, when: self.when()? }),
            "shows" => {
                let name = self.name("a word for reports")?;
                Ok(Item::Shows { name, thread: self.bound_thread()?, when: self.when()? })
            }
            "start" => {
                let name = self.name("a start's name")?;
                Ok(Item::Start { name, thread: self.bound_thread()?, body: self.block()? })
            }
            "on" => {
                self.word("kernel")?;
                let exit = self.eat_word("exit");
                if !exit {
                    self.word("entry")?;
                }
                Ok(Item::OnKernel { exit, body: Rc::new(self.block()?) })
            }
            "outcome" => {
                let name = self.name("an outcome's name")?;
                let fine = self.eat_word("fine");
                Ok(Item::Outcome { name, fine, when: self.when()? })
            }
            "never" | "always" | "reach" | "after" | "eventually" => self.property(&word, start),
            other => {
                self.at -= 1;
                let error = Diagnostic::error(
                    format!("`{other}` does not start a declaration"),
                    start,
                    "expected `var`, `proc`, `action`, `never` or the like",
                );
                self.errors.push(error.nearest(other, ITEM_WORDS));
                self.next();
                Err(Unreadable)
            }
        }
    }

    fn use_item(&mut self) -> Parsed<Item> {
        let span = self.span();
        let TokenKind::Path(text) = self.peek().clone() else {
            return self.unexpected("a model's name, as `nt` or `go/runtime`");
        };
        self.next();
        let settings = if self.eat_word("with") { self.settings()? } else { Vec::new() };
        Ok(Item::Use { path: Name { text, span }, settings })
    }

    /// `{ option = value … }`
    fn settings(&mut self) -> Parsed<Vec<(Name, Expr)>> {
        self.mark("{")?;
        let mut settings = Vec::new();
        while !self.eat("}") {
            let name = self.name("an option's name")?;
            self.mark("=")?;
            settings.push((name, self.expr()?));
            while self.eat(",") || self.eat(";") {}
        }
        Ok(settings)
    }

    fn var_item(&mut self, per_thread: bool, aux: bool) -> Parsed<Item> {
        let name = self.name("a variable's name")?;
        let mut domains = Vec::new();
        if self.eat("[") {
            loop {
                domains.push(self.domain()?);
                if !self.eat(",") {
                    break;
                }
            }
            self.mark("]")?;
        }
        self.mark(":")?;
        let location = match () {
            _ if self.eat_word("atomic") => Some(LocationKind::Atomic),
            _ if self.eat_word("plain") => Some(LocationKind::Plain),
            _ => None,
        };
        let ty = self.type_expr()?;
        let initial = if self.eat("=") { Some(self.expr()?) } else { None };
        Ok(Item::Var(VarDecl { name, per_thread, aux, domains, location, ty, initial }))
    }

    fn proc(
        &mut self,
        start: Span,
        kind: ProcKind,
        role: ProcRole,
        doc: Vec<String>,
    ) -> Parsed<Rc<ProcDecl>> {
        Ok(self.proc_after_word(start, kind, role, doc)?.0)
    }

    /// A proc from its name on; an action's guard stands between its parameters and its body.
    fn proc_after_word(
        &mut self,
        start: Span,
        kind: ProcKind,
        role: ProcRole,
        doc: Vec<String>,
    ) -> Parsed<(Rc<ProcDecl>, Option<Expr>)> {
        let name = self.name("a name")?;
        self.mark("(")?;
        let mut params = Vec::new();
        while !self.eat(")") {
            let name = self.name("a parameter's name")?;
            self.mark(":")?;
            params.push(Param { name, ty: self.type_expr()? });
            if !self.eat(",") && !self.at_mark(")") {
                return self.unexpected("`,` or `)`");
            }
        }
        let result = if self.eat("->") { Some(self.type_expr()?) } else { None };
        let when = if kind == ProcKind::Action { Some(self.when()?) } else { None };
        let head = start.to(self.previous_span());
        let body = self.block()?;
        let proc = ProcDecl { name, kind, role, params, result, body, head, doc };
        Ok((Rc::new(proc), when))
    }

    fn property(&mut self, word: &str, start: Span) -> Parsed<Item> {
        let kind = match word {
            "after" => {
                let trigger = self.expr()?;
                self.mark(":")?;
                PropertyDecl::After(trigger, self.expr()?)
            }
            "eventually" => PropertyDecl::Eventually(self.expr()?),
            _ => {
                let name = self.name("the property's name")?;
                self.mark(":")?;
                let condition = self.expr()?;
                match word {
                    "never" => PropertyDecl::Never(name, condition),
                    "always" => PropertyDecl::Always(name, condition),
                    _ => PropertyDecl::Reach(name, condition),
                }
            }
        };
        Ok(Item::Property { kind, span: start.to(self.previous_span()) })
    }

    fn when(&mut self) -> Parsed<Expr> {
        self.word("when")?;
        self.expr()
    }

    /// `(t)`: the thread that a declaration speaks of.
    fn bound_thread(&mut self) -> Parsed<Name> {
        self.mark("(")?;
        let name = self.name("a name for the thread")?;
        self.mark(")")?;
        Ok(name)
    }

    pub(super) fn domain(&mut self) -> Parsed<DomainExpr> {
        if let TokenKind::Word(word) = self.peek()
            && !matches!(self.peek_at(1), TokenKind::Mark(".."))
            && !RESERVED.contains(&word.as_str())
        {
            return Ok(DomainExpr::Named(self.name("an enum, `thread` or `bool`")?));
        }
        let start = self.span();
        let low = self.sum()?;
        self.mark("..")?;
        let high = self.sum()?;
        Ok(DomainExpr::Range(Box::new(low), Box::new(high), start.to(self.previous_span())))
    }

    pub(super) fn type_expr(&mut self) -> Parsed<TypeExpr> {
        let start = self.span();
        let base = if self.eat_word("mod") {
            let size = self.sum()?;
            TypeExpr::Modulo(size, start.to(self.previous_span()))
        } else {
            match self.domain()? {
                DomainExpr::Named(name) => TypeExpr::Named(name),
                DomainExpr::Range(low, high, span) => TypeExpr::Range(*low, *high, span),
            }
        };
        if self.at_word("or") && matches!(self.peek_at(1), TokenKind::Word(word) if word == "none")
        {
            self.next();
            self.next();
            return Ok(TypeExpr::Optional(Box::new(base), start.to(self.previous_span())));
        }
        Ok(base)
    }

    pub(super) fn fairness(&mut self) -> Fairness {
        match () {
            _ if self.eat_word("fair") => Fairness::Weak,
            _ if self.eat_word("strong") => Fairness::Strong,
            _ if self.eat_word("unfair") => Fairness::Unfair,
            _ => Fairness::Weak,
        }
    }
}

/// Looking at tokens and taking them.
impl Parser<'_> {
    pub(super) fn peek(&self) -> &TokenKind {
        &self.tokens[self.at].kind
    }

    pub(super) fn peek_at(&self, ahead: usize) -> &TokenKind {
        &self.tokens[(self.at + ahead).min(self.tokens.len() - 1)].kind
    }

    pub(super) fn first_on_line(&self) -> bool {
        self.tokens[self.at].first_on_line
    }

    pub(super) fn next(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    pub(super) fn span(&self) -> Span {
        self.tokens[self.at].span
    }

    pub(super) fn previous_span(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].span
    }

    pub(super) fn at_mark(&self, mark: &str) -> bool {
        matches!(self.peek(), TokenKind::Mark(here) if *here == mark)
    }

    pub(super) fn eat(&mut self, mark: &str) -> bool {
        let here = self.at_mark(mark);
        if here {
            self.next();
        }
        here
    }

    pub(super) fn mark(&mut self, mark: &str) -> Parsed<()> {
        if self.eat(mark) { Ok(()) } else { self.unexpected(&format!("`{mark}`")) }
    }

    pub(super) fn at_word(&self, word: &str) -> bool {
        matches!(self.peek(), TokenKind::Word(here) if here == word)
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let here = self.at_word(word);
        if here {
            self.next();
        }
        here
    }

    pub(super) fn word(&mut self, word: &str) -> Parsed<()> {
        if self.eat_word(word) { Ok(()) } else { self.unexpected(&format!("`{word}`")) }
    }

    pub(super) fn name(&mut self, what: &str) -> Parsed<Name> {
        let span = self.span();
        match self.peek().clone() {
            TokenKind::Word(text) if !RESERVED.contains(&text.as_str()) => {
                self.next();
                Ok(Name { text, span })
            }
            TokenKind::Word(text) => {
                let label = format!("expected {what}");
                let error =
                    Diagnostic::error(format!("`{text}` is a word of the language"), span, label);
                self.errors.push(error.help("choose another name"));
                Err(Unreadable)
            }
            _ => self.unexpected(what),
        }
    }

    fn expect_end(&mut self) -> Parsed<()> {
        if *self.peek() == TokenKind::End { Ok(()) } else { self.unexpected("the end") }
    }

    pub(super) fn unexpected<T>(&mut self, expected: &str) -> Parsed<T> {
        let found = match self.peek() {
            TokenKind::Word(word) => format!("`{word}`"),
            TokenKind::Number(number) => format!("`{number}`"),
            TokenKind::Text(_) => "a quoted text".to_string(),
            TokenKind::Path(path) => format!("`{path}`"),
            TokenKind::Doc(_) | TokenKind::Header(_) => "a documentation comment".to_string(),
            TokenKind::Mark(mark) => format!("`{mark}`"),
            TokenKind::End => "the end of the text".to_string(),
        };
        let label = format!("expected {expected}");
        self.errors.push(Diagnostic::error(format!("unexpected {found}"), self.span(), label));
        Err(Unreadable)
    }

    /// Runs `parse` one level deeper, unless that is too deep.
    pub(super) fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= NESTING_MAX {
            let message = format!("nested more than {NESTING_MAX} levels deep");
            let error = Diagnostic::error(message, self.span(), "too deep");
            self.errors.push(error.help("move the inner part into a proc of its own"));
            return Err(Unreadable);
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }
}

const ITEM_WORDS: [&str; 23] = [
    "use", "option", "preset", "enum", "var", "thread", "aux", "proc", "syscall", "atomic", "hook",
    "override", "action", "handler", "runs", "lives", "shows", "start", "on", "outcome", "never",
    "always", "reach",
];

/// A word that starts a declaration and never a statement, so that reading can go on there even if
/// a bracket is missing.
fn is_item_word(word: &str) -> bool {
    starts_item(word) && word != "atomic" && word != "thread"
}

fn starts_item(word: &str) -> bool {
    ITEM_WORDS.contains(&word) || matches!(word, "after" | "eventually")
}
