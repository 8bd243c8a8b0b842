//! What `SQLite`'s failures mean to callers. No text here ever holds a value of a row.

use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::StoreError;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(failure, _) => of_failure(failure),
            // Its text may quote the value: it is left out.
            _ => Self::Broken("a column does not hold what this version writes".into()),
        }
    }
}

fn of_failure(failure: ffi::Error) -> StoreError {
    let text = ffi::code_to_str(failure.extended_code).to_owned();
    match failure.code {
        ErrorCode::ConstraintViolation if is_taken(failure.extended_code) => StoreError::Conflict,
        ErrorCode::DiskFull
        | ErrorCode::SystemIoFailure
        | ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::FileLockingProtocolFailed
        | ErrorCode::CannotOpen
        | ErrorCode::PermissionDenied
        | ErrorCode::ReadOnly
        | ErrorCode::OutOfMemory => StoreError::Unavailable(text),
        _ => StoreError::Broken(text),
    }
}

/// Whether another row has the key already.
fn is_taken(extended_code: i32) -> bool {
    matches!(
        extended_code,
        ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_ROWID
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failures_mean() {
        let of = |code| {
            StoreError::from(rusqlite::Error::SqliteFailure(
                ffi::Error::new(code),
                Some("Jane Doe".into()),
            ))
        };
        for code in [
            ffi::SQLITE_FULL,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_BUSY_SNAPSHOT,
            ffi::SQLITE_READONLY,
        ] {
            assert!(matches!(of(code), StoreError::Unavailable(_)), "{code}");
        }
        for code in [
            ffi::SQLITE_CORRUPT,
            ffi::SQLITE_NOTADB,
            ffi::SQLITE_CONSTRAINT_NOTNULL,
            ffi::SQLITE_ERROR,
        ] {
            assert!(matches!(of(code), StoreError::Broken(_)), "{code}");
        }
        assert!(matches!(
            of(ffi::SQLITE_CONSTRAINT_UNIQUE),
            StoreError::Conflict
        ));
        assert!(
            !of(ffi::SQLITE_CONSTRAINT_CHECK)
                .to_string()
                .contains("Jane")
        );
    }
}
