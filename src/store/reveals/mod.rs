//! Links that show a secret once, and the codes that they ask for.

mod minting;
mod shown;

pub use minting::{MintedCode, MintedLink, Minting, RevealMessage, Unsendable};
pub use shown::ShownReveal;
