use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::config::Parsed;

const GERMAN: &str = include_str!("../../../config/examples/german/texts/de/console.ftl");

fn console(folder: &Path, languages: &[&str]) -> raw::Console {
    let languages = languages.iter().map(|tag| Parsed(tag.parse().unwrap())).collect();
    raw::Console { texts: Some(folder.to_owned()), languages, ..raw::Console::default() }
}

fn load(texts: &[(&str, &str)], languages: &[&str]) -> Result<Texts, Diagnostics> {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (index, (language, text)) in texts.iter().enumerate() {
        let file = folder.path().join(language).join(format!("{index}.ftl"));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        files.push(file);
    }
    Texts::load(&console(folder.path(), languages), &files)
}

/// Literals of Rust code and templates that have the form of a message's name.
fn literals() -> BTreeSet<String> {
    let control = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/control");
    let (mut folders, mut found) = (vec![control.join("console"), control.join("outbox")], BTreeSet::new());
    for file in ["sentence/mod.rs", "look/dates.rs"] {
        let text = std::fs::read_to_string(control.join(file)).unwrap();
        found.extend(text.split('"').skip(1).map(str::to_owned));
    }
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "html") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.extend(text.split('"').skip(1).map(str::to_owned));
            }
        }
    }
    found
}

#[test]
fn every_message_of_ours_parses_and_has_one_place() {
    let mut names = BTreeSet::new();
    for (group, text) in ENGLISH {
        if let Err((_, errors)) = FluentResource::try_new((*text).to_owned()) {
            panic!("{group}.ftl: {errors:?}");
        }
        for id in variables([*text]).into_keys().filter(|id| !id.contains('.')) {
            assert!(names.insert(id.clone()), "{id} is twice in the texts");
        }
    }
}

