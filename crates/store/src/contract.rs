//! What every engine must do, told as stories. An engine passes when all of them hold on stores that it makes.
//!
//! A new method of [`Store`] gets its story here, so that the engines cannot drift apart.

mod commits;
mod heard;
mod keys;
mod lists;
mod log;
mod notices;
mod outgoing;
mod people;
mod positions;
mod proofs;
mod sample;
mod tokens;
mod two;
mod work;

pub use self::positions::Opened;
pub use self::sample::{case, delivery, entry, new_case_batch, pickup};
pub use self::tokens::token;

use jiff::Timestamp;

use crate::Store;

/// What must hold, and what is done to see it on an empty store.
type Story = (&'static str, fn(&dyn Store));

const STORIES: &[Story] = &[
    (
        "what was committed is found by its keys",
        keys::committed_records_are_found,
    ),
    (
        "open work is found by clinic and day",
        keys::open_work_is_found,
    ),
    (
        "patient data comes back with its record",
        keys::patient_data_comes_back,
    ),
    (
        "an absent key is answered as nothing",
        keys::absent_keys_are_nothing,
    ),
    (
        "a stale version is a conflict",
        commits::stale_version_conflicts,
    ),
    ("a taken key is a conflict", commits::taken_keys_conflict),
    (
        "one open delivery per clinic and day",
        commits::second_open_delivery_conflicts,
    ),
    (
        "an event is known once it is committed",
        commits::inbox_knows_what_was_committed,
    ),
    (
        "the same event twice is a conflict",
        commits::known_event_conflicts,
    ),
    (
        "a batch is written whole or not at all",
        commits::failing_batch_leaves_nothing,
    ),
    (
        "an empty batch changes nothing",
        commits::empty_batch_changes_nothing,
    ),
    (
        "old inbox keys are forgotten",
        commits::old_keys_are_forgotten,
    ),
    (
        "contents are compared by digests",
        commits::digests_compare_contents,
    ),
    (
        "links are made with a key of their own",
        commits::links_are_made_with_a_key_of_their_own,
    ),
    (
        "due work is claimed for a while",
        work::due_work_is_claimed_for_a_while,
    ),
    (
        "work put back comes again",
        work::postponed_work_comes_again,
    ),
    (
        "a batch settles the work it did",
        work::batch_settles_its_work,
    ),
    (
        "a lost claim settles nothing",
        work::lost_claim_settles_nothing,
    ),
    (
        "later work of a key replaces the earlier",
        work::later_work_replaces,
    ),
    (
        "each publication is fanned out once",
        outgoing::each_publication_is_fanned_out_once,
    ),
    (
        "messages of a key go out in order",
        outgoing::messages_of_a_key_go_out_in_order,
    ),
    (
        "a message that its holder lost is claimed again",
        outgoing::a_lost_message_is_claimed_again,
    ),
    (
        "of several labs each has its turn",
        outgoing::every_lab_has_its_turn,
    ),
    (
        "dead letters are grouped by cause and redriven",
        outgoing::dead_letters_are_grouped_and_redriven,
    ),
    (
        "signals are what others said",
        heard::signals_are_what_others_said,
    ),
    (
        "when senders were heard is kept by day",
        heard::days_are_kept_as_they_are_now,
    ),
    ("each is noticed once", notices::each_is_noticed_once),
    (
        "what waits together is one message",
        notices::what_waits_together_is_one_message,
    ),
    ("a message holds so many", notices::a_message_holds_so_many),
    (
        "a clock that was wrong holds nothing up",
        notices::a_clock_that_was_wrong_holds_nothing_up,
    ),
    (
        "alerts are followed by their numbers",
        notices::alerts_are_followed_by_their_numbers,
    ),
    ("lists are filtered", lists::lists_are_filtered),
    ("lists come in pages", lists::lists_come_in_pages),
    (
        "ids are found by their beginning",
        lists::ids_are_found_by_their_beginning,
    ),
    (
        "the log tells what was accepted and published",
        log::log_tells_everything,
    ),
    ("the log is filtered", log::log_is_filtered),
    ("the log is looked up by id", log::log_is_looked_up_by_id),
    (
        "the steps of a record are known",
        log::steps_of_records_are_known,
    ),
    (
        "alerts are raised, listed and closed",
        people::alerts_are_raised_listed_and_closed,
    ),
    (
        "a snoozed alert comes back",
        people::snoozed_alerts_come_back,
    ),
    (
        "refused messages are kept and released",
        people::refused_messages_are_kept_and_released,
    ),
    ("proofs are kept with their bytes", proofs::proofs_are_kept),
    (
        "tokens live until they expire",
        tokens::tokens_live_until_they_expire,
    ),
    (
        "a revoked token takes along what came from it",
        tokens::revoking_ends_what_was_derived,
    ),
    ("a ticket is taken once", tokens::tickets_are_taken_once),
];

/// Tells every story, each to a store of its own.
pub fn tell<S: Store>(mut make_empty: impl FnMut() -> S) {
    for (what, story) in STORIES {
        println!("{what}");
        story(&make_empty());
    }
}

/// The same for two programs on one data.
type StoryOfTwo = (&'static str, fn(&dyn Store, &dyn Store));

const STORIES_OF_TWO: &[StoryOfTwo] = &[
    (
        "what others wrote since is a conflict",
        two::what_others_wrote_since_is_a_conflict,
    ),
    (
        "the stamp tells of others and not of oneself",
        two::stamp_tells_of_others,
    ),
    ("one log for both", two::one_log_for_both),
    (
        "a piece of work is claimed by one",
        two::work_is_claimed_by_one,
    ),
    (
        "a token made by one opens the other's door",
        two::tokens_are_shared,
    ),
];

/// Tells every story of two programs, each on data of its own.
pub fn tell_of_two<S: Store>(mut make_empty: impl FnMut() -> (S, S)) {
    for (what, story) in STORIES_OF_TWO {
        println!("{what}");
        let (one, other) = make_empty();
        story(&one, &other);
    }
}

/// The same for logs of positions: a story may open its log again and again.
type StoryOfPositions = (&'static str, fn(&dyn Fn(Timestamp) -> Opened));

const STORIES_OF_POSITIONS: &[StoryOfPositions] = &[
    (
        "drivers have numbers, counted up",
        positions::drivers_have_numbers,
    ),
    (
        "what is appended is read at once and for ever",
        positions::what_is_appended_is_read,
    ),
    (
        "a ticket is told when its fix is on disk",
        positions::tickets_are_told,
    ),
    (
        "a fix that comes twice is there once",
        positions::a_fix_is_there_once,
    ),
    (
        "a fix has a neighbour before it",
        positions::fixes_have_neighbours,
    ),
    (
        "the newest of every driver is known",
        positions::the_newest_is_known,
    ),
    ("old days are forgotten", positions::old_days_are_forgotten),
    (
        "many append while others read",
        positions::many_append_while_others_read,
    ),
];

/// Tells every story of positions, each to a log of its own, which the given function opens as of a time.
pub fn tell_of_positions<F: Fn(Timestamp) -> Opened>(mut make_empty: impl FnMut() -> F) {
    for (what, story) in STORIES_OF_POSITIONS {
        println!("{what}");
        story(&make_empty());
    }
}
