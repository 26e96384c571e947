//! A run that a person makes, step by step.

use crate::machine::{Actor, Machine, Step, Transition};
use crate::program::Program;
use crate::schedule::{Run, Schedule, StepWords, UNFINISHED, enabled, end_at};

/// Steps of one thread that "to the next switch" takes at most: it may spin for ever.
const STRETCH_MAX: usize = 1000;

/// The run, the position in it, and what can happen there.
#[derive(Debug)]
pub struct Session<'p> {
    program: &'p Program,
    /// Options given from outside the scenario: part of a saved schedule.
    set: Vec<(String, String)>,
    /// The whole run; after an undo it goes beyond the position.
    trace: Vec<Transition>,
    run: Run<'p>,
    /// Steps taken.
    at: usize,
    choices: Vec<(Transition, StepWords)>,
    selected: usize,
    /// What the last key came to, for the player.
    pub message: String,
}

impl<'p> Session<'p> {
    /// A session that goes on from the end of `trace`. `set` holds the options given from outside the
    /// scenario.
    ///
    /// # Errors
    /// The index of the first transition that cannot be taken there.
    pub fn new(
        program: &'p Program,
        trace: &[Transition],
        set: &[(String, String)],
    ) -> Result<Session<'p>, usize> {
        let mut session = Session {
            program,
            set: set.to_vec(),
            trace: trace.to_vec(),
            run: Run::new(program, trace)?,
            at: trace.len(),
            choices: Vec::new(),
            selected: 0,
            message: String::new(),
        };
        session.arrive();
        Ok(session)
    }

    /// What runs.
    pub fn program(&self) -> &'p Program {
        self.program
    }

    /// Steps taken, and steps of the whole run.
    pub fn position(&self) -> (usize, usize) {
        (self.at, self.trace.len())
    }

    /// The state here.
    pub fn state(&self) -> &[u64] {
        &self.run.states[self.at]
    }

    /// The state before the last step; the same as here before the first.
    pub fn state_before(&self) -> &[u64] {
        &self.run.states[self.at.saturating_sub(1)]
    }

    /// The steps taken, the last one last.
    pub fn history(&self) -> impl DoubleEndedIterator<Item = &StepWords> + ExactSizeIterator {
        self.run.steps[..self.at].iter().map(|taken| &taken.words)
    }

    /// The thread that stepped last.
    pub fn stepped(&self) -> Option<usize> {
        match self.trace[..self.at].last()?.actor {
            Actor::Thread(thread) => Some(usize::from(thread)),
            Actor::Action(_) => None,
        }
    }

    /// What can happen here; nothing after a step that failed.
    pub fn choices(&self) -> &[(Transition, StepWords)] {
        &self.choices
    }

    /// Which of the choices is selected.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// How the run stands, as a sentence, and whether that is bad.
    pub fn standing(&self) -> (String, bool) {
        if let Some(message) = self.failure() {
            return (format!("The step failed: {message}."), true);
        }
        match end_at(self.program, self.state()) {
            Some(end) if end.spinning => {
                (format!("The run is over: {}, spinning.", end.outcome), !end.fine)
            }
            Some(end) => (format!("The run is over: {}.", end.outcome), !end.fine),
            None => ("The run goes on.".to_string(), false),
        }
    }

    /// Selects the choice above.
    pub fn select_previous(&mut self) {
        self.selected = self.selected.saturating_sub(1);
    }

    /// Selects the choice below.
    pub fn select_next(&mut self) {
        self.selected = (self.selected + 1).min(self.choices.len().saturating_sub(1));
    }

    /// Takes the step of that number; there may be none.
    pub fn choose(&mut self, index: usize) {
        let Some((transition, _)) = self.choices.get(index) else { return };
        let transition = *transition;
        // Choosing what was undone keeps what came after it.
        if self.trace.get(self.at) != Some(&transition) {
            self.trace.truncate(self.at);
            self.trace.push(transition);
            self.run = Run::new(self.program, &self.trace).expect("it is enabled here");
        }
        self.at += 1;
        self.arrive();
    }

    /// Goes back by a step.
    pub fn undo(&mut self) {
        self.go_to(self.at.saturating_sub(1));
    }

    /// Takes again what was undone.
    pub fn redo(&mut self) {
        self.go_to((self.at + 1).min(self.trace.len()));
    }

    /// Goes back to the start; everything can be taken again.
    pub fn to_the_start(&mut self) {
        self.go_to(0);
    }

    /// Takes again everything that was undone.
    pub fn to_the_end(&mut self) {
        self.go_to(self.trace.len());
    }

    /// Goes on until another actor steps: along what was undone if there is any, else by letting the
    /// thread that stepped last run on for as long as it has one way to go.
    pub fn to_the_next_switch(&mut self) {
        if let Some(next) = self.trace.get(self.at) {
            let rest = &self.trace[self.at..];
            let stretch = rest.iter().take_while(|step| step.actor == next.actor).count();
            self.go_to(self.at + stretch);
            return;
        }
        let chosen = self.choices.get(self.selected).map(|(transition, _)| transition.actor);
        let Some(actor) = self.trace.last().map(|step| step.actor).or(chosen) else { return };
        for taken in 0..=STRETCH_MAX {
            let mut own = (0..self.choices.len()).filter(|&i| self.choices[i].0.actor == actor);
            match (own.next(), own.next()) {
                (Some(only), None) if taken < STRETCH_MAX => self.choose(only),
                (Some(_), None) => self.message = format!("it goes on after {STRETCH_MAX} steps"),
                _ => break,
            }
        }
    }

    /// The run up to here as a schedule.
    pub fn schedule(&self) -> Schedule {
        let shows = match self.run.steps[..self.at].last().map(|taken| taken.step) {
            Some(Step::Violation(violation)) => {
                self.program.checks[usize::from(violation.check)].kind.name().to_string()
            }
            _ => end_at(self.program, self.state()).map_or(UNFINISHED.into(), |end| end.outcome),
        };
        Schedule::of(self.program, &self.trace[..self.at], &self.set, "step", &shows)
            .expect("every step was enabled")
    }

    fn go_to(&mut self, at: usize) {
        self.at = at;
        self.arrive();
    }

    fn failure(&self) -> Option<&'p str> {
        match self.run.steps[..self.at].last()?.step {
            Step::Violation(violation) => {
                Some(&self.program.checks[usize::from(violation.check)].message)
            }
            _ => None,
        }
    }

    /// Looks at what can happen here. What was undone is selected first.
    fn arrive(&mut self) {
        self.choices = match self.failure() {
            Some(_) => Vec::new(),
            None => enabled(&Machine::new(self.program), self.state()),
        };
        let undone = self.trace.get(self.at);
        let known = self.choices.iter().position(|(transition, _)| Some(transition) == undone);
        self.selected = known.unwrap_or(0);
    }
}
