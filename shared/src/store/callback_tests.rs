//! The last callback test of an organisation.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use chrono::{DateTime, Utc};

use super::{Item, Key, Store, StoreError, text};
use crate::callback_test::{CallbackTest, CallbackTestFailure};

fn key(organisation_id: &str) -> Key {
    Key::of_organisation(organisation_id, "CALLBACK_TEST")
}

impl Store {
    /// The last callback test of an organisation; `None` before the first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn callback_test(&self, organisation_id: &str) -> Result<Option<CallbackTest>, StoreError> {
        let item = self.get(key(organisation_id)).await?;
        Ok(item.map(serde_dynamo::from_item).transpose()?)
    }

    /// Stores a new test in place of the last.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn put_callback_test(&self, organisation_id: &str, test: &CallbackTest) -> Result<(), StoreError> {
        let mut item: Item = serde_dynamo::to_item(test)?;
        item.extend(key(organisation_id).item());
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await?;
        Ok(())
    }

    /// Notes that a nonce came back, the first time; `false` if it is not the last test's.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn note_nonce(
        &self,
        organisation_id: &str,
        nonce: &str,
        token_digest: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let update = self
            .update_of(organisation_id, nonce)
            .update_expression(
                "SET returnedAt = if_not_exists(returnedAt, :now), tokenDigest = if_not_exists(tokenDigest, :digest)",
            )
            .condition_expression("nonce = :nonce")
            .expression_attribute_values(":digest", text(token_digest))
            .expression_attribute_values(":now", serde_dynamo::to_attribute_value(now)?);
        applied(update).await
    }

    /// Notes what failed in a test, unless something else was first or the nonce has come back; `false` if so.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn note_callback_failure(
        &self,
        organisation_id: &str,
        nonce: &str,
        failure: &CallbackTestFailure,
    ) -> Result<bool, StoreError> {
        let update = self
            .update_of(organisation_id, nonce)
            .update_expression("SET failure = :failure")
            .condition_expression(
                "nonce = :nonce AND attribute_not_exists(failure) AND attribute_not_exists(returnedAt)",
            )
            .expression_attribute_values(":failure", serde_dynamo::to_attribute_value(failure)?);
        applied(update).await
    }

    /// Takes the right to ask the org what came of a test; `false` if somebody else has done so since `test` was read.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn begin_callback_look(
        &self,
        organisation_id: &str,
        test: &CallbackTest,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let update = self
            .update_of(organisation_id, &test.nonce)
            .update_expression("SET lookedAt = :now")
            .expression_attribute_values(":now", serde_dynamo::to_attribute_value(now)?);
        let update = match test.looked_at {
            None => update.condition_expression("nonce = :nonce AND attribute_not_exists(lookedAt)"),
            Some(last) => update
                .condition_expression("nonce = :nonce AND lookedAt = :last")
                .expression_attribute_values(":last", serde_dynamo::to_attribute_value(last)?),
        };
        applied(update).await
    }

    fn update_of(&self, organisation_id: &str, nonce: &str) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&self.table).set_key(Some(key(organisation_id).item()));
        update.expression_attribute_values(":nonce", text(nonce))
    }
}

async fn applied(update: UpdateItemFluentBuilder) -> Result<bool, StoreError> {
    match update.send().await.map_err(StoreError::from) {
        Ok(_) => Ok(true),
        Err(StoreError::Conflict) => Ok(false),
        Err(error) => Err(error),
    }
}
