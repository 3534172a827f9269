//! Hash maps in which the entries of neighbours are neighbours: objects are mostly gone through in the order of their slots
//! and keys, and a table that is larger than the processor's caches is then read in that order too.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// How many neighbours stay together, as a power of two; whole blocks are scattered.
const BLOCK: u32 = 6;

/// A map by slot, or by [`Id`](super::arena::Id).
pub(super) type NearMap<K, V> = HashMap<K, V, BuildHasherDefault<NearHasher>>;

/// The hash of a number, given that of its block.
pub(super) fn near(block: u64, number: u64) -> u32 {
    (block as u32) << BLOCK | (number & ((1 << BLOCK) - 1)) as u32
}

/// The block that a number is in.
pub(super) fn block(number: u64) -> u64 {
    number >> BLOCK
}

/// A hash for the standard library's table: it takes places from the lowest bits, and from the highest seven what tells the
/// entries of a group apart.
pub(super) fn spread(hash: u32) -> u64 {
    u64::from(hash) | u64::from(hash >> 25 ^ hash) << 57
}

/// A hasher for slots. Nobody outside chooses those.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NearHasher(u64);

impl Hasher for NearHasher {
    fn write_u32(&mut self, number: u32) {
        let number = u64::from(number);
        let scattered = (self.0 ^ block(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = spread(near(scattered >> 32, number));
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u32((*byte).into()));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::BuildHasher;

    #[test]
    fn neighbours_are_neighbours_and_blocks_are_scattered() {
        let hash = |slot: u32| BuildHasherDefault::<NearHasher>::default().hash_one(slot);
        assert!((0..63).all(|slot| hash(slot) as u32 + 1 == hash(slot + 1) as u32));
        for stride in [1, 64, 1024, 1 << 16] {
            let places: std::collections::HashSet<u64> = (0..4096).map(|n| hash(n * stride) & 0xffff).collect();
            assert!(places.len() > 900, "{} places at a stride of {stride}", places.len());
        }
    }
}
