//! Where a webhook leads, for those who may see all of it and for staff.

use crate::control::console::page_callers::Visit;
use crate::control::operations::Right;
use crate::control::views::WebhookView;
use crate::store::WebhookRecord;

/// Where it leads, as this person may see it: a path may be a secret of the receiver.
pub(super) fn visible_url(visit: &Visit, webhook: &WebhookRecord) -> String {
    match visit.standing.may(Right::ManageWebhooks) {
        true => webhook.url.clone(),
        false => WebhookView::without_path(webhook).url,
    }
}
