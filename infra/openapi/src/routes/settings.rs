//! `settings`.

use serde_json::json;
use settings::Erasure;
use settings::bodies::{
    AuditList, CallbackTestResult, CallbackTestStarted, ConnectionTest, ConnectionTestBody, CreatedKey,
    CustomerProperties, EscalationsTokenBody, EscalationsTokenList, EscalationsTokenView, HolidayCountries,
    Organisation, OrganisationBody, Preview, PreviewBody,
};
use settings::settings_body::{SettingsBody, SettingsView};
use shared::problem::Code;

use super::pages;
use crate::answer::Answer;
use crate::operation::{Group, Operation, Security};
use crate::parameter::Parameter;
use crate::schemas::of;

const SETTINGS: Group = Group {
    function: "settings",
    tag: "Settings",
    security: Security::OrganisationKey,
    codes: &[Code::Unauthenticated, Code::Forbidden, Code::NotFound, Code::Unavailable],
};
const ORGANISATIONS: Group = Group { tag: "Organisations", security: Security::PlatformKey, ..SETTINGS };
const PAGES: Group = Group { tag: "Pages", security: Security::Nothing, codes: &[], ..SETTINGS };

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = vec![put_organisation(), create_key(), delete_key(), erase_customer()];
    operations.extend([show_settings(), put_settings(), preview(), test_connection()]);
    operations.extend([customer_properties(), holiday_countries(), audit()]);
    operations.extend([start_callback_test(), show_callback_test()]);
    operations.extend([list_tokens(), create_token(), delete_token()]);
    operations.extend([page(), page_file()]);
    operations
}

