//! Chance with a seed: the same seed gives the same day, whatever the machine.

use fastrand::Rng;

/// Whoever draws; each has a name, so that one who draws more changes nothing for the others.
#[derive(Debug, Clone)]
pub struct Chance(Rng);

impl Chance {
    /// The chance of `name` on the day of that seed.
    pub fn of(seed: u64, name: &str) -> Self {
        // FNV-1a: names differ, and so do their streams.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(Rng::with_seed(
            seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ hash,
        ))
    }

    /// A whole number from `first` to `last`.
    pub fn whole(&mut self, first: i64, last: i64) -> i64 {
        self.0.i64(first..=last)
    }

    /// True with that probability.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.0.f64() < probability
    }

    /// A number between `low` and `high`, each as likely as another.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0.f64().mul_add(high - low, low)
    }

    /// One of them; `None` of none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        self.0.choice(from)
    }

    /// Another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        self.0.shuffle(items);
    }

    /// A number around 0, as far away as a phone is wrong (about normal, deviation 1).
    pub fn around(&mut self) -> f64 {
        (0..12).map(|_| self.0.f64()).sum::<f64>() - 6.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_name_draw_the_same() {
        let drawn = |seed, name| {
            let mut chance = Chance::of(seed, name);
            (0..5)
                .map(|_| chance.whole(0, 1_000_000))
                .collect::<Vec<_>>()
        };
        assert_eq!(drawn(1, "city"), drawn(1, "city"));
        assert_ne!(drawn(1, "city"), drawn(2, "city"));
        assert_ne!(drawn(1, "city"), drawn(1, "phones"));
    }

    #[test]
    fn around_nothing_on_average() {
        let mut chance = Chance::of(1, "around");
        let drawn: Vec<f64> = (0..2_000).map(|_| chance.around()).collect();
        let mean = drawn.iter().sum::<f64>() / 2_000.0;
        assert!(mean.abs() < 0.1, "{mean}");
        assert!(drawn.iter().any(|one| one.abs() > 2.0));
    }
}
