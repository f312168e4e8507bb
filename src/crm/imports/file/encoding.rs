//! Which encoding a file is in: spreadsheets write UTF-8 with and without mark, UTF-16, Windows-1252 and, on a Mac, Mac
//! Roman. The first two can be proven; among the others the one whose letters make plausible words is taken.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

const BLOCK_BYTES: usize = 64 * 1024;
/// Bytes from around other than plain letters, by which encodings are compared.
const SAMPLE_BYTES: usize = 256 * 1024;
/// Bytes kept before and after each of them: a word's worth.
const NEIGHBOURS: usize = 12;

/// Reads the whole file once: a single letter at its end may decide.
pub fn detect(file: &mut File) -> io::Result<&'static Encoding> {
    file.seek(SeekFrom::Start(0))?;
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut sample = Vec::new();
    let mut is_utf_8 = true;
    let mut is_first = true;
    let mut unfinished: Vec<u8> = Vec::new();
    loop {
        let mut block = std::mem::take(&mut unfinished);
        let read = file.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut block)?;
        if is_first && let Some(told) = told_by_beginning(&block) {
            return Ok(told);
        }
        is_first = false;
        if read == 0 {
            is_utf_8 &= block.is_empty();
            detector.feed(&block, true);
            sample_from(&block, &mut sample);
            break;
        }
        // A letter may begin in this block and end in the next.
        if let Err(error) = std::str::from_utf8(&block) {
            match error.error_len() {
                None => unfinished = block.split_off(error.valid_up_to()),
                Some(_) => is_utf_8 = false,
            }
        }
        detector.feed(&block, false);
        sample_from(&block, &mut sample);
    }
    if is_utf_8 {
        return Ok(UTF_8);
    }
    let guessed = detector.guess(None, Utf8Detection::Deny);
    Ok(most_plausible(&[guessed, WINDOWS_1252, MACINTOSH, UTF_8], &sample))
}

/// The name people know.
pub fn label(encoding: &'static Encoding) -> &'static str {
    match encoding.name() {
        "windows-1252" => "Windows-1252",
        "macintosh" => "Mac Roman",
        "UTF-16LE" | "UTF-16BE" => "UTF-16",
        name => name,
    }
}

/// A byte order mark, or every other byte zero as in UTF-16 without one.
fn told_by_beginning(block: &[u8]) -> Option<&'static Encoding> {
    if let Some((marked, _)) = Encoding::for_bom(block) {
        return Some(marked);
    }
    let zeros = |first: usize| block.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let many = block.len() / 6;
    match (zeros(0), zeros(1)) {
        (even, odd) if odd > many && even < many => Some(UTF_16LE),
        (even, odd) if even > many && odd < many => Some(UTF_16BE),
        _ => None,
    }
}

/// Keeps what stands around bytes that are not plain letters.
fn sample_from(block: &[u8], sample: &mut Vec<u8>) {
    let mut kept_until = 0;
    for (at, byte) in block.iter().enumerate() {
        if byte.is_ascii() || at < kept_until || sample.len() >= SAMPLE_BYTES {
            continue;
        }
        let until = (at + NEIGHBOURS).min(block.len());
        sample.extend_from_slice(&block[at.saturating_sub(NEIGHBOURS).max(kept_until)..until]);
        sample.push(b'\n');
        kept_until = until;
    }
}

fn most_plausible(candidates: &[&'static Encoding], sample: &[u8]) -> &'static Encoding {
    let scored = candidates.iter().rev().map(|encoding| {
        let (text, _) = encoding.decode_without_bom_handling(sample);
        (plausibility(&text), *encoding)
    });
    scored
        .max_by_key(|(score, _)| *score)
        .map_or(WINDOWS_1252, |(_, encoding)| encoding)
}

/// How many accented letters fit the letters around them, less what stands where it makes no sense: capitals within a
/// word ("AndrŽ"), foreign scripts within a Latin word, control characters.
fn plausibility(text: &str) -> i64 {
    let chars: Vec<char> = text.chars().collect();
    let mut score = 0;
    for (at, c) in chars.iter().copied().enumerate().filter(|(_, c)| !c.is_ascii()) {
        let before = at.checked_sub(1).map_or(' ', |before| chars[before]);
        let after = chars.get(at + 1).copied().unwrap_or(' ');
        let is_foreign = !is_latin(c) && (before.is_ascii_alphabetic() || after.is_ascii_alphabetic());
        score += match c {
            _ if c.is_alphabetic() && is_foreign => -1,
            // The signs for "first" and "number" are letters to Unicode.
            'ª' | 'º' => 0,
            _ if c.is_alphabetic() && c.is_uppercase() && before.is_lowercase() => -1,
            _ if c.is_alphabetic() && c.is_lowercase() && !before.is_alphabetic() && after.is_uppercase() => -1,
            _ if c.is_alphabetic() => 1,
            '’' if before.is_alphabetic() && after.is_alphabetic() => 1,
            '‘' | '’' | '“' | '”' | '«' | '»' | '–' | '—' | '…' | '·' | '°' | '€' | '£' | '©' | '®' | '™'
            | '\u{A0}' | '½' | '¼' | '²' | '•' => 0,
            '\u{FFFD}' => -3,
            _ => -1,
        };
    }
    score
}

fn is_latin(c: char) -> bool {
    c < '\u{250}'
}
