//! What a credential can be told to be, as flags.

use serde_json::{Map, Value, json};

use crate::cli::client::written;

/// Details and rights. What is not given stays as it is.
#[derive(clap::Args)]
pub(super) struct Details {
    /// What people call it
    #[arg(long)]
    name: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// E-mail address of the person at the integrator
    #[arg(long, value_name = "ADDRESS")]
    contact_email: Option<String>,
    /// Their mobile, such as +447700900961 (E.164)
    #[arg(long, value_name = "NUMBER")]
    contact_mobile: Option<String>,
    /// What it may call, instead of everything; may be given several times
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// Where it may be used from, such as 10.0.0.0/8, instead of anywhere; may be given several times
    #[arg(long = "address", value_name = "RANGE")]
    addresses: Vec<String>,
    /// Refused from this day or moment on, such as 2027-01-31 or 2027-01-31T12:00:00Z
    #[arg(long, value_name = "WHEN", value_parser = written)]
    expires: Option<String>,
    /// How often it may be used, such as 100/60: so many requests in so many seconds
    #[arg(long, value_name = "REQUESTS/SECONDS", value_parser = rate)]
    rate_limit: Option<Value>,
}

impl Details {
    /// As the API calls them; only what is given.
    pub(super) fn fields(self) -> Map<String, Value> {
        let list = |items: Vec<String>| if items.is_empty() { None } else { Some(json!(items)) };
        let given = [
            ("name", self.name.map(Value::from)),
            ("description", self.description.map(Value::from)),
            ("contact_email", self.contact_email.map(Value::from)),
            ("contact_mobile", self.contact_mobile.map(Value::from)),
            ("scopes", list(self.scopes)),
            ("addresses", list(self.addresses)),
            ("expires_at", self.expires.map(Value::from)),
            ("rate_limit", self.rate_limit),
        ];
        given.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))).collect()
    }
}

fn rate(text: &str) -> Result<Value, String> {
    let numbers = text
        .split_once('/')
        .and_then(|(requests, seconds)| Some((requests.parse::<u32>().ok()?, seconds.parse::<u32>().ok()?)));
    let (requests, seconds) = numbers.ok_or("must be REQUESTS/SECONDS, such as 100/60")?;
    Ok(json!({"requests": requests, "seconds": seconds}))
}
