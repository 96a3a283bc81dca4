mod random;
mod text;
