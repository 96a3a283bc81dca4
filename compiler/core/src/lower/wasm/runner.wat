;; The runner: decides events with the table image that lies in memory behind it.
;;
;; It is the same in every artifact, byte for byte; what differs is the image (data) and the size of the memory.
;; `docs/reference/tables.md` says what it reads. Names in capitals behind an at sign are constants of `warmor-policy`, put in
;; by the build. Every loop ends: a walk goes to lower offsets, a run consumes a byte, a search halves its range, everything
;; else counts.
;;
;; Memory: event buffer at @EVENT, image at @IMAGE, result (a bit for each clause) behind the image.
(module
  (memory (export "memory") 2)
  ;; Where the host writes an event, and how long it may be.
  (global (export "event") i32 (i32.const @EVENT))
  (global (export "event_capacity") i32 (i32.const @EVENT_CAPACITY))

  ;; The event that is being decided.
  (global $event (mut i32) (i32.const 0))
  (global $length (mut i32) (i32.const 0))
  ;; The node of hits whose automaton runs, and what its leaves are taken into.
  (global $hits (mut i32) (i32.const 0))
  (global $clauses (mut i32) (i32.const 0))
  ;; The value of the fact that was read last.
  (global $value (mut i64) (i64.const 0))
  ;; The columns of the leaves met so far: smallest ranks, and flags.
  (global $enforced_deny (mut i32) (i32.const -1))
  (global $enforced_allow (mut i32) (i32.const -1))
  (global $enforced_default (mut i32) (i32.const -1))
  (global $deny (mut i32) (i32.const -1))
  (global $allow (mut i32) (i32.const -1))
  (global $default (mut i32) (i32.const -1))
  (global $flags (mut i32) (i32.const 0))

  ;; The decision for the event at $ptr, as `Decision::to_bits` packs it; -1 if there is no event.
  (func (export "decide") (param $ptr i32) (param $len i32) (result i64)
    (if (i32.eqz (call $open (local.get $ptr) (local.get $len))) (then (return (i64.const -1))))
    (call $reset)
    (call $each_leaf (i32.const 0))
    (call $decision))

  ;; Sets, in the result, the bit of each clause that applies to the event at $ptr. Returns the result's address, or 0 if
  ;; there is no event.
  (func (export "applying") (param $ptr i32) (param $len i32) (result i32)
    (if (i32.eqz (call $open (local.get $ptr) (local.get $len))) (then (return (i32.const 0))))
    (memory.fill (call $result) (i32.const 0)
      (i32.shl (i32.shr_u (i32.add (i32.load (i32.const @CLAUSE_COUNT)) (i32.const 31)) (i32.const 5)) (i32.const 2)))
    (call $each_leaf (i32.const 1))
    (call $result))

  ;; Address of the result: behind the image.
  (func $result (result i32)
    (i32.add (i32.const @IMAGE) (i32.shl (i32.load (i32.const @WORDS)) (i32.const 2))))

  ;; Mutes a policy (1) or unmutes it (0): computes the columns of every leaf anew.
  (func (export "set_muted") (param $policy i32) (param $muted i32)
    (local $i i32) (local $leaf i32) (local $set i32)
    (if (i32.ge_u (local.get $policy) (i32.load (i32.const @POLICY_COUNT))) (then (return)))
    (i32.store offset=@IMAGE
      (i32.shl
        (i32.add
          (i32.add (i32.load (i32.const @POLICIES)) (i32.mul (local.get $policy) (i32.const @POLICY_WORDS)))
          (i32.const 1))
        (i32.const 2))
      (i32.ne (local.get $muted) (i32.const 0)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (i32.load (i32.const @LEAF_COUNT))))
        (local.set $leaf (i32.shl (call $word (i32.add (i32.load (i32.const @LEAVES)) (local.get $i))) (i32.const 2)))
        (call $reset)
        (local.set $set (i32.load offset=@LEAF_RANKS (local.get $leaf)))
        (if (local.get $set)
          (then
            (call $columns
              (i32.and (call $word (local.get $set)) (i32.const 31))
              (call $word (i32.add (local.get $set) (i32.const 1)))
              (i32.shr_u (call $word (local.get $set)) (i32.const 5)))))
        (i32.store offset=@LEAF_ENFORCED_DENY (local.get $leaf) (global.get $enforced_deny))
        (i32.store offset=@LEAF_ENFORCED_ALLOW (local.get $leaf) (global.get $enforced_allow))
        (i32.store offset=@LEAF_ENFORCED_DEFAULT (local.get $leaf) (global.get $enforced_default))
        (i32.store offset=@LEAF_REPORTED_DENY (local.get $leaf) (global.get $deny))
        (i32.store offset=@LEAF_REPORTED_ALLOW (local.get $leaf) (global.get $allow))
        (i32.store offset=@LEAF_REPORTED_DEFAULT (local.get $leaf) (global.get $default))
        (i32.store offset=@LEAF_FLAGS (local.get $leaf) (global.get $flags))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next))))

  ;; ------------------------------------------------------------------ the answer

  (func $reset
    (global.set $enforced_deny (i32.const -1))
    (global.set $enforced_allow (i32.const -1))
    (global.set $enforced_default (i32.const -1))
    (global.set $deny (i32.const -1))
    (global.set $allow (i32.const -1))
    (global.set $default (i32.const -1))
    (global.set $flags (i32.const 0)))

  (func $min (param $a i32) (param $b i32) (result i32)
    (select (local.get $a) (local.get $b) (i32.lt_u (local.get $a) (local.get $b))))

  ;; Takes the columns of the leaf at address $leaf into the answer.
  (func $combine (param $leaf i32)
    (global.set $enforced_deny (call $min (global.get $enforced_deny) (i32.load offset=@LEAF_ENFORCED_DENY (local.get $leaf))))
    (global.set $enforced_allow (call $min (global.get $enforced_allow) (i32.load offset=@LEAF_ENFORCED_ALLOW (local.get $leaf))))
    (global.set $enforced_default (call $min (global.get $enforced_default) (i32.load offset=@LEAF_ENFORCED_DEFAULT (local.get $leaf))))
    (global.set $deny (call $min (global.get $deny) (i32.load offset=@LEAF_REPORTED_DENY (local.get $leaf))))
    (global.set $allow (call $min (global.get $allow) (i32.load offset=@LEAF_REPORTED_ALLOW (local.get $leaf))))
    (global.set $default (call $min (global.get $default) (i32.load offset=@LEAF_REPORTED_DEFAULT (local.get $leaf))))
    (global.set $flags (i32.or (global.get $flags) (i32.load offset=@LEAF_FLAGS (local.get $leaf)))))

  ;; Deny, allow, default, unmentioned: the rank that decides, its reason, and whether that denies.
  (func $verdict (param $deny i32) (param $allow i32) (param $default i32) (result i32 i32 i32)
    (if (i32.ne (local.get $deny) (i32.const -1)) (then (return (local.get $deny) (i32.const 1) (i32.const 1))))
    (if (i32.ne (local.get $allow) (i32.const -1)) (then (return (local.get $allow) (i32.const 2) (i32.const 0))))
    (if (i32.ne (local.get $default) (i32.const -1)) (then (return (local.get $default) (i32.const 3) (i32.const 1))))
    (i32.const -1) (i32.const 0) (i32.const 0))

  (func $decision (result i64)
    (local $rank i32) (local $reason i32) (local $enforced i32) (local $reported i32)
    (call $verdict (global.get $enforced_deny) (global.get $enforced_allow) (global.get $enforced_default))
    (local.set $enforced) (local.set $reason) (local.set $rank)
    (local.set $reported (i32.const 1))
    (if (i32.eqz (local.get $enforced))
      (then
        (call $verdict (global.get $deny) (global.get $allow) (global.get $default))
        (local.set $reported) (local.set $reason) (local.set $rank)))
    ;; flags: responses in bits 0-7, audit in bit 8, detected in bit 9
    (i64.or
      (i64.extend_i32_u (local.get $rank))
      (i64.shl
        (i64.extend_i32_u
          (i32.or
            (i32.or
              (i32.or (local.get $enforced) (i32.shl (local.get $reported) (i32.const 1)))
              (i32.shl (i32.and (i32.shr_u (global.get $flags) (i32.const 8)) (i32.const 3)) (i32.const 2)))
            (i32.or
              (i32.shl (local.get $reason) (i32.const 4))
              (i32.shl (i32.and (global.get $flags) (i32.const 127)) (i32.const 8)))))
        (i64.const 32))))

  ;; ------------------------------------------------------------------ sets of clauses

  ;; Sets the bits of a set of ranks in the result; $at is a word offset, $base counts words of the result.
  (func $ranks (param $level i32) (param $at i32) (param $base i32)
    (local $address i32)
    (if (i32.eqz (local.get $at)) (then (return)))
    (if (i32.eqz (local.get $level))
      (then
        (local.set $address (i32.add (call $result) (i32.shl (local.get $base) (i32.const 2))))
        (i32.store (local.get $address) (i32.or (i32.load (local.get $address)) (call $word (local.get $at))))
        (return)))
    (local.set $level (i32.sub (local.get $level) (i32.const 1)))
    (call $ranks (local.get $level) (call $word (local.get $at)) (local.get $base))
    (call $ranks (local.get $level)
      (call $word (i32.add (local.get $at) (i32.const 1)))
      (i32.add (local.get $base) (i32.shl (i32.const 1) (local.get $level)))))

  ;; Takes the columns of a set of ranks into the answer.
  (func $columns (param $level i32) (param $at i32) (param $base i32)
    (local $bits i32)
    (if (i32.eqz (local.get $at)) (then (return)))
    (if (i32.eqz (local.get $level))
      (then
        (local.set $bits (call $word (local.get $at)))
        (block $done
          (loop $next
            (br_if $done (i32.eqz (local.get $bits)))
            (call $clause (i32.add (i32.shl (local.get $base) (i32.const 5)) (i32.ctz (local.get $bits))))
            (local.set $bits (i32.and (local.get $bits) (i32.sub (local.get $bits) (i32.const 1))))
            (br $next)))
        (return)))
    (local.set $level (i32.sub (local.get $level) (i32.const 1)))
    (call $columns (local.get $level) (call $word (local.get $at)) (local.get $base))
    (call $columns (local.get $level)
      (call $word (i32.add (local.get $at) (i32.const 1)))
      (i32.add (local.get $base) (i32.shl (i32.const 1) (local.get $level)))))

  ;; Takes the columns of one clause into the answer.
  (func $clause (param $rank i32)
    (local $clause i32) (local $policy i32) (local $prevents i32) (local $enforces i32) (local $responses i32)
    (local.set $clause
      (i32.add (i32.load (i32.const @CLAUSES)) (i32.mul (local.get $rank) (i32.const @CLAUSE_WORDS))))
    (local.set $policy (call $word (i32.add (local.get $clause) (i32.const 1))))
    (local.set $responses (call $word (i32.add (local.get $clause) (i32.const 2))))
    (if (i32.ne (local.get $policy) (i32.const -1))
      (then
        (local.set $policy
          (i32.add (i32.load (i32.const @POLICIES)) (i32.mul (local.get $policy) (i32.const @POLICY_WORDS))))
        (local.set $prevents (call $word (local.get $policy)))
        (local.set $enforces
          (i32.and (local.get $prevents)
            (i32.eqz (call $word (i32.add (local.get $policy) (i32.const 1))))))))
    (block $detect
      (block $posture
        (block $audit
          (block $permit
            (block $forbid
              (br_table $forbid $permit $audit $posture $detect (call $word (local.get $clause))))
            ;; deny
            (global.set $deny (call $min (global.get $deny) (local.get $rank)))
            (if (local.get $enforces)
              (then (global.set $enforced_deny (call $min (global.get $enforced_deny) (local.get $rank))))
              (else (local.set $responses (i32.and (local.get $responses) (i32.const @HARMLESS)))))
            (global.set $flags (i32.or (global.get $flags) (local.get $responses)))
            (return))
          ;; allow
          (global.set $allow (call $min (global.get $allow) (local.get $rank)))
          (if (local.get $prevents)
            (then (global.set $enforced_allow (call $min (global.get $enforced_allow) (local.get $rank)))))
          (return))
        ;; audit
        (global.set $flags
          (i32.or (global.get $flags)
            (i32.or (i32.and (local.get $responses) (i32.const @HARMLESS)) (i32.const @AUDIT))))
        (return))
      ;; default
      (global.set $default (call $min (global.get $default) (local.get $rank)))
      (if (local.get $enforces)
        (then (global.set $enforced_default (call $min (global.get $enforced_default) (local.get $rank)))))
      (return))
    (global.set $flags (i32.or (global.get $flags) (i32.or (local.get $responses) (i32.const @DETECTED)))))

  ;; ------------------------------------------------------------------ the image

  ;; The word at a word offset.
  (func $word (param $at i32) (result i32)
    (i32.load offset=@IMAGE (i32.shl (local.get $at) (i32.const 2))))

  ;; Walks every selector and every root that it gives. Takes each leaf into the answer (0) or its clauses into the result (1).
  (func $each_leaf (param $clauses i32)
    (local $selector i32) (local $last i32) (local $process i32) (local $action i32) (local $list i32) (local $end i32) (local $found i32)
    (local.set $process (i32.load offset=8 (global.get $event)))
    (local.set $action (i32.load8_u offset=5 (global.get $event)))
    (local.set $selector (i32.load (i32.const @SELECTORS)))
    (local.set $last (i32.add (local.get $selector) (i32.load (i32.const @SELECTOR_COUNT))))
    (block $done
      (loop $next_selector
        (br_if $done (i32.ge_u (local.get $selector) (local.get $last)))
        (local.set $list
          (call $word
            (i32.add
              (i32.add (call $walk (call $word (local.get $selector)) (local.get $process)) (i32.const 1))
              (local.get $action))))
        (local.set $selector (i32.add (local.get $selector) (i32.const 1)))
        (br_if $next_selector (i32.eqz (local.get $list)))
        (local.set $end (i32.add (local.get $list) (call $word (local.get $list))))
        (loop $next_root
          (if (i32.lt_u (local.get $list) (local.get $end))
            (then
              (local.set $list (i32.add (local.get $list) (i32.const 1)))
              (local.set $found (call $walk (call $word (local.get $list)) (local.get $process)))
              (if (i32.eq (i32.and (call $word (local.get $found)) (i32.const 255)) (i32.const @HITS))
                (then (call $hits (local.get $found) (local.get $process) (local.get $clauses)))
                (else (call $leaf (local.get $found) (local.get $clauses))))
              (br $next_root))))
        (br $next_selector))))

  ;; Takes the leaf at a word offset into the answer (0) or its clauses into the result (1).
  (func $leaf (param $leaf i32) (param $clauses i32)
    (local $set i32)
    (local.set $leaf (i32.shl (local.get $leaf) (i32.const 2)))
    (if (i32.eqz (local.get $clauses)) (then (call $combine (local.get $leaf)) (return)))
    (local.set $set (i32.load offset=@LEAF_RANKS (local.get $leaf)))
    (if (local.get $set)
      (then
        (call $ranks
          (i32.and (call $word (local.get $set)) (i32.const 31))
          (call $word (i32.add (local.get $set) (i32.const 1)))
          (i32.shr_u (call $word (local.get $set)) (i32.const 5))))))

  ;; Takes the leaves of a node of hits.
  (func $hits (param $at i32) (param $process i32) (param $clauses i32)
    (local $first i32) (local $tag i32) (local $class i32)
    (local.set $first (call $word (local.get $at)))
    (local.set $tag
      (call $fact
        (i32.and (i32.shr_u (local.get $first) (i32.const 8)) (i32.const 255))
        (i32.shr_u (local.get $first) (i32.const 16))
        (local.get $process)))
    (local.set $class (i32.ne (local.get $tag) (i32.const @ABSENT)))
    (if (i32.eq (local.get $tag) (i32.const @KNOWN))
      (then
        (global.set $hits (local.get $at))
        (global.set $clauses (local.get $clauses))
        (local.set $class
          (call $text (call $word (i32.add (local.get $at) (i32.const 1))) (global.get $value) (i32.const 1)))))
    (call $hit (local.get $at) (local.get $class) (i32.const 1) (local.get $clauses)))

  ;; Takes the leaf of a class of a node of hits: the first, or that of the end of the text.
  (func $hit (param $at i32) (param $class i32) (param $place i32) (param $clauses i32)
    (call $leaf
      (call $word
        (i32.add
          (i32.add (local.get $at) (i32.const 3))
          (call $min
            (i32.add (i32.shl (local.get $class) (i32.const 1)) (local.get $place))
            (i32.sub (call $word (i32.add (local.get $at) (i32.const 2))) (i32.const 1)))))
      (local.get $clauses)))

  ;; The end of the diagram at $at, as a word offset; $process is the record that facts of the process are read from.
  (func $walk (param $at i32) (param $process i32) (result i32)
    (local $first i32) (local $class i32) (local $last i32)
    (loop $next
      (local.set $first (call $word (local.get $at)))
      (if (i32.ne (i32.and (local.get $first) (i32.const 255)) (i32.const @TEST)) (then (return (local.get $at))))
      (local.set $class
        (call $classify
          (call $word (i32.add (local.get $at) (i32.const 1)))
          (i32.and (i32.shr_u (local.get $first) (i32.const 8)) (i32.const 255))
          (i32.shr_u (local.get $first) (i32.const 16))
          (local.get $process)))
      (local.set $last (i32.sub (call $word (i32.add (local.get $at) (i32.const 2))) (i32.const 1)))
      (local.set $at
        (call $word
          (i32.add (i32.add (local.get $at) (i32.const 3)) (call $min (local.get $class) (local.get $last)))))
      (br $next))
    (unreachable))

  ;; ------------------------------------------------------------------ the event

  ;; Whether there is an event at $ptr; if so it is the one that is being decided.
  (func $open (param $ptr i32) (param $len i32) (result i32)
    (if (i32.or
          (i32.lt_u (local.get $len) (i32.const @FIXED_BYTES))
          (i32.gt_u (local.get $len) (i32.const @EVENT_CAPACITY)))
      (then (return (i32.const 0))))
    ;; Eight bytes are loaded at a time, so some must lie on either side.
    (if (i32.or
          (i32.lt_u (local.get $ptr) (i32.const 8))
          (i64.gt_u
            (i64.add (i64.extend_i32_u (local.get $ptr)) (i64.extend_i32_u (i32.add (local.get $len) (i32.const 8))))
            (i64.shl (i64.extend_i32_u (memory.size)) (i64.const 16))))
      (then (return (i32.const 0))))
    (global.set $event (local.get $ptr))
    (global.set $length (local.get $len))
    (i32.and
      (i32.and
        (i32.eq (i32.load (local.get $ptr)) (local.get $len))
        (i32.eq (i32.load8_u offset=4 (local.get $ptr)) (i32.const @EVENT_VERSION)))
      (i32.lt_u (i32.load8_u offset=5 (local.get $ptr)) (i32.const @ACTIONS))))

  ;; Whether $size bytes at $at lie in the event.
  (func $inside (param $at i32) (param $size i64) (result i32)
    (i64.le_u
      (i64.add (i64.extend_i32_u (local.get $at)) (local.get $size))
      (i64.extend_i32_u (global.get $length))))

  ;; The tag of a fact; its value is in $value.
  (func $fact (param $source i32) (param $slot i32) (param $process i32) (result i32)
    (local $record i32)
    (if (i32.eqz (local.get $source))
      (then
        (local.set $record (i32.add (global.get $event) (local.get $slot)))
        (global.set $value
          (i64.load offset=@EVENT_VALUES (i32.add (global.get $event) (i32.shl (local.get $slot) (i32.const 3)))))
        (return (i32.load8_u offset=@EVENT_TAGS (local.get $record)))))
    (local.set $record (local.get $process))
    (if (i32.eq (local.get $source) (i32.const 2))
      (then (local.set $record (i32.load offset=12 (global.get $event)))))
    (if (i32.gt_u (local.get $source) (i32.const 2))
      (then (local.set $record (i32.load offset=16 (global.get $event)))))
    (if (i32.eqz (local.get $record)) (then (return (i32.const 0))))
    (if (i32.eqz
          (call $inside (local.get $record)
            (i64.extend_i32_u (i32.add (i32.const 32) (i32.shl (local.get $slot) (i32.const 3))))))
      (then (return (i32.const 1))))
    (local.set $record (i32.add (global.get $event) (local.get $record)))
    (global.set $value
      (i64.load offset=@RECORD_VALUES (i32.add (local.get $record) (i32.shl (local.get $slot) (i32.const 3)))))
    (i32.load8_u (i32.add (local.get $record) (local.get $slot))))

  ;; ------------------------------------------------------------------ classifiers

  (func $classify (param $c i32) (param $source i32) (param $slot i32) (param $process i32) (result i32)
    (local $kind i32) (local $tag i32)
    (local.set $kind (call $word (local.get $c)))
    (if (i32.eq (local.get $kind) (i32.const @RELATION))
      (then (return (call $relation (local.get $c) (local.get $process)))))
    (if (i32.eq (local.get $kind) (i32.const @SAME))
      (then (return (call $same (local.get $c) (local.get $process)))))
    (if (i32.eq (local.get $kind) (i32.const @ANCESTOR)) (then (return (call $ancestor (local.get $c)))))
    (local.set $tag (call $fact (local.get $source) (local.get $slot) (local.get $process)))
    (if (i32.ne (local.get $tag) (i32.const @KNOWN))
      (then (return (i32.ne (local.get $tag) (i32.const @ABSENT)))))
    (block $other
      (block $quantifier
        (block $key
          (block $flag
            (block $depth
              (block $address
                (block $number
                  (block $text
                    ;; in the order of kinds: 1 and 2 text, 3 number, 4 address, 5 depth, 6 flags, 7 key, 8 and 9 any and all
                    (br_table $other $text $text $number $address $depth $flag $key $quantifier $quantifier $other
                      (local.get $kind)))
                  (return (call $text (local.get $c) (global.get $value) (i32.const 0))))
                (return (call $interval (local.get $c) (i64.xor (global.get $value) (i64.const 0x8000000000000000)))))
              (return (call $network (local.get $c) (global.get $value))))
            (return (call $depth (local.get $c) (global.get $value))))
          (return
            (i32.add (i32.const 2)
              (i64.eq
                (i64.and (global.get $value) (i64.extend_i32_u (call $word (i32.add (local.get $c) (i32.const 1)))))
                (i64.extend_i32_u (call $word (i32.add (local.get $c) (i32.const 1))))))))
        (return (call $key (local.get $c) (global.get $value))))
      (return (call $quantifier (local.get $c) (global.get $value))))
    (i32.const 2))

  ;; The class of a text, given as offset and length. If asked for, takes the leaves of $hits that it meets.
  (func $text (param $c i32) (param $text i64) (param $hits i32) (result i32)
    (local $from i32) (local $size i32)
    (local.set $size (i32.wrap_i64 (i64.shr_u (local.get $text) (i64.const 32))))
    (if (i32.eqz (call $inside (i32.wrap_i64 (local.get $text)) (i64.shr_u (local.get $text) (i64.const 32))))
      (then (return (i32.const 1))))
    (local.set $from (i32.add (global.get $event) (i32.wrap_i64 (local.get $text))))
    (if (result i32) (i32.eq (call $word (local.get $c)) (i32.const @TEXT))
      (then
        (call $run
          (call $word (i32.add (local.get $c) (i32.const 1)))
          (local.get $from)
          (local.get $size)
          (i32.const 1)
          (local.get $hits)))
      (else
        (call $run
          (call $word (i32.add (local.get $c) (i32.const 1)))
          (i32.sub (i32.add (local.get $from) (local.get $size)) (i32.const 1))
          (local.get $size)
          (i32.const -1)
          (local.get $hits)))))

  ;; The high bit of each byte that is 0, and no other bit.
  (func $zero_bytes (param $bytes i64) (result i64)
    (i64.xor
      (i64.const -1)
      (i64.or
        (i64.or
          (i64.add
            (i64.and (local.get $bytes) (i64.const 0x7f7f7f7f7f7f7f7f))
            (i64.const 0x7f7f7f7f7f7f7f7f))
          (local.get $bytes))
        (i64.const 0x7f7f7f7f7f7f7f7f))))

  ;; A byte, eight times.
  (func $eight (param $byte i64) (result i64)
    (i64.mul (i64.and (local.get $byte) (i64.const 255)) (i64.const 0x0101010101010101)))

  ;; How many bytes stand, in reading order, before the first that is not 0.
  (func $zeros (param $bytes i64) (param $step i32) (result i32)
    (i32.shr_u
      (i32.wrap_i64
        (if (result i64) (i32.gt_s (local.get $step) (i32.const 0))
          (then (i64.ctz (local.get $bytes)))
          (else (i64.clz (local.get $bytes)))))
      (i32.const 3)))

  ;; The next eight bytes of a text, and what lies behind it if there are fewer; loaded from its far end when read backward.
  (func $eight_at (param $at i32) (param $step i32) (result i64)
    (i64.load
      (if (result i32) (i32.gt_s (local.get $step) (i32.const 0))
        (then (local.get $at))
        (else (i32.sub (local.get $at) (i32.const 7))))))

  ;; The transition on a byte of a state that has bytes of its own.
  (func $by_key (param $state i32) (param $byte i32) (result i32)
    (local $found i64)
    (local.set $found
      (call $zero_bytes
        (i64.xor
          (i64.load offset=@STATE_BYTES (local.get $state))
          (call $eight (i64.extend_i32_u (local.get $byte))))))
    (if (i64.eqz (local.get $found))
      (then (return (i32.load offset=@STATE_DEFAULT (local.get $state)))))
    (i32.load offset=@STATE_BY_KEY
      (i32.add
        (local.get $state)
        (i32.shl (i32.shr_u (i32.wrap_i64 (i64.ctz (local.get $found))) (i32.const 3)) (i32.const 2)))))

  ;; The transition on a byte of a state of a range.
  (func $by_range (param $state i32) (param $byte i32) (result i32)
    (local $index i32)
    (local.set $index (i32.sub (local.get $byte) (i32.load8_u offset=@STATE_SPAN (local.get $state))))
    (if (result i32)
      (i32.lt_u
        (local.get $index)
        (i32.shr_u (i32.load offset=@STATE_SPAN (local.get $state)) (i32.const 8)))
      (then
        (i32.load offset=@STATE_BY_BYTE (i32.add (local.get $state) (i32.shl (local.get $index) (i32.const 2)))))
      (else (i32.load offset=@STATE_DEFAULT (local.get $state)))))

  ;; The transition on a byte of a state that is no string, or that ends the run.
  (func $transition (param $from i32) (param $byte i32) (result i32)
    (local $state i32)
    (if (i32.lt_s (local.get $from) (i32.const 0)) (then (return (local.get $from))))
    (local.set $state (i32.shl (i32.and (local.get $from) (i32.const @STATE_MASK)) (i32.const 2)))
    (if (result i32)
      (i32.eq (i32.shr_u (local.get $from) (i32.const @KIND_SHIFT)) (i32.const @RANGE))
      (then (call $by_range (local.get $state) (local.get $byte)))
      (else (call $by_key (local.get $state) (local.get $byte)))))

  ;; Runs an automaton over $left bytes, the first of them at $at, the others in the direction of $step.
  (func $run (param $next i32) (param $at i32) (param $left i32) (param $step i32) (param $hits i32) (result i32)
    (local $state i32) (local $string i32) (local $enough i32) (local $same i32) (local $rest i32)
    (local $bytes i64) (local $keys i64)
    (loop $read
      (if (i32.lt_s (local.get $next) (i32.const 0))
        (then
          (local.set $next (i32.and (local.get $next) (i32.const 0x7fffffff)))
          (if (i32.and (local.get $hits) (i32.ne (local.get $left) (i32.const 0)))
            (then (call $passed (local.get $next))))
          (return (local.get $next))))
      ;; The address of the state, without that of the image.
      (local.set $state (i32.shl (i32.and (local.get $next) (i32.const @STATE_MASK)) (i32.const 2)))
      (if (i32.eqz (local.get $left))
        (then (return (i32.shr_u (i32.load offset=@STATE_FIRST (local.get $state)) (i32.const @CLASS_SHIFT)))))
      (if (local.get $hits)
        (then (call $passed (i32.shr_u (i32.load offset=@STATE_FIRST (local.get $state)) (i32.const @CLASS_SHIFT)))))
      (block $seek
        (block $string
          (block $range
            (block $keys
              ;; in the order of kinds: 0 keys, 1 range, 2 string, 3 seek
              (br_table $keys $range $string $seek
                (i32.and (i32.shr_u (local.get $next) (i32.const @KIND_SHIFT)) (i32.const 3))))
            ;; keys
            (local.set $next (call $by_key (local.get $state) (i32.load8_u (local.get $at))))
            (local.set $at (i32.add (local.get $at) (local.get $step)))
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br $read))
          ;; range
          (local.set $next (call $by_range (local.get $state) (i32.load8_u (local.get $at))))
          (local.set $at (i32.add (local.get $at) (local.get $step)))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br $read))
        ;; string
        (local.set $string (local.get $state))
        (local.set $rest (i32.load offset=@STATE_LENGTH (local.get $state)))
        (loop $compare
          (local.set $enough (call $min (local.get $left) (local.get $rest)))
          (local.set $bytes (i64.load offset=@STATE_TEXT (local.get $string)))
          ;; The words of a string that is read backward have their first byte highest, so the first word belongs there, too.
          (if (i32.lt_s (local.get $step) (i32.const 0))
            (then (local.set $bytes (i64.rotl (local.get $bytes) (i64.const 32)))))
          (local.set $same
            (call $zeros
              (i64.xor (local.get $bytes) (call $eight_at (local.get $at) (local.get $step)))
              (local.get $step)))
          (if (i32.ge_u (local.get $same) (local.get $enough))
            (then
              ;; As far as there is a text and a string, they agree.
              (if (i32.lt_u (local.get $enough) (local.get $rest))
                (then
                  (return (i32.shr_u (i32.load offset=@STATE_FIRST (local.get $state)) (i32.const @CLASS_SHIFT)))))
              (local.set $at (i32.add (local.get $at) (i32.mul (local.get $enough) (local.get $step))))
              (local.set $left (i32.sub (local.get $left) (local.get $enough)))
              (local.set $next (i32.load offset=@STATE_AFTER (local.get $state)))
              (br $read)))
          (if (i32.lt_u (local.get $same) (i32.const 8))
            (then
              (local.set $at (i32.add (local.get $at) (i32.mul (local.get $same) (local.get $step))))
              (local.set $left (i32.sub (i32.sub (local.get $left) (local.get $same)) (i32.const 1)))
              (local.set $next
                (call $transition (i32.load offset=@STATE_DEFAULT (local.get $state)) (i32.load8_u (local.get $at))))
              (local.set $at (i32.add (local.get $at) (local.get $step)))
              (br $read)))
          (local.set $at (i32.add (local.get $at) (i32.shl (local.get $step) (i32.const 3))))
          (local.set $left (i32.sub (local.get $left) (i32.const 8)))
          (local.set $rest (i32.sub (local.get $rest) (i32.const 8)))
          (local.set $string (i32.add (local.get $string) (i32.const 8)))
          (br $compare))
        (unreachable))
      ;; seek
      (local.set $keys (i64.load offset=@STATE_BYTES (local.get $state)))
      (loop $look
        (local.set $bytes (call $eight_at (local.get $at) (local.get $step)))
        (local.set $same
          (call $zeros
            (i64.or
              (i64.or
                (call $zero_bytes (i64.xor (local.get $bytes) (call $eight (local.get $keys))))
                (call $zero_bytes
                  (i64.xor (local.get $bytes) (call $eight (i64.shr_u (local.get $keys) (i64.const 8))))))
              (call $zero_bytes
                (i64.xor (local.get $bytes) (call $eight (i64.shr_u (local.get $keys) (i64.const 16))))))
            (local.get $step)))
        (if (i32.ge_u (local.get $same) (local.get $left))
          (then (return (i32.shr_u (i32.load offset=@STATE_FIRST (local.get $state)) (i32.const @CLASS_SHIFT)))))
        (local.set $at (i32.add (local.get $at) (i32.mul (local.get $same) (local.get $step))))
        (local.set $left (i32.sub (local.get $left) (local.get $same)))
        (br_if $look (i32.eq (local.get $same) (i32.const 8))))
      (local.set $next (call $by_key (local.get $state) (i32.load8_u (local.get $at))))
      (local.set $at (i32.add (local.get $at) (local.get $step)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $read))
    (unreachable))

  ;; Takes what has been found in a state that the run leaves.
  (func $passed (param $class i32)
    (if (i32.gt_u (local.get $class) (i32.const @CLASS_KNOWN))
      (then (call $hit (global.get $hits) (local.get $class) (i32.const 0) (global.get $clauses)))))

  ;; The class of a number, as an unsigned one that has the same order.
  (func $interval (param $c i32) (param $number i64) (result i32)
    (local $low i32) (local $high i32) (local $middle i32) (local $bounds i32)
    (local.set $high (call $word (i32.add (local.get $c) (i32.const 1))))
    (local.set $bounds (call $word (i32.add (local.get $c) (i32.const 2))))
    (block $done
      (loop $halve
        (br_if $done (i32.ge_u (local.get $low) (local.get $high)))
        (local.set $middle (i32.shr_u (i32.add (local.get $low) (local.get $high)) (i32.const 1)))
        (if (i64.le_u
              (i64.load offset=@IMAGE
                (i32.shl (i32.add (local.get $bounds) (i32.shl (local.get $middle) (i32.const 1))) (i32.const 2)))
              (local.get $number))
          (then (local.set $low (i32.add (local.get $middle) (i32.const 1))))
          (else (local.set $high (local.get $middle))))
        (br $halve)))
    (call $word (i32.add (call $word (i32.add (local.get $c) (i32.const 3))) (local.get $low))))

  (func $big_endian (param $w i32) (result i64)
    (i64.extend_i32_u
      (i32.or
        (i32.and (i32.rotl (local.get $w) (i32.const 8)) (i32.const 0x00ff00ff))
        (i32.and (i32.rotr (local.get $w) (i32.const 8)) (i32.const 0xff00ff00)))))

  ;; Two words of the image as one number, most significant first.
  (func $pair (param $at i32) (result i64)
    (i64.or
      (i64.shl (i64.extend_i32_u (call $word (local.get $at))) (i64.const 32))
      (i64.extend_i32_u (call $word (i32.add (local.get $at) (i32.const 1))))))

  ;; The class of an address, given as its offset.
  (func $network (param $c i32) (param $offset i64) (result i32)
    (local $low i32) (local $high i32) (local $middle i32) (local $bounds i32) (local $at i32)
    (local $first i64) (local $second i64) (local $bound i64)
    (if (i32.or
          (i64.gt_u (local.get $offset) (i64.const 0xffffffff))
          (i32.eqz (call $inside (i32.wrap_i64 (local.get $offset)) (i64.const 16))))
      (then (return (i32.const 1))))
    (local.set $at (i32.add (global.get $event) (i32.wrap_i64 (local.get $offset))))
    (local.set $first
      (i64.or
        (i64.shl (call $big_endian (i32.load (local.get $at))) (i64.const 32))
        (call $big_endian (i32.load offset=4 (local.get $at)))))
    (local.set $second
      (i64.or
        (i64.shl (call $big_endian (i32.load offset=8 (local.get $at))) (i64.const 32))
        (call $big_endian (i32.load offset=12 (local.get $at)))))
    (local.set $high (call $word (i32.add (local.get $c) (i32.const 1))))
    (local.set $bounds (call $word (i32.add (local.get $c) (i32.const 2))))
    (block $done
      (loop $halve
        (br_if $done (i32.ge_u (local.get $low) (local.get $high)))
        (local.set $middle (i32.shr_u (i32.add (local.get $low) (local.get $high)) (i32.const 1)))
        (local.set $at (i32.add (local.get $bounds) (i32.shl (local.get $middle) (i32.const 2))))
        (local.set $bound (call $pair (local.get $at)))
        (if (i32.or
              (i64.lt_u (local.get $bound) (local.get $first))
              (i32.and
                (i64.eq (local.get $bound) (local.get $first))
                (i64.le_u (call $pair (i32.add (local.get $at) (i32.const 2))) (local.get $second))))
          (then (local.set $low (i32.add (local.get $middle) (i32.const 1))))
          (else (local.set $high (local.get $middle))))
        (br $halve)))
    (call $word (i32.add (call $word (i32.add (local.get $c) (i32.const 3))) (local.get $low))))

  ;; The class of the number of slashes in a text.
  (func $depth (param $c i32) (param $text i64) (result i32)
    (local $at i32) (local $end i32) (local $slashes i64)
    (if (i32.eqz (call $inside (i32.wrap_i64 (local.get $text)) (i64.shr_u (local.get $text) (i64.const 32))))
      (then (return (i32.const 1))))
    (local.set $at (i32.add (global.get $event) (i32.wrap_i64 (local.get $text))))
    (local.set $end (i32.add (local.get $at) (i32.wrap_i64 (i64.shr_u (local.get $text) (i64.const 32)))))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $at) (local.get $end)))
        (local.set $slashes
          (i64.add (local.get $slashes) (i64.extend_i32_u (i32.eq (i32.load8_u (local.get $at)) (i32.const 47)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (call $interval (local.get $c) (i64.xor (local.get $slashes) (i64.const 0x8000000000000000))))

  ;; Whether $size bytes at two addresses are equal.
  (func $equal (param $a i32) (param $b i32) (param $size i32) (result i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $a) (local.get $size)))
    (loop $next
      (if (i32.eq (local.get $a) (local.get $end)) (then (return (i32.const 1))))
      (if (i32.ne (i32.load8_u (local.get $a)) (i32.load8_u (local.get $b))) (then (return (i32.const 0))))
      (local.set $a (i32.add (local.get $a) (i32.const 1)))
      (local.set $b (i32.add (local.get $b) (i32.const 1)))
      (br $next))
    (unreachable))

  ;; The class of the entry of a map that has the classifier's key; absent if there is none.
  (func $key (param $c i32) (param $map i64) (result i32)
    (local $at i32) (local $left i32) (local $key i64) (local $size i32)
    (local.set $left (i32.wrap_i64 (i64.shr_u (local.get $map) (i64.const 32))))
    (if (i32.eqz (call $inside (i32.wrap_i64 (local.get $map)) (i64.shl (i64.extend_i32_u (local.get $left)) (i64.const 4))))
      (then (return (i32.const 1))))
    (local.set $at (i32.add (global.get $event) (i32.wrap_i64 (local.get $map))))
    (local.set $size (call $word (i32.add (local.get $c) (i32.const 2))))
    (loop $next
      (if (i32.eqz (local.get $left)) (then (return (i32.const 0))))
      (local.set $key (i64.load (local.get $at)))
      (if (i32.eqz (call $inside (i32.wrap_i64 (local.get $key)) (i64.shr_u (local.get $key) (i64.const 32))))
        (then (return (i32.const 1))))
      (if (i32.eq (i32.wrap_i64 (i64.shr_u (local.get $key) (i64.const 32))) (local.get $size))
        (then
          (if (call $equal
                (i32.add (global.get $event) (i32.wrap_i64 (local.get $key)))
                (i32.add (i32.const @IMAGE) (i32.shl (call $word (i32.add (local.get $c) (i32.const 1))) (i32.const 2)))
                (local.get $size))
            (then
              (return
                (call $text (call $word (i32.add (local.get $c) (i32.const 3))) (i64.load offset=8 (local.get $at)) (i32.const 0)))))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $next))
    (unreachable))

  ;; Whether some element of a list passes, or every element. An element out of bounds makes the answer unknown.
  (func $quantifier (param $c i32) (param $list i64) (result i32)
    (local $at i32) (local $left i32) (local $some i32) (local $every i32) (local $item i64) (local $passes i32)
    (local.set $every (i32.const 1))
    (local.set $left (i32.wrap_i64 (i64.shr_u (local.get $list) (i64.const 32))))
    (if (i32.eqz (call $inside (i32.wrap_i64 (local.get $list)) (i64.shl (i64.extend_i32_u (local.get $left)) (i64.const 3))))
      (then (return (i32.const 1))))
    (local.set $at (i32.add (global.get $event) (i32.wrap_i64 (local.get $list))))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $left)))
        (local.set $item (i64.load (local.get $at)))
        (if (i32.eqz (call $inside (i32.wrap_i64 (local.get $item)) (i64.shr_u (local.get $item) (i64.const 32))))
          (then (return (i32.const 1))))
        (local.set $passes
          (i32.eq
            (call $text (call $word (i32.add (local.get $c) (i32.const 1))) (local.get $item) (i32.const 0))
            (i32.const 3)))
        (local.set $some (i32.or (local.get $some) (local.get $passes)))
        (local.set $every (i32.and (local.get $every) (local.get $passes)))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $next)))
    (i32.add (i32.const 2)
      (select (local.get $some) (local.get $every) (i32.eq (call $word (local.get $c)) (i32.const @ANY)))))

  ;; Reads two operands: 0 when both are known (their values are returned), else the class of the answer.
  (func $operands (param $c i32) (param $process i32) (result i32 i64 i64)
    (local $w i32) (local $left i32) (local $right i32) (local $value i64)
    (local.set $w (call $word (i32.add (local.get $c) (i32.const 2))))
    (local.set $left (call $fact (i32.and (local.get $w) (i32.const 255)) (i32.shr_u (local.get $w) (i32.const 8)) (local.get $process)))
    (local.set $value (global.get $value))
    (local.set $w (call $word (i32.add (local.get $c) (i32.const 3))))
    (local.set $right (call $fact (i32.and (local.get $w) (i32.const 255)) (i32.shr_u (local.get $w) (i32.const 8)) (local.get $process)))
    (if (i32.and (i32.eq (local.get $left) (i32.const @KNOWN)) (i32.eq (local.get $right) (i32.const @KNOWN)))
      (then (return (i32.const 0) (local.get $value) (global.get $value))))
    (select (i32.const 2) (i32.const 1)
      (i32.or (i32.eq (local.get $left) (i32.const @ABSENT)) (i32.eq (local.get $right) (i32.const @ABSENT))))
    (i64.const 0) (i64.const 0))

  ;; Compares two numbers, the right one with an offset; the sum is taken as if it could not overflow.
  (func $relation (param $c i32) (param $process i32) (result i32)
    (local $class i32) (local $left i64) (local $right i64) (local $offset i64) (local $sum i64) (local $compare i32)
    (call $operands (local.get $c) (local.get $process))
    (local.set $right) (local.set $left) (local.set $class)
    (if (local.get $class) (then (return (local.get $class))))
    (local.set $compare (call $word (i32.add (local.get $c) (i32.const 1))))
    (local.set $offset (i64.load offset=@IMAGE (i32.shl (i32.add (local.get $c) (i32.const 4)) (i32.const 2))))
    (local.set $sum (i64.add (local.get $right) (local.get $offset)))
    (if (i64.lt_s
          (i64.and (i64.xor (local.get $right) (local.get $sum)) (i64.xor (local.get $offset) (local.get $sum)))
          (i64.const 0))
      (then
        ;; Too large for any number on the left if both were positive, too small otherwise.
        (return
          (i32.add (i32.const 2)
            (i32.and (i32.ne (local.get $compare) (i32.const 0)) (i64.ge_s (local.get $right) (i64.const 0)))))))
    (if (i32.eqz (local.get $compare))
      (then (return (i32.add (i32.const 2) (i64.eq (local.get $left) (local.get $sum))))))
    (if (i32.eq (local.get $compare) (i32.const 1))
      (then (return (i32.add (i32.const 2) (i64.lt_s (local.get $left) (local.get $sum))))))
    (i32.add (i32.const 2) (i64.le_s (local.get $left) (local.get $sum))))

  ;; Compares two texts or two addresses.
  (func $same (param $c i32) (param $process i32) (result i32)
    (local $class i32) (local $left i64) (local $right i64) (local $size i64)
    (call $operands (local.get $c) (local.get $process))
    (local.set $right) (local.set $left) (local.set $class)
    (if (local.get $class) (then (return (local.get $class))))
    (if (call $word (i32.add (local.get $c) (i32.const 1)))
      (then
        (if (i32.or
              (i64.gt_u (i64.or (local.get $left) (local.get $right)) (i64.const 0xffffffff))
              (i32.eqz
                (i32.and
                  (call $inside (i32.wrap_i64 (local.get $left)) (i64.const 16))
                  (call $inside (i32.wrap_i64 (local.get $right)) (i64.const 16)))))
          (then (return (i32.const 1))))
        (local.set $size (i64.const 16)))
      (else
        (local.set $size (i64.shr_u (local.get $left) (i64.const 32)))
        (if (i32.eqz
              (i32.and
                (call $inside (i32.wrap_i64 (local.get $left)) (local.get $size))
                (call $inside (i32.wrap_i64 (local.get $right)) (i64.shr_u (local.get $right) (i64.const 32)))))
          (then (return (i32.const 1))))
        (if (i64.ne (local.get $size) (i64.shr_u (local.get $right) (i64.const 32))) (then (return (i32.const 2))))))
    (i32.add (i32.const 2)
      (call $equal
        (i32.add (global.get $event) (i32.wrap_i64 (local.get $left)))
        (i32.add (global.get $event) (i32.wrap_i64 (local.get $right)))
        (i32.wrap_i64 (local.get $size)))))

  ;; Whether some ancestor satisfies a predicate.
  (func $ancestor (param $c i32) (result i32)
    (local $root i32) (local $i i32) (local $count i32) (local $at i32) (local $record i32) (local $class i32) (local $truth i32)
    (local.set $root (call $word (i32.add (local.get $c) (i32.const 1))))
    (local.set $count (i32.load offset=24 (global.get $event)))
    (local.set $class
      (select (i32.const 1) (i32.const 2)
        (i32.or
          (i32.and (i32.load8_u offset=6 (global.get $event)) (i32.const 1))
          (i32.gt_u (local.get $count) (i32.const @MAX_ANCESTORS)))))
    (local.set $count (call $min (local.get $count) (i32.const @MAX_ANCESTORS)))
    (local.set $at (i32.load offset=20 (global.get $event)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
        (local.set $record (i32.const 0))
        (if (call $inside (local.get $at) (i64.extend_i32_u (i32.shl (i32.add (local.get $i) (i32.const 1)) (i32.const 2))))
          (then
            (local.set $record
              (i32.load (i32.add (i32.add (global.get $event) (local.get $at)) (i32.shl (local.get $i) (i32.const 2)))))))
        (local.set $truth
          (call $word (i32.add (call $walk (local.get $root) (local.get $record)) (i32.const 1))))
        (if (i32.eq (local.get $truth) (i32.const 2)) (then (return (i32.const 3))))
        (if (i32.eq (local.get $truth) (i32.const 1)) (then (local.set $class (i32.const 1))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (local.get $class))
)
