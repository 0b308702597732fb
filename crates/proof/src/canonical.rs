//! RFC 8785 (JSON Canonicalization Scheme): writing it, and reading nothing else.

use std::{borrow::Cow, cmp::Ordering};

use serde_json::Value;

/// The largest integer that every reader of JSON takes for what it is: 2^53 − 1 (RFC 7493 section
/// 2.2). Above it, a double cannot tell neighbours apart.
pub(crate) const MAX_EXACT: u64 = (1 << 53) - 1;

/// How deep arrays and objects may be nested in each other.
pub(crate) const MAX_DEPTH: usize = 100;

/// Why a value has no canonical text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// A number beyond ±(2^53 − 1): readers of JSON would disagree about it. Its value may say
    /// something about somebody, so it is not told.
    #[error("the number at {pointer:?} is beyond what JSON can carry exactly, ±(2^53 - 1)")]
    Number {
        /// Where it stands, as a JSON pointer (RFC 6901).
        pointer: String,
    },
    /// More than 100 arrays and objects in each other.
    #[error("arrays and objects are nested too deep")]
    Depth,
}

/// Appends the canonical text of a value.
pub(crate) fn write(out: &mut Vec<u8>, value: &Value) -> Result<(), CanonicalError> {
    write_value(out, value, None)
}

/// What was written here, as text.
pub(crate) fn text(out: Vec<u8>) -> String {
    // Nothing but whole texts and ASCII was written.
    String::from_utf8(out).unwrap_or_default()
}

/// The way to a value: kept on the stack, since it is told only when something is wrong.
struct Path<'a> {
    above: Option<&'a Path<'a>>,
    step: Step<'a>,
    /// How many steps it has.
    length: usize,
}

enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    fn below(above: Option<&'a Path<'a>>, step: Step<'a>) -> Self {
        let length = above.map_or(0, |above| above.length) + 1;
        Self {
            above,
            step,
            length,
        }
    }

    fn pointer(&self) -> String {
        let mut pointer = self.above.map(Self::pointer).unwrap_or_default();
        pointer.push('/');
        match self.step {
            Step::Key(key) => pointer.push_str(&key.replace('~', "~0").replace('/', "~1")),
            Step::Index(index) => pointer.push_str(&index.to_string()),
        }
        pointer
    }
}

fn write_value(
    out: &mut Vec<u8>,
    value: &Value,
    path: Option<&Path<'_>>,
) -> Result<(), CanonicalError> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => {
            write_number(out, number).ok_or_else(|| CanonicalError::Number {
                pointer: path.map(Path::pointer).unwrap_or_default(),
            })?;
        }
        Value::String(text) => write_text(out, text),
        Value::Array(_) | Value::Object(_) if path.is_some_and(|path| path.length >= MAX_DEPTH) => {
            return Err(CanonicalError::Depth);
        }
        Value::Array(values) => {
            out.push(b'[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                let path = Path::below(path, Step::Index(index));
                write_value(out, value, Some(&path))?;
            }
            out.push(b']');
        }
        Value::Object(values) => {
            out.push(b'{');
            // As they are kept, most of the time.
            if values
                .keys()
                .is_sorted_by(|left, right| key_order(left, right).is_le())
            {
                write_entries(out, values.iter(), path)?;
            } else {
                let mut entries: Vec<(&String, &Value)> = values.iter().collect();
                entries.sort_by(|(left, _), (right, _)| key_order(left, right));
                write_entries(out, entries.into_iter(), path)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn write_entries<'a>(
    out: &mut Vec<u8>,
    entries: impl Iterator<Item = (&'a String, &'a Value)>,
    path: Option<&Path<'_>>,
) -> Result<(), CanonicalError> {
    for (index, (key, value)) in entries.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_text(out, key);
        out.push(b':');
        let path = Path::below(path, Step::Key(key));
        write_value(out, value, Some(&path))?;
    }
    Ok(())
}

/// Appends a number; none when it is beyond [`MAX_EXACT`].
fn write_number(out: &mut Vec<u8>, number: &serde_json::Number) -> Option<()> {
    let Some(small) = number.as_i64() else {
        out.extend_from_slice(double_text(number.as_f64()?)?.as_bytes());
        return Some(());
    };
    if small.unsigned_abs() > MAX_EXACT {
        return None;
    }
    if small < 0 {
        out.push(b'-');
    }
    write_padded(out, small.unsigned_abs(), 1);
    Some(())
}

/// The most digits of a number without fractions.
pub(crate) const MAX_DIGITS: usize = 20;

/// Appends a number in decimal, with at least so many digits.
pub(crate) fn write_padded(out: &mut Vec<u8>, number: u64, digits: usize) {
    out.extend_from_slice(decimal(&mut [0; MAX_DIGITS], number, digits));
}

/// The text of a number in decimal, with at least so many digits.
pub(crate) fn decimal(text: &mut [u8; MAX_DIGITS], mut number: u64, digits: usize) -> &[u8] {
    let mut start = text.len();
    while number > 0 || start > text.len() - digits {
        start -= 1;
        text[start] = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
    &text[start..]
}

/// The text of a double as ECMAScript writes it, which RFC 8785 section 3.2.2.3 refers to.
fn double_text(value: f64) -> Option<String> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "it is the largest that has none"
    )]
    let exact = value.is_finite() && value.abs() <= MAX_EXACT as f64;
    if !exact {
        return None;
    }
    serde_json_canonicalizer::to_string(&value).ok()
}

