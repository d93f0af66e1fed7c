use std::sync::Arc;

use crate::config::{Settings, Webhooks};
use crate::delivery::webhooks::DestinationRules;

/// What the settings say about webhooks.
#[derive(Debug)]
pub struct WebhookTerms {
    pub settings: Webhooks,
    /// Where webhooks may lead: not to the console, the page of secrets and the API.
    pub destinations: DestinationRules,
}

impl WebhookTerms {
    /// `None` where webhooks are off, or there is no console.
    pub fn of(settings: &Settings) -> Option<Arc<Self>> {
        let (webhooks, console) = (settings.webhooks.as_ref()?, settings.console.as_ref()?);
        let api = console.api_url.as_ref().map(|url| url.0.0.as_str());
        let own = [settings.public_url.as_deref(), settings.delivery.reveal_url.as_deref(), api];
        let destinations = DestinationRules::new(webhooks, own.into_iter().flatten());
        Some(Arc::new(Self { settings: webhooks.clone(), destinations }))
    }
}
