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

enum { HEADER_SELECTORS = 4, HEADER_SELECTOR_COUNT = 5, HEADER_PREDICATES = 12, HEADER_PREDICATE_COUNT = 13,
       HEADER_ENTRIES = 15 };
enum { NODE_LEAF = 0, NODE_SCOPES = 1, NODE_TRUTH = 2, NODE_TEST = 3 };
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
/* As many as an image of IMAGE_WORDS words can need. */
#define SEARCH_STEPS 19

/* A transition: the next state, and what is special about it. */
#define SINK 0x80000000u       /* nothing leaves it: the run can stop */
#define RUN 0x40000000u        /* it matches a string, held beside its header */
#define STATE_MASK 0x3fffffffu
#define CLASS_MASK 0x3fffffffu

static __always_inline __u32 word(struct image *image, __u32 at)
{
	return image->words[at & (IMAGE_WORDS - 1)];
}

/* A run of an automaton over bytes of s->data. Where it stands is kept in memory and read anew for every byte: what is
 * loaded from memory the verifier takes for any number, so that all ways through a step look alike to it behind the step. In
 * registers each would leave other bounds, and the ways would multiply. */
static __always_inline void enter_state(struct image *image, volatile struct run *r, __u32 next)
{
	r->next = next;
	r->left = 0;
	if (next & RUN) {
		__u32 at = r->entries + 2 * (next & STATE_MASK);

		r->left = word(image, at + 2) & CLASS_MASK;
		r->string = word(image, at + 5) * 4;
	}
}

/* Up to TEXT_PART more bytes. Gives 1 when the run can stop. */
__noinline __u32 text_part(struct image *image, struct scratch *s, __u32 at, __u32 step, __u32 length)
{
	volatile struct run *r;

	if (!image || !s)
		return 1;
	r = &s->run;
	for (__u32 i = 0; i < TEXT_PART; i++) {
		__u32 byte, next = r->next, left = r->left, state = next & STATE_MASK, entry = r->entries + 2 * state;

		if (i >= length)
			return 0;
		if (next & SINK)
			return 1;
		byte = s->data[at & (DATA_BYTES - 1)];
		at += step;
		if (left) {
			__u32 string = r->string;

			if (((word(image, string / 4) >> (string % 4 * 8)) & 0xff) == byte) {
				if (left > 1) {
					r->string = string + 1;
					r->left = left - 1;
				} else {
					enter_state(image, r, word(image, entry + 3));
				}
				continue;
			}
		} else if (byte && word(image, entry + 2 * byte) == state) {
			enter_state(image, r, word(image, entry + 2 * byte + 1));
			continue;
		}
		enter_state(image, r, word(image, entry + 1));
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

/* The class of bytes of s->data (offset | length << 32). */
__noinline __u32 text(struct image *image, struct scratch *s, __u32 c, __u64 bytes)
{
	volatile struct run *r;
	__u32 step, length = bytes >> 32;

	if (!image || !s || length > PATH_END)
		return CLASS_UNKNOWN;
	r = &s->run;
	r->entries = word(image, HEADER_ENTRIES);
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
	return word(image, r->entries + 2 * (r->next & STATE_MASK)) & CLASS_MASK;
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
		return text(image, s, c, value);
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
	for (__u32 j = 0; j < 6; j++) {
		__u32 rank = word(r->image, leaf + 1 + j);

		if (rank < r->s->columns[j])
			r->s->columns[j] = rank;
	}
	r->s->columns[6] |= word(r->image, leaf + LEAF_FLAGS);
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
