//! The day that `until` is compared with.

use warmor_compiler::date::Date;
use warmor_report::Failure;

/// The day that was given, else that of `SOURCE_DATE_EPOCH`, else that of the clock (all in UTC).
pub fn today(given: Option<Date>) -> Result<Date, Failure> {
    if let Some(day) = given {
        return Ok(day);
    }
    let seconds = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text.parse::<i64>().map_err(|_| {
            Failure::new(format!("SOURCE_DATE_EPOCH is `{text}`"))
                .help("it is a number of seconds since 1970-01-01")
        })?,
        Err(_) => std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX)),
    };
    Date::from_days(seconds.div_euclid(86_400)).ok_or_else(|| {
        Failure::new("the clock is before 1970 or after 9999").help("give the day with `--today`")
    })
}

/// A day as it is written on the command line: `2027-01-31`.
pub fn parse(text: &str) -> Result<Date, String> {
    let wrong = || format!("`{text}` is no day; write it as 2027-01-31");
    let mut numbers =
        text.split('-').map(|n| n.bytes().all(|b| b.is_ascii_digit()).then(|| n.parse::<u16>().ok())?);
    let (Some(Some(year)), Some(Some(month)), Some(Some(day)), None) =
        (numbers.next(), numbers.next(), numbers.next(), numbers.next())
    else {
        return Err(wrong());
    };
    let small = |n: u16| u8::try_from(n).map_err(|_| wrong());
    let date = Date { year, month: small(month)?, day: small(day)? };
    // Only a day that exists comes back from its number.
    let exists = (1..=12).contains(&month) && year >= 1970 && Date::from_days(date.days()) == Some(date);
    exists.then_some(date).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_exist_are_days() {
        assert_eq!(parse("2028-02-29"), Ok(Date { year: 2028, month: 2, day: 29 }));
        for wrong in
            ["2027-02-29", "2027-13-01", "2027-00-10", "2027-1", "27-01-01", "2027-01-32", "x", "+2027-01-01"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
