//! What constants of a program are worth, for whoever shows them: an editor asks of the name under its cursor.

use super::value::{Scalar, Unit, Value};
use super::{Checker, Env, Options, given};
use crate::diagnostics::Sink;
use crate::model::Glob;
use crate::resolve::{DefId, Origin, Sources, read_manifest};
use crate::syntax::ast::Expr;
use std::net::IpAddr;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// `true`, `false`
    Bool(bool),
    /// A number that counts nothing in particular.
    Number(i128),
    /// Bytes.
    Size(i128),
    /// Nanoseconds.
    Duration(i128),
    /// Percent.
    Share(i128),
    /// Nanoseconds since 1970.
    Time(i128),
    /// Numbers from the first to the last.
    Range(u64, u64),
    /// A string.
    Text(String),
    /// A path or a glob.
    Path(Glob),
    /// A network; an address is one of all its bits.
    Network {
        /// Its first address.
        address: IpAddr,
        /// How many bits its addresses share.
        prefix: u8,
    },
    /// A word of a table, a severity or a mode.
    Word(String),
    /// A subject, by its name.
    Subject {
        /// With the package in front where it is not the root package.
        name: String,
        /// Whether what its members start is meant, too.
        tree: bool,
    },
    /// `host "…"`
    Host(String),
    /// `any`
    Any,
    /// `unknown`
    Unknown,
}

/// What expressions of the program and definitions are worth together, every list that they name written out; `None` where one of them
/// is no constant, such as a fact or a template's parameter, or wrong.
///
/// The expressions must be parts of the trees of these sources. Nothing is kept between calls: names are read anew.
pub fn constants(
    sources: &Sources,
    options: &Options,
    exprs: &[&Expr],
    definitions: &[DefId],
) -> Option<Vec<Constant>> {
    let manifest = sources
        .files()
        .find(|f| f.origin == Origin::Manifest)
        .map(|file| read_manifest(file, &mut Sink::default()));
    let given = given(options);
    let mut checker = Checker::new(sources, options, manifest.as_ref(), &given, Sink::default());
    checker.quietly(|checker| {
        let mut out = Vec::new();
        for expr in exprs {
            let value = checker.value(expr, &Env::default())?;
            out.extend(checker.constants_of(&value));
        }
        for id in definitions {
            let value = checker.memo_value(*id)?;
            out.extend(checker.constants_of(&value));
        }
        Some(out)
    })
}

impl Checker<'_> {
    fn constants_of(&self, value: &Value<'_>) -> Vec<Constant> {
        value.elements.iter().map(|element| self.constant(&element.scalar)).collect()
    }

    fn constant(&self, scalar: &Scalar<'_>) -> Constant {
        match scalar {
            Scalar::Bool(value) => Constant::Bool(*value),
            Scalar::Number { value, unit } => match unit {
                Unit::Plain => Constant::Number(*value),
                Unit::Size => Constant::Size(*value),
                Unit::Duration => Constant::Duration(*value),
                Unit::Share => Constant::Share(*value),
                Unit::Time => Constant::Time(*value),
            },
            Scalar::Range(first, last) => Constant::Range(*first, *last),
            Scalar::Text(text) => Constant::Text((*text).to_owned()),
            Scalar::Path(glob) => Constant::Path(glob.clone()),
            Scalar::Ip(address) => {
                Constant::Network { address: *address, prefix: if address.is_ipv4() { 32 } else { 128 } }
            }
            Scalar::Cidr { address, prefix } => Constant::Network { address: *address, prefix: *prefix },
            Scalar::Word(word) => Constant::Word((*word).to_owned()),
            Scalar::Subject { subject, tree } => {
                Constant::Subject { name: self.model.subject(*subject).name.clone(), tree: *tree }
            }
            Scalar::Host(name) => Constant::Host((*name).to_owned()),
            Scalar::Any => Constant::Any,
            Scalar::Unknown => Constant::Unknown,
        }
    }
}
