use super::super::terms::{Sort, Term, Terms};

/// The value of a term where variables have these values, by order of their making.
fn value(terms: &Terms, root: Term, variables: &[(Term, u128)]) -> u128 {
    let mut values = std::collections::HashMap::new();
    for term in terms.reachable(&[root]) {
        let given = || variables.iter().find(|(v, _)| *v == term).unwrap().1;
        let value = terms.value(term, |p| values[&p], given);
        values.insert(term, value);
    }
    values[&root]
}

#[test]
fn equal_terms_are_one() {
    let mut t = Terms::default();
    let (a, b) = (t.var("a", Sort::Bool), t.var("b", Sort::Bool));
    let (one, other) = (t.and([a, b]), t.and([b, a, a]));
    assert_eq!(one, other);
    let (not_a, truth, lie) = (t.not(a), t.constant(true), t.constant(false));
    assert_eq!(t.or([a, not_a, b]), truth);
    assert_eq!(t.and([a, not_a, b]), lie);
    assert_eq!(t.and([]), truth);
    assert_eq!(t.or([b]), b);
    let twice = t.not(not_a);
    assert_eq!(twice, a);
}

#[test]
fn names_are_unlike_each_other_and_readable_by_solvers() {
    let mut t = Terms::default();
    for _ in 0..2 {
        t.var("a|b\\é", Sort::Bool);
    }
    assert_eq!([t.variable(0).name.as_str(), t.variable(1).name.as_str()], ["a_b__", "a_b__ ~2"]);
}

#[test]
fn numbers_are_compared_with_and_without_sign() {
    let mut t = Terms::default();
    let x = t.var("x", Sort::Bits(8));
    let signed = t.in_range(x, 0xfe, 3, true);
    let unsigned = t.in_range(x, 3, 0xfe, false);
    for n in 0..=255u128 {
        let as_signed = i16::from(u8::try_from(n).unwrap().cast_signed());
        assert_eq!(value(&t, signed, &[(x, n)]) == 1, (-2..=3).contains(&as_signed), "{n}");
        assert_eq!(value(&t, unsigned, &[(x, n)]) == 1, (3..=0xfe).contains(&n), "{n}");
    }
}

#[test]
fn sums_of_extended_numbers_do_not_overflow() {
    let mut t = Terms::default();
    let x = t.var("x", Sort::Bits(64));
    let wide = t.extend(x, 2, true);
    let offset = t.number(i128::from(i64::MIN).cast_unsigned(), 66);
    let sum = t.add(wide, offset);
    let least = t.number((i128::from(i64::MIN) * 2).cast_unsigned(), 66);
    let equal = t.equal(sum, least);
    assert_eq!(value(&t, equal, &[(x, u128::from(i64::MIN.cast_unsigned()))]), 1);
    assert_eq!(value(&t, equal, &[(x, u128::from(i64::MAX.cast_unsigned()))]), 0);
}

#[test]
fn bits_are_taken_from_the_end() {
    let mut t = Terms::default();
    let x = t.var("x", Sort::Bits(128));
    let front = t.extract(x, 127, 96);
    let expected = t.number(0x2001_0db8, 32);
    let equal = t.equal(front, expected);
    assert_eq!(value(&t, equal, &[(x, 0x2001_0db8 << 96 | 0x4d)]), 1);
    assert_eq!(value(&t, equal, &[(x, 0x2001_0db9 << 96)]), 0);
}
