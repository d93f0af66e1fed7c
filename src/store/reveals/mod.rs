//! Links that show a secret once, and the codes that they ask for.

mod minting;

pub use minting::{MintedCode, MintedLink, Minting, RevealMessage, Unsendable};
