//! The emulated `DynamoDB` and Secrets Manager do what the code relies on, seen by the real SDKs, which retry nothing here.

#![cfg(test)]

use std::collections::HashMap;

use anyhow::Context as _;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, KeysAndAttributes, Put, PutRequest, ReturnValue,
    ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem, Update, WriteRequest,
};
use futures_util::future::join_all;
use local::{Options, Stack};

type Item = HashMap<String, AttributeValue>;

const TABLE: &str = "Table";

/// The template's table and secret, without its functions.
async fn start(persist: Option<&std::path::Path>) -> anyhow::Result<Stack> {
    let resources = local::TEMPLATE.split("\n  Api:\n").next().context("the template has no API")?;
    let persist = persist.map(std::path::Path::to_owned);
    Stack::start(Options { template: resources.to_owned(), persist, ..Options::default() }).await
}

async fn config(endpoint: &str) -> SdkConfig {
    let config =
        aws_config::defaults(BehaviorVersion::latest()).endpoint_url(endpoint).region(Region::new("us-east-1"));
    config.retry_config(RetryConfig::disabled()).test_credentials().load().await
}

mod dynamodb {
    use super::*;
    use aws_sdk_dynamodb::Client;

    async fn client(stack: &Stack) -> Client {
        Client::new(&config(stack.dynamodb_url()).await)
    }

    fn text(value: impl Into<String>) -> AttributeValue {
        AttributeValue::S(value.into())
    }

    fn number(value: usize) -> AttributeValue {
        AttributeValue::N(value.to_string())
    }

    fn key(pk: &str) -> Item {
        [("pk".to_owned(), text(pk)), ("sk".to_owned(), text("-"))].into()
    }

