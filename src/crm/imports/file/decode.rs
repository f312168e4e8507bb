//! The characters of a file in any encoding, one after the other.

use encoding_rs::{CoderResult, Decoder, Encoding};
use std::io::{self, Read};

/// How many bytes are read and decoded at a time.
const BLOCK_BYTES: usize = 64 * 1024;

/// A file's text while it is read. Bytes that mean nothing in the encoding become U+FFFD.
pub struct Text {
    bytes: Box<dyn Read + Send>,
    decoder: Decoder,
    block: Vec<u8>,
    /// Decoded and not yet handed out, from `at` on.
    decoded: String,
    at: usize,
    is_at_end: bool,
}

impl Text {
    /// The text of a file from where it stands; a byte order mark is not part of it.
    pub fn of(bytes: impl Read + Send + 'static, encoding: &'static Encoding) -> Self {
        Self {
            bytes: Box::new(bytes),
            decoder: encoding.new_decoder_with_bom_removal(),
            block: vec![0; BLOCK_BYTES],
            decoded: String::new(),
            at: 0,
            is_at_end: false,
        }
    }

    /// The next character, which stays the next.
    pub fn peek(&mut self) -> io::Result<Option<char>> {
        while self.at == self.decoded.len() && !self.is_at_end {
            self.decode_block()?;
        }
        Ok(self.decoded[self.at..].chars().next())
    }

    /// Takes the next character.
    pub fn next(&mut self) -> io::Result<Option<char>> {
        let next = self.peek()?;
        self.at += next.map_or(0, char::len_utf8);
        Ok(next)
    }

    fn decode_block(&mut self) -> io::Result<()> {
        let count = self.bytes.read(&mut self.block)?;
        self.is_at_end = count == 0;
        self.decoded.clear();
        self.at = 0;
        let mut rest = &self.block[..count];
        loop {
            let room = self.decoder.max_utf8_buffer_length(rest.len()).unwrap_or(BLOCK_BYTES);
            self.decoded.reserve(room);
            let (result, read, _) = self.decoder.decode_to_string(rest, &mut self.decoded, self.is_at_end);
            rest = &rest[read..];
            if result == CoderResult::InputEmpty {
                return Ok(());
            }
        }
    }
}
