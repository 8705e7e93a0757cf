//! One copy a bucket and destination, which both custodians open together.

use age::secrecy::ExposeSecret;

use super::*;

/// A keybox that says the same everywhere until somebody is erased.
struct Source {
    epoch: u64,
    said: &'static [u8],
}

impl Escrowed for Source {
    fn body(&self, bucket: u8) -> Result<Body, Failure> {
        let bytes = [&[bucket], self.said].concat();
        Ok(Body {
            epoch: self.epoch,
            bytes: Zeroizing::new(bytes),
        })
    }
}

struct Custodian {
    recipient: Recipient,
    identity: Identity,
}

fn custodian(folder: &Path, name: &str) -> Custodian {
    let key = age::x25519::Identity::generate();
    let path = folder.join(name);
    fs::write(&path, key.to_string().expose_secret()).unwrap();
    Custodian {
        recipient: key.to_public().to_string().parse().unwrap(),
        identity: Identity::load(&path).unwrap(),
    }
}

fn two(folder: &Path) -> ([Recipient; 2], [Identity; 2]) {
    let [one, other] = ["a", "b"].map(|name| custodian(folder, name));
    (
        [one.recipient, other.recipient],
        [one.identity, other.identity],
    )
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn code(failure: &Failure) -> String {
    let mut told = Vec::new();
    failure.tell(Lang::En, &mut told).unwrap();
    let told = String::from_utf8(told).unwrap();
    told.lines().next().unwrap().to_owned()
}

#[test]
fn a_bucket_that_is_pushed_again_replaces_its_only_copy() {
    let home = tempfile::tempdir().unwrap();
    let (recipients, identities) = two(home.path());
    let targets = ["one", "two"].map(|name| home.path().join(name));
    for target in &targets {
        fs::create_dir(target).unwrap();
    }
    let before = Source {
        epoch: 1,
        said: b"everybody",
    };
    let at = Moment::EPOCH.plus_days(1);
    let push = |source: &Source, buckets: &[u8]| {
        let buckets = buckets.iter().copied();
        push_escrow(source, buckets, &targets, &recipients, &|| at).unwrap()
    };
    let all: Vec<u8> = all_buckets().collect();
    let pushed = push(&before, &all);
    assert_eq!(pushed.buckets.len(), 65);
    assert!(
        pushed
            .targets
            .iter()
            .all(|(_, went)| matches!(went, Ok(then) if *then == at))
    );
    for target in &targets {
        let files = names(target);
        assert_eq!(files.len(), 65);
        assert_eq!(
            (&*files[0], &*files[63], &*files[64]),
            ("00.escrow.age", "3f.escrow.age", "sys.escrow.age")
        );
    }

    // Somebody of bucket 7 is erased: nothing of the old bucket is left at any destination.
    let old = fs::read(targets[0].join("07.escrow.age")).unwrap();
    fs::write(targets[0].join("07.escrow.age.new"), &old).unwrap();
    let after = Source {
        epoch: 2,
        said: b"the others",
    };
    let pushed = push(&after, &[7]);
    assert_eq!(pushed.buckets, [(7, 2)]);
    for target in &targets {
        assert_eq!(names(target).len(), 65);
        for file in names(target) {
            assert_ne!(fs::read(target.join(file)).unwrap(), old);
        }
        let bodies = open_escrow(target, &identities).unwrap();
        for (bucket, body) in all_buckets().zip(bodies) {
            let said: &[u8] = if bucket == 7 { after.said } else { before.said };
            assert_eq!(*body, [&[bucket], said].concat());
        }
    }
}

#[test]
fn it_takes_both_custodians_in_whatever_order() {
    let home = tempfile::tempdir().unwrap();
    let (recipients, [one, other]) = two(home.path());
    let stranger = custodian(home.path(), "c").identity;
    let target = home.path().join("escrow");
    fs::create_dir(&target).unwrap();
    let source = Source {
        epoch: 1,
        said: b"keys",
    };
    let targets = [target.clone()];
    push_escrow(&source, all_buckets(), &targets, &recipients, &|| {
        Moment::EPOCH
    })
    .unwrap();
    let again = |name: &str| Identity::load(&home.path().join(name)).unwrap();
    assert!(open_escrow(&target, &[one, other]).is_ok());
    assert!(open_escrow(&target, &[again("b"), again("a")]).is_ok());
    for pair in [
        [again("a"), again("a")],
        [again("b"), again("b")],
        [again("a"), stranger],
    ] {
        let refused = open_escrow(&target, &pair).unwrap_err();
        assert_eq!(code(&refused), "jifen: wrong_identity");
    }

    let path = target.join("10.escrow.age");
    let whole = fs::read(&path).unwrap();
    for end in [0, 10, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..end]).unwrap();
        let refused = open_escrow(&target, &[again("a"), again("b")]).unwrap_err();
        assert_eq!(code(&refused), "jifen: sealed_damaged", "{end}");
    }
    fs::remove_file(&path).unwrap();
    let refused = open_escrow(&target, &[again("a"), again("b")]).unwrap_err();
    assert_eq!(code(&refused), "jifen: escrow_incomplete");
}

#[test]
fn a_destination_out_of_reach_does_not_hold_the_others_up() {
    let home = tempfile::tempdir().unwrap();
    let (recipients, identities) = two(home.path());
    let there = home.path().join("there");
    fs::create_dir(&there).unwrap();
    let targets = [home.path().join("nowhere"), there.clone()];
    let source = Source {
        epoch: 1,
        said: b"keys",
    };
    let pushed = push_escrow(&source, all_buckets(), &targets, &recipients, &|| {
        Moment::EPOCH
    })
    .unwrap();
    let [(_, nowhere), (_, reached)] = pushed.targets.as_slice() else {
        panic!("two destinations")
    };
    assert_eq!(code(nowhere.as_ref().unwrap_err()), "jifen: io");
    assert!(reached.is_ok());
    assert!(!targets[0].exists());
    assert_eq!(open_escrow(&there, &identities).unwrap().len(), 65);
}