    fn item<const N: usize>(pk: &str, attributes: [(&str, AttributeValue); N]) -> Item {
        let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value));
        key(pk).into_iter().chain(attributes).collect()
    }

    async fn put<const N: usize>(client: &Client, pk: &str, attributes: [(&str, AttributeValue); N]) {
        client.put_item().table_name(TABLE).set_item(Some(item(pk, attributes))).send().await.unwrap();
    }

    async fn get(client: &Client, pk: &str) -> Option<Item> {
        let get = client.get_item().table_name(TABLE).set_key(Some(key(pk))).consistent_read(true);
        get.send().await.unwrap().item
    }

    fn put_new(pk: &str) -> TransactWriteItem {
        let put =
            Put::builder().table_name(TABLE).set_item(Some(key(pk))).condition_expression("attribute_not_exists(pk)");
        TransactWriteItem::builder().put(put.build().unwrap()).build()
    }

    fn put_item(item: Item) -> TransactWriteItem {
        TransactWriteItem::builder().put(Put::builder().table_name(TABLE).set_item(Some(item)).build().unwrap()).build()
    }

    fn claim(pk: &str, winner: usize) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(TABLE)
            .set_key(Some(key(pk)))
            .update_expression("SET winner = :winner")
            .condition_expression("attribute_not_exists(winner)")
            .expression_attribute_values(":winner", number(winner))
            .return_values_on_condition_check_failure(OnFailure::AllOld);
        TransactWriteItem::builder().update(update.build().unwrap()).build()
    }

    fn reasons(error: TransactWriteItemsError) -> Vec<CancellationReason> {
        match error {
            TransactWriteItemsError::TransactionCanceledException(error) => error.cancellation_reasons.unwrap(),
            error => panic!("{error:?}"),
        }
    }

    fn codes(reasons: &[CancellationReason]) -> Vec<&str> {
        reasons.iter().filter_map(CancellationReason::code).collect()
    }

    fn names(items: &[Item]) -> Vec<&str> {
        items.iter().filter_map(|item| item["pk"].as_s().ok().map(String::as_str)).collect()
    }

    #[tokio::test]
    async fn a_refused_put_returns_the_item_that_is_there() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        put(&client, "a", [("status", text("received"))]).await;
        let refused = client
            .put_item()
            .table_name(TABLE)
            .set_item(Some(key("a")))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(OnFailure::AllOld);
        let error = refused.send().await.unwrap_err().into_service_error();
        let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(error) = error else {
            panic!("{error:?}")
        };
        assert_eq!(error.item.unwrap()["status"], text("received"));
    }

    #[tokio::test]
    async fn an_update_returns_the_new_item_and_a_refused_one_the_old() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        put(&client, "a", [("status", text("received"))]).await;
        let update = || {
            client
                .update_item()
                .table_name(TABLE)
                .set_key(Some(key("a")))
                .update_expression("SET #status = :new")
                .condition_expression("#status = :old")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":new", text("creatingCase"))
                .expression_attribute_values(":old", text("received"))
                .return_values(ReturnValue::AllNew)
                .return_values_on_condition_check_failure(OnFailure::AllOld)
        };
        assert_eq!(update().send().await.unwrap().attributes.unwrap()["status"], text("creatingCase"));
        let error = update().send().await.unwrap_err().into_service_error();
        let aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(error) = error
        else {
            panic!("{error:?}")
        };
        assert_eq!(error.item.unwrap()["status"], text("creatingCase"));
    }

    #[tokio::test]
    async fn a_transaction_writes_all_or_nothing_and_tells_the_reasons_in_order() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        put(&client, "taken", [("winner", number(1))]).await;
        let items = [put_new("new"), claim("taken", 2), put_new("other")];
        let refused = client.transact_write_items().set_transact_items(Some(items.into())).send().await;
        let reasons = reasons(refused.unwrap_err().into_service_error());
        assert_eq!(codes(&reasons), ["None", "ConditionalCheckFailed", "None"]);
        assert_eq!(reasons[1].item.as_ref().unwrap()["winner"], number(1));
        assert_eq!(get(&client, "new").await, None);
        assert_eq!(get(&client, "other").await, None);
    }

    #[tokio::test]
    async fn a_transaction_with_the_same_token_is_done_once() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        let transact =
            |pk: &str| client.transact_write_items().client_request_token("token").transact_items(put_new(pk)).send();
        transact("a").await.unwrap();
        transact("a").await.unwrap();
        let error = transact("b").await.unwrap_err().into_service_error();
        assert_eq!(error.code(), Some("IdempotentParameterMismatchException"));
    }

    #[tokio::test]
    async fn one_of_30_parallel_transactions_on_one_condition_wins() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        put(&client, "contended", []).await;
        let side = |winner| put_new(Box::leak(format!("side{winner}").into_boxed_str()));
        let answers = join_all((0..30).map(|winner| {
            client.transact_write_items().transact_items(claim("contended", winner)).transact_items(side(winner)).send()
        }))
        .await;
        let winners: Vec<_> = (0..30).filter(|winner| answers[*winner].is_ok()).collect();
        assert_eq!(winners.len(), 1);
        assert_eq!(get(&client, "contended").await.unwrap()["winner"], number(winners[0]));
        let sides = join_all((0..30).map(|winner| {
            let client = client.clone();
            async move { get(&client, &format!("side{winner}")).await }
        }));
        assert_eq!(sides.await.into_iter().flatten().count(), 1);
    }

    #[tokio::test]
    async fn an_item_without_the_attribute_is_absent_from_the_index_and_leaves_it_when_it_is_removed() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        put(&client, "due", [("duePartition", number(3)), ("dueAt", number(10)), ("status", text("received"))]).await;
        put(&client, "later", [("duePartition", number(3)), ("dueAt", number(99))]).await;
        put(&client, "done", [("status", text("caseCreated"))]).await;
        let due = || {
            client
                .query()
                .table_name(TABLE)
                .index_name("DueIndex")
                .key_condition_expression("duePartition = :partition AND dueAt <= :now")
                .expression_attribute_values(":partition", number(3))
                .expression_attribute_values(":now", number(50))
                .send()
        };
        let items = due().await.unwrap().items.unwrap();
        assert_eq!(names(&items), ["due"]);
        assert_eq!(items[0]["status"], text("received"));
        let remove = client.update_item().table_name(TABLE).set_key(Some(key("due")));
        remove.update_expression("REMOVE duePartition, dueAt").send().await.unwrap();
        assert!(due().await.unwrap().items.unwrap().is_empty());
    }

    #[tokio::test]
    async fn an_index_has_only_the_attributes_that_it_includes() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        let attributes = [("organisationId", text("acme")), ("listKey", text("1")), ("transcript", text("…"))];
        put(&client, "a", attributes).await;
        assert!(!page(&client, true, None).await.0[0].contains_key("transcript"));
    }

    async fn page(client: &Client, forward: bool, start: Option<Item>) -> (Vec<Item>, Option<Item>) {
        let query = client
            .query()
            .table_name(TABLE)
            .index_name("OrganisationIndex")
            .key_condition_expression("organisationId = :organisation")
            .expression_attribute_values(":organisation", text("acme"))
            .scan_index_forward(forward)
            .limit(2)
            .set_exclusive_start_key(start);
        let output = query.send().await.unwrap();
        (output.items.unwrap(), output.last_evaluated_key)
    }

    #[tokio::test]
    async fn an_index_is_paged_in_both_directions() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        for list_key in ["1", "2", "3", "4", "5"] {
            put(&client, list_key, [("organisationId", text("acme")), ("listKey", text(list_key))]).await;
        }
        for (forward, expected) in [(true, ["1", "2", "3", "4", "5"]), (false, ["5", "4", "3", "2", "1"])] {
            let (mut items, mut start) = page(&client, forward, None).await;
            while start.is_some() {
                let (more, next) = page(&client, forward, start).await;
                items.extend(more);
                start = next;
            }
            assert_eq!(names(&items), expected);
        }
    }

    #[tokio::test]
    async fn a_batch_gets_the_items_that_there_are() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        put(&client, "a", []).await;
        put(&client, "b", []).await;
        let keys = KeysAndAttributes::builder().set_keys(Some(["a", "b", "c"].map(key).into())).consistent_read(true);
        let answer = client.batch_get_item().request_items(TABLE, keys.build().unwrap()).send().await.unwrap();
        let mut items = answer.responses.unwrap().remove(TABLE).unwrap();
        items.sort_by_key(|item| item["pk"].as_s().cloned().unwrap());
        assert_eq!(names(&items), ["a", "b"]);
        assert!(answer.unprocessed_keys.unwrap_or_default().is_empty());
    }

    #[tokio::test]
    async fn a_batch_writes_at_most_25_items() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        let write = |count: usize| {
            let put = |n: usize| PutRequest::builder().set_item(Some(key(&n.to_string()))).build().unwrap();
            let requests = (0..count).map(|n| WriteRequest::builder().put_request(put(n)).build()).collect();
            client.batch_write_item().request_items(TABLE, requests).send()
        };
        assert!(write(25).await.unwrap().unprocessed_items.unwrap_or_default().is_empty());
        assert_eq!(write(26).await.unwrap_err().into_service_error().code(), Some("ValidationException"));
    }

    #[tokio::test]
    async fn an_item_has_at_most_400_kb() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        let write = |bytes: usize| {
            let item = item("a", [("text", text("x".repeat(bytes)))]);
            client.put_item().table_name(TABLE).set_item(Some(item)).send()
        };
        write(400 * 1024 - 20).await.unwrap();
        let error = write(400 * 1024).await.unwrap_err().into_service_error();
        assert_eq!(error.code(), Some("ValidationException"));
    }

    #[tokio::test]
    async fn a_transaction_has_at_most_4_mb() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        let write = |count: usize| {
            let large = |n: usize| item(&n.to_string(), [("text", text("x".repeat(390 * 1024)))]);
            client.transact_write_items().set_transact_items(Some((0..count).map(large).map(put_item).collect())).send()
        };
        write(10).await.unwrap();
        let error = write(11).await.unwrap_err().into_service_error();
        assert_eq!(error.code(), Some("ValidationException"));
    }

    #[tokio::test]
    async fn the_time_to_live_is_the_templates_attribute() {
        let stack = start(None).await.unwrap();
        let answer = client(&stack).await.describe_time_to_live().table_name(TABLE).send().await.unwrap();
        let description = answer.time_to_live_description.unwrap();
        assert_eq!(description.attribute_name.as_deref(), Some("expiresAt"));
        assert_eq!(description.time_to_live_status.unwrap().as_str(), "ENABLED");
    }

    #[tokio::test]
    async fn add_makes_a_set_and_a_counter_and_loses_nothing_in_parallel() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        join_all((0..20).map(|n| {
            client
                .update_item()
                .table_name(TABLE)
                .set_key(Some(key("a")))
                .update_expression("ADD properties :name, attempts :one")
                .expression_attribute_values(":name", AttributeValue::Ss(vec![format!("name{}", n % 4)]))
                .expression_attribute_values(":one", number(1))
                .send()
        }))
        .await;
        let item = get(&client, "a").await.unwrap();
        assert_eq!(item["properties"].as_ss().unwrap().len(), 4);
        assert_eq!(item["attempts"], number(20));
    }

    #[tokio::test]
    async fn a_reserved_word_is_no_name_of_an_attribute_without_a_placeholder() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        let update =
            client.update_item().table_name(TABLE).set_key(Some(key("a"))).update_expression("SET #new = :value");
        let update = update.expression_attribute_values(":value", number(1));
        update.clone().expression_attribute_names("#new", "names").send().await.unwrap();
        let refused = update.update_expression("SET names = :value").send().await.unwrap_err();
        assert_eq!(refused.into_service_error().code(), Some("ValidationException"));
    }

    #[tokio::test]
    async fn a_persisted_item_outlives_the_stack() {
        let folder = tempfile::tempdir().unwrap();
        let stack = start(Some(folder.path())).await.unwrap();
        put(&client(&stack).await, "a", []).await;
        stack.stop().await;
        let stack = start(Some(folder.path())).await.unwrap();
        assert_eq!(get(&client(&stack).await, "a").await, Some(key("a")));
    }
}