#[test]
fn no_message_is_unused() {
    let used = literals();
    // Hints are found by the name of their label.
    let ours = variables(ENGLISH.iter().map(|(_, text)| *text));
    let unused: Vec<_> = ours.keys().filter(|id| !used.contains(*id) && !id.ends_with(".hint")).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn german_has_a_word_for_each_month_and_weekday() {
    let texts = load(&[("de", GERMAN)], &["de"]).unwrap();
    let german = texts.language("de");
    let months = "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.".split(' ');
    for (month, word) in (1..=12).zip(months) {
        assert_eq!(german.date(jiff::civil::date(2027, month, 5)), format!("5. {word} 2027"));
    }
    for (day, word) in (23..=29).zip("Mo. Di. Mi. Do. Fr. Sa. So.".split(' ')) {
        let moment = format!("2026-11-{day}T14:03:00Z").parse().unwrap();
        assert_eq!(german.weekday_date_and_time(moment), format!("{word}, {day}. Nov. 2026, 14:03 UTC"));
    }
    let end = "2027-03-01T00:00:00Z".parse::<jiff::Timestamp>().unwrap();
    let sentence = Sentence::OwnKeyExpired { end: end.into() };
    assert!(german.sentence(&sentence).contains("1. März 2027, 00:00 UTC"), "{}", german.sentence(&sentence));
    assert!(sentence.to_string().contains("2027-03-01T00:00:00Z"), "{sentence}");
}

/// What has the prefix of a group is a message.
#[test]
fn no_message_is_missing() {
    let ours = variables(ENGLISH.iter().map(|(_, text)| *text));
    let groups: BTreeSet<&str> = ours.keys().filter_map(|id| Some(id.split_once('-')?.0)).collect();
    let is_name = |text: &str| {
        let is_fit = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
        text.split_once('-').is_some_and(|(group, rest)| groups.contains(group) && !rest.is_empty())
            && text.bytes().all(is_fit)
            && !text.ends_with('-')
    };
    let missing: Vec<_> = literals().into_iter().filter(|text| is_name(text) && !ours.contains_key(text)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// A sentence with each argument as its name in braces: the form in which the table has it.
fn with_names(language: &Language, id: &str, arguments: &[&'static str]) -> String {
    let named = |all: Arguments<'static>, name: &&'static str| all.with(name, &format!("{{{name}}}"));
    language.text(id, &arguments.iter().fold(Arguments::default(), named))
}

/// The table of sentences and the texts of the console are one: an operator reads the same in the log.
#[test]
fn every_sentence_of_a_refusal_has_its_english_words() {
    let english = Texts::default().language("en");
    for (id, arguments, words) in Sentence::MESSAGES {
        assert_eq!(with_names(&english, id, arguments), *words, "{id}");
    }
}

#[test]
fn every_sentence_of_a_refusal_is_translated_into_german() {
    let german = load(&[("de", GERMAN)], &["en", "de"]).unwrap().language("de");
    for (id, arguments, words) in Sentence::MESSAGES {
        let has_words = words.split(['{', '}']).step_by(2).any(|text| text.contains(char::is_alphabetic));
        let said = with_names(&german, id, arguments);
        assert!(!has_words || said != *words, "{id}: {said}");
    }
}

#[test]
fn a_sentence_within_a_sentence_is_in_the_same_language() {
    let german = load(&[("de", GERMAN)], &["en", "de"]).unwrap().language("de");
    let country =
        |name: Sentence, number: &str| Sentence::MobileOfCountry { number: number.into(), country: name.into() };
    let numbers = [country(Sentence::France, "+33"), country(Sentence::Germany, "+49")].map(Argument::from);
    let sentence = Sentence::MobileMeant { numbers: Sentence::any_of(numbers) };
    assert!(sentence.to_string().ends_with("did you mean +33 (France) or +49 (Germany)?"), "{sentence}");
    assert!(german.sentence(&sentence).ends_with("Meinten Sie +33 (Frankreich) oder +49 (Deutschland)?"));
}

#[test]
fn a_file_of_the_operator_replaces_single_words() {
    let texts = load(&[("en", "sign-in-title = Log in\n")], &["en"]).unwrap();
    let language = texts.language("");
    assert_eq!(language.text("sign-in-title", &Arguments::default()), "Log in");
    assert_eq!(language.text("sign-in-email", &Arguments::default()), "E-mail address");
}

#[test]
fn the_browser_chooses_among_the_configured_languages() {
    let texts = load(&[("de", "sign-in-title = Anmelden\n")], &["en", "de"]).unwrap();
    let title = |accepted| texts.language(accepted).text("sign-in-title", &Arguments::default());
    assert_eq!(title("de-AT,de;q=0.9,en;q=0.8"), "Anmelden");
    for accepted in ["", "fr", "*", "en-GB,de;q=0.5", "de;q=0", "de;q=x", ";;,,", "\u{fffd}"] {
        assert_eq!(title(accepted), "Sign in", "{accepted:?}");
    }
    assert_eq!(texts.language("de").text("sign-in-email", &Arguments::default()), "E-mail address", "as a last resort");
}

#[test]
fn the_german_example_fits() {
    let german = load(&[("de", GERMAN)], &["en", "de"]).unwrap().language("de");
    let text = |id, count| german.text(id, &Arguments::default().number("count", count));
    assert_eq!(text("sign-in-title", 0), "Anmelden");
    assert_eq!((text("time-days-ago", 1).as_str(), text("time-days-ago", 2).as_str()), ("vor 1 Tag", "vor 2 Tagen"));
    assert_eq!(text("profile-new.hint", 0), "Mindestens 8 Zeichen. Alle anderen Sitzungen enden.");
}

/// With all hints and all variables: none is in English as a last resort.
#[test]
fn the_german_example_has_every_message_once() {
    let in_order = |texts: Variables| -> BTreeMap<String, BTreeSet<String>> {
        texts.into_iter().map(|(id, used)| (id, used.into_iter().collect())).collect()
    };
    let ours = in_order(variables(ENGLISH.iter().map(|(_, text)| *text)));
    let german = in_order(variables([GERMAN]));
    let differ: Vec<_> = ours.keys().chain(german.keys()).filter(|id| ours.get(*id) != german.get(*id)).collect();
    assert!(differ.is_empty(), "missing, unknown or with other variables: {differ:?}");
    let mut ids = BTreeSet::new();
    for line in GERMAN.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_alphabetic())) {
        let id = line.split_once('=').map_or(line, |(id, _)| id.trim());
        assert!(ids.insert(id), "{id} is twice in the German texts");
    }
}

#[test]
fn texts_that_do_not_fit_are_faults() {
    for (language, text, problem) in [
        ("en", "sign-in-titel = x\n", "sign-in-titel is no message of ours"),
        ("en", "sign-in-title = x { $stranger }\n", "sign-in-title has no variable $stranger"),
        ("en", "sign-in-title = { \n", "cannot be parsed"),
        ("de", "", "has de, but no file"),
    ] {
        let texts: &[_] = if text.is_empty() { &[] } else { &[(language, text)] };
        let faults = load(texts, &["en", language]).err().unwrap().to_string();
        assert!(faults.contains(problem), "{faults}");
    }
}
