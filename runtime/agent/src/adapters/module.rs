//! The artifact's module, run by wasmtime. It was signed, but it is code all the same: it gets no import, a bounded memory, and
//! a bounded number of instructions for each event.

use crate::domain::entry::Opinion;
use crate::ports::{Judge, JudgeError};
use warmor_policy::verdict::{Decision, Effect};
use wasmtime::{
    Config, Engine, Inlining, Instance, Memory, Module, Store, StoreLimits, StoreLimitsBuilder, TypedFunc,
    WasmParams, WasmResults,
};

/// Most memory that the module may have: as much as the largest table image, and room for an event and its answer.
const MEMORY_BYTES: usize = (256 + 16) << 20;
/// Most instructions, about, that an answer to one event may cost. Honest ones stay far below.
const FUEL: u64 = 50_000_000;
/// The same for muting, a pass over all leaves, which happens before anything is asked.
const MUTING_FUEL: u64 = 20_000_000_000;

/// Why the module cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum ModuleError {
    /// It is not a module that this engine accepts.
    #[error("the artifact's module cannot be run: {0}")]
    Engine(String),
    /// It lacks an export, or has another type under its name.
    #[error("the artifact's module has no `{0}` as docs/reference/wasm.md describes it")]
    Export(&'static str),
}

fn refused(error: &wasmtime::Error) -> ModuleError {
    ModuleError::Engine(format!("{error:#}"))
}

/// An instance of the module. It is used for one event after the other: nothing of an event stays.
pub struct PolicyModule {
    store: Store<StoreLimits>,
    memory: Memory,
    event: usize,
    capacity: usize,
    clauses: usize,
    decide: TypedFunc<(i32, i32), i64>,
    applying: TypedFunc<(i32, i32), i32>,
    set_muted: TypedFunc<(i32, i32), ()>,
}

impl PolicyModule {
    /// Compiles an artifact's module and starts it. `clauses` is the number of clauses in its manifest.
    ///
    /// # Errors
    /// When the bytes are no module that needs nothing, or lack an export.
    pub fn start(artifact: &[u8], clauses: usize) -> Result<Self, ModuleError> {
        let mut config = Config::new();
        config.consume_fuel(true);
        // The runner has many short functions: it takes about half the time when they are put into their callers.
        config.compiler_inlining(Inlining::Yes);
        let engine = Engine::new(&config).map_err(|e| refused(&e))?;
        let module = Module::new(&engine, artifact).map_err(|e| refused(&e))?;
        let limits = StoreLimitsBuilder::new().memory_size(MEMORY_BYTES).instances(1).memories(1).tables(1);
        let mut store = Store::new(&engine, limits.table_elements(1).build());
        store.limiter(|limits| limits);
        store.set_fuel(FUEL).map_err(|e| refused(&e))?;
        let instance = Instance::new(&mut store, &module, &[]).map_err(|e| refused(&e))?;
        let memory = instance.get_memory(&mut store, "memory").ok_or(ModuleError::Export("memory"))?;
        let event = global(&instance, &mut store, "event")?;
        let capacity = global(&instance, &mut store, "event_capacity")?;
        if event.checked_add(capacity).is_none_or(|end| end > memory.data_size(&store)) {
            return Err(ModuleError::Export("event_capacity"));
        }
        Ok(Self {
            decide: function(&instance, &mut store, "decide")?,
            applying: function(&instance, &mut store, "applying")?,
            set_muted: function(&instance, &mut store, "set_muted")?,
            store,
            memory,
            event,
            capacity,
            clauses,
        })
    }

    /// Mutes the policy of that index.
    ///
    /// # Errors
    /// When the module breaks off.
    pub fn mute(&mut self, policy: u32) -> Result<(), JudgeError> {
        let set_muted = self.set_muted.clone();
        self.call(&set_muted, (policy.cast_signed(), 1), MUTING_FUEL)
    }

    fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        function: &TypedFunc<P, R>,
        arguments: P,
        fuel: u64,
    ) -> Result<R, JudgeError> {
        let trapped = |error: wasmtime::Error| JudgeError::Trapped(format!("{error:#}"));
        self.store.set_fuel(fuel).map_err(trapped)?;
        function.call(&mut self.store, arguments).map_err(trapped)
    }

    /// The ranks whose bits the module has set at an address.
    fn ranks(&self, address: i32) -> Result<Vec<u32>, JudgeError> {
        let at = address.cast_unsigned() as usize;
        let bits = self.memory.data(&self.store).get(at..).and_then(|b| b.get(..self.clauses.div_ceil(8)));
        match bits {
            Some(bits) if at != 0 => {
                Ok((0..self.clauses).filter(|r| bits[r / 8] & 1 << (r % 8) != 0).map(|r| r as u32).collect())
            }
            _ => Err(JudgeError::Nonsense("the clauses that apply lie outside its memory")),
        }
    }
}

