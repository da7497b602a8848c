//! An organisation's escalations, newest first.

use lambda_http::http::StatusCode;
use lambda_http::{Request, RequestExt as _};
use shared::authentication::require_organisation;
use shared::escalation::{EscalationView, Status};
use shared::http_api::Answer;
use shared::list_page::{self, PageRequest};
use shared::problem::{FieldError, Problem};
use shared::store::Filter;

use crate::EscalationIntake;
use crate::bodies::EscalationList;

/// What of an organisation's escalations is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Of which status.
    pub filter: Filter,
    /// Which page of them.
    pub page: PageRequest,
}

pub(crate) async fn list(
    intake: &EscalationIntake,
    request: &Request,
    organisation_id: &str,
) -> Result<Answer, Problem> {
    let parameters = request.query_string_parameters();
    let query = parse(|name| parameters.first(name).map(str::to_owned)).map_err(Problem::invalid)?;
    require_organisation(&intake.store, organisation_id).await?;
    let PageRequest { limit, after } = query.page;
    let page = intake.store.list(organisation_id, query.filter, limit, after.as_deref()).await?;
    let escalations = page.escalations.iter().map(EscalationView::without_timeline).collect();
    let cursor = page.next.as_deref().map(list_page::cursor);
    Ok(Answer::json(StatusCode::OK, EscalationList { escalations, cursor }))
}

/// Reads the query parameters `status`, `limit` and `cursor`.
///
/// # Errors
/// Every wrong parameter, with its name as the pointer.
pub fn parse(parameter: impl Fn(&str) -> Option<String>) -> Result<Query, Vec<FieldError>> {
    let filter = parameter("status").map_or(Some(Filter::All), |word| filter(&word)).ok_or_else(|| {
        let words: Vec<_> = Status::ALL.into_iter().map(Status::as_str).collect();
        FieldError { pointer: "/status".into(), detail: format!("must be one of {}, open", words.join(", ")) }
    });
    match (filter, list_page::parse(parameter)) {
        (Ok(filter), Ok(page)) => Ok(Query { filter, page }),
        (filter, page) => Err(filter.err().into_iter().chain(page.err().into_iter().flatten()).collect()),
    }
}

fn filter(word: &str) -> Option<Filter> {
    let status = Status::ALL.into_iter().find(|status| status.as_str() == word);
    status.map(Filter::Status).or_else(|| (word == "open").then_some(Filter::Open))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(parameters: &[(&str, &str)]) -> Result<Query, Vec<String>> {
        let find = |name: &str| parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        parse(find).map_err(|errors| errors.into_iter().map(|error| error.pointer).collect())
    }

    #[test]
    fn without_parameters_it_lists_25_of_all() {
        let query = parsed(&[]).ok().unwrap();
        assert_eq!((query.filter, query.page), (Filter::All, PageRequest { limit: 25, after: None }));
    }

    #[test]
    fn each_status_and_open_is_known() {
        for status in Status::ALL {
            assert_eq!(parsed(&[("status", status.as_str())]).ok().unwrap().filter, Filter::Status(status));
        }
        assert_eq!(parsed(&[("status", "open")]).ok().unwrap().filter, Filter::Open);
    }

    #[test]
    fn every_wrong_parameter_is_named() {
        let errors = parsed(&[("status", "lost"), ("limit", "101"), ("cursor", "Z2Fy")]).err().unwrap();
        assert_eq!(errors, ["/status", "/limit", "/cursor"]);
        assert_eq!(parsed(&[("limit", "0")]).err().unwrap(), ["/limit"]);
    }
}
