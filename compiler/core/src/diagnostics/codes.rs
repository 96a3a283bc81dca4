//! Every problem the compiler can report. A code is never used for anything else, also when its problem is gone.
//!
//! `E` codes are errors. `W` codes are warnings, which a project can silence or raise by the name of their group.

use super::Level;

macro_rules! codes {
    ($($id:ident $variant:ident $title:literal $(lint $lint:literal)?;)*) => {
        /// Which problem a diagnostic is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = concat!("`", stringify!($id), "`: ", $title)] $variant,)*
        }

        impl Code {
            /// All of them, by number.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The code as it is printed: `E0101`.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => stringify!($id)),* }
            }

            /// The problem in a few words.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),* }
            }

            /// The explanation, in Markdown.
            pub const fn page(self) -> &'static str {
                match self { $(Self::$variant => include_str!(concat!("../../../../docs/errors/", stringify!($id), ".md"))),* }
            }

            /// The name under which `warmor.toml` sets the level of a warning.
            pub const fn lint(self) -> Option<&'static str> {
                match self { $($(Self::$variant => Some($lint),)?)* _ => None }
            }
        }
    };
}

codes! {
    E0001 UnexpectedText "text that does not fit here";
    E0002 IncompleteStatement "a statement that ends too early";
    E0003 ReservedWord "a reserved word as a name";
    E0004 UnknownCharacters "characters that mean nothing";
    E0005 HiddenCharacter "a character that cannot be seen";
    E0006 Unclosed "a quote or bracket without its partner";
    E0007 BadQuoting "a quote or comment inside an unquoted path";
    E0008 UnknownEscape "an escape that does not exist";
    E0009 BadNumber "something like a number that is none";
    E0010 BadAddress "something like an address that is none";
    E0011 BadDate "something like a date that is none";
    E0012 OutsidePolicy "a rule outside of a policy";
    E0013 ClauseAfterRule "a clause after a rule";
    E0014 DuplicatePart "a part that is given twice";
    E0015 MisplacedPart "a part that belongs elsewhere";
    E0016 MisplacedPackage "`package` in the wrong place";
    E0017 AuditVerdict "`audit` as an expected verdict";
    E0018 MalformedQuantifier "a quantifier without its parts";
    E0019 ChainedComparison "comparisons in a chain";
    E0020 TooMuch "a text beyond what is read";

    E0101 UnknownName "a name that is not defined";
    E0102 DuplicateDefinition "a name that is defined twice";
    E0103 Cycle "a definition that needs itself";
    E0104 UnknownModule "a module that does not exist";
    E0105 UnknownImport "a name that the module does not have";
    E0106 FileNotFound "an imported file that cannot be read";
    E0107 WrongKind "a name of something else";
    E0108 ReservedName "a name that is taken by the language";

    E0201 TypeMismatch "a value of another type";
    E0202 WrongUnit "a unit that does not fit";
    E0203 UnknownFact "a fact that does not exist";
    E0204 FactNotHere "a fact that this place does not have";
    E0205 OperatorMismatch "an operator that does not apply";
    E0206 BadGlob "a path or glob that is not well formed";
    E0207 UnknownWord "a word that its list does not have";
    E0208 WrongArguments "arguments that do not fit";
    E0209 OutOfRange "a number that is too small or too large";
    E0210 HostBits "an address with bits below its prefix";
    E0211 NotACondition "a value where a condition is needed";
    E0212 UnknownType "a type that does not exist";
    E0213 NotConstant "a fact where a value is needed";
    E0214 UnboundParameter "a parameter without a value";
    E0215 BadParameterValue "a parameter value that does not fit";

    E0301 UnknownAction "an action that does not exist";
    E0302 ObjectMismatch "an object that the action does not take";
    E0303 MissingObject "an action without its object";
    E0304 MixedActions "actions that take different objects";
    E0305 WrongPreposition "another word before the endpoint";
    E0306 RepeatedClause "a clause that is given twice";
    E0307 UnknownResponse "a response that does not exist";
    E0308 DuplicateLabel "a label that is given twice";
    E0309 UnknownRule "a rule that does not exist";
    E0310 MisplacedOverrides "`overrides` on a rule that denies nothing";
    E0311 UnknownLimit "a resource that cannot be limited";
    E0312 ClauseInTemplate "a clause in a template";
    E0313 ExpansionTooLarge "a program that expands without bound";
    E0314 UnknownAttribute "an attribute that does not exist";
    E0315 BadSilence "a silence that is none";

    E0401 FactNotInKernel "a fact that the kernel cannot see";
    E0402 ActionNotInKernel "an action that the kernel cannot stop";
    E0403 TargetCannotPrevent "a target that cannot prevent anything";
    E0404 EndpointNotInKernel "a subject that cannot be an endpoint";
    E0405 TestNotInKernel "a comparison that the kernel cannot make";

    E0501 NotConcrete "a test that names no single event";
    E0502 UnknownKey "a key that is no fact";
    E0503 DuplicateKey "a key that is given twice";
    E0504 MissingProcess "an expectation of no process";
    E0505 UnknownClause "an expectation of an unknown rule";
    E0506 DetectionPattern "a detection without its one pattern";
    E0507 Unbounded "a correlation without bound";

    E0601 BadManifest "a manifest that is not well formed";
    E0602 UnknownManifestKey "a manifest key that does not exist";
    E0603 BadManifestValue "a manifest value that does not fit";
    E0604 DependencyNotFetched "a dependency that is not here";

    E0701 NotInTables "a condition that tables cannot hold";
    E0702 TooManyAlternatives "a rule with too many alternatives";
    E0703 TooComplex "patterns that outgrow their tables";

    E0801 AssertionBroken "a claim that does not hold";
    E0802 ContradictoryAssumption "an assumption that cannot hold";

    E0901 ExpectationUnmet "an expectation that is not met";

    W0001 UnusedImport "an import that nothing uses" lint "unused";
    W0002 UnusedDefinition "a definition that nothing uses" lint "unused";
    W0003 Expired "a rule whose time has passed" lint "expiry";
    W0004 ExpiresSoon "a rule whose time passes soon" lint "expiry";
    W0005 EmptyPolicy "a policy that says nothing" lint "empty";
    W0006 CoveredPattern "a pattern that its neighbour covers" lint "redundant";
    W0007 WorldWideDefault "a default that denies everybody" lint "broad";
    W0008 UnusedSilence "a silence of nothing" lint "unused";

    W0301 DeadAllow "an allow that allows nothing" lint "dead";
    W0302 RedundantRule "a rule that changes nothing" lint "redundant";
    W0303 ShadowedDeny "a denial that another policy makes already" lint "shadowed";
    W0304 ImpossibleRule "a rule that can never apply" lint "impossible";
    W0305 Conflict "a denial across an allow of another policy" lint "conflict";
    W0306 OpenedDefault "a posture that a wider policy opens" lint "opened";
    W0307 IdleAllow "an allow of what is not denied" lint "idle";
    W0308 Escape "an exec that leaves every confinement" lint "escape";
    W0309 ModeClash "an enforced allow of what is reported" lint "clash";
    W0310 ResponseClash "responses that exclude each other" lint "clash";
    W0311 HalfPosture "a posture with an open back" lint "posture";
    W0312 Undecided "a claim that could not be decided" lint "undecided";

    W0401 NotRead "a fact that this release does not read" lint "unenforced";
    W0402 NotStopped "an action that this release does not stop" lint "unenforced";
}

impl Code {
    /// Its level where no project says otherwise.
    pub fn level(self) -> Level {
        if self.id().starts_with('E') { Level::Error } else { Level::Warning }
    }

    /// The code that is printed as `id`.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| c.id().eq_ignore_ascii_case(id))
    }

    /// Whether proofs find it, which run after checking: the codes `W03…` are theirs.
    pub fn is_proved(self) -> bool {
        self.id().starts_with("W03")
    }

    /// Where its explanation is published.
    pub fn url(self) -> String {
        format!("https://github.com/warmor/warmor/blob/main/docs/errors/{}.md", self.id())
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn numbers_are_sorted_and_used_once() {
        let ids: Vec<&str> = Code::ALL.iter().map(|c| c.id()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
    }
}
