//! `DynamoDB` in this process.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use dynoxide::Database;
use serde_json::json;

use crate::template::Table;

/// Opens the database in `file`, or in memory, and makes the tables that it does not have yet.
pub(crate) fn open(file: Option<&Path>, tables: &[Table]) -> anyhow::Result<Database> {
    let database = match file {
        Some(file) => Database::new(file.to_str().ok_or_else(|| anyhow!("the path is not UTF-8"))?),
        None => Database::memory(),
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
