mod laws;
mod random;
mod text;
