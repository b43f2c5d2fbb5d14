//! Unit vectors in bytes, end to end.
//!
//! An eighth of a percent of precision is lost, which a ranking does not notice, and three quarters
//! of the memory are saved.

/// What an element of a unit vector is multiplied by. Elements beyond three quarters are cut; with a
/// hundred elements there are none. The product of two rows, and of any part of them, fits 16 bits.
const UNIT: f32 = 160.0;

/// Elements that are multiplied at once.
const PIECE: usize = 32;

/// A matrix of unit vectors.
#[derive(Debug, Default)]
pub(super) struct Rows {
    dim: usize,
    bytes: Vec<i8>,
}

/// A unit vector as it is compared with [`Rows`].
pub(super) type Wide = Vec<i16>;

impl Rows {
    pub(super) fn new(dim: usize) -> Self {
        Self {
            dim,
            bytes: Vec::new(),
        }
    }

    /// Adds a unit vector.
    pub(super) fn push(&mut self, unit: &[f32]) {
        self.bytes.extend(unit.iter().map(|value| byte(*value)));
    }

    /// Gives back memory that is not needed.
    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
    }

    /// A row by its number.
    pub(super) fn row(&self, number: usize) -> &[i8] {
        &self.bytes[number * self.dim..(number + 1) * self.dim]
    }

    /// A row as it is compared with others.
    pub(super) fn wide(&self, number: usize) -> Wide {
        self.row(number).iter().copied().map(i16::from).collect()
    }
}

/// Rows that are compared at once.
pub(super) const LANES: usize = 32;

/// A matrix whose rows lie side by side in blocks, so that many are compared with one vector at once.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    dim: usize,
    count: usize,
    /// For each block, element by element, those of [`LANES`] rows.
    lanes: Vec<[i16; LANES]>,
}

impl Blocks {
    pub(super) fn new(dim: usize) -> Self {
        Self {
            dim,
            ..Self::default()
        }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, row: impl Iterator<Item = i16>) {
        let (block, lane) = (self.count / LANES * self.dim, self.count % LANES);
        if lane == 0 {
            self.lanes.resize(block + self.dim, [0; LANES]);
        }
        for (lanes, value) in self.lanes[block..].iter_mut().zip(row) {
            lanes[lane] = value;
        }
        self.count += 1;
    }

    /// Adds a unit vector.
    pub(super) fn push_unit(&mut self, unit: &[f32]) {
        self.push(unit.iter().map(|value| i16::from(byte(*value))));
    }

    /// Gives back memory that is not needed.
    pub(super) fn shrink(&mut self) {
        self.lanes.shrink_to_fit();
    }

    /// The products of all rows with a vector, block by block. Rows and vector are no longer than a
    /// unit vector.
    pub(super) fn products<'a>(&'a self, vector: &'a [i16]) -> impl Iterator<Item = [i16; LANES]> {
        let blocks = self.lanes.chunks_exact(self.dim.max(1));
        blocks.map(move |block| side_by_side(block, vector))
    }

    /// The cosines of all rows with a vector.
    pub(super) fn cosines<'a>(&'a self, vector: &'a [i16]) -> impl Iterator<Item = f32> + 'a {
        let all = self.products(vector).flatten().take(self.count);
        all.map(|product| cosine(i32::from(product)))
    }
}

/// A unit vector as it is compared with [`Rows`] and [`Blocks`].
pub(super) fn wide(unit: &[f32]) -> Wide {
    unit.iter().map(|value| i16::from(byte(*value))).collect()
}

/// The cosine a product stands for.
pub(super) fn cosine(product: i32) -> f32 {
    product as f32 / (UNIT * UNIT)
}

/// The least product of a cosine.
pub(super) fn product(cosine: f32) -> i32 {
    (cosine * UNIT * UNIT) as i32
}

/// An element of a row.
pub(super) fn element(byte: i8) -> f32 {
    f32::from(byte) / UNIT
}

fn byte(value: f32) -> i8 {
    (value * UNIT).round().clamp(-127.0, 127.0) as i8
}

/// The product of a row and a wide vector.
pub(super) fn dot(row: &[i8], wide: &[i16]) -> i32 {
    let (row, row_rest) = row.as_chunks::<PIECE>();
    let (wide, wide_rest) = wide.as_chunks::<PIECE>();
    let pieces: i32 = row.iter().zip(wide).map(|(a, b)| piece(a, b)).sum();
    let rest = row_rest.iter().zip(wide_rest);
    pieces
        + rest
            .map(|(a, b)| i32::from(*a) * i32::from(*b))
            .sum::<i32>()
}

/// The products of the rows of a block with a vector.
///
/// Nothing is ever saturated. But additions that could be, the compiler does in the order they are
/// written: one element of all rows at once, not one row after another.
#[inline(never)]
fn side_by_side(block: &[[i16; LANES]], vector: &[i16]) -> [i16; LANES] {
    let mut products = [0_i16; LANES];
    for (lanes, value) in block.iter().zip(vector) {
        for (product, element) in products.iter_mut().zip(lanes) {
            *product = product.saturating_add(element.wrapping_mul(*value));
        }
    }
    products
}

fn piece(a: &[i8; PIECE], b: &[i16; PIECE]) -> i32 {
    let products = a.iter().zip(b);
    products
        .map(|(a, b)| i32::from(i16::from(*a)) * i32::from(*b))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_the_cosine() {
        // Seven elements, to go beyond whole pieces as well: 39.
        let vector = |angle: f32| {
            let mut unit = vec![0.0_f32; 39];
            for (at, value) in unit.iter_mut().enumerate() {
                *value = (at as f32 * angle).sin();
            }
            let length = unit.iter().map(|value| value * value).sum::<f32>().sqrt();
            unit.iter_mut().for_each(|value| *value /= length);
            unit
        };
        let (a, b) = (vector(0.3), vector(0.35));
        let mut rows = Rows::new(39);
        rows.push(&b);
        rows.push(&a);
        let expected: f32 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
        let got = cosine(dot(rows.row(0), &wide(&a)));
        assert!((got - expected).abs() < 0.01, "{got} {expected}");
        assert!((cosine(dot(rows.row(1), &rows.wide(1))) - 1.0).abs() < 0.01);
        let mut blocks = Blocks::new(39);
        for _ in 0..LANES {
            blocks.push_unit(&b);
        }
        blocks.push_unit(&a);
        let cosines: Vec<f32> = blocks.cosines(&wide(&a)).collect();
        assert_eq!(cosines.len(), LANES + 1);
        assert!((cosines[0] - expected).abs() < 0.01, "{}", cosines[0]);
        assert!((cosines[LANES] - 1.0).abs() < 0.01, "{}", cosines[LANES]);
    }
}
