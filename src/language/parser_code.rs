//! Tokens to syntax: statements and expressions.

use super::diagnostic::Diagnostic;
use super::lexer::TokenKind;
use super::parser::{NESTING_MAX, Parsed, Parser, Unreadable};
use super::syntax::*;
use crate::program::{Order, Span};

/// Statements.
impl Parser<'_> {
    pub(super) fn block(&mut self) -> Parsed<Block> {
        self.nested(|parser| {
            let start = parser.span();
            parser.mark("{")?;
            let mut statements = Vec::new();
            loop {
                while parser.eat(";") {}
                match parser.peek() {
                    TokenKind::Mark("}") => {
                        parser.next();
                        let span = start.to(parser.previous_span());
                        return Ok(Block { statements, span });
                    }
                    TokenKind::End => return parser.unexpected("`}`"),
                    TokenKind::Doc(_) | TokenKind::Header(_) => parser.next(),
                    _ => match parser.statement() {
                        Ok(statement) => statements.push(statement),
                        Err(Unreadable) => parser.skip_statement()?,
                    },
                }
            }
        })
    }

    /// Goes on at the next line of the block, or at its end.
    fn skip_statement(&mut self) -> Parsed<()> {
        let mut open = 0usize;
        loop {
            match self.peek() {
                TokenKind::End => return Err(Unreadable),
                TokenKind::Mark("{") => open += 1,
                TokenKind::Mark("}") if open == 0 => return Ok(()),
                TokenKind::Mark("}") => open -= 1,
                _ => {}
            }
            self.next();
            if open == 0 && self.first_on_line() {
                return Ok(());
            }
        }
    }

    fn statement(&mut self) -> Parsed<Stmt> {
        let start = self.span();
        let unreached = if self.eat_word("unreached") {
            let TokenKind::Text(reason) = self.peek().clone() else {
                return self.unexpected("the reason, in quotes");
            };
            self.next();
            Some(reason)
        } else {
            None
        };
        let fairness = self.fairness();
        let word_at = self.span();
        let word = match self.peek() {
            TokenKind::Word(word) => word.clone(),
            _ => return self.unexpected("a statement"),
        };
        let mut head_end = None;
        let kind = match word.as_str() {
            "let" => {
                self.next();
                let name = self.name("a name")?;
                let declared = if self.eat(":") { Some(self.type_expr()?) } else { None };
                self.mark("=")?;
                StmtKind::Let { name, declared, value: self.expr()? }
            }
            "if" => self.if_statement(&mut head_end)?,
            "while" => {
                self.next();
                let condition = self.expr()?;
                head_end = Some(self.previous_span());
                StmtKind::While { condition, body: self.block()? }
            }
            "loop" => {
                self.next();
                head_end = Some(self.previous_span());
                StmtKind::Loop(self.block()?)
            }
            "for" => {
                self.next();
                let var = self.name("a name")?;
                self.word("in")?;
                let domain = self.domain()?;
                let reversed = self.eat_word("reversed");
                let filter = if self.eat_word("where") { Some(self.expr()?) } else { None };
                head_end = Some(self.previous_span());
                StmtKind::For { var, domain, reversed, filter, body: self.block()? }
            }
            "choose" => {
                self.next();
                head_end = Some(self.previous_span());
                let mut branches = vec![self.block()?];
                while self.eat_word("or") {
                    branches.push(self.block()?);
                }
                StmtKind::Choose(branches)
            }
            "atomic" => {
                self.next();
                StmtKind::Atomic(self.block()?)
            }
            "await" => {
                self.next();
                StmtKind::Await(self.expr()?)
            }
            "assert" => {
                self.next();
                StmtKind::Assert(self.expr()?)
            }
            "step" => {
                self.next();
                self.name("a name for the step")?;
                StmtKind::Step
            }
            "yield" | "skip" | "break" | "continue" => {
                self.next();
                match word.as_str() {
                    "yield" => StmtKind::Yield,
                    "skip" => StmtKind::Skip,
                    "break" => StmtKind::Break,
                    _ => StmtKind::Continue,
                }
            }
            "return" => {
                self.next();
                let bare = self.first_on_line() || self.at_mark("}") || self.at_mark(";");
                StmtKind::Return(if bare { None } else { Some(self.expr()?) })
            }
            "lock" | "unlock" | "finish" => {
                self.next();
                self.mark("(")?;
                let argument = self.expr()?;
                self.mark(")")?;
                match word.as_str() {
                    "lock" => StmtKind::Lock(argument),
                    "unlock" => StmtKind::Unlock(argument),
                    _ => StmtKind::Finish(argument),
                }
            }
            _ => self.simple_statement(word_at)?,
        };
        let end = self.previous_span();
        Ok(Stmt {
            kind,
            span: start.to(end),
            head: word_at.to(head_end.unwrap_or(end)),
            fairness,
            unreached,
        })
    }

    fn if_statement(&mut self, head_end: &mut Option<Span>) -> Parsed<StmtKind> {
        self.next();
        let condition = self.expr()?;
        *head_end = Some(self.previous_span());
        let then = self.block()?;
        let otherwise = if !self.eat_word("else") {
            None
        } else if self.at_word("if") {
            let statement = self.nested(|parser| parser.statement())?;
            Some(Block { span: statement.span, statements: vec![statement] })
        } else {
            Some(self.block()?)
        };
        Ok(StmtKind::If { condition, then, otherwise })
    }

    /// A call or an assignment.
    fn simple_statement(&mut self, start: Span) -> Parsed<StmtKind> {
        let target = self.primary()?;
        let op = match () {
            _ if self.eat("=") => AssignOp::Set,
            _ if self.eat("+=") => AssignOp::Add,
            _ if self.eat("-=") => AssignOp::Sub,
            _ => {
                if let ExprKind::Call(call) = target.kind {
                    return Ok(StmtKind::Call(call));
                }
                let error = Diagnostic::error("this is not a statement", start.to(target.span), "");
                self.errors.push(error.help("a statement calls a proc, or assigns with `=`"));
                return Err(Unreadable);
            }
        };
        Ok(StmtKind::Assign { target, op, value: self.expr()? })
    }
}

