//! `DynamoDB` in this process.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, anyhow};
use dynoxide::Database;
use dynoxide::storage_backend::Clock;
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
