//! Which names a text means.

/// Whether every word of `sought` begins a word of the name or id, whatever its case.
pub fn match_all(sought: &str, name: &str, id: &str) -> bool {
    let own = format!("{name} {id}").to_lowercase();
    let own: Vec<&str> = words(&own).collect();
    let sought = sought.to_lowercase();
    let mut wanted = words(&sought).peekable();
    wanted.peek().is_some() && wanted.all(|word| own.iter().any(|own| own.starts_with(word)))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// The forms in which a number may have been meant: people do not type capitals.
pub fn forms(number: &str) -> Vec<String> {
    let mut forms = vec![
        number.to_owned(),
        number.to_uppercase(),
        number.to_lowercase(),
    ];
    forms.dedup();
    if forms.len() == 3 && forms[0] == forms[2] {
        forms.pop();
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_begins_a_word() {
        let rows = [
            ("smile", true),
            ("SMILE cen", true),
            ("center bright", true),
            ("ile", false),
            ("smile west", false),
            ("c-12", true),
            ("12", true),
            ("zahnärzte", true),
            ("%", false),
            ("_", false),
            ("--", false),
        ];
        for (sought, expected) in rows {
            let found = match_all(sought, "Bright Smile Center, Zahnärzte", "C-12");
            assert_eq!(found, expected, "{sought}");
        }
    }

    #[test]
    fn a_number_is_meant_in_capitals_as_well() {
        assert_eq!(forms("k-12"), ["k-12", "K-12"]);
        assert_eq!(forms("K-12"), ["K-12", "k-12"]);
        assert_eq!(forms("Kx"), ["Kx", "KX", "kx"]);
        assert_eq!(forms("12"), ["12"]);
    }
}
