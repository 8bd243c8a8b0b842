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

/// How many of each there are room for, where there are so many: one after another takes one, until all is taken.
pub fn shares(counts: &[usize], mut room: usize) -> Vec<usize> {
    let mut shares = vec![0; counts.len()];
    while room > 0
        && shares
            .iter()
            .zip(counts)
            .any(|(share, count)| share < count)
    {
        for (share, count) in shares.iter_mut().zip(counts) {
            if *share < *count && room > 0 {
                *share += 1;
                room -= 1;
            }
        }
    }
    shares
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
    fn nobody_takes_the_room_of_others_and_none_is_left_empty() {
        for (counts, room, expected) in [
            (vec![], 20, vec![]),
            (vec![3], 20, vec![3]),
            (vec![60, 2, 1], 20, vec![17, 2, 1]),
            (vec![60, 60, 60], 20, vec![7, 7, 6]),
            (vec![60, 2, 1], 2, vec![1, 1, 0]),
            (vec![60, 2], 0, vec![0, 0]),
        ] {
            assert_eq!(shares(&counts, room), expected, "{counts:?} {room}");
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
