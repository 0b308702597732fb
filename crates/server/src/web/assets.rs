//! Files of the pages: style, scripts, icon. In the program itself, under names that change with what is
//! in them, so that browsers may keep them for ever.

use std::fmt::Write;
use std::sync::LazyLock;

use poem::Response;
use poem::http::StatusCode;
use poem::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use sha2::{Digest, Sha256};

/// Where they are.
pub(crate) const FOLDER: &str = "/static/";

/// Bytes of a file's digest in its name.
const DIGEST_BYTES: usize = 8;

/// One file.
pub(crate) struct Asset {
    /// Its address.
    pub(crate) path: String,
    media: &'static str,
    bytes: &'static [u8],
}

impl Asset {
    fn new(stem: &str, ending: &str, media: &'static str, bytes: &'static [u8]) -> Self {
        let mut digest = String::new();
        for byte in &Sha256::digest(bytes)[..DIGEST_BYTES] {
            // Writing into a text does not fail.
            let _ = write!(digest, "{byte:02x}");
        }
        Self {
            path: format!("{FOLDER}{stem}-{digest}.{ending}"),
            media,
            bytes,
        }
    }
}

/// All of them.
pub(crate) struct Assets {
    /// How pages look.
    pub(crate) style: Asset,
    /// Leaving at once.
    pub(crate) quick_exit: Asset,
    /// The ceremony of a passkey.
    pub(crate) passkey: Asset,
    /// The icon.
    pub(crate) icon: Asset,
}

/// The files of this program.
pub(crate) static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    Assets {
        style: Asset::new(
            "style",
            "css",
            "text/css; charset=utf-8",
            include_bytes!("assets/style.css"),
        ),
        quick_exit: Asset::new(
            "quick-exit",
            "js",
            SCRIPT,
            include_bytes!("assets/quick-exit.js"),
        ),
        passkey: Asset::new("passkey", "js", SCRIPT, include_bytes!("assets/passkey.js")),
        icon: Asset::new(
            "icon",
            "svg",
            "image/svg+xml",
            include_bytes!("assets/icon.svg"),
        ),
    }
});

impl Assets {
    fn all(&self) -> [&Asset; 4] {
        [&self.style, &self.quick_exit, &self.passkey, &self.icon]
    }

    /// The file of this address.
    pub(crate) fn answer(&self, path: &str) -> Option<Response> {
        let asset = self.all().into_iter().find(|it| it.path == path)?;
        let response = Response::builder()
            .status(StatusCode::OK)
            .header(CONTENT_TYPE, asset.media)
            .header(CACHE_CONTROL, "public, max-age=31536000, immutable");
        Some(response.body(asset.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A colour of the style sheet, by the name of its property.
    fn colour(name: &str) -> [f64; 3] {
        let style = include_str!("assets/style.css");
        let (_, after) = style.split_once(&format!("--{name}: #")).unwrap();
        let digits = &after[..6];
        let channel = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        [0, 2, 4].map(|at| f64::from(channel(at)) / 255.0)
    }

    /// WCAG 2.1, relative luminance.
    fn luminance(colour: [f64; 3]) -> f64 {
        let [red, green, blue] = colour.map(|it| match it <= 0.04045 {
            true => it / 12.92,
            false => ((it + 0.055) / 1.055).powf(2.4),
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(colour(one)), luminance(colour(other)));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn text_stands_out_from_what_it_stands_on() {
        for (text, ground) in [
            ("ink", "paper"),
            ("ink", "ground"),
            ("ink", "danger-ground"),
            ("muted", "paper"),
            ("muted", "ground"),
            ("link", "paper"),
            ("link", "ground"),
            ("action-dark", "paper"),
            ("action-dark", "ground"),
            ("action", "paper"),
            ("on-action", "action"),
            ("on-action", "action-dark"),
            ("on-action", "danger"),
            ("danger", "paper"),
            ("danger", "danger-ground"),
            ("good", "paper"),
            ("good", "good-ground"),
            ("link", "good-ground"),
            ("warn", "paper"),
            ("warn", "warn-ground"),
            ("link", "warn-ground"),
            ("on-header", "header"),
            ("focus-ink", "focus"),
        ] {
            let contrast = contrast(text, ground);
            assert!(contrast >= 4.5, "{text} on {ground}: {contrast:.2}");
        }
        for (edge, ground) in [
            ("edge", "paper"),
            ("edge", "ground"),
            ("action", "paper"),
            ("focus-ink", "paper"),
            ("focus", "header"),
        ] {
            let contrast = contrast(edge, ground);
            assert!(contrast >= 3.0, "{edge} beside {ground}: {contrast:.2}");
        }
    }

    #[test]
    fn a_known_contrast_comes_out() {
        assert!((luminance([1.0; 3]) - 1.0).abs() < 1e-9);
        assert!(luminance([0.0; 3]).abs() < 1e-9);
        assert!((luminance([119.0 / 255.0; 3]) - 0.1845).abs() < 1e-3);
    }

    #[test]
    fn nothing_is_fetched_from_elsewhere() {
        for asset in ASSETS.all() {
            let text = std::str::from_utf8(asset.bytes).unwrap();
            let namespace = "http://www.w3.org/2000/svg";
            let text = text.replace(namespace, "");
            for word in ["http:", "https:", "url(", "@import", "fetch(", "eval("] {
                assert!(!text.contains(word), "{}: {word}", asset.path);
            }
        }
    }

    #[test]
    fn names_change_with_what_is_in_them() {
        let of = |bytes| Asset::new("a", "css", "text/css", bytes).path;
        assert_ne!(of(b"a"), of(b"b"));
        assert_eq!(of(b"a"), "/static/a-ca978112ca1bbdca.css");
    }
}
