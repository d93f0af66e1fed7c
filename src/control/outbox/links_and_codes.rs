//! Links and codes of a claimed message.

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::config::Delivery;
use crate::control::operations::mint_setup_link;
use crate::credential::InstallationKeys;
use crate::store::{
    ClaimedMessage, MintedCode, MintedLink, Minting, Purpose, RevealMessage, StoreError, Transaction, Unsendable,
};

const INVITATION_LIFETIME: SignedDuration = SignedDuration::from_hours(72);
const LOST_PASSWORD_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// The secret of a message, and what was read with it.
pub(super) enum Minted {
    /// Most notices have none.
    Nothing,
    RevealLink {
        ticket: Zeroizing<String>,
        about: RevealMessage,
    },
    Code {
        code: Zeroizing<String>,
        number: u32,
    },
    SetupLink {
        ticket: Zeroizing<String>,
        ends_at: Timestamp,
    },
}

impl Minted {
    /// What must not come back in an error.
    pub(super) fn secret(&self) -> Option<&str> {
        match self {
            Self::Nothing => None,
            Self::RevealLink { ticket, .. } | Self::SetupLink { ticket, .. } => Some(ticket),
            Self::Code { code, .. } => Some(code),
        }
    }
}

/// # Errors
/// A store that does not answer, or a random source that fails.
pub(super) async fn mint(
    transaction: &mut Transaction,
    message: &ClaimedMessage,
    (delivery, keys): (&Delivery, Option<&InstallationKeys>),
    now: Timestamp,
) -> Result<Result<Minted, Unsendable>, StoreError> {
    Ok(match message.purpose {
        // A link without a code opens nothing, nor a code without a link.
        Purpose::RevealLink | Purpose::RevealCode if !delivery.is_on() => Err(Unsendable::Off),
        Purpose::RevealLink => match transaction.mint_reveal_link(&message.target).await? {
            Minting::Minted(MintedLink { ticket, about }) => {
                Ok(Minted::RevealLink { ticket: Zeroizing::new(ticket.reveal().to_owned()), about })
            }
            Minting::Unsendable(why) => Err(why),
        },
        Purpose::RevealCode => match keys {
            None => Err(Unsendable::Off),
            Some(keys) => match transaction.mint_reveal_code(&message.target, keys.current()).await? {
                Minting::Minted(MintedCode { code, number, .. }) => {
                    Ok(Minted::Code { code: Zeroizing::new(code.reveal().to_owned()), number })
                }
                Minting::Unsendable(why) => Err(why),
            },
        },
        Purpose::Invitation => setup_link(transaction, message, INVITATION_LIFETIME, now).await?,
        Purpose::LostPassword => setup_link(transaction, message, LOST_PASSWORD_LIFETIME, now).await?,
        Purpose::AccessAsked
        | Purpose::AccessApproved
        | Purpose::AccessDeclined
        | Purpose::RequestWithdrawn
        | Purpose::AccessWithdrawn
        | Purpose::SecretShown
        | Purpose::SecretReset
        | Purpose::ContactChanged
        | Purpose::WebhooksHalted
        | Purpose::AccountWebhooksHalted
        | Purpose::ExpiringIn14Days
        | Purpose::ExpiringIn3Days
        | Purpose::Expired
        | Purpose::WebhookFailing
        | Purpose::WebhookStopped => Ok(Minted::Nothing),
    })
}

/// An invitation of a user who has a password meanwhile has ended, as one of a disabled user.
async fn setup_link(
    transaction: &mut Transaction,
    message: &ClaimedMessage,
    lifetime: SignedDuration,
    now: Timestamp,
) -> Result<Result<Minted, Unsendable>, StoreError> {
    let user = transaction.user_for_share(&message.target).await?;
    let is_invitation = message.purpose == Purpose::Invitation;
    let Some(user) = user.filter(|user| user.enabled && !(is_invitation && user.password_hash.is_some())) else {
        return Ok(Err(Unsendable::Ended));
    };
    let link = mint_setup_link(transaction, &user.id, &message.created_by, now, lifetime).await?;
    Ok(Ok(Minted::SetupLink { ticket: Zeroizing::new(link.ticket.reveal().to_owned()), ends_at: link.ends_at }))
}
