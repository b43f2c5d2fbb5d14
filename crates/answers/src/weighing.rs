//! How legs are weighed against each other.

use super::collection::{LEGS, Leg, PerLeg};

/// What each leg adds to a score after scaling: grams, concepts, soft, whole. Fixed: learned weights
/// did no better on a few hundred questions, and these do not move when an entry is added.
const WEIGHT: PerLeg = [0.2, 0.15, 0.5, 0.15];

/// The units in which the legs of a collection are measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weighing {
    /// Raw score of a typical good match; 1 for a leg that finds nothing.
    scale: PerLeg,
    /// [`WEIGHT`], shared among the legs that find something.
    weight: PerLeg,
}

impl Weighing {
    /// By the lead of a typical good match; 0 for a leg that finds nothing.
    pub(super) fn new(leads: PerLeg) -> Self {
        let there = |leg: usize| leads[leg] > 0.0;
        let all: f32 = (0..LEGS.len())
            .filter(|leg| there(*leg))
            .map(|leg| WEIGHT[leg])
            .sum();
        Self {
            scale: leads.map(|lead| if lead > 0.0 { lead } else { 1.0 }),
            weight: std::array::from_fn(|leg| if there(leg) { WEIGHT[leg] / all } else { 0.0 }),
        }
    }

    /// A raw score in units of a typical good match; 0 in a leg that finds nothing.
    pub(super) fn scaled(&self, leg: Leg, raw: f32) -> f32 {
        if self.weight[leg as usize] == 0.0 {
            return 0.0;
        }
        raw / self.scale[leg as usize]
    }

    /// What a raw score is multiplied by when legs are added up.
    pub(super) fn factor(&self, leg: Leg) -> f32 {
        self.weight[leg as usize] / self.scale[leg as usize]
    }

    /// The sum of all legs.
    pub(super) fn fuse(&self, raw: &PerLeg) -> f32 {
        LEGS.iter()
            .map(|leg| raw[*leg as usize] * self.factor(*leg))
            .sum()
    }
}
