//! The WASM engine: a module's exports, called through wasmtime.

use crate::agree::{Answer, Engine};
use warmor_compiler::lower::{LowerError, Part, lower, wasm};
use warmor_compiler::model::Model;
use warmor_policy::verdict::Decision;
use wasmtime::{Instance, Memory, Module, Store, TypedFunc};

/// An engine like that of the agent: the runner has many short functions, and engines do not put them into their callers unasked.
///
/// # Panics
/// When the machine has no such engine.
pub fn engine() -> wasmtime::Engine {
    let mut config = wasmtime::Config::new();
    config.compiler_inlining(wasmtime::Inlining::Yes);
    wasmtime::Engine::new(&config).expect("an engine")
}

/// An instance of a policy's module.
pub struct Wasm {
    store: Store<()>,
    memory: Memory,
    event: usize,
    clauses: usize,
    decide: TypedFunc<(i32, i32), i64>,
    applying: TypedFunc<(i32, i32), i32>,
    set_muted: TypedFunc<(i32, i32), ()>,
}

impl Wasm {
    /// Compiles a model to WASM and starts it.
    ///
    /// # Errors
    /// When the model cannot be lowered.
    ///
    /// # Panics
    /// When the module is not what the compiler promises: that is what the tests look for.
    pub fn new(engine: &wasmtime::Engine, model: &Model) -> Result<Self, LowerError> {
        let lowered = lower(model, Part::Whole)?;
        Ok(Self::start(engine, &wasm::module(&lowered), lowered.image.clause_count()))
    }

    /// Starts a module.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn start(engine: &wasmtime::Engine, bytes: &[u8], clauses: usize) -> Self {
        let module = Module::new(engine, bytes).expect("the module is valid");
        assert_eq!(module.imports().len(), 0, "the module imports nothing");
        let mut store = Store::new(engine, ());
        let instance = Instance::new(&mut store, &module, &[]).expect("the module starts");
        let memory = instance.get_memory(&mut store, "memory").expect("the module exports its memory");
        let event = instance.get_global(&mut store, "event").expect("the module says where events go");
        let event = event.get(&mut store).i32().expect("an address").cast_unsigned() as usize;
        Self {
            decide: instance.get_typed_func(&mut store, "decide").expect("decide"),
            applying: instance.get_typed_func(&mut store, "applying").expect("applying"),
            set_muted: instance.get_typed_func(&mut store, "set_muted").expect("set_muted"),
            store,
            memory,
            event,
            clauses,
        }
    }

    /// Decides an event; the result is what the module returns.
    ///
    /// # Panics
    /// When the module traps.
    pub fn decide(&mut self, event: &[u8]) -> i64 {
        self.memory.data_mut(&mut self.store)[self.event..][..event.len()].copy_from_slice(event);
        self.decide
            .call(&mut self.store, (self.event as i32, event.len() as i32))
            .expect("decide never traps")
    }

    /// The ranks of all clauses that apply to the event.
    ///
    /// # Panics
    /// When the module traps.
    pub fn applying(&mut self, event: &[u8]) -> Vec<u32> {
        self.memory.data_mut(&mut self.store)[self.event..][..event.len()].copy_from_slice(event);
        let at = self
            .applying
            .call(&mut self.store, (self.event as i32, event.len() as i32))
            .expect("applying never traps");
        assert_ne!(at, 0, "the event is one");
        let bits =
            &self.memory.data(&self.store)[at.cast_unsigned() as usize..][..self.clauses.div_ceil(32) * 4];
        (0..self.clauses).filter(|r| bits[r / 8] & (1 << (r % 8)) != 0).map(|r| r as u32).collect()
    }
}

impl Engine for Wasm {
    fn name(&self) -> &'static str {
        "wasm"
    }

    fn mute(&mut self, muted: &[bool]) {
        for (i, m) in muted.iter().enumerate() {
            self.set_muted.call(&mut self.store, (i as i32, i32::from(*m))).expect("set_muted never traps");
        }
    }

    fn answer(&mut self, event: &[u8]) -> Answer {
        let decision = Decision::from_bits(self.decide(event)).expect("a decision");
        Answer { decision, applying: self.applying(event) }
    }
}
