//! What is given: files, keys, notes.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read as _},
};

use proof::note::{MAX_NOTE_BYTES, Note, VerifierKey};

use crate::Fails;

/// How much of a file is read at once, in bytes.
const BUFFER_BYTES: usize = 1024 * 1024;

/// What stands for standard input.
pub const STDIN: &str = "-";

/// A file, to be read from its start.
///
/// # Errors
/// When it cannot be opened.
pub fn open(path: &str) -> Result<Box<dyn BufRead>, Fails> {
    if path == STDIN {
        return Ok(Box::new(BufReader::with_capacity(
            BUFFER_BYTES,
            io::stdin(),
        )));
    }
    let file = File::open(path).map_err(|error| Fails::unusable(path, &error))?;
    Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, file)))
}

/// A whole file, of not more than so many bytes.
///
/// # Errors
/// When it cannot be read, or is longer.
pub fn read(path: &str, max_bytes: usize) -> Result<Vec<u8>, Fails> {
    let mut bytes = Vec::new();
    open(path)?
        .take(max_bytes as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Fails::unusable(path, &error))?;
    if bytes.len() > max_bytes {
        return Err(Fails::Unusable(format!(
            "{path}: longer than {max_bytes} bytes"
        )));
    }
    Ok(bytes)
}

/// The note in a file.
///
/// # Errors
/// When it cannot be read, or holds no note.
pub fn note(path: &str) -> Result<Note, Fails> {
    let bytes = read(path, MAX_NOTE_BYTES)?;
    Note::parse(&bytes).map_err(|error| Fails::unusable(path, &error))
}

/// Keys, each given itself, or as `@` and a file that has one on each line.
///
/// # Errors
/// When a file cannot be read, or a text is no key.
pub fn keys(given: &[String]) -> Result<Vec<VerifierKey>, Fails> {
    let mut keys = Vec::new();
    for text in given {
        let Some(path) = text.strip_prefix('@') else {
            keys.push(key(text, text)?);
            continue;
        };
        let bytes = read(path, MAX_NOTE_BYTES)?;
        let lines = String::from_utf8(bytes).map_err(|error| Fails::unusable(path, &error))?;
        let before = keys.len();
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            keys.push(key(path, line)?);
        }
        if keys.len() == before {
            return Err(Fails::Unusable(format!("{path}: no key in it")));
        }
    }
    Ok(keys)
}

fn key(from: &str, text: &str) -> Result<VerifierKey, Fails> {
    text.parse().map_err(|error| Fails::unusable(from, &error))
}
