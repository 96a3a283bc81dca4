mod claims;
mod kinds;
pub(crate) mod laws;
pub(crate) mod random;
mod text;
