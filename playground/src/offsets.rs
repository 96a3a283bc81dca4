//! Offsets as JavaScript counts them: in units of UTF-16.

/// Where the characters of a text are that are not one byte long.
#[derive(Clone, Debug, Default)]
pub(crate) struct Offsets {
    bytes: u32,
    units: u32,
    /// The place behind each such character: in bytes, in units.
    wide: Vec<(u32, u32)>,
    /// How many bytes and units the character before that place has.
    widths: Vec<(u8, u8)>,
}

impl Offsets {
    pub(crate) fn new(text: &str) -> Self {
        let mut offsets = Self { bytes: text.len() as u32, ..Self::default() };
        if text.is_ascii() {
            offsets.units = offsets.bytes;
            return offsets;
        }
        let mut units = 0;
        for (at, c) in text.char_indices() {
            units += c.len_utf16() as u32;
            if c.len_utf8() > 1 {
                offsets.wide.push(((at + c.len_utf8()) as u32, units));
                offsets.widths.push((c.len_utf8() as u8, c.len_utf16() as u8));
            }
        }
        offsets.units = units;
        offsets
    }

    /// The units before a byte; one inside of a character counts as before it, one beyond the text as its end.
    pub(crate) fn units(&self, byte: u32) -> u32 {
        let byte = byte.min(self.bytes);
        let next = self.wide.partition_point(|(behind, _)| *behind <= byte);
        let (from_byte, from_unit) = next.checked_sub(1).map_or((0, 0), |last| self.wide[last]);
        let unit = from_unit + (byte - from_byte);
        // Inside of the next wide character.
        match self.wide.get(next).zip(self.widths.get(next)) {
            Some(((behind, units), (long, wide))) if byte > behind - *long as u32 => units - *wide as u32,
            _ => unit,
        }
    }

    /// The bytes before a unit; one inside of a character counts as before it, one beyond the text as its end.
    pub(crate) fn byte(&self, unit: u32) -> u32 {
        let unit = unit.min(self.units);
        let next = self.wide.partition_point(|(_, behind)| *behind <= unit);
        let (from_byte, from_unit) = next.checked_sub(1).map_or((0, 0), |last| self.wide[last]);
        let byte = from_byte + (unit - from_unit);
        match self.wide.get(next).zip(self.widths.get(next)) {
            Some(((behind, units), (long, wide))) if unit > units - *wide as u32 => behind - *long as u32,
            _ => byte,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Offsets;

    #[test]
    fn every_place_between_characters_comes_back() {
        for text in ["", "abc", "a😀é\nb", "éé", "😀", "x😀😀y", "日本"] {
            let offsets = Offsets::new(text);
            let mut units = 0;
            for (byte, c) in text.char_indices().chain([(text.len(), ' ')]) {
                assert_eq!(offsets.units(byte as u32), units, "{text:?} at byte {byte}");
                assert_eq!(offsets.byte(units), byte as u32, "{text:?} at unit {units}");
                units += c.len_utf16() as u32;
            }
            assert_eq!(offsets.byte(1_000), text.len() as u32);
            assert_eq!(offsets.units(1_000), text.encode_utf16().count() as u32);
        }
    }

    #[test]
    fn a_place_inside_of_a_character_is_before_it() {
        let offsets = Offsets::new("a😀é");
        assert_eq!([2, 3, 4, 6].map(|byte| offsets.units(byte)), [1, 1, 1, 3]);
        assert_eq!(offsets.byte(2), 1);
    }
}
