//! The tree against RFC 6962 section 2.1 as it is written there: slow, recursive, obvious.

use std::{cell::RefCell, collections::HashMap, convert::Infallible};

use proof::merkle::{
    self, EMPTY_ROOT, Error, Frontier, Hash, NodeId, consistency_nodes, fold, inclusion_nodes,
    leaf, node, root_nodes, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;

fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|index| leaf(&index.to_be_bytes())).collect()
}

/// The largest power of two below a number.
fn split(count: usize) -> usize {
    let mut power = 1;
    while power * 2 < count {
        power *= 2;
    }
    power
}

/// The root over a range of leaves, remembered: the same ranges are asked for again and again.
fn naive_root(leaves: &[Hash]) -> Hash {
    thread_local! {
        static KNOWN: RefCell<HashMap<(Hash, usize), Hash>> = RefCell::default();
    }
    match leaves {
        [] => EMPTY_ROOT,
        [one] => *one,
        more => {
            // No two leaves of a test are the same.
            let range = (more[0], more.len());
            if let Some(root) = KNOWN.with_borrow(|known| known.get(&range).copied()) {
                return root;
            }
            let (left, right) = more.split_at(split(more.len()));
            let root = node(&naive_root(left), &naive_root(right));
            KNOWN.with_borrow_mut(|known| known.insert(range, root));
            root
        }
    }
}

fn naive_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    if index < left.len() {
        let mut path = naive_path(index, left);
        path.push(naive_root(right));
        path
    } else {
        let mut path = naive_path(index - left.len(), right);
        path.push(naive_root(left));
        path
    }
}

fn naive_subproof(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole {
            Vec::new()
        } else {
            vec![naive_root(leaves)]
        };
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    if old <= left.len() {
        let mut proof = naive_subproof(old, left, whole);
        proof.push(naive_root(right));
        proof
    } else {
        let mut proof = naive_subproof(old - left.len(), right, false);
        proof.push(naive_root(left));
        proof
    }
}

fn built(plan: &merkle::Plan, leaves: &[Hash]) -> Vec<Hash> {
    let hash_of = |id: NodeId| Ok::<_, Infallible>(naive_node(id, leaves));
    match plan.build(hash_of) {
        Ok(hashes) => hashes,
        Err(never) => match never {},
    }
}

fn naive_node(id: NodeId, leaves: &[Hash]) -> Hash {
    let range = id.leaves();
    naive_root(&leaves[range.start as usize..range.end as usize])
}

fn root_at(size: usize, leaves: &[Hash]) -> Hash {
    built(&root_nodes(size as u64).unwrap(), leaves)[0]
}

