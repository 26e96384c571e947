//! Where everything lies in a state, and the state before the first step.

use super::{Lowering, Slots, Type, Var};
use crate::language::diagnostic::Diagnostic;
use crate::language::syntax::VarDecl;
use crate::language::types::Base;
use crate::machine::{Machine, Packed, Role, Step};
use crate::program::*;

impl Lowering<'_> {
    /// The variable takes bits of the state: it is no constant, and not history that is left out.
    pub(super) fn is_kept(&self, decl: &VarDecl, var: &Var) -> bool {
        let left_out = decl.aux && self.cast.without_aux;
        !var.constant && !left_out
    }

    pub(super) fn domain_of(&self, ty: Type) -> Domain {
        match ty.base {
            Base::Bool => Domain::Bool,
            Base::Enum(id, _) => {
                let values = &self.model.enums[id].values;
                Domain::Names(values.iter().map(|value| value.text.clone()).collect())
            }
            Base::Thread(_) => Domain::Names(self.thread_names.clone()),
            Base::Mutex(_) => Domain::Mutex(self.thread_names.clone()),
            _ => Domain::Number,
        }
    }

    /// Gives the slots of an area their bits: whole words first, then what is left over.
    pub(super) fn place_slots(&mut self, area: &Slots) {
        let (full, rest) = area.most;
        let mut bases = Vec::new();
        for _ in 0..full {
            bases.push((self.layout.words as u16, 0));
            self.layout.words += 1;
        }
        if rest > 0 {
            let high = if rest >= 31 { Value::MAX } else { (1 << rest) - 1 };
            if rest > 31 {
                bases.push((self.layout.words as u16, 0));
                self.layout.words += 1;
            } else {
                // A field of as many bits keeps the place; the slots share it.
                let keeper = self.layout.add(0, high, false, false);
                let field = self.layout.fields[usize::from(keeper)];
                bases.push((field.word, field.shift));
            }
        }
        for &(slot, (part, offset), width) in &area.all {
            let field = &mut self.layout.fields[usize::from(slot)];
            let (word, shift) = bases[usize::from(part)];
            (field.word, field.shift, field.width) = (word, shift + offset, width);
        }
    }

    pub(super) fn docs(&self) -> Vec<(String, Vec<String>)> {
        let procs = self.model.procs.iter().map(|proc| &proc.decl);
        let all = procs.chain(self.model.actions.iter().map(|action| &action.proc));
        let documented = all.filter(|decl| !decl.doc.is_empty());
        documented.map(|decl| (decl.name.text.clone(), decl.doc.clone())).collect()
    }

    pub(super) fn variables(&self) -> Vec<Variable> {
        let decls = self.model.vars.iter().zip(&self.vars);
        let kept = decls.filter(|(decl, var)| self.is_kept(decl, var));
        kept.map(|(decl, var)| {
            let mut labels = vec![String::new()];
            for dim in &var.dims {
                let domain = self.domain_of(dim.ty);
                let values = dim.values();
                labels = labels
                    .iter()
                    .flat_map(|label| {
                        let domain = &domain;
                        values.clone().map(move |value| match label.strip_suffix(']') {
                            Some(first) => format!("{first}, {}]", domain.show(value)),
                            None => format!("[{}]", domain.show(value)),
                        })
                    })
                    .collect();
            }
            Variable {
                name: decl.name.text.clone(),
                first: var.first,
                labels,
                aux: decl.aux,
                location: decl.location,
                domain: self.domain_of(var.ty),
            }
        })
        .collect()
    }

    pub(super) fn mask_of(&self, fields: impl Iterator<Item = FieldId>) -> Vec<u64> {
        let mut mask = vec![0; self.layout.words];
        for field in fields {
            let field = &self.layout.fields[usize::from(field)];
            mask[usize::from(field.word)] |= field.mask();
        }
        mask
    }

    pub(super) fn masks(&mut self, variables: &[Variable]) {
        let fields = |aux: bool| {
            let wanted = variables.iter().filter(move |variable| variable.aux == aux);
            wanted.flat_map(|variable| {
                variable.first..variable.first + variable.labels.len() as FieldId
            })
        };
        self.layout.shared_mask = self.mask_of(fields(false));
        self.layout.aux_mask = self.mask_of(fields(true));
    }

    pub(super) fn initial_words(&self) -> Vec<u64> {
        let mut words = vec![0; self.layout.words];
        for (decl, var) in self.model.vars.iter().zip(&self.vars) {
            if !self.is_kept(decl, var) || var.ty.range().is_none() {
                continue;
            }
            for (at, &value) in var.initial.iter().enumerate() {
                let field = self.layout.fields[usize::from(var.first) + at];
                let stored = field.set(&mut words, value);
                debug_assert!(stored, "initial values are checked against their types");
            }
        }
        words
    }

    /// Runs what comes before each thread's first step: local computation on constants.
    pub(super) fn settle(&mut self, program: &mut Program, starts: &[Addr]) {
        let mut initial = program.initial.clone();
        let machine = Machine::new(program);
        let mut work = machine.workspace();
        for (index, &start) in starts.iter().enumerate() {
            let mut memory = Packed::new(program, &mut initial);
            if let Step::Violation(violation) =
                machine.run(start, Role::Thread(index), 0, &mut memory, &mut work)
            {
                let check = &program.checks[usize::from(violation.check)];
                let label = "before the thread's first step";
                self.errors.push(Diagnostic::error(check.message.clone(), check.span, label));
            }
        }
        let statements = 0..program.statements.len() as StatementId;
        program.started = statements.filter(|&statement| work.has_run(statement)).collect();
        program.initial = initial;
    }
}
