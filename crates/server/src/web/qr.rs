//! A picture that a telephone reads, for an SVG.

use std::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc};

/// The quiet edge that a reader wants, in modules.
const EDGE: i32 = 4;

/// A picture: what an SVG's `viewBox` is, and its path.
pub(crate) struct Picture {
    pub(crate) view: String,
    pub(crate) path: String,
}

/// The picture of a text; none when it is too long for one.
pub(crate) fn picture(text: &str) -> Option<Picture> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let side = size + 2 * EDGE;
    let mut path = String::new();
    for y in 0..size {
        for x in (0..size).filter(|x| code.get_module(*x, y)) {
            // Writing into a text does not fail.
            let _ = write!(path, "M{} {}h1v1h-1z", x + EDGE, y + EDGE);
        }
    }
    Some(Picture {
        view: format!("0 0 {side} {side}"),
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_a_picture_with_its_three_corners() {
        let picture = picture("otpauth://totp/In%20Rete:anna?secret=ABCD").unwrap();
        assert!(picture.view.starts_with("0 0 "));
        // The outermost module of each corner that readers look for.
        assert!(picture.path.starts_with("M4 4h1v1h-1z"));
        assert!(super::picture(&"x".repeat(10_000)).is_none());
    }
}
