//! Counts of tests, read off what nextest and libtest print.

/// How many tests passed and failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Passed.
    pub passed: u64,
    /// Failed.
    pub failed: u64,
}

/// Who prints. Each says it in a line of its own form; what failed tests print looks like the other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    /// One summary.
    Nextest,
    /// A result per binary.
    Libtest,
}

impl Tally {
    /// Adds what `line` says, if it is a closing line of that runner.
    pub fn read(&mut self, runner: Runner, line: &str) {
        let line = without_colour(line);
        let summary = match runner {
            Runner::Nextest => line.trim_start().strip_prefix("Summary ["),
            Runner::Libtest => line.strip_prefix("test result: "),
        };
        let Some(summary) = summary else { return };
        let words: Vec<&str> = summary
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        for pair in words.windows(2) {
            let Ok(count) = pair[0].parse::<u64>() else {
                continue;
            };
            match pair[1] {
                "passed" => self.passed += count,
                // A test that was stopped for its time has failed too.
                "failed" | "timed" | "exec" => self.failed += count,
                _ => {}
            }
        }
    }
}

/// `line` without the escapes that colour it.
fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            chars.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(runner: Runner, lines: &[&str], passed: u64, failed: u64) {
        let mut tally = Tally::default();
        for line in lines {
            tally.read(runner, line);
        }
        assert_eq!(tally, Tally { passed, failed }, "{lines:?}");
    }

    #[test]
    fn nextest_says_it_once() {
        let check = |lines: &[&str], passed, failed| check(Runner::Nextest, lines, passed, failed);
        check(
            &["     Summary [   1.234s] 12 tests run: 12 passed, 0 skipped"],
            12,
            0,
        );
        check(
            &[
                "    test result: FAILED. 0 passed; 1 failed; 0 ignored",
                "Summary [  61.2s] 12 tests run: 9 passed (1 slow, 1 flaky), 2 failed, 1 timed out, 3 skipped",
            ],
            9,
            3,
        );
        check(
            &[
                "\u{1b}[32;1m     Summary\u{1b}[0m [   1.234s] \u{1b}[1m5\u{1b}[0m tests run: \u{1b}[1m5\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, \u{1b}[1m0\u{1b}[0m skipped",
            ],
            5,
            0,
        );
    }

    #[test]
    fn libtest_says_it_once_a_binary() {
        check(
            Runner::Libtest,
            &[
                "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
                "test one ... ok",
                "7 passed",
                "  test result: ok. 9 passed",
                "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
            ],
            4,
            2,
        );
    }
}
