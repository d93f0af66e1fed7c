//! Text messages over Twilio's API: one request to send, further ones for the status.

use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Response, StatusCode};
use serde_json::Value;

use super::failure::{FailureKind, Private, SendFault};
use super::{ATTEMPT_TIMEOUT, CONNECT_TIMEOUT};
use crate::config::{Diagnostic, Origin, SmsSender, SmsSettings};

/// Of a response; Twilio's has about 1 KiB.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;
const MAX_ID: usize = 64;
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Hands text messages to the configured provider.
pub struct SmsClient {
    client: Client,
    settings: SmsSettings,
}

/// What the provider knows about an accepted message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmsStatus {
    /// On its way.
    Pending,
    Delivered,
    /// It did not reach the phone.
    Undelivered(SendFault),
    Failed(SendFault),
}

impl SmsClient {
    /// # Errors
    /// When certificates cannot be read.
    pub fn new(settings: &SmsSettings) -> Result<Self, Diagnostic> {
        let fault = |problem: String| Diagnostic::new(Origin::WHOLE_FILE, "delivery.sms.ca", problem);
        let mut builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ATTEMPT_TIMEOUT)
            .redirect(Policy::none())
            // Proxy variables of the environment do not apply to secrets.
            .no_proxy()
            .https_only(settings.api.starts_with("https://"));
        if let Some(file) = &settings.ca {
            builder = builder.tls_certs_only(certificates(file).map_err(fault)?);
        }
        let client = builder.build().map_err(|error| fault(format!("cannot be used: {error}")))?;
        Ok(Self { client, settings: settings.clone() })
    }

    /// Sends a text message: one attempt. Returns the provider's id.
    ///
    /// # Errors
    /// Within half a minute, with what the provider said; `secret` and `to` are cut out of that.
    pub async fn send(&self, to: &str, body: &str, secret: Option<&str>) -> Result<String, SendFault> {
        let sender = match &self.settings.sender {
            SmsSender::From(from) => ("From", from.as_str()),
            SmsSender::MessagingService(service) => ("MessagingServiceSid", service.as_str()),
        };
        let fields = [("To", to), sender, ("Body", body)];
        let form: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, FORM))).collect();
        let request = self
            .client
            .post(format!("{}.json", self.messages()))
            .basic_auth(&self.settings.account, Some(self.settings.token.expose()))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.join("&"));
        let response = request.send().await.map_err(|error| connection_fault(&error))?;
        let (status, body) = read(response).await?;
        if !status.is_success() {
            return Err(refusal(status, &body, Private { secret, recipient: Some(to) }));
        }
        let id = body["sid"].as_str().filter(|id| is_id(id));
        id.map(str::to_owned).ok_or_else(|| SendFault::explained(FailureKind::Response, "an answer without a sid"))
    }

    /// Asks for the status of an accepted message to this number.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn status(&self, id: &str, to: &str) -> Result<SmsStatus, SendFault> {
        if !is_id(id) {
            return Err(SendFault::explained(FailureKind::Response, "an id that is none"));
        }
        let request = self
            .client
            .get(format!("{}/{id}.json", self.messages()))
            .basic_auth(&self.settings.account, Some(self.settings.token.expose()));
        let response = request.send().await.map_err(|error| connection_fault(&error))?;
        let (status, body) = read(response).await?;
        let private = Private { secret: None, recipient: Some(to) };
        if !status.is_success() {
            return Err(refusal(status, &body, private));
        }
        let reason = || {
            let kind = body["error_code"].as_i64().map_or(FailureKind::Refused, kind_of_code);
            let text = body["error_message"].as_str().map(str::to_owned);
            let text = text.or_else(|| body["error_code"].as_i64().map(|code| format!("error {code}")));
            SendFault::answered(kind, &text.unwrap_or_default(), private)
        };
        Ok(match body["status"].as_str() {
            Some("delivered" | "read") => SmsStatus::Delivered,
            Some("undelivered") => SmsStatus::Undelivered(reason()),
            Some("failed" | "canceled") => SmsStatus::Failed(reason()),
            _ => SmsStatus::Pending,
        })
    }

    fn messages(&self) -> String {
        format!("{}/2010-04-01/Accounts/{}/Messages", self.settings.api, self.settings.account)
    }
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, String> {
    let shown = file.display();
    let pem = std::fs::read(file).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let found = Certificate::from_pem_bundle(&pem).map_err(|_| format!("{shown} is not PEM"))?;
    if found.is_empty() { Err(format!("{shown} holds no certificate")) } else { Ok(found) }
}

/// Part of a path.
fn is_id(id: &str) -> bool {
    (1..=MAX_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// JSON, or `Null` for anything else.
async fn read(mut response: Response) -> Result<(StatusCode, Value), SendFault> {
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| connection_fault(&error))? {
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            return Err(SendFault::explained(FailureKind::Response, "an answer that is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
}

fn connection_fault(error: &reqwest::Error) -> SendFault {
    let mut text = String::new();
    let mut is_tls = false;
    let mut source: Option<&dyn std::error::Error> = Some(error);
    while let Some(cause) = source {
        // The URL is of the provider alone, and the same for each message.
        text = cause.to_string();
        is_tls |= cause.downcast_ref::<rustls::Error>().is_some() || text.contains("certificate");
        source = cause.source();
    }
    let kind = match () {
        () if is_tls => FailureKind::Tls,
        () if error.is_timeout() && !error.is_connect() => FailureKind::Timeout,
        () if error.is_connect() => FailureKind::Connect,
        () => FailureKind::Timeout,
    };
    SendFault::answered(kind, &text, Private::default())
}

/// What a status other than 2xx means (Twilio: "code" and "message").
fn refusal(status: StatusCode, body: &Value, private: Private<'_>) -> SendFault {
    let code = body["code"].as_i64();
    let kind = match status {
        StatusCode::TOO_MANY_REQUESTS => FailureKind::Busy,
        status if status.is_server_error() => FailureKind::Busy,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
            if code.is_none_or(|code| kind_of_code(code) == FailureKind::Refused) =>
        {
            FailureKind::Login
        }
        status if status.is_client_error() => code.map_or(FailureKind::Refused, kind_of_code),
        _ => FailureKind::Response,
    };
    let reason = body["message"].as_str().unwrap_or_default();
    let text = match code {
        Some(code) => format!("{} {code} {reason}", status.as_u16()),
        None => format!("{} {reason}", status.as_u16()),
    };
    SendFault::answered(kind, &text, private)
}

/// The codes of Twilio that have a sentence of their own.
fn kind_of_code(code: i64) -> FailureKind {
    match code {
        21211 => FailureKind::InvalidNumber,
        21614 => FailureKind::NotMobile,
        21408 => FailureKind::CountryOff,
        21610 => FailureKind::OptedOut,
        _ => FailureKind::Refused,
    }
}
