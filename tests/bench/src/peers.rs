//! The same rules for the policy engines that are measured beside Warmor, each as its own manual would write them: the subject in the
//! policy's head where there is one, the path by the language's own operator. Policies and requests are prepared in
//! advance; only the decision is measured.

use crate::ruleset::{ACTIONS, Pattern, Request, RuleSet};
use anyhow::{Context as _, Result, anyhow};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid, PolicySet,
    RestrictedExpression, Schema,
};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use std::fmt::Write as _;
use std::str::FromStr as _;

/// The rules as Cedar policies.
pub fn cedar_text(rules: &RuleSet) -> String {
    let mut out = String::from("permit(principal is Stranger, action, resource);\n");
    for policy in &rules.policies {
        let principal = match &policy.exe {
            Some(exe) => format!("principal == App::{exe:?}"),
            None => "principal".to_owned(),
        };
        for rule in &policy.rules {
            let effect = if rule.deny { "forbid" } else { "permit" };
            let like = rule.pattern.like();
            let _ = writeln!(
                out,
                "{effect}({principal}, action == Action::\"{}\", resource) when {{ context.path like {like:?} }};",
                rule.action.name()
            );
        }
    }
    out
}

/// What Cedar's validator needs to know.
pub fn cedar_schema() -> Result<Schema> {
    let actions: Vec<&str> = ACTIONS.iter().map(|a| a.name()).collect();
    let text = format!(
        "entity App; entity Stranger; entity Files;\n\
         action {} appliesTo {{ principal: [App, Stranger], resource: Files, context: {{ path: String }} }};",
        actions.join(", ")
    );
    Ok(Schema::from_cedarschema_str(&text)?.0)
}

/// Cedar, ready to decide.
pub struct Cedar {
    policies: PolicySet,
    entities: Entities,
    authorizer: Authorizer,
    requests: Vec<cedar_policy::Request>,
}

impl Cedar {
    /// Prepares the rules and the requests.
    pub fn new(rules: &RuleSet, requests: &[Request]) -> Result<Self> {
        let uid = |kind: &str, id: &str| -> Result<EntityUid> {
            Ok(EntityUid::from_type_name_and_id(EntityTypeName::from_str(kind)?, EntityId::new(id)))
        };
        let prepare = |r: &Request| -> Result<cedar_policy::Request> {
            let path = RestrictedExpression::new_string(r.path.clone());
            let context = Context::from_pairs([("path".to_owned(), path)])?;
            let principal = uid(if r.known { "App" } else { "Stranger" }, &r.exe)?;
            let action = uid("Action", r.action.name())?;
            Ok(cedar_policy::Request::new(principal, action, uid("Files", "all")?, context, None)?)
        };
        Ok(Self {
            policies: PolicySet::from_str(&cedar_text(rules))?,
            entities: Entities::empty(),
            authorizer: Authorizer::new(),
            requests: requests.iter().map(prepare).collect::<Result<_>>()?,
        })
    }

    /// Whether it allows the request of this number.
    pub fn allows(&self, request: usize) -> bool {
        let response = self.authorizer.is_authorized(&self.requests[request], &self.policies, &self.entities);
        response.decision() == Decision::Allow
    }
}

/// The rules in Rego.
pub fn rego_text(rules: &RuleSet) -> String {
    let mut out = String::from(
        "package bench\n\nimport rego.v1\n\ndefault allow := false\ndefault denied := false\n\
         allow if {\n\tinput.stranger\n\tnot denied\n}\nallow if {\n\tpermitted\n\tnot denied\n}\n",
    );
    for policy in &rules.policies {
        for rule in &policy.rules {
            let _ = writeln!(out, "{} if {{", if rule.deny { "denied" } else { "permitted" });
            if let Some(exe) = &policy.exe {
                let _ = writeln!(out, "\tinput.exe == {exe:?}");
            }
            let _ = writeln!(out, "\tinput.action == \"{}\"", rule.action.name());
            let _ = match &rule.pattern {
                Pattern::Exact(path) => writeln!(out, "\tinput.path == {path:?}"),
                Pattern::Below(folder) => writeln!(out, "\tstartswith(input.path, \"{folder}/\")"),
                Pattern::Star(before, after) => {
                    writeln!(out, "\tstartswith(input.path, {before:?})\n\tendswith(input.path, {after:?})")
                }
                Pattern::Named(name) => writeln!(out, "\tendswith(input.path, \"/{name}\")"),
                Pattern::BelowNamed(name) => writeln!(out, "\tcontains(input.path, \"/{name}/\")"),
            };
            out.push_str("}\n");
        }
    }
    out
}

/// Regorus, ready to decide, with its virtual machine: the faster of its two engines.
pub struct Regorus {
    machine: RegoVM,
    inputs: Vec<regorus::Value>,
}

impl Regorus {
    /// Prepares the rules and the requests.
    pub fn new(rules: &RuleSet, requests: &[Request]) -> Result<Self> {
        let mut engine = regorus::Engine::new();
        engine.add_policy("bench.rego".into(), rego_text(rules)).map_err(|e| anyhow!("{e}"))?;
        let entry = "data.bench.allow";
        let policy = engine.compile_with_entrypoint(&entry.into()).map_err(|e| anyhow!("{e}"))?;
        let program = Compiler::compile_from_policy(&policy, &[entry])
            .map_err(|e| anyhow!("{e}"))
            .context("regorus")?;
        let mut machine = RegoVM::new();
        machine.load_program(program);
        let prepare = |r: &Request| {
            let text = format!(
                "{{\"exe\": {:?}, \"action\": {:?}, \"path\": {:?}, \"stranger\": {}}}",
                r.exe,
                r.action.name(),
                r.path,
                !r.known
            );
            regorus::Value::from_json_str(&text).map_err(|e| anyhow!("{e}"))
        };
        Ok(Self { machine, inputs: requests.iter().map(prepare).collect::<Result<_>>()? })
    }

    /// Whether it allows the request of this number.
    pub fn allows(&mut self, request: usize) -> bool {
        self.machine.set_input(self.inputs[request].clone());
        self.machine.execute().is_ok_and(|v| v == regorus::Value::Bool(true))
    }
}
