//! The words and numbers by which a system says how urgent a pickup is.

use pontic_core::fault::Reason;

use super::record::OriginalPriority;
use crate::fields::{decimal, integer};
use crate::json::Json;

/// All that a system may say, in any case.
pub(super) struct Priorities {
    pub(super) kept: Kept,
    /// Meant where nothing is said, and written where a record knows no better.
    pub(super) calm: Word,
    /// Written for a rush where a record knows no better.
    pub(super) rush: Word,
    pub(super) others: &'static [Word],
}

/// What a record keeps of it.
pub(super) enum Kept {
    /// The number, also of a word.
    Number,
    /// The word as sent, also for a number.
    Word,
}

/// One of them.
pub(super) struct Word {
    text: &'static str,
    /// The JSON number (or its decimal text) that means the same.
    number: Option<u8>,
    is_rush: bool,
}

/// What was said, and what it means.
#[derive(Clone)]
pub(super) struct Priority {
    pub(super) original: OriginalPriority,
    pub(super) is_rush: bool,
}

impl Word {
    pub(super) const fn calm(text: &'static str) -> Self {
        Self {
            text,
            number: None,
            is_rush: false,
        }
    }

    pub(super) const fn rush(text: &'static str) -> Self {
        Self {
            text,
            number: None,
            is_rush: true,
        }
    }

    pub(super) const fn numbered(self, number: u8) -> Self {
        Self {
            number: Some(number),
            ..self
        }
    }
}

impl Priorities {
    pub(super) fn read(&self, json: &Json<'_>) -> Result<Priority, Reason> {
        match json {
            Json::Text(text) => self.by_text(text.trim()),
            _ if !self.knows_numbers() => Err(Reason::InvalidType),
            json => self.by_number(integer(0..=i64::MAX)(json)?),
        }
    }

    /// How a rush is written.
    pub(super) fn rush_as_written(&self) -> serde_json::Value {
        match (&self.kept, self.rush.number) {
            (Kept::Number, Some(number)) => number.into(),
            _ => self.rush.text.into(),
        }
    }

    /// What is meant where nothing is said.
    pub(super) fn absent(&self) -> Priority {
        self.said(&self.calm, self.calm.text)
    }

