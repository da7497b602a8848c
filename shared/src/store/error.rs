//! Why the table did not do what we asked.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use backon::{ExponentialBuilder, Retryable as _};

/// Why the table did not do what we asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The item is not as the write demands: somebody else was first.
    #[error("the item was changed by somebody else")]
    Conflict,
    /// Throttled, or another transaction is at work on the same item.
    #[error("the table is contended ({0})")]
    Contended(String),
    /// No usable answer; a write may have been done.
    #[error("the table is not available ({0})")]
    Unavailable(String),
    /// An attribute is missing or of another kind.
    #[error("the stored item cannot be read ({0})")]
    Corrupt(String),
}

impl StoreError {
    /// Whether time can cure it.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Contended(_) | Self::Unavailable(_))
    }

    fn from_code(code: &str) -> Self {
        match code {
            "ConditionalCheckFailed" | "ConditionalCheckFailedException" => Self::Conflict,
            "TransactionConflict"
            | "TransactionConflictException"
            | "TransactionInProgressException"
            | "ThrottlingError"
            | "ThrottlingException"
            | "ProvisionedThroughputExceeded"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded" => Self::Contended(code.to_owned()),
            _ => Self::Unavailable(code.to_owned()),
        }
    }
}

impl<E: ProvideErrorMetadata + CancellationReasons, R> From<SdkError<E, R>> for StoreError {
    fn from(error: SdkError<E, R>) -> Self {
        let Some(service) = error.as_service_error() else { return Self::Unavailable("no answer".into()) };
        let reasons: Vec<_> = service.reasons().iter().map(|code| Self::from_code(code)).collect();
        let conflict_first = reasons.into_iter().min_by_key(|reason| !matches!(reason, Self::Conflict));
        conflict_first.unwrap_or_else(|| Self::from_code(service.code().unwrap_or("unknown")))
    }
}

impl From<serde_dynamo::Error> for StoreError {
    fn from(error: serde_dynamo::Error) -> Self {
        Self::Corrupt(error.to_string())
    }
}

/// Why a transaction was cancelled; empty for all other errors.
pub trait CancellationReasons {
    /// The codes of the parts that failed.
    fn reasons(&self) -> Vec<String> {
        Vec::new()
    }
}

impl CancellationReasons for TransactWriteItemsError {
    fn reasons(&self) -> Vec<String> {
        let Self::TransactionCanceledException(cancelled) = self else { return Vec::new() };
        let codes = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
        codes.filter(|code| *code != "None").map(str::to_owned).collect()
    }
}

macro_rules! no_reasons {
    ($($operation:ident :: $error:ident),+ $(,)?) => {
        $(impl CancellationReasons for aws_sdk_dynamodb::operation::$operation::$error {})+
    };
}

no_reasons!(
    get_item::GetItemError,
    put_item::PutItemError,
    update_item::UpdateItemError,
    delete_item::DeleteItemError,
    query::QueryError,
    batch_get_item::BatchGetItemError,
    batch_write_item::BatchWriteItemError,
);

/// A write that was of use only if its condition held.
pub(super) fn unless_conflict<T>(written: Result<T, impl Into<StoreError>>) -> Result<(), StoreError> {
    match written.map_err(Into::into) {
        Ok(_) | Err(StoreError::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Repeats a write while the table is contended, with growing, jittered pauses of about four seconds in all.
pub(super) async fn while_contended<T, F>(write: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let pauses = ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(25))
        .with_max_delay(Duration::from_secs(1))
        .with_max_times(8)
        .with_jitter();
    write.retry(pauses).when(|error| matches!(error, StoreError::Contended(_))).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_failed_condition_is_told_from_contention() {
        assert!(matches!(StoreError::from_code("ConditionalCheckFailed"), StoreError::Conflict));
        for code in ["TransactionConflict", "ThrottlingException", "ProvisionedThroughputExceededException"] {
            assert!(matches!(StoreError::from_code(code), StoreError::Contended(_)), "{code}");
        }
        assert!(matches!(StoreError::from_code("InternalServerError"), StoreError::Unavailable(_)));
    }

    #[test]
    fn only_what_time_cures_is_transient() {
        assert!(StoreError::from_code("ThrottlingException").is_transient());
        assert!(!StoreError::Conflict.is_transient());
        assert!(!StoreError::Corrupt("x".into()).is_transient());
    }

    #[tokio::test]
    async fn contention_is_waited_out_and_a_conflict_is_not() {
        let tries = Cell::new(0);
        let outcome = while_contended(|| {
            tries.set(tries.get() + 1);
            let result = if tries.get() < 4 { Err(StoreError::Contended("x".into())) } else { Ok(()) };
            async { result }
        });
        assert!(outcome.await.is_ok());
        assert_eq!(tries.get(), 4);
        tries.set(0);
        let outcome = while_contended(|| {
            tries.set(tries.get() + 1);
            async { Err::<(), _>(StoreError::Conflict) }
        });
        assert!(outcome.await.is_err());
        assert_eq!(tries.get(), 1);
    }
}
