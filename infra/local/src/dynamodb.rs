//! `DynamoDB` in this process.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, anyhow};
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use dynoxide::Database;
use dynoxide::storage_backend::Clock;
use reqwest::Client;
use serde_json::json;

use crate::template::Table;

/// The functions' time, for a database in memory; one in a file has the machine's.
#[derive(Clone, Debug, Default)]
pub(crate) struct ShiftedClock(Arc<AtomicI64>);

impl ShiftedClock {
    /// Shifts it from the machine's.
    pub(crate) fn set_offset(&self, seconds: i64) {
        self.0.store(seconds, Ordering::SeqCst);
    }
}

impl Clock for ShiftedClock {
    fn now_unix_secs(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        now.as_secs().saturating_add_signed(self.0.load(Ordering::SeqCst))
    }

    #[expect(clippy::cast_precision_loss, reason = "seconds of our time are exact")]
    fn now_unix_secs_f64(&self) -> f64 {
        self.now_unix_secs() as f64
    }
}

/// Opens the database in `file`, or in memory, and makes the tables that it does not have yet.
pub(crate) fn open(file: Option<&Path>, clock: ShiftedClock, tables: &[Table]) -> anyhow::Result<Database> {
    let database = match file {
        Some(file) => Database::new(file.to_str().ok_or_else(|| anyhow!("the path is not UTF-8"))?),
        None => Database::memory_with_clock(Arc::new(clock)),
    }
    .context("cannot open the database")?;
    for table in tables {
        create(&database, table).with_context(|| format!("cannot create table {}", table.name))?;
    }
    Ok(database)
}

/// Passes requests on to the database's own server at this address, and its answers back.
pub(crate) fn router(server: String) -> anyhow::Result<Router> {
    let client = Client::builder().no_proxy().tcp_nodelay(true).build()?;
    Ok(Router::new().fallback(async move |request: Request| {
        forward(&client, &server, request).await.unwrap_or_else(|_| StatusCode::BAD_GATEWAY.into_response())
    }))
}

async fn forward(client: &Client, server: &str, request: Request) -> reqwest::Result<Response> {
    let (parts, body) = request.into_parts();
    let body = reqwest::Body::wrap_stream(body.into_data_stream());
    let answer = client.request(parts.method, server).headers(parts.headers).body(body).send().await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    Ok((status, headers, answer.bytes().await?).into_response())
}

fn create(database: &Database, table: &Table) -> anyhow::Result<()> {
    if database.get_table_metadata(&table.name)?.is_some() {
        return Ok(());
    }
    database.create_table(serde_json::from_value(table.create.clone())?)?;
    if let Some(attribute) = &table.time_to_live {
        let specification = json!({ "AttributeName": attribute, "Enabled": true });
        database.update_time_to_live(serde_json::from_value(
            json!({ "TableName": table.name, "TimeToLiveSpecification": specification }),
        )?)?;
    }
    Ok(())
}