/// Appends a text with its quotes, escaped as RFC 8785 section 3.2.2.2 has it.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    // Looked at to the end, so that many bytes are looked at at once.
    if text
        .bytes()
        .fold(true, |plain, byte| plain & is_plain(byte))
    {
        out.extend_from_slice(text.as_bytes());
    } else {
        for byte in text.bytes() {
            match byte {
                b'"' => out.extend_from_slice(b"\\\""),
                b'\\' => out.extend_from_slice(b"\\\\"),
                0x08 => out.extend_from_slice(b"\\b"),
                0x09 => out.extend_from_slice(b"\\t"),
                0x0a => out.extend_from_slice(b"\\n"),
                0x0c => out.extend_from_slice(b"\\f"),
                0x0d => out.extend_from_slice(b"\\r"),
                0x00..=0x1f => {
                    out.extend_from_slice(b"\\u00");
                    write_hex(out, &[byte]);
                }
                _ => out.push(byte),
            }
        }
    }
    out.push(b'"');
}

fn is_plain(byte: u8) -> bool {
    byte >= 0x20 && byte != b'"' && byte != b'\\'
}

/// Appends bytes as lower-case hex digits.
pub(crate) fn write_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 0x0f)]);
    }
}

/// The bytes of exactly `N` pairs of lower-case hex digits.
pub(crate) fn unhex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() || pairs.len() != N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = unhex_digit(*high)? << 4 | unhex_digit(*low)?;
    }
    Some(bytes)
}

fn unhex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// Keys are sorted by their UTF-16 code units (RFC 8785 section 3.2.3).
fn key_order(left: &str, right: &str) -> Ordering {
    if left.is_ascii() && right.is_ascii() {
        return left.cmp(right);
    }
    left.encode_utf16().cmp(right.encode_utf16())
}

/// Reads canonical JSON, and nothing else, from the start of a text on. Whatever is not canonical is
/// `None`; what was read before it stays read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// Goes past exactly this.
    pub(crate) fn skip(&mut self, exactly: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(exactly)?;
        Some(())
    }

    fn peek(&self) -> Option<u8> {
        self.rest.as_bytes().first().copied()
    }

    fn take(&mut self, length: usize) -> Option<&'a str> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    /// A text.
    pub(crate) fn text(&mut self) -> Option<Cow<'a, str>> {
        self.skip("\"")?;
        let plain = self.rest.bytes().position(|byte| !is_plain(byte))?;
        let start = self.take(plain)?;
        if self.skip("\"").is_some() {
            return Some(Cow::Borrowed(start));
        }
        let mut text = start.to_owned();
        loop {
            match self.peek()? {
                b'"' => {
                    self.skip("\"")?;
                    return Some(Cow::Owned(text));
                }
                b'\\' => text.push(self.escaped()?),
                _ => {
                    let plain = self.rest.bytes().position(|byte| !is_plain(byte))?;
                    if plain == 0 {
                        return None;
                    }
                    text.push_str(self.take(plain)?);
                }
            }
        }
    }

    /// One escaped character. Each has one canonical form.
    fn escaped(&mut self) -> Option<char> {
        self.skip("\\")?;
        Some(match self.take(1)?.as_bytes()[0] {
            b'"' => '"',
            b'\\' => '\\',
            b'b' => '\u{8}',
            b't' => '\t',
            b'n' => '\n',
            b'f' => '\u{c}',
            b'r' => '\r',
            b'u' => {
                self.skip("00")?;
                let [byte] = unhex(self.take(2)?.as_bytes())?;
                if byte >= 0x20 || matches!(byte, 0x08 | 0x09 | 0x0a | 0x0c | 0x0d) {
                    return None;
                }
                char::from(byte)
            }
            _ => return None,
        })
    }

    /// A number, as its text.
    pub(crate) fn number(&mut self) -> Option<&'a str> {
        let length = self
            .rest
            .bytes()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
            .unwrap_or(self.rest.len());
        let text = self.take(length)?;
        let digits = text.strip_prefix('-').unwrap_or(text);
        let integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if integer {
            let exact = digits.len() <= 16 && digits.parse::<u64>().ok()? <= MAX_EXACT;
            let canonical = if digits.starts_with('0') {
                text == "0"
            } else {
                true
            };
            return (exact && canonical).then_some(text);
        }
        // ECMAScript has one text for each double.
        (double_text(text.parse().ok()?)? == text).then_some(text)
    }

    /// A value of any kind, as its text.
    pub(crate) fn value(&mut self) -> Option<&'a str> {
        let from = self.rest;
        self.skip_value(0)?;
        from.get(..from.len() - self.rest.len())
    }

    fn skip_value(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'n' => self.skip("null"),
            b't' => self.skip("true"),
            b'f' => self.skip("false"),
            b'"' => self.text().map(drop),
            b'[' | b'{' if depth >= MAX_DEPTH => None,
            b'[' => self.skip_array(depth),
            b'{' => self.skip_object(depth),
            _ => self.number().map(drop),
        }
    }

    fn skip_array(&mut self, depth: usize) -> Option<()> {
        self.skip("[")?;
        if self.skip("]").is_some() {
            return Some(());
        }
        loop {
            self.skip_value(depth + 1)?;
            if self.skip(",").is_none() {
                return self.skip("]");
            }
        }
    }

    fn skip_object(&mut self, depth: usize) -> Option<()> {
        self.skip("{")?;
        if self.skip("}").is_some() {
            return Some(());
        }
        let mut before: Option<Cow<'a, str>> = None;
        loop {
            let key = self.text()?;
            if before.is_some_and(|before| key_order(&before, &key) != Ordering::Less) {
                return None;
            }
            before = Some(key);
            self.skip(":")?;
            self.skip_value(depth + 1)?;
            if self.skip(",").is_none() {
                return self.skip("}");
            }
        }
    }
}
