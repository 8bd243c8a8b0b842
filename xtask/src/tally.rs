//! Counts of tests, read off what their runners print.

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
    /// One line for files, one for tests.
    Vitest,
    /// A line for each outcome, below all that failed.
    Playwright,
}

impl Tally {
    /// Adds what `line` says, if it is a closing line of that runner.
    pub fn read(&mut self, runner: Runner, line: &str) {
        let line = without_colour(line);
        let summary = match runner {
            Runner::Nextest => line.trim_start().strip_prefix("Summary ["),
            Runner::Libtest => line.strip_prefix("test result: "),
            Runner::Vitest => line.trim_start().strip_prefix("Tests  "),
            // Two spaces and a figure: what failed tests print stands further in.
            Runner::Playwright => line
                .strip_prefix("  ")
                .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())),
        };
        let Some(summary) = summary else { return };
        let words: Vec<&str> = summary
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        // What follows the first pair there is a time, or the name of a test.
        let pairs = match runner {
            Runner::Playwright => &words[..words.len().min(2)],
            _ => &words[..],
        };
        for pair in pairs.windows(2) {
            let Ok(count) = pair[0].parse::<u64>() else {
                continue;
            };
            match pair[1] {
                "passed" => self.passed += count,
                // A test that was stopped for its time has failed too.
                "failed" | "timed" | "exec" | "interrupted" => self.failed += count,
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
    fn vitest_counts_files_and_tests() {
        check(
            Runner::Vitest,
            &[
                " Test Files  1 failed | 3 passed (4)",
                "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[31m1 failed\u{1b}[39m\u{1b}[22m | \u{1b}[32m41 passed\u{1b}[39m (42)",
                "   Duration  1.2s",
            ],
            41,
            1,
        );
    }

    #[test]
    fn playwright_has_a_line_for_each_outcome() {
        check(
            Runner::Playwright,
            &[
                "Running 12 tests using 2 workers",
                "  \u{2713}  1 tests/login.spec.ts:3:1 \u{203a} 7 passed the door (1.0s)",
                "  1) tests/login.spec.ts:9:1 \u{203a} 3 failed before",
                "      23 | expect(1).toBe(2); // 5 failed",
                "  2 failed",
                "  1 interrupted",
                "  3 skipped",
                "  8 passed (14.3s)",
            ],
            8,
            3,
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
