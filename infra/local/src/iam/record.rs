//! What functions asked for.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};

use super::Permission;
use super::call::Call;

/// Which permissions functions needed, and which they had not.
#[derive(Clone, Debug, Default)]
pub struct PermissionRecord {
    /// What they needed and had.
    pub needed: BTreeSet<Permission>,
    /// What they were refused; the resource is the one that they asked for.
    pub denied: BTreeSet<Permission>,
}

impl PermissionRecord {
    /// Reads what stacks have written to a file: see `Options::record_permissions`.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let mut record = Self::default();
        for line in text.lines() {
            match line.split_once(' ') {
                Some(("needed", permission)) => record.needed.insert(permission.parse()?),
                Some(("denied", permission)) => record.denied.insert(permission.parse()?),
                _ => bail!("{}: not a line of a record: {line}", file.display()),
            };
        }
        Ok(record)
    }

    /// What is wrong with what is granted: each action on a resource that a function did not need, and what it was refused.
    /// Functions are granted nothing else: logs and traces are SAM's own policies, and the key's use is the key's policy.
    #[must_use]
    pub fn faults(&self, granted: &[Permission]) -> BTreeSet<String> {
        let said = |verb, Permission { function, action, resource }: &Permission| {
            format!("{function} {verb} {action} on {resource}")
        };
        let unneeded = granted.iter().filter(|permission| !self.needed.contains(permission));
        let unneeded = unneeded.map(|permission| said("is granted and never needs", permission));
        unneeded.chain(self.denied.iter().map(|permission| said("needs", permission))).collect()
    }

    pub(super) fn needed(&mut self, permission: &Permission, file: Option<&Path>) -> anyhow::Result<()> {
        if self.needed.insert(permission.clone()) { write(file, "needed", permission) } else { Ok(()) }
    }

    pub(super) fn denied(&mut self, function: &str, call: &Call, file: Option<&Path>) -> anyhow::Result<()> {
        let (action, resource) = (call.action.clone(), call.resource.clone());
        let permission = Permission { function: function.to_owned(), action, resource };
        if self.denied.insert(permission.clone()) { write(file, "denied", &permission) } else { Ok(()) }
    }
}

/// Several programs may write to the file at a time, so that a line is one write.
fn write(file: Option<&Path>, kind: &str, permission: &Permission) -> anyhow::Result<()> {
    let Some(path) = file else { return Ok(()) };
    let file = OpenOptions::new().create(true).append(true).open(path);
    let written = file.and_then(|mut file| file.write_all(format!("{kind} {permission}\n").as_bytes()));
    written.with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(text: &str) -> Permission {
        text.parse().unwrap()
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let call = Call { action: "dynamodb:Scan".to_owned(), resource: "arn:table".to_owned() };
        for _ in 0..2 {
            let mut record = PermissionRecord::default();
            record.needed(&permission("settings dynamodb:GetItem arn:table"), Some(file.path())).unwrap();
            record.denied("settings", &call, Some(file.path())).unwrap();
        }
        let record = PermissionRecord::read(file.path()).unwrap();
        assert_eq!(record.needed, [permission("settings dynamodb:GetItem arn:table")].into());
        assert_eq!(record.denied, [permission("settings dynamodb:Scan arn:table")].into());
    }

    #[test]
    fn an_action_that_is_not_needed_on_a_resource_is_a_fault_and_so_is_a_refusal() {
        let granted = ["s a:Get t", "s a:Put t", "s a:Get i", "s a:Put i"].map(permission);
        let record = PermissionRecord {
            needed: ["s a:Get t", "s a:Put t", "s a:Get i", "r a:Put i"].map(permission).into(),
            denied: [permission("s a:Scan t")].into(),
        };
        let faults = ["s is granted and never needs a:Put on i", "s needs a:Scan on t"];
        assert_eq!(record.faults(&granted), faults.map(str::to_owned).into());
    }
}
