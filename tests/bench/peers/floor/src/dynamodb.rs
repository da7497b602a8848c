//! Calls of DynamoDB, from the bodies of recorded ones.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, KeysAndAttributes, Put, Select, TransactWriteItem};
use lambda_runtime::Error;
use serde::Deserialize;

type Attributes = HashMap<String, AttributeValue>;

/// An operation and the members of its input that our functions use.
#[derive(Deserialize)]
pub(crate) struct Operation {
    operation: String,
    input: Input,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Input {
    table_name: Option<String>,
    key: Option<serde_dynamo::Item>,
    item: Option<serde_dynamo::Item>,
    consistent_read: Option<bool>,
    condition_expression: Option<String>,
    update_expression: Option<String>,
    expression_attribute_names: Option<HashMap<String, String>>,
    expression_attribute_values: Option<serde_dynamo::Item>,
    index_name: Option<String>,
    key_condition_expression: Option<String>,
    projection_expression: Option<String>,
    scan_index_forward: Option<bool>,
    select: Option<String>,
    limit: Option<i32>,
    request_items: HashMap<String, Requested>,
    transact_items: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Requested {
    keys: Vec<serde_dynamo::Item>,
    consistent_read: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
enum Written {
    Put(Input),
    ConditionCheck(Input),
}

fn attributes(item: Option<serde_dynamo::Item>) -> Option<Attributes> {
    item.map(Into::into)
}

impl Operation {
    /// Makes the call.
    pub(crate) async fn call(self, client: &Client) -> Result<(), Error> {
        let Self { operation, input } = self;
        match operation.as_str() {
            "GetItem" => get_item(client, input).await,
            "BatchGetItem" => batch_get_item(client, input).await,
            "Query" => query(client, input).await,
            "PutItem" => put_item(client, input).await,
            "UpdateItem" => update_item(client, input).await,
            "TransactWriteItems" => transact_write_items(client, input).await,
            other => Err(format!("{other} is not made here").into()),
        }
    }
}

async fn get_item(client: &Client, input: Input) -> Result<(), Error> {
    let request = client.get_item().set_table_name(input.table_name).set_key(attributes(input.key));
    request.set_consistent_read(input.consistent_read).send().await?;
    Ok(())
}

async fn batch_get_item(client: &Client, input: Input) -> Result<(), Error> {
    let mut request = client.batch_get_item();
    for (table, Requested { keys, consistent_read }) in input.request_items {
        let keys = keys.into_iter().map(Into::into).collect();
        let keys = KeysAndAttributes::builder().set_keys(Some(keys)).set_consistent_read(consistent_read);
        request = request.request_items(table, keys.build()?);
    }
    request.send().await?;
    Ok(())
}

async fn query(client: &Client, input: Input) -> Result<(), Error> {
    let request = client
        .query()
        .set_table_name(input.table_name)
        .set_index_name(input.index_name)
        .set_key_condition_expression(input.key_condition_expression)
        .set_projection_expression(input.projection_expression)
        .set_expression_attribute_names(input.expression_attribute_names)
        .set_expression_attribute_values(attributes(input.expression_attribute_values))
        .set_consistent_read(input.consistent_read)
        .set_scan_index_forward(input.scan_index_forward)
        .set_select(input.select.as_deref().map(Select::from))
        .set_limit(input.limit);
    request.send().await?;
    Ok(())
}

async fn put_item(client: &Client, input: Input) -> Result<(), Error> {
    let request = client
        .put_item()
        .set_table_name(input.table_name)
        .set_item(attributes(input.item))
        .set_condition_expression(input.condition_expression)
        .set_expression_attribute_names(input.expression_attribute_names)
        .set_expression_attribute_values(attributes(input.expression_attribute_values));
    request.send().await?;
    Ok(())
}

async fn update_item(client: &Client, input: Input) -> Result<(), Error> {
    let request = client
        .update_item()
        .set_table_name(input.table_name)
        .set_key(attributes(input.key))
        .set_update_expression(input.update_expression)
        .set_condition_expression(input.condition_expression)
        .set_expression_attribute_names(input.expression_attribute_names)
        .set_expression_attribute_values(attributes(input.expression_attribute_values));
    request.send().await?;
    Ok(())
}

async fn transact_write_items(client: &Client, input: Input) -> Result<(), Error> {
    let mut request = client.transact_write_items();
    for written in input.transact_items {
        request = request.transact_items(written.item()?);
    }
    request.send().await?;
    Ok(())
}

impl Written {
    fn item(self) -> Result<TransactWriteItem, Error> {
        let item = TransactWriteItem::builder();
        let item = match self {
            Self::Put(put) => item.put(
                Put::builder()
                    .set_table_name(put.table_name)
                    .set_item(attributes(put.item))
                    .set_condition_expression(put.condition_expression)
                    .set_expression_attribute_values(attributes(put.expression_attribute_values))
                    .build()?,
            ),
            Self::ConditionCheck(check) => item.condition_check(
                ConditionCheck::builder()
                    .set_table_name(check.table_name)
                    .set_key(attributes(check.key))
                    .set_condition_expression(check.condition_expression)
                    .build()?,
            ),
        };
        Ok(item.build())
    }
}
