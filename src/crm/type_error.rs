//! Why a type that an organization makes itself, of activities or relationships, cannot be so.

use crate::db::Unavailable;
use crate::web::PageError;
use diesel::result::{DatabaseErrorKind, Error as QueryError};

/// After `Taken` and `InUse` the transaction must be given up.
#[derive(Debug, thiserror::Error)]
pub enum TypeError {
    #[error("another type has this name")]
    Taken,
    #[error("something is of this type")]
    InUse,
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    #[error(transparent)]
    Query(QueryError),
}

impl From<QueryError> for TypeError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::Taken,
            QueryError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => Self::InUse,
            other => Self::Query(other),
        }
    }
}

impl From<TypeError> for PageError {
    fn from(error: TypeError) -> Self {
        match error {
            TypeError::Taken => Self::Refused("Another type is called so already. Nothing was changed.".into()),
            TypeError::InUse => Self::Refused(
                "This type is in use, so it was not deleted. Edit it and say that it is no longer offered.".into(),
            ),
            TypeError::Unavailable(error) => error.into(),
            TypeError::Query(error) => error.into(),
        }
    }
}
