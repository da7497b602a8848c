//! Whether the connected app can sign in, and with which scopes.

use secrecy::SecretString;
use shared::salesforce::{Login, LoginError, Salesforce, Session};
use shared::settings::SalesforceSettings;

use super::{CALL_PATIENCE, Check};

const TOKEN: &str = "token";
const SCOPES: &str = "scopes";

/// What a sign-in led to.
pub(super) struct SignIn {
    pub(super) token: Check,
    pub(super) scopes: Check,
    pub(super) session: Option<Session>,
}

/// Signs in anew, because a session that is shared proves nothing about a secret.
pub(super) async fn check(
    salesforce: &Salesforce,
    settings: &SalesforceSettings,
    client_secret: &SecretString,
) -> SignIn {
    let login = salesforce.login(&settings.domain, &settings.client_id, client_secret);
    match tokio::time::timeout(CALL_PATIENCE, login).await.unwrap_or(Err(LoginError::Unavailable)) {
        Ok(Login { session, scopes }) => SignIn {
            token: Check::passed(TOKEN, "Salesforce gave an access token."),
            scopes: of_scopes(scopes.as_deref()),
            session: Some(session),
        },
        Err(error) => SignIn {
            token: refused(&error),
            scopes: Check::skipped(SCOPES, "The connected app is not signed in."),
            session: None,
        },
    }
}

fn refused(error: &LoginError) -> Check {
    match error {
        LoginError::Refused { code, cure } => {
            Check::failed(TOKEN, format!("Salesforce refused the sign-in ({code})."), *cure)
        }
        LoginError::RateExceeded => Check::failed(
            TOKEN,
            "The Run As user has signed in too often in this hour; Salesforce allows 3,600 times.",
            "Wait for an hour. If it happens again, give Fullview a Run As user of its own in the External Client App's Policies.",
        ),
        LoginError::NoOrg => Check::failed(
            TOKEN,
            "No Salesforce org answers at the domain.",
            "Enter the domain that My Domain in Setup shows, such as acme.my.salesforce.com.",
        ),
        LoginError::Unavailable => Check::unknown(
            TOKEN,
            "Salesforce did not answer as it should, or not in time.",
            "Test again in a few minutes. If it stays so, compare the domain with My Domain in Setup.",
        ),
    }
}

fn of_scopes(scopes: Option<&[String]>) -> Check {
    const CURE: &str =
        "Open the External Client App, Settings, OAuth Settings, and add the scope “Manage user data via APIs (api)”.";
    match scopes {
        None => Check::unknown(SCOPES, "Salesforce did not name the scopes of the token.", CURE),
        Some(scopes) if scopes.iter().any(|scope| scope == "api" || scope == "full") => {
            Check::passed(SCOPES, "The token may use the API.")
        }
        Some(_) => Check::failed(SCOPES, "The connected app does not have the scope api.", CURE),
    }
}

#[cfg(test)]
mod tests {
    use super::super::CheckResult::{self, Failed, Unknown};
    use super::*;

    #[test]
    fn only_what_time_may_cure_is_not_known() {
        let refusal = LoginError::Refused { code: "invalid_client".into(), cure: "Enter it again." };
        let results = [refusal, LoginError::RateExceeded, LoginError::NoOrg, LoginError::Unavailable]
            .map(|error| refused(&error).result);
        assert_eq!(results, [Failed, Failed, Failed, Unknown]);
    }

    #[test]
    fn the_token_must_have_the_scope_api_or_full() {
        let result = |scopes: Option<&str>| {
            let scopes: Option<Vec<_>> = scopes.map(|scopes| scopes.split(' ').map(str::to_owned).collect());
            of_scopes(scopes.as_deref()).result
        };
        assert_eq!([result(Some("id api")), result(Some("full"))], [CheckResult::Passed; 2]);
        assert_eq!([result(Some("id")), result(Some("apis"))], [CheckResult::Failed; 2]);
        assert_eq!(result(None), CheckResult::Unknown);
    }
}
