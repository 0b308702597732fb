//! Looks for texts wherever bytes are: in what was said, in files, in the memory of processes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use nix::unistd::Pid;

/// Bytes read at once.
const CHUNK: usize = 1024 * 1024;

/// Texts to look for, each as it is, as JSON writes it, and as the hexadecimal digits of its bytes.
pub struct Texts {
    /// What each pattern is of.
    of: Vec<String>,
    patterns: AhoCorasick,
    longest: usize,
}

/// What was looked at in processes.
#[derive(Debug, Default)]
pub struct Remembered {
    /// Texts found, with the processes that they were found in.
    pub found: BTreeMap<String, BTreeSet<i32>>,
    /// Bytes looked at.
    pub bytes: u64,
}

impl Texts {
    /// Texts to look for; an empty one is everywhere, and left out.
    ///
    /// # Panics
    /// When they are too many to look for at once.
    pub fn new(texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let texts: BTreeSet<String> = texts.into_iter().map(Into::into).collect();
        let mut forms = Vec::new();
        for text in texts.into_iter().filter(|text| !text.is_empty()) {
            let written = [
                text.clone(),
                in_json(&text),
                in_ascii(&text),
                hex(text.as_bytes()),
            ];
            let written = BTreeSet::from(written).into_iter();
            forms.extend(written.map(|form| (text.clone(), form.into_bytes())));
        }
        Self::written(forms)
    }

    /// One thing that is no text, to look for as it is and as hexadecimal digits.
    ///
    /// # Panics
    /// Never, for bytes that fit into memory.
    pub fn bytes(name: &str, bytes: &[u8]) -> Self {
        let forms = [bytes.to_vec(), hex(bytes).into_bytes()];
        Self::written(forms.map(|form| (name.to_owned(), form)).into())
    }

    fn written(forms: Vec<(String, Vec<u8>)>) -> Self {
        let (of, written): (Vec<_>, Vec<_>) = forms.into_iter().unzip();
        let longest = written.iter().map(Vec::len).max().unwrap_or(1);
        let patterns = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .build(written);
        Self {
            of,
            patterns: patterns.expect("few enough"),
            longest,
        }
    }

    /// Those in these bytes.
    pub fn in_bytes(&self, bytes: impl AsRef<[u8]>) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.note(bytes.as_ref(), &mut found);
        found
    }

    /// Those in a file.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn in_file(&self, path: &Path) -> BTreeSet<String> {
        let cannot = |error: io::Error| -> ! { panic!("{}: {error}", path.display()) };
        let mut file = File::open(path).unwrap_or_else(|error| cannot(error));
        let mut found = BTreeSet::new();
        let mut window = Vec::with_capacity(CHUNK + self.longest);
        loop {
            let kept = self.keep_tail(&mut window);
            window.resize(kept + CHUNK, 0);
            let read = file.read(&mut window[kept..]);
            let read = read.unwrap_or_else(|error| cannot(error));
            window.truncate(kept + read);
            if read == 0 {
                return found;
            }
            self.note(&window, &mut found);
        }
    }

    /// Those in files, by file; files without any are left out.
    pub fn in_files<'a>(
        &self,
        paths: impl IntoIterator<Item = &'a PathBuf>,
    ) -> BTreeMap<&'a Path, BTreeSet<String>> {
        let each = paths
            .into_iter()
            .map(|path| (path.as_path(), self.in_file(path)));
        each.filter(|(_, found)| !found.is_empty()).collect()
    }

    /// Those in the memory of processes: everything they may write to, which leaves out what the
    /// program itself was compiled with. What several of them share is looked at once.
    ///
    /// # Errors
    /// When the memory of one may not be read: that takes root, or a process of one's own.
    pub fn in_processes(&self, processes: impl IntoIterator<Item = Pid>) -> io::Result<Remembered> {
        let mut looked = Remembered::default();
        let mut shared = BTreeSet::new();
        for process in processes {
            let about = Path::new("/proc").join(process.to_string());
            let memory = File::open(about.join("mem"))?;
            for line in fs::read_to_string(about.join("maps"))?.lines() {
                let Some(area) = Area::of(line) else { continue };
                let again = area.shared.map(|whose| !shared.insert(whose.to_owned()));
                if again == Some(true) {
                    continue;
                }
                let found = self.in_area(&memory, &area, &mut looked.bytes);
                for text in found {
                    let processes = looked.found.entry(text).or_default();
                    processes.insert(process.as_raw());
                }
            }
        }
        Ok(looked)
    }

    fn in_area(&self, memory: &File, area: &Area<'_>, bytes: &mut u64) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut window = Vec::with_capacity(CHUNK + self.longest);
        let mut at = area.from;
        while at < area.to {
            let kept = self.keep_tail(&mut window);
            let wanted = usize::try_from(area.to - at).unwrap_or(CHUNK).min(CHUNK);
            window.resize(kept + wanted, 0);
            // An area may have gone since, and some cannot be read at all.
            let Ok(read @ 1..) = memory.read_at(&mut window[kept..], at) else {
                break;
            };
            window.truncate(kept + read);
            self.note(&window, &mut found);
            at += read as u64;
            *bytes += read as u64;
        }
        found
    }

    /// Leaves of a window what a text may have begun in.
    fn keep_tail(&self, window: &mut Vec<u8>) -> usize {
        let tail = window.len().min(self.longest - 1);
        window.drain(..window.len() - tail);
        tail
    }

    fn note(&self, bytes: &[u8], found: &mut BTreeSet<String>) {
        for hit in self.patterns.find_overlapping_iter(bytes) {
            let text = &self.of[hit.pattern().as_usize()];
            if !found.contains(text) {
                found.insert(text.clone());
            }
        }
    }
}

