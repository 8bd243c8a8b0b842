//! What the server's failures mean to callers. No text here ever holds a value of a row.

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

use crate::StoreError;

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.code() {
            Some(code) => of_code(code),
            // The connection: it may be another one next time.
            None if error.is_closed() || is_of_the_line(&error) => {
                Self::Unavailable("the connection to the database broke".into())
            }
            None => Self::Broken("a column does not hold what this version writes".into()),
        }
    }
}

impl From<PoolError> for StoreError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Timeout(_) => {
                Self::Unavailable("no connection to the database is free".into())
            }
            PoolError::Backend(error) => of_connecting(&error),
            _ => Self::Unavailable("no connection to the database can be had".into()),
        }
    }
}

/// Whether it is one of sending and receiving, and not of a value.
fn is_of_the_line(error: &tokio_postgres::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if inner.is::<std::io::Error>() {
            return true;
        }
        cause = inner.source();
    }
    false
}

/// While connecting every refusal may be over in a minute, but for those that only the operator can end.
pub fn of_connecting(error: &tokio_postgres::Error) -> StoreError {
    StoreError::Unavailable(match error.code() {
        Some(code) => format!(
            "the database refuses the connection ({}): {}",
            code.code(),
            meaning(code)
        ),
        None => format!("the database cannot be reached: {error}"),
    })
}

fn of_code(code: &SqlState) -> StoreError {
    if is_conflict(code) {
        return StoreError::Conflict;
    }
    let text = format!("SQLSTATE {}: {}", code.code(), meaning(code));
    if may_pass(code) {
        StoreError::Unavailable(text)
    } else {
        StoreError::Broken(text)
    }
}

/// Another row has the key, or another transaction was first.
fn is_conflict(code: &SqlState) -> bool {
    [
        SqlState::UNIQUE_VIOLATION,
        SqlState::EXCLUSION_VIOLATION,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ]
    .contains(code)
}

/// The server is full, busy, stopping, read-only or gone: it may be another one's turn soon.
fn may_pass(code: &SqlState) -> bool {
    // 08 connection, 53 resources, 57 operator's intervention, 58 the system's own.
    let of_class = ["08", "53", "57", "58"]
        .iter()
        .any(|class| code.code().starts_with(class));
    of_class
        || [
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            SqlState::LOCK_NOT_AVAILABLE,
        ]
        .contains(code)
}

/// In words, for those that an operator meets.
fn meaning(code: &SqlState) -> &'static str {
    match code.code() {
        "28P01" | "28000" => "user or password is wrong",
        "3D000" => "there is no such database",
        "42501" => "the user may not do that",
        "53100" => "its disk is full",
        "53300" => "it has too many connections",
        "55P03" => "another transaction holds what this one needs",
        "57014" => "it took too long",
        "57P01" | "57P02" | "57P03" => "it is starting or stopping",
        "25006" => "it is read-only",
        "25P03" => "we were silent in the middle of a transaction",
        _ => "see the server's log",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failures_mean() {
        for code in ["23505", "23P01", "40001", "40P01"] {
            let error = of_code(&SqlState::from_code(code));
            assert!(matches!(error, StoreError::Conflict), "{code}");
        }
        for code in [
            "53100", "57P01", "57014", "25006", "25P03", "55P03", "08006",
        ] {
            let error = of_code(&SqlState::from_code(code));
            assert!(matches!(error, StoreError::Unavailable(_)), "{code}");
        }
        for code in ["42P01", "23502", "22001"] {
            let error = of_code(&SqlState::from_code(code));
            assert!(matches!(error, StoreError::Broken(_)), "{code}");
        }
    }
}
