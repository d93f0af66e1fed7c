//! Links that show a secret once, and the codes that they ask for.

mod attempt;
mod minting;
mod record;
mod shown;
mod write;

pub use attempt::CodeTry;
pub(super) use minting::MAX_TRIES;
pub use minting::{MintedCode, MintedLink, Minting, RevealMessage, Unsendable};
pub(super) use record::{COLUMNS, RevealRow};
pub use record::{OldStops, RevealRecord, RevealState, SupersededBy};
pub use shown::ShownReveal;
pub use write::NewReveal;
