//! Byte offsets as lines and columns, in the units that an editor counts in.

/// What a column counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// 16-bit units, the protocol's default.
    #[default]
    Utf16,
    /// Unicode scalar values.
    Utf32,
}

impl Encoding {
    fn width(self, c: char) -> u32 {
        match self {
            Self::Utf8 => c.len_utf8() as u32,
            Self::Utf16 => c.len_utf16() as u32,
            Self::Utf32 => 1,
        }
    }
}

/// A line and a column, both from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineColumn {
    /// How many lines are before it.
    pub line: u32,
    /// How many units are before it on its line.
    pub column: u32,
}

/// Where the lines of a text begin. A line ends with a line feed, a carriage return, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineIndex {
    starts: Vec<u32>,
    length: u32,
}

impl LineIndex {
    /// The lines of a text.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (i, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(i + 1) != Some(&b'\n')) {
                starts.push(i as u32 + 1);
            }
        }
        Self { starts, length: bytes.len() as u32 }
    }

    /// How many lines there are, at least one: an empty last one counts.
    pub fn count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// The line that an offset is on; an offset beyond the text is on the last one.
    pub fn line(&self, offset: u32) -> u32 {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1) as u32
    }

    /// Where a line begins; for a line beyond the text the text's end.
    pub fn start(&self, line: u32) -> u32 {
        self.starts.get(line as usize).copied().unwrap_or(self.length)
    }

    /// Where a line's text ends, before its line break. `text` must be the text of this index.
    pub fn end(&self, line: u32, text: &str) -> u32 {
        let start = self.start(line);
        let next = self.start(line.saturating_add(1));
        let content = text.get(start as usize..next as usize).unwrap_or("");
        start + content.trim_end_matches(['\n', '\r']).len() as u32
    }

    /// An offset as line and column; one inside a character counts as before it. `text` must be the text of this index.
    pub fn line_column(&self, offset: u32, text: &str, encoding: Encoding) -> LineColumn {
        let offset = text.floor_char_boundary(offset as usize);
        let line = self.line(offset as u32);
        let before = text.get(self.start(line) as usize..offset).unwrap_or("");
        let column = if encoding == Encoding::Utf8 || before.is_ascii() {
            before.len() as u32
        } else {
            before.chars().map(|c| encoding.width(c)).sum()
        };
        LineColumn { line, column }
    }

    /// The offset of a line and column. Beyond a line's end is its end, beyond the last line is the text's end, inside a
    /// character is before it. `text` must be the text of this index.
    pub fn offset(&self, place: LineColumn, text: &str, encoding: Encoding) -> u32 {
        if place.line >= self.count() {
            return self.length;
        }
        let (start, end) = (self.start(place.line), self.end(place.line, text));
        let line = text.get(start as usize..end as usize).unwrap_or("");
        let mut column = 0;
        for (i, c) in line.char_indices() {
            column += encoding.width(c);
            if column > place.column {
                return start + i as u32;
            }
        }
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a😀é\r\nb\rc\n";

    fn at(line: u32, column: u32) -> LineColumn {
        LineColumn { line, column }
    }

    #[test]
    fn columns_count_what_the_editor_counts() {
        let lines = LineIndex::new(TEXT);
        for (encoding, column) in [(Encoding::Utf8, 7), (Encoding::Utf16, 4), (Encoding::Utf32, 3)] {
            assert_eq!(lines.line_column(7, TEXT, encoding), at(0, column));
            assert_eq!(lines.offset(at(0, column), TEXT, encoding), 7);
        }
    }

    #[test]
    fn every_offset_between_characters_comes_back() {
        let lines = LineIndex::new(TEXT);
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            for (offset, _) in TEXT.char_indices() {
                // Between the two characters of a line break there is no place: it counts as before both.
                if TEXT[..offset].ends_with('\r') && TEXT[offset..].starts_with('\n') {
                    continue;
                }
                let place = lines.line_column(offset as u32, TEXT, encoding);
                assert_eq!(lines.offset(place, TEXT, encoding), offset as u32, "{encoding:?} {place:?}");
            }
        }
    }

    #[test]
    fn places_outside_of_the_text_are_moved_into_it() {
        let lines = LineIndex::new(TEXT);
        assert_eq!(lines.offset(at(0, 99), TEXT, Encoding::Utf16), 7);
        assert_eq!(lines.offset(at(99, 0), TEXT, Encoding::Utf16), TEXT.len() as u32);
        // The second half of a surrogate pair.
        assert_eq!(lines.offset(at(0, 2), TEXT, Encoding::Utf16), 1);
        assert_eq!(lines.line_column(3, TEXT, Encoding::Utf16), at(0, 1));
        assert_eq!(lines.line_column(999, TEXT, Encoding::Utf16), at(3, 0));
        assert_eq!(lines.count(), 4);
    }
}
