//! The form of a date-time, without asking whether it exists.

/// `YYYY-MM-DD`
pub(super) struct WrittenDate {
    pub(super) year: i16,
    pub(super) month: i8,
    pub(super) day: i8,
}

/// `HH:MM:SS[.f…]`
pub(super) struct WrittenClock {
    pub(super) hour: i8,
    pub(super) minute: i8,
    pub(super) second: i8,
    pub(super) nanosecond: i32,
}

/// `Z`, `z` or `±HH:MM`
pub(super) struct WrittenOffset {
    pub(super) negative: bool,
    pub(super) hours: i8,
    pub(super) minutes: i8,
}

/// Takes one part after the other from the front; `None` where something else stands.
pub(super) struct Scanner<'t> {
    rest: &'t [u8],
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            rest: text.as_bytes(),
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn date(&mut self) -> Option<WrittenDate> {
        let century = self.two_digits()?;
        let year = i16::from(century) * 100 + i16::from(self.two_digits()?);
        self.one_of(b"-")?;
        let month = self.two_digits()?;
        self.one_of(b"-")?;
        let day = self.two_digits()?;
        Some(WrittenDate { year, month, day })
    }

    /// All that may follow a date, up to the end.
    pub(super) fn clock_and_offset(&mut self) -> Option<(WrittenClock, Option<WrittenOffset>)> {
        self.one_of(b"Tt ")?;
        let clock = self.clock()?;
        let offset = if self.is_done() {
            None
        } else {
            Some(self.offset()?)
        };
        self.is_done().then_some((clock, offset))
    }

    fn clock(&mut self) -> Option<WrittenClock> {
        let hour = self.two_digits()?;
        self.one_of(b":")?;
        let minute = self.two_digits()?;
        self.one_of(b":")?;
        let second = self.two_digits()?;
        let nanosecond = if self.one_of(b".").is_some() {
            self.fraction()?
        } else {
            0
        };
        Some(WrittenClock {
            hour,
            minute,
            second,
            nanosecond,
        })
    }

    fn offset(&mut self) -> Option<WrittenOffset> {
        let sign = self.one_of(b"Zz+-")?;
        if sign.eq_ignore_ascii_case(&b'Z') {
            return Some(WrittenOffset {
                negative: false,
                hours: 0,
                minutes: 0,
            });
        }
        let hours = self.two_digits()?;
        self.one_of(b":")?;
        let minutes = self.two_digits()?;
        Some(WrittenOffset {
            negative: sign == b'-',
            hours,
            minutes,
        })
    }

    /// At least one digit; those after the ninth are dropped.
    fn fraction(&mut self) -> Option<i32> {
        let mut nanoseconds = i32::from(self.digit()?);
        let mut digits = 1;
        while let Some(digit) = self.digit() {
            if digits < 9 {
                nanoseconds = nanoseconds * 10 + i32::from(digit);
                digits += 1;
            }
        }
        Some(nanoseconds * 10_i32.pow(9 - digits))
    }

    fn two_digits(&mut self) -> Option<i8> {
        Some(self.digit()? * 10 + self.digit()?)
    }

    fn digit(&mut self) -> Option<i8> {
        let digit = self.one_of(b"0123456789")? - b'0';
        i8::try_from(digit).ok()
    }

    fn one_of(&mut self, wanted: &[u8]) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        wanted.contains(first).then(|| {
            self.rest = rest;
            *first
        })
    }
}
