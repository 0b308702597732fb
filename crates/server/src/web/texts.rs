//! Every text of the pages, in Italian and in English: `texts/it.ftl`, `texts/en.ftl`.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use identity::Language;
use poem::http::HeaderMap;
use poem::http::header::ACCEPT_LANGUAGE;
use unic_langid::{LanguageIdentifier, langid};

const ITALIAN: &str = include_str!("texts/it.ftl");
const ENGLISH: &str = include_str!("texts/en.ftl");

/// The longest Accept-Language header that is looked at, in bytes.
const MAX_ACCEPT: usize = 256;

type Bundle = FluentBundle<FluentResource>;

static TEXTS: LazyLock<[Bundle; 2]> = LazyLock::new(|| {
    [
        bundle(langid!("it"), ITALIAN),
        bundle(langid!("en"), ENGLISH),
    ]
});

fn bundle(language: LanguageIdentifier, source: &str) -> Bundle {
    let mut bundle = Bundle::new_concurrent(vec![language]);
    // Marks around what is put in would end up in attributes and in what is copied.
    bundle.set_use_isolating(false);
    // What does not parse is left out; a test holds that there is none of that.
    let resource = match FluentResource::try_new(source.to_owned()) {
        Ok(resource) | Err((resource, _)) => resource,
    };
    let _ = bundle.add_resource(resource);
    bundle
}

/// A value that is put into a text.
pub(crate) enum Put<'a> {
    /// A word.
    Text(&'a str),
    /// A number, which a text may decline its nouns by.
    Number(u64),
}

