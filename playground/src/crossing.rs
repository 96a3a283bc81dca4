//! How values cross to JavaScript: as JSON, which engines read faster than they build objects field by field across the border.

use serde::Serialize;
use tsify::Tsify;
use wasm_bindgen::convert::{IntoWasmAbi, OptionIntoWasmAbi};
use wasm_bindgen::describe::WasmDescribe;
use wasm_bindgen::throw_str;

/// A value that becomes one of its TypeScript type when it is returned to JavaScript, and is itself in Rust.
///
/// Only ever made by this crate and handed out: nothing is taken in this way, so no foreign value has to be read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Js<T>(pub T);

impl<T> std::ops::Deref for Js<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Tsify> WasmDescribe for Js<T>
where
    T::JsType: WasmDescribe,
{
    fn describe() {
        T::JsType::describe();
    }
}

impl<T: Tsify + Serialize> IntoWasmAbi for Js<T>
where
    T::JsType: IntoWasmAbi,
{
    type Abi = <T::JsType as IntoWasmAbi>::Abi;

    fn into_abi(self) -> Self::Abi {
        match self.0.into_js() {
            Ok(value) => value.into_abi(),
            // Texts and numbers in structures always have a JSON.
            Err(error) => throw_str(&error.to_string()),
        }
    }
}

impl<T: Tsify + Serialize> OptionIntoWasmAbi for Js<T>
where
    T::JsType: OptionIntoWasmAbi,
{
    fn none() -> Self::Abi {
        T::JsType::none()
    }
}
