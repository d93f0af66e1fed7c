//! Secrets that webhooks are signed with (Standard Webhooks 1.0).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use zeroize::Zeroizing;

use super::{INSTALLATION_KEY_BYTES, InstallationKey};

const PREFIX: &str = "whsec_";

/// 32 bytes that a receiver verifies signatures with. No `Display`, no `Serialize`, a redacted `Debug`.
pub struct WebhookSecret(Zeroizing<[u8; INSTALLATION_KEY_BYTES]>);

impl WebhookSecret {
    /// The same for the same key, webhook and generation, so that no database holds it.
    pub fn derive(key: &InstallationKey, webhook_id: &str, generation: u64) -> Self {
        Self(key.derive("webhook", webhook_id, generation))
    }

    /// The secret as receivers configure it.
    pub fn reveal(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + 2 * INSTALLATION_KEY_BYTES));
        text.push_str(PREFIX);
        STANDARD.encode_string(self.0.as_ref(), &mut text);
        text
    }

    /// Base64 of the HMAC-SHA-256, without the version before it; see [`Self::signatures`].
    pub fn sign(&self, id: &str, timestamp_seconds: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, self.0.as_ref()));
        context.update(format!("{id}.{timestamp_seconds}.").as_bytes());
        context.update(body);
        STANDARD.encode(context.sign())
    }

    /// The value of `webhook-signature`: one signature for each secret that the receiver may still use.
    pub fn signatures(secrets: &[&Self], id: &str, timestamp_seconds: i64, body: &[u8]) -> String {
        let signed = secrets.iter().map(|secret| format!("v1,{}", secret.sign(id, timestamp_seconds, body)));
        signed.collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(bytes: [u8; 32]) -> WebhookSecret {
        WebhookSecret(Zeroizing::new(bytes))
    }

    /// Computed with `hmac` of Python's standard library.
    #[test]
    fn a_signature_is_the_hmac_of_id_timestamp_and_body() {
        let mut bytes = [0; 32];
        for (byte, value) in bytes.iter_mut().zip(0..) {
            *byte = value;
        }
        let secret = secret(bytes);
        assert_eq!(secret.reveal().as_str(), "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "O4Gjv1HqPqsMrjmczoggs/sWA8gZD0VyHG+fLh4+ktI=");
    }

    #[test]
    fn each_secret_that_is_still_used_has_a_signature() {
        let (new, old) = (secret([1; 32]), secret([2; 32]));
        let (one, other) = (new.sign("msg_1", 7, b"{}"), old.sign("msg_1", 7, b"{}"));
        assert_ne!(one, other);
        assert_eq!(WebhookSecret::signatures(&[&new, &old], "msg_1", 7, b"{}"), format!("v1,{one} v1,{other}"));
        assert_eq!(WebhookSecret::signatures(&[&new], "msg_1", 7, b"{}"), format!("v1,{one}"));
    }

    #[test]
    fn a_signature_depends_on_every_part() {
        let key = InstallationKey::parse(&std::array::from_fn::<u8, 32, _>(|index| u8::try_from(index).unwrap()));
        let key = key.unwrap();
        let sign = |webhook: &str, generation, id: &str, timestamp, body: &[u8]| {
            WebhookSecret::derive(&key, webhook, generation).sign(id, timestamp, body)
        };
        let signed = [
            sign("whk_1", 1, "msg_1", 7, b"{}"),
            sign("whk_2", 1, "msg_1", 7, b"{}"),
            sign("whk_1", 2, "msg_1", 7, b"{}"),
            sign("whk_1", 1, "msg_2", 7, b"{}"),
            sign("whk_1", 1, "msg_1", 8, b"{}"),
            sign("whk_1", 1, "msg_1", 7, b"{ }"),
        ];
        assert_eq!(signed.iter().collect::<std::collections::BTreeSet<_>>().len(), signed.len());
        assert_eq!(signed[0], sign("whk_1", 1, "msg_1", 7, b"{}"));
    }

    #[test]
    fn a_secret_is_never_shown() {
        assert_eq!(format!("{:?}", secret([1; 32])), "WebhookSecret([redacted])");
    }
}
