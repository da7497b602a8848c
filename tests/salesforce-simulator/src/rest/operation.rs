//! Which call a method and a path below the version make.

use axum::http::Method;
use percent_encoding::percent_decode_str;

use crate::{
    fault::Route,
    id::normalise,
    reply::RestError,
    schema::{Api, SObject},
};

/// A call of the REST API.
#[derive(Debug, PartialEq)]
pub(crate) enum Operation {
    Resources,
    Limits,
    Query(Api),
    Composite,
    ApexAction(String),
    Describe(SObject),
    InsertCase,
    InsertContentVersion,
    Read(SObject, String),
    UpdateCase(String),
    ReadCaseByExternalId { field: String, value: String },
    UpsertCase { field: String, value: String },
    Download(String),
    UpdateMessagingChannel(String),
    AssignPermissionSet,
    UnassignPermissionSet(String),
    PublishDeployment(String),
    ActivateFlow(String),
    DeleteFlow(String),
}

impl Operation {
    /// Reads a path such as `sobjects/Case/500…`.
    pub(crate) fn parse(method: &Method, path: &str) -> Result<Self, RestError> {
        let decoded: Result<Vec<_>, _> =
            path.trim_end_matches('/').split('/').map(|segment| percent_decode_str(segment).decode_utf8()).collect();
        let decoded = decoded.map_err(|_| RestError::not_found())?;
        let segments: Vec<&str> = decoded.iter().map(AsRef::as_ref).collect();
        match segments[..] {
            [""] => only(method, &Method::GET, Self::Resources),
            ["limits"] => only(method, &Method::GET, Self::Limits),
            ["query"] => only(method, &Method::GET, Self::Query(Api::Data)),
            ["tooling", "query"] => only(method, &Method::GET, Self::Query(Api::Tooling)),
            ["tooling", "sobjects", object, id] => Self::on_tooling(method, object, full_id(id)?),
            ["connect", "embeddedservice", "embeddedserviceconfig", "publish", id] => {
                only(method, &Method::POST, Self::PublishDeployment(full_id(id)?))
            }
            ["composite"] => only(method, &Method::POST, Self::Composite),
            ["actions", "custom", "apex", class] => only(method, &Method::POST, Self::ApexAction(class.to_owned())),
            ["sobjects", object, ref rest @ ..] => {
                Self::on_object(method, SObject::named(Api::Data, object).ok_or_else(RestError::not_found)?, rest)
            }
            _ => Err(RestError::not_found()),
        }
    }

    fn on_object(method: &Method, object: SObject, rest: &[&str]) -> Result<Self, RestError> {
        match (object, rest) {
            (SObject::Case, []) => only(method, &Method::POST, Self::InsertCase),
            (SObject::ContentVersion, []) => only(method, &Method::POST, Self::InsertContentVersion),
            (SObject::PermissionSetAssignment, []) => only(method, &Method::POST, Self::AssignPermissionSet),
            (_, ["describe"]) => only(method, &Method::GET, Self::Describe(object)),
            (SObject::Case, [id]) if *method == Method::PATCH => Ok(Self::UpdateCase(full_id(id)?)),
            (SObject::MessagingChannel, [id]) if *method == Method::PATCH => {
                Ok(Self::UpdateMessagingChannel(full_id(id)?))
            }
            (SObject::PermissionSetAssignment, [id]) if *method == Method::DELETE => {
                Ok(Self::UnassignPermissionSet(full_id(id)?))
            }
            (_, [id]) => only(method, &Method::GET, ()).and_then(|()| Ok(Self::Read(object, full_id(id)?))),
            (SObject::ContentVersion, [id, "VersionData"]) => {
                only(method, &Method::GET, ()).and_then(|()| Ok(Self::Download(full_id(id)?)))
            }
            (SObject::Case, [field, value]) => {
                let (field, value) = ((*field).to_owned(), (*value).to_owned());
                match *method {
                    Method::GET => Ok(Self::ReadCaseByExternalId { field, value }),
                    Method::PATCH => Ok(Self::UpsertCase { field, value }),
                    _ => Err(RestError::method_not_allowed(method)),
                }
            }
            _ => Err(RestError::not_found()),
        }
    }

    fn on_tooling(method: &Method, object: &str, id: String) -> Result<Self, RestError> {
        match SObject::named(Api::Tooling, object) {
            Some(SObject::Flow) => only(method, &Method::DELETE, Self::DeleteFlow(id)),
            Some(SObject::FlowDefinition) => only(method, &Method::PATCH, Self::ActivateFlow(id)),
            _ => Err(RestError::not_found()),
        }
    }

    /// The name that faults know it by.
    pub(crate) fn route(&self) -> Route {
        match self {
            Self::Resources => Route::Resources,
            Self::Limits => Route::Limits,
            Self::Query(_) => Route::Query,
            Self::Composite => Route::Composite,
            Self::ApexAction(_) => Route::ApexAction,
            Self::Describe(SObject::Case) => Route::DescribeCase,
            Self::InsertCase => Route::InsertCase,
            Self::InsertContentVersion => Route::InsertContentVersion,
            Self::Read(SObject::Case, _) => Route::ReadCase,
            Self::Read(SObject::MessagingSession, _) => Route::ReadMessagingSession,
            Self::UpdateCase(_) => Route::UpdateCase,
            Self::ReadCaseByExternalId { .. } => Route::ReadCaseByExternalId,
            Self::UpsertCase { .. } => Route::UpsertCase,
            Self::Download(_) => Route::DownloadContentVersion,
            Self::UpdateMessagingChannel(_) => Route::UpdateMessagingChannel,
            Self::AssignPermissionSet => Route::AssignPermissionSet,
            Self::PublishDeployment(_) => Route::PublishDeployment,
            Self::ActivateFlow(_)
            | Self::DeleteFlow(_)
            | Self::Describe(_)
            | Self::Read(..)
            | Self::UnassignPermissionSet(_) => Route::Other,
        }
    }
}

fn only<T>(method: &Method, allowed: &Method, operation: T) -> Result<T, RestError> {
    if method == allowed { Ok(operation) } else { Err(RestError::method_not_allowed(method)) }
}

fn full_id(id: &str) -> Result<String, RestError> {
    normalise(id).ok_or_else(RestError::not_found)
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    #[test]
    fn a_segment_is_percent_decoded_once() {
        let operation = Operation::parse(&Method::GET, "sobjects/Case/F__c/a%2Fb%2525");
        let expected = Operation::ReadCaseByExternalId { field: "F__c".into(), value: "a/b%25".into() };
        assert_eq!(operation.ok(), Some(expected));
    }

    #[test]
    fn an_unknown_path_is_not_found_and_a_known_one_takes_only_its_methods() {
        let status = |method: Method, path: &str| Operation::parse(&method, path).map_err(|error| error.status).err();
        assert_eq!(status(Method::GET, "sobjects/Nothing__c"), Some(StatusCode::NOT_FOUND));
        assert_eq!(status(Method::GET, "nothing"), Some(StatusCode::NOT_FOUND));
        assert_eq!(status(Method::PUT, "sobjects/Case"), Some(StatusCode::METHOD_NOT_ALLOWED));
        assert_eq!(status(Method::DELETE, "query"), Some(StatusCode::METHOD_NOT_ALLOWED));
    }
}
