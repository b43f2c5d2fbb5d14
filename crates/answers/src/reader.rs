//! Reads the tables that scripts make: little-endian numbers, one after the other.

/// What is left of a file. Every read is `None` when too little is.
pub(super) struct Reader(pub(super) &'static [u8]);

impl Reader {
    pub(super) fn take(&mut self, count: usize) -> Option<&'static [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    pub(super) fn size(&mut self) -> Option<usize> {
        self.u16().map(usize::from)
    }

    pub(super) fn f32(&mut self) -> Option<f32> {
        self.take(4)?.try_into().ok().map(f32::from_le_bytes)
    }

    pub(super) fn f32s(&mut self, count: usize) -> Option<Vec<f32>> {
        (0..count).map(|_| self.f32()).collect()
    }

    pub(super) fn fours(&mut self, count: usize) -> Option<&'static [[u8; 4]]> {
        Some(self.take(count.checked_mul(4)?)?.as_chunks().0)
    }
}
