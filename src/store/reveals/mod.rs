//! Links that show a secret once, and the codes that they ask for.

mod code_tries;
mod minting;
mod read;
mod record;
mod secret_shown;
mod write;

pub use code_tries::CodeTry;
pub(super) use minting::MAX_TRIES;
pub use minting::{MintedCode, MintedLink, Minting, RevealMessage, Unsendable};
pub(super) use record::{COLUMNS, RevealRow};
pub use record::{OldStops, RevealRecord, RevealState, SupersededBy};
pub use secret_shown::ShownReveal;
pub use write::NewReveal;