impl Judge for PolicyModule {
    fn judge(&mut self, event: &[u8]) -> Result<Opinion, JudgeError> {
        if event.len() > self.capacity {
            return Err(JudgeError::Nonsense("the event is longer than it takes"));
        }
        let place = self.memory.data_mut(&mut self.store).get_mut(self.event..self.event + event.len());
        place.ok_or(JudgeError::Nonsense("its memory has shrunk"))?.copy_from_slice(event);
        let arguments = (self.event as i32, event.len() as i32);
        let decide = self.decide.clone();
        let bits = self.call(&decide, arguments, FUEL)?;
        let decision =
            Decision::from_bits(bits).ok_or(JudgeError::Nonsense("its number stands for no decision"))?;
        let remarkable = decision.reported == Effect::Deny || decision.audit || decision.detected;
        let applying = if remarkable {
            let applying = self.applying.clone();
            let address = self.call(&applying, arguments, FUEL)?;
            self.ranks(address)?
        } else {
            Vec::new()
        };
        Ok(Opinion { decision, applying })
    }
}

fn global(
    instance: &Instance,
    store: &mut Store<StoreLimits>,
    name: &'static str,
) -> Result<usize, ModuleError> {
    let global = instance.get_global(&mut *store, name).ok_or(ModuleError::Export(name))?;
    let value = global.get(&mut *store).i32().ok_or(ModuleError::Export(name))?;
    usize::try_from(value).map_err(|_| ModuleError::Export(name))
}

fn function<P: WasmParams, R: WasmResults>(
    instance: &Instance,
    store: &mut Store<StoreLimits>,
    name: &'static str,
) -> Result<TypedFunc<P, R>, ModuleError> {
    instance.get_typed_func(&mut *store, name).map_err(|_| ModuleError::Export(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module with the exports that an artifact has, and these bodies.
    fn module(memory: &str, decide: &str, applying: &str) -> Result<PolicyModule, ModuleError> {
        let text = format!(
            r#"(module
              (memory (export "memory") {memory})
              (global (export "event") i32 (i32.const 1024))
              (global (export "event_capacity") i32 (i32.const 4096))
              (func (export "decide") (param i32 i32) (result i64) {decide})
              (func (export "applying") (param i32 i32) (result i32) {applying})
              (func (export "set_muted") (param i32 i32)))"#
        );
        PolicyModule::start(&wat::parse_str(text).unwrap(), 40)
    }

    const DENIED: &str = "(i64.const 0x12_0000_0003)";

    #[test]
    fn what_applies_is_read_where_the_module_says() {
        let applying = "(i64.store (i32.const 8192) (i64.const 0x80_0000_0008)) (i32.const 8192)";
        let mut module = module("1", DENIED, applying).unwrap();
        let opinion = module.judge(&[0; 8]).unwrap();
        assert_eq!(opinion.decision.reported, Effect::Deny);
        assert_eq!(opinion.applying, [3, 39]);
    }

    #[test]
    fn the_event_is_where_the_module_expects_it() {
        let decide = "(i64.or (i64.load8_u (local.get 0)) (i64.const 0))";
        let mut module = module("1", decide, "unreachable").unwrap();
        for byte in [7, 9] {
            let opinion = module.judge(&[byte]).unwrap();
            assert_eq!(opinion.decision.clause.map(|r| r.0), Some(byte.into()));
        }
    }

    #[test]
    fn a_module_that_does_not_end_is_stopped_and_can_be_asked_again() {
        let mut module = module("1", "(loop (br 0)) (i64.const 0)", "(i32.const 0)").unwrap();
        for _ in 0..2 {
            let error = module.judge(&[]).unwrap_err();
            assert!(matches!(&error, JudgeError::Trapped(why) if why.contains("fuel")), "{error}");
        }
    }

    #[test]
    fn a_module_that_breaks_off_gives_no_opinion() {
        let mut module = module("1", "unreachable", "(i32.const 0)").unwrap();
        assert!(matches!(module.judge(&[]), Err(JudgeError::Trapped(_))));
    }

    #[test]
    fn nonsense_is_no_opinion() {
        for (decide, applying) in [
            ("(i64.const -1)", "(i32.const 0)"),
            (DENIED, "(i32.const 0)"),
            (DENIED, "(i32.const 65535)"),
            (DENIED, "(i32.const -4)"),
        ] {
            let mut module = module("1", decide, applying).unwrap();
            assert!(matches!(module.judge(&[]), Err(JudgeError::Nonsense(_))), "{decide} {applying}");
        }
        let mut module = module("1", DENIED, "(i32.const 0)").unwrap();
        assert!(matches!(module.judge(&[0; 4097]), Err(JudgeError::Nonsense(_))));
    }

    #[test]
    fn memory_is_bounded() {
        assert!(module("5000", DENIED, "(i32.const 0)").is_err());
        let grows = "(drop (memory.grow (i32.const 60000))) (i64.extend_i32_u (memory.size))";
        let mut module = module("1", grows, "(i32.const 0)").unwrap();
        assert_eq!(module.judge(&[]).unwrap().decision.clause.map(|r| r.0), Some(1), "it has not grown");
    }

    #[test]
    fn another_module_is_refused() {
        let start = |text: &str| PolicyModule::start(&wat::parse_str(text).unwrap(), 1).err().unwrap();
        assert!(matches!(start("(module)"), ModuleError::Export("memory")));
        assert!(matches!(start(r#"(module (import "a" "b" (func)))"#), ModuleError::Engine(_)));
        let far = r#"(module (memory (export "memory") 1) (global (export "event") i32 (i32.const 65000))
            (global (export "event_capacity") i32 (i32.const 1000)))"#;
        assert!(matches!(start(far), ModuleError::Export("event_capacity")));
        assert!(PolicyModule::start(b"not a module", 1).is_err());
    }
}
