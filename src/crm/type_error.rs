//! Why a type or a status that an organization makes itself cannot be so.

use crate::db::Unavailable;
use crate::web::PageError;
use diesel::result::{DatabaseErrorKind, Error as QueryError};

/// After `Taken` and `InUse` the transaction must be given up.
#[derive(Debug, thiserror::Error)]
pub enum TypeError {
    #[error("another one has this name")]
    Taken,
    #[error("something has it")]
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
            TypeError::Taken => Self::Refused("Another one is called so already. Nothing was changed.".into()),
            TypeError::InUse => {
                Self::Refused("It is in use, so it was not deleted. Give what has it another one first.".into())
            }
            TypeError::Unavailable(error) => error.into(),
            TypeError::Query(error) => error.into(),
        }
    }
}
