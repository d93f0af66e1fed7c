//! What is wrong with the URL of a webhook, as a sentence.

use crate::control::{Argument, Sentence};
use crate::delivery::webhooks::{DestinationFault, ResolveFault};

impl From<DestinationFault> for Sentence {
    fn from(fault: DestinationFault) -> Self {
        match fault {
            DestinationFault::Length => Self::UrlLength,
            DestinationFault::StoredLength => Self::UrlStoredLength,
            DestinationFault::Characters => Self::UrlCharacters,
            DestinationFault::Https => Self::UrlHttps,
            DestinationFault::Scheme => Self::UrlScheme,
            DestinationFault::Fragment => Self::UrlFragment,
            DestinationFault::User => Self::UrlUser,
            DestinationFault::Address => Self::UrlAddress,
            DestinationFault::Localhost => Self::UrlLocalhost,
            DestinationFault::Host => Self::UrlHost,
            DestinationFault::OwnHost(host) => Self::UrlOwnHost { host: host.into() },
            DestinationFault::Port { port, allowed } => {
                let allowed = Self::any_of(allowed.into_iter().map(Argument::Text));
                Self::UrlPort { port: port.to_string().into(), allowed }
            }
            DestinationFault::Form => Self::UrlForm,
        }
    }
}

impl From<ResolveFault> for Sentence {
    fn from(fault: ResolveFault) -> Self {
        match fault {
            ResolveFault::NotPublic { address } => Self::UrlNotPublic { address: address.to_string().into() },
            ResolveFault::NotFound => Self::UrlNotFound,
            ResolveFault::Busy => Self::UrlBusy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_of_a_fault_has_its_words() {
        let port = DestinationFault::Port { port: 8443, allowed: vec!["443".into(), "8443".into()] };
        for fault in [
            DestinationFault::Length,
            DestinationFault::StoredLength,
            DestinationFault::Characters,
            DestinationFault::Https,
            DestinationFault::Scheme,
            DestinationFault::Fragment,
            DestinationFault::User,
            DestinationFault::Address,
            DestinationFault::Localhost,
            DestinationFault::Host,
            DestinationFault::OwnHost("keys.example.org".into()),
            port,
            DestinationFault::Form,
        ] {
            assert_eq!(Sentence::from(fault.clone()).to_string(), fault.to_string());
        }
        let private = ResolveFault::NotPublic { address: [10, 0, 0, 1].into() };
        for fault in [private, ResolveFault::NotFound, ResolveFault::Busy] {
            assert_eq!(Sentence::from(fault).to_string(), fault.to_string());
        }
    }
}
