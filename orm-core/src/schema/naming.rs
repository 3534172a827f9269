/// How constraints and indexes without a name of their own are named.
///
/// Each is a template with `{table}`, `{columns}` (joined by `_`) and, for a foreign key, `{target}`. A name that is longer
/// than 60 bytes is cut and given a hash of the whole, the same on every run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamingConvention {
    /// Primary keys: `pk_{table}`.
    pub primary_key: &'static str,
    /// Foreign keys: `fk_{table}_{columns}_{target}`.
    pub foreign_key: &'static str,
    /// Unique constraints: `uq_{table}_{columns}`.
    pub unique: &'static str,
    /// Indexes: `ix_{table}_{columns}`.
    pub index: &'static str,
    /// Checks: `ck_{table}_{columns}`, where `{columns}` is the check's position.
    pub check: &'static str,
}

impl Default for NamingConvention {
    fn default() -> Self {
        NamingConvention {
            primary_key: "pk_{table}",
            foreign_key: "fk_{table}_{columns}_{target}",
            unique: "uq_{table}_{columns}",
            index: "ix_{table}_{columns}",
            check: "ck_{table}_{columns}",
        }
    }
}

impl NamingConvention {
    /// Every database allows names of this many bytes.
    const LONGEST: usize = 60;

    /// Fills in a template.
    pub fn name(&self, template: &str, table: &str, columns: &[String], target: &str) -> String {
        let name =
            template.replace("{table}", table).replace("{columns}", &columns.join("_")).replace("{target}", target);
        if name.len() <= Self::LONGEST {
            return name;
        }
        let mut end = Self::LONGEST - 9;
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        format!("{}_{:08x}", &name[..end], fnv1a(name.as_bytes()))
    }
}

/// FNV-1a, 32 bits (Fowler, Noll, Vo): a hash that stays the same for ever, which the standard library's does not promise.
fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::NamingConvention;

    #[test]
    fn a_long_name_is_cut_and_stays_apart_from_its_neighbour() {
        let naming = NamingConvention::default();
        let name = |column: &str| naming.name(naming.unique, &"t".repeat(50), &[column.to_owned()], "");
        assert_eq!(naming.name(naming.unique, "users", &["a".into(), "b".into()], ""), "uq_users_a_b");
        assert_eq!(name("first_long_column").len(), 60);
        assert_ne!(name("first_long_column"), name("first_long_colum2"));
    }
}
