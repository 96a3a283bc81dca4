" Policies. The words are those of the compiler's lexer, which a test checks.

if exists("b:current_syntax")
  finish
endif

syntax case match
syntax iskeyword @,48-57,_

syntax keyword warmorDefinition package import let subject predicate param template policy assume assert test
syntax keyword warmorDefinition detect
syntax keyword warmorVerdict allow deny audit
syntax keyword warmorKeyword for any except mode default revalidate severity use without limit where then
syntax keyword warmorKeyword because until overrides to from on port host reported never always only can as
syntax keyword warmorKeyword expect target with by tags sequence count distinct within
syntax keyword warmorOperatorWord and or not in matches starts_with ends_with has some
syntax keyword warmorConstant true false unknown
syntax keyword warmorAction exec read write create delete rename link chmod chown mmap_exec connect send
syntax keyword warmorAction accept bind listen ptrace signal setuid unshare module bpf mount capability
syntax keyword warmorAction syscall file net process kernel privilege modify

" The word is also the name of an argument, which `keyword` would take it for.
syntax match warmorOperatorWord "\<contains\>"

" After a dot nothing is reserved. Keywords come before matches: so this one begins with the dot.
syntax match warmorMember "\.[A-Za-z0-9_]\+"
syntax match warmorFact "\.\@1<!\<\%(process\|parent\|user\|cgroup\|container\|pod\|host\|target\)\>\ze\.[A-Za-z0-9_]"
syntax match warmorName "\.\@1<!\<[A-Z][A-Z0-9_]\+\>"
syntax match warmorType "\<[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*\>"
syntax match warmorLabel "\.\@1<!\<[A-Za-z_][A-Za-z0-9_]*:\ze[ \t]*\%(allow\|deny\|audit\)\>"
syntax match warmorAttribute "@[A-Za-z_][A-Za-z0-9_]*"
syntax match warmorNumber "\.\@1<!\<\d[0-9A-Za-z_%.-]*\%(/[0-9A-Za-z]\+\)\="
syntax match warmorNumber "\%(\<\x\{1,4}\)\=:\x\{0,4}:[0-9A-Fa-f:.]*\%(/[0-9A-Za-z]\+\)\="

" A path ends at white space, a comma outside brackets, or a bracket that it did not open.
syntax match warmorPath "/\%(\\.\|{[^} \t]*}\+\|\[[^] \t]*\]\|([^) \t]*)\|[^ \t,)\]}]\)*" contains=warmorGlob
syntax match warmorGlob contained "\*\*\=\|?"

syntax region warmorString start=+"+ skip=+\\.+ end=+"+ end=+$+ oneline contains=warmorEscape
syntax match warmorEscape contained +\\\%(["\\nrt*?[\]{}]\|u{\x\+}\)+
syntax match warmorComment "#.*$" contains=@Spell
syntax match warmorDoc "^\s*##\%([^#].*\)\=$" contains=@Spell

highlight default link warmorDefinition Keyword
highlight default link warmorVerdict Statement
highlight default link warmorKeyword Keyword
highlight default link warmorOperatorWord Operator
highlight default link warmorConstant Constant
highlight default link warmorAction Function
highlight default link warmorMember Identifier
highlight default link warmorFact Special
highlight default link warmorName Constant
highlight default link warmorType Type
highlight default link warmorLabel Label
highlight default link warmorAttribute PreProc
highlight default link warmorNumber Number
highlight default link warmorPath String
highlight default link warmorGlob SpecialChar
highlight default link warmorString String
highlight default link warmorEscape SpecialChar
highlight default link warmorComment Comment
highlight default link warmorDoc SpecialComment

let b:current_syntax = "warmor"