/// A part of a process's memory that it may write to.
struct Area<'a> {
    from: u64,
    to: u64,
    /// What tells it from others, when others share it.
    shared: Option<&'a str>,
}

impl<'a> Area<'a> {
    /// From a line of `/proc/PID/maps`: addresses, rights, offset, device, file.
    fn of(line: &'a str) -> Option<Self> {
        let (addresses, rest) = line.split_once(' ')?;
        let (rights, rest) = rest.split_once(' ')?;
        if !rights.starts_with("rw") {
            return None;
        }
        let (from, to) = addresses.split_once('-')?;
        let address = |text| u64::from_str_radix(text, 16).ok();
        Some(Self {
            from: address(from)?,
            to: address(to)?,
            shared: rights.ends_with('s').then(|| rest.trim()),
        })
    }
}

/// Every file below a directory.
///
/// # Panics
/// When a folder cannot be read.
pub fn files(directory: &Path) -> Vec<PathBuf> {
    let (mut folders, mut found) = (vec![directory.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let kind = entry.file_type().expect("a kind");
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

fn in_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// As JSON writes it for readers of ASCII only.
fn in_ascii(text: &str) -> String {
    let mut ascii = String::new();
    for unit in in_json(text).encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => ascii.push(byte.into()),
            _ => {
                let _ = write!(ascii, "\\u{unit:04x}");
            }
        }
    }
    ascii
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_every_form_and_across_chunks() {
        let texts = Texts::new(["già \"detto\"", "detto"]);
        let all = BTreeSet::from(["già \"detto\"".to_owned(), "detto".to_owned()]);
        assert_eq!(texts.in_bytes("ha già \"detto\" tutto"), all);
        assert_eq!(texts.in_bytes(r#"{"a":"già \"detto\""}"#), all);
        assert_eq!(texts.in_bytes(r#"{"a":"gi\u00e0 \"detto\""}"#), all);
        assert_eq!(texts.in_bytes("x646574746fx").len(), 1);
        assert_eq!(texts.in_bytes("dett o").len(), 0);

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("long");
        let mut bytes = vec![b'.'; CHUNK - 3];
        bytes.extend("già \"detto\"".bytes());
        fs::write(&file, bytes).unwrap();
        assert_eq!(texts.in_file(&file), all);
        assert_eq!(texts.in_files(&files(folder.path())).len(), 1);
    }

    #[test]
    fn what_this_process_holds_is_found_in_its_memory() {
        // Made here, so that it is nowhere else than on the heap.
        let held: String = ["mar", "gh", "erita"].concat().repeat(3);
        let texts = Texts::new([held.clone()]);
        let looked = texts.in_processes([Pid::this()]).unwrap();
        assert!(looked.found.contains_key(&held));
        assert!(looked.bytes > 100_000);
    }
}
