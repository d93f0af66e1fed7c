//! The senders that the settings name, made anew when a reload changes them.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::config::{Delivery, Diagnostics, Settings};
use crate::control::LiveSettings;
use crate::control::demo_mailbox::DemoMailbox;
use crate::delivery::webhooks::WebhookClient;
use crate::delivery::{Mailer, SmsClient};
use crate::store::Channel;

/// Mail server and provider of text messages.
#[derive(Default)]
pub struct Senders {
    /// What they were made from; a reload replaces it, and files of certificates are read with it.
    settings: Weak<LiveSettings>,
    pub(super) mail: Option<Mailer>,
    pub(super) sms: Option<SmsClient>,
}

/// Where messages go.
pub(super) enum Outlet {
    Network(Mutex<Arc<Senders>>),
    /// Nowhere: a page shows them.
    Demo(Arc<DemoMailbox>),
}

impl Senders {
    /// # Errors
    /// When certificates cannot be read.
    pub fn new(delivery: &Delivery, public_url: Option<&str>) -> Result<Self, Diagnostics> {
        let base = public_url.unwrap_or_default();
        let mut faults = Diagnostics::default();
        let mail = delivery
            .mail
            .as_ref()
            .and_then(|settings| Mailer::new(settings, host(base)).map_err(|fault| faults.push(fault)).ok());
        let sms = delivery
            .sms
            .as_ref()
            .and_then(|settings| SmsClient::new(settings).map_err(|fault| faults.push(fault)).ok());
        faults.into_result(|| Self { settings: Weak::new(), mail, sms })
    }

    /// Makes all senders of these settings, that of webhooks too.
    ///
    /// # Errors
    /// When certificates cannot be read.
    pub fn check(settings: &Settings) -> Result<(), Diagnostics> {
        let messages = Self::new(&settings.delivery, settings.public_url.as_deref()).err();
        let webhooks = settings.webhooks.as_ref().and_then(|webhooks| WebhookClient::new(webhooks).err());
        let faults = messages.into_iter().flat_map(|faults| faults.0).chain(webhooks);
        Diagnostics(faults.collect()).into_result(|| ())
    }

    fn fits(&self, settings: &Arc<LiveSettings>) -> bool {
        std::ptr::eq(self.settings.as_ptr(), Arc::as_ptr(settings))
    }
}

impl Outlet {
    /// Senders for these settings. Those from before, where certificates cannot be read now.
    pub(super) fn senders(&self, settings: &Arc<LiveSettings>) -> Arc<Senders> {
        let Self::Network(current) = self else { return Arc::default() };
        let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
        if !current.fits(settings) {
            match Senders::new(&settings.delivery, settings.public_url.as_deref()) {
                Ok(next) => *current = Arc::new(Senders { settings: Arc::downgrade(settings), ..next }),
                Err(faults) => tracing::error!("messages are sent with the previous settings: {faults}"),
            }
        }
        current.clone()
    }
}

/// Channels that the settings name, where links have a base.
pub(super) fn channels(settings: &LiveSettings) -> Vec<Channel> {
    let (delivery, has_base) = (&settings.delivery, settings.public_url.is_some());
    let named = [(Channel::Mail, delivery.mail.is_some()), (Channel::Sms, delivery.sms.is_some())];
    named.into_iter().filter(|(_, is_named)| *is_named && has_base).map(|(channel, _)| channel).collect()
}

fn host(base: &str) -> &str {
    let authority = base.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
    if let Some(address) = authority.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
        return address;
    }
    let name = authority.split(':').next().unwrap_or_default();
    if name.is_empty() { "localhost" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_greeted_with_the_name_of_the_console() {
        for (base, name) in [
            ("https://keys.example.org/x", "keys.example.org"),
            ("http://127.0.0.1:8083", "127.0.0.1"),
            ("http://[::1]:8083", "::1"),
            ("", "localhost"),
        ] {
            assert_eq!(host(base), name);
        }
    }
}
