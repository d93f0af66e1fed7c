//! A question within a form: what takes something away is saved only when the person has been shown it. The form is shown
//! again with all that was posted, and with a button that confirms.

/// The button that confirms, and its value: what was shown, separated by spaces.
pub(super) const CONFIRM: &str = "confirm";

/// Something that a form takes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Loss {
    /// A word of ours, which the button sends back.
    pub(super) word: &'static str,
    /// For the page.
    pub(super) text: String,
}

/// What the page asks about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Confirmation {
    losses: Vec<Loss>,
}

impl Confirmation {
    /// `None` where nothing is taken away.
    pub(super) fn of(losses: Vec<Loss>) -> Option<Self> {
        (!losses.is_empty()).then_some(Self { losses })
    }

    /// Whether `confirmed`, the value that was posted, covers all of it.
    pub(super) fn is_given(&self, confirmed: &str) -> bool {
        self.losses.iter().all(|loss| confirmed.split(' ').any(|word| word == loss.word))
    }

    /// Of the button.
    pub(super) fn value(&self) -> String {
        self.losses.iter().map(|loss| loss.word).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.losses.iter().map(|loss| loss.text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn losses(words: &[&'static str]) -> Vec<Loss> {
        words.iter().map(|word| Loss { word, text: word.to_uppercase() }).collect()
    }

    #[test]
    fn a_confirmation_covers_what_was_shown() {
        assert_eq!(Confirmation::of(Vec::new()), None);
        let both = Confirmation::of(losses(&["scopes", "addresses"])).unwrap();
        assert_eq!(both.texts().collect::<Vec<_>>(), ["SCOPES", "ADDRESSES"]);
        for confirmed in [both.value().as_str(), "addresses scopes", "addresses expires_at  scopes"] {
            assert!(both.is_given(confirmed), "{confirmed}");
        }
        for other in ["", " ", "scopes", "addresses", "SCOPES ADDRESSES", "scopesaddresses", "scopes\taddresses", "on"]
        {
            assert!(!both.is_given(other), "{other}");
        }
    }
}