fn put_organisation() -> Operation {
    let codes: &[Code] = &[Code::Unauthenticated, Code::Forbidden, Code::Unavailable];
    Group { codes, ..ORGANISATIONS }
        .operation("PUT", "/v1/organisations/{organisationId}", "putOrganisation", "Create or rename an organisation")
        .body(of::<OrganisationBody>)
        .answers(Answer::json(200, "It is renamed.", of::<Organisation<'_>>))
        .answers(Answer::json(201, "It is created.", of::<Organisation<'_>>))
}

fn create_key() -> Operation {
    ORGANISATIONS
        .operation("POST", "/v1/organisations/{organisationId}/keys", "createKey", "Make a key")
        .answers(Answer::json(201, "The key, which is shown this once.", of::<CreatedKey<'_>>))
}

fn delete_key() -> Operation {
    ORGANISATIONS
        .operation("DELETE", "/v1/organisations/{organisationId}/keys/{keyId}", "deleteKey", "Delete a key")
        .answers(Answer::empty(204, "It opens nothing any more."))
}

fn erase_customer() -> Operation {
    let path = "/v1/organisations/{organisationId}/customers/{customerId}";
    ORGANISATIONS
        .operation("DELETE", path, "eraseCustomer", "Erase a customer's data")
        .about("A customer of whom nothing is kept is no error: a repetition is safe, and goes on after a failure.")
        .answers(Answer::json(200, "What was deleted, and what was not.", of::<Erasure>))
        .refuses(&[Code::InvalidRequest, Code::EscalationOpen])
}

fn settings_answer(description: &'static str) -> Answer {
    Answer::json(200, description, of::<SettingsView>).with_header("ETag", "The version, in quotes.")
}

fn show_settings() -> Operation {
    SETTINGS
        .operation("GET", "/v1/organisations/{organisationId}/settings", "showSettings", "Show the settings")
        .about("Before the first `PUT` they are the defaults, with version 0.")
        .answers(settings_answer("The settings."))
}

fn put_settings() -> Operation {
    SETTINGS
        .operation("PUT", "/v1/organisations/{organisationId}/settings", "putSettings", "Replace the settings")
        .takes(Parameter::header(
            "If-Match",
            "The `ETag` of the settings that are replaced: required. Another version is refused.",
            json!({ "type": "string" }),
        ))
        .body(of::<SettingsBody>)
        .answers(settings_answer("The settings as they are now."))
        .refuses(&[Code::StaleVersion, Code::VersionRequired])
}

fn preview() -> Operation {
    SETTINGS
        .operation(
            "POST",
            "/v1/organisations/{organisationId}/settings/preview",
            "previewSettings",
            "Tell what would happen to a customer",
        )
        .body(of::<PreviewBody>)
        .answers(Answer::json(200, "What would happen. Nothing is sent.", of::<Preview>))
        .refuses(&[Code::OrganisationNotConfigured])
}

fn test_connection() -> Operation {
    SETTINGS
        .operation(
            "POST",
            "/v1/organisations/{organisationId}/settings/test",
            "testConnection",
            "Test the connection to the org",
        )
        .about("Nothing is made in the org. If the stored settings work, what is stuck is driven on.")
        .body(of::<ConnectionTestBody>)
        .answers(Answer::json(200, "What was found.", of::<ConnectionTest>))
        .refuses(&[Code::OrganisationNotConfigured])
}

fn customer_properties() -> Operation {
    SETTINGS
        .operation(
            "GET",
            "/v1/organisations/{organisationId}/settings/customer-properties",
            "listCustomerProperties",
            "List the names of customer properties",
        )
        .answers(Answer::json(200, "Those that were seen lately.", of::<CustomerProperties>))
}

fn holiday_countries() -> Operation {
    SETTINGS
        .operation(
            "GET",
            "/v1/organisations/{organisationId}/settings/holiday-countries",
            "listHolidayCountries",
            "List the countries whose holidays are known",
        )
        .answers(Answer::json(200, "The countries, with their next holidays.", of::<HolidayCountries>))
}

fn audit() -> Operation {
    pages(SETTINGS.operation(
        "GET",
        "/v1/organisations/{organisationId}/settings/audit",
        "listAudit",
        "List who changed what, newest first",
    ))
    .answers(Answer::json(200, "A page of the changes.", of::<AuditList>))
}

fn start_callback_test() -> Operation {
    SETTINGS
        .operation(
            "POST",
            "/v1/organisations/{organisationId}/settings/callback-test",
            "startCallbackTest",
            "Start a test of the callback",
        )
        .about("The org's action *FullviewTestCallback* is started with a nonce, which the org must bring back.")
        .answers(Answer::json(202, "It is started.", of::<CallbackTestStarted<'_>>))
        .refuses(&[Code::OrganisationNotConfigured])
}

fn show_callback_test() -> Operation {
    SETTINGS
        .operation(
            "GET",
            "/v1/organisations/{organisationId}/settings/callback-test",
            "showCallbackTest",
            "Show what came of the test of the callback",
        )
        .answers(Answer::json(200, "How it stands.", of::<CallbackTestResult>))
}

fn list_tokens() -> Operation {
    SETTINGS
        .operation(
            "GET",
            "/v1/organisations/{organisationId}/settings/escalations-tokens",
            "listEscalationsTokens",
            "Show the escalations tokens",
        )
        .answers(Answer::json(200, "Those that are valid.", of::<EscalationsTokenList>))
}

fn create_token() -> Operation {
    SETTINGS
        .operation(
            "POST",
            "/v1/organisations/{organisationId}/settings/escalations-tokens",
            "createEscalationsToken",
            "Make an escalations token",
        )
        .about("The others stay valid for the overlap, or end earlier if they would. At most ten are valid at a time.")
        .body(of::<EscalationsTokenBody>)
        .answers(Answer::json(201, "The new one.", of::<EscalationsTokenView>))
}

fn delete_token() -> Operation {
    SETTINGS
        .operation(
            "DELETE",
            "/v1/organisations/{organisationId}/settings/escalations-tokens/{tokenId}",
            "deleteEscalationsToken",
            "Retire an escalations token",
        )
        .answers(Answer::empty(204, "It is not valid any more."))
}

fn page() -> Operation {
    PAGES
        .operation("GET", "/settings", "loadSettingsPage", "The page on which an admin sets an organisation up")
        .about("It is at `/settings/`; without the slash at the end, a redirect leads there.")
        .takes(known())
        .answers(Answer::plain(200, "The page.", "text/html").with_header("ETag", "Changes with the page."))
        .answers(Answer::empty(304, "The browser has it.").with_header("ETag", "As it was sent."))
        .answers(Answer::empty(308, "The page is at `/settings/`.").with_header("Location", "Its path."))
}

fn page_file() -> Operation {
    PAGES
        .operation("GET", "/settings/{file}", "loadSettingsPageFile", "A script or a style sheet of that page")
        .takes(known())
        .answers(
            Answer::plain(200, "The file.", "text/javascript")
                .or("text/css")
                .or("text/html")
                .with_header("ETag", "Changes with the file."),
        )
        .answers(Answer::empty(304, "The browser has it.").with_header("ETag", "As it was sent."))
        .refuses(&[Code::NotFound])
}

fn known() -> Parameter {
    Parameter::header("If-None-Match", "The `ETag` of what the browser has.", json!({ "type": "string" }))
}
