//! Several runs of one measure, and chance that is the same in every run.

/// What several runs of one measure gave.
#[derive(Debug, Default, Clone)]
pub struct Runs(Vec<f64>);

impl Runs {
    /// Adds one.
    pub fn add(&mut self, value: f64) {
        self.0.push(value);
        self.0.sort_by(f64::total_cmp);
    }

    /// The one in the middle.
    pub fn median(&self) -> f64 {
        self.0.get(self.0.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// The median with the smallest and the greatest, so many digits after the point.
    pub fn told(&self, digits: usize) -> String {
        let (Some(min), Some(max)) = (self.0.first(), self.0.last()) else {
            return "-".to_owned();
        };
        format!("{:.digits$} ({min:.digits$}–{max:.digits$})", self.median())
    }
}

/// The value that `share` (0 to 1) of the sorted `values` do not exceed.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a length is a place"
    )]
    let place = (float(values.len()) * share) as usize;
    values
        .get(place.min(values.len().saturating_sub(1)))
        .copied()
        .unwrap_or(f64::NAN)
}

/// A count as a number with a fraction.
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^53")]
pub const fn float(count: usize) -> f64 {
    count as f64
}

/// A number that looks random and follows from `n` (splitmix64).
pub const fn chance(n: u64) -> u64 {
    let mut z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_ends() {
        let mut runs = Runs::default();
        for value in [5.0, 1.0, 4.0, 2.0, 3.0] {
            runs.add(value);
        }
        assert_eq!(runs.told(1), "3.0 (1.0–5.0)");
        assert_eq!(Runs::default().told(1), "-");
    }

    #[test]
    fn quantiles_stay_inside() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        assert!((quantile(&values, 0.95) - 95.0).abs() < f64::EPSILON);
        assert!((quantile(&values, 1.0) - 99.0).abs() < f64::EPSILON);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
