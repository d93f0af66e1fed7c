//! What holds where nothing is written.

use std::num::NonZeroUsize;

use super::{
    Accept, ApiKey, Identity, Log, LogFormat, Passwords, Prefix, Proxy, Timeouts, Tokens, UpstreamProtocol, UpstreamTls,
};
use crate::config::values::{HeaderField, HeaderPrefix, ListenAddress, OneOrMany, Parsed};
use crate::credential::TokenFormat;

impl Default for Proxy {
    fn default() -> Self {
        Self {
            listen: OneOrMany(vec![Parsed(ListenAddress(([127, 0, 0, 1], 8080).into()))]),
            upstream: None,
            upstream_protocol: UpstreamProtocol::Auto,
            upstream_tls: UpstreamTls::default(),
            tls: None,
            trusted_proxies: Vec::new(),
            upgrades: Vec::new(),
            threads: None,
            error_docs: None,
            timeouts: Timeouts::default(),
        }
    }
}

impl Default for Accept {
    fn default() -> Self {
        Self { bearer: true, api_key: Some(ApiKey::default()), basic: true }
    }
}

impl Default for ApiKey {
    fn default() -> Self {
        let header = HeaderField(http::HeaderName::from_static("x-api-key"));
        Self { header: Some(Parsed(header)), query: None }
    }
}

impl Default for Identity {
    fn default() -> Self {
        Self { prefix: Parsed(HeaderPrefix("X-Claviger-".into())), forward_credential: false }
    }
}

impl Default for Tokens {
    fn default() -> Self {
        let value = TokenFormat::default();
        Self { prefix: Parsed(Prefix::from(value)) }
    }
}

impl Default for Passwords {
    fn default() -> Self {
        const QUEUE: NonZeroUsize = NonZeroUsize::new(64).unwrap();
        Self { threads: None, queue: QUEUE, remembered: 100_000 }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { access: true, format: LogFormat::Auto, level: "info".into() }
    }
}