impl<'a> From<&'a str> for Put<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Put<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a &'a String> for Put<'a> {
    fn from(text: &'a &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Put<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// The text of this key.
pub(crate) fn text(language: Language, key: &str) -> String {
    text_with(language, key, &[])
}

/// The same, with values put in.
pub(crate) fn text_with(language: Language, key: &str, values: &[(&str, Put<'_>)]) -> String {
    let bundle = match language {
        Language::Italian => &TEXTS[0],
        Language::English => &TEXTS[1],
    };
    // A key that is missing is seen, and found by a test before.
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
        return key.to_owned();
    };
    let mut arguments = FluentArgs::new();
    for (name, value) in values {
        match value {
            Put::Text(text) => arguments.set(*name, *text),
            Put::Number(number) => arguments.set(*name, *number),
        }
    }
    let mut errors = Vec::new();
    bundle
        .format_pattern(pattern, Some(&arguments), &mut errors)
        .into_owned()
}

/// The language that a browser asks for: Italian, unless English comes before it.
pub(crate) fn preferred(headers: &HeaderMap) -> Language {
    let accept = headers.get(ACCEPT_LANGUAGE);
    let accept = accept.and_then(|accept| accept.to_str().ok()).unwrap_or("");
    if accept.len() > MAX_ACCEPT {
        return Language::Italian;
    }
    let (mut italian, mut english) = (0.0_f32, 0.0_f32);
    for part in accept.split(',') {
        let mut pieces = part.split(';').map(str::trim);
        let tag = pieces.next().unwrap_or("").to_ascii_lowercase();
        let weight = pieces
            .find_map(|piece| piece.strip_prefix("q="))
            .and_then(|weight| weight.parse().ok())
            .unwrap_or(1.0);
        let weight_of = match tag.split('-').next() {
            Some("it") => &mut italian,
            Some("en") => &mut english,
            _ => continue,
        };
        *weight_of = weight_of.max(weight);
    }
    match english > italian {
        true => Language::English,
        false => Language::Italian,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    use super::*;

    /// The keys of a file, each with the names of the values that are put into it.
    fn keys(source: &str) -> BTreeMap<String, BTreeSet<String>> {
        let parsed = FluentResource::try_new(source.to_owned());
        let (_, errors) = match parsed {
            Ok(resource) => (resource, Vec::new()),
            Err(failed) => failed,
        };
        assert!(errors.is_empty(), "{errors:?}");
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut current = String::new();
        for line in source.lines() {
            let begins = line.starts_with(|c: char| c.is_ascii_lowercase());
            if begins && let Some((key, _)) = line.split_once(" =") {
                current = key.to_owned();
                let twice = keys.insert(current.clone(), BTreeSet::new());
                assert!(twice.is_none(), "{current} is there twice");
            }
            for piece in line.split('$').skip(1) {
                let name = piece.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
                let name = name.map(str::to_owned).next().unwrap_or_default();
                keys.get_mut(&current).unwrap().insert(name);
            }
        }
        keys
    }

    /// Every source file and template of the pages.
    fn sources(ending: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|it| it == ending) {
                    let text = std::fs::read_to_string(&path).unwrap();
                    found.push((path.display().to_string(), text));
                }
            }
        }
        assert!(!found.is_empty());
        found
    }

    #[test]
    fn both_languages_say_the_same_things() {
        let (italian, english) = (keys(ITALIAN), keys(ENGLISH));
        assert!(italian.len() > 100);
        let only = |one: &BTreeMap<String, _>, other: &BTreeMap<String, _>| {
            let keys = one.keys().filter(|key| !other.contains_key(*key));
            keys.cloned().collect::<Vec<_>>()
        };
        assert_eq!(only(&italian, &english), Vec::<String>::new(), "not in en");
        assert_eq!(only(&english, &italian), Vec::<String>::new(), "not in it");
        for (key, values) in &italian {
            assert_eq!(values, &english[key], "{key}");
        }
    }

    #[test]
    fn every_text_is_used() {
        let mut used = String::new();
        for ending in ["rs", "html"] {
            for (_, text) in sources(ending) {
                used.push_str(&text);
            }
        }
        let idle: Vec<_> = keys(ITALIAN)
            .into_keys()
            .filter(|key| !used.contains(&format!("\"{key}\"")))
            .collect();
        assert_eq!(idle, Vec::<String>::new());
    }

    /// Keys are written out where they are used, so that they can be found, and this can be tested.
    #[test]
    fn every_text_that_is_used_is_there() {
        let known = keys(ITALIAN);
        let mut missing = Vec::new();
        for (path, text) in sources("html") {
            for call in [".t(\"", ".t1(\"", ".n(\""] {
                for piece in text.split(call).skip(1) {
                    let key = piece.split('"').next().unwrap_or_default();
                    if !known.contains_key(key) {
                        missing.push(format!("{path}: {key}"));
                    }
                }
            }
        }
        assert_eq!(missing, Vec::<String>::new());
    }

    #[test]
    fn templates_have_no_words_of_their_own() {
        for (path, text) in sources("html") {
            let mut bare = String::new();
            let mut rest = text.as_str();
            while let Some(at) = rest.find(['<', '{']) {
                bare.push_str(&rest[..at]);
                let end = match &rest[at..] {
                    it if it.starts_with("{{") => "}}",
                    it if it.starts_with("{%") => "%}",
                    it if it.starts_with("{#") => "#}",
                    it if it.starts_with("<!--") => "-->",
                    _ => ">",
                };
                // A tag may hold expressions with a `>` of their own; none here does.
                let after = rest[at..].find(end).unwrap() + at + end.len();
                rest = &rest[after..];
            }
            bare.push_str(rest);
            let words: Vec<_> = bare.split_whitespace().collect();
            let letters = words.iter().find(|it| it.contains(char::is_alphabetic));
            assert_eq!(letters, None, "{path} says something by itself");
        }
    }

    #[test]
    fn values_are_put_in_and_nouns_declined() {
        let of = |number: u64| {
            text_with(
                Language::Italian,
                "try-later",
                &[("seconds", Put::Number(number))],
            )
        };
        assert!(of(1).contains("1 secondo"), "{}", of(1));
        assert!(of(30).contains("30 secondi"), "{}", of(30));
        assert_eq!(text(Language::English, "no-such-key"), "no-such-key");
    }

    #[test]
    fn italian_comes_first() {
        let of = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, accept.parse().unwrap());
            preferred(&headers)
        };
        for accept in ["", "it", "de", "de,it;q=0.5,en;q=0.5", "it-IT,en;q=0.9"] {
            assert_eq!(of(accept), Language::Italian, "{accept}");
        }
        for accept in ["en", "en-GB,en;q=0.9,it;q=0.8", "fr,en;q=0.3"] {
            assert_eq!(of(accept), Language::English, "{accept}");
        }
        assert_eq!(preferred(&HeaderMap::new()), Language::Italian);
    }
}
