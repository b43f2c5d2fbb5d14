//! Unit vectors in bytes, end to end.
//!
//! An eighth of a percent of precision is lost, which a ranking does not notice, and three quarters
//! of the memory are saved.

/// What an element of a unit vector is multiplied by. Elements beyond a half are cut; with a hundred
/// elements there are none.
const UNIT: f32 = 254.0;

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

    /// The rows, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[i8]> {
        self.bytes.chunks_exact(self.dim.max(1))
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

/// A unit vector as it is compared with [`Rows`].
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
        assert_eq!(rows.iter().count(), 2);
    }
}
