//! Details and rights of a credential as flags.

use serde_json::{Map, Value, json};

use crate::cli::client::parse_time;

/// Flags that are not given change nothing.
#[derive(clap::Args)]
pub(super) struct Details {
    /// Display name
    #[arg(long)]
    name: Option<String>,
    /// Description
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// E-mail address of the contact at the integrator
    #[arg(long, value_name = "ADDRESS")]
    contact_email: Option<String>,
    /// Mobile number of the contact, such as +447700900961 (E.164)
    #[arg(long, value_name = "NUMBER")]
    contact_mobile: Option<String>,
    /// E-mail address that receives notices about it, at most 5; repeatable
    #[arg(long = "developer-email", value_name = "ADDRESS")]
    developer_emails: Vec<String>,
    /// Scope that it is limited to; repeatable
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// Address range that it is limited to, such as 10.0.0.0/8; repeatable
    #[arg(long = "address", value_name = "RANGE")]
    addresses: Vec<String>,
    /// Expires at this date or time, such as 2027-01-31 or 2027-01-31T12:00:00Z
    #[arg(long, value_name = "WHEN", value_parser = parse_time)]
    expires: Option<String>,
    /// Rate limit, such as 100/60 for 100 requests in 60 seconds, or 100/60/20 with a burst of 20
    #[arg(long, value_name = "REQUESTS/SECONDS[/BURST]", value_parser = rate)]
    rate_limit: Option<Value>,
}

impl Details {
    /// The given flags as fields of the API.
    pub(super) fn fields(self) -> Map<String, Value> {
        let list = |items: Vec<String>| if items.is_empty() { None } else { Some(json!(items)) };
        let given = [
            ("name", self.name.map(Value::from)),
            ("description", self.description.map(Value::from)),
            ("contact_email", self.contact_email.map(Value::from)),
            ("contact_mobile", self.contact_mobile.map(Value::from)),
            ("developer_emails", list(self.developer_emails)),
            ("scopes", list(self.scopes)),
            ("addresses", list(self.addresses)),
            ("expires_at", self.expires.map(Value::from)),
            ("rate_limit", self.rate_limit),
        ];
        given.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))).collect()
    }
}

fn rate(text: &str) -> Result<Value, String> {
    let numbers: Option<Vec<u32>> = text.split('/').map(|number| number.parse().ok()).collect();
    match numbers.as_deref() {
        Some(&[requests, seconds]) => Ok(json!({"requests": requests, "seconds": seconds})),
        Some(&[requests, seconds, burst]) => Ok(json!({"requests": requests, "seconds": seconds, "burst": burst})),
        _ => Err("must be REQUESTS/SECONDS, such as 100/60, or REQUESTS/SECONDS/BURST".to_owned()),
    }
}
