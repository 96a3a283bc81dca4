/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The table image, read in the kernel. The same words are read by runtime/policy/src/image/evaluate.rs; the two must answer
 * alike, and a test runs both on the same events (this file is part of the test's object, too).
 *
 * Everything that can be long is a global function: the verifier looks at each once, so the cost of loading a hook does not
 * multiply (calls nest at most eight deep, and do). Loops over bytes are short ones inside others, because a verifier
 * follows every open branch of a loop; other loops are bpf_loop, whose body it looks at once. A
 * word is read through a masked index: an image that lies can give a wrong answer, never a wild access. Images are
 * validated in user space before they are loaded, and the limits below are checked there. */
#pragma once

/* Most selectors of an image, roots of a list, tests of a path through a diagram, ancestor predicates. */
#define MAX_SELECTORS 1024
#define MAX_ROOTS 1024
#define MAX_TESTS 96
#define MAX_PREDICATES 32

enum { HEADER_SELECTORS = 4, HEADER_SELECTOR_COUNT = 5, HEADER_PREDICATES = 12, HEADER_PREDICATE_COUNT = 13 };
enum { NODE_LEAF = 0, NODE_SCOPES = 1, NODE_TRUTH = 2, NODE_TEST = 3, NODE_HITS = 4 };
enum { HIT_WITHIN = 0, HIT_AT_END = 1 };
enum {
	BY_TEXT = 1,
	BY_TEXT_REVERSED = 2,
	BY_NUMBER = 3,
	BY_ADDRESS = 4,
	BY_DEPTH = 5,
	BY_FLAGS = 6,
	BY_RELATION = 10,
	BY_SAME = 11,
	BY_ANCESTOR = 12,
	BY_PRESENT = 13,
};
enum { CLASS_ABSENT = 0, CLASS_UNKNOWN = 1, CLASS_KNOWN = 2, CLASS_NO = 2, CLASS_YES = 3 };
enum { TRUTH_FALSE = 0, TRUTH_UNKNOWN = 1, TRUTH_TRUE = 2 };
enum { ANCESTOR_YES = 1, ANCESTOR_UNKNOWN = 2 };
enum { LEAF_FLAGS = 7, LEAF_AUDIT = 1 << 8, LEAF_DETECTED = 1 << 9 };

#define NONE 0xffffffffu
#define TEXT_PART 64
/* As many as a bank of BANK_WORDS words can need. */
#define SEARCH_STEPS 20

/* A transition: the offset of the next state and its kind, or a class that the run ends in. */
#define SINK 0x80000000u
#define KIND_SHIFT 28
#define STATE_MASK 0x3ffffffu
#define CLASS_SHIFT 8
enum { STATE_KEYS = 0, STATE_RANGE = 1, STATE_STRING = 2, STATE_SEEK = 3 };
enum { STATE_DEFAULT = 1, STATE_BYTES = 2, STATE_BY_KEY = 4, STATE_SPAN = 2, STATE_BY_BYTE = 3, STATE_AFTER = 2,
       STATE_LENGTH = 3, STATE_TEXT = 4 };

static __always_inline __u32 word(struct image *image, __u32 at)
{
	return image->words[at & (BANK_WORDS - 1)];
}

/* Takes a leaf into the answer. */
static __always_inline void take_leaf(struct image *image, struct scratch *s, __u32 leaf)
{
	volatile __u32 *columns = s->columns;

	for (__u32 j = 0; j < 6; j++) {
		__u32 rank = word(image, leaf + 1 + j);

		if (rank < columns[j])
			columns[j] = rank;
	}
	columns[6] |= word(image, leaf + LEAF_FLAGS);
}

/* Takes one of the two leaves of a class of a node of hits. */
static __always_inline void take_hit(struct image *image, struct scratch *s, __u32 hits, __u32 class, __u32 place)
{
	__u32 child = class * 2 + place, last = word(image, hits + 2) - 1;

	take_leaf(image, s, word(image, hits + 3 + (child < last ? child : last)));
}

/* A run of an automaton over bytes of s->data. Where it stands is kept in memory and read anew for every byte: what is
 * loaded from memory the verifier takes for any number, so that all ways through a step look alike to it behind the step. In
 * registers each would leave other bounds, and the ways would multiply. */
static __always_inline void enter_state(struct image *image, volatile struct run *r, __u32 next)
{
	r->next = next;
	r->left = 0;
	if (!(next & SINK) && next >> KIND_SHIFT == STATE_STRING) {
		__u32 state = next & STATE_MASK;

		r->left = word(image, state + STATE_LENGTH);
		r->string = (state + STATE_TEXT) * 4;
	}
}

/* The class in which the run would end now. */
static __always_inline __u32 run_class(struct image *image, __u32 next)
{
	return next & SINK ? next & ~SINK : word(image, next & STATE_MASK) >> CLASS_SHIFT;
}

/* The transition on a byte of a state that is no string, or that ends the run. */
static __always_inline __u32 transition(struct image *image, __u32 next, __u32 byte)
{
	__u32 state = next & STATE_MASK, at = state + STATE_DEFAULT;

	if (next & SINK)
		return next;
	if (next >> KIND_SHIFT == STATE_RANGE) {
		__u32 span = word(image, state + STATE_SPAN), index = byte - (span & 0xff);

		if (index < span >> 8)
			at = state + STATE_BY_BYTE + index;
	} else {
		/* A bit for each key that is the byte: the lowest of its eight. Then how many keys are below the first such. */
		__u64 low = 0x7f7f7f7f7f7f7f7f, ones = 0x0101010101010101;
		__u64 keys = word(image, state + STATE_BYTES) | (__u64)word(image, state + STATE_BYTES + 1) << 32;
		__u64 found = keys ^ byte * ones;

		found = ~(((found & low) + low) | found | low) >> 7;
		if (found)
			at = state + STATE_BY_KEY + ((((found & -found) - 1) & ones) * ones >> 56);
	}
	return word(image, at);
}

/* Up to TEXT_PART more bytes. Gives 1 when the run can stop. */
__noinline __u32 text_part(struct image *image, struct scratch *s, __u32 at, __u32 step, __u32 length)
{
	volatile struct run *r;

	if (!image || !s)
		return 1;
	r = &s->run;
	for (__u32 i = 0; i < TEXT_PART; i++) {
		__u32 byte, next = r->next, left = r->left;

		if (i >= length)
			return 0;
		if (r->hits) {
			__u32 class = run_class(image, next);

			if (class > CLASS_KNOWN)
				take_hit(image, s, r->hits, class, HIT_WITHIN);
		}
		if (next & SINK)
			return 1;
		byte = s->data[at & (DATA_BYTES - 1)];
		at += step;
		if (left) {
			/* Strings that are read backward have the first byte of a word highest. */
			__u32 string = r->string, shift = string % 4 * 8 ^ (step == 1 ? 0 : 24);

			if (((word(image, string / 4) >> shift) & 0xff) == byte) {
				if (left > 1) {
					r->string = string + 1;
					r->left = left - 1;
				} else {
					enter_state(image, r, word(image, (next & STATE_MASK) + STATE_AFTER));
				}
				continue;
			}
			/* A byte that differs takes the transition of the default, which is no string. */
			next = word(image, (next & STATE_MASK) + STATE_DEFAULT);
		}
		enter_state(image, r, transition(image, next, byte));
	}
	return 0;
}

/* The next part of the bytes that a pass has to read; 0 at the end. */
static __always_inline __u32 next_part(volatile struct run *r)
{
	__u32 rest = r->rest, part = rest < TEXT_PART ? rest : TEXT_PART;

	r->rest = rest - part;
	return part;
}

/* The class of bytes of s->data (offset | length << 32). Takes the leaves of the node of hits, if one is given (else 0), of
 * the states that the run leaves. */
__noinline __u32 text(struct image *image, struct scratch *s, __u32 c, __u64 bytes, __u32 hits)
{
	volatile struct run *r;
	__u32 step, length = bytes >> 32;

	if (!image || !s || length > PATH_END)
		return CLASS_UNKNOWN;
	r = &s->run;
	r->hits = hits;
	enter_state(image, r, word(image, c + 1));
	r->rest = length;
	step = word(image, c) == BY_TEXT_REVERSED ? -1 : 1;
	r->at = (__u32)bytes + (step == 1 ? 0 : length - 1);
	for (__u32 i = 0; i < PATH_END / TEXT_PART; i++) {
		__u32 part = next_part(r);

		if (!part || text_part(image, s, r->at, step, part))
			break;
		r->at += step * part;
	}
	return run_class(image, r->next);
}

/* The class of a number by sorted bounds: that of the number of bounds not above it. */
__noinline __u32 interval(struct image *image, struct scratch *s, __u32 c, __u64 value)
{
	volatile struct search *at;

	if (!image || !s)
		return CLASS_UNKNOWN;
	at = &s->search;
	at->low = 0;
	at->high = word(image, c + 1);
	for (__u32 i = 0; i < SEARCH_STEPS; i++) {
		__u32 low = at->low, high = at->high, middle = low + (high - low) / 2, bound = word(image, c + 2) + 2 * middle;

		if (low >= high)
			break;
		if ((word(image, bound) | (__u64)word(image, bound + 1) << 32) <= value)
			at->low = middle + 1;
		else
			at->high = middle;
	}
	return word(image, word(image, c + 3) + at->low);
}

/* Whether the event's address is below a bound of four words. */
static __always_inline bool below(struct image *image, struct scratch *s, __u32 bound)
{
	volatile __u32 *address = (__u32 *)s->address;
	__u64 high = (__u64)bpf_ntohl(address[0]) << 32 | bpf_ntohl(address[1]);
	__u64 low = (__u64)bpf_ntohl(address[2]) << 32 | bpf_ntohl(address[3]);
	__u64 bound_high = (__u64)word(image, bound) << 32 | word(image, bound + 1);
	__u64 bound_low = (__u64)word(image, bound + 2) << 32 | word(image, bound + 3);

	return high < bound_high || (high == bound_high && low < bound_low);
}

/* The same for the event's address. */
__noinline __u32 network(struct image *image, struct scratch *s, __u32 c)
{
	volatile struct search *at;

	if (!image || !s)
		return CLASS_UNKNOWN;
	at = &s->search;
	at->low = 0;
	at->high = word(image, c + 1);
	for (__u32 i = 0; i < SEARCH_STEPS; i++) {
		__u32 low = at->low, high = at->high, middle = low + (high - low) / 2;

		if (low >= high)
			break;
		if (below(image, s, word(image, c + 2) + 4 * middle))
			at->high = middle;
		else
			at->low = middle + 1;
	}
	return word(image, word(image, c + 3) + at->low);
}

__noinline __u32 slashes(struct scratch *s, __u64 bytes)
{
	__u32 at = (__u32)bytes, left = bytes >> 32, n = 0;

	if (!s)
		return 0;
	for (__u32 i = 0; i < TEXT_PART; i++) {
		if (i >= left)
			break;
		n += s->data[(at + i) & (DATA_BYTES - 1)] == '/';
	}
	return n;
}

__noinline __u32 depth(struct image *image, struct scratch *s, __u32 c, __u64 bytes)
{
	volatile struct run *r;
	__u32 n = 0;

	if (!image || !s || bytes >> 32 > PATH_END)
		return CLASS_UNKNOWN;
	r = &s->run;
	r->at = (__u32)bytes;
	r->rest = bytes >> 32;
	for (__u32 i = 0; i < PATH_END / TEXT_PART; i++) {
		__u32 part = next_part(r);

		if (!part)
			break;
		n += slashes(s, r->at | (__u64)part << 32);
		r->at += part;
	}
	return interval(image, s, c, n ^ (1ull << 63));
}

__noinline __u32 same_part(struct scratch *s, __u32 left, __u32 right, __u32 length)
{
	if (!s)
		return 0;
	for (__u32 i = 0; i < TEXT_PART; i++) {
		if (i >= length)
			break;
		if (s->data[(left + i) & (DATA_BYTES - 1)] != s->data[(right + i) & (DATA_BYTES - 1)])
			return 0;
	}
	return 1;
}

static __always_inline __u32 same(struct scratch *s, __u64 left, __u64 right)
{
	volatile struct run *r = &s->run;

	if (left >> 32 != right >> 32)
		return CLASS_NO;
	if (left >> 32 > PATH_END)
		return CLASS_UNKNOWN;
	r->at = (__u32)left;
	r->other = (__u32)right;
	r->rest = left >> 32;
	for (__u32 i = 0; i < PATH_END / TEXT_PART; i++) {
		__u32 part = next_part(r);

		if (!part)
			break;
		if (!same_part(s, r->at, r->other, part))
			return CLASS_NO;
		r->at += part;
		r->other += part;
	}
	return CLASS_YES;
}

static __always_inline __u32 fact_tag(struct scratch *s, __u32 source, __u32 slot)
{
	return source < SOURCES && slot < SLOTS ? s->tags[source][slot] : TAG_UNKNOWN;
}

static __always_inline __u64 fact_value(struct scratch *s, __u32 source, __u32 slot)
{
	return source < SOURCES && slot < SLOTS ? s->values[source][slot] : 0;
}

/* Comparisons of two facts. */
__noinline __u32 relation(struct image *image, struct scratch *s, __u32 c)
{
	__u32 lo, ro, lt, rt, by;
	__u64 l, r;
	__s64 ls, rs, plus, sum;

	if (!image || !s)
		return CLASS_UNKNOWN;
	lo = word(image, c + 2);
	ro = word(image, c + 3);
	lt = fact_tag(s, lo & 0xff, lo >> 8);
	rt = fact_tag(s, ro & 0xff, ro >> 8);
	if (lt == TAG_ABSENT || rt == TAG_ABSENT)
		return CLASS_NO;
	if (lt != TAG_KNOWN || rt != TAG_KNOWN)
		return CLASS_UNKNOWN;
	l = fact_value(s, lo & 0xff, lo >> 8);
	r = fact_value(s, ro & 0xff, ro >> 8);
	by = word(image, c + 1);
	if (word(image, c) == BY_SAME)
		/* Of addresses an event has one, which is the same as itself. */
		return by ? CLASS_YES : same(s, l, r);
	ls = l;
	rs = r;
	plus = word(image, c + 4) | (__u64)word(image, c + 5) << 32;
	sum = (__s64)((__u64)rs + (__u64)plus);
	/* The sum is one of whole numbers, not of 64 bits: where it runs over, every number lies on one side of it. */
	if (plus > 0 && sum < rs)
		return by ? CLASS_YES : CLASS_NO;
	if (plus < 0 && sum > rs)
		return CLASS_NO;
	return (by == 0 ? ls == sum : by == 1 ? ls < sum : ls <= sum) ? CLASS_YES : CLASS_NO;
}

/* Whether some ancestor passes: kept as bits per predicate, because ancestors are gone when the question is asked. */
__noinline __u32 ancestor(struct image *image, struct scratch *s, __u32 c)
{
	__u32 root, list, n;

	if (!image || !s)
		return CLASS_UNKNOWN;
	root = word(image, c + 1);
	list = word(image, HEADER_PREDICATES);
	n = word(image, HEADER_PREDICATE_COUNT);
	for (__u32 i = 0; i < MAX_PREDICATES; i++) {
		__u32 bits;

		if (i >= n)
			break;
		if (word(image, list + i) != root)
			continue;
		bits = (s->ancestors >> (2 * i)) & 3;
		if (bits & ANCESTOR_YES)
			return CLASS_YES;
		return bits & ANCESTOR_UNKNOWN || !s->ancestors_known ? CLASS_UNKNOWN : CLASS_NO;
	}
	return CLASS_UNKNOWN;
}

/* The class that a classifier gives a fact. */
__noinline __u32 classify(struct image *image, struct scratch *s, __u32 c, __u32 source, __u32 slot)
{
	__u32 kind, tag;
	__u64 value;

	if (!image || !s)
		return CLASS_UNKNOWN;
	kind = word(image, c);
	if (kind == BY_RELATION || kind == BY_SAME)
		return relation(image, s, c);
	if (kind == BY_ANCESTOR)
		return ancestor(image, s, c);
	tag = fact_tag(s, source, slot);
	if (tag == TAG_ABSENT)
		return CLASS_ABSENT;
	if (tag != TAG_KNOWN)
		return CLASS_UNKNOWN;
	value = fact_value(s, source, slot);
	switch (kind) {
	case BY_TEXT:
	case BY_TEXT_REVERSED:
		return text(image, s, c, value, 0);
	case BY_NUMBER:
		return interval(image, s, c, value ^ (1ull << 63));
	case BY_ADDRESS:
		return network(image, s, c);
	case BY_DEPTH:
		return depth(image, s, c, value);
	case BY_FLAGS:
		return (value & word(image, c + 1)) == word(image, c + 1) ? CLASS_YES : CLASS_NO;
	case BY_PRESENT:
		return CLASS_KNOWN;
	}
	/* Lists and maps are facts of user space. */
	return CLASS_UNKNOWN;
}

/* The end of a diagram; 0, where no node can lie, when it has more tests than MAX_TESTS. */
__noinline __u32 walk(struct image *image, struct scratch *s, __u32 at)
{
	if (!image || !s)
		return 0;
	for (__u32 i = 0; i <= MAX_TESTS; i++) {
		__u32 first = word(image, at), class, classes;

		if ((first & 0xff) != NODE_TEST)
			return at;
		class = classify(image, s, word(image, at + 1), (first >> 8) & 0xff, first >> 16);
		classes = word(image, at + 2);
		if (class >= classes)
			class = classes - 1;
		at = word(image, at + 3 + class);
	}
	return 0;
}

/* Takes the leaves of a node of hits. */
__noinline int take_hits(struct image *image, struct scratch *s, __u32 at)
{
	__u32 first, source, slot, tag, class;

	if (!image || !s)
		return 0;
	first = word(image, at);
	source = (first >> 8) & 0xff;
	slot = first >> 16;
	tag = fact_tag(s, source, slot);
	if (tag == TAG_KNOWN)
		class = text(image, s, word(image, at + 1), fact_value(s, source, slot), at);
	else
		class = tag == TAG_ABSENT ? CLASS_ABSENT : CLASS_UNKNOWN;
	take_hit(image, s, at, class, HIT_AT_END);
	return 0;
}

/* A decision on its way through selectors and roots. */
struct round {
	struct image *image;
	struct scratch *s;
	__u32 list;
	__u32 action;
	int status;
};

/* Combines what one root says with what others said. */
static long decide_root(__u32 i, struct round *r)
{
	__u32 leaf = walk(r->image, r->s, word(r->image, r->list + 1 + i));

	if (!leaf) {
		r->status = -1;
		return 1;
	}
	if ((word(r->image, leaf) & 0xff) == NODE_HITS)
		take_hits(r->image, r->s, leaf);
	else
		take_leaf(r->image, r->s, leaf);
	return 0;
}

/* The roots of one selector. */
static long decide_selector(__u32 i, struct round *r)
{
	__u32 scopes = walk(r->image, r->s, word(r->image, word(r->image, HEADER_SELECTORS) + i)), n;

	if (!scopes) {
		r->status = -1;
		return 1;
	}
	r->list = word(r->image, scopes + 1 + r->action);
	if (!r->list)
		return 0;
	n = word(r->image, r->list);
	if (n > MAX_ROOTS) {
		r->status = -1;
		return 1;
	}
	bpf_loop(n, decide_root, r, 0);
	return r->status ? 1 : 0;
}

/* Decides the event whose facts are in the scratch slot; the answer is s->columns. Gives 0, or -1 when the image is not one. */
static __always_inline int decide(struct image *image, struct scratch *s, __u32 action)
{
	struct round r = { .image = image, .s = s, .action = action };
	__u32 n = word(image, HEADER_SELECTOR_COUNT);

	for (__u32 j = 0; j < 6; j++)
		s->columns[j] = NONE;
	s->columns[6] = 0;
	if (n > MAX_SELECTORS)
		return -1;
	bpf_loop(n, decide_selector, &r, 0);
	return r.status;
}

/* What the process whose facts are in the scratch slot is to its descendants: its own ancestors' bits and those of the
 * predicates that it satisfies itself. */
__noinline __u64 ancestry(struct image *image, struct scratch *s, __u64 bits)
{
	__u32 list, n;

	if (!image || !s)
		return ~0ull;
	list = word(image, HEADER_PREDICATES);
	n = word(image, HEADER_PREDICATE_COUNT);
	for (__u32 i = 0; i < MAX_PREDICATES; i++) {
		__u32 end, truth;

		if (i >= n)
			break;
		end = walk(image, s, word(image, list + i));
		truth = end ? word(image, end + 1) : TRUTH_UNKNOWN;
		if (truth == TRUTH_TRUE)
			bits |= (__u64)ANCESTOR_YES << (2 * i);
		else if (truth != TRUTH_FALSE)
			bits |= (__u64)ANCESTOR_UNKNOWN << (2 * i);
	}
	return bits;
}
