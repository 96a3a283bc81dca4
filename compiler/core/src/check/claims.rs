//! Assumptions and assertions.

use super::facts::Context;
use super::{Checker, Env};
use crate::model::{Assertion, AssertionKind, Assumption};
use crate::syntax::ast::{Assert, Assume, CanClaim, Claim, ClaimQuantifier};

impl<'s> Checker<'s> {
    pub(super) fn assumption(&mut self, assume: &'s Assume) {
        if let Some(cond) = self.cond(&assume.condition, &Env::default(), Context::AnyEvent) {
            self.model.assumptions.push(Assumption { cond, span: assume.condition.span });
        }
    }

    pub(super) fn assertion(&mut self, assert: &'s Assert) {
        for claim in &assert.claims {
            if let Claim::Can(claim) = claim {
                self.claim(assert, claim);
            }
        }
    }

    fn claim(&mut self, assert: &'s Assert, claim: &'s CanClaim) {
        let scope = self.scope(&claim.subjects);
        let step = self.step(&claim.event, &Env::default());
        let (Some(scope), Some(step)) = (scope, step) else { return };
        self.model.assertions.push(Assertion {
            name: assert.name.value.to_string(),
            span: claim.span,
            kind: match claim.quantifier.node {
                ClaimQuantifier::Never => AssertionKind::Never,
                ClaimQuantifier::Always => AssertionKind::Always,
                ClaimQuantifier::Only => AssertionKind::Only,
            },
            scope,
            step,
            reported: claim.reported.is_some(),
        });
    }
}