#[test]
fn known_hashes() {
    // RFC 6962 has no vectors; these are the ones certificate transparency tools agree on.
    assert_eq!(
        EMPTY_ROOT.to_string(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert_eq!(
        leaf(b"").to_string(),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    );
    let inputs: [&[u8]; 8] = [
        &[],
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[
            0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d,
            0x6e, 0x6f,
        ],
    ];
    let mut frontier = Frontier::default();
    for input in inputs {
        frontier.push(leaf(input));
    }
    assert_eq!(
        frontier.root().to_string(),
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    );
}

#[test]
fn frontiers_and_roots_at_every_size() {
    let leaves = leaves(300);
    let mut frontier = Frontier::default();
    for size in 0..=leaves.len() {
        let root = naive_root(&leaves[..size]);
        assert_eq!(frontier.root(), root);
        assert_eq!(fold(&leaves[..size]), root);
        assert_eq!(root_at(size, &leaves), root);
        assert_eq!(frontier.size(), size as u64);
        let bytes = frontier.to_bytes();
        assert_eq!(Frontier::from_bytes(size as u64, &bytes).unwrap(), frontier);
        assert!(Frontier::from_bytes(size as u64, &[&bytes[..], &[0; 32]].concat()).is_err());
        assert!(Frontier::from_bytes(size as u64, &[&bytes[..], &[0]].concat()).is_err());
        if let Some(next) = leaves.get(size) {
            frontier.push(*next);
        }
    }
}

#[test]
fn stored_nodes_are_told_of_and_fold_to_every_node() {
    let count = 1 << 11;
    let leaves = leaves(count);
    let mut stored = HashMap::new();
    let mut frontier = Frontier::default();
    for (index, leaf) in leaves.iter().enumerate() {
        let (height, index) = (0, index as u64);
        stored.insert(NodeId { height, index }, *leaf);
        frontier.push_stored(*leaf, |id, hash| assert_eq!(stored.insert(id, hash), None));
    }
    assert_eq!(stored.len(), count + count / 256);
    for height in 0..=11 {
        for index in 0..(count >> height) as u64 {
            let id = NodeId { height, index };
            let (height, indices) = id.stored();
            assert!(height % 8 == 0 && indices.end - indices.start <= 128);
            let run: Vec<_> = indices
                .map(|index| stored[&NodeId { height, index }])
                .collect();
            assert_eq!(fold(&run), naive_node(id, &leaves), "{id:?}");
        }
    }
    let far = NodeId {
        height: 17,
        index: 3,
    };
    assert_eq!(far.stored(), (16, 6..8));
    let own = NodeId {
        height: 24,
        index: 5,
    };
    assert_eq!(own.stored(), (24, 5..6));
}

#[test]
fn inclusion_at_every_size() {
    let leaves = leaves(131);
    for size in 1..=leaves.len() {
        let root = naive_root(&leaves[..size]);
        for index in 0..size {
            let plan = inclusion_nodes(index as u64, size as u64).unwrap();
            let proof = built(&plan, &leaves);
            assert_eq!(proof, naive_path(index, &leaves[..size]));
            inclusion(&leaves, index, size, &proof, root).unwrap();
        }
    }
}

fn inclusion(
    leaves: &[Hash],
    index: usize,
    size: usize,
    proof: &[Hash],
    root: Hash,
) -> Result<(), Error> {
    verify_inclusion(leaves[index], index as u64, size as u64, proof, root)
}

#[test]
fn consistency_at_all_sizes() {
    let leaves = leaves(131);
    let roots: Vec<_> = (0..=leaves.len())
        .map(|size| naive_root(&leaves[..size]))
        .collect();
    for new in 0..=leaves.len() {
        for old in 0..=new {
            let plan = consistency_nodes(old as u64, new as u64).unwrap();
            let proof = built(&plan, &leaves);
            if old > 0 {
                assert_eq!(proof, naive_subproof(old, &leaves[..new], true));
            }
            verify_consistency(old as u64, roots[old], new as u64, roots[new], &proof).unwrap();
        }
    }
}

#[test]
fn no_other_proof_of_inclusion_is_accepted() {
    let leaves = leaves(25);
    for size in 1..=leaves.len() {
        let root = naive_root(&leaves[..size]);
        for index in 0..size {
            let proof = naive_path(index, &leaves[..size]);
            let check = |leaf, index: u64, size: u64, proof: &[Hash], root| {
                verify_inclusion(leaf, index, size, proof, root)
            };
            let (at, of) = (index as u64, size as u64);
            for other in (0..2 * of + 2).filter(|other| *other != at) {
                check(leaves[index], other, of, &proof, root).unwrap_err();
            }
            // Another size may have the very same proof, with another root only.
            for other in (0..2 * of + 2).filter(|other| *other != of && *other <= 25) {
                let root = naive_root(&leaves[..other as usize]);
                check(leaves[index], at, other, &proof, root).unwrap_err();
            }
            for changed in changes(&proof) {
                check(leaves[index], at, of, &changed, root).unwrap_err();
            }
            for bit in (0..256).step_by(5) {
                check(flip(leaves[index], bit), at, of, &proof, root).unwrap_err();
                check(leaves[index], at, of, &proof, flip(root, bit)).unwrap_err();
            }
        }
    }
}

#[test]
fn no_other_proof_of_consistency_is_accepted() {
    let leaves = leaves(33);
    let roots: Vec<_> = (0..=leaves.len())
        .map(|size| naive_root(&leaves[..size]))
        .collect();
    for new in 0..=leaves.len() {
        for old in 0..=new {
            let proof = built(&consistency_nodes(old as u64, new as u64).unwrap(), &leaves);
            let check = |old: usize, old_root, new: usize, new_root, proof: &[Hash]| {
                verify_consistency(old as u64, old_root, new as u64, new_root, proof)
            };
            for changed in changes(&proof) {
                check(old, roots[old], new, roots[new], &changed).unwrap_err();
            }
            for bit in [0, 7, 100, 255] {
                check(old, flip(roots[old], bit), new, roots[new], &proof).unwrap_err();
                if old > 0 {
                    check(old, roots[old], new, flip(roots[new], bit), &proof).unwrap_err();
                }
            }
            for other in (0..=leaves.len()).filter(|other| *other != old) {
                check(other, roots[old], new, roots[new], &proof).unwrap_err();
                if other != 0 {
                    check(other, roots[other], new, roots[old], &proof).unwrap_err();
                }
            }
        }
    }
}

/// All proofs that differ in one bit (of a few), one hash more, fewer, or elsewhere.
fn changes(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut changed = Vec::new();
    for at in 0..proof.len() {
        for bit in [0, 1, 9, 77, 128, 255] {
            let mut other = proof.to_vec();
            other[at] = flip(other[at], bit);
            changed.push(other);
        }
        let mut other = proof.to_vec();
        other.remove(at);
        changed.push(other);
        for with in at + 1..proof.len() {
            let mut other = proof.to_vec();
            other.swap(at, with);
            changed.push(other);
        }
    }
    for at in 0..=proof.len() {
        for hash in [EMPTY_ROOT, proof.first().copied().unwrap_or(EMPTY_ROOT)] {
            let mut other = proof.to_vec();
            other.insert(at, hash);
            changed.push(other);
        }
    }
    changed
}

fn flip(mut hash: Hash, bit: usize) -> Hash {
    hash.0[bit / 8] ^= 1 << (bit % 8);
    hash
}

#[test]
fn edges() {
    let hash = leaf(b"one");
    let inclusion = |index, size, proof: &[Hash]| verify_inclusion(hash, index, size, proof, hash);
    assert_eq!(inclusion(0, 1, &[]), Ok(()));
    assert_eq!(
        inclusion(0, 0, &[]),
        Err(Error::IndexOutside { index: 0, size: 0 })
    );
    assert_eq!(
        inclusion(1, 1, &[]),
        Err(Error::IndexOutside { index: 1, size: 1 })
    );
    assert_eq!(inclusion(0, 1, &[hash]), Err(Error::TooLong));
    assert_eq!(inclusion(0, 2, &[]), Err(Error::TooShort));
    let consistency = |old, new, proof: &[Hash]| verify_consistency(old, hash, new, hash, proof);
    assert_eq!(consistency(0, 1, &[]), Err(Error::OldRoot));
    assert_eq!(
        consistency(2, 1, &[]),
        Err(Error::Shrunk { old: 2, new: 1 })
    );
    assert_eq!(consistency(1, 1, &[hash]), Err(Error::TooLong));
    assert_eq!(consistency(1, 2, &[]), Err(Error::TooShort));
    assert_eq!(consistency(3, 5, &[]), Err(Error::TooShort));
    assert_eq!(verify_consistency(0, EMPTY_ROOT, 7, hash, &[]), Ok(()));
    assert_eq!(
        verify_consistency(0, EMPTY_ROOT, 7, hash, &[hash]),
        Err(Error::TooLong)
    );
    assert_eq!(
        verify_consistency(0, EMPTY_ROOT, 0, hash, &[]),
        Err(Error::Root)
    );
    assert_eq!(
        inclusion_nodes(5, 5),
        Err(Error::IndexOutside { index: 5, size: 5 })
    );
    assert_eq!(
        consistency_nodes(6, 5),
        Err(Error::Shrunk { old: 6, new: 5 })
    );
    assert_eq!(root_nodes(u64::MAX), Err(Error::Size { size: u64::MAX }));
    // The largest tree: every plan stays small, nothing overflows.
    let largest = merkle::MAX_SIZE;
    for plan in [
        inclusion_nodes(largest - 1, largest).unwrap(),
        inclusion_nodes(0, largest).unwrap(),
        consistency_nodes(largest - 1, largest).unwrap(),
        consistency_nodes(1, largest).unwrap(),
        root_nodes(largest).unwrap(),
    ] {
        assert!(plan.nodes().count() <= 2 * 63);
        let built = plan.build(|_| Ok::<_, Infallible>(hash)).unwrap();
        assert!(built.len() <= merkle::MAX_PROOF_HASHES);
    }
    let far = verify_inclusion(hash, u64::MAX - 1, u64::MAX, &[hash; 64], hash);
    assert!(far.is_err());
    assert!(verify_consistency(u64::MAX - 1, hash, u64::MAX, hash, &[hash; 64]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn proofs_at_any_size(size in 1usize..10_000, of in 0.0..1.0f64, old in 0.0..1.0f64) {
        let leaves = leaves(size);
        let root = naive_root(&leaves);
        let index = (of * size as f64) as usize;
        let old = (old * size as f64) as usize;
        let proof = built(&inclusion_nodes(index as u64, size as u64).unwrap(), &leaves);
        prop_assert_eq!(&proof, &naive_path(index, &leaves));
        prop_assert_eq!(inclusion(&leaves, index, size, &proof, root), Ok(()));
        let old_root = root_at(old, &leaves);
        prop_assert_eq!(old_root, naive_root(&leaves[..old]));
        let plan = consistency_nodes(old as u64, size as u64).unwrap();
        prop_assert!(plan.nodes().count() <= 60);
        let proof = built(&plan, &leaves);
        let (old, size) = (old as u64, size as u64);
        prop_assert_eq!(verify_consistency(old, old_root, size, root, &proof), Ok(()));
    }

    #[test]
    fn hashes_as_text(bytes: [u8; 32]) {
        let hash = Hash(bytes);
        prop_assert_eq!(hash.to_string().parse(), Ok(hash));
        prop_assert_eq!(Hash::from_base64(&hash.to_base64()), Ok(hash));
    }
}
