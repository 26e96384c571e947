//! Random numbers that are the same on every machine and in every release.

/// SplitMix64 (G. Steele, D. Lea and C. Flood, "Fast splittable pseudorandom number generators",
/// 2014). It samples schedules; it keeps no secrets.
#[derive(Debug, Clone)]
pub struct Chance {
    state: u64,
}

impl Chance {
    /// The numbers that belong to `seed`.
    pub fn new(seed: u64) -> Chance {
        Chance { state: seed }
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, each as likely as the others.
    ///
    /// # Panics
    /// If `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "nothing to choose from");
        // Numbers above the last whole multiple would make the small results likelier.
        let last = u64::MAX - u64::MAX % bound;
        loop {
            let number = self.next_u64();
            if number < last {
                return number % bound;
            }
        }
    }

    /// An index into a list of this length.
    ///
    /// # Panics
    /// If the list is empty.
    pub fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// Puts `items` into an order, each as likely as the others.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.index(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn the_numbers_are_those_of_the_paper() {
        let mut chance = Chance::new(1234567);
        assert_eq!(chance.next_u64(), 6457827717110365317);
        assert_eq!(chance.next_u64(), 3203168211198807973);
    }

    #[test]
    fn every_index_comes() {
        let mut chance = Chance::new(1);
        let mut seen = [0; 6];
        (0..6000).for_each(|_| seen[chance.index(6)] += 1);
        assert!(seen.iter().all(|&times| (800..1200).contains(&times)), "{seen:?}");
    }
}
