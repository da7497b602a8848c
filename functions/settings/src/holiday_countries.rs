//! The countries that `holidays` of business hours may name, with their next holidays: the page's picture of the week shows them.

use chrono::Days;
use lambda_http::http::StatusCode;
use shared::authentication::require_organisation;
use shared::business_hours::{HolidayCountry, holiday_countries, public_holidays};
use shared::http_api::Answer;
use shared::problem::Problem;

use crate::SettingsApi;
use crate::bodies::{CountryWithHolidays, HolidayCountries};

/// As far as the next opening is looked for.
const DAYS: usize = 400;

pub(crate) async fn show(api: &SettingsApi, organisation_id: &str) -> Result<Answer, Problem> {
    require_organisation(&api.store, organisation_id).await?;
    let today = api.clock.now().date_naive();
    // Where it is still yesterday, its night may go on.
    let first = today.checked_sub_days(Days::new(2)).unwrap_or(today);
    let with_holidays = |country: HolidayCountry| {
        let holidays = public_holidays(&country, first, DAYS);
        CountryWithHolidays { country, holidays }
    };
    let countries = holiday_countries().into_iter().map(with_holidays).collect();
    Ok(Answer::json(StatusCode::OK, HolidayCountries { countries }))
}
