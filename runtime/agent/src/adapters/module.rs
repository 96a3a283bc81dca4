//! The artifact's module, run by wasmtime. It was signed, but it is code all the same: it gets no import, a bounded memory, and
//! a bounded number of instructions for each event.

use crate::domain::entry::Opinion;
use crate::ports::{Judge, JudgeError};
use warmor_policy::verdict::{Decision, Effect};
use wasmtime::{
    Config, Engine, Instance, Memory, Module, Store, StoreLimits, StoreLimitsBuilder, TypedFunc, WasmParams,
    WasmResults,
};

/// Most memory that the module may have: as much as the largest table image, and room for an event and its answer.
const MEMORY_BYTES: usize = (256 + 16) << 20;
/// Most instructions, about, that one question may cost. The longest honest answers stay below a tenth of it.
const FUEL: u64 = 200_000_000;

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
        self.call(&set_muted, (policy.cast_signed(), 1))
    }

    fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        function: &TypedFunc<P, R>,
        arguments: P,
    ) -> Result<R, JudgeError> {
        let trapped = |error: wasmtime::Error| JudgeError::Trapped(format!("{error:#}"));
        self.store.set_fuel(FUEL).map_err(trapped)?;
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
        let bits = self.call(&decide, arguments)?;
        let decision =
            Decision::from_bits(bits).ok_or(JudgeError::Nonsense("its number stands for no decision"))?;
        let remarkable = decision.reported == Effect::Deny || decision.audit || decision.detected;
        let applying = if remarkable {
            let applying = self.applying.clone();
            let address = self.call(&applying, arguments)?;
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