mod secrets_manager {
    use super::*;
    use aws_sdk_secretsmanager::Client;

    const FIRST: &str = "11111111-1111-4111-8111-111111111111";
    const SECOND: &str = "22222222-2222-4222-8222-222222222222";

    async fn client(stack: &Stack) -> Client {
        Client::new(&config(stack.secrets_manager_url()).await)
    }

    async fn create(client: &Client, token: &str, value: &str) -> Result<String, String> {
        let create = client.create_secret().name("fullview/acme").client_request_token(token).secret_string(value);
        match create.send().await {
            Ok(output) => Ok(output.version_id.unwrap_or_default()),
            Err(error) => Err(code(&error.into_service_error())),
        }
    }

    async fn put(client: &Client, token: &str, value: &str) -> Result<String, String> {
        let put = client.put_secret_value().secret_id("fullview/acme").client_request_token(token).secret_string(value);
        match put.send().await {
            Ok(output) => Ok(output.version_id.unwrap_or_default()),
            Err(error) => Err(code(&error.into_service_error())),
        }
    }

    async fn get(client: &Client, version: Option<&str>, stage: Option<&str>) -> Result<String, String> {
        let get = client.get_secret_value().secret_id("fullview/acme").set_version_id(version.map(str::to_owned));
        match get.set_version_stage(stage.map(str::to_owned)).send().await {
            Ok(output) => Ok(output.secret_string.unwrap_or_default()),
            Err(error) => Err(code(&error.into_service_error())),
        }
    }

