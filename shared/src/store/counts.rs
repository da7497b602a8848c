//! How many escalations of each status an organisation has, from the indexes of its lists, which may lag by seconds.

use std::collections::{BTreeMap, HashMap};

use super::list::Filter;
use super::{Store, StoreError, read_text};
use crate::escalation::Status;

/// Pages of an index that are read at most, of 1 MB each: some 80,000 escalations.
const MAX_PAGES: usize = 20;

/// How many escalations there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// By the word for each status.
    pub by_status: BTreeMap<&'static str, usize>,
    /// Whether all are counted, and not only the newest 80,000 or so.
    pub is_complete: bool,
}

#[derive(Default)]
struct Tally {
    by_word: HashMap<String, usize>,
    is_complete: bool,
}

impl Store {
    /// Counts an organisation's escalations. Those that are not final are counted apart, so that none of them is too old for it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn count(&self, organisation_id: &str) -> Result<Counts, StoreError> {
        let open = self.tally(organisation_id, Filter::Open).await?;
        let all = self.tally(organisation_id, Filter::All).await?;
        let by_status = Status::ALL.map(|status| {
            let tally = if status.is_final() { &all } else { &open };
            (status.as_str(), tally.by_word.get(status.as_str()).copied().unwrap_or_default())
        });
        Ok(Counts { by_status: by_status.into(), is_complete: open.is_complete && all.is_complete })
    }

    async fn tally(&self, organisation_id: &str, filter: Filter) -> Result<Tally, StoreError> {
        let request = self
            .newest_first(organisation_id, filter)
            .projection_expression("#status")
            .expression_attribute_names("#status", "status");
        let mut tally = Tally::default();
        let mut start = None;
        for _ in 0..MAX_PAGES {
            let page = request.clone().set_exclusive_start_key(start).send().await?;
            for item in page.items() {
                *tally.by_word.entry(read_text(item, "status")?).or_default() += 1;
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                tally.is_complete = true;
                break;
            }
        }
        Ok(tally)
    }
}
