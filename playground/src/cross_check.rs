//! What the exact engine found, put before a solver that somebody brings.

use crate::crossing::Js;
use crate::workspace::Workspace;
use serde::Serialize;
use tsify::Tsify;
use warmor_compiler::encode::{Dialogue, Limits};
use warmor_report::cross_check::{Compared, compare};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// How the engines compare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
pub struct CrossCheck {
    /// How many answers the solver gave too.
    pub agreed: u32,
    /// How many findings claim nothing but their event, which has been replayed.
    pub shown: u32,
    /// A line for each claim that the solver has no answer to.
    pub unknown: Vec<String>,
    /// A line for each that it sees otherwise: a defect of one of the engines.
    pub different: Vec<String>,
}

#[wasm_bindgen]
extern "C" {
    /// A solver: takes commands of SMT-LIB 2, keeps its state between calls, and gives what it answers to the last of them. One that
    /// fails throws.
    #[wasm_bindgen(typescript_type = "(commands: string) => string")]
    pub type SmtSolver;

    #[wasm_bindgen(method, catch, js_name = call)]
    fn ask(this: &SmtSolver, context: &JsValue, commands: &str) -> Result<String, JsValue>;

    /// Something that makes solvers.
    #[wasm_bindgen(typescript_type = "() => (commands: string) => string")]
    pub type StartSolver;

    #[wasm_bindgen(method, js_name = call)]
    fn make(this: &StartSolver, context: &JsValue) -> SmtSolver;
}

#[wasm_bindgen]
impl Workspace {
    /// Puts everything that was found, and every assertion of which nothing was found, before a solver: a new one for each claim, which
    /// `start` makes. Nothing if the program has errors.
    #[wasm_bindgen(js_name = crossCheck)]
    pub fn cross_check(&mut self, start: &StartSolver) -> Option<Js<CrossCheck>> {
        let made = || start.make(&JsValue::UNDEFINED);
        let compared = self.compared(&made, |solver, commands| {
            solver
                .ask(&JsValue::UNDEFINED, commands)
                .map_err(|e| e.as_string().unwrap_or_else(|| "it failed".to_owned()))
        })?;
        Some(Js(CrossCheck {
            agreed: compared.agreed as u32,
            shown: compared.shown as u32,
            unknown: compared.unknown,
            different: compared.different,
        }))
    }
}

impl Workspace {
    fn compared<S>(
        &mut self,
        start: &dyn Fn() -> S,
        ask: impl Fn(&S, &str) -> Result<String, String>,
    ) -> Option<Compared> {
        self.look(&|| false);
        let analysis = self.analysis();
        let (model, found) = (analysis.checked().model()?, analysis.findings()?);
        Some(compare(model, found, |problem| {
            let solver = start();
            problem.search(&mut Dialogue::new(|commands: &str| ask(&solver, commands)), &Limits::default())
        }))
    }
}
