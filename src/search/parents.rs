//! Who found whom, in two bits a state.
//!
//! A breadth-first search expands states in the order in which it found them, so the parents of
//! successive states never decrease. The links are therefore kept in unary: for each expanded
//! state in order, a 1 for each state that it found, then a 0. The parent of a state is the number
//! of 0s before its 1. (The idea is that of a level-ordered unary degree sequence: G. Jacobson,
//! "Space-efficient Static Trees and Graphs", 1989.)

use super::store::Full;

/// The links from every state but the first to the one that found it.
#[derive(Debug, Default)]
pub(crate) struct Parents {
    words: Vec<u64>,
    bits: u64,
    children: u64,
}

impl Parents {
    /// Makes room for one more call of either method below.
    ///
    /// # Errors
    /// [`Full::Memory`], if there is none.
    #[inline(always)]
    pub(crate) fn reserve(&mut self) -> Result<(), Full> {
        if self.words.len() as u64 * 64 == self.bits {
            self.words.try_reserve(1).map_err(|_| Full::Memory)?;
            self.words.push(0);
        }
        Ok(())
    }

    /// The state that is being expanded found a new one.
    #[inline(always)]
    pub(crate) fn push_child(&mut self) {
        self.words[(self.bits / 64) as usize] |= 1 << (self.bits % 64);
        self.bits += 1;
        self.children += 1;
    }

    /// From now on the next state is being expanded.
    #[inline(always)]
    pub(crate) fn next_parent(&mut self) {
        self.bits += 1;
    }

    /// Bytes that are allocated.
    pub(crate) fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }

    /// The states from the first one to `state`, each found by the one before it. One pass over
    /// the bits, from the end.
    pub(crate) fn path(&self, state: u32) -> Vec<u32> {
        let mut path = vec![state];
        let mut word = self.words.len();
        // 1s in `words[..word]`.
        let mut ones = self.children;
        let mut child = u64::from(state);
        while child > 0 {
            // State 1 is the first child.
            let rank = child - 1;
            while ones > rank {
                word -= 1;
                ones -= u64::from(self.words[word].count_ones());
            }
            let mut rest = self.words[word];
            for _ in ones..rank {
                rest &= rest - 1;
            }
            let position = word as u64 * 64 + u64::from(rest.trailing_zeros());
            child = position - rank;
            path.push(child as u32);
        }
        path.reverse();
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_the_parents() {
        // Families of changing size, many of them empty.
        let mut parents = Parents::default();
        let mut parent_of = vec![0u32];
        for parent in 0..5_000u32 {
            let family = [2, 0, 3, 0, 0, 2, 70, 0, 1, 1][parent as usize % 10];
            for _ in 0..family {
                parents.reserve().unwrap();
                parents.push_child();
                parent_of.push(parent);
            }
            parents.reserve().unwrap();
            parents.next_parent();
            assert!(
                parent_of.len() > parent as usize + 1,
                "a state is found before it is expanded"
            );
        }
        for state in 0..parent_of.len() {
            let path = parents.path(state as u32);
            assert_eq!((path[0], path[path.len() - 1]), (0, state as u32));
            for step in path.windows(2) {
                assert_eq!(parent_of[step[1] as usize], step[0]);
            }
        }
    }
}