/// Expressions, weakest operators first.
impl Parser<'_> {
    pub(super) fn expr(&mut self) -> Parsed<Expr> {
        self.nested(|parser| {
            parser.chain(&[("||", BinaryOp::Or)], |parser| {
                parser.chain(&[("&&", BinaryOp::And)], Self::comparison)
            })
        })
    }

    fn comparison(&mut self) -> Parsed<Expr> {
        const OPS: [(&str, BinaryOp); 6] = [
            ("==", BinaryOp::Eq),
            ("!=", BinaryOp::Ne),
            ("<=", BinaryOp::Le),
            (">=", BinaryOp::Ge),
            ("<", BinaryOp::Lt),
            (">", BinaryOp::Gt),
        ];
        let left = self.sum()?;
        let Some(&(_, op)) = OPS.iter().find(|(mark, _)| self.at_mark(mark)) else {
            return Ok(left);
        };
        self.next();
        let expr = binary(op, left, self.sum()?);
        if let Some((mark, _)) = OPS.iter().find(|(mark, _)| self.at_mark(mark)) {
            let label = "comparisons do not chain";
            let error = Diagnostic::error(format!("unexpected `{mark}`"), self.span(), label);
            self.errors.push(error.help("join two comparisons with `&&`"));
            return Err(Unreadable);
        }
        Ok(expr)
    }

    pub(super) fn sum(&mut self) -> Parsed<Expr> {
        self.chain(&[("+", BinaryOp::Add), ("-", BinaryOp::Sub)], |parser| {
            parser.chain(&[("*", BinaryOp::Mul), ("%", BinaryOp::Rem)], Self::unary)
        })
    }

    /// Operands joined by operators of one strength, from left to right.
    fn chain(
        &mut self,
        ops: &[(&str, BinaryOp)],
        operand: impl Fn(&mut Self) -> Parsed<Expr>,
    ) -> Parsed<Expr> {
        let mut left = operand(self)?;
        let mut length = 0;
        while let Some(&(_, op)) = ops.iter().find(|(mark, _)| self.at_mark(mark)) {
            length += 1;
            if length > NESTING_MAX {
                let message = format!("more than {NESTING_MAX} operators in a row");
                let error = Diagnostic::error(message, self.span(), "too long");
                self.errors.push(error.help("name a part of it with `let`"));
                return Err(Unreadable);
            }
            self.next();
            left = binary(op, left, operand(self)?);
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let negate = self.at_mark("-");
        if !negate && !self.at_mark("!") {
            return self.primary();
        }
        self.next();
        let operand = Box::new(self.nested(|parser| parser.unary())?);
        let span = start.to(operand.span);
        let kind = if negate { ExprKind::Negate(operand) } else { ExprKind::Not(operand) };
        Ok(Expr { kind, span })
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let kind = match self.peek().clone() {
            TokenKind::Number(value) => {
                self.next();
                ExprKind::Number(value)
            }
            TokenKind::Mark("(") => {
                self.next();
                let inner = self.expr()?;
                self.mark(")")?;
                inner.kind
            }
            TokenKind::Word(word) => match word.as_str() {
                "true" | "false" => {
                    self.next();
                    ExprKind::Bool(word == "true")
                }
                "none" => {
                    self.next();
                    ExprKind::None
                }
                "self" => {
                    self.next();
                    ExprKind::SelfThread
                }
                "done" => {
                    self.next();
                    ExprKind::Name(word)
                }
                "exists" | "forall" | "number" => self.quantifier(&word)?,
                "cas" | "swap" | "fetch_add" | "fetch_sub" | "load" | "store" | "fence"
                | "try_lock" | "in_kernel" | "finished" => {
                    self.next();
                    let name = Name { text: word, span: start };
                    ExprKind::Call(self.call(name)?)
                }
                _ => self.named()?,
            },
            _ => return self.unexpected("an expression"),
        };
        Ok(Expr { kind, span: start.to(self.previous_span()) })
    }

    /// A variable, an element of an array, or a call.
    fn named(&mut self) -> Parsed<ExprKind> {
        let name = self.name("an expression")?;
        if self.at_mark("(") {
            return Ok(ExprKind::Call(self.call(name)?));
        }
        if !self.eat("[") {
            return Ok(ExprKind::Name(name.text));
        }
        let mut indices = Vec::new();
        loop {
            indices.push(self.expr()?);
            if !self.eat(",") {
                break;
            }
        }
        self.mark("]")?;
        Ok(ExprKind::Index(name, indices))
    }

    /// The memory orders and the arguments behind a name.
    fn call(&mut self, name: Name) -> Parsed<Call> {
        let mut orders = Vec::new();
        while self.eat(".") {
            let span = self.span();
            let order = match self.peek() {
                TokenKind::Word(word) => match Order::named(word) {
                    Some(order) => OrderWord::Known(order),
                    None => OrderWord::Option(word.clone()),
                },
                _ => return self.unexpected("a memory order"),
            };
            self.next();
            orders.push((order, span));
        }
        self.mark("(")?;
        let mut args = Vec::new();
        while !self.eat(")") {
            args.push(self.expr()?);
            if !self.eat(",") && !self.at_mark(")") {
                return self.unexpected("`,` or `)`");
            }
        }
        let span = name.span.to(self.previous_span());
        Ok(Call { name, orders, args, span })
    }

    fn quantifier(&mut self, word: &str) -> Parsed<ExprKind> {
        self.next();
        let kind = match word {
            "exists" => Quantifier::Exists,
            "forall" => Quantifier::Forall,
            _ => Quantifier::Number,
        };
        self.mark("(")?;
        let var = self.name("a name")?;
        let domain = if self.eat_word("in") { Some(self.domain()?) } else { None };
        self.mark(":")?;
        let body = Box::new(self.expr()?);
        self.mark(")")?;
        Ok(ExprKind::Quantifier { kind, var, domain, body })
    }
}

fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    Expr { kind: ExprKind::Binary(op, Box::new(left), Box::new(right)), span }
}
