//! How much goes wrong in a history.

use fastrand::Rng;

/// How likely each kind of mischief is, for each occasion.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rates {
    /// A call of the table.
    pub(crate) table: f64,
    /// A call of Secrets Manager.
    pub(crate) secrets: f64,
    /// A hint.
    pub(crate) hints: f64,
    /// A call of Salesforce.
    pub(crate) salesforce: f64,
    /// An invocation, which is killed.
    pub(crate) kills: f64,
    /// A customer's or a caller's request.
    pub(crate) network: f64,
    /// A callback of the org.
    pub(crate) callbacks: f64,
}

impl Rates {
    /// Some histories are calm, some have one kind of trouble, some have all, and some are hell.
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        let all = [0.0, 0.01, 0.03, 0.1, 0.2, 0.3][rng.usize(..6)];
        let mut one = || if rng.f64() < 0.6 { all } else { 0.0 };
        let table = one() / 2.0;
        Self {
            table,
            secrets: one(),
            hints: one() * 2.0,
            salesforce: one() * 1.5,
            kills: one(),
            network: one(),
            callbacks: one(),
        }
    }
}
