//! Being the scheduler, in a terminal: the run so far, where every thread stands, and what can happen
//! next.
//!
//! [`Session`] is the game without a screen; `view.rs` draws it; this file is the loop between the
//! keyboard and the two. The room may not search: the player is the search.

mod session;
mod view;

pub use session::Session;
pub use view::{draw, draw_help};

use crate::schedule::Schedule;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::io;

/// Writes a schedule somewhere and says where.
pub type Save<'a> = dyn FnMut(&Schedule) -> io::Result<String> + 'a;

/// Plays `session` on the terminal until the player leaves.
///
/// # Errors
/// Those of the terminal. It is put back as it was in any case.
pub fn play(session: &mut Session, save: &mut Save) -> io::Result<()> {
    let mut terminal = ratatui::try_init()?;
    let mut help = false;
    let played = loop {
        let drawn = terminal.draw(|frame| {
            draw(session, frame);
            if help {
                draw_help(frame);
            }
        });
        if let Err(error) = drawn {
            break Err(error);
        }
        match event::read() {
            Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => {
                // Whatever leaves the help does nothing else.
                let helped = help;
                help = !helped && key.code == KeyCode::Char('?');
                if !helped && !help && !press(session, key, save) {
                    break Ok(());
                }
            }
            Ok(_) => {}
            Err(error) => break Err(error),
        }
    };
    ratatui::try_restore()?;
    played
}

/// What a key does; false if the player leaves.
fn press(session: &mut Session, key: KeyEvent, save: &mut Save) -> bool {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    session.message.clear();
    match key.code {
        KeyCode::Char('c') if control => return false,
        KeyCode::Char('q') | KeyCode::Esc => return false,
        KeyCode::Up | KeyCode::Char('k') => session.select_previous(),
        KeyCode::Down | KeyCode::Char('j') => session.select_next(),
        KeyCode::Enter | KeyCode::Char(' ') => session.choose(session.selected()),
        KeyCode::Char(digit @ '1'..='9') => session.choose(digit as usize - '1' as usize),
        KeyCode::Left | KeyCode::Char('u') | KeyCode::Backspace => session.undo(),
        KeyCode::Right | KeyCode::Char('r') => session.redo(),
        KeyCode::Char('n') => session.to_the_next_switch(),
        KeyCode::Home => session.to_the_start(),
        KeyCode::End => session.to_the_end(),
        KeyCode::Char('s') => {
            session.message = match save(&session.schedule()) {
                Ok(path) => format!("saved in {path}; `ghosthunt replay` replays it"),
                Err(error) => format!("cannot save: {error}"),
            };
        }
        _ => {}
    }
    true
}