    /// What was said at first, if that is a word of this system; else what means the same.
    pub(super) fn write(
        &self,
        original: Option<&OriginalPriority>,
        is_rush: bool,
    ) -> Json<'static> {
        let known = original.and_then(|original| match original {
            OriginalPriority::Number(number) => self.by_number((*number).into()).ok(),
            OriginalPriority::Word(word) => self.by_text(word).ok(),
        });
        let fallback = if is_rush { &self.rush } else { &self.calm };
        match known
            .unwrap_or_else(|| self.said(fallback, fallback.text))
            .original
        {
            OriginalPriority::Number(number) => Json::Integer(number.into()),
            OriginalPriority::Word(word) => Json::text(word),
        }
    }

    fn by_text(&self, text: &str) -> Result<Priority, Reason> {
        if let Some(word) = self
            .words()
            .find(|word| word.text.eq_ignore_ascii_case(text))
        {
            return Ok(self.said(word, text));
        }
        match decimal(text) {
            Ok(number) if self.knows_numbers() => self.by_number(number),
            Err(Reason::OutOfRange) if self.knows_numbers() => Err(Reason::OutOfRange),
            _ => Err(Reason::UnknownValue),
        }
    }

    fn by_number(&self, number: i64) -> Result<Priority, Reason> {
        let word = self
            .words()
            .find(|word| word.number.map(i64::from) == Some(number));
        word.map(|word| self.said(word, word.text))
            .ok_or(Reason::OutOfRange)
    }

    fn said(&self, word: &Word, as_sent: &str) -> Priority {
        let original = match (&self.kept, word.number) {
            (Kept::Number, Some(number)) => OriginalPriority::Number(number),
            _ => OriginalPriority::Word(as_sent.to_owned()),
        };
        Priority {
            original,
            is_rush: word.is_rush,
        }
    }

    fn words(&self) -> impl Iterator<Item = &Word> {
        [&self.calm, &self.rush].into_iter().chain(self.others)
    }

    fn knows_numbers(&self) -> bool {
        self.calm.number.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ehr::{Ehr, dentrix::DENTRIX, eaglesoft::EAGLESOFT, opendental::OPENDENTAL};

    #[track_caller]
    fn check(ehr: &Ehr, json: &Json<'_>, expected: Result<(&str, bool), Reason>) {
        let read = ehr.priority.form.read(json);
        let read = read.map(|priority| {
            (
                serde_json::to_string(&priority.original).unwrap(),
                priority.is_rush,
            )
        });
        assert_eq!(
            read,
            expected.map(|(original, is_rush)| (original.to_owned(), is_rush)),
            "{json:?}"
        );
    }

    #[test]
    fn dentrix_keeps_numbers() {
        check(&DENTRIX, &Json::Integer(2), Ok(("2", true)));
        check(&DENTRIX, &Json::text(" 1 "), Ok(("1", true)));
        check(&DENTRIX, &Json::text("Emergency"), Ok(("2", true)));
        check(&DENTRIX, &Json::text("normal"), Ok(("0", false)));
        check(&DENTRIX, &Json::Integer(3), Err(Reason::OutOfRange));
        check(&DENTRIX, &Json::Integer(-1), Err(Reason::OutOfRange));
        check(&DENTRIX, &Json::text("3"), Err(Reason::OutOfRange));
        check(&DENTRIX, &Json::text("01"), Err(Reason::UnknownValue));
        check(&DENTRIX, &Json::text("stat"), Err(Reason::UnknownValue));
        check(&DENTRIX, &Json::Float(1.0), Err(Reason::NotInteger));
        check(&DENTRIX, &Json::Bool(true), Err(Reason::InvalidType));
    }

    #[test]
    fn the_others_keep_words_as_sent() {
        check(&OPENDENTAL, &Json::text(" stat "), Ok(("\"stat\"", true)));
        check(&OPENDENTAL, &Json::text("LOW"), Ok(("\"LOW\"", false)));
        check(&OPENDENTAL, &Json::Integer(1), Ok(("\"ASAP\"", true)));
        check(&OPENDENTAL, &Json::text("0"), Ok(("\"Normal\"", false)));
        check(&OPENDENTAL, &Json::Integer(2), Err(Reason::OutOfRange));
        check(
            &EAGLESOFT,
            &Json::text("Routine"),
            Ok(("\"Routine\"", false)),
        );
        check(&EAGLESOFT, &Json::Integer(1), Err(Reason::InvalidType));
        check(&EAGLESOFT, &Json::Float(1.5), Err(Reason::InvalidType));
        check(&EAGLESOFT, &Json::text("1"), Err(Reason::UnknownValue));
        check(
            &EAGLESOFT,
            &Json::text("99999999999999999999"),
            Err(Reason::UnknownValue),
        );
    }

    #[test]
    fn written_as_said_or_else_by_meaning() {
        let write = |ehr: &Ehr, original: Option<OriginalPriority>, is_rush| {
            serde_json::to_string(&ehr.priority.form.write(original.as_ref(), is_rush)).unwrap()
        };
        let word = |word: &str| Some(OriginalPriority::Word(word.to_owned()));
        assert_eq!(write(&OPENDENTAL, word("sTAT"), true), "\"sTAT\"");
        assert_eq!(write(&OPENDENTAL, word("whenever"), true), "\"ASAP\"");
        assert_eq!(
            write(&OPENDENTAL, Some(OriginalPriority::Number(0)), false),
            "\"Normal\""
        );
        assert_eq!(write(&DENTRIX, None, true), "1");
        assert_eq!(write(&DENTRIX, word("emergency"), true), "2");
        assert_eq!(
            write(&EAGLESOFT, Some(OriginalPriority::Number(2)), true),
            "\"urgent\""
        );
        assert_eq!(write(&EAGLESOFT, None, false), "\"routine\"");
    }
}