    async fn delete(client: &Client, force: bool) {
        client.delete_secret().secret_id("fullview/acme").force_delete_without_recovery(force).send().await.unwrap();
    }

    fn code(error: &impl ProvideErrorMetadata) -> String {
        error.code().unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn a_new_value_is_current_and_the_one_before_is_previous() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        assert_eq!(create(&client, FIRST, "one").await.unwrap(), FIRST);
        assert_eq!(put(&client, SECOND, "two").await.unwrap(), SECOND);
        assert_eq!(get(&client, None, None).await.unwrap(), "two");
        assert_eq!(get(&client, None, Some("AWSCURRENT")).await.unwrap(), "two");
        assert_eq!(get(&client, None, Some("AWSPREVIOUS")).await.unwrap(), "one");
        assert_eq!(get(&client, Some(FIRST), None).await.unwrap(), "one");
        assert_eq!(get(&client, Some(FIRST), Some("AWSCURRENT")).await.unwrap_err(), "ResourceNotFoundException");
    }

    #[tokio::test]
    async fn a_version_without_a_label_can_still_be_read_by_its_id() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        create(&client, FIRST, "one").await.unwrap();
        put(&client, SECOND, "two").await.unwrap();
        put(&client, "33333333-3333-4333-8333-333333333333", "three").await.unwrap();
        assert_eq!(get(&client, Some(FIRST), None).await.unwrap(), "one");
    }

    #[tokio::test]
    async fn a_write_with_the_same_token_and_value_is_done_once_and_with_another_value_refused() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        for _ in 0..2 {
            assert_eq!(create(&client, FIRST, "one").await.unwrap(), FIRST);
        }
        assert_eq!(create(&client, FIRST, "other").await.unwrap_err(), "ResourceExistsException");
        for _ in 0..2 {
            assert_eq!(put(&client, SECOND, "two").await.unwrap(), SECOND);
        }
        assert_eq!(put(&client, SECOND, "other").await.unwrap_err(), "ResourceExistsException");
        assert_eq!(get(&client, None, Some("AWSPREVIOUS")).await.unwrap(), "one");
    }

    #[tokio::test]
    async fn a_name_that_exists_cannot_be_created() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        create(&client, FIRST, "one").await.unwrap();
        assert_eq!(create(&client, SECOND, "one").await.unwrap_err(), "ResourceExistsException");
    }

    #[tokio::test]
    async fn what_there_is_not_is_not_found() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        assert_eq!(get(&client, None, None).await.unwrap_err(), "ResourceNotFoundException");
        assert_eq!(put(&client, FIRST, "one").await.unwrap_err(), "ResourceNotFoundException");
        create(&client, FIRST, "one").await.unwrap();
        assert_eq!(get(&client, Some(SECOND), None).await.unwrap_err(), "ResourceNotFoundException");
        assert_eq!(get(&client, None, Some("AWSPREVIOUS")).await.unwrap_err(), "ResourceNotFoundException");
    }

    #[tokio::test]
    async fn a_description_lists_the_labels_of_the_versions() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        create(&client, FIRST, "one").await.unwrap();
        put(&client, SECOND, "two").await.unwrap();
        let answer = client.describe_secret().secret_id("fullview/acme").send().await.unwrap();
        let stages = answer.version_ids_to_stages.unwrap();
        assert_eq!(
            (&*stages[FIRST], &*stages[SECOND]),
            (&["AWSPREVIOUS".to_owned()][..], &["AWSCURRENT".to_owned()][..])
        );
        let by_arn = client.get_secret_value().secret_id(answer.arn.unwrap()).send().await.unwrap();
        assert_eq!(by_arn.secret_string.as_deref(), Some("two"));
    }

    #[tokio::test]
    async fn a_deleted_secret_keeps_its_name_unless_the_deletion_is_forced() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        create(&client, FIRST, "one").await.unwrap();
        delete(&client, false).await;
        assert_eq!(get(&client, None, None).await.unwrap_err(), "InvalidRequestException");
        assert_eq!(create(&client, SECOND, "two").await.unwrap_err(), "InvalidRequestException");
        delete(&client, true).await;
        assert_eq!(create(&client, SECOND, "two").await.unwrap(), SECOND);
    }

    #[tokio::test]
    async fn a_value_has_at_most_65536_bytes() {
        let stack = start(None).await.unwrap();
        let client = client(&stack).await;
        create(&client, FIRST, &"x".repeat(65_536)).await.unwrap();
        assert_eq!(put(&client, SECOND, &"x".repeat(65_537)).await.unwrap_err(), "ValidationException");
    }

    #[tokio::test]
    async fn the_conversation_token_key_is_random_and_outlives_a_persisted_stack() {
        let folder = tempfile::tempdir().unwrap();
        let mut keys = Vec::new();
        for persist in [Some(folder.path()), Some(folder.path()), None] {
            let stack = start(persist).await.unwrap();
            let name = "fullview/conversation-token-key";
            let answer = client(&stack).await.get_secret_value().secret_id(name).send().await.unwrap();
            keys.push(answer.secret_string.unwrap());
        }
        assert_eq!(keys[0], keys[1]);
        assert_ne!(keys[0], keys[2]);
        assert_eq!(keys[0].len(), 64);
    }
}
