//! Messages that were put back, by what they are about: whatever came after them about the same waits for them, also when NATS hands
//! them out again in another order.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

/// What was put back of one consumer.
#[derive(Debug, Default)]
pub struct Order {
    back: HashMap<String, BTreeMap<u64, Instant>>,
    tries: HashMap<u64, u32>,
}

impl Order {
    /// Whether a message about these things must wait for an older one. One that has not come again by its time is not waited for any
    /// more: somebody has removed it from the stream.
    pub fn is_behind(&mut self, keys: &[String], number: u64, now: Instant) -> bool {
        keys.iter().any(|key| {
            let Some(back) = self.back.get_mut(key) else {
                return false;
            };
            back.retain(|other, until| *until > now || *other == number);
            let first = back.first_key_value().map(|(first, _)| *first);
            if first.is_none() {
                self.back.remove(key);
            }
            first.is_some_and(|first| first < number)
        })
    }

    /// A message was put back, and comes again before `until`.
    pub fn put_back(&mut self, keys: &[String], number: u64, until: Instant) {
        for key in keys {
            let back = self.back.entry(key.clone()).or_default();
            back.insert(number, until);
        }
    }

    /// Counts a try that broke something; says how many there were.
    pub fn tried(&mut self, number: u64) -> u32 {
        let tries = self.tries.entry(number).or_default();
        *tries += 1;
        *tries
    }

    /// A message is done with.
    pub fn settled(&mut self, keys: &[String], number: u64) {
        self.tries.remove(&number);
        for key in keys {
            if let Some(back) = self.back.get_mut(key) {
                back.remove(&number);
                if back.is_empty() {
                    self.back.remove(key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn keys(key: &str) -> Vec<String> {
        vec![key.to_owned()]
    }

    #[test]
    fn what_is_about_the_same_waits_for_what_was_put_back() {
        let (mut order, now) = (Order::default(), Instant::now());
        let until = now + Duration::from_secs(9);
        order.put_back(&keys("CASE-1"), 5, until);
        assert!(order.is_behind(&keys("CASE-1"), 6, now));
        assert!(!order.is_behind(&keys("CASE-2"), 7, now));
        // The younger comes again first.
        order.put_back(&keys("CASE-1"), 6, until);
        assert!(order.is_behind(&keys("CASE-1"), 6, now));
        assert!(!order.is_behind(&keys("CASE-1"), 5, now));
        order.settled(&keys("CASE-1"), 5);
        assert!(!order.is_behind(&keys("CASE-1"), 6, now));
        assert!(order.is_behind(&keys("CASE-1"), 8, now));
        order.settled(&keys("CASE-1"), 6);
        assert!(!order.is_behind(&keys("CASE-1"), 8, now));
        assert!(order.back.is_empty());
    }

    #[test]
    fn a_message_about_several_things_waits_for_all_of_them() {
        let (mut order, now) = (Order::default(), Instant::now());
        order.put_back(&keys("CASE-2"), 5, now + Duration::from_secs(9));
        let both = vec!["CASE-1".to_owned(), "CASE-2".to_owned()];
        assert!(order.is_behind(&both, 6, now));
    }

    #[test]
    fn one_that_does_not_come_again_holds_up_nobody_for_ever() {
        let (mut order, now) = (Order::default(), Instant::now());
        order.put_back(&keys("CASE-1"), 5, now + Duration::from_secs(1));
        assert!(order.is_behind(&keys("CASE-1"), 6, now));
        assert!(!order.is_behind(&keys("CASE-1"), 6, now + Duration::from_secs(2)));
    }

    #[test]
    fn tries_are_counted_until_it_is_settled() {
        let mut order = Order::default();
        assert_eq!((order.tried(5), order.tried(5), order.tried(6)), (1, 2, 1));
        order.settled(&keys("CASE-1"), 5);
        assert_eq!(order.tried(5), 1);
    }
}
