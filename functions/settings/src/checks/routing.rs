//! Whether the deployment knows the names that routing attributes are sent as: another spelling is dropped silently.

use shared::settings::RoutingAttribute;

use super::Check;

/// A check of each row against the hidden pre-chat fields, if those are told.
pub(super) fn routing_attributes(rows: &[RoutingAttribute], hidden_fields: Option<&[String]>) -> Vec<Check> {
    rows.iter().map(|row| compare(&row.value, hidden_fields)).collect()
}

pub(super) fn skipped(rows: &[RoutingAttribute], reason: &str) -> Vec<Check> {
    rows.iter().map(|row| Check::skipped(&id(&row.value), reason)).collect()
}

fn id(value: &str) -> String {
    format!("routingAttribute:{value}")
}

/// A name is repeated only if it differs from the settings' own in nothing but upper and lower case.
fn compare(value: &str, hidden_fields: Option<&[String]>) -> Check {
    let id = id(value);
    let Some(names) = hidden_fields else {
        let detail = "Salesforce does not tell the deployment's hidden pre-chat fields.";
        return Check::unknown(&id, detail, steps(value));
    };
    if names.iter().any(|name| name == value) {
        return Check::passed(&id, "The deployment has a hidden pre-chat field of this name.");
    }
    match names.iter().find(|name| name.to_lowercase() == value.to_lowercase()) {
        Some(name) => {
            let cure =
                format!("Change the value from “{value}” to “{name}”: upper and lower case must be as in Salesforce.");
            Check::failed(&id, format!("In Salesforce it is spelt “{name}”."), cure)
        }
        None => Check::failed(&id, "The deployment has no hidden pre-chat field of this name.", steps(value)),
    }
}

fn steps(value: &str) -> String {
    format!(
        "In Setup, open the messaging channel, and add a custom parameter with “{value}” as Channel Variable Name and a parameter \
         mapping to a variable of your flow. Then open the Embedded Service Deployment, Edit Pre-Chat, add it under Hidden Pre-Chat \
         Fields, and publish the deployment."
    )
}

#[cfg(test)]
mod tests {
    use super::super::CheckResult;
    use super::*;

    fn check(names: Option<&[&str]>) -> Check {
        let names: Option<Vec<_>> = names.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        compare("Plan", names.as_deref())
    }

    #[test]
    fn only_the_same_spelling_passes() {
        assert_eq!(check(Some(&["Tier", "Plan"])).result, CheckResult::Passed);
        assert_eq!(check(Some(&["plan", "Plan"])).result, CheckResult::Passed);
        let other = check(Some(&["PLAN"]));
        assert_eq!(other.result, CheckResult::Failed);
        assert!(other.cure.unwrap().contains("“Plan” to “PLAN”"));
    }

    #[test]
    fn a_name_that_is_absent_leads_through_the_guide_s_steps_and_repeats_no_other_name() {
        let absent = check(Some(&["secret words"]));
        assert_eq!(absent.result, CheckResult::Failed);
        assert!(absent.cure.as_ref().unwrap().contains("Hidden Pre-Chat"));
        assert!(!format!("{absent:?}").contains("secret"));
    }

    #[test]
    fn what_is_not_told_is_not_known() {
        assert_eq!(check(None).result, CheckResult::Unknown);
    }
}
